"""Writes files that their owner alone can read, from the first byte on."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["replace_private", "write_private"]


def write_private(path: Path, data: bytes) -> None:
    """Write a new file with the mode 0600, to the disk. Raises FileExistsError where there is one, and OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_private(path: Path, data: bytes) -> None:
    """Write a file with the mode 0600 in place of what may be there, which stays where that fails. Raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write_private(beside, data)
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise
