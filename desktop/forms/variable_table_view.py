"""The table of variables under the hands: Enter goes on to the next variable, Del removes, Tab moves, Ctrl+V pastes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from core.exchange.dotenv import write_variables
from desktop.forms.variable_table import Column, VariableTable

__all__ = ["VariableView"]

Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 30
_NAME_WIDTH = 200
_SECRET_WIDTH = 72
_HINT = QAbstractItemDelegate.EndEditHint


class _Writing(QStyledItemDelegate):
    """Hands over every key at once, so that what is wrong is seen while one types, and nothing is lost by saving."""

    def __init__(self, table: VariableTable, parent: QWidget) -> None:
        super().__init__(parent)
        self._table = table
        self.old = ""

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:  # noqa: N802  (Qt's)
        """Return a line to write in."""
        self._table.begin()
        self.old = str(index.data(Qt.ItemDataRole.EditRole))
        editor = QLineEdit(parent)
        editor.setObjectName("cell")
        editor.setFrame(False)
        editor.setAccessibleName(self.tr("Name") if index.column() == Column.NAME else self.tr("Value"))
        if index.column() == Column.VALUE and self._table.entry(index.row()).is_secret:
            editor.setEchoMode(QLineEdit.EchoMode.Password)
            editor.setPlaceholderText(self.tr("a new value"))
        editor.textEdited.connect(lambda: self.commitData.emit(editor))
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:  # noqa: N802  (Qt's)
        """Fill the line; what is there already stays, with its cursor."""
        assert isinstance(editor, QLineEdit)
        text = str(index.data(Qt.ItemDataRole.EditRole))
        written = editor.text().strip() if index.column() == Column.NAME else editor.text()
        if written != text:
            editor.setText(text)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:  # noqa: N802  (Qt's)
        """Hand the text over."""
        assert isinstance(editor, QLineEdit)
        model.setData(index, editor.text())


class VariableView(QTableView):
    """`paste_wanted` carries text from the clipboard that is no single word for a cell."""

    paste_wanted = Signal(str)
    chosen_changed = Signal()

    def __init__(self, table: VariableTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = table
        self._writing = _Writing(table, self)
        self.setModel(table)
        self.setItemDelegate(self._writing)
        self.setAccessibleName(self.tr("Variables"))
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectItems)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        trigger = QTableView.EditTrigger
        self.setEditTriggers(trigger.DoubleClicked | trigger.AnyKeyPressed | trigger.EditKeyPressed)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)  # Qt's would never let go of the keyboard
        self.setWordWrap(False)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        vertical = self.verticalHeader()
        vertical.hide()
        vertical.setDefaultSectionSize(_ROW_HEIGHT)
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMinimumSectionSize(_SECRET_WIDTH)
        self.setColumnWidth(Column.NAME, _NAME_WIDTH)
        self.setColumnWidth(Column.SECRET, _SECRET_WIDTH)
        header.setSectionResizeMode(Column.VALUE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(Column.SECRET, QHeaderView.ResizeMode.Fixed)
        self.selectionModel().selectionChanged.connect(self.chosen_changed)
        table.modelReset.connect(self.chosen_changed)

    @property
    def chosen_rows(self) -> list[int]:
        """Return the rows of the chosen cells."""
        return sorted({index.row() for index in self.selectionModel().selectedIndexes()})

    @Slot()
    def begin_next(self) -> None:
        """Write the name of a new variable."""
        self._edit(self.table.rowCount() - 1, Column.NAME)

    @Slot()
    def remove_chosen(self) -> None:
        """Remove the chosen variables."""
        rows = self.chosen_rows
        column = max(0, self.currentIndex().column())
        self.table.remove(rows)
        if rows:
            self.setCurrentIndex(self.table.index(min(rows[0], self.table.rowCount() - 1), column))

    @Slot()
    def copy_chosen(self) -> None:
        """Put the chosen variables into the clipboard as `.env` text; all of them where none is chosen."""
        rows = [row for row in self.chosen_rows if not self.table.entry(row).is_blank]
        entries = [self.table.entry(row) for row in rows] or self.table.entries
        text = write_variables({entry.name: entry.value for entry in entries if not entry.is_secret})
        QGuiApplication.clipboard().setText(text)

    @Slot()
    def paste(self) -> None:
        """Put the clipboard's text into the cell, or ask for a look at it where it has several lines or a “=”."""
        text = QGuiApplication.clipboard().text()
        index = self.currentIndex()
        if "\n" in text.strip() or "=" in text or not index.isValid():
            self.paste_wanted.emit(text)
        elif text and index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.table.begin()
            self.table.setData(index, text.strip())

    def event(self, event: QEvent) -> bool:
        """Keep the keys of undo and redo here, while the table has a step of its own to take."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._step(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Do what the keys of this table mean."""
        if self.state() == QTableView.State.EditingState:
            # A key that the line does not want, such as Enter, comes here before the line is closed.
            super().keyPressEvent(event)
        elif (step := self._step(event)) is not None:
            row, column = self.currentIndex().row(), max(0, self.currentIndex().column())
            step()
            self.setCurrentIndex(self.table.index(min(max(0, row), self.table.rowCount() - 1), column))
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_chosen()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.modifiers():
            self.begin_next()
        elif event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.remove_chosen()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802  (Qt names it so)
        """Tab moves from cell to cell, and out of the table behind the last and before the first one."""
        last = self.table.index(self.table.rowCount() - 1, Column.VALUE)
        here = self.currentIndex()
        is_out = not here.isValid() or (here.row(), here.column()) >= (last.row(), Column.VALUE)
        if is_out if forward else not here.isValid() or (here.row(), here.column()) == (0, 0):
            return super().focusNextPrevChild(forward)
        self.setCurrentIndex(self._neighbour(here, 1 if forward else -1))
        return True

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:  # noqa: N802  (Qt's)
        """Go on after Enter: from the name to the value, from the value to the next variable. Esc takes back."""
        index = self.currentIndex()
        super().closeEditor(editor, _HINT.NoHint if hint is _HINT.SubmitModelCache else hint)
        if hint is _HINT.RevertModelCache:
            self.table.setData(index, self._writing.old)
        elif hint is _HINT.SubmitModelCache and index.isValid():
            self._go_on(index)

    def _go_on(self, index: QModelIndex) -> None:
        entry = self.table.entry(index.row())
        if index.column() == Column.NAME and not entry.is_blank:
            self._edit(index.row(), Column.VALUE)
        elif not entry.is_blank:
            self._edit(min(index.row() + 1, self.table.rowCount() - 1), Column.NAME)

    def _edit(self, row: int, column: Column) -> None:
        index = self.table.index(row, column)
        self.setFocus()
        self.setCurrentIndex(index)
        self.scrollTo(index)
        self.edit(index)

    def _neighbour(self, index: QModelIndex, step: int) -> QModelIndex:
        number = index.row() * len(Column) + index.column() + step
        return self.table.index(number // len(Column), number % len(Column))

    def _step(self, event: QKeyEvent) -> Callable[[], None] | None:
        if event.matches(QKeySequence.StandardKey.Undo) and self.table.can_undo:
            return self.table.undo
        if event.matches(QKeySequence.StandardKey.Redo) and self.table.can_redo:
            return self.table.redo
        return None
