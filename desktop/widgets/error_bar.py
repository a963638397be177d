"""The one place where errors appear: a quiet bar with what happened, and the details to copy."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.operations import Failure
from desktop.theme import Theme

__all__ = ["ErrorBar"]


class ErrorBar(QFrame):
    """Hidden until there is an error. A new error takes the place of the one before."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("errorBar")
        self.setAccessibleName(self.tr("Error"))
        self._details = ""
        icon = QLabel()
        theme.put_icon(icon, "warning", "bad", size=20)
        self._title = QLabel()
        self._title.setObjectName("sectionTitle")
        self._sentence = QLabel()
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._title)
        texts.addWidget(self._sentence)
        # No letter with Alt: below the bar is any page with letters of its own.
        self.copy_button = QPushButton(self.tr("Copy details"))
        self.copy_button.setShortcut(QKeySequence("Ctrl+Shift+D"))
        self.copy_button.setToolTip(self.tr("Copy what happened (Ctrl+Shift+D)"))
        theme.put_icon(self.copy_button, "copy")
        self.copy_button.clicked.connect(self._on_copy)
        self.close_button = QPushButton()
        self.close_button.setAccessibleName(self.tr("Dismiss the error"))
        self.close_button.setToolTip(self.tr("Dismiss (Esc)"))
        self.close_button.setShortcut(Qt.Key.Key_Escape)
        theme.put_icon(self.close_button, "close")
        self.close_button.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(12)
        layout.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)
        layout.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def sentence(self) -> str:
        """Return what it says."""
        return self._sentence.text()

    @Slot(object)
    def tell(self, failure: Failure) -> None:
        """Show an error."""
        self._title.setText(failure.title)
        self._sentence.setText(failure.sentence)
        self._details = failure.details
        self.show()

    @Slot(str)
    def forget(self, title: str) -> None:
        """Hide an error of this title: what failed has been done since."""
        if title == self._title.text():
            self.hide()

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details)
