"""Deletes from the catalog, and says beforehand what else would go or change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from core.catalog.due import Moment, account_for, anchor, runs_in
from core.catalog.reading import TABLES, read_queues, read_schedules
from core.catalog.specs import DEFAULT_QUEUE, Kind
from core.changes import Changes
from core.errors import ConflictError, NotFoundError
from core.model import Environment, Job, Queue, Schedule, ScheduleCron, ScheduleEnvironment
from core.queue.pauses import end_gone
from core.queue.skips import drop_gone
from core.queue.states import LIVE
from core.writer import Transaction

__all__ = ["DeletionEffects", "delete_queue", "delete_row", "delete_rows", "deletion_effects"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionEffects:
    """What deleting one or more things of a kind means for the rest of the catalog; all names are sorted."""

    kind: Kind
    names: tuple[str, ...]
    """What is deleted."""
    deleted_schedules: tuple[str, ...] = ()
    """They go with their command."""
    shortened_schedules: tuple[str, ...] = ()
    """They lose an environment or a cron and go on with their others."""
    idle_schedules: tuple[str, ...] = ()
    """They lose their only crons, and are due no more."""
    disabled_schedules: tuple[str, ...] = ()
    """They lose their only environments; without one they would run in the bare session, so they are disabled."""
    extended_by: tuple[str, ...] = ()
    """Environments that build on what is deleted; while there are any, it can't be."""
    unfinished_jobs: int = 0
    """Jobs of the commands that wait or run: what runs goes on, what waits can't start any more."""

    @property
    def name(self) -> str:
        """Return the name of the only thing that is deleted, or of the first."""
        return self.names[0]

    @property
    def refused(self) -> bool:
        """Return whether deleting is refused."""
        return bool(self.extended_by)

    @property
    def touches_others(self) -> bool:
        """Return whether anything else is deleted or changed."""
        return any((self.deleted_schedules, self.shortened_schedules, self.idle_schedules, self.disabled_schedules))

    def sentences(self) -> list[str]:
        """Return one sentence per effect, for a question or for a log; empty where nothing else is touched."""
        it = "it" if len(self.names) == 1 else "them"
        named = [
            (f"These schedules are deleted with {it}", self.deleted_schedules),
            (f"These schedules go on without {it}", self.shortened_schedules),
            ("These schedules have no cron then, and are due no more", self.idle_schedules),
            ("These schedules have no environment then, and are disabled", self.disabled_schedules),
            (
                f"{'It' if it == 'it' else 'They'} can't be deleted while these environments extend {it}",
                self.extended_by,
            ),
        ]
        sentences = [f"{what}: {_quoted(names)}." for what, names in named if names]
        if self.unfinished_jobs:
            sentences.append(f"Unfinished jobs of {it}: {self.unfinished_jobs}. Those that wait can't start any more.")
        return sentences


def deletion_effects(connection: Connection, kind: Kind, row_ids: Collection[int]) -> DeletionEffects:
    """Return what deleting these rows together would do; nothing is changed. Raises NotFoundError."""
    names = _names_of(connection, kind, row_ids)
    match kind:
        case Kind.COMMAND:
            return DeletionEffects(
                kind=kind,
                names=names,
                deleted_schedules=_names(connection, select(Schedule.name).where(Schedule.command_id.in_(row_ids))),
                unfinished_jobs=_unfinished(connection, Job.command_id.in_(row_ids)),
            )
        case Kind.ENVIRONMENT:
            users = select(ScheduleEnvironment.schedule_id).where(ScheduleEnvironment.environment_id.in_(row_ids))
            shortened, last = _users(connection, users, "environments", names)
            others = Environment.extends_id.in_(row_ids) & Environment.id.not_in(row_ids)
            return DeletionEffects(
                kind=kind,
                names=names,
                shortened_schedules=shortened,
                disabled_schedules=last,
                extended_by=_names(connection, select(Environment.name).where(others)),
            )
        case Kind.CRON:
            users = select(ScheduleCron.schedule_id).where(ScheduleCron.cron_id.in_(row_ids))
            shortened, last = _users(connection, users, "crons", names)
            return DeletionEffects(kind=kind, names=names, shortened_schedules=shortened, idle_schedules=last)
        case _:
            return DeletionEffects(kind=kind, names=names)


