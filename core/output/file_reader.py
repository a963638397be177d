"""Reads an output that lies in files: whole, or as a head and the tail beside it while the run is past its limit."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from core.errors import StorageError
from core.output.files import INDEX_SUFFIX, PACKED_SUFFIX, TAIL_SUFFIX, beside
from core.output.index import Piece, Stream, index_records, parse_records
from core.output.packed import PackedFile
from core.output.sink import gap_mark
from core.output.tail import TailState, TailView

__all__ = ["CHUNK_BYTES", "FileReader", "cut"]

CHUNK_BYTES = 64 * 1024
_PAST_LIMIT = "the output is larger than its limit"
_FILLER = b"[Clockhand: what was printed here is not kept, because the output is larger than its limit]\n"


class FileReader:
    """An output in a file, which may still grow by this or another process; usable from any thread.

    While an output past its limit is being written, every byte has the offset at which it was printed: behind the head
    come the bytes that are not kept any more, which read as lines that say so, and then the newest, up to the end.
    When the run has ended, the file is the head, a mark of the gap and the tail; `size` and `pieces` notice that.
    An old file that was packed reads as it was, also while it is being packed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._file: BinaryIO | None = None
        self._packed: PackedFile | None = None
        self._tail: TailView | None = None
        self._pins = 0
        self._is_to_close = False  # as soon as nobody pins it any more

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        """Close what nobody closed: a window may end before it could show what was opened for it."""
        self.close()

    @property
    def plain_path(self) -> Path | None:
        """Return the file, None while it is packed or has only the head of an output past its limit."""
        with self._lock:
            self._look_for_tail()
            return self._path if self._state() is None and self._path.exists() else None

    def size(self) -> int:
        """Return the bytes that can be read by now. Raises StorageError when the file is gone."""
        with self._lock:
            self._look_for_tail()
            return self._size()

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; less at the end. Raises StorageError."""
        with self._lock:
            state = self._state()
            if state is None:
                return self._read_file(offset, length)
            parts = []
            while length > 0 and (part := self._read_part(state, offset, length)):
                parts.append(part)
                offset += len(part)
                length -= len(part)
            return b"".join(parts)

    def gap(self) -> tuple[int, int] | None:
        """Return the bytes (start, end) that are not kept any more, as of the last `size`. Raises StorageError."""
        with self._lock:
            state = self._state()
        return (state.base, state.base + state.start) if state is not None and state.start else None

    def pieces(self, offset: int = 0) -> Iterator[tuple[int, Stream, bytes]]:
        """Yield (time in µs, stream, bytes) from `offset` up to the end as it is now. Raises StorageError."""
        with self._lock:
            self._look_for_tail()
            look = self._look(offset)
        return self._pieces(look, offset)

    def index(self, offset: int = 0) -> Iterator[Piece]:
        """Return which stream wrote what when, from the piece on in which `offset` lies. Raises StorageError."""
        with self._lock:
            self._look_for_tail()
            look = self._look(offset)
        return self._parse(look, offset)

    def news(self, offset: int) -> Iterator[tuple[int, int, Stream, bytes]]:
        """Yield what came behind `offset`, as (the offset to ask from next, time in µs, stream, bytes).

        For who reads an output in order while it is written: of what is not kept any more comes a short mark. Nothing
        that is there is missed when the run ends meanwhile. Raises StorageError.
        """
        is_outrun = True
        while is_outrun:
            is_outrun = False
            with self._lock:
                if self._tail is None:
                    self._look_for_tail()
                if self._size() <= offset:
                    return
                look = self._look(offset)
            for at_us, stream, data in self._pieces(look, offset):
                # Looked at after the reading: what was overwritten before reads as something else.
                gap = self.gap()
                if gap is not None and gap[0] <= offset < gap[1]:
                    missing, offset, is_outrun = gap[1] - offset, gap[1], True
                    yield offset, at_us, Stream.NOTE, gap_mark(missing, _PAST_LIMIT)
                    break
                offset += len(data)
                yield offset, at_us, stream, data

    @contextmanager
    def pinned(self) -> Iterator[None]:
        """Keep every byte at its offset within the `with`, even if the run ends.

        `close` waits until then.
        """
        with self._lock:
            self._pins += 1
        try:
            yield
        finally:
            with self._lock:
                self._pins -= 1
                if self._is_to_close:
                    self.close()

    def close(self) -> None:
        """Close the files; the next read opens them again."""
        with self._lock:
            self._is_to_close = self._pins > 0
            if self._is_to_close:
                return
            if self._file is not None:
                self._file.close()
                self._file = None
            if self._packed is not None:
                self._packed.close()
                self._packed = None
            if self._tail is not None:
                self._tail.close()
                self._tail = None

    def _look(self, offset: int) -> _Look:
        state = self._state()
        # The size comes first: every byte below it has its index record already, because those are written first. That
        # of a newer state would bring bytes whose records are not among those of this one.
        size = self._size() if state is None else state.base + state.written
        try:
            tail = b"" if state is None or self._tail is None else self._tail.records(state, offset - state.base)
        except OSError as error:
            raise self._unreadable(error) from error
        return _Look(size, state, tail)

    def _pieces(self, look: _Look, offset: int) -> Iterator[tuple[int, Stream, bytes]]:
        return cut(self, self._parse(look, offset), offset, look.size)

    def _parse(self, look: _Look, offset: int) -> Iterator[Piece]:
        """Return the pieces from `offset` on. Nobody has to wait while they are read and parsed: no lock is held."""
        try:
            pieces = parse_records(self._index_records(offset))
        except OSError as error:
            raise self._unreadable(error) from error
        return pieces if look.state is None else _with_tail(pieces, look.state, parse_records(look.tail), offset)

    def _size(self) -> int:
        state = self._state()
        if state is not None:
            return state.base + state.written
        try:
            try:
                return self._path.stat().st_size
            except FileNotFoundError:
                return self._open_packed().size
        except OSError as error:
            raise self._unreadable(error) from error

    def _look_for_tail(self) -> None:
        if self._tail is not None and not self._pins and not self._tail.is_there:
            self._tail.close()
            self._tail = None
        if self._tail is None:
            try:
                self._tail = TailView(beside(self._path, TAIL_SUFFIX))
            except FileNotFoundError:
                return
            except OSError as error:
                raise self._unreadable(error) from error

    def _state(self) -> TailState | None:
        try:
            return self._tail.state() if self._tail is not None else None
        except OSError as error:
            raise self._unreadable(error) from error

    def _read_part(self, state: TailState, offset: int, length: int) -> bytes:
        """Return some bytes of the head, the gap or the tail, whichever `offset` lies in."""
        if offset < state.base:
            return self._read_file(offset, min(length, state.base - offset))
        assert self._tail is not None, "there is no state without a tail"
        if offset >= state.base + state.start:
            try:
                data = self._tail.read(state, offset - state.base, length)
            except OSError as error:
                raise self._unreadable(error) from error
            if data or offset >= state.base + state.written:
                return data
        # Not kept, or overwritten while it was read.
        count = min(length, max(1, state.base + state.start - offset), CHUNK_BYTES)
        first = (offset - state.base) % len(_FILLER)
        return (_FILLER * (count // len(_FILLER) + 2))[first : first + count]

    def _read_file(self, offset: int, length: int) -> bytes:
        try:
            with self._lock:
                if self._file is None and self._packed is None:
                    try:
                        self._file = io.FileIO(self._path)
                    except FileNotFoundError:
                        self._open_packed()
                if self._packed is not None:
                    return self._packed.read(offset, length)
                assert self._file is not None, "one of them is open"
                self._file.seek(offset)
                return self._file.read(length)
        except OSError as error:
            raise self._unreadable(error) from error

    def _open_packed(self) -> PackedFile:
        if self._packed is None:
            self._packed = PackedFile(beside(self._path, PACKED_SUFFIX))
        return self._packed

    def _index_records(self, offset: int) -> bytes:
        path = beside(self._path, INDEX_SUFFIX)
        with contextlib.suppress(FileNotFoundError), io.FileIO(path) as file:

            def read(at: int, length: int) -> bytes:
                file.seek(at)
                return file.read(length) or b""

            return index_records(read, file.seek(0, io.SEEK_END), offset)
        with (
            contextlib.suppress(FileNotFoundError),
            contextlib.closing(PackedFile(beside(path, PACKED_SUFFIX))) as packed,
        ):
            return index_records(packed.read, packed.size, offset)
        return b""

    def _unreadable(self, error: OSError) -> StorageError:
        if isinstance(error, FileNotFoundError):
            return StorageError(f"The output file {self._path} is gone. Someone deleted it outside of Clockhand.")
        return StorageError(f"The output file {self._path} can't be read: {error.strerror or error}.")


@dataclass(frozen=True, slots=True)
class _Look:
    """An output at one moment: its size, and of one past its limit what its tail said, with the records of that."""

    size: int
    state: TailState | None
    tail: bytes


class _Bytes(Protocol):
    def read(self, offset: int, length: int) -> bytes: ...


def cut(source: _Bytes, pieces: Iterable[Piece], offset: int, end: int) -> Iterator[tuple[int, Stream, bytes]]:
    """Yield the bytes of `source` from `offset` to `end` as (time in µs, stream, bytes).

    They are cut where the stream or the time changes, and after CHUNK_BYTES.
    """
    position = max(0, offset)
    # Without an index everything counts as standard output of an unknown time.
    piece = Piece(0, 0, Stream.STDOUT)
    for following in chain(pieces, [None]):
        stop = end if following is None else min(end, following.offset)
        while position < stop:
            data = source.read(position, min(stop - position, CHUNK_BYTES))
            if not data:
                return
            yield piece.at_us, piece.stream, data
            position += len(data)
        if following is None or position >= end:
            return
        piece = following


def _with_tail(head: Iterator[Piece], state: TailState, tail: Iterator[Piece], offset: int) -> Iterator[Piece]:
    """Yield the pieces of the head, of the gap and of the tail, by their offsets in the output."""
    for piece in head:
        if piece.offset >= state.base:
            break  # the run has ended meanwhile, and its tail came to the head
        yield piece
    last = 0
    # From within the tail on there is no more of a gap.
    is_behind_gap = not state.start or offset > state.base + state.start
    for piece in tail:
        if not is_behind_gap:
            is_behind_gap = True
            yield Piece(state.base, piece.at_us, Stream.NOTE)
        # A piece that was noted while they were read may stand in the place of an older one.
        if piece.offset >= last:
            last = piece.offset
            yield Piece(state.base + max(state.start, piece.offset), piece.at_us, piece.stream)
    if not is_behind_gap:
        yield Piece(state.base, 0, Stream.NOTE)
        yield Piece(state.base + state.start, 0, Stream.STDOUT)
