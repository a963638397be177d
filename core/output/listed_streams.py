"""The listed rows of one stream, found in steps so small that a window can ask for them at every scroll."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from core.output.choosing import Rows
from core.output.index import Stream
from core.output.rows import Row
from core.output.timeline import Timeline

__all__ = ["ListedStreamRows"]

_MOST_READS = 16
_MOST_KEPT = 100_000
_FOR_GOOD = 2**64


class ListedStreamRows:
    """Those of the rows beginning at `starts` (in order; they may become more) of which a byte came from `stream`.

    The timeline knows it of nearly all of them. Only where a piece of the stream begins behind the beginning of a row
    and before the next listed one, that row has to be read. When a call has read `most_reads` (None is any number) in
    vain, it is cut short: it answers with what it has, `was_cut` tells, and the next call goes on from there, because
    stretches without such rows are remembered.
    """

    def __init__(
        self,
        rows: Rows,
        starts: Sequence[int],
        timeline: Timeline,
        stream: Stream,
        *,
        most_reads: int | None = _MOST_READS,
    ) -> None:
        self._rows = rows
        self._starts = starts
        self._timeline = timeline
        self._stream = stream
        self._most_reads = most_reads
        self._left = most_reads
        self._is_cut = False
        # None of the rows from the number that is the key up to the one that is the value are of the stream; above, the
        # same upwards.
        self._ahead: dict[int, int] = {}
        self._above: dict[int, int] = {}
        self._sure: set[int] = set()  # the beginnings of rows that were read and are of the stream
        # Those of rows that are not, and up to which size of the output that is so: the last row may grow. The lowest
        # stretch is not remembered before more rows are listed below it, so without these it might never be left.
        self._without: dict[int, int] = {}

    def size(self) -> int:
        """Return the bytes of the output that are there by now."""
        return self._rows.size()

    def was_cut(self) -> bool:
        """Return whether an answer was cut short since the last time this was asked."""
        is_cut, self._is_cut = self._is_cut or self._rows.was_cut(), False
        return is_cut

    def at_leisure(self) -> ListedStreamRows:
        """Return the same rows for who has time."""
        return ListedStreamRows(self._rows.at_leisure(), self._starts, self._timeline, self._stream, most_reads=None)

    def row_start(self, offset: int) -> int:
        """Return where the row begins that has the byte, else the next one, else the last."""
        self._left = self._most_reads
        number = max(0, bisect_right(self._starts, offset) - 1)
        found = self._next(number)
        if found is not None:
            return self._starts[found]
        above = None if self._left == 0 else self._previous(number)
        number = number if above is None else above
        return self._starts[number] if number < len(self._starts) else 0

    def rows(self, start: int, count: int, *, end: int | None = None) -> list[Row]:
        """Return up to `count` rows from `start` on, as far as `end` (the size by now)."""
        self._left = self._most_reads
        end = self._rows.size() if end is None else end
        found: list[Row] = []
        number: int | None = bisect_left(self._starts, start)
        while len(found) < count and number is not None:
            number = self._next(number)
            if number is None or self._starts[number] >= end:
                break
            # One that is not kept any more is a part of a gap.
            found += [row for row in self._rows.rows(self._starts[number], 1, end=end) if not row.is_gap]
            number += 1
        return found

    def start_above(self, start: int, count: int) -> int:
        """Return where the row begins that lies `count` rows above `start`, or the first one."""
        self._left = self._most_reads
        number: int | None = bisect_left(self._starts, start)
        while count > 0 and number is not None:
            number = self._previous(number)
            if number is not None:
                start = self._starts[number]
                count -= 1
        return start

    def last_page(self, count: int) -> int:
        """Return where the row begins from which `count` rows lead to the end."""
        return self.start_above(self._rows.size(), count)

    def _next(self, number: int) -> int | None:
        """Return the number of the first row of the stream from this number on; None also where it is cut short."""
        begin = number
        while number < len(self._starts):
            if number in self._ahead:
                number = self._ahead[number]
                continue
            start = self._starts[number]
            at = self._timeline.next_of(self._stream, start)
            if at is None:
                return None
            # The rows before the last one that begins before this byte have ended before it.
            last = bisect_right(self._starts, at) - 1
            if last > number:
                number = last
            elif at == start or (belongs := self._has(start, at)):
                self._remember(self._ahead, begin, number, number)
                return number
            elif belongs is None:
                self._remember(self._ahead, begin, number, number)
                return None
            else:
                number += 1
        return None

    def _previous(self, number: int) -> int | None:
        """Return the number of the last row of the stream before this number; None also where it is cut short."""
        begin = number
        while number > 0:
            if number in self._above:
                number = self._above[number]
                continue
            end = self._starts[number] if number < len(self._starts) else self._rows.size()
            at = self._timeline.last_of(self._stream, end)
            # The rows that begin behind this byte have none.
            found = -1 if at is None else bisect_right(self._starts, at) - 1
            if found < 0:
                return None
            start = self._starts[found]
            first = self._timeline.next_of(self._stream, start)
            if first == start or (belongs := self._has(start, first)):
                self._remember(self._above, begin, found + 1, begin)
                return found
            if belongs is None:
                self._remember(self._above, begin, found + 1, begin)
                return None
            number = found
        return None

    def _has(self, start: int, offset: int | None) -> bool | None:
        """Return whether the row that begins at `start` reaches to a byte; None where it may not be read any more."""
        if start in self._sure:
            return True
        size = self._rows.size()
        if self._without.get(start, -1) >= size:
            return False
        if self._left == 0:
            self._is_cut = True
            return None
        if self._left is not None:
            self._left -= 1
        row = self._rows.rows(start, 1)
        if not row or row[0].is_gap or offset is None or offset >= row[0].end:
            if len(self._without) >= _MOST_KEPT:
                self._without.clear()
            self._without[start] = _FOR_GOOD if row and row[0].data.endswith(b"\n") else size
            return False
        if len(self._sure) >= _MOST_KEPT:
            self._sure.clear()
        self._sure.add(start)
        return True

    def _remember(self, skips: dict[int, int], begin: int, number: int, last: int) -> None:
        """Remember a stretch that ends with the row of the number `last`, if all before that one is known for good."""
        if begin == number or last >= len(self._starts) or self._starts[last] > self._timeline.last_offset:
            return
        if len(skips) >= _MOST_KEPT:
            skips.clear()
        skips[begin] = number
