"""Passes what this program reads from its standard input on to the process that it runs, as if that read it itself."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, QTimer

from desktop.worker.process import SLICE_BYTES, WorkerProcess

if sys.platform != "win32":
    import termios

__all__ = ["StandardInput"]

_OUTPUTS = (1, 2)
_TICK_MS = 30
_MOST_UNSENT_BYTES = 256 * 1024


class StandardInput(QObject):
    """Reads `descriptor` while the process of `attach` takes input; nothing is read that nobody has asked for.

    Where a person's terminal meets the process's own, every key goes there as it is, Ctrl+C included, and what is
    typed is shown or hidden by that one alone. The process's terminal is as large as the person's. `detach` gives the
    terminal back as it was.
    """

    def __init__(self, descriptor: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._descriptor = descriptor
        self._process: WorkerProcess | None = None
        self._notifier: QSocketNotifier | None = None
        self._is_at_end = False
        self._has_told_end = False
        self._last = b"\n"
        self._mode: list[Any] | None = None
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._on_tick)

    def attach(self, process: WorkerProcess) -> None:
        """Serve a process that is about to start, if it may be answered or has a terminal."""
        self.detach()
        if os.name == "nt":
            return  # its event loop can wait for sockets alone
        if process.plan.interactive or process.plan.terminal:
            self._process = process
            self._has_told_end = False
            # Nothing was typed to this one. And a person who ended the input of an attempt may answer the next.
            self._last = b"\n"
            self._is_at_end = self._is_at_end and not _is_terminal(self._descriptor)
            self._match_sizes(process)
            self._tick.start()

    def detach(self) -> None:
        """Read no more."""
        self._tick.stop()
        self._process = None
        if self._notifier is not None:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            self._notifier = None
        self._give_back()

    def _on_tick(self) -> None:
        process = self._process
        if process is None:
            return
        self._match_sizes(process)
        if not process.accepts_input:
            return
        if self._is_at_end:
            self._end(process)
        elif self._notifier is None:
            self._begin(process)
        else:
            # A process that reads slowly lets whoever writes to this one wait, and not this one's memory grow.
            self._notifier.setEnabled(process.unsent_bytes < _MOST_UNSENT_BYTES)

    def _begin(self, process: WorkerProcess) -> None:
        try:
            if os.isatty(self._descriptor):
                if os.tcgetpgrp(self._descriptor) != os.getpgrp():
                    return  # in the background, where reading would stop this program (SIGTTIN)
                if process.plan.terminal:
                    self._take_over()
        except OSError:  # closed, or not this program's terminal
            return
        self._notifier = QSocketNotifier(self._descriptor, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_readable)

    def _on_readable(self) -> None:
        process = self._process
        if process is None or self._notifier is None:
            return
        try:
            data = os.read(self._descriptor, SLICE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._last = data
            process.write_input(data)
            self._notifier.setEnabled(process.unsent_bytes < _MOST_UNSENT_BYTES)
        else:
            self._is_at_end = True
            self._notifier.setEnabled(False)
            self._end(process)

    def _end(self, process: WorkerProcess) -> None:
        if self._has_told_end:
            return
        self._has_told_end = True
        if process.plan.terminal and not self._last.endswith(b"\n"):
            process.end_input()  # the first one hands over a line that has no end
        process.end_input()

    def _match_sizes(self, process: WorkerProcess) -> None:
        for descriptor in _OUTPUTS:
            with contextlib.suppress(OSError):  # no terminal
                size = os.get_terminal_size(descriptor)
                process.resize(size.columns, size.lines)
                return

    if sys.platform != "win32":

        def _take_over(self) -> None:
            mode = termios.tcgetattr(self._descriptor)
            self._mode = [*mode[:6], list(mode[6])]
            mode[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON | termios.ISTRIP)
            mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
            mode[6][termios.VMIN] = 1
            mode[6][termios.VTIME] = 0
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, mode)

        def _give_back(self) -> None:
            mode, self._mode = self._mode, None
            if mode is not None:
                with contextlib.suppress(termios.error):  # it has gone
                    termios.tcsetattr(self._descriptor, termios.TCSADRAIN, mode)
    else:

        def _take_over(self) -> None:
            """Do nothing: no process has a terminal."""

        def _give_back(self) -> None:
            """Do nothing."""


def _is_terminal(descriptor: int) -> bool:
    with contextlib.suppress(OSError):
        return os.isatty(descriptor)
    return False
