"""A table to look at: lines of words that can be filtered and copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from desktop.forms.variable_table import one_line
from desktop.theme import Theme

__all__ = ["Line", "LineTable", "LineView"]

Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 28


@dataclass(frozen=True, slots=True)
class Line:
    """The words of a line; `thing` is what they were made of. `remark` is the column that speaks of a value, or -1."""

    words: tuple[str, ...]
    thing: Any
    is_strong: bool = False
    remark: int = -1
    icon: str = ""
    """The icon before the second word, with `tone`."""
    tone: str = "text"


class LineTable(QAbstractTableModel):
    """Read only. The filter looks at every word of a line."""

    def __init__(self, headers: Sequence[str], theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._headers = tuple(headers)
        self._theme = theme
        self._lines: list[Line] = []
        self._shown: list[Line] = []
        self._words: list[str] = []
        self._strong = QFont()
        self._strong.setBold(True)
        self._remark = QFont()
        self._remark.setItalic(True)

    @property
    def lines(self) -> list[Line]:
        """Return the lines that the filter lets through."""
        return self._shown

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Show these; nothing moves where they are the same as before."""
        if list(lines) != self._lines:
            self._lines = list(lines)
            self._renew()

    def set_filter(self, text: str) -> None:
        """Show only lines with every one of these words in them."""
        self._words = text.casefold().split()
        self._renew()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's signature)
        """Return how many lines are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's signature)
        """Return how many words a line has."""
        return 0 if parent.isValid() else len(self._headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        line, column = self._shown[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(line.words[column])
        if role == Qt.ItemDataRole.ToolTipRole:
            return line.words[column]
        if role == Qt.ItemDataRole.DecorationRole and column == 1 and line.icon:
            return self._theme.icon(line.icon, line.tone)
        if role == Qt.ItemDataRole.FontRole and (column == line.remark or (line.is_strong and not column)):
            return self._remark if column == line.remark else self._strong
        if role == Qt.ItemDataRole.ForegroundRole and column == line.remark:
            return self._theme.colour("muted")
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802  (Qt's)
        """Return the name of a column."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        return None

    def _renew(self) -> None:
        self.beginResetModel()
        self._shown = [
            line
            for line in self._lines
            if all(any(word in each.casefold() for each in line.words) for word in self._words)
        ]
        self.endResetModel()


class LineView(QTableView):
    """Whole lines are chosen; Ctrl+C calls `copy`."""

    def __init__(
        self,
        table: LineTable,
        name: str,
        copy: Callable[[], None],
        widths: Sequence[int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.table = table
        self._copy = copy
        self.setModel(table)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        vertical = self.verticalHeader()
        vertical.hide()
        vertical.setDefaultSectionSize(_ROW_HEIGHT)
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in enumerate(widths):
            if width:
                self.setColumnWidth(column, width)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    @property
    def chosen(self) -> list[Line]:
        """Return the chosen lines, in their order."""
        return [self.table.lines[row] for row in sorted(index.row() for index in self.selectionModel().selectedRows())]

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Copy."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        else:
            super().keyPressEvent(event)
