"""Reads an output back, whether it lies in the small outputs' database, in a file, or is still being written."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol, Self

from core.errors import NotFoundError
from core.output.file_reader import CHUNK_BYTES, FileReader, cut
from core.output.files import INLINE, NO_OUTPUT, find_live, resolve
from core.output.index import Piece, Stream, parse_index
from core.output.store import OutputStore

__all__ = ["CHUNK_BYTES", "FileReader", "InlineReader", "LiveReader", "Reader", "read_output"]


class Reader(Protocol):
    """Random access to an output, and its pieces in order. `size` may grow from call to call while a run lives.

    A reader keeps its file open from the first read on; `close` it, or use it in a `with` statement.
    """

    @property
    def plain_path(self) -> Path | None:
        """Return the file that holds the output as it is, None where there is none, or more than it."""
        ...

    def size(self) -> int:
        """Return the bytes that can be read by now."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; less at the end. Raises StorageError."""
        ...

    def gap(self) -> tuple[int, int] | None:
        """Return the bytes (start, end) that are not kept any more, as of the last `size`; None where all are.

        `end` grows while a run past its limit lives; `read` has lines there that say so. See `core.output.gaps`.
        """
        ...

    def pieces(self, offset: int = 0) -> Iterator[tuple[int, Stream, bytes]]:
        """Yield what is there by now from `offset` on, as (time in µs, stream, bytes).

        No piece is larger than CHUNK_BYTES. To follow, use `news`. Raises StorageError.
        """
        ...

    def index(self, offset: int = 0) -> Iterator[Piece]:
        """Return which stream wrote what when, from the piece on in which `offset` lies. Raises StorageError."""
        ...

    def news(self, offset: int) -> Iterator[tuple[int, int, Stream, bytes]]:
        """Yield what came behind `offset`, as (the offset to ask from next, time in µs, stream, bytes).

        Cheap where there is nothing new. Raises StorageError.
        """
        ...

    def pinned(self) -> AbstractContextManager[None]:
        """Keep every byte at its offset within the `with`, where otherwise the end of a run past its limit moves some.

        For who reads an output from one end to the other. `close` waits until then.
        """
        ...

    def close(self) -> None:
        """Let go of files; reading again opens them again."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class InlineReader:
    """An output that is in memory."""

    def __init__(self, data: bytes, index: bytes) -> None:
        self._data = data
        self._index = index

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    @property
    def plain_path(self) -> Path | None:
        """Return None: there is no file."""
        return None

    def size(self) -> int:
        """Return the number of bytes."""
        return len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`."""
        return self._data[offset : offset + length]

    def gap(self) -> tuple[int, int] | None:
        """Return None: all is kept."""
        return None

    def pieces(self, offset: int = 0) -> Iterator[tuple[int, Stream, bytes]]:
        """Yield (time in µs, stream, bytes) from `offset` on."""
        return cut(self, self.index(offset), offset, len(self._data))

    def index(self, offset: int = 0) -> Iterator[Piece]:
        """Return which stream wrote what when, from `offset` on."""
        return parse_index(self._index, offset)

    def news(self, offset: int) -> Iterator[tuple[int, int, Stream, bytes]]:
        """Yield (the offset to ask from next, time in µs, stream, bytes) from `offset` on."""
        if offset < len(self._data):
            for at_us, stream, data in self.pieces(offset):
                offset += len(data)
                yield offset, at_us, stream, data

    def pinned(self) -> AbstractContextManager[None]:
        """Return a `with` that changes nothing: every byte stays where it is."""
        return nullcontext()

    def close(self) -> None:
        """Do nothing."""


class LiveReader:
    """An output that is being written, here or by another process; offsets stay the same when it moves to a file.

    `find` says where it is by now: bytes with their index, or a file. It is asked until there is a file.
    """

    def __init__(self, find: Callable[[], tuple[bytes, bytes] | Path]) -> None:
        self._find = find
        self._file: FileReader | None = None
        self._finding = threading.Lock()
        self._pins: list[ExitStack] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def is_in_file(self) -> bool:
        """Whether the file was found, at which it stays."""
        return self._file is not None

    @property
    def plain_path(self) -> Path | None:
        """Return the file that holds the output as it is, None where there is none."""
        return self._current().plain_path

    def size(self) -> int:
        """Return the bytes that can be read by now."""
        return self._current().size()

    def read(self, offset: int, length: int) -> bytes:
        """Return at most `length` bytes from `offset`; less at the end. Raises StorageError."""
        return self._current().read(offset, length)

    def gap(self) -> tuple[int, int] | None:
        """Return the bytes (start, end) that are not kept any more, as of the last `size`. Raises StorageError."""
        return self._current().gap()

    def pieces(self, offset: int = 0) -> Iterator[tuple[int, Stream, bytes]]:
        """Yield what is there by now from `offset` on, as (time in µs, stream, bytes). Raises StorageError."""
        return self._current().pieces(offset)

    def index(self, offset: int = 0) -> Iterator[Piece]:
        """Return which stream wrote what when, from `offset` on. Raises StorageError."""
        return self._current().index(offset)

    def news(self, offset: int) -> Iterator[tuple[int, int, Stream, bytes]]:
        """Yield (the offset to ask from next, time in µs, stream, bytes) from `offset` on. Raises StorageError."""
        return self._current().news(offset)

    @contextmanager
    def pinned(self) -> Iterator[None]:
        """Keep every byte at its offset within the `with`, also in a file that is found only then."""
        with ExitStack() as pin:
            with self._finding:
                self._pins.append(pin)
                if self._file is not None:
                    pin.enter_context(self._file.pinned())
            try:
                yield
            finally:
                with self._finding:
                    self._pins.remove(pin)

    def close(self) -> None:
        """Let go of the file; the next read opens it again."""
        if self._file is not None:
            self._file.close()

    def _current(self) -> Reader:
        with self._finding:  # two threads would make two readers, of which one is never closed
            if self._file is None:
                there = self._find()
                if not isinstance(there, Path):
                    return InlineReader(*there)
                self._file = FileReader(there)
                for pin in self._pins:
                    pin.enter_context(self._file.pinned())
            return self._file


def read_output(folder: Path, store: OutputStore, job_id: int, attempt: int, location: str | None) -> Reader:
    """Return a reader for an attempt's output.

    `location` is what `OutputRecord` said, or None for a run that has not ended. One that another process has is
    empty until its file appears: a run that ends within a second never has one, so ask again with the location that
    was recorded when the job has ended. Raises NotFoundError when the small outputs' database does not have what it
    should, StorageError when it or the file can't be read.
    """
    if location is None:
        return LiveReader(lambda: find_live(folder, job_id, attempt) or (b"", b""))
    if location == NO_OUTPUT:
        return InlineReader(b"", b"")
    if location == INLINE:
        found = store.load(job_id, attempt)
        if found is None:
            raise NotFoundError("output", f"job {job_id}, attempt {attempt}")
        return InlineReader(*found)
    return FileReader(resolve(folder, location))
