"""What runs jobs: processes in the Qt event loop, and the pool that claims for them."""
