"""Where the files of large outputs lie, under fresh names and readable by their owner alone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from core.errors import StorageError

__all__ = [
    "DELETED",
    "INDEX_SUFFIX",
    "INLINE",
    "NO_OUTPUT",
    "PACKED_SUFFIX",
    "TAIL_SUFFIX",
    "beside",
    "companions",
    "create_file",
    "delete_outputs",
    "deleted_at",
    "files_size",
    "find_live",
    "is_file",
    "is_kept",
    "open_new",
    "output_size",
    "resolve",
    "when_deleted",
]

INLINE = "inline"
NO_OUTPUT = "none"
DELETED = "deleted"
INDEX_SUFFIX = ".idx"
TAIL_SUFFIX = ".tail"
PACKED_SUFFIX = ".gz"
_SUFFIX = ".log"
_JOBS_PER_FOLDER = 1000
_NOT_FILES = frozenset({INLINE, NO_OUTPUT, ""})


def create_file(folder: Path, job_id: int, attempt: int) -> tuple[int, Path]:
    """Create a new file for an attempt's output and return its descriptor and path.

    The name is always new, because truncating a large file blocks for longer than a window may stand still.
    Raises OSError.
    """
    place = folder / _subfolder(job_id)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = 1
    while True:
        again = "" if number == 1 else f"-{number}"
        path = place / f"{job_id}-{attempt}{again}{_SUFFIX}"
        with contextlib.suppress(FileExistsError):
            if not beside(path, PACKED_SUFFIX).exists():
                return open_new(path), path
        number += 1


def open_new(path: Path) -> int:
    """Return the descriptor of a file that did not exist before, mode 0600. Raises OSError."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)


def find_live(folder: Path, job_id: int, attempt: int) -> Path | None:
    """Return the newest file of an attempt, for readers of a run whose end is not recorded yet."""
    place = folder / _subfolder(job_id)
    first = place / f"{job_id}-{attempt}{_SUFFIX}"
    again = list(place.glob(f"{job_id}-{attempt}-*{_SUFFIX}"))
    if again:
        return max(again, key=lambda path: int(path.stem.rsplit("-", 1)[1]))
    return first if first.exists() else None


def resolve(folder: Path, location: str) -> Path:
    """Return the file that a recorded location names.

    Raises StorageError when it would lie outside of `folder`, which only a tampered database can say.
    """
    path = folder / location
    if Path(location).is_absolute() or ".." in Path(location).parts:
        raise StorageError(f"The output location “{location}” lies outside of {folder}, so it is not opened.")
    return path


def delete_outputs(folder: Path, locations: Iterable[str | None]) -> int:
    """Delete the files of the locations given, with their indexes, and return the bytes that became free.

    Locations that are no files, and files that are gone already, are passed over. Unlinking a large file blocks:
    never call this on the thread of a window. Raises StorageError at the first file that can't be deleted.
    """
    freed = 0
    for location in locations:
        if location is None or not is_file(location):
            continue
        for file in companions(resolve(folder, location)):
            try:
                size = file.stat().st_size
                file.unlink()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StorageError(f"The output file {file} can't be deleted: {error.strerror}.") from error
            freed += size
    return freed


def is_file(location: str) -> bool:
    """Return whether the output of this location lies in a file of its own."""
    return location not in _NOT_FILES and when_deleted(location) is None


def is_kept(location: str | None) -> bool:
    """Return whether there is something to read at this location; None is that of an attempt which has not ended."""
    return location is None or (location != NO_OUTPUT and when_deleted(location) is None)


def output_size(folder: Path, location: str) -> int:
    """Return the bytes on disk of an output that lies in a file; 0 for others and for what is gone."""
    total = 0
    for file in companions(resolve(folder, location)) if is_file(location) else ():
        with contextlib.suppress(OSError):
            total += file.stat().st_size
    return total


def files_size(folder: Path) -> int:
    """Return the bytes of all files below `folder`; files that vanish meanwhile count nothing."""
    total = 0
    for place, _folders, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(place, name).stat().st_size
    return total


def beside(path: Path, suffix: str) -> Path:
    """Return the companion of an output's file: `42-1.log` has `42-1.log.idx`."""
    return path.with_name(path.name + suffix)


def companions(path: Path) -> list[Path]:
    """Return every file that may belong to an output's file, itself the last: what is left of it stays findable."""
    tail, index = beside(path, TAIL_SUFFIX), beside(path, INDEX_SUFFIX)
    packed = [beside(file, PACKED_SUFFIX) for file in (index, path)]
    return [tail, beside(tail, INDEX_SUFFIX), *(beside(file, ".part") for file in packed), index, *packed, path]


def deleted_at(at: datetime) -> str:
    """Return the location of an output that was deleted at a time, while its job is kept."""
    return f"{DELETED}@{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def when_deleted(location: str) -> str | None:
    """Return the day (UTC, as 2026-11-24) on which the output of this location was deleted, "" where it is not known.

    None says that it was not deleted.
    """
    if not location.startswith(DELETED):
        return None
    return location.partition("@")[2][:10]


def _subfolder(job_id: int) -> str:
    return f"{job_id // _JOBS_PER_FOLDER:04d}"
