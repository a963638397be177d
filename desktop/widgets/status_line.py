"""The line at the bottom: whether the agent is alive, how much runs and waits, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from core.clock import Clock
from core.history.glance import Glance
from desktop.models.run_texts import elapsed_text
from desktop.models.scheduler_state import scheduler_state
from desktop.theme import Theme

__all__ = ["StatusLine"]


class StatusLine(QFrame):
    """`resume_wanted`: the pause of all schedules is to end. How long they are to be paused is chosen in a menu."""

    resume_wanted = Signal()

    def __init__(self, theme: Theme, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusLine")
        self._theme = theme
        self._clock = clock
        self._agent_id = 0
        self._glance: Glance | None = None
        self._is_ending = False
        self._icon = QLabel()
        theme.put_icon(self._icon, "alive", "good")
        self._state = QLabel()
        self._counts = QLabel()
        self._next = QLabel()
        for label in (self._counts, self._next):
            label.setObjectName("muted")
        self._next.setTextFormat(Qt.TextFormat.PlainText)
        self._next.setMinimumWidth(1)  # else a long name would make the window wider
        # Without a mnemonic: Alt and a letter, meant for a form, must not stop every schedule.
        self.pause_button = QPushButton(self.tr("Pause all"))
        theme.put_icon(self.pause_button, "pause")
        self.pause_button.setEnabled(False)
        self.pause_button.clicked.connect(self._on_clicked)
        self._menu = QMenu(self.pause_button)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.setSpacing(8)
        layout.addWidget(self._icon)
        layout.addWidget(self._state)
        layout.addSpacing(8)
        layout.addWidget(self._counts)
        layout.addSpacing(8)
        layout.addWidget(self._next, 1)
        layout.addWidget(self.pause_button)
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._renew)

    def offer(self, choices: Sequence[QAction]) -> None:
        """Let all schedules be paused by these."""
        self._menu.addActions(list(choices))

    @property
    def text(self) -> str:
        """Return all that it says."""
        return " · ".join(label.text() for label in (self._state, self._counts, self._next) if label.text())

    def show_glance(self, glance: Glance, agent_id: int) -> None:
        """Show this from now on, with countdowns that go on by themselves."""
        self._glance = glance
        self._agent_id = agent_id
        self.pause_button.setEnabled(not self._is_ending)
        self.pause_button.setText(self.tr("Resume all") if glance.paused else self.tr("Pause all"))
        tip = self.tr("Let what becomes due pass without a run for a while")
        self.pause_button.setToolTip("" if glance.paused else tip)
        menu = None if glance.paused else self._menu
        self.pause_button.setMenu(menu)  # type: ignore[arg-type]  # the stub does not know that None takes it away
        self._theme.put_icon(self.pause_button, "run" if glance.paused else "pause")
        self._renew()
        self._tick.start()

    def set_ending(self, is_ending: bool) -> None:
        """Say that nothing begins any more, or that all goes on."""
        self._is_ending = is_ending
        self.pause_button.setEnabled(not is_ending and self._glance is not None)
        self._renew()

    def stop(self) -> None:
        """Count down no more."""
        self._tick.stop()
        self.pause_button.setEnabled(False)

    def _renew(self) -> None:
        glance = self._glance
        if glance is None:
            return
        state = scheduler_state(glance, self._agent_id, self._clock.now(), is_ending=self._is_ending)
        self._state.setText(state.words)
        name = "alarm" if state.tone == "bad" else ""
        if self._state.objectName() != name:
            self._state.setObjectName(name)
            self._state.style().polish(self._state)
        self._theme.put_icon(self._icon, state.icon, state.tone)
        pieces = [self.tr("{count} running").format(count=glance.running_count)]
        if glance.waiting:
            pieces.append(self.tr("{count} waiting").format(count=glance.waiting))
        if glance.retrying:
            pieces.append(self.tr("{count} to be retried").format(count=glance.retrying))
        self._counts.setText(", ".join(pieces))
        self._next.setText(self._describe_next(glance))

    def _describe_next(self, glance: Glance) -> str:
        if self._is_ending:
            return self.tr("What becomes due now waits for the next start")
        if glance.paused is not None:
            if glance.paused.until_at is not None:
                return self.tr("What becomes due before that is skipped")
            return self.tr("What becomes due is skipped until you resume")
        if not glance.upcoming:
            return self.tr("Nothing is due")
        first = glance.upcoming[0]
        left = first.at + first.jitter_offset - self._clock.now()
        if left <= timedelta():
            return self.tr("“{name}” is due now").format(name=first.schedule)
        return self.tr("Next: “{name}” in {time}").format(name=first.schedule, time=elapsed_text(left))

    def _on_clicked(self) -> None:
        if self._glance is not None and self._glance.paused is not None:
            self.resume_wanted.emit()
