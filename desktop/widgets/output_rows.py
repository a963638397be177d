"""Finds the rows of an output around any byte of it, without an index and without reading the rest.

A row begins after a line feed, and within a long line at those multiples of SEGMENT_BYTES that have no line feed in
the SEGMENT_BYTES before them. So where a row begins depends on the bytes nearby alone: a file of a gigabyte opens at
once at any place, a line of 50 MB is some thousand rows, and every way to a row leads to the same beginning. (An index
of line beginnings would have to be built first, and would say nothing about the inside of a long line.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["SEGMENT_BYTES", "Row", "RowFinder", "Source"]

SEGMENT_BYTES = 4096
_READ_BYTES = 32 * 1024
_LONGEST_CHARACTER = 4
_LONGEST_ROW = 2 * SEGMENT_BYTES + _LONGEST_CHARACTER


class Source(Protocol):
    """Where the bytes come from: what `core.output.reader.Reader` can do of it."""

    def size(self) -> int:
        """Return the bytes that are there by now."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """The bytes from `start` up to `end`; a line feed at the end is among them."""

    start: int
    end: int
    data: bytes


class RowFinder:
    """Rows of one source; every answer reads some tens of kilobytes at most."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def size(self) -> int:
        """Return the bytes that are there by now."""
        return self._source.size()

    def row_start(self, offset: int) -> int:
        """Return where the row begins that contains the byte at `offset`."""
        offset = max(0, offset)
        # Two whole segments back there is a line feed or a border.
        base = max(0, (offset // SEGMENT_BYTES - 2) * SEGMENT_BYTES)
        data = self._source.read(base, offset - base + _LONGEST_CHARACTER)
        start = base + data.rfind(b"\n", 0, offset - base) + 1
        for border in range(base + SEGMENT_BYTES, offset + 1, SEGMENT_BYTES):
            cut = _cut_at(data, base, border)
            if cut is not None and start < cut <= offset:
                start = cut
        return start

    def rows(self, start: int, count: int, *, end: int | None = None) -> list[Row]:
        """Return up to `count` rows from the row that begins at `start`, as far as `end` (the size by now)."""
        end = self._source.size() if end is None else end
        found: list[Row] = []
        base, data = start, b""
        while len(found) < count and start < end:
            if base + len(data) < min(end, start + _LONGEST_ROW):
                # With the segment before, which decides on the borders behind.
                base = max(0, start - SEGMENT_BYTES)
                data = self._source.read(base, min(_READ_BYTES, end - base))
            stop = _row_end(data, base, start)
            if stop <= start:
                break  # the source became shorter
            found.append(Row(start, stop, data[start - base : stop - base]))
            start = stop
        return found

    def start_above(self, start: int, count: int) -> int:
        """Return where the row begins that lies `count` rows above the one that begins at `start`."""
        for _ in range(count):
            if start <= 0:
                return 0
            start = self.row_start(start - 1)
        return start

    def last_page(self, count: int) -> int:
        """Return where the row begins from which `count` rows lead to the end."""
        return self.start_above(self._source.size(), count)


def _row_end(data: bytes, base: int, start: int) -> int:
    """Return where the row that begins at `start` ends; `data` begins at `base`, a segment before if there is one."""
    feed = data.find(b"\n", start - base)
    end = base + (feed + 1 if feed >= 0 else len(data))
    for border in range((start // SEGMENT_BYTES + 1) * SEGMENT_BYTES, min(end, start + _LONGEST_ROW), SEGMENT_BYTES):
        cut = _cut_at(data, base, border)
        if cut is not None and start < cut < end:
            return cut
    return end


def _cut_at(data: bytes, base: int, border: int) -> int | None:
    """Return where a row begins by virtue of `border`: there, or behind the character that it would cut; else None."""
    place = border - base
    if border < SEGMENT_BYTES or data.find(b"\n", place - SEGMENT_BYTES, place) >= 0:
        return None
    behind = 0
    while behind < _LONGEST_CHARACTER - 1 and data[place + behind : place + behind + 1] in _CONTINUATION:
        behind += 1
    return border + behind


# The bytes that a UTF-8 character goes on with (RFC 3629).
_CONTINUATION = frozenset(bytes([byte]) for byte in range(0x80, 0xC0))
