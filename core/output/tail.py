"""The last bytes of an output that is larger than its limit: a ring in a file beside it, readable at any moment."""

from __future__ import annotations

import contextlib
import io
import os
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from core.output.files import INDEX_SUFFIX, beside, open_new
from core.output.index import RECORD_BYTES, IndexWriter, Piece, Stream, parse_records
from core.output.piece_queue import PieceQueue

__all__ = ["Tail", "TailState", "TailView"]

_CHUNK = 1 << 20
_MAGIC = b"CHTL"
_VERSION = 1
# Magic, version; then base, limit, slots; claimed, written, oldest, next (see TailState).
_HEADER = struct.Struct("<4sHxxQQQQQQQ")
_RING_AT = 4096


@dataclass(frozen=True, slots=True)
class TailState:
    """What the header of a tail says; it is written before and after each write to the ring.

    `base`: bytes of the head, behind which the tail begins. `limit`: bytes of the ring. `slots`: how many pieces fit
    into its index, which is a ring as well. `claimed` and `written`: bytes up to which the ring is being written, and
    is written; positions count from the first byte of the tail. `oldest`, `next`: numbers of the pieces that are kept.
    """

    base: int
    limit: int
    slots: int
    claimed: int = 0
    written: int = 0
    oldest: int = 0
    next: int = 0

    @property
    def start(self) -> int:
        """The position of the oldest byte that is kept whatever happens next to the write that is under way."""
        return min(self.written, max(0, self.claimed - self.limit))

    def pack(self) -> bytes:
        """Return the header's bytes."""
        return _HEADER.pack(
            _MAGIC,
            _VERSION,
            self.base,
            self.limit,
            self.slots,
            self.claimed,
            self.written,
            self.oldest,
            self.next,
        )

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        """Return what the bytes of a header say, or None where they are no header."""
        if len(data) < _HEADER.size:
            return None
        magic, version, *numbers = _HEADER.unpack_from(data)
        state = cls(*numbers)
        is_sound = state.limit > 0 and state.slots > 0 and state.written <= state.claimed
        return state if (magic, version) == (_MAGIC, _VERSION) and is_sound else None


class Tail:
    """Keeps the last `limit_bytes` of what is written, in a file of that size that is never truncated.

    The file is made at the first write. It says itself what it holds, so that other processes can follow it, and what
    a crash leaves is whole.
    """

    def __init__(self, path: Path, *, base: int, limit_bytes: int, max_pieces: int) -> None:
        self._path = path
        self._base = base
        self._limit = limit_bytes
        self._slots = max_pieces + 1
        self._descriptor: int | None = None
        self._index_descriptor: int | None = None
        self._written = 0
        self._claimed = 0
        self._index = IndexWriter(max_pieces=max_pieces)
        self._pieces = PieceQueue()
        self._oldest = 0

    @classmethod
    def reopen(cls, path: Path) -> Tail | None:
        """Return the tail that a crash left, or None where it is none. Raises OSError."""
        with TailView(path) as view:
            state = view.state()
            if state is None:
                return None
            tail = cls(path, base=state.base, limit_bytes=state.limit, max_pieces=state.slots - 1)
            tail._written, tail._claimed = state.written, max(state.claimed, state.written)
            for piece in parse_records(view.records(state)):
                tail._pieces.append(piece)
        tail._descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        return tail

    @property
    def base(self) -> int:
        """The bytes of the head."""
        return self._base

    @property
    def written(self) -> int:
        """The bytes that came so far."""
        return self._written

    @property
    def kept(self) -> int:
        """The bytes that are still there."""
        return self._written - self._start

    def write(self, stream: Stream, data: bytes, at_us: int, *, base: int) -> None:
        """Take `data`, letting go of the oldest bytes; `base` is the size of the head by now.

        Raises OSError, and then nothing of `data` is kept.
        """
        if not self._written:
            self._base = base
        # All but the end of a write that is larger than the ring would be overwritten by that same write.
        data_kept = data[-self._limit :] if self._limit else b""
        self._claimed = max(self._claimed, self._written + len(data))
        if data_kept:
            self._note_state()
            self._put(self._written + len(data) - len(data_kept), data_kept)
        piece = self._index.note(self._written, at_us, stream)
        if piece is not None:
            self._append_piece(piece)
        self._written += len(data)
        while len(self._pieces) > 1 and self._pieces.second_offset <= self._start:
            self._pieces.drop_first()
            self._oldest += 1
            self._index.forget(1)
        if self._descriptor is not None:
            self._note_state()

    def pieces(self, base: int) -> Iterator[Piece]:
        """Yield the pieces that are still there, with offsets as if the kept bytes began at `base`."""
        for piece in self._pieces if self.kept else ():
            yield Piece(base + max(0, piece.offset - self._start), piece.at_us, piece.stream)

    def read_last(self, length: int) -> bytes:
        """Return at most `length` of the newest bytes. Raises OSError."""
        wanted = min(length, self.kept)
        return b"".join(self._read(self._written - wanted, wanted))

    def chunks(self) -> Iterator[bytes]:
        """Yield all kept bytes in order, in chunks of at most 1 MB. Raises OSError."""
        return self._read(self._start, self.kept)

    def forget(self) -> None:
        """Keep nothing any more; the file stays as it is."""
        self._written = self._claimed = 0
        self._pieces.clear()

    def close(self) -> None:
        """Close the files. Raises OSError."""
        with contextlib.ExitStack() as stack:  # an error with one does not keep the other open
            for descriptor in (self._descriptor, self._index_descriptor):
                if descriptor is not None:
                    stack.callback(os.close, descriptor)
            self._descriptor = self._index_descriptor = None

    def discard(self) -> None:
        """Close and delete the files. Raises OSError."""
        if self._descriptor is not None:
            try:
                self.close()
            finally:
                self._path.unlink(missing_ok=True)
                beside(self._path, INDEX_SUFFIX).unlink(missing_ok=True)

    @property
    def _start(self) -> int:
        return min(self._written, max(0, self._claimed - self._limit))

    def _append_piece(self, piece: Piece) -> None:
        number = self._oldest + len(self._pieces)
        self._pieces.append(piece)
        if self._descriptor is not None:
            if self._index_descriptor is None:
                self._index_descriptor = open_new(beside(self._path, INDEX_SUFFIX))
            _write_at(self._index_descriptor, number % self._slots * RECORD_BYTES, piece.pack())

    def _note_state(self) -> None:
        if self._descriptor is None:
            self._descriptor = open_new(self._path)
        next_piece = self._oldest + len(self._pieces)
        state = TailState(self._base, self._limit, self._slots, self._claimed, self._written, self._oldest, next_piece)
        _write_at(self._descriptor, 0, state.pack())

    def _put(self, position: int, data: bytes) -> None:
        assert self._descriptor is not None, "the state is noted first"
        view = memoryview(data)
        while view:
            at = position % self._limit
            part = view[: self._limit - at]
            _write_at(self._descriptor, _RING_AT + at, part)
            view = view[len(part) :]
            position += len(part)

    def _read(self, position: int, length: int) -> Iterator[bytes]:
        while length > 0:
            assert self._descriptor is not None, "bytes are kept only after a write"
            at = position % self._limit
            os.lseek(self._descriptor, _RING_AT + at, os.SEEK_SET)
            data = os.read(self._descriptor, min(length, self._limit - at, _CHUNK))
            if not data:
                raise OSError("the file of the newest output is shorter than it should be")
            yield data
            position += len(data)
            length -= len(data)


