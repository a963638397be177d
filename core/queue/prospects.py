"""What will really run next: the due times that no pause, mute or skip will swallow, and why there may be none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from core.errors import ClockhandError
from core.model import Command, Cron, Environment, Schedule, ScheduleCron, ScheduleEnvironment
from core.queue.bars import TICK, Bar, LinkBars, next_run, read_bars
from core.queue.pauses import PauseSpan
from core.queue.scopes import ScopeKind
from core.queue.waiting import WaitingRun, read_waiting_runs
from core.timing.jitter import jitter_offset
from core.timing.occurrences import Occurrences, occurrences_of

__all__ = ["CellProspect", "Hindrance", "LinkProspect", "Outlook", "combine", "read_link_prospects"]


class Hindrance(StrEnum):
    """Why nothing runs next, or for the time being; the first that applies."""

    COMMAND_DISABLED = "command disabled"
    SCHEDULE_DISABLED = "schedule disabled"
    CRON_DISABLED = "cron disabled"
    ENVIRONMENT_DISABLED = "environment disabled"
    ALL_PAUSED = "everything paused"
    PAUSED = "schedule paused"
    MUTED = "muted"
    AT_START = "at each start of the agent only"
    NEVER = "never due again"
    NO_CRON = "no cron"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProspect:
    """What comes next in one environment by one cron.

    `next_run_at` is the due time of the next run that starts, at `start_at`; None where none is known to come. It lies
    behind us where a jitter lets the run still wait. `overdue_since` is the first due time up to now that is to run and
    that nobody has dealt with. `hindrance` says what keeps it from running now, also where `next_run_at` lies behind
    that. `pause` is the pause or mute that goes on and ends last; `mute` the cell's own.
    """

    next_run_at: datetime | None
    start_at: datetime | None = None
    overdue_since: datetime | None = None
    hindrance: Hindrance | None = None
    pause: PauseSpan | None = None
    mute: PauseSpan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProspect:
    """What comes next of one cron of a schedule, in all its environments together.

    `next_run_at` is the due time of the run that starts first in any of them, at `start_at`. `overdue_since` is the
    first due time up to now that is to run and that nobody has dealt with. `pause` is the pause that goes on, of
    everything or of the schedule, whichever ends last. `skipped` are the due times that somebody wants skipped and
    whose runs would still start. `cells` has the prospect of each environment (None for a schedule that names none).
    """

    id: int
    schedule_id: int
    schedule: str
    command_id: int
    cron_id: int
    next_due_at: datetime | None
    next_run_at: datetime | None
    start_at: datetime | None
    overdue_since: datetime | None
    hindrance: Hindrance | None
    pause: PauseSpan | None
    skipped: tuple[datetime, ...]
    cells: Mapping[int | None, CellProspect]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What comes next of several crons together: of a schedule, or of all that a command or a cron takes part in.

    `next_run_at` is the due time of the run that starts first, at `start_at`, and `overdue_since` the first due time
    up to now that is to run and that nobody has dealt with. `hindrance` says why there is none, or why nothing runs for
    the time being. `pause` is the pause that goes on, of everything or of the schedule, whichever ends last. `skipped`
    are the due times that somebody wants skipped and whose runs would still start, `muted` the cells that are.
    """

    next_run_at: datetime | None = None
    start_at: datetime | None = None
    overdue_since: datetime | None = None
    hindrance: Hindrance | None = None
    pause: PauseSpan | None = None
    skipped: tuple[datetime, ...] = ()
    muted: int = 0


def combine(links: Collection[LinkProspect]) -> Outlook:
    """Return what comes next of these together."""
    starts = [(link.start_at, link.next_run_at) for link in links if link.start_at is not None]
    start_at, next_run_at = min(starts, default=(None, None))
    hindrances = [link.hindrance for link in links] or [Hindrance.NO_CRON]
    pauses = [link.pause for link in links]
    return Outlook(
        next_run_at=next_run_at,
        start_at=start_at,
        overdue_since=_first(link.overdue_since for link in links),
        hindrance=None if None in hindrances else hindrances[0],
        pause=None if None in pauses else _last(pause for pause in pauses if pause is not None),
        skipped=tuple(sorted({at for link in links for at in link.skipped})),
        muted=sum(cell.mute is not None for link in links for cell in link.cells.values()),
    )


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


