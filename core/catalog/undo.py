"""Remembers what a deletion takes, and brings it back under the same ids, so that history stays connected with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from core.catalog.due import Moment, anchor
from core.catalog.reading import TABLES
from core.catalog.removal import DeletionEffects, delete_rows
from core.catalog.secret_values import PutBack, as_it_was
from core.catalog.specs import Kind
from core.catalog.storing import open_queue
from core.changes import Changes
from core.errors import ConflictError
from core.model import Command, Cron, Environment, Pause, Schedule, ScheduleCron, ScheduleEnvironment, Skip, Variable
from core.queue.pauses import hold_paused, reopen
from core.writer import Transaction

__all__ = ["Snapshot", "delete_with_snapshot", "restore"]

Rows = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The rows that a deletion took, by their tables, and the schedules that it disabled, as they were before.

    It holds what the database held: a secret's row as it is kept there, never its plain value.
    """

    kind: Kind
    ids: tuple[int, ...]
    names: tuple[str, ...]
    rows: Mapping[str, Rows] = field(repr=False)
    disabled: Rows = field(repr=False)
    taken_at: datetime

    @property
    def sealed(self) -> list[bytes]:
        """Return the sealed values of the secrets that went."""
        return [row["sealed"] for row in self.rows[Variable.__tablename__] if row["sealed"] is not None]


def delete_with_snapshot(
    transaction: Transaction, kind: Kind, row_ids: Collection[int], moment: Moment
) -> tuple[DeletionEffects, Snapshot]:
    """Delete several things of a kind at once, and return what else that did and how to bring it all back.

    Raises NotFoundError, and ConflictError for environments that others extend; nothing is deleted then.
    """
    connection = transaction.connection
    rows = _capture(connection, kind, row_ids)
    links = rows[ScheduleEnvironment.__tablename__]
    users = _rows(connection, Schedule, Schedule.id.in_([link["schedule_id"] for link in links]))
    effects = delete_rows(transaction, kind, row_ids, moment)
    disabled = tuple(row for row in users if row["enabled"] and row["name"] in effects.disabled_schedules)
    return effects, Snapshot(
        kind=kind,
        ids=tuple(row_ids),
        names=effects.names,
        rows=rows,
        disabled=disabled,
        taken_at=moment.now,
    )


def restore(transaction: Transaction, snapshot: Snapshot, moment: Moment, *, put_back: PutBack = as_it_was) -> None:
    """Bring back what a deletion took, under the same ids; due times count from now on, so nothing of the past is due.

    A link to something that was deleted since is left out. A schedule that the deletion disabled is enabled again,
    unless somebody has edited it since. Raises ConflictError where a name was taken meanwhile, or where what a row
    can't be without is gone; nothing is restored then. The values of secrets come back by way of `put_back`; one that
    nothing opens any more is kept as it was, and said to be so where secrets are shown.
    """
    connection = transaction.connection
    for kind, table in TABLES.items():
        _refuse_taken(connection, kind, snapshot.rows[table.__tablename__])
    _refuse_orphans(connection, snapshot)
    for row in snapshot.rows[Command.__tablename__]:
        open_queue(transaction, row["queue"])
    for table in (Command, Cron, Schedule):
        _insert(connection, table, snapshot.rows[table.__tablename__])
    _insert(connection, Environment, _parents_first(snapshot.rows[Environment.__tablename__]))
    _insert(
        connection, Variable, [_with_value(transaction, row, put_back) for row in snapshot.rows[Variable.__tablename__]]
    )
    _insert(connection, ScheduleEnvironment, _linked(connection, snapshot, ScheduleEnvironment, "environment_id"))
    links = _linked(connection, snapshot, ScheduleCron, "cron_id")
    _insert(connection, ScheduleCron, links)
    _insert(connection, Skip, snapshot.rows[Skip.__tablename__])
    reopen(transaction, [row["id"] for row in snapshot.rows[Pause.__tablename__]], snapshot.taken_at)
    for schedule_id in {link["schedule_id"] for link in links}:
        hold_paused(transaction, schedule_id)  # a pause may have begun or ended since
    touched = {link["id"] for link in links}
    anchor(transaction, ScheduleCron.id.in_(touched), moment)
    _enable_again(transaction, snapshot, moment)
    _disable_bare(transaction, snapshot, moment)
    transaction.changed(Changes(catalog=True))


