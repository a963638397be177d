"""Brings the operating system's signals into the Qt event loop."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier

__all__ = ["UnixSignals"]


class UnixSignals(QObject):
    """Calls `on_signal` in the event loop for SIGINT and SIGTERM (and SIGHUP, unless it is ignored), until `restore`.

    Python runs its handlers between two of its own instructions, of which there are none while Qt waits; the byte
    that `signal.set_wakeup_fd` writes wakes the loop.
    """

    def __init__(self, on_signal: Callable[[int], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._on_signal = on_signal
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)
        self._notifier = QSocketNotifier(self._receiver.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_byte)
        self._old_wakeup = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        numbers = [signal.SIGINT, signal.SIGTERM]
        # nohup(1) has it ignored, so that the program outlives its terminal.
        if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        self._old: dict[int, Any] = {number: signal.signal(number, _ignore) for number in numbers}

    def restore(self) -> None:
        """Give the signals back to whom they belonged before."""
        self._notifier.setEnabled(False)
        for number, handler in self._old.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_wakeup)
        self._receiver.close()
        self._sender.close()

    def _on_byte(self) -> None:
        try:
            numbers = self._receiver.recv(64)
        except BlockingIOError:
            return
        for number in numbers:
            if number in self._old:
                self._on_signal(number)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Let the byte speak: without a handler of Python's own, no byte is written."""
