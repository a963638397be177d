"""What the tests share: a clock that obeys, waiting for facts, and the search for what a test left behind."""

from __future__ import annotations

from tests.support.clock import FakeClock
from tests.support.waiting import python_command, wait_until

__all__ = ["FakeClock", "python_command", "wait_until"]