def _capture(connection: Connection, kind: Kind, row_ids: Collection[int]) -> dict[str, Rows]:
    """Return every row that goes with these, and no rows for the tables that are not concerned."""
    rows: dict[str, Rows] = {
        table.__tablename__: ()
        for table in (Command, Environment, Variable, Cron, Schedule, ScheduleEnvironment, ScheduleCron, Pause, Skip)
    }

    def take(table: Any, which: Any) -> Rows:
        rows[table.__tablename__] = _rows(connection, table, which)
        return rows[table.__tablename__]

    take(TABLES[kind], TABLES[kind].id.in_(row_ids))
    match kind:
        case Kind.ENVIRONMENT:
            take(Variable, Variable.environment_id.in_(row_ids))
            take(ScheduleEnvironment, ScheduleEnvironment.environment_id.in_(row_ids))
            take(Pause, Pause.environment_id.in_(row_ids) & Pause.ended_at.is_(None))
        case Kind.CRON:
            take(ScheduleCron, ScheduleCron.cron_id.in_(row_ids))
            take(Pause, Pause.cron_id.in_(row_ids) & Pause.ended_at.is_(None))
            take(Skip, Skip.cron_id.in_(row_ids))
        case _:
            which = Schedule.command_id.in_(row_ids) if kind is Kind.COMMAND else Schedule.id.in_(row_ids)
            schedule_ids = [row["id"] for row in take(Schedule, which)]
            take(ScheduleEnvironment, ScheduleEnvironment.schedule_id.in_(schedule_ids))
            take(ScheduleCron, ScheduleCron.schedule_id.in_(schedule_ids))
            take(Pause, Pause.schedule_id.in_(schedule_ids) & Pause.ended_at.is_(None))
            take(Skip, Skip.schedule_id.in_(schedule_ids))
    return rows


def _rows(connection: Connection, table: Any, which: Any) -> Rows:
    return tuple(dict(row) for row in connection.execute(select(table.__table__).where(which)).mappings())


def _insert(connection: Connection, table: Any, rows: Collection[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), [dict(row) for row in rows])


def _with_value(transaction: Transaction, row: Mapping[str, Any], put_back: PutBack) -> Mapping[str, Any]:
    if row["sealed"] is None:
        return row
    # Not refused where no key opens it: all else of the environment would be lost with the value.
    renewed = put_back(transaction, row["environment_id"], row["name"], row["sealed"])
    return {**row, "sealed": renewed or row["sealed"]}


def _refuse_taken(connection: Connection, kind: Kind, rows: Rows) -> None:
    names = [row["name"] for row in rows]
    table = TABLES[kind]
    taken = connection.execute(select(table.name).where(table.name.in_(names)).order_by(table.name)).scalars().first()
    if taken is not None:
        raise ConflictError(
            f"The {kind} “{taken}” can't come back, because there is another {kind} of that name now. "
            "Rename that one first, then undo again."
        )


def _refuse_orphans(connection: Connection, snapshot: Snapshot) -> None:
    """Raise ConflictError where a schedule's command or an environment's parent is gone."""
    commands = _existing(connection, Command, snapshot)
    for row in snapshot.rows[Schedule.__tablename__]:
        if row["command_id"] not in commands:
            raise ConflictError(
                f"The schedule “{row['name']}” can't come back, because the command that it ran was deleted. "
                "Make a new schedule for another command."
            )
    environments = _existing(connection, Environment, snapshot)
    for row in snapshot.rows[Environment.__tablename__]:
        if row["extends_id"] is not None and row["extends_id"] not in environments:
            raise ConflictError(
                f"The environment “{row['name']}” can't come back, because the one that it extended was deleted. "
                "Make a new environment."
            )


def _existing(connection: Connection, table: Any, snapshot: Snapshot) -> set[int]:
    """Return the ids that are there now, or will be with this snapshot."""
    return {*connection.execute(select(table.id)).scalars(), *(row["id"] for row in snapshot.rows[table.__tablename__])}


def _parents_first(rows: Rows) -> list[Mapping[str, Any]]:
    waiting = {row["id"]: row for row in rows}
    ordered: list[Mapping[str, Any]] = []
    while waiting:
        free = [row for row in waiting.values() if row["extends_id"] not in waiting]
        ordered += free
        for row in free:
            del waiting[row["id"]]
    return ordered


def _linked(connection: Connection, snapshot: Snapshot, table: Any, other: str) -> list[Mapping[str, Any]]:
    """Return the link rows of which both ends are there now."""
    schedules = set(connection.execute(select(Schedule.id)).scalars())
    others = set(connection.execute(select((Environment if table is ScheduleEnvironment else Cron).id)).scalars())
    links = snapshot.rows[table.__tablename__]
    return [link for link in links if link["schedule_id"] in schedules and link[other] in others]


def _enable_again(transaction: Transaction, snapshot: Snapshot, moment: Moment) -> None:
    for row in snapshot.disabled:
        untouched = (Schedule.id == row["id"]) & ~Schedule.enabled & (Schedule.updated_at == snapshot.taken_at)
        transaction.connection.execute(
            update(Schedule).where(untouched).values(enabled=True, updated_at=row["updated_at"])
        )
        anchor(transaction, Schedule.id == row["id"], moment)


def _disable_bare(transaction: Transaction, snapshot: Snapshot, moment: Moment) -> None:
    """Disable the schedules whose environments are all gone: in the bare session they would do something else."""
    had = {row["schedule_id"] for row in snapshot.rows[ScheduleEnvironment.__tablename__]}
    mine = {row["id"] for row in snapshot.rows[Schedule.__tablename__]} & had
    keeps = select(ScheduleEnvironment.schedule_id).where(ScheduleEnvironment.schedule_id.in_(mine))
    bare = mine - set(transaction.connection.execute(keeps).scalars())
    if bare:
        transaction.connection.execute(update(Schedule).where(Schedule.id.in_(bare)).values(enabled=False))
        anchor(transaction, Schedule.id.in_(bare), moment)
