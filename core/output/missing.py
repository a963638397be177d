"""Counts what an output's file says itself to be missing in it, by the marks that stand in its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.output.gaps import Gapped
from core.output.index import Stream
from core.output.timeline import Timeline

__all__ = ["Marks", "marks_in"]

_MARK = re.compile(rb"\n?\[Clockhand: ([0-9,]{1,26}) bytes are missing here: [^\n]*\]\n")
_LONGEST_BYTES = 1024
_MOST_MARKS = 1000


@dataclass(frozen=True, slots=True)
class Marks:
    """The bytes of an output that are missing by its marks, and the bytes that the marks themselves take."""

    missing_bytes: int = 0
    own_bytes: int = 0


def marks_in(source: Gapped, timeline: Timeline) -> Marks:
    """Return what the marks of a source say; what a program printed alike is no mark. Raises StorageError."""
    missing = own = 0
    at = timeline.next_of(Stream.NOTE, 0)
    for _ in range(_MOST_MARKS):
        if at is None:
            break
        match = _MARK.match(source.read(at, _LONGEST_BYTES))
        # The bytes of a gap that is still growing are no mark.
        if match is not None:
            missing += int(match[1].replace(b",", b""))
            own += match.end()
        after = timeline.end_of_piece(at)
        at = None if after is None else timeline.next_of(Stream.NOTE, after)
    return Marks(missing, own)
