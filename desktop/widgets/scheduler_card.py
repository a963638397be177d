"""How the scheduler is, in words, with what to do about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.clock import Clock
from core.history.glance import Glance
from desktop.models.scheduler_state import scheduler_state
from desktop.theme import Theme

__all__ = ["SchedulerCard"]


class SchedulerCard(QFrame):
    """`resume_wanted`: the pause of all schedules is to end."""

    resume_wanted = Signal()

    def __init__(self, theme: Theme, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._theme = theme
        self._clock = clock
        self._glance: Glance | None = None
        self._agent_id = 0
        self._is_ending = False
        self._icon = QLabel()
        theme.put_icon(self._icon, "alive", "muted", size=24)
        self._words = QLabel()
        self._words.setObjectName("sectionTitle")
        self._advice = QLabel()
        self._advice.setObjectName("muted")
        self._advice.setWordWrap(True)
        for label in (self._words, self._advice):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.resume_button = QPushButton(self.tr("Resu&me"))
        theme.put_icon(self.resume_button, "run")
        self.resume_button.clicked.connect(self.resume_wanted)
        self.resume_button.hide()
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(self._words)
        text.addWidget(self._advice)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(12)
        layout.addWidget(self._icon)
        layout.addLayout(text, 1)
        layout.addWidget(self.resume_button)

    @property
    def text(self) -> str:
        """Return all that it says."""
        return f"{self._words.text()}. {self._advice.text()}"

    def show_glance(self, glance: Glance, agent_id: int) -> None:
        """Show this from now on."""
        self._glance = glance
        self._agent_id = agent_id
        self.renew()

    def set_ending(self, is_ending: bool) -> None:
        """Say that nothing begins any more, or that all goes on."""
        self._is_ending = is_ending
        self.renew()

    def renew(self) -> None:
        """Say it anew: how long the scheduler has been silent changes by itself."""
        if self._glance is None:
            return
        state = scheduler_state(self._glance, self._agent_id, self._clock.now(), is_ending=self._is_ending)
        self._words.setText(state.words)
        self._advice.setText(state.advice)
        self._theme.put_icon(self._icon, state.icon, state.tone, size=24)
        self.resume_button.setVisible(self._glance.paused is not None)
