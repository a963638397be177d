"""Finds the rows of an output around any byte of it, without an index and without reading the rest.

A row begins after a line feed, and within a long line at those multiples of SEGMENT_BYTES that have no line feed in
the SEGMENT_BYTES before them. So where a row begins depends on the bytes nearby alone: a file of a gigabyte opens at
once at any place, a line of 50 MB is some thousand rows, and every way to a row leads to the same beginning. (An index
of line beginnings would have to be built first, and would say nothing about the inside of a long line.)

Carriage returns write a line over and over (the bars of pip, curl, rsync), and a terminal shows one row of it however
long it took. So a border with a carriage return in the segment before it begins no row, except at the multiples of
REWRITTEN_BYTES, which keep the way to a beginning short.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.output.gaps import Gapped, gap_row

__all__ = ["REWRITTEN_BYTES", "SEGMENT_BYTES", "Row", "RowFinder", "Source"]

SEGMENT_BYTES = 4096
REWRITTEN_BYTES = 64 * SEGMENT_BYTES
"""How much of a line that is written over and over becomes one row."""
_READ_BYTES = 32 * 1024
_LONGEST_CHARACTER = 4
_LONGEST_PLAIN_ROW = 2 * SEGMENT_BYTES + _LONGEST_CHARACTER


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
    """The bytes from `start` up to `end`; a line feed at the end is among them.

    `data` is these bytes, or the last of them from a carriage return on where those before were written over. Where the
    bytes are not kept any more, the row is the gap, and `data` says so.
    """

    start: int
    end: int
    data: bytes
    is_gap: bool = False


class RowFinder:
    """Rows of one source; every answer reads some tens of kilobytes at most.

    A gap is one row, with the bytes on either side as if nothing were beyond it.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._gap_of = source.gap if isinstance(source, Gapped) else None

    def size(self) -> int:
        """Return the bytes that are there by now."""
        return self._source.size()

    def gap(self) -> tuple[int, int] | None:
        """Return the bytes (start, end) that are not kept any more, None where all are."""
        return None if self._gap_of is None else self._gap_of()

    def row_start(self, offset: int) -> int:
        """Return where the row begins that contains the byte at `offset`."""
        offset = max(0, offset)
        gap, floor = self.gap(), 0
        if gap is not None and offset >= gap[0]:
            if offset < gap[1]:
                return gap[0]
            floor = gap[1]
        # Two whole segments back there is a line feed or a border, and mostly a row begins there.
        base = max(floor, (offset // SEGMENT_BYTES - 2) * SEGMENT_BYTES)
        data = self._source.read(base, offset - base + _LONGEST_CHARACTER)
        while (start := _last_start(data, base, offset, floor)) is None:
            before = max(floor, base - _READ_BYTES)
            data = self._source.read(before, base - before) + data
            base = before
        return start

    def rows(self, start: int, count: int, *, end: int | None = None) -> list[Row]:
        """Return up to `count` rows from the row that begins at `start`, as far as `end` (the size by now)."""
        end = self._source.size() if end is None else end
        gap = self.gap()
        if gap is None or start >= gap[1]:
            return self._rows_within(start, count, end, 0 if gap is None else gap[1])
        found: list[Row] = []
        if start < gap[0]:
            found = self._rows_within(start, count, min(end, gap[0]), 0)
            start = found[-1].end if found else start
        if len(found) < count and gap[0] <= start < end:
            found.append(Row(*gap, gap_row(gap[1] - gap[0]), is_gap=True))
            found += self._rows_within(gap[1], count - len(found), end, gap[1])
        return found

    def _rows_within(self, start: int, count: int, end: int, floor: int) -> list[Row]:
        """Return the same of the bytes from `floor` to `end`, as if there were no others."""
        found: list[Row] = []
        base, data = start, b""
        while len(found) < count and start < end:
            if base + len(data) < min(end, start + _LONGEST_PLAIN_ROW):
                # With the segment before, which decides on the borders behind.
                base = max(floor, start - SEGMENT_BYTES)
                data = self._source.read(base, min(_READ_BYTES, end - base))
            while (stop := _row_end(data, base, start, end, floor)) is None:
                more = self._source.read(base + len(data), min(_READ_BYTES, end - base - len(data)))
                end = end if more else base + len(data)  # the source became shorter
                data += more
            if stop <= start:
                break
            found.append(Row(start, stop, _last_written(data[start - base : stop - base])))
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

    def was_cut(self) -> bool:
        """Return False: no answer takes long."""
        return False

    def at_leisure(self) -> RowFinder:
        """Return itself, whose answers are never cut short."""
        return self


def _last_start(data: bytes, base: int, offset: int, floor: int) -> int | None:
    """Return where the last row at or before `offset` begins; None where the bytes from `base` on do not say.

    Nothing counts that is before `floor`.
    """
    feed = data.rfind(b"\n", 0, offset - base) + 1
    for border in range(offset // SEGMENT_BYTES * SEGMENT_BYTES, base, -SEGMENT_BYTES):
        if border < base + feed:
            break
        cut = _cut_at(data, base, border, floor)
        if cut is not None and cut <= offset:
            return cut
    return base + feed if feed or base == floor else None


def _row_end(data: bytes, base: int, start: int, end: int, floor: int) -> int | None:
    """Return where the row that begins at `start` ends; None where that lies behind `data`, which begins at `base`.

    `data` has the segment before the row, if there is one.
    """
    feed = data.find(b"\n", start - base)
    stop = base + (feed + 1 if feed >= 0 else len(data))
    for border in range((start // SEGMENT_BYTES + 1) * SEGMENT_BYTES, stop, SEGMENT_BYTES):
        cut = _cut_at(data, base, border, floor)
        if cut is not None and start < cut < stop:
            return cut
    return stop if feed >= 0 or stop >= end else None


def _cut_at(data: bytes, base: int, border: int, floor: int) -> int | None:
    """Return where a row begins by virtue of `border`: there, or behind the character that it would cut; else None."""
    place = border - base
    if border < floor + SEGMENT_BYTES or data.find(b"\n", place - SEGMENT_BYTES, place) >= 0:
        return None
    if border % REWRITTEN_BYTES and data.find(b"\r", place - SEGMENT_BYTES, place) >= 0:
        return None
    behind = 0
    while behind < _LONGEST_CHARACTER - 1 and data[place + behind : place + behind + 1] in _CONTINUATION:
        behind += 1
    return border + behind


def _last_written(data: bytes) -> bytes:
    """Return a row, or the end of it from a carriage return on where it is longer than all that is not rewritten."""
    if len(data) <= _LONGEST_PLAIN_ROW:
        return data
    begin = data.find(b"\r", len(data) - SEGMENT_BYTES, len(data) - len(b"\r\n"))
    if begin < 0:
        begin = data.rfind(b"\r", 0, len(data) - SEGMENT_BYTES)
    return data[max(0, begin) :]


# The bytes that a UTF-8 character goes on with (RFC 3629).
_CONTINUATION = frozenset(bytes([byte]) for byte in range(0x80, 0xC0))
