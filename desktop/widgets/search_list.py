"""The list of what a search has found: the arrow keys go from match to match, over headings and lines around."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from desktop.models.search_found import FoundLine
from desktop.models.search_rows import SearchRows
from desktop.theme import Theme
from desktop.widgets.search_delegate import SearchDelegate

__all__ = ["SearchList"]


class SearchList(QTableView):
    """A table of one column: a QListView lays all rows out anew whenever some are added.

    `chosen` carries the FoundLine that the person goes to; `opened` comes when Enter or a double click opens it.
    """

    chosen = Signal(object)
    opened = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("searchList")
        self.setAccessibleName(self.tr("What was found"))
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows = SearchRows(self)
        self.setModel(self.rows)
        delegate = SearchDelegate(self.rows, theme, self)
        self.setItemDelegate(delegate)
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        heights = self.verticalHeader()
        heights.hide()
        heights.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heights.setMinimumSectionSize(delegate.row_height)
        heights.setDefaultSectionSize(delegate.row_height)
        self.selectionModel().currentRowChanged.connect(self._on_current)
        theme.changed.connect(self.viewport().update)

    @property
    def hit(self) -> FoundLine | None:
        """Return the match that is chosen."""
        index = self.currentIndex()
        return self.rows.row_at(index.row()).hit if index.isValid() else None

    def clear(self) -> None:
        """Show nothing."""
        self.rows.clear()

    def add(self, hits: Sequence[FoundLine]) -> None:
        """Show more below; the first of all is chosen."""
        self.rows.add(hits)
        self.choose_first()

    def choose_first(self) -> None:
        """Choose the first match, where none is chosen."""
        if not self.currentIndex().isValid() and (row := self.rows.match_at(0)) is not None:
            self._go(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Go from match to match; open the chosen one by Enter."""
        page = max(1, self.viewport().height() // self.verticalHeader().defaultSectionSize() - 1)
        last = self.rows.rowCount()
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_End: last,
            Qt.Key.Key_Home: -last,
        }
        key = Qt.Key(event.key())
        if key in steps and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._step(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Choose the match that the row belongs to."""
        row = self.rows.match_at(self.indexAt(event.position().toPoint()).row())
        if row is not None and event.button() is Qt.MouseButton.LeftButton:
            self._go(row)
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Open the match that the row belongs to."""
        if self.rows.match_at(self.indexAt(event.position().toPoint()).row()) is not None:
            self.opened.emit()

    @Slot(QModelIndex, QModelIndex)
    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self.rows.row_at(current.row()).hit)

    def _step(self, by: int) -> None:
        """Go so many rows on, and to the match that is next from there."""
        row = self.rows.next_match(self.currentIndex().row(), by)
        if row is not None:
            self._go(row)

    def _go(self, row: int) -> None:
        index = self.rows.index(row)
        self.setCurrentIndex(index)
        # With what belongs to it: the heading or the line before, and the line after.
        for each in (row - 2, row + 1, row):
            if 0 <= each < self.rows.rowCount():
                self.scrollTo(self.rows.index(each))
