"""The last bytes of an output that is larger than its limit: a ring in a file beside it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from core.output.files import open_new
from core.output.index import IndexWriter, Piece, Stream

__all__ = ["Tail"]

_CHUNK = 1 << 20


class Tail:
    """Keeps the last `limit_bytes` of what is written, in a file of that size that is never truncated.

    The file is made at the first write. Its content is of use only together with this object: a crash loses the
    tail, never the head.
    """

    def __init__(self, path: Path, *, limit_bytes: int, max_pieces: int) -> None:
        self._path = path
        self._limit = limit_bytes
        self._descriptor: int | None = None
        self._written = 0
        self._index = IndexWriter(max_pieces=max_pieces)
        self._pieces: deque[Piece] = deque()

    @property
    def written(self) -> int:
        """The bytes that came so far."""
        return self._written

    @property
    def kept(self) -> int:
        """The bytes that are still there."""
        return min(self._written, self._limit)

    def write(self, stream: Stream, data: bytes, at_us: int) -> None:
        """Take `data`, letting go of the oldest bytes. Raises OSError, and then nothing of `data` is kept."""
        # All but the end of a write that is larger than the ring would be overwritten by that same write.
        data_kept = data[-self._limit :] if self._limit else b""
        self._put(self._written + len(data) - len(data_kept), data_kept)
        piece = self._index.note(self._written, at_us, stream)
        if piece is not None:
            self._pieces.append(piece)
        self._written += len(data)
        start = self._written - self.kept
        while len(self._pieces) > 1 and self._pieces[1].offset <= start:
            self._pieces.popleft()
            self._index.forget(1)

    def pieces(self, base: int) -> Iterator[Piece]:
        """Yield the pieces that are still there, with offsets as if the kept bytes began at `base`."""
        start = self._written - self.kept
        for piece in self._pieces if self.kept else ():
            yield Piece(base + max(0, piece.offset - start), piece.at_us, piece.stream)

    def read_last(self, length: int) -> bytes:
        """Return at most `length` of the newest bytes. Raises OSError."""
        wanted = min(length, self.kept)
        return b"".join(self._read(self._written - wanted, wanted))

    def chunks(self) -> Iterator[bytes]:
        """Yield all kept bytes in order, in chunks of at most 1 MB. Raises OSError."""
        return self._read(self._written - self.kept, self.kept)

    def forget(self) -> None:
        """Keep nothing any more."""
        self._written = 0
        self._pieces.clear()

    def discard(self) -> None:
        """Close and delete the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self._path.unlink(missing_ok=True)

    def _put(self, position: int, data: bytes) -> None:
        if not data:
            return
        if self._descriptor is None:
            self._descriptor = open_new(self._path)
        view = memoryview(data)
        while view:
            at = position % self._limit
            os.lseek(self._descriptor, at, os.SEEK_SET)
            count = os.write(self._descriptor, view[: self._limit - at])
            view = view[count:]
            position += count

    def _read(self, position: int, length: int) -> Iterator[bytes]:
        while length > 0:
            assert self._descriptor is not None, "bytes are kept only after a write"
            at = position % self._limit
            os.lseek(self._descriptor, at, os.SEEK_SET)
            data = os.read(self._descriptor, min(length, self._limit - at, _CHUNK))
            if not data:
                raise OSError("the file of the newest output is shorter than it should be")
            yield data
            position += len(data)
            length -= len(data)
