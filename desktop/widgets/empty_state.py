"""What stands in the place of an empty list: why it is empty, and what to do first."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.theme import Theme

__all__ = ["EmptyState"]

_TEXT_WIDTH = 560


class EmptyState(QWidget):
    """A title, some sentences, and a button for each thing that can be done."""

    def __init__(self, theme: Theme, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = QLabel()
        theme.put_icon(self._icon, icon, "muted", size=48)
        self._title = QLabel()
        self._title.setObjectName("pageTitle")
        self._text = QLabel()
        self._text.setObjectName("muted")
        self._text.setWordWrap(True)
        self._text.setMinimumWidth(_TEXT_WIDTH)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        centre = Qt.AlignmentFlag.AlignHCenter
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(self._icon, 0, centre)
        layout.addWidget(self._title, 0, centre)
        layout.addWidget(self._text, 0, centre)
        layout.addSpacing(4)
        row = QHBoxLayout()
        row.addStretch()
        row.addLayout(self._buttons)
        row.addStretch()
        layout.addLayout(row)
        layout.addStretch(3)

    @property
    def title(self) -> str:
        """Return the title."""
        return self._title.text()

    def say(self, title: str, text: str) -> None:
        """Set the words."""
        self._title.setText(title)
        self._text.setText(text)
        # Where it is centred, the layout gives it the height of a single line.
        self._text.setMinimumHeight(self._text.heightForWidth(_TEXT_WIDTH))

    def add_button(self, text: str, icon: str) -> QPushButton:
        """Add something that can be done."""
        button = QPushButton(text)
        self._theme.put_icon(button, icon)
        self._buttons.addWidget(button)
        return button
