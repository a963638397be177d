"""Folders among the temporary files, which say whose they are, so that nothing stays for ever after a crash."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from core.processes import process_started_at

__all__ = ["prefix_for", "sweep"]

_NAME = re.compile(r"clockhand-[a-z]+-(\d+)-.*")
_KEPT_S = 24 * 3600.0
"""Processes of a container that shares the temporary files are not seen from outside of it."""


def prefix_for(purpose: str) -> str:
    """Return how the name of a folder has to begin that is made by this process; `purpose` is one word."""
    return f"clockhand-{purpose}-{os.getpid()}-"


def sweep() -> None:
    """Delete the folders that processes which are gone left a day ago; takes its time where there is much in them."""
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).iterdir():
            match = _NAME.fullmatch(folder.name)
            if match is not None and process_started_at(int(match[1])) is None and _is_old(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_old(folder: Path) -> bool:
    with suppress(OSError):
        return not folder.is_symlink() and folder.stat().st_mtime < time.time() - _KEPT_S
    return False
