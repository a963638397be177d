"""Shares the event loop among all processes that print: one slice of each in a pass."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from desktop.worker.process import WorkerProcess

__all__ = ["Pump"]


class Pump(QObject):
    """Reads the processes that have something to read, round robin, and lets other events in between passes."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: dict[WorkerProcess, None] = {}
        self._tick = QTimer(self)
        self._tick.setInterval(0)
        self._tick.timeout.connect(self._pass)

    def mark(self, process: WorkerProcess) -> None:
        """Read `process` in the next pass."""
        self._waiting[process] = None
        if not self._tick.isActive():
            self._tick.start()

    def _pass(self) -> None:
        turn, self._waiting = self._waiting, {}
        for process in turn:
            if process.read_slice():
                self._waiting[process] = None
        if not self._waiting:
            self._tick.stop()
