"""The program's own comparison of two runs in a process of its own, whose answer comes home in small slices."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot

from desktop import own_process
from desktop.cli import hidden
from desktop.models.compared import CompareRequest, read_head, read_rows

__all__ = ["CompareProcess"]

_LAST_WAIT_MS = 3000


class CompareProcess(QObject):
    """One comparison at a time; a new one ends the one before, and after `stop` nothing comes any more.

    `headed` carries a Compared, then `rows_read` a list of Row, again and again, until `ended` comes; or `failed` with
    a sentence.
    """

    headed = Signal(object)
    rows_read = Signal(object)
    ended = Signal()
    failed = Signal(str)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._process: QProcess | None = None
        self._rest = b""
        self._lines: deque[bytes] = deque()
        self._has_head = False
        self._end: tuple[int, str] | None = None  # the exit code, and what was said on standard error
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._take_slice)

    @property
    def is_running(self) -> bool:
        """Return whether something is still to come."""
        return self._process is not None or bool(self._lines) or self._end is not None

    def start(self, request: CompareRequest) -> None:
        """Begin to compare."""
        self.stop()
        program, *arguments = own_process.program()
        process = self._process = QProcess(self)
        process.setProgram(program)
        process.setArguments([*arguments, hidden.COMPARE, "--data-dir", str(self._folder)])
        if (start_folder := own_process.start_folder()) is not None:
            process.setWorkingDirectory(str(start_folder))
        process.started.connect(self._on_started)
        process.readyReadStandardOutput.connect(self._on_ready)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        process.start()
        if self._process is process:  # where it can't be started that may be known already
            process.write(request.to_message().encode() + b"\n")
            process.closeWriteChannel()

    def stop(self) -> None:
        """End the comparison at once; what has not come home is dropped."""
        process, self._process = self._process, None
        self._forget()
        if process is None:
            return
        process.readyReadStandardOutput.disconnect(self._on_ready)
        process.finished.disconnect(self._on_finished)
        process.errorOccurred.disconnect(self._on_error)
        own_process.end(process)

    def close(self) -> None:
        """Stop, and see the process gone, for nobody may run the event loop any more."""
        self.stop()
        for process in self.findChildren(QProcess):
            if process.state() is not QProcess.ProcessState.NotRunning:
                process.waitForFinished(_LAST_WAIT_MS)

    def _forget(self) -> None:
        self._rest = b""
        self._lines.clear()
        self._has_head = False
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
        self.failed.emit(self.tr("The comparison could not be started: {reason}.").format(reason=reason))

    def _take_slice(self) -> None:
        """Hand on one line, so that the window stays free however many there are."""
        if self._lines:
            line = self._lines.popleft()
            if self._has_head:
                self.rows_read.emit(read_rows(line))
            else:
                self._has_head = True
                self.headed.emit(read_head(line))
        if not self._lines:
            self._slices.stop()
            self._come_to_end()

    def _come_to_end(self) -> None:
        if self._end is None:
            return
        (code, said), self._end = self._end, None
        if code == 0 and self._has_head:
            self.ended.emit()
        elif said:
            self.failed.emit(said.removeprefix("clockhand: "))
        else:
            self.failed.emit(self.tr("The comparison ended unexpectedly (code {code}).").format(code=code))
