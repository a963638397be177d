"""The rows of a list of commands, environments, crons or schedules: filtered and sorted as the list says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from core.catalog.reading import by_name
from core.catalog.records import Record
from desktop.theme import Theme

__all__ = ["CatalogTable", "Column"]

Index = QModelIndex | QPersistentModelIndex
_DISPLAY = Qt.ItemDataRole.DisplayRole
_CHECK = Qt.ItemDataRole.CheckStateRole
_FOREGROUND = Qt.ItemDataRole.ForegroundRole
_DECORATION = Qt.ItemDataRole.DecorationRole
_TIP = Qt.ItemDataRole.ToolTipRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: what it says of a record, and what sorts it (the text, where no `key` is given).

    `icon` names an icon beside the text, empty for none; `tip` says more than the text.
    """

    header: str
    text: Callable[[Any], str]
    key: Callable[[Any], Any] | None = None
    icon: Callable[[Any], str] | None = None
    tip: Callable[[Any], str] | None = None
    width: int = 140


@dataclass(frozen=True, slots=True)
class _Row:
    record: Record
    texts: tuple[str, ...]


class CatalogTable(QAbstractTableModel):
    """The first column carries the tick that says whether the thing is enabled.

    `enabled_wanted` carries an id and whether it is to be enabled; the tick follows when that has been saved.
    """

    enabled_wanted = Signal(int, bool)

    def __init__(
        self, columns: Sequence[Column], search: Callable[[Any], str], theme: Theme, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._search = search
        self._theme = theme
        self._records: list[Record] = []
        self._rows: list[_Row] = []
        self._made: dict[int, _Row] = {}
        self._words: list[str] = []
        self._sorted_by = 0
        self._order = Qt.SortOrder.AscendingOrder

    @property
    def records(self) -> list[Record]:
        """Return all records, also those that the filter hides."""
        return self._records

    def record_at(self, row: int) -> Record | None:
        """Return the record of a row."""
        return self._rows[row].record if 0 <= row < len(self._rows) else None

    def record(self, row_id: int) -> Record | None:
        """Return the record of an id, also where the filter hides it."""
        return next((record for record in self._records if record.id == row_id), None)

    def row_of(self, row_id: int) -> int | None:
        """Return the row of an id; None where the filter hides it."""
        return next((number for number, row in enumerate(self._rows) if row.record.id == row_id), None)

    def set_records(self, records: Sequence[Record]) -> None:
        """Show these from now on."""
        self._records = list(records)
        self._renew()

    def renew_texts(self) -> None:
        """Say everything of the same records again, since what is said depends on the time."""
        self._made.clear()
        self._renew()

    def set_filter(self, text: str) -> None:
        """Show only what has every one of these words in it."""
        words = text.casefold().split()
        if words != self._words:
            self._words = words
            self._renew()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; what is equal there is sorted by name."""
        if 0 <= column < len(self.columns):
            self._sorted_by, self._order = column, order
            self._renew()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's signature)
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's signature)
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """Return what a cell shows."""
        row = self._rows[index.row()]
        if role == _DISPLAY:
            return row.texts[index.column()]
        if role == _CHECK and index.column() == 0:
            return Qt.CheckState.Checked if row.record.spec.enabled else Qt.CheckState.Unchecked
        if role == _FOREGROUND and not row.record.spec.enabled:
            return self._theme.colour("muted")
        if role == _TIP:
            return self._tip(row, index.column())
        if role == _DECORATION and (icon := self.columns[index.column()].icon) is not None:
            name = icon(row.record)
            return self._theme.icon(name, "warning") if name else None
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802  (Qt's)
        """Ask for what the tick says."""
        if role != _CHECK:
            return False
        self.enabled_wanted.emit(self._rows[index.row()].record.id, Qt.CheckState(value) == Qt.CheckState.Checked)
        return False

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let the first column be ticked."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:  # noqa: N802  (Qt's)
        """Return the name of a column."""
        if orientation == Qt.Orientation.Horizontal and role == _DISPLAY:
            return self.columns[section].header
        return None

    def _tip(self, row: _Row, column: int) -> str:
        if column == 0:
            enabled = row.record.spec.enabled
            return (
                self.tr("{name} is enabled").format(name=row.texts[0])
                if enabled
                else self.tr("{name} is disabled").format(name=row.texts[0])
            )
        tip = self.columns[column].tip
        return row.texts[column] if tip is None else tip(row.record)

    def _renew(self) -> None:
        column = self.columns[self._sorted_by]
        wanted = [record for record in self._records if self._matches(record)]
        wanted.sort(key=lambda record: by_name(record.spec.name))
        key = column.key or (lambda record: column.text(record).casefold())
        if self._sorted_by or column.key:
            wanted.sort(key=key, reverse=self._order is Qt.SortOrder.DescendingOrder)
        elif self._order is Qt.SortOrder.DescendingOrder:
            wanted.reverse()
        rows = [self._row(record) for record in wanted]
        self._made = {row.record.id: row for row in rows}
        if [row.record.id for row in rows] == [row.record.id for row in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def _row(self, record: Record) -> _Row:
        """Return the row; what a record that has not changed says is not made anew."""
        made = self._made.get(record.id)
        if made is not None and made.record == record:
            return made
        return _Row(record, tuple(each.text(record) for each in self.columns))

    def _matches(self, record: Record) -> bool:
        if not self._words:
            return True
        text = self._search(record).casefold()
        return all(word in text for word in self._words)