_LINKS = (
    select(
        ScheduleCron.id,
        ScheduleCron.schedule_id,
        ScheduleCron.cron_id,
        ScheduleCron.watermark_at,
        ScheduleCron.next_due_at,
        Schedule.name.label("schedule"),
        Schedule.command_id,
        Schedule.jitter,
        Schedule.enabled.label("schedule_enabled"),
        Command.enabled.label("command_enabled"),
        Cron.enabled.label("cron_enabled"),
        Cron.expression,
        Cron.timezone,
    )
    .join(Schedule, Schedule.id == ScheduleCron.schedule_id)
    .join(Command, Command.id == Schedule.command_id)
    .join(Cron, Cron.id == ScheduleCron.cron_id)
    .order_by(ScheduleCron.schedule_id, ScheduleCron.position, ScheduleCron.id)
)
_ENVIRONMENTS = select(ScheduleEnvironment.schedule_id, Environment.id, Environment.enabled).join(
    Environment, Environment.id == ScheduleEnvironment.environment_id
)


def read_link_prospects(
    connection: Connection,
    now: datetime,
    zone: ZoneInfo,
    schedule_ids: Collection[int] | None = None,
    *,
    link_ids: Collection[int] | None = None,
) -> list[LinkProspect]:
    """Return what comes next of every cron of these schedules (None for all); `zone` is what “system” means.

    With `link_ids` only of these rows of schedule_crons. Schedules without crons have none. The order is that of the
    schedules' ids, and of the crons as they were written.
    """
    some = _some(_some(_LINKS, ScheduleCron.schedule_id, schedule_ids), ScheduleCron.id, link_ids)
    links = connection.execute(some).all()
    if link_ids is not None:
        schedule_ids = {link.schedule_id for link in links}
    environments: defaultdict[int, dict[int | None, bool]] = defaultdict(dict)
    for row in connection.execute(_some(_ENVIRONMENTS, ScheduleEnvironment.schedule_id, schedule_ids)):
        environments[row.schedule_id][row.id] = row.enabled
    bars = read_bars(connection, {link.id: link.next_due_at for link in links})
    waiting = read_waiting_runs(connection, schedule_ids)
    return [
        _Asked(
            link,
            environments=environments.get(link.schedule_id) or {None: True},
            bars=bars.get(link.id, LinkBars()),
            waiting=waiting.get((link.schedule_id, link.cron_id), ()),
            now=now,
            zone=zone,
        ).prospect()
        for link in links
    ]


def _some(statement: Any, column: Any, ids: Collection[int] | None) -> Any:
    return statement if ids is None else statement.where(column.in_(ids))