class TailView:
    """Reads a tail while this or another process writes it, and also after it was deleted. Not for several threads."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises OSError."""
        self._path = path
        self._file = io.FileIO(path)
        self._index: io.FileIO | None = None
        try:
            self._open_index()  # at once: it may be read only after it was deleted
        except OSError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        if self._index is not None:
            self._index.close()

    @property
    def is_there(self) -> bool:
        """Whether the tail still stands beside its head."""
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False

    def state(self) -> TailState | None:
        """Return what it says of itself, or None where its header is not there yet. Raises OSError."""
        self._file.seek(0)
        return TailState.parse(self._file.read(_HEADER.size))

    def read(self, state: TailState, position: int, length: int) -> bytes:
        """Return at most `length` bytes from `position`; nothing where they were overwritten meanwhile.

        Raises OSError.
        """
        at = position % state.limit
        self._file.seek(_RING_AT + at)
        data = self._file.read(max(0, min(length, state.limit - at, state.written - position)))
        # Looked at after the reading: what was claimed by then may have been overwritten before.
        now = self.state()
        return data if now is not None and position >= now.start else b""

    def records(self, state: TailState, position: int = 0) -> bytes:
        """Return the records of the kept pieces, from the one on in which `position` lies. Raises OSError."""
        self._open_index()
        if self._index is None:
            return b""
        numbers = range(state.oldest, min(state.next, state.oldest + state.slots))
        first = 0
        if position > state.start:
            first = max(0, bisect_right(numbers, position, key=lambda number: self._offset_of(state, number)) - 1)
        at, count = (state.oldest + first) % state.slots, len(numbers) - first
        until_end = min(count, state.slots - at)
        return self._read_records(at, until_end) + self._read_records(0, count - until_end)

    def _open_index(self) -> None:
        if self._index is None:
            with contextlib.suppress(FileNotFoundError):  # it is made a moment after the ring
                self._index = io.FileIO(beside(self._path, INDEX_SUFFIX))

    def _offset_of(self, state: TailState, number: int) -> int:
        return int.from_bytes(self._read_records(number % state.slots, 1)[: RECORD_BYTES // 2], "little")

    def _read_records(self, first: int, count: int) -> bytes:
        assert self._index is not None, "it is opened first"
        self._index.seek(first * RECORD_BYTES)
        return self._index.read(count * RECORD_BYTES) or b""


def _write_at(descriptor: int, position: int, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        os.lseek(descriptor, position, os.SEEK_SET)
        count = os.write(descriptor, view)
        view = view[count:]
        position += count
