"""The program's own verb `search` in a process of its own, whose answers come home in small slices."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from desktop import own_process
from desktop.cli import hidden
from desktop.line_process import LineProcess
from desktop.models.search_found import FoundLine, Problem, SearchState, read_answer
from desktop.models.search_request import SearchRequest

__all__ = ["SearchProcess"]

_LINES_PER_SLICE = 15
_SILENCE_MS = 20_000
_FOUND, _NOTHING_FOUND = 0, 1


class SearchProcess(LineProcess):
    """One search at a time; a new one ends the one before.

    `found` carries a list of FoundLine, `progressed` a SearchState, `unreadable` a sentence. Then either `ended` comes,
    or `failed` with a sentence. After `stop` nothing comes any more.
    """

    found = Signal(object)
    progressed = Signal(object)
    unreadable = Signal(str)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(hidden.SEARCH, folder, parent)
        self._waiting: QProcess | None = None  # one that was started, and is to be asked
        self._is_closed = False
        self._silence = QTimer(self)
        self._silence.setSingleShot(True)
        self._silence.setInterval(_SILENCE_MS)
        self._silence.timeout.connect(self._on_silence)

    def prepare(self) -> None:
        """Have a process ready that has loaded what it needs, so that the next search begins at once."""
        if self._waiting is None and not self._is_closed:
            self._waiting = self._spawn()

    def start(self, request: SearchRequest) -> None:
        """Begin to search."""
        self.stop()
        process, self._waiting = self._waiting, None
        if process is not None and process.state() is QProcess.ProcessState.NotRunning:
            own_process.end(process)  # it ended while it waited
            process = None
        process = process or self._spawn()
        self._silence.start()
        self._ask(process, request.to_message())

    def rest(self) -> None:
        """End the search, and have no process ready any more."""
        self.stop()
        process, self._waiting = self._waiting, None
        if process is not None:
            own_process.end(process)

    def close(self) -> None:
        """Rest for good, and see every process gone, for nobody will run the event loop any more."""
        self._is_closed = True
        self.rest()
        super().close()

    def _forget(self) -> None:
        super()._forget()
        self._silence.stop()

    def _on_ready(self) -> None:
        if self._process is not None:
            self._silence.start()
        super()._on_ready()

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        super()._on_finished(code, status)
        self._silence.stop()

    def _on_silence(self) -> None:
        self.stop()
        self.failed.emit(
            self.tr("The search was silent for {seconds} s and was ended. Make the expression simpler.").format(
                seconds=_SILENCE_MS // 1000
            )
        )

    def _take(self, lines: deque[bytes]) -> None:
        answers = [read_answer(lines.popleft()) for _ in range(min(_LINES_PER_SLICE, len(lines)))]
        for problem in answers:
            if isinstance(problem, Problem):
                self.unreadable.emit(problem.sentence)
        if hits := [answer for answer in answers if isinstance(answer, FoundLine)]:
            self.found.emit(hits)
        for state in answers[::-1]:
            if isinstance(state, SearchState):
                self.progressed.emit(state)
                break

    def _is_whole(self, code: int, said: str) -> bool:
        return code in {_FOUND, _NOTHING_FOUND} and not said

    def _not_started(self, reason: str) -> str:
        return self.tr("The search could not be started: {reason}.").format(reason=reason)

    def _broken_off(self, code: int) -> str:
        return self.tr("The search ended unexpectedly (code {code}).").format(code=code)
