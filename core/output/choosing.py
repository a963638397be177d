"""Some of the rows of an output, met in the same ways as all of them: those listed, or those of one stream."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Protocol

from core.output.index import Stream
from core.output.rows import Row
from core.output.timeline import Timeline

__all__ = ["ListedRows", "Rows", "StreamRows"]

_ROWS_AT_ONCE = 32


class Rows(Protocol):
    """Rows in order, found around any byte; every method raises StorageError."""

    def size(self) -> int:
        """Return the bytes of the output that are there by now."""
        ...

    def row_start(self, offset: int) -> int:
        """Return where the row begins that has the byte at `offset`, or one near it that is among these."""
        ...

    def rows(self, start: int, count: int, *, end: int | None = None) -> list[Row]:
        """Return up to `count` rows from `start` on, as far as `end` (the size by now)."""
        ...

    def start_above(self, start: int, count: int) -> int:
        """Return where the row begins that lies `count` rows above `start`, or the first one."""
        ...

    def last_page(self, count: int) -> int:
        """Return where the row begins from which `count` rows lead to the end."""
        ...

    def was_cut(self) -> bool:
        """Return whether an answer was cut short since the last time this was asked: asking again brings more."""
        ...

    def at_leisure(self) -> Rows:
        """Return the same rows for who has time, in another thread: no answer of theirs is cut short."""
        ...


class ListedRows:
    """The rows that begin at `starts`, which are in order and may become more."""

    def __init__(self, rows: Rows, starts: Sequence[int]) -> None:
        self._rows = rows
        self._starts = starts

    def size(self) -> int:
        """Return the bytes of the output that are there by now."""
        return self._rows.size()

    def row_start(self, offset: int) -> int:
        """Return where the last listed row at or before `offset` begins, else the first one."""
        number = bisect_right(self._starts, offset) - 1
        return self._starts[max(0, number)] if self._starts else 0

    def rows(self, start: int, count: int, *, end: int | None = None) -> list[Row]:
        """Return up to `count` listed rows from `start` on, as far as `end` (the size by now)."""
        end = self._rows.size() if end is None else end
        first = bisect_left(self._starts, start)
        found: list[Row] = []
        for place in self._starts[first : first + count]:
            if place < end:
                # One that is not kept any more is a part of a gap.
                found += [row for row in self._rows.rows(place, 1, end=end) if not row.is_gap]
        return found

    def start_above(self, start: int, count: int) -> int:
        """Return where the listed row begins that lies `count` rows above `start`, or the first one."""
        number = bisect_left(self._starts, start) - count
        return self._starts[max(0, number)] if self._starts else 0

    def last_page(self, count: int) -> int:
        """Return where the row begins from which `count` rows lead to the end."""
        return self.start_above(self._rows.size() + 1, count)

    def was_cut(self) -> bool:
        """Return whether an answer was cut short since the last time this was asked."""
        return self._rows.was_cut()

    def at_leisure(self) -> ListedRows:
        """Return the same rows for who has time."""
        return ListedRows(self._rows.at_leisure(), self._starts)


class StreamRows:
    """The rows of which one byte at least came from `stream`; `rows` are all of them (else see `ListedStreamRows`)."""

    def __init__(self, rows: Rows, timeline: Timeline, stream: Stream) -> None:
        self._rows = rows
        self._timeline = timeline
        self._stream = stream

    def size(self) -> int:
        """Return the bytes of the output that are there by now."""
        return self._rows.size()

    def row_start(self, offset: int) -> int:
        """Return where the row of the stream begins that has the byte, else the next one, else the last."""
        start = self._rows.row_start(offset)
        found = self.rows(start, 1)
        return found[0].start if found else self.start_above(start, 1)

    def rows(self, start: int, count: int, *, end: int | None = None) -> list[Row]:
        """Return up to `count` rows of the stream from `start` on, as far as `end` (the size by now)."""
        end = self._rows.size() if end is None else end
        found: list[Row] = []
        while len(found) < count:
            wanted = self._timeline.next_of(self._stream, start)
            if wanted is None or wanted >= end:
                break
            # The row in which that byte lies may begin before it, but not before what was found.
            start = max(start, self._rows.row_start(wanted))
            batch = self._rows.rows(start, min(count - len(found), _ROWS_AT_ONCE), end=end)
            if not batch:
                break
            found += [row for row in batch if self._timeline.has(self._stream, row.start, row.end)]
            start = batch[-1].end
        return found

    def start_above(self, start: int, count: int) -> int:
        """Return where the row of the stream begins that lies `count` rows above `start`, or the first one."""
        best = start
        while count > 0:
            wanted = self._timeline.last_of(self._stream, start)
            if wanted is None:
                break
            start = min(start - 1, self._rows.row_start(wanted))
            row = self._rows.rows(start, 1)
            if row and self._timeline.has(self._stream, row[0].start, row[0].end):
                best = start = row[0].start
                count -= 1
        return best

    def last_page(self, count: int) -> int:
        """Return where the row begins from which `count` rows lead to the end."""
        return self.start_above(self._rows.size(), count)

    def was_cut(self) -> bool:
        """Return whether an answer was cut short since the last time this was asked."""
        return self._rows.was_cut()

    def at_leisure(self) -> StreamRows:
        """Return the same rows for who has time."""
        return StreamRows(self._rows.at_leisure(), self._timeline, self._stream)
