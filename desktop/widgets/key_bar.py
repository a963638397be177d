"""Says that the key of the secrets can't be had, so that jobs wait, and offers to open it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from core.secrets.errors import KeyTrouble
from core.secrets.keys import KeyState
from desktop.models.key_texts import key_title
from desktop.theme import Theme

__all__ = ["KeyBar"]


class KeyBar(QFrame):
    """Hidden while the key can be had, and once it was closed, until something else is the matter with it.

    `enter_wanted`: the passphrase is to be entered. `unlock_wanted`: the keyring is to ask for its password.
    """

    enter_wanted = Signal()
    unlock_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._closed_over: KeyTrouble | None = None
        self._trouble: KeyTrouble | None = None
        icon = QLabel()
        theme.put_icon(icon, "warning", "warning", size=20)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        # No letters with Alt: below the bar is any page with letters of its own.
        self.enter_button = QPushButton(self.tr("Enter the passphrase…"))
        self.enter_button.clicked.connect(self.enter_wanted)
        self.unlock_button = QPushButton(self.tr("Unlock…"))
        self.unlock_button.clicked.connect(self.unlock_wanted)
        self.close_button = QPushButton()
        self.close_button.setAccessibleName(self.tr("Dismiss the hint about the key"))
        self.close_button.setToolTip(self.tr("Dismiss"))
        theme.put_icon(self.close_button, "close")
        self.close_button.clicked.connect(self._on_close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(icon)
        layout.addWidget(self._text, 1)
        for button in (self.enter_button, self.unlock_button, self.close_button):
            layout.addWidget(button)
        self.hide()

    @property
    def text(self) -> str:
        """Return what it says."""
        return self._text.text()

    @Slot(object)
    def show_state(self, state: KeyState | None) -> None:
        """Show how it stands; None where no secret has a value, so that nothing waits."""
        trouble = None if state is None or state.kind is None else state.trouble
        self._trouble = trouble
        if state is None or trouble is None:
            self._closed_over = None
            self.hide()
            return
        waits = self.tr("Commands that need a secret wait.") if trouble.is_passing else state.sentence or ""
        self._text.setText(f"{key_title(state)}. {waits}")
        self.enter_button.setVisible(trouble in {KeyTrouble.NO_PASSPHRASE, KeyTrouble.BAD_PASSPHRASE_FILE})
        self.unlock_button.setVisible(trouble is KeyTrouble.LOCKED)
        self.setVisible(trouble is not self._closed_over)

    @Slot()
    def _on_close(self) -> None:
        self._closed_over = self._trouble
        self.hide()
