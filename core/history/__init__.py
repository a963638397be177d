"""Questions to the past: which runs there were, and how they went."""
