"""Waiting for a fact with a deadline, and real child processes to wait for."""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

__all__ = ["python_command", "wait_until"]

T = TypeVar("T")


def wait_until(condition: Callable[[], T], *, timeout_s: float = 10, message: str = "") -> T:
    """Return the first true answer of `condition`, asked every few milliseconds.

    The test fails with `message` when there is none within `timeout_s` seconds. It doesn't run Qt's event loop: in
    tests of the desktop use `qtbot.waitUntil`.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"Not within {timeout_s:g} s: {message or condition}; the last answer was {answer!r}")
        time.sleep(0.005)


def python_command(code: str) -> list[str]:
    """Return the argv that runs `code` in a Python of its own, the same on every system.

    -I keeps the user's settings out, and -S makes it start in a third of the time: the code has the standard library.
    """
    return [sys.executable, "-I", "-S", "-u", "-c", textwrap.dedent(code)]
