"""Pauses, muted cells and skipped runs as steps that can be taken, taken back and taken again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from core.catalog.specs import Kind
from core.clock import Clock
from core.errors import ClockhandError, NotFoundError, StaleError, TooLateError
from core.queue.engine import JobQueue
from core.queue.pauses import PauseChange, PauseSpan
from core.queue.scopes import PauseScope
from core.queue.skips import SkippedRun
from desktop.models.pause_texts import WINDOW, until_text
from desktop.steps import PartlyDoneError

__all__ = ["Pausing", "Resuming", "Skipping", "Unskipping"]


class _Step:
    """What they share: an undo shows the schedules that it concerns; a pause of all is seen from every page."""

    def __init__(self, queue: JobQueue, clock: Clock, schedule_ids: Sequence[int], what: str) -> None:
        self._queue = queue
        self._clock = clock
        self.ids: tuple[int, ...] = tuple(dict.fromkeys(schedule_ids))
        self.page = Kind.SCHEDULE.plural if self.ids else ""
        self.is_empty = False
        self.what = what


class Pausing(_Step):
    """Pausing schedules or muting cells; what is paused already gets the new end."""

    def __init__(
        self, queue: JobQueue, clock: Clock, scopes: Sequence[PauseScope], until: datetime | None, what: str
    ) -> None:
        super().__init__(queue, clock, _schedules(scopes), what)
        self._scopes = tuple(scopes)
        self._until = until
        self._change = PauseChange()

    def do(self) -> int:
        """Pause, and return for how many that was new. Raises TooLateError where the end has passed meanwhile."""
        self._change = self._queue.pause_until(self._scopes, until=self._until, origin=WINDOW).result()
        self.is_empty = self._change.is_empty
        return len(self._change.begun) + len(self._change.before)

    def undo(self) -> None:
        """Resume what was not paused before, and give the others their old end, unless that has passed."""
        self._queue.take_back_pause(self._change, origin=WINDOW).result()


class Resuming(_Step):
    """Resuming schedules or unmuting cells."""

    def __init__(self, queue: JobQueue, clock: Clock, scopes: Sequence[PauseScope], what: str) -> None:
        super().__init__(queue, clock, _schedules(scopes), what)
        self._scopes = tuple(scopes)
        self._ended: list[PauseSpan] = []
        self._paused_again: list[PauseSpan] | None = None

    def do(self) -> int:
        """Resume, and return for how many that was new; the second time only what the undo has paused."""
        if self._paused_again is None:
            self._ended = self._queue.resume_each(self._scopes, origin=WINDOW).result()
        else:
            self._ended = self._queue.resume_spans(self._paused_again, origin=WINDOW).result()
        self.is_empty = not self._ended
        return len(self._ended)

    def undo(self) -> None:
        """Pause them again until the same end; a pause that would be over by now stays over.

        Raises TooLateError where that is so of all.
        """
        now = self._clock.now()
        by_end: dict[datetime | None, list[PauseScope]] = {}
        for span in self._ended:
            if span.until_at is None or span.until_at > now:
                by_end.setdefault(span.until_at, []).append(span.scope)
        if not by_end:
            raise TooLateError(_tr("What was resumed would be over by now, so there is nothing to pause again."))
        self._paused_again = []
        for until, scopes in by_end.items():
            self._paused_again += self._queue.pause_each(scopes, until=until, origin=WINDOW).result()


class _Runs(_Step):
    """Single runs of schedules. At first all of them or none, and afterwards, as time goes on, what still can be."""

    def __init__(self, queue: JobQueue, clock: Clock, names: Mapping[int, str]) -> None:
        super().__init__(queue, clock, list(names), "")
        self._names = dict(names)
        self._runs: list[SkippedRun] = []

    def do(self) -> dict[int, datetime]:
        """Take the step, and return which due times it concerns."""
        if self._runs:
            self._each(self._again)
        else:
            self._runs = self._first()
            self._name_it()
        return self._due

    def undo(self) -> None:
        """Take it back. Raises TooLateError where the time of all has passed, PartlyDoneError where that of some."""
        self._each(self._back)

    def _first(self) -> list[SkippedRun]:
        raise NotImplementedError

    def _again(self, run: SkippedRun) -> SkippedRun:
        raise NotImplementedError

    def _back(self, run: SkippedRun) -> SkippedRun:
        raise NotImplementedError

    def _words(self) -> tuple[str, str]:
        """Return what is said of one run, and of several."""
        raise NotImplementedError

    def _skip(self, run: SkippedRun) -> SkippedRun:
        return self._queue.skip_run(run, origin=WINDOW).result()

    def _unskip(self, run: SkippedRun) -> SkippedRun:
        self._queue.unskip_run(run, origin=WINDOW).result()
        return run

    @property
    def _due(self) -> dict[int, datetime]:
        return {run.schedule_id: run.due_at for run in self._runs}

    def _each(self, move: Callable[[SkippedRun], SkippedRun]) -> None:
        moved: list[SkippedRun] = []
        errors: list[ClockhandError] = []
        for run in self._runs:
            try:
                moved.append(move(run))
            except (NotFoundError, StaleError, TooLateError) as error:
                errors.append(error)
        if errors and not moved:
            raise errors[0] if len(errors) == 1 else TooLateError("\n".join(str(error) for error in errors))
        # What somebody else has done already is not ours to take back.
        self._runs = [run for run in moved if run.cron_ids]
        self.is_empty = not self._runs
        self._name_it()
        if errors:
            raise PartlyDoneError(errors)

    def _name_it(self) -> None:
        of_one, of_many = self._words()
        if len(self._runs) == 1:
            (run,) = self._runs
            time = until_text(run.due_at, self._clock.now(), exact=True)
            name = _tr("“{name}” at {time}").format(name=self._names[run.schedule_id], time=time)
            self.what = of_one.format(run=name)
        else:
            self.what = of_many.format(count=len(self._runs))


class Skipping(_Runs):
    """Skipping the next run of schedules; taken again, it skips the very same runs."""

    def _first(self) -> list[SkippedRun]:
        return self._queue.skip_next_each(self.ids, origin=WINDOW).result()

    def _again(self, run: SkippedRun) -> SkippedRun:
        return self._skip(run)

    def _back(self, run: SkippedRun) -> SkippedRun:
        return self._unskip(run)

    def _words(self) -> tuple[str, str]:
        return _tr("skipping {run}"), _tr("skipping {count} runs")


class Unskipping(_Runs):
    """Letting runs happen after all that were to be skipped: those of the due times that are given."""

    def __init__(self, queue: JobQueue, clock: Clock, names: Mapping[int, str], due: Mapping[int, datetime]) -> None:
        super().__init__(queue, clock, names)
        self._wanted = {schedule_id: due[schedule_id] for schedule_id in names}

    def _first(self) -> list[SkippedRun]:
        return self._queue.unskip_each(self._wanted, origin=WINDOW).result()

    def _again(self, run: SkippedRun) -> SkippedRun:
        return self._unskip(run)

    def _back(self, run: SkippedRun) -> SkippedRun:
        return self._skip(run)

    def _words(self) -> tuple[str, str]:
        return _tr("running {run} after all"), _tr("running {count} after all")


def _schedules(scopes: Sequence[PauseScope]) -> list[int]:
    return [scope.schedule_id for scope in scopes if scope.schedule_id is not None]


def _tr(text: str) -> str:
    return QCoreApplication.translate("PauseSteps", text)
