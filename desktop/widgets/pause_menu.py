"""The choices for how long something is paused, as actions: an hour, until tomorrow, until a time, until resumed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from core.clock import Clock
from desktop.widgets.pause_dialog import PauseDialog

__all__ = ["MORNING", "PauseChoices", "in_an_hour", "tomorrow_morning"]

MORNING = time(8)
_MINUTE = timedelta(minutes=1)


def in_an_hour(now: datetime) -> datetime:
    """Return the full minute that ends an hour from now: no text shows seconds."""
    later = now + timedelta(hours=1)
    return later + -timedelta(seconds=later.second, microseconds=later.microsecond) % _MINUTE


def tomorrow_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """Return eight o'clock of the next day in the zone."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


class PauseChoices(QObject):
    """`chosen` carries the end in UTC, or None for “until resumed”. `what` names in a dialog what would be paused.

    With `for_all` the words say that it is every schedule.
    """

    chosen = Signal(object)

    def __init__(self, clock: Clock, what: Callable[[], str], parent: QWidget, *, for_all: bool = False) -> None:
        super().__init__(parent)
        self._clock = clock
        self._what = what
        self._parent = parent
        hour, morning, at, resumed = self._texts_for_all() if for_all else self._texts()
        self.hour = self._add(hour, lambda: in_an_hour(clock.now()))
        morning = morning.format(time=f"{MORNING:%H:%M}")
        self.morning = self._add(morning, lambda: tomorrow_morning(clock.now(), clock.zone()))
        self.at = QAction(at, self)
        self.at.triggered.connect(self._ask)
        self.resumed = self._add(resumed, lambda: None)
        self.timed = [self.hour, self.morning, self.at]
        self.all = [*self.timed, self.resumed]

    def _texts(self) -> tuple[str, str, str, str]:
        return (
            self.tr("Pause for &1 hour"),
            self.tr("Pause until &tomorrow {time}"),
            self.tr("Pause until a &date and time…"),
            self.tr("Pause until &resumed"),
        )

    def _texts_for_all(self) -> tuple[str, str, str, str]:
        return (
            self.tr("Pause all schedules for &1 hour"),
            self.tr("Pause all schedules until &tomorrow {time}"),
            self.tr("Pause all schedules until a &date and time…"),
            self.tr("Pause all schedules until &resumed"),
        )

    def _add(self, text: str, end: Callable[[], datetime | None]) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(partial(self._choose, end))
        return action

    def _choose(self, end: Callable[[], datetime | None]) -> None:
        self.chosen.emit(end())

    def _ask(self) -> None:
        dialog = PauseDialog(self._clock, self._what(), self._parent)
        dialog.wanted.connect(self.chosen)
        dialog.open()
