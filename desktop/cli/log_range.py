"""Where in an output the lines are that somebody wants: the last ones, or those of a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.output.index import Stream
    from core.output.reader import Reader

__all__ = ["OutputLines"]

_CHUNK_BYTES = 64 * 1024
_MOST_STRETCHES = 10_000


class _Stretch(NamedTuple):
    start: int
    end: int
    at_us: int
    stream: Stream
    is_note: bool


class OutputLines:
    """The lines that an output has by now, or those of one of its streams, each with the time of its first byte.

    A mark of Clockhand's own, such as that of a gap, is a line, and is never read: while a run is past its limit it
    stands for any number of bytes. Every answer is an offset in bytes. Raises StorageError.
    """

    def __init__(self, reader: Reader, stream: Stream | None = None) -> None:
        self._reader = reader
        self._stream = stream
        self._end = reader.size()  # first, because every byte below it has its place in the index already

    def since(self, at_us: int) -> int:
        """Return where the first line starts that was begun at that time or later; the end where there is none."""
        stretches = (each for each in _stretches(self._reader, 0, self._end) if self._is_wanted(each))
        before: _Stretch | None = None
        for stretch in stretches:
            if stretch.at_us >= at_us:
                if before is None or self._ends_a_line(before):
                    return stretch.start
                return self._first_start(chain([stretch], stretches))
            before = stretch
        return self._end

    def _first_start(self, stretches: Iterable[_Stretch]) -> int:
        """Return where the first line starts that was begun in one of them."""
        for stretch in stretches:
            if stretch.is_note:
                return stretch.start
            for start, data in self._chunks(stretch):
                if (feed := data.find(b"\n")) >= 0:
                    return start + feed + 1
        return self._end

    def last(self, count: int, *, before: int | None = None) -> int:
        """Return where the last `count` lines start, of those before the line that starts at the offset `before`."""
        end = self._end if before is None else before
        found = deque(islice(self._starts_backwards(end), count), maxlen=1)
        return found[0] if found else end

    def _starts_backwards(self, end: int) -> Iterator[int]:
        """Yield where the lines before `end` start, the last first."""
        behind: int | None = None  # where the next byte stands, if a line may start there
        for stretch in self._stretches_backwards(end):
            if stretch.is_note:
                if behind is not None:
                    yield behind
                yield stretch.start
                behind = None
                continue
            for start, data in self._chunks_backwards(stretch.start, stretch.end):
                feed = len(data)
                while (feed := data.rfind(b"\n", 0, feed)) >= 0:
                    line = start + feed + 1 if start + feed + 1 < stretch.end else behind
                    if line is not None:
                        yield line
            behind = stretch.start
        if behind is not None:
            yield behind

    def _stretches_backwards(self, end: int) -> Iterator[_Stretch]:
        """Yield those before `end`, the last first, without ever having all of them in memory: they may be millions."""
        length = _CHUNK_BYTES
        while end > 0:
            start = max(0, end - length)
            found = list(_stretches(self._reader, start, end))
            yield from filter(self._is_wanted, reversed(found))
            end = min(start, found[0].start) if found else start
            if len(found) < _MOST_STRETCHES:
                length *= 4

    def _is_wanted(self, stretch: _Stretch) -> bool:
        return self._stream in (None, stretch.stream)

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


def _stretches(reader: Reader, start: int, end: int) -> Iterator[_Stretch]:
    """Yield those from the one on in which `start` lies up to `end`."""
    from core.output.index import Piece, Stream

    # Without an index everything counts as standard output of an unknown time, as when it is read.
    piece = Piece(0, 0, Stream.STDOUT)
    for following in chain(reader.index(start), [Piece(end, 0, Stream.NOTE)]):
        stop = min(following.offset, end)
        if stop > max(start, piece.offset):
            yield _Stretch(piece.offset, stop, piece.at_us, piece.stream, piece.stream is Stream.NOTE)
        if stop == end:
            return
        piece = following
