"""Starts the program's own command line as a process of its own, behind what runs and the window, and ends it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QProcess

__all__ = ["end", "let_others_first", "program", "start_folder"]

_NICE = 5


def program() -> list[str]:
    """Return what starts the command line: a frozen program is its own, else Python runs it."""
    return [sys.executable] if _is_frozen() else [sys.executable, "-m", "desktop"]


def start_folder() -> Path | None:
    """Return the folder in which `program` finds itself, or None where any will do."""
    return None if _is_frozen() else Path(__file__).resolve().parents[1]


def let_others_first(pid: int) -> None:
    """Let the window and what runs come before the process; it may have ended by now."""
    if sys.platform != "win32":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, _NICE)


def end(process: QProcess) -> None:
    """Kill the process, and delete the object as soon as that is safe."""
    if process.state() is QProcess.ProcessState.NotRunning:
        process.deleteLater()
    else:
        # Deleting one that runs would block, and one whose end is yet to be told would crash.
        process.finished.connect(process.deleteLater)
        process.kill()


def _is_frozen() -> bool:
    return bool(getattr(sys, "frozen", False))
