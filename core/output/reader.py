"""Reads an output back, whether it lies in the small outputs' database, in a file, or is still being written."""

from __future__ import annotations

import io
import threading
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from core.errors import NotFoundError, StorageError
from core.output.files import INDEX_SUFFIX, INLINE, NO_OUTPUT, beside, find_live, resolve
from core.output.index import Piece, Stream, parse_index
from core.output.store import OutputStore

__all__ = ["CHUNK_BYTES", "ClosingMixin", "FileReader", "FollowingReader", "InlineReader", "Reader", "read_output"]

CHUNK_BYTES = 64 * 1024


class Reader(Protocol):
    """Random access to an output, and its pieces in order. `size` may grow from call to call while a run lives.

    A reader keeps its file open from the first read on; `close` it, or use it in a `with` statement.
    """

    def size(self) -> int:
        """Return the bytes that can be read by now."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; less at the end. Raises StorageError."""
        ...

    def pieces(self, offset: int = 0) -> Iterator[tuple[int, Stream, bytes]]:
        """Yield what is there by now from `offset` on, as (time in µs, stream, bytes).

        No piece is larger than CHUNK_BYTES. To follow, call again with the offset behind the last byte that came.
        Raises StorageError.
        """
        ...

    def close(self) -> None:
        """Let go of files; reading again opens them again."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class ClosingMixin:
    """Makes a reader usable in a `with` statement."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of files."""


class InlineReader(ClosingMixin):
    """An output that is in memory."""

    def __init__(self, data: bytes, index: bytes) -> None:
        self._data = data
        self._pieces = list(parse_index(index))

    def size(self) -> int:
        """Return the number of bytes."""
        return len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`."""
        return self._data[offset : offset + length]

    def pieces(self, offset: int = 0) -> Iterator[tuple[int, Stream, bytes]]:
        """Yield (time in µs, stream, bytes) from `offset` on."""
        return _cut(self, self._pieces, offset, len(self._data))


class FileReader(ClosingMixin):
    """An output in a file, which may still grow by this or another process; usable from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None

    def __del__(self) -> None:
        """Close what nobody closed: a window may end before it could show what was opened for it."""
        self.close()

    def size(self) -> int:
        """Return the file's size by now. Raises StorageError when it is gone."""
        try:
            return self._path.stat().st_size
        except OSError as error:
            raise self._unreadable(error) from error

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`. Raises StorageError."""
        try:
            with self._lock:
                if self._file is None:
                    self._file = io.FileIO(self._path)
                self._file.seek(offset)
                return self._file.read(length)
        except OSError as error:
            raise self._unreadable(error) from error

    def pieces(self, offset: int = 0) -> Iterator[tuple[int, Stream, bytes]]:
        """Yield (time in µs, stream, bytes) from `offset` up to the end as it is now. Raises StorageError."""
        # The size comes first: every byte below it has its index record already, because those are written first.
        size = self.size()
        try:
            index = beside(self._path, INDEX_SUFFIX).read_bytes()
        except FileNotFoundError:
            index = b""
        except OSError as error:
            raise self._unreadable(error) from error
        return _cut(self, list(parse_index(index, offset)), offset, size)

    def close(self) -> None:
        """Close the file; the next read opens it again."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _unreadable(self, error: OSError) -> StorageError:
        if isinstance(error, FileNotFoundError):
            return StorageError(f"The output file {self._path} is gone. Someone deleted it outside of Clockhand.")
        return StorageError(f"The output file {self._path} can't be read: {error.strerror}.")


class FollowingReader(ClosingMixin):
    """The output of a run that another process has: empty until its file appears.

    A run that ends within a second never has a file; when the job has ended, ask `read_output` again with the
    location that was recorded.
    """

    def __init__(self, folder: Path, job_id: int, attempt: int) -> None:
        self._folder = folder
        self._job_id = job_id
        self._attempt = attempt
        self._file: FileReader | None = None

    def size(self) -> int:
        """Return the file's size by now, 0 while there is none."""
        return self._current().size()

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`."""
        return self._current().read(offset, length)

    def pieces(self, offset: int = 0) -> Iterator[tuple[int, Stream, bytes]]:
        """Yield (time in µs, stream, bytes) from `offset` on."""
        return self._current().pieces(offset)

    def close(self) -> None:
        """Close the file; the next read opens it again."""
        if self._file is not None:
            self._file.close()

    def _current(self) -> Reader:
        if self._file is None:
            path = find_live(self._folder, self._job_id, self._attempt)
            if path is None:
                return InlineReader(b"", b"")
            self._file = FileReader(path)
        return self._file


def read_output(folder: Path, store: OutputStore, job_id: int, attempt: int, location: str | None) -> Reader:
    """Return a reader for an attempt's output.

    `location` is what `OutputRecord` said, or None for a run that has not ended. Raises NotFoundError when the
    small outputs' database does not have what it should, StorageError when it or the file can't be read.
    """
    if location is None:
        return FollowingReader(folder, job_id, attempt)
    if location == NO_OUTPUT:
        return InlineReader(b"", b"")
    if location == INLINE:
        found = store.load(job_id, attempt)
        if found is None:
            raise NotFoundError("output", f"job {job_id}, attempt {attempt}")
        return InlineReader(*found)
    return FileReader(resolve(folder, location))


def _cut(source: Reader, pieces: list[Piece], offset: int, end: int) -> Iterator[tuple[int, Stream, bytes]]:
    """Yield the bytes of `source` from `offset` to `end`, cut where the stream or the time changes."""
    starts = [piece.offset for piece in pieces]
    position = max(0, offset)
    while position < end:
        number = bisect_right(starts, position) - 1
        # Without an index everything counts as standard output of an unknown time.
        piece = pieces[number] if number >= 0 else Piece(0, 0, Stream.STDOUT)
        stop = min(end, starts[number + 1] if number + 1 < len(starts) else end)
        data = source.read(position, min(stop - position, CHUNK_BYTES))
        if not data:
            return
        yield piece.at_us, piece.stream, data
        position += len(data)
