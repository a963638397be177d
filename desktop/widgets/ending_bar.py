"""Says that Clockhand ends as soon as what runs has ended, and offers to hurry or to stay."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

__all__ = ["EndingBar"]


class EndingBar(QFrame):
    """`stop_wanted`: what runs is to be ended at once. `stay_wanted`: Clockhand is to work on as before."""

    stop_wanted = Signal()
    stay_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self.stay_button = QPushButton(self.tr("&Don't quit"))
        self.stay_button.clicked.connect(self.stay_wanted)
        self.stop_button = QPushButton(self.tr("&Stop them now"))
        self.stop_button.clicked.connect(self.stop_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.stay_button)
        layout.addWidget(self.stop_button)
        self.hide()

    @property
    def text(self) -> str:
        """Return what it says."""
        return self._text.text()

    def show_running(self, count: int) -> None:
        """Say how many commands are waited for; with none it is a matter of a moment."""
        if count == 0:
            text = self.tr("Clockhand is ending …")
        else:
            text = (
                self.tr("Clockhand ends when the command that runs has ended.")
                if count == 1
                else self.tr("Clockhand ends when the {count} commands that run have ended.").format(count=count)
            )
            text += " " + self.tr("What becomes due or is run by hand meanwhile waits for the next start.")
        self._text.setText(text)
        self.stop_button.setText(self.tr("&Stop it now") if count == 1 else self.tr("&Stop them now"))
        for button in (self.stay_button, self.stop_button):
            button.setVisible(count > 0)
        self.show()
