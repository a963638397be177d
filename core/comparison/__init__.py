"""What differs between two runs: how they ended, what they ran, and, line by line, what they printed."""
