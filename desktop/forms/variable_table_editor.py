"""The field of an environment's variables: the table, and a button for each thing that its keys do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop.forms.environment_paste import PasteDialog
from desktop.forms.variable_table import Column, Entry, VariableTable
from desktop.forms.variable_table_view import VariableView
from desktop.theme import Theme

__all__ = ["VariableEditor"]

_LEAST_HEIGHT = 232


class VariableEditor(QWidget):
    """A field like those of `desktop.forms.fields`, for a form that shows the problems of variables and secrets.

    `show_wanted` carries the saved name of a secret whose value is to be seen.
    """

    changed = Signal()
    show_wanted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.table = VariableTable(theme, self)
        self.view = VariableView(self.table)
        self.view.setMinimumHeight(_LEAST_HEIGHT)
        self.setFocusProxy(self.view)
        self.setAccessibleName(self.tr("Variables"))
        self.add_button = self._button(self.tr("Add variable"), "add", self.tr("Write another variable (Enter)"))
        self.remove_button = self._button(self.tr("Re&move"), "trash", self.tr("Remove the chosen variables (Del)"))
        self.paste_button = self._button(
            self.tr("Pas&te .env…"), "", self.tr("Take over NAME=value lines, after a look at them (Ctrl+V)")
        )
        self.copy_button = self._button(
            self.tr("&Copy"), "copy", self.tr("Copy the chosen variables, or all, as .env text (Ctrl+C)")
        )
        self.show_button = self._button(
            self.tr("Sh&ow"), "eye", self.tr("Show the value of the chosen secret for ten seconds")
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.add_button, self.remove_button, self.show_button):
            row.addWidget(button)
        row.addStretch()
        for button in (self.paste_button, self.copy_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.view, 1)
        layout.addLayout(row)
        self.table.edited.connect(self.changed)
        self.table.edited.connect(self._renew)
        self.table.modelReset.connect(self._renew)
        self.view.chosen_changed.connect(self._renew)
        self.view.paste_wanted.connect(self.ask_to_paste)
        self.add_button.clicked.connect(self.view.begin_next)
        self.remove_button.clicked.connect(self.view.remove_chosen)
        self.paste_button.clicked.connect(self._on_paste)
        self.copy_button.clicked.connect(self.view.copy_chosen)
        self.table.dataChanged.connect(self._renew)
        self.show_button.clicked.connect(self._on_show)
        self._renew()

    @property
    def problem(self) -> str:
        """Return what is wrong with the rows, or an empty text."""
        return self.table.problem

    def set_value(self, variables: Mapping[str, str], secrets: Sequence[str]) -> None:
        """Fill the table."""
        self.table.show(variables, secrets)

    def put(self, variables: Mapping[str, str], secret_names: Collection[str] = ()) -> None:
        """Write these into the table, those of `secret_names` as secrets, and choose them."""
        self.table.put(variables, secret_names)
        rows = [row for name in variables if (row := self.table.row_of(name)) is not None]
        if rows:
            self.view.setCurrentIndex(self.table.index(rows[0], Column.NAME))

    @Slot(str)
    def ask_to_paste(self, text: str) -> None:
        """Show what a text would do, and do it if that is wanted."""
        dialog = PasteDialog(self._theme, text, self.table.variables, self.table.secrets, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.put(dialog.taken.variables, dialog.secret_names))
        dialog.open()

    @Slot()
    def _on_paste(self) -> None:
        text = QGuiApplication.clipboard().text()
        self.ask_to_paste(text if "=" in text else "")

    @Slot()
    def _renew(self) -> None:
        self.remove_button.setEnabled(any(not self.table.entry(row).is_blank for row in self.view.chosen_rows))
        self.copy_button.setEnabled(bool(self.table.variables))
        secret = self._chosen_secret()
        self.show_button.setVisible(bool(self.table.secrets))
        self.show_button.setEnabled(secret is not None and self.table.is_stored(secret) and not secret.value)

    def _chosen_secret(self) -> Entry | None:
        rows = self.view.chosen_rows
        entry = self.table.entry(rows[0]) if len(rows) == 1 and rows[0] < self.table.rowCount() else None
        return entry if entry is not None and entry.is_secret else None

    @Slot()
    def _on_show(self) -> None:
        if (secret := self._chosen_secret()) is not None:
            self.show_wanted.emit(secret.saved_as or secret.name)

    def _button(self, text: str, icon: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(text.replace("&", ""))
        button.setToolTip(tip)
        if icon:
            self._theme.put_icon(button, icon)
        return button
