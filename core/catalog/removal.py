"""Deletes from the catalog, and says beforehand what else would go or change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from core.catalog.due import Moment, anchor
from core.catalog.reading import TABLES, read_queues, read_schedules
from core.catalog.specs import DEFAULT_QUEUE, Kind
from core.changes import Changes
from core.errors import ConflictError, NotFoundError
from core.model import Environment, Job, Queue, Schedule, ScheduleCron, ScheduleEnvironment
from core.queue.states import LIVE
from core.writer import Transaction

__all__ = ["DeletionEffects", "delete_queue", "delete_row", "deletion_effects"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionEffects:
    """What deleting one thing means for the rest of the catalog; all names are sorted."""

    kind: Kind
    name: str
    deleted_schedules: tuple[str, ...] = ()
    """They go with their command."""
    shortened_schedules: tuple[str, ...] = ()
    """They lose this environment or cron and go on with their others."""
    idle_schedules: tuple[str, ...] = ()
    """They lose their only cron, and are due no more."""
    disabled_schedules: tuple[str, ...] = ()
    """They lose their only environment; without one they would run in the bare session, so they are disabled."""
    extended_by: tuple[str, ...] = ()
    """Environments that build on this one; while there are any, it can't be deleted."""
    unfinished_jobs: int = 0
    """Jobs of this command that wait or run: what runs goes on, what waits can't start any more."""

    @property
    def refused(self) -> bool:
        """Return whether deleting is refused."""
        return bool(self.extended_by)

    def sentences(self) -> list[str]:
        """Return one sentence per effect, for a question or for a log; empty where nothing else is touched."""
        named = [
            ("These schedules are deleted with it", self.deleted_schedules),
            ("These schedules go on without it", self.shortened_schedules),
            ("These schedules have no cron then, and are due no more", self.idle_schedules),
            ("These schedules have no environment then, and are disabled", self.disabled_schedules),
            ("It can't be deleted while these environments extend it", self.extended_by),
        ]
        sentences = [f"{what}: {_quoted(names)}." for what, names in named if names]
        if self.unfinished_jobs:
            sentences.append(f"Unfinished jobs of it: {self.unfinished_jobs}. Those that wait can't start any more.")
        return sentences


def deletion_effects(connection: Connection, kind: Kind, row_id: int) -> DeletionEffects:
    """Return what deleting this row would do; nothing is changed. Raises NotFoundError."""
    name = _name(connection, kind, row_id)
    match kind:
        case Kind.COMMAND:
            return DeletionEffects(
                kind=kind,
                name=name,
                deleted_schedules=_names(connection, select(Schedule.name).where(Schedule.command_id == row_id)),
                unfinished_jobs=_unfinished(connection, Job.command_id == row_id),
            )
        case Kind.ENVIRONMENT:
            users = select(ScheduleEnvironment.schedule_id).where(ScheduleEnvironment.environment_id == row_id)
            shortened, last = _users(connection, users, "environments")
            return DeletionEffects(
                kind=kind,
                name=name,
                shortened_schedules=shortened,
                disabled_schedules=last,
                extended_by=_names(connection, select(Environment.name).where(Environment.extends_id == row_id)),
            )
        case Kind.CRON:
            users = select(ScheduleCron.schedule_id).where(ScheduleCron.cron_id == row_id)
            shortened, last = _users(connection, users, "crons")
            return DeletionEffects(kind=kind, name=name, shortened_schedules=shortened, idle_schedules=last)
        case _:
            return DeletionEffects(kind=kind, name=name)


def delete_row(transaction: Transaction, kind: Kind, row_id: int, moment: Moment) -> DeletionEffects:
    """Delete a command, an environment, a cron or a schedule, and return what else that did.

    Raises NotFoundError, and ConflictError for an environment that others extend.
    """
    effects = deletion_effects(transaction.connection, kind, row_id)
    if effects.extended_by:
        raise ConflictError(
            f"The environment “{effects.name}” can't be deleted, because {_quoted(effects.extended_by)} "
            f"{'extends' if len(effects.extended_by) == 1 else 'extend'} it. "
            "Let them extend another one, or delete them first."
        )
    if effects.disabled_schedules:
        disabled = Schedule.name.in_(effects.disabled_schedules)
        transaction.connection.execute(update(Schedule).where(disabled).values(enabled=False, updated_at=moment.now))
        anchor(transaction, disabled, moment)
    # The rows that belong to it go by ON DELETE CASCADE.
    table = TABLES[kind]
    transaction.connection.execute(delete(table).where(table.id == row_id))
    transaction.changed(Changes(catalog=True))
    return effects


def delete_queue(transaction: Transaction, name: str) -> None:
    """Delete a queue that nothing uses.

    Raises NotFoundError, and ConflictError for the default queue, one that commands name and one with unfinished jobs.
    """
    queues = {queue.spec.name: queue for queue in read_queues(transaction.connection)}
    if name not in queues:
        raise NotFoundError(Kind.QUEUE, name, queues)
    if name == DEFAULT_QUEUE:
        raise ConflictError(f"The queue “{DEFAULT_QUEUE}” can't be deleted: it serves commands that name no other.")
    if queues[name].commands:
        raise ConflictError(
            f"The queue “{name}” can't be deleted, because these commands use it: {_quoted(queues[name].commands)}. "
            "Give them another queue first."
        )
    if unfinished := _unfinished(transaction.connection, Job.queue == name):
        raise ConflictError(
            f"The queue “{name}” can't be deleted, because it has unfinished jobs ({unfinished}). "
            "Wait for them, or cancel them."
        )
    transaction.connection.execute(delete(Queue).where(Queue.name == name))
    transaction.changed(Changes(catalog=True, queues=True))


def _name(connection: Connection, kind: Kind, row_id: int) -> str:
    table = TABLES[kind]
    name = connection.execute(select(table.name).where(table.id == row_id)).scalar_one_or_none()
    if name is None:
        raise NotFoundError(kind, f"#{row_id}")
    return name


def _names(connection: Connection, statement: Any) -> tuple[str, ...]:
    return tuple(sorted(connection.execute(statement).scalars()))


def _users(connection: Connection, schedule_ids: Any, links: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the schedules that keep other `links` (environments or crons), and those that lose their last one."""
    specs = [record.spec for record in read_schedules(connection, list(connection.execute(schedule_ids).scalars()))]
    return (
        tuple(spec.name for spec in specs if len(getattr(spec, links)) > 1),
        tuple(spec.name for spec in specs if len(getattr(spec, links)) == 1),
    )


def _unfinished(connection: Connection, which: Any) -> int:
    states = [state.value for state in LIVE]
    return connection.execute(select(func.count()).select_from(Job).where(which, Job.state.in_(states))).scalar_one()


def _quoted(names: tuple[str, ...]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown
