"""Reads which crons of which schedules are due, with all that a job of theirs needs, and advances them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, func, literal_column, select, update

from core.clock import to_micros
from core.model import Command, Cron, Environment, Schedule, ScheduleCron, ScheduleEnvironment
from core.queue.jobs import NewJob
from core.queue.manual import COMMAND_COLUMNS, settings_of
from core.queue.states import Origin
from core.timing.due import CatchUp, CatchUpPolicy
from core.timing.jitter import jitter_offset

__all__ = ["DueRow", "advance", "next_due_at", "read_at_start", "read_due", "read_waiting"]

_ROWS = (
    select(
        ScheduleCron.id,
        ScheduleCron.watermark_at,
        ScheduleCron.next_due_at,
        Schedule.id.label("schedule_id"),
        Schedule.name.label("schedule_name"),
        Schedule.catch_up,
        Schedule.catch_up_limit,
        Schedule.catch_up_max_age,
        Schedule.jitter,
        Cron.id.label("cron_id"),
        Cron.name.label("cron_name"),
        Cron.expression,
        Cron.timezone,
        Command.id.label("command_id"),
        Command.name.label("command_name"),
        *COMMAND_COLUMNS,
    )
    .join(Schedule, Schedule.id == ScheduleCron.schedule_id)
    .join(Cron, Cron.id == ScheduleCron.cron_id)
    .join(Command, Command.id == Schedule.command_id)
)
# As a literal, or SQLite can't use the partial index; schedules that are paused are left out of it.
_NOT_HELD = ScheduleCron.held == literal_column("0")
_DUE = (
    _ROWS.where(ScheduleCron.next_due_at.is_not(None), _NOT_HELD, ScheduleCron.next_due_at <= bindparam("now"))
    .order_by(ScheduleCron.next_due_at, ScheduleCron.id)
    .limit(bindparam("most"))
)
_AT_START = _ROWS.where(
    func.lower(func.trim(Cron.expression)) == "@reboot", Schedule.enabled, Command.enabled, Cron.enabled
).order_by(ScheduleCron.id)
_ENVIRONMENTS = (
    select(ScheduleEnvironment.schedule_id, Environment.id, Environment.name, Environment.enabled)
    .join(Environment, Environment.id == ScheduleEnvironment.environment_id)
    .where(ScheduleEnvironment.schedule_id.in_(bindparam("schedules", expanding=True)))
    .order_by(ScheduleEnvironment.schedule_id, ScheduleEnvironment.position)
)
# The watermark stands in the guard as well, because an edit that leaves the next due time alone moves it.
_ADVANCE = (
    update(ScheduleCron)
    .where(
        ScheduleCron.id == bindparam("link"),
        ScheduleCron.next_due_at == bindparam("old_due"),
        ScheduleCron.watermark_at == bindparam("old_watermark"),
    )
    .values(watermark_at=bindparam("watermark"), next_due_at=bindparam("due"))
)
_NEXT = select(func.min(ScheduleCron.next_due_at)).where(ScheduleCron.next_due_at.is_not(None), _NOT_HELD)


@dataclass(frozen=True, slots=True)
class DueRow:
    """One cron of one schedule whose time has come.

    `environments` are the enabled ones, as (id, name); a schedule that names none runs once without one, so that the
    list is `[(None, None)]`, and it is empty where all that it names are disabled. `delay` is how much later than it is
    due a run on time starts.
    """

    id: int
    watermark_at: datetime
    next_due_at: datetime | None
    schedule_id: int
    schedule_name: str
    cron_id: int
    cron_name: str
    expression: str
    timezone: str
    policy: CatchUpPolicy
    delay: timedelta
    command_id: int
    command_name: str
    settings: dict[str, Any]
    environments: Sequence[tuple[int | None, str | None]]

    def job(
        self, environment: tuple[int | None, str | None], due_at: datetime, origin: Origin, now: datetime
    ) -> NewJob:
        """Return the job for one due time in one environment; a missed due time is to run now."""
        environment_id, environment_name = environment
        return NewJob(
            command_id=self.command_id,
            command_name=self.command_name,
            environment_id=environment_id,
            environment_name=environment_name,
            schedule_id=self.schedule_id,
            schedule_name=self.schedule_name,
            cron_id=self.cron_id,
            cron_name=self.cron_name,
            due_at=due_at,
            due_key=f"{self.schedule_id}:{self.cron_id}:{environment_id or 0}:{to_micros(due_at)}",
            scheduled_at=due_at + self.delay if origin is Origin.SCHEDULE else now,
            origin=origin,
            **self.settings,
        )


def read_due(connection: Connection, now: datetime, *, most: int) -> list[DueRow]:
    """Return up to `most` crons of schedules that are due, the longest due first."""
    return _with_environments(connection, connection.execute(_DUE, {"now": now, "most": most}).mappings().all())


def read_waiting(connection: Connection, now: datetime, which: ColumnElement[Any]) -> list[DueRow]:
    """Return those that have due times up to `now` nobody has dealt with, paused or not, among what `which` selects.

    `which` may name columns of schedule_crons, schedules, commands and crons.
    """
    waiting = _ROWS.where(ScheduleCron.next_due_at <= now, which).order_by(ScheduleCron.id)
    return _with_environments(connection, connection.execute(waiting).mappings().all())


def read_at_start(connection: Connection) -> list[DueRow]:
    """Return the `@reboot` crons of schedules: once per start of the agent, and without a next due time."""
    return _with_environments(connection, connection.execute(_AT_START).mappings().all())


def _with_environments(connection: Connection, rows: Sequence[RowMapping]) -> list[DueRow]:
    if not rows:
        return []
    environments: defaultdict[int, list[tuple[int | None, str | None]]] = defaultdict(list)
    named = set()
    for link in connection.execute(_ENVIRONMENTS, {"schedules": sorted({row["schedule_id"] for row in rows})}):
        named.add(link.schedule_id)
        if link.enabled:
            environments[link.schedule_id].append((link.id, link.name))
    return [
        _due_row(row, environments[row["schedule_id"]] if row["schedule_id"] in named else [(None, None)])
        for row in rows
    ]


def advance(connection: Connection, row: DueRow, *, watermark: datetime, next_due: datetime | None) -> bool:
    """Move the row's watermark and next due time; False where somebody else moved or edited it first."""
    values = {
        "link": row.id,
        "old_due": row.next_due_at,
        "old_watermark": row.watermark_at,
        "watermark": watermark,
        "due": next_due,
    }
    return connection.execute(_ADVANCE, values).rowcount == 1


def next_due_at(connection: Connection) -> datetime | None:
    """Return the earliest next due time of all that are not paused, or None."""
    found: datetime | None = connection.execute(_NEXT).scalar()
    return found


def _due_row(row: RowMapping, environments: Sequence[tuple[int | None, str | None]]) -> DueRow:
    return DueRow(
        id=row["id"],
        watermark_at=row["watermark_at"],
        next_due_at=row["next_due_at"],
        schedule_id=row["schedule_id"],
        schedule_name=row["schedule_name"],
        cron_id=row["cron_id"],
        cron_name=row["cron_name"],
        expression=row["expression"],
        timezone=row["timezone"],
        policy=_policy(row["catch_up"], row["catch_up_limit"], row["catch_up_max_age"]),
        delay=jitter_offset(row["schedule_id"], row["jitter"]),
        command_id=row["command_id"],
        command_name=row["command_name"],
        settings=settings_of(row),
        environments=environments,
    )


def _policy(catch_up: str, limit: int, max_age: timedelta) -> CatchUpPolicy:
    return CatchUpPolicy(CatchUp(catch_up), limit, max_age)
