"""Words that change while one types, of one line or more, without moving what stands below them up and down."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

__all__ = ["SteadyLabel"]


class SteadyLabel(QLabel):
    """It never gives back the room that its words took, until `rest`, or another width, which moves everything anyway.

    `least` is the height that it keeps free from the start, in pixels; one line where it is lower than that. An empty
    label with `least` None takes no room.
    """

    def __init__(self, least: int | None = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least = least
        self.setWordWrap(True)
        # In room that longer words took, shorter ones would else stand lower than those beside them.
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.rest()

    def say(self, text: str) -> None:
        """Show other words."""
        self.setText(text)
        self.setVisible(self._least is not None or bool(text))
        self._grow()

    def rest(self) -> None:
        """Take no more room than the words need."""
        self.setMinimumHeight(max(self.fontMetrics().lineSpacing(), self._least) if self._least is not None else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Begin anew at another width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.rest()
            self._grow()

    def _grow(self) -> None:
        # Before it is seen its width is not the one that it will have.
        wanted = self.heightForWidth(self.width()) if self.text() and self.isVisible() else 0
        if wanted > self.minimumHeight():
            self.setMinimumHeight(wanted)
