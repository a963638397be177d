"""What runs printed: bytes on disk with an index of streams and times, and ways to read them back."""
