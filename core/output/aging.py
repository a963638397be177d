"""What becomes of the files of old outputs: tails left beside come to their heads, all is packed, litter is found."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.output.files import INDEX_SUFFIX, PACKED_SUFFIX, TAIL_SUFFIX, beside
from core.output.packed import pack
from core.output.sink import FileSink

__all__ = ["PlainOutput", "files_before", "fold_tail", "pack_output", "plain_outputs"]

_NAME = re.compile(r"(\d+)-\d+(?:-\d+)?\.log")
_ANY_NAME = re.compile(r"(\d+)-\d+(?:-\d+)?\.log(?:\.(?:idx|tail|gz|part))*")
_WORTH_PACKING_BYTES = 8192
"""A smaller file would hardly take less room on a disk."""


@dataclass(frozen=True, slots=True)
class PlainOutput:
    """The file of a job's output that is not packed."""

    job_id: int
    path: Path
    has_tail: bool
    is_worth_packing: bool


def plain_outputs(folder: Path) -> Iterator[PlainOutput]:
    """Yield the outputs below `folder` for which something may be done, those of one folder after another."""
    for place in sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else ():
        with os.scandir(place) as entries:
            found = {entry.name: entry for entry in entries}
        for name, entry in sorted(found.items()):
            match = _NAME.fullmatch(name)
            if match is None:
                continue
            has_tail = name + TAIL_SUFFIX in found
            try:
                is_worth_it = entry.stat().st_size >= _WORTH_PACKING_BYTES
            except FileNotFoundError:
                continue
            if has_tail or is_worth_it:
                yield PlainOutput(int(match[1]), Path(entry.path), has_tail, is_worth_it)


def files_before(folder: Path, before: datetime) -> Iterator[tuple[int, Path]]:
    """Yield every file of an output below `folder` that was last written before a time, with the number of its job."""
    for place in sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else ():
        with os.scandir(place) as entries:
            found = {entry.name: entry for entry in entries}
        for name, entry in sorted(found.items()):
            match = _ANY_NAME.fullmatch(name)
            with suppress(FileNotFoundError):
                if match is not None and entry.stat().st_mtime < before.timestamp():
                    yield int(match[1]), Path(entry.path)


def fold_tail(path: Path, at_us: int) -> None:
    """Put the tail beside an output's file to its end, as it was meant to be when the run ended.

    Only for an output that nobody writes any more. Raises OSError, and leaves all as it was.
    """
    sink = FileSink.reopen(path)
    if sink is not None:
        sink.finish(at_us)
        if sink.fault is not None:
            raise OSError(sink.fault)


def pack_output(path: Path, *, may_go_on: Callable[[], bool]) -> bool:
    """Pack an output that nobody writes any more, with its index; False where `may_go_on` said no meanwhile.

    At every moment, also after a crash, each of both is there as it was or packed. Raises OSError.
    """
    for file in (beside(path, INDEX_SUFFIX), path):
        if file.exists():
            if not pack(file, beside(file, PACKED_SUFFIX), may_go_on=may_go_on):
                return False
            file.unlink()
    return True
