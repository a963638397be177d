"""What of an output is not kept any more while its run is past the limit, and how readers step over it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from core.output.sink import gap_mark

__all__ = ["PAST_LIMIT", "Gapped", "KeptBytes", "gap_row", "limit_mark"]

PAST_LIMIT = "the output is larger than its limit"


@runtime_checkable
class Gapped(Protocol):
    """A source of bytes (what `core.output.reader.Reader` can do of it) of which some in the middle may be gone."""

    def size(self) -> int:
        """Return the bytes that are there by now, those of the gap included."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`."""
        ...

    def gap(self) -> tuple[int, int] | None:
        """Return the bytes (start, end) that are not kept any more, None where all are. `end` grows."""
        ...


class KeptBytes:
    """What is kept of a source, in one piece: its head, one mark of the gap, and its tail, as the file will be.

    Made for who reads an output once, from one end to the other; `place_of` leads back. What was kept when this was
    made, and is overwritten before it is read, reads as line feeds.
    """

    def __init__(self, source: Gapped) -> None:
        """Raise StorageError where the source can't be read."""
        self._source = source
        size = source.size()
        self._start, self._end = source.gap() or (size, size)
        self._mark = limit_mark(self._end - self._start) if self._end > self._start else b""
        self._size = self._start + len(self._mark) + max(0, size - self._end)

    def size(self) -> int:
        """Return the bytes that were kept when this was made, with the mark."""
        return self._size

    def place_of(self, offset: int) -> int:
        """Return the offset in the source of a byte; of one of the mark, that of the gap's first byte."""
        tail = self._start + len(self._mark)
        return min(offset, self._start) if offset < tail else offset - tail + self._end

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; less at the end. Raises StorageError."""
        length = min(length, self._size - offset)
        if length <= 0:
            return b""
        if not self._mark:
            return self._source.read(offset, length)
        head = self._source.read(offset, min(length, self._start - offset)) if offset < self._start else b""
        first = max(0, offset - self._start)
        mark = self._mark[first : max(first, offset + length - self._start)]
        rest = length - len(head) - len(mark)
        return head + mark + (self._read_tail(offset + length - rest, rest) if rest > 0 else b"")

    def _read_tail(self, offset: int, length: int) -> bytes:
        place = self.place_of(offset)
        data = self._source.read(place, length)
        # Looked at after the reading: what was overwritten before reads as something else.
        gap = self._source.gap()
        lost = 0 if gap is None else min(len(data), max(0, gap[1] - place))
        return b"\n" * lost + data[lost:]


def limit_mark(missing_bytes: int) -> bytes:
    """Return what stands in a copy or a search in place of so many bytes: it ends the line before, and is one."""
    return gap_mark(missing_bytes, PAST_LIMIT)


def gap_row(missing_bytes: int) -> bytes:
    """Return the same as a line of its own."""
    return limit_mark(missing_bytes).lstrip(b"\n")
