"""The action that compares runs: when it makes sense, why it does not, and the windows that it opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from core.comparison.comparing import last_good_run
from core.history.runs import Run
from desktop.pages.page import Desk
from desktop.pages.run_compare import CompareWindow
from desktop.reading import Reading

__all__ = ["RunComparing"]


class RunComparing(QObject):
    """Compares the chosen run with the last good one before it, or two chosen ones with each other."""

    def __init__(self, desk: Desk, action: QAction, page: QWidget) -> None:
        super().__init__(page)
        self._desk = desk
        self._action = action
        self._page = page
        self._run: Run | None = None
        self._pair: tuple[int, int | None] | None = None  # the later run, and the other one (None: the last good one)
        self.windows: list[CompareWindow] = []
        action.setEnabled(False)
        action.setIconText(self.tr("Compare"))
        action.triggered.connect(self.open)
        self._reading = Reading(self, desk.operations, self._ask, self._on_good, interval_ms=100)

    def suit(self, current: Run | None, chosen: Sequence[Run | None]) -> None:
        """Offer what makes sense for these runs; None is one that has not been read."""
        self._action.setText(
            self.tr("Com&pare the two runs") if len(chosen) == 2 else self.tr("Com&pare with the last good run")
        )
        known = [run for run in chosen if run is not None]
        self._run = None
        if len(chosen) == 2 and len(known) == 2:
            earlier, later = sorted(known, key=lambda run: run.id)
            if earlier.attempt and later.attempt:
                self._offer((later.id, earlier.id), self.tr("Show what differs between the two chosen runs"))
            else:
                self._offer(None, self.tr("One of them has not started, so there is nothing to compare"))
        elif len(chosen) > 1:
            self._offer(None, self.tr("Choose one run, or two to compare them with each other"))
        elif current is None:
            self._offer(None, self.tr("Choose a run first"))
        elif not current.attempt:
            self._offer(None, self.tr("It has not started, so there is nothing to compare"))
        else:
            self._run = current
            if self._pair is None or self._pair != (current.id, None):
                self._offer(None, self.tr("Looking for the last good run…"))
            self._reading.request()

    def open(self) -> None:
        """Open a window that compares what was offered."""
        if self._pair is None:
            return
        window = CompareWindow(self._desk, *self._pair, self._page.window())
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.windows = [each for each in self.windows if isValid(each)]
        self.windows.append(window)
        window.show()
        window.activateWindow()

    def close(self) -> None:
        """Close the windows, for the main window does."""
        for window in self.windows:
            if isValid(window):
                window.close()
        self.windows.clear()

    def _ask(self) -> Callable[[], tuple[Run, int | None] | None]:
        run, database = self._run, self._desk.workspace.database
        return lambda: (run, last_good_run(database, run)) if run is not None else None

    def _on_good(self, found: tuple[Run, int | None] | None) -> None:
        if found is None or self._run is None or found[0].id != self._run.id:
            return
        run, good = found
        if good is not None:
            text = self.tr("Show what differs from run {id}, the last one before it that succeeded")
            self._offer((run.id, None), text.format(id=good))
        else:
            where = self.tr("this command and environment") if run.environment else self.tr("this command")
            text = self.tr("No run of {what} succeeded before it; choose two runs to compare them")
            self._offer(None, text.format(what=where))

    def _offer(self, pair: tuple[int, int | None] | None, tip: str) -> None:
        self._pair = pair
        self._action.setEnabled(pair is not None)
        self._action.setToolTip(tip)
