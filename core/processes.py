"""What the operating system knows of processes: which one is alive, and whether it is still the same."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta
from functools import cache

import psutil

__all__ = [
    "ATTEMPT_VARIABLE",
    "carries_token",
    "find_attempt",
    "host_name",
    "is_same_process",
    "own_start",
    "process_started_at",
]

ATTEMPT_VARIABLE = "CLOCKHAND_ATTEMPT_TOKEN"
"""Set in the environment of every process that an agent starts, so that it is found again after a crash."""

# The kernel counts a process's start in ticks since boot and the boot time is rounded to a second, so two readings of
# one start may differ a little. After the clock was set they differ by that step: see `own_start` and `carries_token`.
_SAME_START = timedelta(seconds=2)


def host_name() -> str:
    """Return the name under which this machine stands in the history."""
    return socket.gethostname()


def process_started_at(pid: int) -> datetime | None:
    """Return when the process started, or None where there is none or it is only waiting to be reaped."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return datetime.fromtimestamp(process.create_time(), UTC)
    except (psutil.Error, OSError):
        return None


def own_start() -> datetime:
    """Return when this process started: always the same, however the clock is set meanwhile."""
    return _first_told(os.getpid())


@cache
def _first_told(own_pid: int) -> datetime:
    started = process_started_at(own_pid)
    assert started is not None, "the process that asks is alive"
    return started


def is_same_process(pid: int, started_at: datetime | None) -> bool:
    """Return whether `pid` is alive and is the process that started then, not a later one with its number."""
    found = own_start() if pid == os.getpid() else process_started_at(pid)
    return found is not None and (started_at is None or abs(found - started_at) < _SAME_START)


def carries_token(pid: int, token: str) -> bool:
    """Return whether `pid` is alive and was started for that attempt, which no setting of the clock makes untrue."""
    try:
        process = psutil.Process(pid)
        return process.environ().get(ATTEMPT_VARIABLE) == token and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def find_attempt(token: str) -> int | None:
    """Return the id of a living process of this user with this attempt token in its environment, or None.

    Serves where an agent died after it had started a process and before it had noted its id.
    """
    return next((pid for pid in psutil.pids() if carries_token(pid, token)), None)
