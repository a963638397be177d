"""Places in an output by lines on the screen, of which a wrapped row has several, and the way from one to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from core.output.choosing import Rows
from core.output.rows import Row

__all__ = ["Place", "Scroller", "Track"]

_STEPS = 2**30  # QScrollBar counts in 32 bits, so bytes are scaled down to it where there are more


class Place(NamedTuple):
    """A line on the screen: the byte at which its row begins, and which line of the row it is, from 0."""

    row: int
    line: int = 0


class Track:
    """Lays the bytes of an output along a scroll bar; those that are not kept any more (`gap`) take no room."""

    def __init__(self, size: int, gap: tuple[int, int] | None) -> None:
        self._gap_start, gap_end = gap or (size, size)
        self._missing = gap_end - self._gap_start
        self._scale = max(0, size - self._missing) // _STEPS + 1

    def value_of(self, offset: int) -> int:
        """Return the value of the bar at a byte."""
        kept = offset if offset <= self._gap_start else max(self._gap_start, offset - self._missing)
        return kept // self._scale

    def offset_at(self, value: int) -> int:
        """Return the byte at a value of the bar."""
        kept = value * self._scale
        return kept if kept <= self._gap_start else kept + self._missing


class Scroller:
    """`lines_of` says how many lines a row takes; None where each takes one. Every method raises StorageError."""

    def __init__(self, rows: Rows, lines_of: Callable[[Row], int] | None) -> None:
        self._rows = rows
        self._lines_of = lines_of

    def down(self, place: Place, count: int, end: int) -> Place:
        """Return the place so many lines below, or the last one before the byte `end`."""
        for row in self._rows.rows(place.row, count + 1, end=end):
            lines = 1 if self._lines_of is None else self._lines_of(row)
            line = place.line if row.start == place.row else 0
            place = Place(row.start, min(line + count, lines - 1))
            count -= lines - line
            if count < 0:
                break
        return place

    def up(self, place: Place, count: int) -> Place:
        """Return the place so many lines above, or the first one."""
        if self._lines_of is None:
            return Place(self._rows.start_above(place.row, count))
        while count > place.line:
            above = self._rows.start_above(place.row, 1)
            row = self._rows.rows(above, 1) if above < place.row else []
            if not row:
                return Place(place.row)
            count -= place.line
            place = Place(row[0].start, self._lines_of(row[0]))
        return Place(place.row, place.line - count)

    def last_page(self, count: int) -> Place:
        """Return the place from which `count` lines lead to the end."""
        if self._lines_of is None:
            return Place(self._rows.last_page(count))
        last = Place(self._rows.last_page(1))
        row = self._rows.rows(last.row, 1)
        return self.up(Place(last.row, self._lines_of(row[0])), count) if row else last
