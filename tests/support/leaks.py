"""What a test left behind: threads and child processes, found by comparing before with after."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

import psutil

__all__ = ["child_processes", "describe_process", "left_behind", "live_threads"]

T = TypeVar("T")
PATIENCE_S = 2.0
"""How long a test's remains may take to go away by themselves, in seconds."""

_TASKS = Path("/proc/self/task")


def left_behind(before: Collection[T], now: Callable[[], Collection[T]], *, pause_s: float = 0.005) -> list[T]:
    """Return what `now` finds that was not there `before` and doesn't go away within PATIENCE_S seconds."""
    deadline = time.monotonic() + PATIENCE_S
    while rest := [item for item in now() if item not in before]:
        if time.monotonic() > deadline:
            return rest
        time.sleep(pause_s)
    return []


def live_threads() -> set[threading.Thread]:
    """Return the threads of Python that run, daemons included.

    Threads that Python did not start (Qt's) appear as dummies that never end once they ran Python code: left out.
    """
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


def child_processes() -> set[psutil.Process]:
    """Return the living descendants of this process; a zombie has ended and counts no more."""
    if _certainly_no_children():
        return set()
    found = set()
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.add(process)
    return found


def _certainly_no_children() -> bool:
    # psutil reads all processes of the machine to find ours, 10 ms or more; Linux tells the children of each thread.
    try:
        return not any((task / "children").read_text() for task in _TASKS.iterdir())
    except OSError:
        return False


def describe_process(process: psutil.Process) -> str:
    """Return the process's id and command line for a failure's text."""
    with contextlib.suppress(psutil.Error):
        return f"{process.pid} {process.cmdline()}"
    return str(process.pid)
