"""The search through all output in the place of the list of runs: opened, closed, and what it found shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from core.history.runs import Run
from desktop.models.search_found import FoundLine
from desktop.pages.page import Desk
from desktop.pages.search import SearchPanel
from desktop.reading import Reading

__all__ = ["RunsSearching"]


class RunsSearching(QObject):
    """`places` shows the list or the search. While it is the search, `beside` is hidden.

    `found` carries the run, the attempt and the place of a line that is to be shown, `opened` asks for the keyboard in
    what it printed, `gone` tells the number of a run that is not kept any more.
    """

    closed = Signal()
    found = Signal(object, int, object)
    opened = Signal()
    gone = Signal(int)

    def __init__(self, desk: Desk, places: QStackedWidget, beside: list[QWidget], parent: QObject) -> None:
        super().__init__(parent)
        self._runs = desk.workspace.runs
        self._places = places
        self._beside = beside
        self._hit: FoundLine | None = None  # what is to be shown
        self.panel = SearchPanel(desk)
        places.addWidget(self.panel)
        self.panel.closed.connect(self.close)
        self.panel.hit_chosen.connect(self._on_hit)
        self.panel.hit_opened.connect(self.opened)
        self._hits = Reading(self, desk.operations, self._ask, self._show, interval_ms=50)

    @property
    def is_open(self) -> bool:
        """Return whether the search is in the place of the list."""
        return self._places.currentWidget() is self.panel

    @Slot()
    def open(self) -> None:
        """Put the search into the place of the list."""
        self._places.setCurrentWidget(self.panel)
        for widget in self._beside:
            widget.hide()
        self.panel.begin()

    @Slot()
    def close(self) -> None:
        """Put the list back."""
        if not self.is_open:
            return
        self._places.setCurrentIndex(0)
        for widget in self._beside:
            widget.show()
        self.closed.emit()

    @Slot(object)
    def _on_hit(self, hit: FoundLine) -> None:
        self._hit = hit
        self._hits.request()

    def _ask(self) -> Callable[[], tuple[FoundLine | None, Run | None]]:
        hit, runs = self._hit, self._runs
        return lambda: (hit, runs.some([hit.job_id]).get(hit.job_id) if hit is not None else None)

    def _show(self, answer: tuple[FoundLine | None, Run | None]) -> None:
        hit, run = answer
        if hit is None or hit is not self._hit or not self.is_open:
            return
        if run is None:
            self.gone.emit(hit.job_id)
        else:
            self.found.emit(run, hit.attempt, hit.place)
