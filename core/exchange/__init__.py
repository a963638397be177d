"""What Clockhand reads from other programs' files and writes for them."""
