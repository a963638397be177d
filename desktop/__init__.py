"""Clockhand on the desktop: the window, the workers, the agent and the command line."""
