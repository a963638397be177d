"""The file of one large output while it is written: head, index, and after the end its tail."""

from __future__ import annotations

import contextlib
import os
from itertools import islice
from pathlib import Path

from core.output.files import INDEX_SUFFIX, TAIL_SUFFIX, beside, create_file, open_new
from core.output.index import IndexWriter, Stream, index_size
from core.output.tail import Tail

__all__ = ["FileSink", "gap_mark"]

_INDEX_BACKLOG_BYTES = 64 * 1024
_PIECES_AT_ONCE = 4096


def gap_mark(missing_bytes: int, reason: str) -> bytes:
    """Return the line that stands in an output's file where bytes are missing."""
    return f"\n[Clockhand: {missing_bytes:,} bytes are missing here: {reason}]\n".encode()


class FileSink:
    """Appends to an output's file without a buffer of its own, so that what was written can be followed at once.

    The first half of the limit goes to the file, everything after it to the tail, which `finish` appends behind a
    mark that says how much is missing. No method raises OSError: what could not be written counts as dropped, the
    newest reason stands in `fault`, and the next write tries again.
    """

    def __init__(self, descriptor: int, path: Path, tail: Tail, *, head_bytes: int, max_pieces: int) -> None:
        self.path = path
        self.fault: str | None = None
        self._descriptor = descriptor
        self._index_descriptor: int | None = None
        self._index = IndexWriter(max_pieces=max_pieces)
        self._index_backlog = bytearray(self._index.header())
        self._head_limit = head_bytes
        self._tail = tail
        self._size = 0
        self._received = 0
        self._kept = 0
        self._unmarked = 0

    @classmethod
    def create(cls, folder: Path, job_id: int, attempt: int, *, limit_bytes: int, max_pieces: int) -> FileSink:
        """Return a sink on a new file. Raises OSError."""
        descriptor, path = create_file(folder, job_id, attempt)
        tail_bytes = limit_bytes // 2
        tail = Tail(beside(path, TAIL_SUFFIX), base=0, limit_bytes=tail_bytes, max_pieces=max_pieces)
        return cls(descriptor, path, tail, head_bytes=limit_bytes - tail_bytes, max_pieces=max_pieces)

    @classmethod
    def reopen(cls, path: Path) -> FileSink | None:
        """Return a sink on a file whose tail still stands beside it, ready to `finish`; None where there is none.

        That is so after a crash, and after a full disk had no room for the tail at the end. Raises OSError.
        """
        try:
            tail = Tail.reopen(beside(path, TAIL_SUFFIX))
        except FileNotFoundError:
            return None
        if tail is None:
            return None
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        with contextlib.ExitStack() as opened:  # what was opened is closed where the rest can't be
            opened.callback(tail.close)
            descriptor = os.open(path, flags, 0o600)
            opened.callback(os.close, descriptor)
            sink = cls(descriptor, path, tail, head_bytes=0, max_pieces=0)
            sink._size = tail.base
            sink._index_descriptor = os.open(beside(path, INDEX_SUFFIX), flags, 0o600)
            opened.callback(os.close, sink._index_descriptor)
            sink._forget_from(tail.base)
            opened.pop_all()
        return sink

    @property
    def size(self) -> int:
        """The bytes of the file so far, marks included."""
        return self._size

    @property
    def kept(self) -> int:
        """The bytes of the process that are kept, marks not included."""
        return self._kept + self._tail.kept

    @property
    def dropped(self) -> int:
        """The bytes of the process that are gone: past the limit, or not written because of a fault."""
        return self._received - self.kept

    @property
    def is_large(self) -> bool:
        """Whether `finish` has to move a tail, which takes the time of copying up to half the limit."""
        return self._tail.kept > 0

    def write(self, stream: Stream, data: bytes, at_us: int) -> None:
        """Append `data`, as far as the limit and the disk allow."""
        self._received += len(data)
        # Once bytes went to the tail nothing may overtake them, also when a fault left room in the head.
        room = 0 if self._tail.written else self._head_limit - self._kept
        if room > 0:
            self._write_head(stream, data[:room], at_us)
        if len(data) > room:
            self._write_tail(stream, data[max(0, room) :], at_us)

    def miss(self, count: int, reason: str | None) -> None:
        """Count `count` bytes that were lost before this file could be made; the next write marks the gap."""
        self._received += count
        self._unmarked += count
        self.fault = reason

    def recent(self, length: int) -> bytes:
        """Return at most `length` of the newest bytes, wherever they are now. Raises OSError."""
        tail = self._tail.read_last(length)
        wanted = min(length - len(tail), self._size)
        if wanted <= 0:
            return tail
        os.lseek(self._descriptor, self._size - wanted, os.SEEK_SET)
        head = os.read(self._descriptor, wanted)
        os.lseek(self._descriptor, self._size, os.SEEK_SET)
        return head + tail

    def finish(self, at_us: int) -> None:
        """Append the gap's mark and the tail, and close the files."""
        base = self._size
        missing = self._tail.written - self._tail.kept
        is_whole = True
        if missing:
            # The mark gets the time of what follows it, so that times never run backwards within an output.
            tail_at_us = next((piece.at_us for piece in self._tail.pieces(0)), at_us)
            is_whole = self._note(gap_mark(missing, "the output is larger than its limit"), tail_at_us)
        pieces = self._tail.pieces(self._size)
        while records := b"".join(piece.pack() for piece in islice(pieces, _PIECES_AT_ONCE)):
            self._append_index(records)
        is_whole = is_whole and self._move_tail()
        if is_whole and self._unmarked:
            self._mark_unwritten(at_us)
        self._kept += self._tail.kept
        self._tail.forget()
        try:
            if is_whole:
                self._tail.discard()
            else:
                # The tail stays beside the head, is read there, and moves when there is room (`reopen`).
                self._forget_from(base)
                self._tail.close()
        except OSError as error:
            self._remember(error)
        for descriptor in (self._descriptor, self._index_descriptor):
            if descriptor is not None:
                self._close(descriptor)

    def _close(self, descriptor: int) -> None:
        # A file system over a network may refuse as late as this (close(2)); the descriptor is gone all the same.
        try:
            os.close(descriptor)
        except OSError as error:
            self._remember(error)

    def _write_head(self, stream: Stream, data: bytes, at_us: int) -> None:
        if self._unmarked:
            self._mark_unwritten(at_us)
        # The index goes first, so that who follows the files never takes bytes for those of the piece before.
        piece = self._index.note(self._size, at_us, stream)
        if piece is not None:
            self._append_index(piece.pack())
        written = self._append(data)
        self._kept += written
        self._unmarked += len(data) - written

    def _write_tail(self, stream: Stream, data: bytes, at_us: int) -> None:
        try:
            self._tail.write(stream, data, at_us, base=self._size)
        except OSError as error:
            self._remember(error)
            self._unmarked += len(data)

    def _move_tail(self) -> bool:
        """Append the tail and say whether all of it is in the file."""
        try:
            return all(self._append(chunk) == len(chunk) for chunk in self._tail.chunks())
        except OSError as error:
            self._remember(error)
            return False

    def _forget_from(self, size: int) -> None:
        """Take back what stands behind `size` in the file and its index."""
        os.ftruncate(self._descriptor, size)
        os.lseek(self._descriptor, 0, os.SEEK_END)
        self._size = size
        self._index_backlog.clear()
        if self._index_descriptor is not None:
            os.lseek(self._index_descriptor, 0, os.SEEK_SET)
            with open(self._index_descriptor, "rb", closefd=False) as file:
                data = file.read()
            kept = index_size(data, size)
            os.ftruncate(self._index_descriptor, kept)
            os.lseek(self._index_descriptor, kept, os.SEEK_SET)
            if not kept:
                self._index_backlog += self._index.header()

    def _mark_unwritten(self, at_us: int) -> None:
        count = self._unmarked
        if self._note(gap_mark(count, f"they could not be written ({self.fault})"), at_us):
            self._unmarked -= count

    def _note(self, mark: bytes, at_us: int) -> bool:
        """Append a mark of our own whole or not at all, and say whether it stands there."""
        start = self._size
        if self._append(mark) == len(mark):
            piece = self._index.note(start, at_us, Stream.NOTE)
            if piece is not None:
                self._append_index(piece.pack())
            return True
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, start)
            os.lseek(self._descriptor, start, os.SEEK_SET)
            self._size = start
        return False

    def _append(self, data: bytes) -> int:
        """Return how many bytes of `data` reached the file."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            self._remember(error)
        written = len(data) - len(view)
        self._size += written
        return written

    def _append_index(self, records: bytes) -> None:
        # A record that is not whole would shift all that follow, so the rest of one waits here for the next try.
        if len(self._index_backlog) < _INDEX_BACKLOG_BYTES:
            self._index_backlog += records
        try:
            if self._index_descriptor is None:
                self._index_descriptor = open_new(beside(self.path, INDEX_SUFFIX))
            while self._index_backlog:
                del self._index_backlog[: os.write(self._index_descriptor, self._index_backlog)]
        except OSError as error:
            self._remember(error)

    def _remember(self, error: OSError) -> None:
        self.fault = error.strerror or str(error)
