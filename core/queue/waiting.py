"""Runs of due times that wait for their start, which a jitter puts off: which there are, and what bars them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, exists, or_, select, update

from core.changes import Changes
from core.model import Command, Cron, Environment, Pause, Schedule, Skip
from core.queue.bars import Bar, bar_of, skip_bar
from core.queue.pauses import to_span
from core.queue.rows import JOBS, event, in_states, is_state, write_events
from core.queue.scopes import ScopeKind
from core.queue.states import EventKind, JobState, Origin
from core.writer import Transaction

__all__ = ["WaitingRun", "read_waiting_runs", "skip_barred", "waits"]


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run of a due time that has come, in one environment; it starts at `start_at`, unless it `is_skipped`."""

    environment_id: int | None
    due_at: datetime
    start_at: datetime
    is_skipped: bool


def waits() -> ColumnElement[bool]:
    """Return the condition of jobs of due times that have not been available yet.

    What was claimed and put back is none, and neither is what a person asked for. Both states are named for the sake
    of the index.
    """
    return (
        in_states(JobState.SCHEDULED, JobState.RETRYABLE)
        & is_state(JobState.SCHEDULED)
        & (JOBS.c.origin == Origin.SCHEDULE)
        & JOBS.c.claimed_at.is_(None)
    )


_SKIP_OF_JOB = (
    (Skip.schedule_id == JOBS.c.schedule_id) & (Skip.cron_id == JOBS.c.cron_id) & (Skip.due_at == JOBS.c.due_at)
)
_RUNS = select(
    JOBS.c.schedule_id,
    JOBS.c.cron_id,
    JOBS.c.environment_id,
    JOBS.c.due_at,
    JOBS.c.scheduled_at,
    exists(select(Skip.id).where(_SKIP_OF_JOB)).label("is_skipped"),
).where(waits())


def read_waiting_runs(
    connection: Connection, schedule_ids: Collection[int] | None = None
) -> Mapping[tuple[int, int], list[WaitingRun]]:
    """Return the runs that wait, of these schedules (None for all), by the ids of the schedule and of the cron."""
    statement = _RUNS if schedule_ids is None else _RUNS.where(JOBS.c.schedule_id.in_(schedule_ids))
    found: defaultdict[tuple[int, int], list[WaitingRun]] = defaultdict(list)
    for row in connection.execute(statement.order_by(JOBS.c.scheduled_at)):
        run = WaitingRun(row.environment_id, row.due_at, row.scheduled_at, row.is_skipped)
        found[row.schedule_id, row.cron_id].append(run)
    return found


