"""Where a run's output goes while it runs: memory while it is short and small, a file of its own after that."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.output.files import INLINE, NO_OUTPUT
from core.output.index import IndexWriter, Stream
from core.output.masking import StreamMask
from core.output.reader import InlineReader, LiveReader
from core.output.sink import FileSink, gap_mark

__all__ = [
    "DEFAULT_LIMIT_BYTES",
    "INLINE_LIMIT_BYTES",
    "INLINE_LIMIT_US",
    "TICK_MS",
    "OutputRecord",
    "Spool",
    "Stream",
]

DEFAULT_LIMIT_BYTES = 100_000_000
INLINE_LIMIT_BYTES = 64 * 1024
TICK_MS = 250
"""How often `tick` is to be called at least."""
INLINE_LIMIT_US = 750_000
"""How old a run is when its output moves to a file. With a tick more it is a second: no crash loses more than that."""
_PROMPT_US = 200_000
_HINT_US = 1_000_000
_BYTES_PER_PIECE = 256
_MIN_PIECES = 4096
_MOST_PIECES = 500_000
"""Each takes 16 bytes on disk, and about as many again in memory while it is followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRecord:
    """What is known of an output after its end.

    `location` is “inline” (then `inline` holds the bytes and `index` their index, both for the small outputs'
    database), “none” when nothing was printed, or a file's path relative to the output folder. All counts are bytes
    after masking: stdout_bytes + stderr_bytes = kept_bytes + dropped_bytes. `fault` says why bytes could not be
    written, if that happened.
    """

    location: str
    inline: bytes | None = field(default=None, repr=False)
    index: bytes = field(default=b"", repr=False)
    stdout_bytes: int = 0
    stderr_bytes: int = 0
    kept_bytes: int = 0
    dropped_bytes: int = 0
    fault: str | None = None


