"""The rows of a comparison as they are listed: all of them, or those near a difference with the rest folded away."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from core.comparison.lines import Kind, Row

__all__ = ["CompareRows"]

_CONTEXT_LINES = 3


class CompareRows:
    """Rows come in order and stay. A place is a number in what is listed; a difference is rows that follow each other.

    What is folded away is listed as one place.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.differences: list[tuple[int, int]] = []
        """The first and the last row of each."""
        self._is_folded = False
        self._listed: list[int] = []  # the number of a row, or what is folded away, as -1 - how many
        self._firsts: list[int] = []  # the number of the first row that each place stands for

    @property
    def count(self) -> int:
        """Return how many places there are."""
        return len(self._listed) if self._is_folded else len(self.rows)

    @property
    def is_folded(self) -> bool:
        """Return whether only what is near a difference is listed."""
        return self._is_folded

    def add(self, rows: Sequence[Row]) -> None:
        """Take more rows; when all are there, `fold` again."""
        for row in rows:
            number = len(self.rows)
            self.rows.append(row)
            if row.kind.differs or row.kind is Kind.GAP:
                if self.differences and self.differences[-1][1] == number - 1:
                    self.differences[-1] = (self.differences[-1][0], number)
                else:
                    self.differences.append((number, number))

    def fold(self, is_folded: bool) -> None:
        """List only what is near a difference, or everything."""
        self._is_folded = is_folded
        self._listed, self._firsts = [], []
        if not is_folded:
            return
        end = 0
        for first, last in [*self.differences, (len(self.rows) + _CONTEXT_LINES, len(self.rows))]:
            start = min(len(self.rows), max(end, first - _CONTEXT_LINES))
            self._list_folded(end, start)
            stop = min(len(self.rows), last + 1 + _CONTEXT_LINES)
            self._listed += range(start, stop)
            self._firsts += range(start, stop)
            end = max(end, stop)

    def _list_folded(self, first: int, end: int) -> None:
        if end - first == 1:  # it takes no more room itself
            self._listed.append(first)
        elif end > first:
            self._listed.append(first - end - 1)
        if end > first:
            self._firsts.append(first)

    def at(self, place: int) -> Row | int:
        """Return the row at a place, or how many rows that are alike are folded away there."""
        if not self._is_folded:
            return self.rows[place]
        number = self._listed[place]
        return self.rows[number] if number >= 0 else -1 - number

    def row_number(self, place: int) -> int:
        """Return the number of the row at a place, or of the first that is folded away there."""
        return self._firsts[place] if self._is_folded else place

    def place_of(self, number: int) -> int:
        """Return the place at which the row is listed or folded away."""
        if not self._is_folded:
            return max(0, min(number, len(self.rows) - 1))
        return max(0, bisect_right(self._firsts, number) - 1)

    def next_difference(self, number: int, step: int) -> int | None:
        """Return which difference comes behind the row (`step` 1) or before it (-1); None where there is none."""
        if step > 0:
            found = bisect_right(self.differences, (number, len(self.rows)))
            return found if found < len(self.differences) else None
        found = bisect_left(self.differences, (number, -1)) - 1
        return found if found >= 0 else None

    def side(self, first: int, last: int, *, is_after: bool) -> list[str]:
        """Return the lines of one of the texts from the place `first` to `last`, with what is folded away."""
        numbers = range(self.row_number(first), self._end_of(last))
        texts = (self.rows[number].after if is_after else self.rows[number].before for number in numbers)
        return [text for text in texts if text is not None]

    def _end_of(self, place: int) -> int:
        return self.row_number(place + 1) if place + 1 < self.count else len(self.rows)
