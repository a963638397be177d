"""Writes checked definitions into the tables, touching only what differs; the checking is the caller's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from core.catalog.due import Moment, account_for, anchor, runs_in
from core.catalog.reading import TABLES, ids_by_name
from core.catalog.records import CommandRecord, CronRecord, EnvironmentRecord, Record, ScheduleRecord
from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, Kind, QueueSpec, ScheduleSpec
from core.changes import Changes
from core.model import Cron, Queue, Schedule, ScheduleCron, ScheduleEnvironment, Variable
from core.queue.kept_plans import hide_value
from core.queue.pauses import hold_paused
from core.timing.cron import parse
from core.writer import Transaction

__all__ = ["NameIds", "RowSpec", "insert_spec", "open_queue", "resolve_cron", "save_queue", "update_spec"]

RowSpec = CommandSpec | EnvironmentSpec | CronSpec | ScheduleSpec
"""The specs whose rows have an id."""


@dataclass(slots=True)
class NameIds:
    """The ids of the names that definitions refer to; whoever inserts a row adds its name."""

    commands: dict[str, int] = field(default_factory=dict)
    environments: dict[str, int] = field(default_factory=dict)
    crons: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection) -> NameIds:
        """Return the names that are saved."""
        return cls(
            ids_by_name(connection, Kind.COMMAND),
            ids_by_name(connection, Kind.ENVIRONMENT),
            ids_by_name(connection, Kind.CRON),
        )


def resolve_cron(spec: CronSpec) -> CronSpec:
    """Return the cron as it is saved: without outer blanks, and with H as the values that its name stands for (R1).

    Raises CronError.
    """
    # Queries look for “@reboot” by the text, and SQL's trim leaves tabs alone.
    return replace(spec, expression=parse(spec.expression, identity=spec.name).resolved.strip(" \t"))


def insert_spec(transaction: Transaction, spec: RowSpec, ids: NameIds, moment: Moment) -> int:
    """Save a new row and return its id; every name that `spec` refers to must be in `ids`, and H be resolved."""
    table = _table(spec)
    values = {**_columns(spec, ids), "created_at": moment.now, "updated_at": moment.now}
    row_id: int = transaction.connection.execute(insert(table).values(values).returning(table.id)).scalar_one()
    match spec:
        case CommandSpec():
            ids.commands[spec.name] = row_id
            open_queue(transaction, spec.queue)
        case EnvironmentSpec():
            ids.environments[spec.name] = row_id
            _update_variables(transaction, row_id, spec)
        case CronSpec():
            ids.crons[spec.name] = row_id
        case ScheduleSpec():
            _update_environments(transaction.connection, row_id, [ids.environments[n] for n in spec.environments])
            _update_crons(transaction.connection, row_id, [ids.crons[n] for n in spec.crons], moment)
            anchor(transaction, ScheduleCron.schedule_id == row_id, moment)
    transaction.changed(Changes(catalog=True))
    return row_id


def update_spec(transaction: Transaction, record: Record, spec: RowSpec, ids: NameIds, moment: Moment) -> bool:
    """Make the saved `record` what `spec` says and return whether anything differed.

    Due times are recomputed only where the edit concerns time: an expression, a zone, a link, the command of a
    schedule, or what is enabled. A new name, other variables or another time limit leave them alone.
    """
    if record.spec == spec:
        return False
    table = _table(spec)
    values = {**_columns(spec, ids), "updated_at": moment.now}
    _account_before(transaction, record, spec, moment)
    transaction.connection.execute(update(table).where(table.id == record.id).values(values))
    match record, spec:
        case CommandRecord(), CommandSpec():
            open_queue(transaction, spec.queue)
            if record.spec.enabled != spec.enabled:
                anchor(transaction, Schedule.command_id == record.id, moment)
        case EnvironmentRecord(), EnvironmentSpec():
            _update_variables(transaction, record.id, spec)
        case CronRecord(), CronSpec():
            if _timing(record.spec) != _timing(spec):
                anchor(transaction, ScheduleCron.cron_id == record.id, moment)
        case ScheduleRecord(), ScheduleSpec():
            _update_links(transaction, record, spec, ids, moment)
        case _:
            raise TypeError(f"A {type(record).__name__} can't become a {type(spec).__name__}.")
    transaction.changed(Changes(catalog=True))
    return True


def _account_before(transaction: Transaction, record: Record, spec: RowSpec, moment: Moment) -> None:
    """Record what pauses have swallowed of all whose due times or environments this edit changes."""
    match record, spec:
        case CommandRecord(), CommandSpec() if record.spec.enabled != spec.enabled:
            account_for(transaction, Schedule.command_id == record.id, moment)
        case EnvironmentRecord(), EnvironmentSpec() if record.spec.enabled != spec.enabled:
            account_for(transaction, runs_in([record.id]), moment, drops_rest=False)
        case CronRecord(), CronSpec() if _timing(record.spec) != _timing(spec):
            account_for(transaction, ScheduleCron.cron_id == record.id, moment)
        case ScheduleRecord(), ScheduleSpec():
            old, mine = record.spec, ScheduleCron.schedule_id == record.id
            more_environments = bool(set(spec.environments) - set(old.environments))
            starts_anew = more_environments or (old.command, old.enabled) != (spec.command, spec.enabled)
            gone = Cron.name.in_(set(old.crons) - set(spec.crons))
            account_for(transaction, mine if starts_anew else mine & gone, moment)
            if set(old.environments) != set(spec.environments):
                account_for(transaction, mine, moment, drops_rest=False)


def save_queue(transaction: Transaction, spec: QueueSpec) -> None:
    """Make the queue what `spec` says, new or not; whether it is paused stays as it is."""
    known = transaction.connection.execute(select(Queue.name).where(Queue.name == spec.name)).first()
    if known is None:
        transaction.connection.execute(insert(Queue).values(name=spec.name, limit=spec.limit, paused_at=None))
    else:
        transaction.connection.execute(update(Queue).where(Queue.name == spec.name).values(limit=spec.limit))
    transaction.changed(Changes(catalog=True, queues=True, claimable=True))


def open_queue(transaction: Transaction, name: str) -> None:
    """Make the row without which no job of the queue would ever be claimed."""
    if transaction.connection.execute(select(Queue.name).where(Queue.name == name)).first() is None:
        save_queue(transaction, QueueSpec(name=name))


def _table(spec: RowSpec) -> Any:
    match spec:
        case CommandSpec():
            return TABLES[Kind.COMMAND]
        case EnvironmentSpec():
            return TABLES[Kind.ENVIRONMENT]
        case CronSpec():
            return TABLES[Kind.CRON]
        case ScheduleSpec():
            return TABLES[Kind.SCHEDULE]


def _columns(spec: RowSpec, ids: NameIds) -> dict[str, Any]:
    match spec:
        case CommandSpec():
            values = {name: getattr(spec, name) for name in CommandSpec.__dataclass_fields__}
            return {**values, "success_exit_codes": list(spec.success_exit_codes), "tags": list(spec.tags)}
        case EnvironmentSpec():
            extends_id = None if spec.extends is None else ids.environments[spec.extends]
            return {
                "name": spec.name,
                "extends_id": extends_id,
                "base": spec.base,
                "enabled": spec.enabled,
                "working_directory": spec.working_directory,
                "path": list(spec.path),
                "env_file": spec.env_file,
            }
        case CronSpec():
            return {name: getattr(spec, name) for name in CronSpec.__dataclass_fields__}
        case ScheduleSpec():
            return {
                "name": spec.name,
                "command_id": ids.commands[spec.command],
                "catch_up": spec.catch_up,
                "catch_up_limit": spec.catch_up_limit,
                "catch_up_max_age": spec.catch_up_max_age,
                "jitter": spec.jitter,
                "enabled": spec.enabled,
            }


def _timing(spec: CronSpec) -> tuple[str, str, bool]:
    return spec.expression, spec.timezone, spec.enabled


def _update_variables(transaction: Transaction, environment_id: int, spec: EnvironmentSpec) -> None:
    """Write the variables that differ; the row of a secret that stays one is not touched, its value is not ours."""
    connection = transaction.connection
    rows = connection.execute(select(Variable.__table__).where(Variable.environment_id == environment_id))
    saved = {row.name: row for row in rows}
    wanted: dict[str, tuple[str | None, bool, bool]] = {
        name: (value, False, False) for name, value in spec.variables.items()
    }
    wanted |= dict.fromkeys(spec.secrets, (None, True, False)) | dict.fromkeys(spec.unset, (None, False, True))
    _delete(connection, Variable.id, [row.id for name, row in saved.items() if name not in wanted])
    for position, (name, (value, secret, unset)) in enumerate(wanted.items()):
        row = saved.get(name)
        values = {"value": value, "secret": secret, "unset": unset}
        if row is None:
            added = {"environment_id": environment_id, "name": name, **values, "position": position}
            connection.execute(insert(Variable).values(added))
            continue
        changed: dict[str, Any] = {} if row.position == position else {"position": position}
        if (row.secret, row.unset) != (secret, unset) or (not secret and row.value != value):
            # What was sealed is no value of a plain variable, and must not come back with the next tick.
            changed |= {**values, "sealed": None}
        if secret and row.value:
            transaction.erase()
            hide_value(transaction, name, row.value)
        _update_row(connection, Variable, row, changed)


def _update_links(
    transaction: Transaction, record: ScheduleRecord, spec: ScheduleSpec, ids: NameIds, moment: Moment
) -> None:
    environments = [ids.environments[name] for name in spec.environments]
    more_environments = _update_environments(transaction.connection, record.id, environments)
    new_crons = _update_crons(transaction.connection, record.id, [ids.crons[name] for name in spec.crons], moment)
    another_command = record.command_id != ids.commands[spec.command]
    # A due time that is still waiting belongs to the old command and environments; the new ones must not inherit it.
    if new_crons:
        hold_paused(transaction, record.id)
    if another_command or more_environments or record.spec.enabled != spec.enabled:
        anchor(transaction, ScheduleCron.schedule_id == record.id, moment)
    elif new_crons:
        anchor(
            transaction,
            (ScheduleCron.schedule_id == record.id) & ScheduleCron.cron_id.in_(new_crons),
            moment,
        )


def _update_environments(connection: Connection, schedule_id: int, environment_ids: list[int]) -> bool:
    """Make these the schedule's environments, in this order, and return whether one was added."""
    table = ScheduleEnvironment
    rows = connection.execute(select(table.__table__).where(table.schedule_id == schedule_id))
    saved = {row.environment_id: row for row in rows}
    gone = [environment_id for environment_id in saved if environment_id not in environment_ids]
    if gone:
        connection.execute(delete(table).where(table.schedule_id == schedule_id, table.environment_id.in_(gone)))
    for position, environment_id in enumerate(environment_ids):
        row = saved.get(environment_id)
        if row is None:
            connection.execute(
                insert(table).values(schedule_id=schedule_id, environment_id=environment_id, position=position)
            )
        elif row.position != position:
            connection.execute(
                update(table)
                .where(table.schedule_id == schedule_id, table.environment_id == environment_id)
                .values(position=position)
            )
    return any(environment_id not in saved for environment_id in environment_ids)


