"""The pages of the window, each a widget that a line in the registry adds to the rail."""
