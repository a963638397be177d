"""The user's own crontab: read and replaced through the program crontab(1), with lines commented out that run here."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from core.errors import ConflictError, StaleError, StorageError
from core.private_files import write_private

__all__ = ["TAKEN_OVER", "comment_out", "read_installed", "replace_installed"]

TAKEN_OVER = "# Runs in Clockhand now: "
"""What stands before a line that was commented out."""

_PATIENCE_S = 30


def comment_out(data: bytes, lines: Collection[int]) -> bytes:
    """Return the crontab with the lines of these numbers, counted from 1, as comments; all else stays as it is."""
    mark = TAKEN_OVER.encode()
    kept = data.split(b"\n")
    return b"\n".join(mark + line if number in lines else line for number, line in enumerate(kept, 1))


def read_installed() -> bytes:
    """Return the user's crontab. Raises ConflictError where there is none, or no such program."""
    return _crontab("-l", b"", "The crontab can't be read")


def replace_installed(old: bytes, new: bytes, backup_folder: Path, now: datetime) -> Path:
    """Make `new` the user's crontab in the place of `old`, and return the file that keeps `old`.

    Raises StaleError where the crontab is not `old` any more, StorageError where it can't be kept, and ConflictError
    where crontab(1) refuses the new one; the crontab stays as it was then.
    """
    backup = _keep(old, backup_folder, now)
    if read_installed() != old:
        raise StaleError("The crontab has changed meanwhile, so nothing in it was commented out. Do it again.")
    _crontab("-", new, f"The crontab can't be replaced (the old one is in {backup})")
    return backup


def _keep(data: bytes, folder: Path, now: datetime) -> Path:
    path = folder / f"crontab-{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Nobody else may read it: command lines hold passwords at times.
        write_private(path, data)
    except OSError as error:
        raise StorageError(
            f"The old crontab can't be kept in {folder}: {error.strerror}. Nothing in the crontab was changed."
        ) from error
    return path


def _crontab(option: str, data: bytes, failure: str) -> bytes:
    program = shutil.which("crontab")
    if program is None:
        raise ConflictError(f"{failure}, because this machine has no program “crontab”. Name a file instead.")
    try:
        done = subprocess.run([program, option], input=data, capture_output=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConflictError(f"{failure}: {error}.") from error
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split()).rstrip(".")
        raise ConflictError(f"{failure}: {said or f'crontab {option} ended with {done.returncode}'}.")
    return done.stdout
