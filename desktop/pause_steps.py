"""Pauses, muted cells and skipped runs as steps that can be taken, taken back and taken again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from core.catalog.specs import Kind
from core.clock import Clock
from core.database import Database
from core.errors import ClockhandError
from core.queue.engine import JobQueue
from core.queue.pauses import PauseSpan, open_pause
from core.queue.scopes import PauseScope
from desktop.models.pause_texts import WINDOW, until_text

__all__ = ["PauseParts", "Pausing", "Resuming", "Skipping", "Unskipping"]


@dataclass(frozen=True, slots=True)
class PauseParts:
    """What the steps work with."""

    queue: JobQueue
    database: Database
    clock: Clock

    def open_pause(self, scope: PauseScope) -> PauseSpan | None:
        """Return the pause of exactly this scope that goes on now."""
        with self.database.reading() as connection:
            return open_pause(connection, self.clock.now(), scope)


class _Step:
    """What they share: an undo shows the schedules that it concerns."""

    def __init__(self, parts: PauseParts, schedule_ids: Sequence[int], what: str) -> None:
        self._parts = parts
        self.kind: Kind | None = Kind.SCHEDULE
        self.ids: tuple[int, ...] = tuple(dict.fromkeys(schedule_ids))
        self.is_empty = False
        self.what = what


class Pausing(_Step):
    """Pausing schedules or muting cells; what is paused already gets the new end."""

    def __init__(self, parts: PauseParts, scopes: Sequence[PauseScope], until: datetime | None, what: str) -> None:
        super().__init__(parts, _schedules(scopes), what)
        self._scopes = tuple(scopes)
        self._until = until
        self._before: dict[PauseScope, PauseSpan] = {}
        self._begun: list[PauseSpan] = []

    def do(self) -> datetime | None:
        """Pause, and return until when. Raises ConflictError where that has passed meanwhile."""
        queue = self._parts.queue
        found = {scope: self._parts.open_pause(scope) for scope in self._scopes}
        self._before = {
            scope: span for scope, span in found.items() if span is not None and span.until_at != self._until
        }
        self._begun = queue.pause_each(
            [scope for scope, span in found.items() if span is None], until=self._until, origin=WINDOW
        ).result()
        for scope in self._before:
            queue.change_pause(scope, until=self._until, origin=WINDOW).result()
        self.is_empty = not (self._begun or self._before)
        return self._until

    def undo(self) -> None:
        """Resume what was not paused before, and give the others their old end, unless that has passed."""
        queue, now = self._parts.queue, self._parts.clock.now()
        over = [scope for scope, span in self._before.items() if span.is_over(now)]
        queue.resume_each([*(span.scope for span in self._begun), *over], origin=WINDOW).result()
        for scope, span in self._before.items():
            if scope not in over and self._parts.open_pause(scope) is not None:
                queue.change_pause(scope, until=span.until_at, origin=WINDOW).result()


class Resuming(_Step):
    """Resuming schedules or unmuting cells."""

    def __init__(self, parts: PauseParts, scopes: Sequence[PauseScope], what: str) -> None:
        super().__init__(parts, _schedules(scopes), what)
        self._scopes = tuple(scopes)
        self._ended: list[PauseSpan] = []

    def do(self) -> int:
        """Resume, and return for how many that was new."""
        self._ended = self._parts.queue.resume_each(self._scopes, origin=WINDOW).result()
        self.is_empty = not self._ended
        return len(self._ended)

    def undo(self) -> None:
        """Pause them again until the same end; a pause that would be over by now stays over."""
        now = self._parts.clock.now()
        by_end: dict[datetime | None, list[PauseScope]] = {}
        for span in self._ended:
            if span.until_at is None or span.until_at > now:
                by_end.setdefault(span.until_at, []).append(span.scope)
        for until, scopes in by_end.items():
            self._parts.queue.pause_each(scopes, until=until, origin=WINDOW).result()


class Skipping(_Step):
    """Skipping the next run of schedules."""

    def __init__(self, parts: PauseParts, names: Mapping[int, str]) -> None:
        super().__init__(parts, list(names), "")
        self._names = dict(names)
        self._due: dict[int, datetime] = {}

    def do(self) -> dict[int, datetime]:
        """Skip it, of all or of none; return which due times. Raises ConflictError where nothing is going to run."""
        self._due = {}
        try:
            for schedule_id in self.ids:
                self._due[schedule_id] = self._parts.queue.skip_next(schedule_id, origin=WINDOW).result()
        except ClockhandError:
            self.undo()
            raise
        now, of_one, of_many = self._parts.clock.now(), _tr("skipping {run}"), _tr("skipping {count} runs")
        self.what = _what_of_runs(self._names, self._due, now, of_one, of_many)
        return self._due

    def undo(self) -> None:
        """Let them run after all. Raises ConflictError where the time has passed."""
        for schedule_id, due_at in self._due.items():
            self._parts.queue.unskip(schedule_id, due_at=due_at, origin=WINDOW).result()


class Unskipping(_Step):
    """Letting a run happen after all that was to be skipped: the latest of each schedule."""

    def __init__(self, parts: PauseParts, names: Mapping[int, str]) -> None:
        super().__init__(parts, list(names), "")
        self._names = dict(names)
        self._due: dict[int, datetime] = {}

    def do(self) -> dict[int, datetime]:
        """Let them run, and return which due times. Raises ConflictError where none lies ahead any more."""
        self._due = {}
        try:
            for schedule_id in self.ids:
                self._due[schedule_id] = self._parts.queue.unskip(schedule_id, origin=WINDOW).result()
        except ClockhandError:
            self.undo()
            raise
        now, of_one, of_many = self._parts.clock.now(), _tr("running {run} after all"), _tr("running {count} after all")
        self.what = _what_of_runs(self._names, self._due, now, of_one, of_many)
        return self._due

    def undo(self) -> None:
        """Skip them again."""
        for schedule_id in self._due:
            self._parts.queue.skip_next(schedule_id, origin=WINDOW).result()


def _schedules(scopes: Sequence[PauseScope]) -> list[int]:
    return [scope.schedule_id for scope in scopes if scope.schedule_id is not None]


def _what_of_runs(
    names: Mapping[int, str], due: Mapping[int, datetime], now: datetime, of_one: str, of_many: str
) -> str:
    if len(due) != 1:
        return of_many.format(count=len(due))
    ((schedule_id, at),) = due.items()
    run = _tr("“{name}” at {time}").format(name=names[schedule_id], time=until_text(at, now))
    return of_one.format(run=run)


def _tr(text: str) -> str:
    return QCoreApplication.translate("PauseSteps", text)
