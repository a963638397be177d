"""Everything that Clockhand knows and does without a window: time, queue, execution, output, history."""

__version__ = "0.1.0"