class Spool:
    """Takes the output of one attempt; all times are microseconds since the epoch, UTC.

    Output moves from memory to a file when it grows past 64 KB or when the run is ¾ s old (`write` notices by
    itself, `tick` does it for a run that is silent), so that another process can follow it, and a crash of this one
    loses the last second at most. Past `limit_bytes` the
    first and the last half of that are kept. Nothing here raises because of the disk: `OutputRecord.fault` tells.
    What `masked` lists is replaced before anything is kept, in each stream for itself.

    One thread writes, ticks and closes at a time; readers of `live()` may be on any thread.
    """

    def __init__(
        self,
        folder: Path,
        job_id: int,
        attempt: int,
        *,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        started_at_us: int,
        masked: Sequence[bytes] = (),
    ) -> None:
        self._folder = folder
        self._job_id = job_id
        self._attempt = attempt
        self._limit = max(0, limit_bytes)
        self._max_pieces = min(max(_MIN_PIECES, self._limit // _BYTES_PER_PIECE), _MOST_PIECES)
        self._due_on_disk_us = started_at_us + INLINE_LIMIT_US
        self._last_us = started_at_us
        self._masks: dict[Stream, StreamMask] = {}
        if masked:
            mask = StreamMask(masked)
            self._masks = {Stream.STDOUT: mask, Stream.STDERR: mask.twin()}
        self._read_at_us = dict.fromkeys(self._masks, started_at_us)
        self._lock = threading.Lock()
        self._memory = bytearray()
        self._index = IndexWriter(max_pieces=self._max_pieces)
        self._index_bytes = bytearray(self._index.header())
        self._sink: FileSink | None = None
        self._counts = {Stream.STDOUT: 0, Stream.STDERR: 0}
        self._dropped = 0
        self._fault: str | None = None
        self._closed: OutputRecord | None = None

    @property
    def is_large(self) -> bool:
        """Whether `close` has to copy up to half the limit on disk, which a window's thread should not wait for."""
        return self._sink is not None and self._sink.is_large

    @property
    def path(self) -> Path | None:
        """The file that the output goes to, or None while it is in memory."""
        return self._sink.path if self._sink else None

    @property
    def fault(self) -> str | None:
        """Why something could not be written, if that happened so far."""
        return (self._sink.fault if self._sink else None) or self._fault

    @property
    def total_bytes(self) -> int:
        """What the process printed so far, kept or not."""
        return sum(self._counts.values())

    def write(self, stream: Stream, data: bytes, at_us: int) -> None:
        """Take `data`, which `stream` gave at `at_us`. Raises ValueError after `close`."""
        if self._closed is not None:
            raise ValueError("This output is closed; nothing can be written to it any more.")
        if self._masks:
            self._read_at_us[stream] = at_us
            data = self._masks[stream].feed(data)
        self._take(stream, data, at_us)

    def tick(self, now_us: int) -> None:
        """Do what time alone brings; to be called every TICK_MS.

        What is in memory moves to a file when the run is old enough. What may be the beginning of a secret
        is let out when nothing followed it, as at the end of a prompt: the first letters of one soon, more of it as a
        mask after a second.
        """
        if self._closed is not None:
            return
        for stream, mask in self._masks.items():
            silent_us = now_us - self._read_at_us[stream]
            if silent_us >= _HINT_US:
                self._take(stream, mask.hint(), now_us)
            elif silent_us >= _PROMPT_US:
                self._take(stream, mask.give_way(), now_us)
        if self._memory and self._sink is None and now_us >= self._due_on_disk_us:
            self._move_to_file()

    def recent(self, length: int) -> bytes:
        """Return at most `length` of the newest bytes, also of an output past its limit; for the writing thread.

        Raises OSError when the file can't be read.
        """
        if self._sink is not None and self._closed is None:
            return self._sink.recent(length)
        return bytes(self._memory[-length:]) if length > 0 else b""

    def live(self) -> LiveReader:
        """Return a reader that follows this output, wherever it lies; it stays usable after `close`."""
        return LiveReader(self.snapshot)

    def close(self, at_us: int | None = None) -> OutputRecord:
        """End the output and return where it lies; a second call returns the same record.

        When `is_large` this copies up to half the limit within the disk, so call it off the thread of a window.
        """
        if self._closed is not None:
            return self._closed
        for stream, mask in self._masks.items():
            self._take(stream, mask.flush(), at_us or self._last_us)
        self._closed = self._finish(at_us or self._last_us)
        return self._closed

    def snapshot(self) -> tuple[bytes, bytes] | Path:
        """Return the bytes in memory and their index, or the path of the file that they are in by now."""
        with self._lock:
            return self._sink.path if self._sink else (bytes(self._memory), bytes(self._index_bytes))

    def _take(self, stream: Stream, data: bytes, at_us: int) -> None:
        if not data:
            return
        self._last_us = at_us
        self._counts[stream] += len(data)
        if self._sink is None and (len(self._memory) + len(data) > self._room or at_us >= self._due_on_disk_us):
            self._move_to_file()
        if self._sink is not None:
            self._sink.write(stream, data, at_us)
            return
        kept = data[: max(0, INLINE_LIMIT_BYTES - len(self._memory))]
        self._dropped += len(data) - len(kept)
        if kept:
            self._keep_in_memory(stream, kept, at_us)

    @property
    def _room(self) -> int:
        # Never more than the head of a file, so that what a reader has seen stays where it was after the move.
        return min(INLINE_LIMIT_BYTES, self._limit - self._limit // 2)

    def _keep_in_memory(self, stream: Stream, data: bytes, at_us: int) -> None:
        piece = self._index.note(len(self._memory), at_us, stream)
        with self._lock:
            if piece is not None:
                self._index_bytes += piece.pack()
            self._memory += data

    def _move_to_file(self) -> None:
        """Make the file and hand it what is in memory; where there is no file to be had, memory serves on."""
        try:
            sink = FileSink.create(
                self._folder, self._job_id, self._attempt, limit_bytes=self._limit, max_pieces=self._max_pieces
            )
        except OSError as error:
            self._fault = error.strerror or str(error)
            return
        for at_us, stream, data in InlineReader(bytes(self._memory), bytes(self._index_bytes)).pieces():
            sink.write(stream, data, at_us)
        if self._dropped:
            sink.miss(self._dropped, self._fault)
        with self._lock:
            self._sink = sink
            self._memory.clear()
            self._index_bytes.clear()

    def _finish(self, at_us: int) -> OutputRecord:
        stdout, stderr = self._counts[Stream.STDOUT], self._counts[Stream.STDERR]
        sink = self._sink
        if sink is not None:
            sink.finish(at_us)
            return OutputRecord(
                location=sink.path.relative_to(self._folder).as_posix(),
                stdout_bytes=stdout,
                stderr_bytes=stderr,
                kept_bytes=sink.kept,
                dropped_bytes=stdout + stderr - sink.kept,
                fault=self.fault,
            )
        kept = len(self._memory)
        if self._dropped:
            mark = gap_mark(self._dropped, f"they could not be written ({self._fault})")
            self._keep_in_memory(Stream.NOTE, mark, at_us)
        return OutputRecord(
            location=INLINE if self._memory else NO_OUTPUT,
            inline=bytes(self._memory) if self._memory else None,
            index=bytes(self._index_bytes) if self._memory else b"",
            stdout_bytes=stdout,
            stderr_bytes=stderr,
            kept_bytes=kept,
            dropped_bytes=self._dropped,
            fault=self._fault,
        )
