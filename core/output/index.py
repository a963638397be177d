"""The index beside an output: which stream wrote what when, in 16 bytes per piece."""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

__all__ = [
    "COALESCE_US",
    "HEADER_BYTES",
    "RECORD_BYTES",
    "IndexWriter",
    "Piece",
    "Stream",
    "index_records",
    "index_size",
    "parse_index",
    "parse_records",
]

# Header: magic, version. Record: offset of the piece's first byte; time in µs since the epoch << 2 | stream.
_HEADER = struct.Struct("<4sHxx")
_RECORD = struct.Struct("<QQ")
_MAGIC = b"CHIX"
_VERSION = 1
HEADER_BYTES = _HEADER.size
RECORD_BYTES = _RECORD.size
COALESCE_US = 50_000
_COARSE_US = 10_000_000
_BEHIND_ALL = 2**64


class Stream(IntEnum):
    """Where bytes came from; NOTE is Clockhand itself, marking a gap."""

    STDOUT = 1
    STDERR = 2
    NOTE = 3


# By the lowest bits of a stamp.
_STREAMS = (None, Stream.STDOUT, Stream.STDERR, Stream.NOTE)


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes from `offset` up to the next piece came from `stream`, the first of them at `at_us` (µs, UTC)."""

    offset: int
    at_us: int
    stream: Stream

    def pack(self) -> bytes:
        """Return the record as it stands in the file."""
        return _RECORD.pack(self.offset, max(0, self.at_us) << 2 | self.stream)


class IndexWriter:
    """Decides which writes become a piece of their own, so that an index stays far smaller than its output.

    Writes of one stream within 50 ms of a piece's start join it. When half of `max_pieces` are used up the window
    grows to 10 s, and at `max_pieces` everything joins the last piece: an output made to have millions of pieces
    loses detail rather than fill the disk.
    """

    def __init__(self, *, max_pieces: int) -> None:
        self._max_pieces = max_pieces
        self._count = 0
        self._last: Piece | None = None

    @staticmethod
    def header() -> bytes:
        """Return the bytes that an index begins with."""
        return _HEADER.pack(_MAGIC, _VERSION)

    def note(self, offset: int, at_us: int, stream: Stream) -> Piece | None:
        """Return the piece that begins with the write at `offset`, or None when the write joins the piece before."""
        last = self._last
        if last is not None and stream is not Stream.NOTE and last.stream is not Stream.NOTE:
            window = COALESCE_US if self._count < self._max_pieces // 2 else _COARSE_US
            joins = stream is last.stream and 0 <= at_us - last.at_us < window
            if joins or self._count >= self._max_pieces:
                return None
        self._count += 1
        self._last = Piece(offset, at_us, stream)
        return self._last

    def forget(self, count: int) -> None:
        """Take back `count` pieces that are no longer kept, so that they do not use up the limit."""
        self._count -= count


def index_records(read: Callable[[int, int], bytes], size_bytes: int, from_offset: int = 0) -> bytes:
    """Return the records of an index of `size_bytes`; nothing where it is none, or of an unknown version.

    `read` gives at most so many bytes (second) from a place on (first). With `from_offset` they begin with the record
    of the piece in which that byte lies, and little of those before is read: who follows an output asks for its end
    again and again, and the pieces before may be hundreds of thousands.
    """
    header = read(0, HEADER_BYTES)
    if len(header) < HEADER_BYTES or _HEADER.unpack(header) != (_MAGIC, _VERSION):
        return b""
    count = (size_bytes - HEADER_BYTES) // RECORD_BYTES

    def offset_of(number: int) -> int:
        record = read(HEADER_BYTES + number * RECORD_BYTES, RECORD_BYTES)
        # What became shorter meanwhile counts as what lies behind.
        return int(_RECORD.unpack(record)[0]) if len(record) == RECORD_BYTES else _BEHIND_ALL

    first = max(0, bisect_right(range(count), from_offset, key=offset_of) - 1) if from_offset > 0 else 0
    return read(HEADER_BYTES + first * RECORD_BYTES, (count - first) * RECORD_BYTES)


def parse_records(records: bytes) -> Iterator[Piece]:
    """Yield the pieces of an index's records, in order, without ever having all of them in memory.

    A crash may leave a torn last record, and an output is still worth reading without its index, so nothing is raised
    here.
    """
    whole = len(records) // RECORD_BYTES * RECORD_BYTES
    for offset, stamp in _RECORD.iter_unpack(memoryview(records)[:whole]):
        stream = _STREAMS[stamp & 3]
        if stream is not None:
            yield Piece(offset, stamp >> 2, stream)


def parse_index(data: bytes, from_offset: int = 0) -> Iterator[Piece]:
    """Yield the pieces that a whole index holds, from the one on in which the byte `from_offset` lies."""
    return parse_records(index_records(lambda at, length: data[at : at + length], len(data), from_offset))


def index_size(data: bytes, output_bytes: int) -> int:
    """Return how many bytes of an index belong to the first `output_bytes` of its output; 0 where it is none."""
    if len(data) < HEADER_BYTES or _HEADER.unpack_from(data) != (_MAGIC, _VERSION):
        return 0
    count = (len(data) - HEADER_BYTES) // RECORD_BYTES
    kept = bisect_left(
        range(count),
        output_bytes,
        key=lambda number: _RECORD.unpack_from(data, HEADER_BYTES + number * RECORD_BYTES)[0],
    )
    return HEADER_BYTES + kept * RECORD_BYTES
