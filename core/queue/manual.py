"""Jobs that a person asks for: run now, run later, and retry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select

from core.errors import ConflictError, NotFoundError
from core.model import Command, Environment
from core.queue.enqueue import enqueue
from core.queue.jobs import Enqueued, NewJob
from core.queue.rows import JOBS
from core.queue.states import FINISHED, JobState, Origin, Overlap
from core.writer import Transaction

__all__ = ["COMMAND_COLUMNS", "retry", "run_command", "settings_of"]

COMMAND_COLUMNS = (
    Command.queue,
    Command.priority,
    Command.max_attempts,
    Command.backoff_base,
    Command.backoff_cap,
    Command.overlap,
    Command.concurrency_group,
)
"""What a job takes over from its command when it is made."""

_COMMAND = select(Command.id, Command.name, *COMMAND_COLUMNS).where(Command.id == bindparam("command"))
_ENVIRONMENT = select(Environment.name).where(Environment.id == bindparam("environment"))
_JOB = select(JOBS).where(JOBS.c.id == bindparam("job"))


def settings_of(command: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    """Return the arguments of NewJob that come from a row with COMMAND_COLUMNS."""
    settings = {column.key: command[column.key] for column in COMMAND_COLUMNS}
    return {**settings, "overlap": Overlap(settings["overlap"])}


def run_command(
    transaction: Transaction,
    command_id: int,
    environment_id: int | None,
    *,
    at: datetime,
    now: datetime,
    origin: Origin,
) -> Enqueued:
    """Put one job of the command into the queue, to run at `at`; disabled commands can be run so, too.

    Raises NotFoundError where the command or the environment is gone.
    """
    connection = transaction.connection
    command = connection.execute(_COMMAND, {"command": command_id}).mappings().first()
    if command is None:
        raise NotFoundError("command", f"#{command_id}")
    new = NewJob(
        command_id=command["id"],
        command_name=command["name"],
        environment_id=environment_id,
        environment_name=_environment_name(connection, environment_id),
        scheduled_at=max(at, now),
        origin=origin,
        **settings_of(command),
    )
    return _certain(enqueue(transaction, new, now))


def retry(transaction: Transaction, job_id: int, *, now: datetime, at: datetime | None = None) -> Enqueued:
    """Put a job into the queue that repeats an ended one and remembers which, to run now or `at` a time to come.

    It runs the command as it is defined today. Raises NotFoundError, and ConflictError where the job has not ended or
    its command or environment is gone.
    """
    connection = transaction.connection
    old = connection.execute(_JOB, {"job": job_id}).mappings().first()
    if old is None:
        raise NotFoundError("job", str(job_id))
    if JobState(old["state"]) not in FINISHED:
        raise ConflictError(f"Job {job_id} has not ended yet: it is {old['state']}. Cancel it first, or wait.")
    command = connection.execute(_COMMAND, {"command": old["command_id"]}).mappings().first()
    if command is None:
        raise ConflictError(f"Job {job_id} can't be repeated: its command “{old['command_name']}” was deleted.")
    try:
        environment_name = _environment_name(connection, old["environment_id"])
    except NotFoundError:
        raise ConflictError(
            f"Job {job_id} can't be repeated: its environment “{old['environment_name']}” was deleted."
        ) from None
    new = NewJob(
        command_id=command["id"],
        command_name=command["name"],
        environment_id=old["environment_id"],
        environment_name=environment_name,
        schedule_id=old["schedule_id"],
        schedule_name=old["schedule_name"],
        cron_id=old["cron_id"],
        cron_name=old["cron_name"],
        due_at=old["due_at"],
        scheduled_at=max(at or now, now),
        origin=Origin.RETRY,
        retry_of=job_id,
        **settings_of(command),
    )
    return _certain(enqueue(transaction, new, now))


def _environment_name(connection: Connection, environment_id: int | None) -> str | None:
    if environment_id is None:
        return None
    name: str | None = connection.execute(_ENVIRONMENT, {"environment": environment_id}).scalar()
    if name is None:
        raise NotFoundError("environment", f"#{environment_id}")
    return name


def _certain(enqueued: Enqueued | None) -> Enqueued:
    assert enqueued is not None, "only a job with a due key can be there already"
    return enqueued