_TO_START = select(JOBS.c.id, JOBS.c.due_at, JOBS.c.scheduled_at).where(
    waits(), JOBS.c.scheduled_at <= bindparam("now")
)
_OF_EVERYTHING = select(Pause.__table__).where(
    Pause.schedule_id.is_(None), or_(Pause.ended_at.is_(None), Pause.ended_at > bindparam("earliest"))
)
_OF_SCHEDULES = (
    select(JOBS.c.id.label("job"), *Pause.__table__.columns)
    .join(Pause, Pause.schedule_id == JOBS.c.schedule_id)
    .where(
        waits(),
        JOBS.c.scheduled_at <= bindparam("now"),
        or_(
            Pause.scope == ScopeKind.SCHEDULE,
            (Pause.cron_id == JOBS.c.cron_id) & Pause.environment_id.is_not_distinct_from(JOBS.c.environment_id),
        ),
    )
    .order_by(Pause.cron_id.is_not(None), Pause.id)
)
# Two statements, because SQLite would go through all pauses that a schedule ever had to find those of both kinds.
_PAUSES = (
    _OF_SCHEDULES.where(Pause.ended_at.is_(None)),
    _OF_SCHEDULES.where(Pause.ended_at > JOBS.c.scheduled_at),
)
_SKIPS = (
    select(JOBS.c.id.label("job"), Skip.due_at, Skip.origin)
    .join(Skip, _SKIP_OF_JOB)
    .where(waits(), JOBS.c.scheduled_at <= bindparam("now"))
)
_DISABLED = (
    select(
        JOBS.c.id,
        Schedule.enabled.label("the schedule"),
        Command.enabled.label("the command"),
        Cron.enabled.label("the cron"),
        Environment.enabled.label("the environment"),
    )
    .join(Schedule, Schedule.id == JOBS.c.schedule_id)
    .outerjoin(Command, Command.id == JOBS.c.command_id)
    .outerjoin(Cron, Cron.id == JOBS.c.cron_id)
    .outerjoin(Environment, Environment.id == JOBS.c.environment_id)
    .where(
        waits(),
        JOBS.c.scheduled_at <= bindparam("now"),
        or_(*(kind.enabled.is_(False) for kind in (Schedule, Command, Cron, Environment))),
    )
)
_SKIP = (
    update(JOBS)
    .where(JOBS.c.id == bindparam("job"))
    .values(
        state=JobState.SKIPPED,
        finished_at=bindparam("now"),
        reason=bindparam("why"),
        unique_key=None,
        skipped_count=1,
        skipped_from=JOBS.c.due_at,
    )
)
# The runs of a due time start together in all environments, so that none of them still needs the skip.
_USE_UP = delete(Skip).where(
    exists().where(_SKIP_OF_JOB, is_state(JobState.SKIPPED), JOBS.c.id.in_(bindparam("jobs", expanding=True)))
)


def skip_barred(transaction: Transaction, now: datetime) -> int:
    """Skip the runs whose start has come and which are not to be any more; return how many.

    A pause bars the time of their start, they are to be skipped, or a part of them was disabled while they waited.
    """
    connection = transaction.connection
    rows = connection.execute(_TO_START, {"now": now}).all()
    if not rows:
        return 0
    bars = _read_bars(connection, rows, now)
    reasons = _read_disabled(connection, now)
    for row in rows:
        if (bar := next((bar for bar in bars[row.id] if _keeps(bar, row)), None)) is not None:
            reasons[row.id] = bar.reason(now)
    if reasons:
        connection.execute(_SKIP, [{"job": job, "now": now, "why": why} for job, why in reasons.items()])
        connection.execute(_USE_UP, {"jobs": list(reasons)})
        write_events(connection, [event(job, 0, EventKind.SKIPPED, now, reason=why) for job, why in reasons.items()])
        transaction.changed(Changes(jobs=True, catalog=True))
    return len(reasons)


def _read_disabled(connection: Connection, now: datetime) -> dict[int, str]:
    """Return why these jobs do not start though no pause keeps them from it."""
    why = {}
    for row in connection.execute(_DISABLED, {"now": now}).mappings():
        parts = [part for part, enabled in row.items() if enabled is False]
        why[row["id"]] = f"{' and '.join(parts)} {'were' if len(parts) > 1 else 'was'} disabled while it waited"
    return why


def _read_bars(connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]], now: datetime) -> Mapping[int, list[Bar]]:
    """Return what bars the starts of these jobs, in the order in which it counts."""
    bars: defaultdict[int, list[Bar]] = defaultdict(list)
    for row in connection.execute(_SKIPS, {"now": now}):
        bars[row.job].append(skip_bar(row.due_at, row.origin))
    earliest = min(row.scheduled_at for row in rows)
    everything = [bar_of(to_span(row)) for row in connection.execute(_OF_EVERYTHING, {"earliest": earliest}).all()]
    for row in rows:
        bars[row.id] += everything
    for statement in _PAUSES:
        for row in connection.execute(statement, {"now": now}):
            bars[row.job].append(bar_of(to_span(row)))
    return bars


def _keeps(bar: Bar, row: Row[*tuple[Any, ...]]) -> bool:
    """Return whether the bar keeps the job from starting: a skip by its due time, and a pause by when it starts."""
    return bar.covers(row.due_at if bar.pause is None else row.scheduled_at)
