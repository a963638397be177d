"""A process of the program's own that gets one question, and whose answer comes home line by line in small slices."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot

from desktop import own_process

__all__ = ["LineProcess"]

_LAST_WAIT_MS = 3000


class LineProcess(QObject):
    """One question at a time; a new one ends the one before, and after `stop` nothing comes any more.

    What a line means, when an answer is whole, and how an end is told is up to the class that is made of this one. At
    last comes `ended`, or `failed` with a sentence.
    """

    ended = Signal()
    failed = Signal(str)

    def __init__(self, verb: str, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._verb = verb
        self._folder = folder
        self._process: QProcess | None = None
        self._rest = b""
        self._lines: deque[bytes] = deque()
        self._end: tuple[int, str] | None = None  # the exit code, and what was said on standard error
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._on_slice)

    @property
    def is_running(self) -> bool:
        """Return whether something is still to come."""
        return self._process is not None or bool(self._lines) or self._end is not None

    def stop(self) -> None:
        """End the process at once; what has not come home is dropped."""
        process, self._process = self._process, None
        self._forget()
        if process is not None:
            process.readyReadStandardOutput.disconnect(self._on_ready)
            process.finished.disconnect(self._on_finished)
            process.errorOccurred.disconnect(self._on_error)
            own_process.end(process)

    def close(self) -> None:
        """Stop, and see every process gone, for nobody may run the event loop any more."""
        self.stop()
        for process in self.findChildren(QProcess):
            if process.state() is not QProcess.ProcessState.NotRunning:
                process.waitForFinished(_LAST_WAIT_MS)

    def _take(self, lines: deque[bytes]) -> None:
        """Take some lines from the left and tell of them; so few that the window stays free."""
        raise NotImplementedError

    def _is_whole(self, code: int, said: str) -> bool:
        """Return whether the process that ended with `code` and said this on standard error has answered."""
        raise NotImplementedError

    def _not_started(self, reason: str) -> str:
        """Return the sentence that says that the process could not be started."""
        raise NotImplementedError

    def _broken_off(self, code: int) -> str:
        """Return the sentence that says that the process ended without a word."""
        raise NotImplementedError

    def _spawn(self) -> QProcess:
        """Start a process that waits for its question."""
        program, *arguments = own_process.program()
        process = QProcess(self)
        process.setProgram(program)
        process.setArguments([*arguments, self._verb, "--data-dir", str(self._folder)])
        if (start_folder := own_process.start_folder()) is not None:
            process.setWorkingDirectory(str(start_folder))
        process.started.connect(self._on_started)
        process.start()
        return process

    def _ask(self, process: QProcess, question: str) -> None:
        """Ask a process that was spawned; nothing else may be under way."""
        process.readyReadStandardOutput.connect(self._on_ready)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._process = process
        if process.state() is QProcess.ProcessState.NotRunning:  # where that is known at once
            self._on_error(process.error())
            return
        process.write(question.encode() + b"\n")
        process.closeWriteChannel()

    def _forget(self) -> None:
        """Drop what has not been told."""
        self._rest = b""
        self._lines.clear()
        self._end = None
        self._slices.stop()

    @Slot()
    def _on_started(self) -> None:
        """Let the window and what runs come first."""
        process = self.sender()
        if isinstance(process, QProcess):
            own_process.let_others_first(process.processId())

    def _on_ready(self) -> None:
        if self._process is None:
            return
        *lines, self._rest = (self._rest + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        self._lines += lines
        if self._lines and not self._slices.isActive():
            self._slices.start()

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        process = self._process
        if process is None:
            return
        self._on_ready()
        said = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        self._process = None
        process.deleteLater()
        self._end = (code if status is QProcess.ExitStatus.NormalExit else -1, said)
        self._slices.start()

    def _on_error(self, error: QProcess.ProcessError) -> None:
        process = self._process
        if error is not QProcess.ProcessError.FailedToStart or process is None:
            return
        self._process = None
        reason = process.errorString()
        process.deleteLater()
        self._forget()
        self.failed.emit(self._not_started(reason))

    def _on_slice(self) -> None:
        if self._lines:
            self._take(self._lines)
        if not self._lines:
            self._slices.stop()
            self._come_to_end()

    def _come_to_end(self) -> None:
        if self._end is None:
            return
        (code, said), self._end = self._end, None
        if self._is_whole(code, said):
            self.ended.emit()
        elif said:
            self.failed.emit(said.removeprefix("clockhand: "))
        else:
            self.failed.emit(self._broken_off(code))
