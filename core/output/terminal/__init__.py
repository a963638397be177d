"""What a terminal would show of an output, line by line: text, colours, overwriting, links; pure, and bounded."""
