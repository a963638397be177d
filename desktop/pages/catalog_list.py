"""The list at the left of a catalog page: a filter to type in, and the rows to choose among."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QSettings, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.catalog.records import Record
from desktop.models.catalog_table import CatalogTable
from desktop.theme import Theme
from desktop.widgets.fitted_columns import FittedColumns

__all__ = ["CatalogList"]

_ROW_HEIGHT = 30
_TYPING_MS = 120


class _Rows(QTableView):
    """Says when it makes its first row the current one only because it gets the keyboard: nobody went there."""

    is_taking_focus = False

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802  (Qt names it so)
        """Take the keyboard, and know of it meanwhile."""
        self.is_taking_focus = True
        try:
            super().focusInEvent(event)
        finally:
            self.is_taking_focus = False


class CatalogList(QWidget):
    """`current_changed` carries the id that the person went to; it is silent while the rows are renewed.

    `chosen_changed` follows every change of the selection, `entered` Enter on a row. `last_row` is where the current
    row stood last.
    """

    current_changed = Signal(int)
    entered = Signal()
    chosen_changed = Signal()

    def __init__(
        self, table: CatalogTable, theme: Theme, title: str, *, has_tags: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.table = table
        self._is_renewing = False
        self._kept: list[int] = []  # what was chosen before the rows were renewed
        self._current: int | None = None
        self.last_row = 0
        self.filter = QLineEdit()
        words = self.tr("Filter by name or tag") if has_tags else self.tr("Filter by name")
        self.filter.setPlaceholderText(words)
        self.filter.setAccessibleName(words)
        self.filter.setToolTip(f"{words} (Ctrl+L)")
        self.filter.setClearButtonEnabled(True)
        search = self.filter.addAction(theme.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        theme.changed.connect(lambda: search.setIcon(theme.icon("search", "muted")))
        to_filter = QShortcut(QKeySequence("Ctrl+L"), self)
        to_filter.setWhatsThis(self.tr("Filter the list"))
        to_filter.activated.connect(self.filter.setFocus)
        self.view = self._make_view(title)
        widths = {number: column.width for number, column in enumerate(table.columns)}
        self.columns = FittedColumns(self.view, widths, least=range(len(widths) - 1, 0, -1))
        self.no_match, self.clear_button = self._make_no_match(theme)
        self.clear_button.clicked.connect(self.clear_filter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.no_match)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.filter)
        layout.addWidget(self._stack, 1)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._on_typed)
        self.filter.textChanged.connect(self._typing.start)
        self.filter.returnPressed.connect(self.view.setFocus)
        table.modelAboutToBeReset.connect(self._on_about_to_reset)
        table.modelReset.connect(self._on_reset)

    @property
    def current_id(self) -> int | None:
        """Return the id of the current row."""
        return self._current

    @property
    def chosen(self) -> list[Record]:
        """Return the chosen records, in the order of the rows."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        return [record for row in rows if (record := self.table.record_at(row)) is not None]

    def go_to(self, row_id: int | None, *, scrolls: bool = True) -> None:
        """Choose a row without a word about it; None chooses none."""
        self._current = row_id
        row = self.table.row_of(row_id) if row_id is not None else None
        self._is_renewing = True
        try:
            if row is None:
                self.view.selectionModel().clear()
            else:
                self.last_row = row
                index = self.table.index(row, 0)
                flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
                self.view.selectionModel().setCurrentIndex(index, flags)
                if scrolls:
                    self.view.scrollTo(index)
        finally:
            self._is_renewing = False
        self.chosen_changed.emit()

    def clear_filter(self) -> None:
        """Show every row, at once."""
        self.filter.clear()
        self._on_typed()

    def restore(self, memory: QSettings, name: str) -> None:
        """Take the columns' widths and order as they were, and what sorts them."""
        self.columns.restore(memory, name)
        header = self.view.horizontalHeader()
        self.table.sort(header.sortIndicatorSection(), header.sortIndicatorOrder())

    def save(self, memory: QSettings, name: str) -> None:
        """Keep the columns' widths and order."""
        self.columns.save(memory, name)

    def _make_view(self, title: str) -> _Rows:
        view = _Rows()
        view.setModel(self.table)
        view.setAccessibleName(title)
        view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        vertical = view.verticalHeader()
        vertical.hide()
        vertical.setDefaultSectionSize(_ROW_HEIGHT)
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        header.setMinimumSectionSize(48)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        view.setSortingEnabled(True)
        view.activated.connect(self.entered)
        view.selectionModel().currentRowChanged.connect(self._on_current)
        view.selectionModel().selectionChanged.connect(self._on_selection)
        return view

    def _make_no_match(self, theme: Theme) -> tuple[QWidget, QPushButton]:
        text = QLabel(self.tr("Nothing matches the filter"))
        text.setObjectName("muted")
        button = QPushButton(self.tr("C&lear the filter"))
        theme.put_icon(button, "close")
        widget = QWidget()
        layout = QVBoxLayout(widget)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(text, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        return widget, button

    @Slot()
    def _on_typed(self) -> None:
        self._typing.stop()
        self.table.set_filter(self.filter.text())

    @Slot()
    def _on_about_to_reset(self) -> None:
        self._is_renewing = True
        self._kept = ids_of(self.chosen)

    @Slot()
    def _on_reset(self) -> None:
        hidden = bool(self.table.records) and not self.table.rowCount()
        self._stack.setCurrentWidget(self.no_match if hidden else self.view)
        self.go_to(self._current, scrolls=False)
        self._choose_again([row for row_id in self._kept if (row := self.table.row_of(row_id)) is not None])

    def _choose_again(self, rows: Sequence[int]) -> None:
        """Choose these rows and no others, without going to one of them; none of them: it stays as it is."""
        chosen = QItemSelection()
        for row in rows:
            chosen.select(self.table.index(row, 0), self.table.index(row, self.table.columnCount() - 1))
        if rows:
            self.view.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    @Slot(QModelIndex, QModelIndex)
    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        record = self.table.record_at(current.row()) if current.isValid() else None
        if record is not None and not self._is_renewing and not self.view.is_taking_focus:
            self._current = record.id
            self.last_row = current.row()
            self.current_changed.emit(record.id)

    @Slot(QItemSelection, QItemSelection)
    def _on_selection(self, _chosen: QItemSelection, _dropped: QItemSelection) -> None:
        if not self._is_renewing:
            self.chosen_changed.emit()


def ids_of(records: Sequence[Record]) -> list[int]:
    """Return the ids of records."""
    return [record.id for record in records]
