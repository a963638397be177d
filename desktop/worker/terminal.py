"""A command's pseudo-terminal (pty(7)): made here, taken by the process itself, read and written in the event loop."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from PySide6.QtCore import QProcess, QSocketNotifier

from core.output.index import Stream

if sys.platform != "win32":
    import termios

__all__ = ["COLUMNS", "ROWS", "Terminal"]

COLUMNS = 120
"""How wide a terminal is that nobody looks at."""
ROWS = 30
"""How high a terminal is that nobody looks at."""

# QProcess opens the files of its streams before it forks, in this process, whose terminal it might become. So a shell
# opens it: the first terminal that the leader of a session opens becomes its controlling terminal (tty_ioctl(4),
# termios(3)). Then the program takes the shell's place, as the same process.
_TAKE_ALL = 'exec 0<>"$0" 1>&0 2>&0 || exit 126; exec "$@"'
_TAKE_OUTPUT = 'exec 1<>"$0" 2>&1 || exit 126; exec "$@"'
# dash drops variables whose names are no identifiers, such as bash's exported functions. With -p bash passes on
# everything, and reads no file of the user's first.
_SHELLS = (("/bin/bash", "-p", "-c"), ("/bin/sh", "-c"))

_LEFT_AT_END_BYTES = 64 * 1024
"""More than a terminal holds, so what an ended process printed is within it."""

_CONTROL_D = b"\x04"


class Terminal:
    """What `Capture` is, and a way in. Both streams come out of it as one: stdout.

    The other end is held open here, too, so that the process may let go of its terminal and live on. Where its
    process ends, the kernel closes the terminal for whatever it left in the background, as always (SIGHUP).
    """

    def __init__(self, process: QProcess, on_readable: Callable[[], None], *, with_input: bool) -> None:
        """Put `process`, which is not started yet, into a new terminal. Raises OSError where there is none."""
        self._process = process
        self._on_readable = on_readable
        self._is_ready = False
        self._left: int | None = None
        self._unsent = b""
        self._writable: QSocketNotifier | None = None
        self._near, self._far = os.openpty()
        try:
            _take_into(process, os.ttyname(self._far), with_input=with_input)
            os.set_blocking(self._near, False)
            self._set_up()
        except OSError:
            self._close_ends()
            raise
        self._readable = QSocketNotifier(self._near, QSocketNotifier.Type.Read, process)
        self._readable.activated.connect(self._on_activated)

    @property
    def hides_input(self) -> bool:
        """Return whether a whole line is read and not shown, as where a password is asked for.

        A program that edits its line by itself reads single keys, and shows them by itself.
        """
        return self._local_mode & (termios.ECHO | termios.ICANON) == termios.ICANON

    @property
    def enter(self) -> bytes:
        """Return what the key Enter sends: programs that read single keys want what a keyboard gives."""
        return b"\n" if self._local_mode & termios.ICANON else b"\r"

    @property
    def unsent_bytes(self) -> int:
        """Return how much of what was typed waits for the process to read."""
        return len(self._unsent)

    def started(self) -> None:
        """Do nothing: the process has opened the terminal, or soon will."""

    def read(self, stream: Stream, most: int) -> bytes:
        """Return what is there; a terminal gives some 4 KB at once, so it is asked again."""
        if stream is not Stream.STDOUT:
            return b""
        if self._left is not None:
            most = min(most, self._left)
        pieces: list[bytes] = []
        count = 0
        while self._is_ready and count < most:
            piece = self._read(most - count)
            pieces.append(piece)
            count += len(piece)
        if self._left is not None:
            self._left -= count
        return b"".join(pieces)

    def finish(self) -> None:
        """Read no more than an ended process can have left."""
        self._left = _LEFT_AT_END_BYTES
        self._is_ready = True
        self._quieten()

    def close(self) -> None:
        """Close the terminal: who still has it is told (SIGHUP)."""
        self._quieten()
        self._is_ready = False
        self._unsent = b""
        self._close_ends()

    def write(self, data: bytes) -> None:
        """Type `data`, by and by where the process does not read; nothing once the terminal is closed."""
        if self._near >= 0:
            self._unsent += data
            self._send()

    def end_input(self) -> None:
        """Type Ctrl+D, which at the beginning of a line is the end of the input."""
        self.write(_CONTROL_D)

    def resize(self, columns: int, rows: int) -> None:
        """Give it another size, which the process is told (SIGWINCH)."""
        if self._near >= 0 and termios.tcgetwinsize(self._near) != (rows, columns):
            termios.tcsetwinsize(self._near, (rows, columns))

    @property
    def _local_mode(self) -> int:
        usual: int = termios.ECHO | termios.ICANON
        if self._far < 0:
            return usual
        try:
            mode: int = termios.tcgetattr(self._far)[3]
        except termios.error:  # closed by the kernel, with the end of the process
            return usual
        return mode

    def _set_up(self) -> None:
        termios.tcsetwinsize(self._near, (ROWS, COLUMNS))
        mode = termios.tcgetattr(self._far)
        # A line feed ends a line of the output as it does without a terminal: files and searches need no \r.
        mode[1] &= ~termios.ONLCR
        termios.tcsetattr(self._far, termios.TCSANOW, mode)

    def _read(self, most: int) -> bytes:
        try:
            data = os.read(self._near, most)
        except BlockingIOError:
            data = b""
        except OSError:  # EIO: nobody has it open any more
            data = b""
            self._readable.setEnabled(False)
        if not data:
            self._is_ready = False
        return data

    def _send(self) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self._near, self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent = b""
        if self._unsent and self._writable is None:
            self._writable = QSocketNotifier(self._near, QSocketNotifier.Type.Write, self._process)
            self._writable.activated.connect(self._send)
        if self._writable is not None:
            self._writable.setEnabled(bool(self._unsent))

    def _on_activated(self) -> None:
        self._is_ready = True
        self._on_readable()

    def _quieten(self) -> None:
        self._readable.setEnabled(False)
        if self._writable is not None:
            self._writable.setEnabled(False)

    def _close_ends(self) -> None:
        for end in (self._far, self._near):
            if end >= 0:
                os.close(end)
        self._far = self._near = -1


def _take_into(process: QProcess, path: str, *, with_input: bool) -> None:
    """Let the process begin as a shell that opens the terminal at `path`, and becomes the program then."""
    shell: Sequence[str] = next((each for each in _SHELLS if os.access(each[0], os.X_OK)), _SHELLS[-1])
    script = _TAKE_ALL if with_input else _TAKE_OUTPUT
    process.setArguments([*shell[1:], script, path, process.program(), *process.arguments()])
    process.setProgram(shell[0])
    for set_file in (process.setStandardInputFile, process.setStandardOutputFile, process.setStandardErrorFile):
        set_file(QProcess.nullDevice())
