"""Which stream wrote which bytes of an output, and when: its index, as it is asked about again and again."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable

from core.output.index import Piece, Stream

__all__ = ["Timeline", "span_text"]


class Timeline:
    """Grows with its output. One thread may extend it while another one asks; offsets are bytes, times µs (UTC).

    Of the bytes from `end` on nothing is known yet: they may have come from another stream, and later, than those
    before. None says that all is known.
    """

    def __init__(self, pieces: Iterable[Piece] = (), *, end: int | None = None) -> None:
        self._offsets = array("Q")
        self._times = array("Q")
        self._streams = bytearray()
        self._end = end
        self.extend(pieces, end=end)

    @property
    def last_offset(self) -> int:
        """Return where the last known piece begins: what comes next begins behind it."""
        return self._offsets[-1] if self._offsets else 0

    @property
    def start_us(self) -> int | None:
        """Return when the first byte was written, None where nothing is known."""
        return next((at_us for at_us in self._times[:1] if at_us), None)

    @property
    def end_us(self) -> int | None:
        """Return when the last known piece was written, None where nothing is known."""
        return (self._times[len(self._offsets) - 1] or None) if self._offsets else None

    def extend(self, pieces: Iterable[Piece], *, end: int | None = None) -> int:
        """Add the pieces that begin behind the last one, and return how many these were; up to `end` all are known."""
        count = len(self._offsets)
        for piece in pieces:
            if not self._offsets or piece.offset > self._offsets[-1]:
                # The offset comes last: whoever asks meanwhile goes by it.
                self._times.append(piece.at_us)
                self._streams.append(piece.stream)
                self._offsets.append(piece.offset)
        if self._end is not None and end is not None:
            self._end = max(self._end, end)
        return len(self._offsets) - count

    def at_us(self, offset: int) -> int | None:
        """Return when the byte was written, None where that is not known."""
        number = self._number(offset)
        return (self._times[number] or None) if number >= 0 and self._knows(offset) else None

    def streams(self, start: int, end: int) -> set[Stream]:
        """Return the streams that wrote the bytes from `start` up to `end`; standard output where nothing is known."""
        end = end if self._end is None else min(end, self._end)
        first, last = self._number(start), self._number(end - 1)
        if last < 0 or start >= end:
            return {Stream.STDOUT}
        return {Stream(each) for each in set(self._streams[max(0, first) : last + 1])}

    def has(self, stream: Stream, start: int, end: int) -> bool:
        """Return whether the stream wrote one of the bytes from `start` up to `end`."""
        found = self.next_of(stream, start)
        return found is not None and found < end

    def next_of(self, stream: Stream, offset: int) -> int | None:
        """Return the first byte at or behind `offset` that the stream wrote."""
        if not self._knows(offset):
            return None
        number = self._number(offset)
        if number < 0:
            return offset if stream is Stream.STDOUT else None
        found = self._streams.find(bytes([stream]), number, len(self._offsets))
        if found < 0 or not self._knows(self._offsets[found]):
            return None
        return max(offset, self._offsets[found])

    def end_of_piece(self, offset: int) -> int | None:
        """Return where the next piece begins behind the one in which the byte lies, None where it is the last."""
        number = self._number(offset) + 1
        return self._offsets[number] if number < len(self._offsets) else None

    def last_of(self, stream: Stream, offset: int) -> int | None:
        """Return the last byte before `offset` that the stream wrote."""
        offset = offset if self._end is None else min(offset, self._end)
        number = self._number(offset - 1)
        if number < 0:
            return offset - 1 if stream is Stream.STDOUT and offset > 0 else None
        found = self._streams.rfind(bytes([stream]), 0, number + 1)
        if found < 0:
            return None
        return offset - 1 if found == number else self._offsets[found + 1] - 1

    def _knows(self, offset: int) -> bool:
        return self._end is None or offset < self._end

    def _number(self, offset: int) -> int:
        return bisect_right(self._offsets, offset) - 1


def span_text(us: int) -> str:
    """Return a span of µs to the millisecond, as `+0.042` or `+1:02:03.004`; a clock that was set back makes none."""
    seconds, millis = divmod(max(0, us) // 1000, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"+{hours}:{minutes:02}:{seconds:02}.{millis:03}"
    return f"+{minutes}:{seconds:02}.{millis:03}" if minutes else f"+{seconds}.{millis:03}"
