"""A quiet bar that says what was just done, and offers to undo it, for a while."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.theme import Theme

__all__ = ["UndoBar"]

_SHOWN_MS = 15_000


class UndoBar(QFrame):
    """`undo_wanted` follows its button; it hides by itself."""

    undo_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("undoBar")
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        # No letter with Alt: the page around it has letters of its own, and a key that undoes.
        self.undo_button = QPushButton(self.tr("Undo"))
        self.undo_button.setToolTip(self.tr("Undo (Ctrl+Z)"))
        theme.put_icon(self.undo_button, "undo")
        self.undo_button.clicked.connect(self._on_undo)
        self.close_button = QPushButton()
        self.close_button.setAccessibleName(self.tr("Dismiss"))
        self.close_button.setToolTip(self.tr("Dismiss"))
        theme.put_icon(self.close_button, "close")
        self.close_button.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.undo_button)
        layout.addWidget(self.close_button)
        self._ends = QTimer(self)
        self._ends.setSingleShot(True)
        self._ends.setInterval(_SHOWN_MS)
        self._ends.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """Return what it says."""
        return self._text.text()

    def tell(self, text: str) -> None:
        """Say what was done."""
        self._text.setText(text)
        self.show()
        self._ends.start()

    def _on_undo(self) -> None:
        self.hide()
        self.undo_wanted.emit()
