"""The program's own verb `search` in a process of its own, whose answers come home in small slices."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot

from desktop import own_process
from desktop.cli import hidden
from desktop.models.search_found import FoundLine, Problem, SearchState, read_answer
from desktop.models.search_request import SearchRequest

__all__ = ["SearchProcess"]

_LINES_PER_SLICE = 15
_SILENCE_MS = 20_000
_LAST_WAIT_MS = 3000
_FOUND, _NOTHING_FOUND = 0, 1


class SearchProcess(QObject):
    """One search at a time; a new one ends the one before.

    `found` carries a list of FoundLine, `progressed` a SearchState, `unreadable` a sentence. Then either `ended` comes,
    or `failed` with a sentence. After `stop` nothing comes any more.
    """

    found = Signal(object)
    progressed = Signal(object)
    unreadable = Signal(str)
    failed = Signal(str)
    ended = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._process: QProcess | None = None
        self._ready: QProcess | None = None  # one that waits to be asked
        self._is_closed = False
        self._rest = b""
        self._lines: deque[bytes] = deque()
        self._end: tuple[int, str] | None = None  # the exit code, and what was said on standard error
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._take_slice)
        self._silence = QTimer(self)
        self._silence.setSingleShot(True)
        self._silence.setInterval(_SILENCE_MS)
        self._silence.timeout.connect(self._on_silence)

    @property
    def is_running(self) -> bool:
        """Return whether answers are still to come."""
        return self._process is not None or bool(self._lines) or self._end is not None

    def prepare(self) -> None:
        """Have a process ready that has loaded what it needs, so that the next search begins at once."""
        if self._ready is None and not self._is_closed:
            self._ready = self._spawn()

    def start(self, request: SearchRequest) -> None:
        """Begin to search."""
        self.stop()
        process, self._ready = self._ready, None
        if process is None or process.state() is QProcess.ProcessState.NotRunning:
            process = self._spawn()
        process.readyReadStandardOutput.connect(self._on_ready)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._process = process
        if process.state() is QProcess.ProcessState.NotRunning:  # where that is known at once
            self._on_error(process.error())
            return
        process.write(request.to_message().encode() + b"\n")
        process.closeWriteChannel()
        self._silence.start()

    def stop(self) -> None:
        """End the search at once; what has not come home is dropped."""
        process, self._process = self._process, None
        self._forget()
        if process is not None:
            process.readyReadStandardOutput.disconnect(self._on_ready)
            process.finished.disconnect(self._on_finished)
            process.errorOccurred.disconnect(self._on_error)
            own_process.end(process)

    def rest(self) -> None:
        """End the search, and have no process ready any more."""
        self.stop()
        process, self._ready = self._ready, None
        if process is not None:
            own_process.end(process)

    def close(self) -> None:
        """Rest for good, and see every process gone, for nobody will run the event loop any more."""
        self._is_closed = True
        self.rest()
        for process in self.findChildren(QProcess):
            if process.state() is not QProcess.ProcessState.NotRunning:
                process.waitForFinished(_LAST_WAIT_MS)

    def _spawn(self) -> QProcess:
        program, *arguments = own_process.program()
        process = QProcess(self)
        process.setProgram(program)
        process.setArguments([*arguments, hidden.SEARCH, "--data-dir", str(self._folder)])
        if (start_folder := own_process.start_folder()) is not None:
            process.setWorkingDirectory(str(start_folder))
        process.started.connect(self._on_started)
        process.start()
        return process

    @Slot()
    def _on_started(self) -> None:
        """Let the window and what runs come first."""
        process = self.sender()
        if isinstance(process, QProcess):
            own_process.let_others_first(process.processId())

    def _forget(self) -> None:
        self._rest = b""
        self._lines.clear()
        self._end = None
        self._slices.stop()
        self._silence.stop()

    def _on_ready(self) -> None:
        if self._process is None:
            return
        self._silence.start()
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
        self._silence.stop()
        self._end = (code if status is QProcess.ExitStatus.NormalExit else -1, said)
        self._slices.start()

    def _on_error(self, error: QProcess.ProcessError) -> None:
        process = self._process
        if error is not QProcess.ProcessError.FailedToStart or process is None:
            return
        self._process = None
        process.deleteLater()
        self._forget()
        text = self.tr("The search could not be started: {reason}.")
        self.failed.emit(text.format(reason=process.errorString()))

    def _on_silence(self) -> None:
        self.stop()
        self.failed.emit(
            self.tr("The search was silent for {seconds} s and was ended. Make the expression simpler.").format(
                seconds=_SILENCE_MS // 1000
            )
        )

    def _take_slice(self) -> None:
        """Hand on some lines, so that the window stays free however many there are."""
        hits: list[FoundLine] = []
        state: SearchState | None = None
        for _ in range(min(_LINES_PER_SLICE, len(self._lines))):
            answer = read_answer(self._lines.popleft())
            if isinstance(answer, FoundLine):
                hits.append(answer)
            elif isinstance(answer, SearchState):
                state = answer
            elif isinstance(answer, Problem):
                self.unreadable.emit(answer.sentence)
        if hits:
            self.found.emit(hits)
        if state is not None:
            self.progressed.emit(state)
        if not self._lines:
            self._slices.stop()
            self._come_to_end()

    def _come_to_end(self) -> None:
        if self._end is None:
            return
        (code, said), self._end = self._end, None
        if code in {_FOUND, _NOTHING_FOUND} and not said:
            self.ended.emit()
        elif said:
            self.failed.emit(said.removeprefix("clockhand: "))
        else:
            self.failed.emit(self.tr("The search ended unexpectedly (code {code}).").format(code=code))
