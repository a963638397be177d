"""Asks how many jobs of a queue may run at once."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from core.catalog.specs import QueueSpec
from core.catalog.validation import QUEUE_LIMITS
from desktop.forms.field_row import FieldRow
from desktop.forms.fields import IntField
from desktop.theme import Theme

__all__ = ["QueueDialog"]

_SMALLEST = QSize(400, 208)


class QueueDialog(QDialog):
    """Whoever opened it reads `spec` after `accepted`. An empty field leaves it to the settings."""

    def __init__(self, theme: Theme, queue: QueueSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Queue"))
        self._name = queue.name
        title = QLabel(queue.name)
        title.setObjectName("formTitle")
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setWordWrap(True)
        self.limit = IntField(*QUEUE_LIMITS, is_optional=True, placeholder=self.tr("as the settings say"))
        self.limit.set_value(queue.limit)
        hint = self.tr("All commands of this queue share it. Jobs beyond it wait for their turn.")
        self.row = FieldRow(theme, self.tr("Jobs that run at &once"), self.limit, hint)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save_button = self.buttons.addButton(self.tr("&Save"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.save_button.setDefault(True)
        for button in self.buttons.buttons():
            button.setIcon(QIcon())  # the style's own icons are of another hand
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(title)
        layout.addWidget(self.row)
        layout.addStretch(1)
        layout.addWidget(self.buttons)
        self.setMinimumSize(_SMALLEST)
        self.limit.changed.connect(self._check)
        self.limit.setFocus()

    def spec(self) -> QueueSpec:
        """Return the queue as it is to be; only while nothing is wrong."""
        return QueueSpec(name=self._name, limit=self.limit.value())

    def _check(self) -> None:
        self.row.show_problem(self.limit.problem)
        self.save_button.setEnabled(not self.limit.problem)
