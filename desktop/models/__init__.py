"""What the views show, as Qt models: they read, and write nothing."""
