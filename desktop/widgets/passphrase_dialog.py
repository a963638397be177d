"""Asks for a passphrase: one that was chosen before, or a new one, which is written twice."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from core.secrets.keys import SHORTEST_PASSPHRASE

__all__ = ["PassphraseDialog"]

_NARROWEST = 420


class PassphraseDialog(QDialog):
    """`given` carries the passphrase; the dialog stays until `close_well` or `say` answers."""

    given = Signal(str)

    def __init__(self, title: str, words: str, button: str, parent: QWidget | None = None, *, is_new: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(_NARROWEST)
        self._is_new = is_new
        text = QLabel(words)
        text.setWordWrap(True)
        self.field = self._line(self.tr("Passphrase"))
        self.again = self._line(self.tr("The same again"))
        self.note = QLabel()
        self.note.setObjectName("hint")
        self.note.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok_button = self.buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        self.ok_button.setDefault(True)
        for each in self.buttons.buttons():
            each.setIcon(QIcon())  # the style's own icons are of another hand
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow(self.tr("&Passphrase"), self.field)
        if is_new:
            form.addRow(self.tr("A&gain"), self.again)
        else:
            self.again.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(text)
        layout.addLayout(form)
        layout.addWidget(self.note)
        layout.addWidget(self.buttons)
        self.ok_button.clicked.connect(self._on_ok)
        self.buttons.rejected.connect(self.reject)
        for field in (self.field, self.again):
            field.textChanged.connect(self._renew)
        self.finished.connect(self._forget)
        self.finished.connect(self.deleteLater)
        self._renew()

    def say(self, problem: str) -> None:
        """Tell why the passphrase won't do, and let another one be written."""
        self._set_note(problem, "fieldProblem")
        self.ok_button.setEnabled(True)
        self.field.selectAll()
        self.field.setFocus()

    def close_well(self) -> None:
        """Close, because the passphrase was taken."""
        self.accept()

    def _line(self, name: str) -> QLineEdit:
        line = QLineEdit()
        line.setEchoMode(QLineEdit.EchoMode.Password)
        line.setAccessibleName(name)
        return line

    @Slot()
    def _renew(self) -> None:
        text = self.field.text()
        note = ""
        is_good = bool(text)
        if self._is_new:
            is_good = len(text) >= SHORTEST_PASSPHRASE and text == self.again.text()
            note = self.tr("At least {count} characters; several words are best. Nobody can bring it back.").format(
                count=SHORTEST_PASSPHRASE
            )
            if self.again.text() and text != self.again.text():
                note = self.tr("The two are not the same yet.")
        self._set_note(note, "hint")
        self.ok_button.setEnabled(is_good)

    def _set_note(self, text: str, name: str) -> None:
        self.note.setText(text)
        if self.note.objectName() != name:
            self.note.setObjectName(name)
            self.note.style().polish(self.note)

    @Slot()
    def _on_ok(self) -> None:
        self.ok_button.setEnabled(False)
        self.given.emit(self.field.text())

    @Slot()
    def _forget(self) -> None:
        for field in (self.field, self.again):
            field.clear()
