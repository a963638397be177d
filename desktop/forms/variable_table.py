"""The variables of an environment as rows that can be written in, with a step back and forth for each change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont

from core.errors import InvalidError
from core.execution.environment import validate_variable
from core.secrets.store import check_value
from desktop.theme import Theme

__all__ = ["DOTS", "Column", "Entry", "VariableTable", "one_line"]

Index = QModelIndex | QPersistentModelIndex
_DISPLAY = Qt.ItemDataRole.DisplayRole
_EDIT = Qt.ItemDataRole.EditRole
_CHECK = Qt.ItemDataRole.CheckStateRole
_MOST_STEPS = 200
DOTS = "••••••••"


class Column(IntEnum):
    """The columns, in their order."""

    NAME = 0
    VALUE = 1
    SECRET = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One row as it is written. A row without a name and a value is none at all.

    The value of a secret is what was written and is not saved yet. `saved_as` is the name under which it is saved.
    """

    name: str = ""
    value: str = field(default="", repr=False)
    is_secret: bool = False
    saved_as: str = ""

    @property
    def is_blank(self) -> bool:
        """Return whether nothing is written in the row."""
        return not self.name and not self.value

    def fault(self) -> str:
        """Return why no process could be given it, or an empty text."""
        if self.is_blank:
            return ""
        try:
            validate_variable(self.name, None if self.is_secret else self.value)
            if self.is_secret and self.value:
                check_value(self.name, self.value)
        except InvalidError as error:
            return error.problems[0].message
        return ""


