"""Where in an output the lines are that somebody wants: the last ones, or those of a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.output.index import Stream
    from core.output.reader import Reader

__all__ = ["OutputLines"]

_CHUNK_BYTES = 64 * 1024


class _Stretch(NamedTuple):
    start: int
    end: int
    at_us: int
    is_note: bool


class OutputLines:
    """The lines that an output has by now, or those of one of its streams, each with the time of its first byte.

    A mark of Clockhand's own, such as that of a gap, is a line, and is never read: while a run is past its limit it
    stands for any number of bytes. Every answer is an offset in bytes. Raises StorageError.
    """

    def __init__(self, reader: Reader, stream: Stream | None = None) -> None:
        self._reader = reader
        self._end = reader.size()  # first, because every byte below it has its place in the index already
        self._stretches = list(_stretches(reader, self._end, stream))

    def since(self, at_us: int) -> int:
        """Return where the first line starts that was begun at that time or later; the end where there is none."""
        number = next((number for number, each in enumerate(self._stretches) if each.at_us >= at_us), None)
        if number is None:
            return self._end
        if number == 0 or self._ends_a_line(self._stretches[number - 1]):
            return self._stretches[number].start
        # The line that was being written then was begun before.
        for stretch in self._stretches[number:]:
            if stretch.is_note:
                return stretch.start
            for start, data in self._chunks(stretch):
                if (feed := data.find(b"\n")) >= 0:
                    return start + feed + 1
        return self._end

    def last(self, count: int, *, before: int | None = None) -> int:
        """Return where the last `count` lines start, of those before the line that starts at the offset `before`."""
        end = self._end if before is None else before
        if count == 0:
            return end
        for start in self._starts_backwards(end):
            count -= 1
            if count == 0:
                return start
        return self._stretches[0].start if self._stretches else end

    def _starts_backwards(self, end: int) -> Iterator[int]:
        """Yield where the lines before `end` start, the last first; the first line of all is left out."""
        behind: int | None = None  # where the next byte stands, if a line may start there
        for stretch in reversed(self._stretches):
            stop = min(stretch.end, end)
            if stop <= stretch.start:
                continue
            if stretch.is_note:
                if behind is not None:
                    yield behind
                yield stretch.start
                behind = None
                continue
            for start, data in self._chunks_backwards(stretch.start, stop):
                feed = len(data)
                while (feed := data.rfind(b"\n", 0, feed)) >= 0:
                    line = start + feed + 1 if start + feed + 1 < stop else behind
                    if line is not None:
                        yield line
            behind = stretch.start

    def _ends_a_line(self, stretch: _Stretch) -> bool:
        return stretch.is_note or self._reader.read(stretch.end - 1, 1) == b"\n"

    def _chunks(self, stretch: _Stretch) -> Iterator[tuple[int, bytes]]:
        for start in range(stretch.start, stretch.end, _CHUNK_BYTES):
            yield start, self._reader.read(start, min(_CHUNK_BYTES, stretch.end - start))

    def _chunks_backwards(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        while end > start:
            begin = max(start, end - _CHUNK_BYTES)
            yield begin, self._reader.read(begin, end - begin)
            end = begin


def _stretches(reader: Reader, end: int, stream: Stream | None) -> Iterator[_Stretch]:
    from core.output.index import Piece, Stream

    pieces = list(reader.index())
    if not pieces or pieces[0].offset > 0:
        # Without an index everything counts as standard output of an unknown time, as when it is read.
        pieces.insert(0, Piece(0, 0, Stream.STDOUT))
    for piece, behind in zip(pieces, [*(piece.offset for piece in pieces[1:]), end], strict=True):
        stop = min(behind, end)
        if stop > piece.offset and stream in (None, piece.stream):
            yield _Stretch(piece.offset, stop, piece.at_us, piece.stream is Stream.NOTE)