class _Asked:
    """One cron of a schedule, asked for its cells; its due times are computed only where something bars them."""

    def __init__(
        self,
        link: Row[Any],
        *,
        environments: Mapping[int | None, bool],
        bars: LinkBars,
        waiting: Sequence[WaitingRun],
        now: datetime,
        zone: ZoneInfo,
    ) -> None:
        self._link = link
        self._environments = environments
        self._bars = bars
        self._waiting = waiting
        self._now = now
        self._zone = zone
        self._jitter_offset = jitter_offset(link.schedule_id, link.jitter)
        self._occurrences: Occurrences | None = None

    def prospect(self) -> LinkProspect:
        link = self._link
        disabled = _disabled(link)
        cells = {
            environment: self._cell(environment, disabled or (None if enabled else Hindrance.ENVIRONMENT_DISABLED))
            for environment, enabled in self._environments.items()
        }
        starts = [(cell.start_at, cell.next_run_at) for cell in cells.values() if cell.start_at is not None]
        start_at, next_run_at = min(starts, default=(None, None))
        hindrances = [cell.hindrance for cell in cells.values()]
        skips = [bar.start + TICK for bar in self._bars.common if bar.pause is None]
        return LinkProspect(
            id=link.id,
            schedule_id=link.schedule_id,
            schedule=link.schedule,
            command_id=link.command_id,
            cron_id=link.cron_id,
            next_due_at=link.next_due_at,
            next_run_at=next_run_at,
            start_at=start_at,
            overdue_since=_first(cell.overdue_since for cell in cells.values()),
            hindrance=None if None in hindrances else hindrances[0],
            pause=_going_on(self._bars.common, self._now),
            skipped=(*sorted({run.due_at for run in self._waiting if run.is_skipped}), *self.ahead(skips)),
            cells=cells,
        )

    def _cell(self, environment_id: int | None, disabled: Hindrance | None) -> CellProspect:
        mute = _going_on(self._bars.mutes.get(environment_id, ()), self._now)
        every = self._bars.of(environment_id)
        pause = _going_on(every, self._now)
        hindrance = disabled or (None if pause is None else _WORDS[pause.scope.kind])
        start_at, at = (None, None) if disabled else min(self._starts(environment_id, every), default=(None, None))
        if at is None and hindrance is None:
            is_reboot = self._link.expression.strip().lower() == "@reboot"
            hindrance = Hindrance.AT_START if is_reboot else Hindrance.NEVER
        return CellProspect(
            next_run_at=at,
            start_at=start_at,
            overdue_since=None if disabled else self._overdue_since(every),
            hindrance=hindrance,
            pause=pause,
            mute=mute,
        )

    def _starts(self, environment_id: int | None, bars: tuple[Bar, ...]) -> Iterator[tuple[datetime, datetime]]:
        """Yield the starts that are known, each with its due time: of runs that wait, and of the first after now."""
        for run in self._waiting:
            is_barred = any(bar.pause is not None and bar.covers(run.start_at) for bar in bars)
            if run.environment_id == environment_id and not run.is_skipped and not is_barred:
                yield run.start_at, run.due_at
        at = self._next_run(bars)
        if at is not None:
            yield at + self._jitter_offset, at

    def _overdue_since(self, bars: tuple[Bar, ...]) -> datetime | None:
        due_at: datetime | None = self._link.next_due_at
        if due_at is None or due_at > self._now:
            return None
        at = self._after(self._link.watermark_at, bars)
        return at if at is not None and at <= self._now else None

    def ahead(self, skips: Iterable[datetime]) -> tuple[datetime, ...]:
        """Return those of the times that lie ahead and are due times: the cron may have been edited since."""
        later = sorted(at for at in skips if at > self._now)
        return tuple(at for at in later if self._after(at - TICK, ()) == at)

    def _next_run(self, bars: tuple[Bar, ...]) -> datetime | None:
        due_at: datetime | None = self._link.next_due_at
        if due_at is None or (not bars and due_at > self._now):
            return due_at
        return self._after(max(self._now, self._link.watermark_at), bars)

    def _after(self, instant: datetime, bars: tuple[Bar, ...]) -> datetime | None:
        try:
            if self._occurrences is None:
                self._occurrences = occurrences_of(self._link.expression, self._link.timezone, self._zone)
            return next_run(self._occurrences, instant, bars)
        except ClockhandError:
            return None  # of another version; dispatch sets it aside and says so


_WORDS = {
    ScopeKind.EVERYTHING: Hindrance.ALL_PAUSED,
    ScopeKind.SCHEDULE: Hindrance.PAUSED,
    ScopeKind.CELL: Hindrance.MUTED,
}


def _disabled(link: Row[Any]) -> Hindrance | None:
    for enabled, hindrance in (
        (link.command_enabled, Hindrance.COMMAND_DISABLED),
        (link.schedule_enabled, Hindrance.SCHEDULE_DISABLED),
        (link.cron_enabled, Hindrance.CRON_DISABLED),
    ):
        if not enabled:
            return hindrance
    return None


def _going_on(bars: Iterable[Bar], now: datetime) -> PauseSpan | None:
    """Return the pause among the bars that goes on at `now` and ends last."""
    return _last(bar.pause for bar in bars if bar.pause is not None and bar.goes_on(now))


def _last(pauses: Iterable[PauseSpan]) -> PauseSpan | None:
    return max(pauses, key=lambda pause: (pause.over_at is None, pause.over_at or pause.started_at), default=None)
