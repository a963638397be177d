"""Keeps this process's memory, where secrets are for a while, out of files that the system writes when it crashes."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["prevent_core_dump"]

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def prevent_core_dump() -> bool:
    """Make Linux write no core of this process, nor let others of the same user read its memory; return whether it did.

    It counts for this process alone: execve(2) sets it back, so that jobs leave their cores as ever (PR_SET_DUMPABLE in
    prctl(2)), whereas the limit of setrlimit(2) and /proc/PID/coredump_filter (core(5)) would be theirs, too. Some
    files below /proc/PID then belong to root; nothing here reads those of its own process.
    """
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
