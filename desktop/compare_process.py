"""The program's own comparison of two runs in a process of its own, whose answer comes home in small slices."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.cli import hidden
from desktop.line_process import LineProcess
from desktop.models.compared import CompareRequest, read_head, read_rows

__all__ = ["CompareProcess"]


class CompareProcess(LineProcess):
    """One comparison at a time; a new one ends the one before, and after `stop` nothing comes any more.

    `headed` carries a Compared, then `rows_read` a list of Row, again and again, until `ended` comes; or `failed` with
    a sentence.
    """

    headed = Signal(object)
    rows_read = Signal(object)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(hidden.COMPARE, folder, parent)
        self._has_head = False

    def start(self, request: CompareRequest) -> None:
        """Begin to compare."""
        self.stop()
        self._ask(self._spawn(), request.to_message())

    def _forget(self) -> None:
        super()._forget()
        self._has_head = False

    def _take(self, lines: deque[bytes]) -> None:
        line = lines.popleft()
        if self._has_head:
            self.rows_read.emit(read_rows(line))
        else:
            self._has_head = True
            self.headed.emit(read_head(line))

    def _is_whole(self, code: int, said: str) -> bool:  # noqa: ARG002  (warnings there are for a person)
        return code == 0 and self._has_head

    def _not_started(self, reason: str) -> str:
        return self.tr("The comparison could not be started: {reason}.").format(reason=reason)

    def _broken_off(self, code: int) -> str:
        return self.tr("The comparison ended unexpectedly (code {code}).").format(code=code)
