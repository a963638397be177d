"""The three ways to use Clockhand: the window, the agent without one, and the command line."""
