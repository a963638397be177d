"""A quiet band on the form of a schedule: that it is paused, and which run is skipped, with the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.clock import Clock
from core.history.grid import Grid
from desktop.models.pause_texts import pause_sentence, until_text
from desktop.theme import Theme

__all__ = ["ScheduleBand"]


@dataclass(frozen=True, slots=True)
class _Word:
    """One line: what is so, and what the button beside it does about it."""

    icon: str
    text: str
    button: str
    button_icon: str
    wanted: Callable[[], object]


class ScheduleBand(QFrame):
    """Hidden while nothing keeps the schedule from running.

    `resume_wanted` asks for the end of the schedule's own pause, `resume_all_wanted` for that of all schedules,
    `unskip_wanted` that the run which is skipped last runs after all; it carries its due time.
    """

    resume_wanted = Signal()
    resume_all_wanted = Signal()
    unskip_wanted = Signal(object)

    def __init__(self, theme: Theme, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pauseBand")
        self._theme = theme
        self._clock = clock
        self._lines = [_Line(theme) for _ in range(3)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(4)
        for line in self._lines:
            layout.addWidget(line)
        self.hide()

    @property
    def text(self) -> str:
        """Return all that it says."""
        return "\n".join(line.text.text() for line in self._lines if not line.isHidden())

    @property
    def buttons(self) -> list[QPushButton]:
        """Return the buttons that are to be seen."""
        return [line.button for line in self._lines if not line.isHidden()]

    @Slot(object)
    def show_grid(self, grid: Grid | None) -> None:
        """Say what is so of this schedule; nothing of one that is not saved."""
        words = self._words(grid, self._clock.now()) if grid is not None else []
        for number, line in enumerate(self._lines):
            line.say(words[number] if number < len(words) else None)
        self.setVisible(bool(words))

    def _words(self, grid: Grid, now: datetime) -> list[_Word]:
        words = []
        if grid.all_paused is not None and not grid.all_paused.is_over(now):
            text = pause_sentence(grid.all_paused, now)
            words.append(_Word("pause", text, self.tr("Resume all"), "run", self.resume_all_wanted.emit))
        if grid.pause is not None and not grid.pause.is_over(now):
            text = pause_sentence(grid.pause, now)
            words.append(_Word("pause", text, self.tr("Resume"), "run", self.resume_wanted.emit))
        skipped = sorted({at for cron in grid.crons for at in cron.skipped if at + grid.jitter_offset > now})
        if skipped:
            times = ", ".join(until_text(at, now, exact=True) for at in skipped)
            one = self.tr("The run of {times} is skipped.")
            text = one if len(skipped) == 1 else self.tr("The runs of {times} are skipped.")
            undo = self.tr("Run it after all") if len(skipped) == 1 else self.tr("Run the last after all")
            unskip = partial(self.unskip_wanted.emit, skipped[-1])
            words.append(_Word("skipped", text.format(times=times), undo, "undo", unskip))
        return words


class _Line(QWidget):
    """One line of the band."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._word: _Word | None = None
        self._icon = QLabel()
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.button = QPushButton()
        self.button.clicked.connect(self._on_clicked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._icon)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.button)
        self.hide()

    def say(self, word: _Word | None) -> None:
        """Say this, or nothing."""
        if word is not None and (self._word is None or word.text != self._word.text or word.icon != self._word.icon):
            self._theme.put_icon(self._icon, word.icon, "warning")
            self.text.setText(word.text)
            self.button.setText(word.button)
            self.button.setAccessibleName(word.button)
            self.button.setToolTip(word.text)
            self._theme.put_icon(self.button, word.button_icon)
        self._word = word
        self.setVisible(word is not None)

    @Slot()
    def _on_clicked(self) -> None:
        if self._word is not None:
            self._word.wanted()
