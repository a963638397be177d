"""Keeps every schedule's next due times right when the catalog or the machine's zone changes."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, delete, select, update

from core.changes import Changes
from core.clock import Clock
from core.errors import ClockhandError
from core.model import Command, Cron, Schedule, ScheduleCron, ScheduleEnvironment, Skip
from core.queue.left_out import record_barred
from core.timing.occurrences import SYSTEM_ZONE, occurrences_of
from core.writer import Transaction

__all__ = ["Moment", "account_for", "anchor", "next_due", "refresh_system_zone", "runs_in"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is saved, and what “system” means as a time zone then."""

    now: datetime
    zone: ZoneInfo

    @classmethod
    def of(cls, clock: Clock) -> Moment:
        """Return what the clock says."""
        return cls(clock.now(), clock.zone())


def next_due(expression: str, timezone: str, moment: Moment) -> datetime | None:
    """Return the first due time after now; None for one that never comes or can't be computed.

    A cron that was saved by another version or with other zone data must not keep the others from being saved, so
    its fault is logged and not raised.
    """
    try:
        return occurrences_of(expression, timezone, moment.zone).next(moment.now)
    except ClockhandError as error:
        logger.warning("The cron “%s” (%s) has no due time: %s", expression, timezone, error)
        return None


def account_for(
    transaction: Transaction, which: ColumnElement[bool], moment: Moment, *, drops_rest: bool = True
) -> None:
    """Record what pauses have swallowed up to now, as it is saved until now; to be called before an edit of `which`.

    `anchor` is to follow, unless `drops_rest` is false: due times that are to run and wait are left to dispatch then.
    """
    record_barred(transaction, which, now=moment.now, zone=moment.zone, drops_rest=drops_rest)


def anchor(transaction: Transaction, which: ColumnElement[bool], moment: Moment) -> None:
    """Recompute the links that `which` selects, from now on, so that no edit makes the past due (DESIGN, time).

    `which` may name columns of schedule_crons, schedules, commands and crons. Where the schedule, its command and the
    cron are all enabled, the watermark becomes now and `next_due_at` the first due time after it; elsewhere
    `next_due_at` becomes null and the watermark stays. A skip of a time at which nothing is due then is forgotten.
    What was due before is to be told by `account_for`.
    """
    links = transaction.connection.execute(_LINKS.where(which)).all()
    if not links:
        return
    computed: dict[tuple[str, str], datetime | None] = {}
    started, stopped = [], []
    for link in links:
        if not link.active:
            stopped.append({"link": link.id})
            continue
        key = (link.expression, link.timezone)
        if key not in computed:
            computed[key] = next_due(*key, moment)
        started.append({"link": link.id, "due": computed[key], "watermark": moment.now})
    if started:
        transaction.connection.execute(_START, started)
    if stopped:
        transaction.connection.execute(_STOP, stopped)
    _drop_stale_skips(transaction, which, moment)
    transaction.changed(Changes(due_times=True))


def runs_in(environment_ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that selects the crons of the schedules that name one of these environments."""
    users = select(ScheduleEnvironment.schedule_id).where(ScheduleEnvironment.environment_id.in_(environment_ids))
    return ScheduleCron.schedule_id.in_(users)


def refresh_system_zone(transaction: Transaction, zone: ZoneInfo, now: datetime, *, before: ZoneInfo) -> None:
    """Recompute every cron that follows the machine's time zone, because it has become `zone` and was `before`."""
    account_for(transaction, Cron.timezone == SYSTEM_ZONE, Moment(now, before))
    anchor(transaction, Cron.timezone == SYSTEM_ZONE, Moment(now, zone))


def _drop_stale_skips(transaction: Transaction, which: ColumnElement[bool], moment: Moment) -> None:
    rows = transaction.connection.execute(
        _LINKS.with_only_columns(Skip.id, Skip.due_at, Cron.expression, Cron.timezone)
        .join(Skip, (Skip.schedule_id == ScheduleCron.schedule_id) & (Skip.cron_id == ScheduleCron.cron_id))
        .where(which, Skip.due_at > moment.now)
    )
    stale = [
        row.id
        for row in rows
        if next_due(row.expression, row.timezone, replace(moment, now=row.due_at - _TICK)) != row.due_at
    ]
    transaction.connection.execute(delete(Skip).where(Skip.id.in_(stale)))


_TICK = timedelta(microseconds=1)
_START = (
    update(ScheduleCron)
    .where(ScheduleCron.id == bindparam("link"))
    .values(watermark_at=bindparam("watermark"), next_due_at=bindparam("due"))
)
_STOP = update(ScheduleCron).where(ScheduleCron.id == bindparam("link")).values(next_due_at=None)


_LINKS = (
    select(
        ScheduleCron.id,
        Cron.expression,
        Cron.timezone,
        (Schedule.enabled & Command.enabled & Cron.enabled).label("active"),
    )
    .select_from(ScheduleCron)
    .join(Cron, Cron.id == ScheduleCron.cron_id)
    .join(Schedule, Schedule.id == ScheduleCron.schedule_id)
    .join(Command, Command.id == Schedule.command_id)
)
