"""Keeps true what a list says of times to come: it is read anew at the very moment at which one of them has passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from core.changes import Changes
from core.clock import Clock
from desktop.models.catalog_table import CatalogTable
from desktop.pages.page import Page

__all__ = ["DueWatch"]

_AGAIN_MS = 500
_LONGEST_MS = 30_000
"""So often at least the clock is looked at, which may have been set, or have gone on while the machine slept."""


class DueWatch(QObject):
    """`moment` tells of a record, and of the time that it is, when what is said of it will be over, or None.

    The dispatcher moves a due time in the moment in which it passes, and tells of the jobs that it made, but not of
    the schedules: those did not change. Until it has done so, the list says that the time is now.
    """

    def __init__(
        self, page: Page, table: CatalogTable, clock: Clock, moment: Callable[[Any, datetime], datetime | None]
    ) -> None:
        super().__init__(page)
        self._page = page
        self._table = table
        self._clock = clock
        self._moment = moment
        self._first: datetime | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_time)
        table.modelReset.connect(self._follow)
        table.dataChanged.connect(self._follow)

    def widen(self, changes: Changes) -> Changes:
        """Return the changes with the due times among them where a pause or new jobs make the list out of date."""
        is_late = changes.queues or (changes.jobs and self._has_passed())
        return replace(changes, due_times=True) if is_late else changes

    def _has_passed(self) -> bool:
        return self._first is not None and self._first <= self._clock.now()

    @Slot()
    def _follow(self) -> None:
        # Kept, because the question comes with every job, and there may be thousands of records.
        now = self._clock.now()
        moments = (self._moment(record, now) for record in self._table.records)
        self._first = min((moment for moment in moments if moment is not None), default=None)
        if self._first is None:
            self._timer.stop()
            return
        left_ms = -((now - self._first) // timedelta(milliseconds=1))
        if left_ms > 0:
            self._timer.start(min(left_ms, _LONGEST_MS))
        elif self._page.isVisible():
            self._timer.start(_AGAIN_MS)
        else:
            # A page that nobody sees only remembers that, and reads when it is seen again.
            self._page.refresh(Changes(due_times=True))

    @Slot()
    def _on_time(self) -> None:
        if self._has_passed():
            self._table.renew_texts()
            self._page.refresh(Changes(due_times=True))
        else:
            self._follow()
