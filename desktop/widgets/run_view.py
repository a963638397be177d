"""The list of the runs as it is seen: what is chosen and what stands at the top survive when its rows are renewed."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from core.history.runs import Run
from desktop.models.run_rows import Column
from desktop.models.run_table import RunTable
from desktop.theme import Theme
from desktop.widgets.fitted_columns import FittedColumns
from desktop.widgets.run_delegate import RunDelegate

__all__ = ["RunView"]

_ROW_HEIGHT = 30
_MOST_KEPT = 2000
_WIDTHS: dict[int, int] = {
    Column.STATE: 148,
    Column.COMMAND: 160,
    Column.ENVIRONMENT: 112,
    Column.ORIGIN: 128,
    Column.DUE: 128,
    Column.STARTED: 104,
    Column.DURATION: 96,
    Column.RESULT: 104,
    Column.OUTPUT: 72,
}
_LEAST = (Column.OUTPUT, Column.DUE, Column.ORIGIN, Column.DURATION)
"""The columns that a narrow window does without, the first first."""


class RunView(QTableView):
    """A renewed table (a filter by state renews it whenever a run ends) forgets its rows, but not what was chosen.

    Several chosen runs are chosen again as their pages are read; what the filter hides is chosen no more.
    """

    def __init__(self, table: RunTable, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._kept: set[int] = set()  # the ids of what was chosen, and is to be chosen again
        # The runs in view from the top, and how far above the view each of them begins.
        self._anchors: dict[int, int] = {}
        self._starts_at_top = False
        self.setModel(table)
        self.setAccessibleName(self.tr("Runs"))
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setItemDelegate(RunDelegate(table, theme, self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self._set_headers()
        self.columns = FittedColumns(self, _WIDTHS, least=_LEAST, wide=Column.RESULT)
        table.modelAboutToBeReset.connect(self._on_about_to_reset)
        for signal in (table.modelReset, table.rows_read, table.settled):
            signal.connect(self._keep_place)
            signal.connect(self._choose_kept)
        table.rowsInserted.connect(self._on_inserted)

    def _set_headers(self) -> None:
        vertical = self.verticalHeader()
        vertical.hide()
        vertical.setDefaultSectionSize(_ROW_HEIGHT)
        vertical.setMinimumSectionSize(_ROW_HEIGHT)
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        header.setMinimumSectionSize(64)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Return the chosen rows as spans: a list of each row of a million would take long."""
        selection = self.selectionModel().selection()
        ranges = [selection.at(number) for number in range(selection.count())]
        return sorted({(each.top(), each.bottom()) for each in ranges})

    @property
    def chosen_count(self) -> int:
        """Return how many runs are chosen."""
        return sum(last - first + 1 for first, last in self.spans)

    def chosen(self, most: int) -> list[Run | None]:
        """Return up to `most` of the chosen runs; None for one that has not been read."""
        rows = [row for first, last in self.spans for row in range(first, min(last, first + most - 1) + 1)]
        return [self._table.run_at(row) for row in rows[:most]]

    @property
    def rows_in_view(self) -> tuple[int, int]:
        """Return the first and the last row that are seen."""
        first = max(0, self.rowAt(1))
        last = self.rowAt(self.viewport().height() - 1)
        return first, last if last >= 0 else max(0, self._table.rowCount() - 1)

    def go_to(self, row: int) -> None:
        """Choose this row alone, and bring it into view."""
        self._forget()
        self._make_current(row, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.scrollTo(self._table.index(row, 0))

    def stay_on(self, row: int) -> None:
        """Make this row the current one again, without moving the list; what else is chosen stays chosen."""
        self._make_current(row, QItemSelectionModel.SelectionFlag.Select)

    def start_at_top(self) -> None:
        """Show the first rows when the list is made anew for the next time: it is another one then."""
        self._starts_at_top = True

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Let what the person does count, and not what was before."""
        self._forget()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Let what the person does count, and not what was before."""
        self._forget()
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  (Qt names it so)
        """Let the person go where they want."""
        self._anchors.clear()
        super().wheelEvent(event)

    def _forget(self) -> None:
        self._kept.clear()
        self._anchors.clear()

    def _make_current(self, row: int, how: QItemSelectionModel.SelectionFlag) -> None:
        # Else Qt brings it into view by itself.
        has_auto_scroll = self.hasAutoScroll()
        self.setAutoScroll(False)
        self.selectionModel().setCurrentIndex(self._table.index(row, 0), how | QItemSelectionModel.SelectionFlag.Rows)
        self.setAutoScroll(has_auto_scroll)

    @Slot()
    def _on_about_to_reset(self) -> None:
        if 1 < self.chosen_count <= _MOST_KEPT:
            self._kept.update(run.id for run in self.chosen(_MOST_KEPT) if run is not None)
        self._anchors.clear()
        if self.rowAt(1) > 0 and not self._starts_at_top:
            first, last = self.rows_in_view
            for row in range(first, last + 1):
                if (run := self._table.run_at(row)) is not None:
                    self._anchors[run.id] = -self.rowViewportPosition(row)

    @Slot()
    def _keep_place(self) -> None:
        """Let what stood in view stand there again, as soon as it has been read."""
        if self._starts_at_top:
            self._starts_at_top = False
            self.scrollToTop()
        if not self._anchors:
            return
        rows = self._table.rows_of(self._anchors)
        places = [rows[job_id] * _ROW_HEIGHT + above for job_id, above in self._anchors.items() if job_id in rows]
        if places:
            self.updateGeometries()
            # In a sorted list each may have gone elsewhere: most of them are followed, and not the one at the top.
            is_by_coming = self._table.order.is_by_coming
            self.verticalScrollBar().setValue(places[0] if is_by_coming else sorted(places)[len(places) // 2])
        if places or (not self._table.fetch(self._anchors) and self._table.is_settled):
            self._anchors.clear()

    @Slot()
    def _choose_kept(self) -> None:
        """Choose again what is there by now of what was chosen."""
        if not self._kept:
            return
        rows = self._table.rows_of(self._kept)
        self._kept.difference_update(rows)
        again = QItemSelection()
        for first, last in _spans_of(sorted(rows.values())):
            again.select(self._table.index(first, 0), self._table.index(last, len(Column) - 1))
        if rows:
            self.selectionModel().select(again, QItemSelectionModel.SelectionFlag.Select)
        # What is not there although all has been gone through is hidden by the filter, or was pruned.
        if self._kept and not self._table.fetch(self._kept) and self._table.is_settled:
            self._kept.clear()

    @Slot(QModelIndex, int, int)
    def _on_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        bar = self.verticalScrollBar()
        # Who has scrolled down reads something: new runs come above it, out of sight.
        if first == 0 and bar.value() > 0:
            self.updateGeometries()
            bar.setValue(bar.value() + (last - first + 1) * _ROW_HEIGHT)


def _spans_of(rows: list[int]) -> list[tuple[int, int]]:
    """Return sorted rows as spans (first and last)."""
    spans: list[tuple[int, int]] = []
    for row in rows:
        is_next = bool(spans) and spans[-1][1] == row - 1
        spans[-1:] = [(spans[-1][0], row)] if is_next else [*spans[-1:], (row, row)]
    return spans