def _update_crons(connection: Connection, schedule_id: int, cron_ids: list[int], moment: Moment) -> list[int]:
    """Make these the schedule's crons, in this order, and return the ids of the crons that were added."""
    rows = connection.execute(select(ScheduleCron.__table__).where(ScheduleCron.schedule_id == schedule_id))
    saved = {row.cron_id: row for row in rows}
    _delete(connection, ScheduleCron.id, [row.id for cron_id, row in saved.items() if cron_id not in cron_ids])
    for position, cron_id in enumerate(cron_ids):
        row = saved.get(cron_id)
        if row is None:
            connection.execute(
                insert(ScheduleCron).values(
                    schedule_id=schedule_id,
                    cron_id=cron_id,
                    position=position,
                    watermark_at=moment.now,
                    next_due_at=None,
                )
            )
        elif row.position != position:
            _update_row(connection, ScheduleCron, row, {"position": position})
    return [cron_id for cron_id in cron_ids if cron_id not in saved]


def _update_row(connection: Connection, table: Any, row: Row[Any], values: dict[str, Any]) -> None:
    if values:
        connection.execute(update(table).where(table.id == row.id).values(values))


def _delete(connection: Connection, column: Any, ids: Iterable[int]) -> None:
    ids = list(ids)
    if ids:
        connection.execute(delete(column.class_).where(column.in_(ids)))
