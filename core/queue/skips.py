"""Skips of single due times: the next run of a schedule does not happen, and everything after it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, exists, insert, or_, select, true

from core.changes import Changes
from core.errors import ClockhandError, ConflictError, NotFoundError, StaleError, TooLateError
from core.model import Cron, Job, Schedule, ScheduleCron, Skip
from core.queue.agents import observe
from core.queue.prospects import LinkProspect, read_link_prospects
from core.queue.scopes import PauseScope, describe_scope
from core.queue.waiting import waits
from core.timing.occurrences import occurrences_of
from core.writer import Transaction

__all__ = [
    "SkippedRun",
    "drop_gone",
    "drop_used",
    "skip_next",
    "skip_next_each",
    "skip_run",
    "unskip",
    "unskip_each",
    "unskip_run",
]

_TICK = timedelta(microseconds=1)
_LINK_OF_SKIP = (ScheduleCron.schedule_id == Skip.schedule_id) & (ScheduleCron.cron_id == Skip.cron_id)


@dataclass(frozen=True, slots=True)
class SkippedRun:
    """One due time of a schedule, and the crons by which it is, or was, to be skipped."""

    schedule_id: int
    due_at: datetime
    cron_ids: tuple[int, ...]


def skip_next(
    transaction: Transaction,
    schedule_id: int,
    cron_id: int | None = None,
    *,
    now: datetime,
    zone: ZoneInfo,
    origin: str,
) -> SkippedRun:
    """Let the next run of a schedule, or of one of its crons, not happen; return what is skipped.

    What would run next is found as dispatch finds it: outside of pauses, and after what is skipped already. It is
    skipped in every environment, and by every cron that is due at that instant. `zone` is what “system” means. Raises
    NotFoundError where the schedule is gone; ConflictError where nothing of it is going to run.
    """
    links = _links(transaction, schedule_id, cron_id, now, zone)
    coming = [(link.start_at, link.next_run_at, link.cron_id) for link in links]
    starts = [(start_at, due_at) for start_at, due_at, _ in coming if start_at is not None and due_at is not None]
    if not starts:
        raise ConflictError(
            f"Nothing of {_name(links)} is going to run by itself, so there is nothing to skip. "
            "Enable it, resume it, or give it a cron first."
        )
    _, due_at = min(starts)
    crons = tuple(cron for _, at, cron in coming if at == due_at)
    run = SkippedRun(schedule_id, due_at, crons)
    _insert(transaction, run, now, origin)
    return run


def skip_next_each(
    transaction: Transaction, schedule_ids: Sequence[int], *, now: datetime, zone: ZoneInfo, origin: str
) -> list[SkippedRun]:
    """Skip the next run of several schedules, of all or of none. Raises what `skip_next` raises."""
    return [skip_next(transaction, each, now=now, zone=zone, origin=origin) for each in schedule_ids]


def skip_run(transaction: Transaction, run: SkippedRun, *, now: datetime, zone: ZoneInfo, origin: str) -> SkippedRun:
    """Let exactly this run not happen, whatever comes next by now; return what of it was not skipped before.

    Crons that are not due then any more are left out. Raises TooLateError where the time has passed, StaleError where
    none of the crons is due then any more, and NotFoundError where the schedule is gone.
    """
    sentence_start = describe_scope(transaction.connection, PauseScope.schedule(run.schedule_id)).sentence_start
    if not _is_ahead(transaction.connection, run.schedule_id, run.due_at, now):
        raise TooLateError(
            f"{sentence_start} was due at {_utc(run.due_at)}. That has passed, so the run can't be skipped any more."
        )
    due = _due_crons(transaction.connection, run, zone)
    if not due:
        raise StaleError(
            f"{sentence_start} is not due at {_utc(run.due_at)} any more, so there is no such run to skip. "
            "Look at when it runs now."
        )
    already = {row.cron_id for row in _skips(transaction.connection, run.schedule_id, run.due_at)}
    wanted = SkippedRun(run.schedule_id, run.due_at, tuple(each for each in due if each not in already))
    if wanted.cron_ids:
        _insert(transaction, wanted, now, origin)
    return wanted


def unskip(
    transaction: Transaction,
    schedule_id: int,
    cron_id: int | None = None,
    *,
    due_at: datetime | None = None,
    now: datetime,
    zone: ZoneInfo,
    origin: str,
) -> SkippedRun:
    """Let a due time run after all that was to be skipped; return what is skipped no more.

    Without `due_at` that is the latest that is known to come: a skip of a time at which nothing is due any more does
    not count. Raises NotFoundError where the schedule or the cron is gone, TooLateError where `due_at` has passed, and
    ConflictError where no skip lies ahead.
    """
    if due_at is None:
        links = _links(transaction, schedule_id, cron_id, now, zone)
        due_at = max((at for link in links for at in link.skipped), default=None)
    if due_at is None:
        raise ConflictError("No run that lies ahead is to be skipped. It has passed, or it was taken back already.")
    rows = _skips(transaction.connection, schedule_id, due_at)
    crons = tuple(row.cron_id for row in rows if cron_id in {None, row.cron_id})
    run = SkippedRun(schedule_id, due_at, crons)
    unskip_run(transaction, run, now=now, origin=origin)
    return run


def unskip_each(
    transaction: Transaction, due: Mapping[int, datetime], *, now: datetime, zone: ZoneInfo, origin: str
) -> list[SkippedRun]:
    """Let one due time of each of these schedules run after all, or none of them. Raises what `unskip` raises."""
    return [
        unskip(transaction, schedule_id, due_at=due_at, now=now, zone=zone, origin=origin)
        for schedule_id, due_at in due.items()
    ]


def unskip_run(transaction: Transaction, run: SkippedRun, *, now: datetime, origin: str) -> None:
    """Let exactly this run happen after all, by these crons.

    Raises NotFoundError where the schedule is gone, TooLateError where the time has passed, and StaleError where
    nothing of it is to be skipped any more.
    """
    connection = transaction.connection
    sentence_start = describe_scope(connection, PauseScope.schedule(run.schedule_id)).sentence_start
    if not _is_ahead(connection, run.schedule_id, run.due_at, now):
        raise TooLateError(
            f"{sentence_start} was due at {_utc(run.due_at)}, which was to be skipped. That has passed, so it can't be "
            "taken back. Run it by hand if it is still to run."
        )
    rows = [row for row in _skips(connection, run.schedule_id, run.due_at) if row.cron_id in run.cron_ids]
    if not rows:
        raise StaleError(
            f"{sentence_start} is not to be skipped at {_utc(run.due_at)} any more: somebody has taken that back "
            "already, or has changed when it runs."
        )
    connection.execute(delete(Skip).where(Skip.id.in_([row.id for row in rows])))
    _tell(transaction, now, "skip-taken-back", SkippedRun(run.schedule_id, run.due_at, _crons(rows)), origin)


def drop_used(transaction: Transaction, schedule_id: int | None = None, cron_id: int | None = None) -> int:
    """Forget the skips of due times that were dealt with: should one come again, nobody has asked for that.

    With ids only those of one cron of a schedule. Return how many.
    """
    mine = true() if schedule_id is None else (Skip.schedule_id == schedule_id) & (Skip.cron_id == cron_id)
    run_waits = exists().where(
        waits(), Job.schedule_id == Skip.schedule_id, Job.cron_id == Skip.cron_id, Job.due_at == Skip.due_at
    )
    dealt_with = exists().where(_LINK_OF_SKIP, ScheduleCron.watermark_at >= Skip.due_at)
    return transaction.connection.execute(delete(Skip).where(mine, dealt_with, ~run_waits)).rowcount


def drop_gone(transaction: Transaction, now: datetime) -> int:
    """Forget the skips of schedules and crons that were deleted, and those of crons that are due no more at that time.

    The latter only once the time has passed, since the cron may come back to the schedule. Return how many.
    """
    is_gone = or_(~exists().where(Schedule.id == Skip.schedule_id), ~exists().where(Cron.id == Skip.cron_id))
    is_loose = (Skip.due_at <= now) & ~exists().where(_LINK_OF_SKIP)
    return transaction.connection.execute(delete(Skip).where(or_(is_gone, is_loose))).rowcount


def _links(
    transaction: Transaction, schedule_id: int, cron_id: int | None, now: datetime, zone: ZoneInfo
) -> list[LinkProspect]:
    links = read_link_prospects(transaction.connection, now, zone, [schedule_id])
    if not links:
        words = describe_scope(transaction.connection, PauseScope.schedule(schedule_id))
        raise ConflictError(f"{words.sentence_start} has no cron, so nothing of it runs by itself. Give it one first.")
    if cron_id is None:
        return links
    chosen = [link for link in links if link.cron_id == cron_id]
    if not chosen:
        raise NotFoundError("cron", f"#{cron_id}")
    return chosen


def _is_ahead(connection: Connection, schedule_id: int, due_at: datetime, now: datetime) -> bool:
    """Return whether a run of this due time can still be kept from beginning, also where its jitter lets it wait."""
    if due_at > now:
        return True
    waiting = (waits(), Job.schedule_id == schedule_id, Job.due_at == due_at)
    return connection.execute(select(Job.id).where(*waiting).limit(1)).first() is not None


def _due_crons(connection: Connection, run: SkippedRun, zone: ZoneInfo) -> list[int]:
    rows = connection.execute(
        select(Cron.id, Cron.expression, Cron.timezone)
        .join(ScheduleCron, ScheduleCron.cron_id == Cron.id)
        .where(ScheduleCron.schedule_id == run.schedule_id, Cron.id.in_(run.cron_ids))
        .order_by(ScheduleCron.position)
    )
    return [row.id for row in rows if _is_due(row.expression, row.timezone, zone, run.due_at)]


def _is_due(expression: str, timezone: str, zone: ZoneInfo, at: datetime) -> bool:
    try:
        return occurrences_of(expression, timezone, zone).next(at - _TICK) == at
    except ClockhandError:
        return False  # of another version; dispatch sets it aside and says so


def _skips(connection: Connection, schedule_id: int, due_at: datetime) -> Sequence[Any]:
    which = (Skip.schedule_id == schedule_id, Skip.due_at == due_at)
    return connection.execute(select(Skip.id, Skip.cron_id).where(*which).order_by(Skip.id)).all()


def _crons(rows: Sequence[Any]) -> tuple[int, ...]:
    return tuple(row.cron_id for row in rows)


def _insert(transaction: Transaction, run: SkippedRun, now: datetime, origin: str) -> None:
    values = {"schedule_id": run.schedule_id, "due_at": run.due_at, "created_at": now, "origin": origin}
    transaction.connection.execute(insert(Skip), [{**values, "cron_id": each} for each in run.cron_ids])
    _tell(transaction, now, "skip-wanted", run, origin)


def _name(links: list[LinkProspect]) -> str:
    return f"the schedule “{links[0].schedule}”"


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _tell(transaction: Transaction, now: datetime, what: str, run: SkippedRun, origin: str) -> None:
    due_at = run.due_at.isoformat()
    observe(transaction, now, what, schedule=run.schedule_id, crons=list(run.cron_ids), due_at=due_at, origin=origin)
    transaction.changed(Changes(queues=True, catalog=True))
