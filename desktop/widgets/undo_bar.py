"""A quiet bar that says what was just done, and offers to undo it, for a while."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from desktop.theme import Theme

__all__ = ["UndoBar"]

_SHOWN_MS = 15_000


class UndoBar(QFrame):
    """`undo_wanted` follows its button, `offer_changed` tells that it begins or ceases to offer; it hides by itself."""

    undo_wanted = Signal()
    offer_changed = Signal()

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
        self.undo_button.clicked.connect(self.take_up)
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

    @property
    def is_offering(self) -> bool:
        """Return whether there is something that it would undo."""
        return not (self.isHidden() or self.undo_button.isHidden())

    def tell(self, text: str, *, can_undo: bool = True) -> None:
        """Say what was done, and whether it can be undone."""
        self._text.setText(text)
        self.undo_button.setVisible(can_undo)
        self.show()
        self._ends.start()

    def setVisible(self, visible: bool) -> None:  # noqa: N802  (Qt names it so)
        """Tell whether it offers something now, also where nobody sees the page."""
        super().setVisible(visible)
        self.offer_changed.emit()

    @Slot()
    def take_up(self) -> None:
        """Ask for what it offers, and go."""
        self.hide()
        self.undo_wanted.emit()