class VariableTable(QAbstractTableModel):
    """There is always a blank row at the end to write the next variable into; `edited` follows every change.

    A change of several keys is one step back where `begin` was called before the first of them. A secret keeps its
    written value until it is saved, so that it can become plain again; `values` gives it out, for saving alone.
    """

    edited = Signal()

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._entries: list[Entry] = [Entry()]
        self._faults: list[str] = [""]
        self._before: list[tuple[Entry, ...]] = []
        self._after: list[tuple[Entry, ...]] = []
        self._stored: frozenset[str] = frozenset()
        self._revealed: dict[str, str] = {}
        self._remark_font = QFont()
        self._remark_font.setItalic(True)
        self._headers = (self.tr("Name"), self.tr("Value"), self.tr("Secret"))

    @property
    def entries(self) -> list[Entry]:
        """Return the rows in which something is written."""
        return [entry for entry in self._entries if not entry.is_blank]

    @property
    def variables(self) -> dict[str, str]:
        """Return the plain ones by name, in the order of the rows."""
        return {entry.name: entry.value for entry in self.entries if not entry.is_secret}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the names of the secret ones, in the order of the rows."""
        return tuple(dict.fromkeys(entry.name for entry in self.entries if entry.is_secret))

    @property
    def values(self) -> dict[str, str]:
        """Return the written values of secrets, which are not saved yet, by name."""
        return {entry.name: entry.value for entry in self.entries if entry.is_secret and entry.name and entry.value}

    @property
    def renamed(self) -> dict[str, str]:
        """Return the secrets that have another name than saved: the new names with the old ones."""
        rows = (entry for entry in self.entries if entry.is_secret and entry.saved_as)
        return {entry.name: entry.saved_as for entry in rows if entry.name != entry.saved_as}

    def is_stored(self, entry: Entry) -> bool:
        """Return whether a value is saved for a secret."""
        return entry.is_secret and (entry.saved_as or entry.name) in self._stored

    @property
    def valueless(self) -> list[str]:
        """Return the names of the secrets that have no value, neither a saved nor a written one."""
        return [each.name for each in self.entries if each.is_secret and not each.value and not self.is_stored(each)]

    def set_stored(self, names: Collection[str]) -> None:
        """Say for which of the saved secrets there is a value."""
        self._stored = frozenset(names)
        self._renew_values()

    def reveal(self, name: str, value: str) -> None:
        """Show the value of a secret in plain letters, until `hide`."""
        self._revealed = {name: value}
        self._renew_values()

    def hide(self) -> None:
        """Show no value of a secret any more."""
        if self._revealed:
            self._revealed = {}
            self._renew_values()

    def settle(self, values: Mapping[str, str]) -> None:
        """Forget these written values: they are saved."""
        self._stored |= frozenset(values)
        for row, entry in enumerate(self._entries):
            if entry.is_secret and entry.value and values.get(entry.name) == entry.value:
                self._entries[row] = replace(entry, value="", saved_as=entry.name)
        self._before.clear()
        self._after.clear()
        self._renew_values()

    def _renew_values(self) -> None:
        self.dataChanged.emit(self.index(0, Column.VALUE), self.index(len(self._entries) - 1, Column.VALUE))

    @property
    def problem(self) -> str:
        """Return what is wrong with the rows, a line each, or an empty text."""
        found: dict[str, None] = {}
        for entry, fault in zip(self._entries, self._faults, strict=True):
            if fault:
                found[f"“{entry.name}”: {fault}" if entry.name else fault] = None
        return "\n".join(found)

    def entry(self, row: int) -> Entry:
        """Return a row."""
        return self._entries[row]

    def row_of(self, name: str) -> int | None:
        """Return the first row of that name."""
        return next((row for row, entry in enumerate(self._entries) if entry.name == name), None)

    def show(self, variables: Mapping[str, str], secrets: Sequence[str]) -> None:
        """Show these, and forget the steps. Rows that say the same already stay as they are."""
        self._before.clear()
        self._after.clear()
        self._revealed = {}
        wanted = [Entry(name, value) for name, value in variables.items()]
        wanted += [Entry(name, is_secret=True, saved_as=name) for name in secrets]
        # What became secret has been saved: its value is not ours any more.
        kept = [
            replace(entry, value="", saved_as=entry.name) if entry.is_secret else replace(entry, saved_as="")
            for entry in self._entries
        ]
        is_same = sorted(entry.name for entry in kept if not entry.is_blank) == sorted(entry.name for entry in wanted)
        if is_same and self.variables == dict(variables) and self.secrets == tuple(secrets):
            self._set(kept)
        else:
            self._set(wanted)

    def begin(self) -> None:
        """Make what the rows say now the state that `undo` leads back to."""
        state = tuple(self._entries)
        if not self._before or self._before[-1] != state:
            self._before.append(state)
            del self._before[:-_MOST_STEPS]
        self._after.clear()

    @property
    def can_undo(self) -> bool:
        """Return whether there is a step to take back."""
        return any(state != tuple(self._entries) for state in self._before)

    @property
    def can_redo(self) -> bool:
        """Return whether there is a step to take again."""
        return bool(self._after)

    def undo(self) -> None:
        """Take back the last change."""
        while self._before:
            state = self._before.pop()
            if state != tuple(self._entries):
                self._after.append(tuple(self._entries))
                self._set(state)
                self.edited.emit()
                return

    def redo(self) -> None:
        """Take the change again that was taken back last."""
        if self._after:
            state = self._after.pop()
            self._before.append(tuple(self._entries))
            self._set(state)
            self.edited.emit()

    def remove(self, rows: Sequence[int]) -> None:
        """Take rows out."""
        gone = {row for row in rows if not self._entries[row].is_blank}
        if gone:
            self.begin()
            self._set([entry for row, entry in enumerate(self._entries) if row not in gone])
            self.edited.emit()

    def put(self, variables: Mapping[str, str], secret_names: Collection[str] = ()) -> None:
        """Add these, or give those that are there already these values; a secret gets it when that is saved.

        Those of `secret_names` are secrets from then on.
        """
        self.begin()
        entries = self.entries
        rows = {entry.name: row for row, entry in enumerate(entries)}
        for name, value in variables.items():
            row = rows.get(name)
            if row is None:
                entries.append(Entry(name, value, name in secret_names))
            else:
                is_secret = entries[row].is_secret or name in secret_names
                entries[row] = replace(entries[row], value=value, is_secret=is_secret)
        self._set(entries)
        self.edited.emit()

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's signature)
        """Return how many rows there are, with the blank one."""
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's signature)
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(Column)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let names and values be written, and secrets be ticked."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        entry = self._entries[index.row()]
        if index.column() == Column.SECRET:
            return flags if entry.is_blank else flags | Qt.ItemFlag.ItemIsUserCheckable
        return flags | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """Return what a cell shows."""
        entry, column = self._entries[index.row()], index.column()
        if role == _DISPLAY:
            return self._text(index.row(), entry, column)
        if role == _EDIT:
            return entry.name if column == Column.NAME else entry.value
        if role == _CHECK and column == Column.SECRET and not entry.is_blank:
            return Qt.CheckState.Checked if entry.is_secret else Qt.CheckState.Unchecked
        return self._look(index.row(), entry, column, role)

    def setData(self, index: Index, value: Any, role: int = _EDIT) -> bool:  # noqa: N802  (Qt's)
        """Write into a cell."""
        row, column = index.row(), index.column()
        entry = self._entries[row]
        if role == _CHECK and column == Column.SECRET:
            self.begin()
            self._write(row, replace(entry, is_secret=Qt.CheckState(value) == Qt.CheckState.Checked))
            return True
        if role != _EDIT or column == Column.SECRET:
            return False
        text = str(value)
        # No name has blanks around it; in a value they may be meant.
        new = replace(entry, name=text.strip()) if column == Column.NAME else replace(entry, value=text)
        if new != entry:
            self._write(row, new)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:  # noqa: N802  (Qt's)
        """Return the name of a column."""
        if orientation == Qt.Orientation.Horizontal and role == _DISPLAY:
            return self._headers[section]
        return None

    def _write(self, row: int, entry: Entry) -> None:
        self._entries[row] = entry
        if row == len(self._entries) - 1 and not entry.is_blank:
            self.beginInsertRows(QModelIndex(), row + 1, row + 1)
            self._entries.append(Entry())
            self._faults.append("")
            self.endInsertRows()
        self._faults = self._find_faults()
        self.dataChanged.emit(self.index(0, 0), self.index(len(self._entries) - 1, len(Column) - 1))
        self.edited.emit()

    def _set(self, entries: Sequence[Entry]) -> None:
        wanted = [entry for entry in entries if not entry.is_blank] + [Entry()]
        if wanted != self._entries:
            self.beginResetModel()
            self._entries = wanted
            self._faults = self._find_faults()
            self.endResetModel()

    def _find_faults(self) -> list[str]:
        counts = Counter(entry.name for entry in self.entries)
        twice = self.tr("It stands there twice. Remove one of the two.")
        return [entry.fault() or (twice if counts[entry.name] > 1 else "") for entry in self._entries]

    def _look(self, row: int, entry: Entry, column: int, role: int) -> Any:
        is_remark = entry.is_blank if column == Column.NAME else column == Column.VALUE and entry.is_secret
        if role == Qt.ItemDataRole.DecorationRole and column == Column.NAME and self._faults[row]:
            return self._theme.icon("warning", "bad")
        if role == Qt.ItemDataRole.ForegroundRole and is_remark:
            return self._theme.colour("muted")
        if role == Qt.ItemDataRole.FontRole and is_remark:
            return self._remark_font
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._faults[row] or (entry.value if column == Column.VALUE and not entry.is_secret else "")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(row, entry, column)
        return None

    def _text(self, row: int, entry: Entry, column: int) -> str:
        if column == Column.NAME:
            return entry.name or (self.tr("new variable") if row == len(self._entries) - 1 else "")
        if column == Column.VALUE:
            return self._secret_text(entry) if entry.is_secret else one_line(entry.value)
        return ""

    def _secret_text(self, entry: Entry) -> str:
        if entry.value:
            return self.tr("{dots}  to be saved").format(dots=DOTS)
        if not self.is_stored(entry):
            return self.tr("has no value yet")
        revealed = self._revealed.get(entry.saved_as or entry.name)
        return DOTS if revealed is None else one_line(revealed)

    def _spoken(self, row: int, entry: Entry, column: int) -> str:
        text = self._text(row, entry, column)
        if column == Column.VALUE and text.startswith(DOTS):
            text = self.tr("a value that is to be saved") if entry.value else self.tr("a hidden value")
        if column == Column.SECRET and not entry.is_blank:
            text = self.tr("secret") if entry.is_secret else self.tr("not secret")
        fault = self._faults[row]
        return f"{text}. {fault}" if fault and column == Column.NAME else text


def one_line(value: str) -> str:
    """Return a value as a cell shows it: line feeds become a sign."""
    return value.replace("\r\n", "⏎").replace("\n", "⏎").replace("\r", "⏎")
