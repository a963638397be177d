"""A list to choose from that stands still while the form scrolls under the mouse."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

__all__ = ["CalmComboBox"]


class CalmComboBox(QComboBox):
    """The wheel chooses only where the keyboard is; elsewhere it scrolls, and changes nothing unseen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  (Qt names it so)
        """Choose, or let the form scroll."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
