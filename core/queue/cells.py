"""Runs one cell of a schedule by hand: its command in one of its environments, as one of its crons would."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from core.clock import Clock
from core.database import Database
from core.errors import ConflictError, NotFoundError
from core.model import Command, Cron, Environment, Schedule, ScheduleCron, ScheduleEnvironment
from core.queue.enqueue import enqueue
from core.queue.jobs import Enqueued, NewJob
from core.queue.manual import COMMAND_COLUMNS, settings_of
from core.queue.states import Origin
from core.writer import Transaction

__all__ = ["run_cell"]


def run_cell(
    database: Database, clock: Clock, schedule_id: int, environment_id: int | None, cron_id: int | None
) -> Enqueued:
    """Put one job of the schedule into the queue for now; it may be disabled, and no due time is used up by it.

    The job knows the schedule and the cron, as a due one would. `environment_id` and `cron_id` are None where the
    schedule has none. Raises NotFoundError where the schedule is gone, ConflictError where the cell is not a part of it
    any more, and StorageError.
    """
    now = clock.now()
    return database.write(lambda transaction: _enqueue(transaction, schedule_id, environment_id, cron_id, now))


def _enqueue(
    transaction: Transaction, schedule_id: int, environment_id: int | None, cron_id: int | None, now: datetime
) -> Enqueued:
    connection = transaction.connection
    row = (
        connection.execute(
            select(Schedule.name.label("schedule"), Command.id, Command.name, *COMMAND_COLUMNS)
            .join(Command, Command.id == Schedule.command_id)
            .where(Schedule.id == schedule_id)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFoundError("schedule", f"#{schedule_id}")
    schedule = row["schedule"]
    enqueued = enqueue(
        transaction,
        NewJob(
            command_id=row["id"],
            command_name=row["name"],
            environment_id=environment_id,
            environment_name=_environment_name(connection, schedule_id, schedule, environment_id),
            schedule_id=schedule_id,
            schedule_name=schedule,
            cron_id=cron_id,
            cron_name=_cron_name(connection, schedule_id, schedule, cron_id),
            scheduled_at=now,
            origin=Origin.MANUAL,
            **settings_of(row),
        ),
        now,
    )
    assert enqueued is not None, "only a job with a due key can be there already"
    return enqueued


def _environment_name(connection: Connection, schedule_id: int, schedule: str, wanted: int | None) -> str | None:
    rows = connection.execute(
        select(Environment.id, Environment.name)
        .join(ScheduleEnvironment, ScheduleEnvironment.environment_id == Environment.id)
        .where(ScheduleEnvironment.schedule_id == schedule_id)
    )
    return _one_of({row.id: row.name for row in rows}, wanted, f"The schedule “{schedule}”", "environment")


def _cron_name(connection: Connection, schedule_id: int, schedule: str, wanted: int | None) -> str | None:
    rows = connection.execute(
        select(Cron.id, Cron.name)
        .join(ScheduleCron, ScheduleCron.cron_id == Cron.id)
        .where(ScheduleCron.schedule_id == schedule_id)
    )
    return _one_of({row.id: row.name for row in rows}, wanted, f"The schedule “{schedule}”", "cron")


def _one_of(names: dict[int, str], wanted: int | None, owner: str, kind: str) -> str | None:
    if wanted is None and not names:
        return None
    if wanted is None or wanted not in names:
        raise ConflictError(f"{owner} does not have this {kind} any more. Look at it again, and choose another cell.")
    return names[wanted]