def delete_row(transaction: Transaction, kind: Kind, row_id: int, moment: Moment) -> DeletionEffects:
    """Delete a command, an environment, a cron or a schedule, and return what else that did.

    Raises NotFoundError, and ConflictError for an environment that others extend.
    """
    return delete_rows(transaction, kind, [row_id], moment)


def delete_rows(transaction: Transaction, kind: Kind, row_ids: Collection[int], moment: Moment) -> DeletionEffects:
    """Delete several things of a kind at once, and return what else that did.

    Raises NotFoundError, and ConflictError for environments that others extend; nothing is deleted then.
    """
    effects = deletion_effects(transaction.connection, kind, row_ids)
    if effects.extended_by:
        many = len(effects.names) > 1
        raise ConflictError(
            f"The environment{'s' if many else ''} {_quoted(effects.names)} can't be deleted, because "
            f"{_quoted(effects.extended_by)} {'extends' if len(effects.extended_by) == 1 else 'extend'} "
            f"{'them' if many else 'it'}. Let them extend another one, or delete them first."
        )
    account_for(transaction, _links_of(kind, row_ids), moment, drops_rest=kind is not Kind.ENVIRONMENT)
    if effects.disabled_schedules:
        disabled = Schedule.name.in_(effects.disabled_schedules)
        account_for(transaction, disabled, moment)
        transaction.connection.execute(update(Schedule).where(disabled).values(enabled=False, updated_at=moment.now))
        anchor(transaction, disabled, moment)
    table = TABLES[kind]
    if kind is Kind.ENVIRONMENT:
        # They may extend each other, and a row that is extended is kept by its constraint.
        among = Environment.id.in_(row_ids)
        transaction.connection.execute(update(Environment).where(among).values(extends_id=None))
    # The rows that belong to them go by ON DELETE CASCADE.
    transaction.connection.execute(delete(table).where(table.id.in_(row_ids)))
    end_gone(transaction, moment.now)
    drop_gone(transaction, moment.now)
    transaction.changed(Changes(catalog=True))
    return effects


def _links_of(kind: Kind, row_ids: Collection[int]) -> ColumnElement[bool]:
    match kind:
        case Kind.COMMAND:
            return Schedule.command_id.in_(row_ids)
        case Kind.CRON:
            return ScheduleCron.cron_id.in_(row_ids)
        case Kind.ENVIRONMENT:
            return runs_in(row_ids)
        case _:
            return ScheduleCron.schedule_id.in_(row_ids)


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


def _names_of(connection: Connection, kind: Kind, row_ids: Collection[int]) -> tuple[str, ...]:
    table = TABLES[kind]
    found = {row.id: row.name for row in connection.execute(select(table.id, table.name).where(table.id.in_(row_ids)))}
    for row_id in row_ids:
        if row_id not in found:
            raise NotFoundError(kind, f"#{row_id}")
    return tuple(sorted(found.values()))


def _names(connection: Connection, statement: Any) -> tuple[str, ...]:
    return tuple(sorted(connection.execute(statement).scalars()))


def _users(
    connection: Connection, schedule_ids: Any, links: str, gone: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the schedules that keep other `links` (environments or crons), and those that lose their last one."""
    ids = set(connection.execute(schedule_ids).scalars())
    kept: list[str] = []
    bare: list[str] = []
    for record in read_schedules(connection, ids):
        (kept if set(getattr(record.spec, links)) - set(gone) else bare).append(record.spec.name)
    return tuple(sorted(kept)), tuple(sorted(bare))


def _unfinished(connection: Connection, which: Any) -> int:
    states = [state.value for state in LIVE]
    return connection.execute(select(func.count()).select_from(Job).where(which, Job.state.in_(states))).scalar_one()


def _quoted(names: tuple[str, ...]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown
