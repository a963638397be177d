"""How the bytes that a process prints come into this process: by pipes of our own, or by QProcess where those fail."""

from __future__ import annotations

import array
import contextlib
import os
import sys
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QProcess, QSocketNotifier

from core.output.index import Stream

__all__ = ["Capture", "capture"]

_OPEN_DESCRIPTORS = "/dev/fd"
_FLOOD_SLICES = 16
_WIDE_PIPE_BYTES = 256 * 1024


class Capture(Protocol):
    """Gives what a process printed, without ever waiting for it.

    It hands over by itself what comes as long as the process runs, or says that it can be read; see `capture`.
    """

    def started(self) -> None:
        """Hear that `start()` of the process has returned."""
        ...

    def read(self, stream: Stream, most: int) -> bytes:
        """Return what is there of a stream, `most` bytes at most; nothing where there is nothing by now."""
        ...

    def finish(self) -> None:
        """Hear that the process has ended: what is there by now is read yet, and nothing that comes later.

        A descendant that keeps the pipe open and goes on printing would have it read for ever.
        """
        ...

    def close(self) -> None:
        """Let go of it; a second call does nothing."""
        ...


OnData = Callable[[Stream, bytes], None]


def capture(process: QProcess, on_readable: Callable[[], None], *, on_data: OnData, most: int) -> Capture:
    """Return what captures the output of a process that is not started yet.

    Either `on_data` gets what came, `most` bytes of a stream at most in each pass of the event loop, or `on_readable`
    says, again and again, that there may be something to read.
    """
    if sys.platform != "win32" and os.path.exists(_OPEN_DESCRIPTORS):  # noqa: PTH110  (a plain question, for each job)
        # Without descriptors to be had, QProcess says so in its own way.
        with contextlib.suppress(OSError):
            return _Pipes(process, on_data, most)
    return _Channels(process, on_readable)


class _Pipes:
    """Two pipes that are read straight into the bytes that are kept.

    QProcess would take them through a buffer of its own, and gave 0.6 of what `cat` does; this gives as much as cat.
    """

    def __init__(self, process: QProcess, on_data: OnData, most: int) -> None:
        self._process = process
        self._on_data = on_data
        self._most = most
        self._readers: dict[Stream, int] = {}
        self._writers: list[int] = []
        self._notifiers: dict[Stream, QSocketNotifier] = {}
        self._left: dict[Stream, int] = {}
        try:
            for stream in (Stream.STDOUT, Stream.STDERR):
                reader, writer = os.pipe()
                os.set_blocking(reader, False)
                self._readers[stream] = reader
                self._writers.append(writer)
        except OSError:
            self.close()
            raise
        out, err = self._writers
        process.setStandardOutputFile(f"{_OPEN_DESCRIPTORS}/{out}")
        process.setStandardErrorFile(f"{_OPEN_DESCRIPTORS}/{err}")
        for stream, reader in self._readers.items():
            self._notifiers[stream] = self._watch(stream, reader)

    def started(self) -> None:
        """Close the ends that the process has by now, or else the end of its output would never be seen."""
        for writer in self._writers:
            os.close(writer)
        self._writers.clear()

    def read(self, stream: Stream, most: int) -> bytes:
        """Return what is there; nothing before the end, because it was handed over."""
        most = min(most, self._left.get(stream, 0))
        data = os.read(self._readers[stream], most) if most else b""
        self._left[stream] = self._left.get(stream, 0) - len(data) if data else 0
        return data

    def finish(self) -> None:
        """Count what is in the pipes."""
        self._left = {stream: _waiting(reader) for stream, reader in self._readers.items()}
        for notifier in self._notifiers.values():
            notifier.setEnabled(False)

    def close(self) -> None:
        """Close the pipes."""
        for notifier in self._notifiers.values():
            notifier.setEnabled(False)
        self.started()
        for reader in self._readers.values():
            os.close(reader)
        self._readers.clear()
        self._left.clear()

    def _watch(self, stream: Stream, reader: int) -> QSocketNotifier:
        notifier = QSocketNotifier(reader, QSocketNotifier.Type.Read, self._process)

        full = 0

        def on_activated() -> None:
            nonlocal full
            try:
                data = os.read(reader, self._most)
            except BlockingIOError:
                return
            if len(data) == self._most:
                full += 1
                if full == _FLOOD_SLICES:
                    _widen(reader)
            if data:
                self._on_data(stream, data)
            else:
                notifier.setEnabled(False)  # else the end would be announced for ever

        notifier.activated.connect(on_activated)
        return notifier


class _Channels:
    """The buffers of QProcess."""

    _CHANNELS = {  # noqa: RUF012  (never changed)
        Stream.STDOUT: QProcess.ProcessChannel.StandardOutput,
        Stream.STDERR: QProcess.ProcessChannel.StandardError,
    }

    def __init__(self, process: QProcess, on_readable: Callable[[], None]) -> None:
        self._process = process
        process.readyReadStandardOutput.connect(on_readable)
        process.readyReadStandardError.connect(on_readable)

    def started(self) -> None:
        """Do nothing."""

    def read(self, stream: Stream, most: int) -> bytes:
        """Return what is there."""
        self._process.setReadChannel(self._CHANNELS[stream])
        return bytes(self._process.read(most).data()) if self._process.bytesAvailable() else b""

    def finish(self) -> None:
        """Do nothing: QProcess has read what was there, and closed the pipes."""

    def close(self) -> None:
        """Do nothing."""


if sys.platform != "win32":
    import fcntl
    import termios

    def _waiting(descriptor: int) -> int:
        """Return how many bytes are in a pipe (FIONREAD, see pipe(7))."""
        count = array.array("i", [0])
        fcntl.ioctl(descriptor, termios.FIONREAD, count)
        return count[0]

    def _widen(descriptor: int) -> None:
        """Let a pipe hold more, so that who floods it does not wait for each turn of the event loop.

        Only Linux can do that (F_SETPIPE_SZ, see fcntl(2)), and may refuse. Not for every pipe: all of a user's
        together have a limit, past which new ones become tiny (pipe(7)).
        """
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _WIDE_PIPE_BYTES)
