"""Reads definitions out of the database: a fixed number of statements for any number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from core.catalog.records import (
    CommandRecord,
    CronLink,
    CronRecord,
    EnvironmentRecord,
    QueueRecord,
    Record,
    ScheduleRecord,
)
from core.catalog.specs import (
    DEFAULT_QUEUE,
    CommandSpec,
    CronSpec,
    EnvironmentSpec,
    Kind,
    QueueSpec,
    ScheduleSpec,
)
from core.model import (
    Command,
    Cron,
    Environment,
    Queue,
    Schedule,
    ScheduleCron,
    ScheduleEnvironment,
    Variable,
)

__all__ = [
    "TABLES",
    "by_name",
    "ids_by_name",
    "read_commands",
    "read_crons",
    "read_environments",
    "read_kind",
    "read_queues",
    "read_schedules",
]

Ids = Collection[int] | None
"""Which rows; None is all of them."""

TABLES: dict[Kind, type[Command | Environment | Cron | Schedule]] = {
    Kind.COMMAND: Command,
    Kind.ENVIRONMENT: Environment,
    Kind.CRON: Cron,
    Kind.SCHEDULE: Schedule,
}
"""The tables whose rows have an id and a unique name."""


def by_name(name: str) -> tuple[str, str]:
    """Return the key that sorts names the way people look for them, and always the same way."""
    return name.casefold(), name


def ids_by_name(connection: Connection, kind: Kind) -> dict[str, int]:
    """Return the id of every name of that kind."""
    table = TABLES[kind]
    return {row.name: row.id for row in connection.execute(select(table.name, table.id))}


def read_kind(connection: Connection, kind: Kind, ids: Ids = None) -> list[Record]:
    """Return the records of one kind, sorted by name; queues are not among the kinds that have ids."""
    readers: dict[Kind, Any] = {
        Kind.COMMAND: read_commands,
        Kind.ENVIRONMENT: read_environments,
        Kind.CRON: read_crons,
        Kind.SCHEDULE: read_schedules,
    }
    records: list[Record] = readers[kind](connection, ids)
    return records


def read_commands(connection: Connection, ids: Ids = None) -> list[CommandRecord]:
    """Return commands sorted by name."""
    schedules: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(_some(select(Schedule.command_id, Schedule.name), Schedule.command_id, ids)):
        schedules[row.command_id].append(row.name)
    due = _earliest(
        connection.execute(
            _some(
                select(Schedule.command_id, ScheduleCron.next_due_at)
                .join(ScheduleCron, ScheduleCron.schedule_id == Schedule.id)
                .where(ScheduleCron.next_due_at.is_not(None)),
                Schedule.command_id,
                ids,
            )
        )
    )
    return _sorted(
        CommandRecord(
            id=row.id,
            spec=_command_spec(row),
            schedules=_names(schedules[row.id]),
            next_due_at=due.get(row.id),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in connection.execute(_some(select(Command.__table__), Command.id, ids))
    )


def _command_spec(row: Row[Any]) -> CommandSpec:
    return CommandSpec(
        name=row.name,
        run=row.run,
        shell=row.shell,
        working_directory=row.working_directory,
        timeout=row.timeout,
        grace=row.grace,
        max_attempts=row.max_attempts,
        backoff_base=row.backoff_base,
        backoff_cap=row.backoff_cap,
        overlap=row.overlap,
        concurrency_group=row.concurrency_group,
        queue=row.queue,
        priority=row.priority,
        success_exit_codes=tuple(row.success_exit_codes),
        interactive=row.interactive,
        terminal=row.terminal,
        tags=tuple(row.tags),
        enabled=row.enabled,
    )


def read_environments(connection: Connection, ids: Ids = None) -> list[EnvironmentRecord]:
    """Return environments sorted by name, with their own variables in the order in which they were written."""
    variables: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(
        _some(select(Variable.__table__), Variable.environment_id, ids).order_by(Variable.position, Variable.id)
    ):
        variables[row.environment_id].append(row)
    # All of them, since an environment that was not asked for may be the one extended.
    everyone = connection.execute(select(Environment.id, Environment.name, Environment.extends_id)).all()
    names = {row.id: row.name for row in everyone}
    extended_by: dict[int, list[str]] = defaultdict(list)
    for row in everyone:
        if row.extends_id is not None:
            extended_by[row.extends_id].append(row.name)
    schedules: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(
        _some(
            select(ScheduleEnvironment.environment_id, Schedule.name).join(
                Schedule, Schedule.id == ScheduleEnvironment.schedule_id
            ),
            ScheduleEnvironment.environment_id,
            ids,
        )
    ):
        schedules[row.environment_id].append(row.name)
    return _sorted(
        EnvironmentRecord(
            id=row.id,
            spec=EnvironmentSpec(
                name=row.name,
                extends=names[row.extends_id] if row.extends_id is not None else None,
                base=row.base,
                enabled=row.enabled,
                variables={v.name: v.value or "" for v in variables[row.id] if not v.secret and not v.unset},
                secrets=tuple(v.name for v in variables[row.id] if v.secret),
                unset=tuple(v.name for v in variables[row.id] if v.unset),
                working_directory=row.working_directory,
                path=tuple(row.path),
                env_file=row.env_file,
            ),
            extends_id=row.extends_id,
            extended_by=_names(extended_by[row.id]),
            schedules=_names(schedules[row.id]),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in connection.execute(_some(select(Environment.__table__), Environment.id, ids))
    )


def read_crons(connection: Connection, ids: Ids = None) -> list[CronRecord]:
    """Return crons sorted by name."""
    schedules: dict[int, list[str]] = defaultdict(list)
    links = connection.execute(
        _some(
            select(ScheduleCron.cron_id, ScheduleCron.next_due_at, Schedule.name).join(
                Schedule, Schedule.id == ScheduleCron.schedule_id
            ),
            ScheduleCron.cron_id,
            ids,
        )
    ).all()
    for row in links:
        schedules[row.cron_id].append(row.name)
    due = _earliest((row.cron_id, row.next_due_at) for row in links)
    return _sorted(
        CronRecord(
            id=row.id,
            spec=CronSpec(name=row.name, expression=row.expression, timezone=row.timezone, enabled=row.enabled),
            schedules=_names(schedules[row.id]),
            next_due_at=due.get(row.id),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in connection.execute(_some(select(Cron.__table__), Cron.id, ids))
    )


def read_schedules(connection: Connection, ids: Ids = None) -> list[ScheduleRecord]:
    """Return schedules sorted by name, with their links in the order in which they were written."""
    environments: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(
        _some(
            select(ScheduleEnvironment.schedule_id, ScheduleEnvironment.environment_id, Environment.name).join(
                Environment, Environment.id == ScheduleEnvironment.environment_id
            ),
            ScheduleEnvironment.schedule_id,
            ids,
        ).order_by(ScheduleEnvironment.position, ScheduleEnvironment.environment_id)
    ):
        environments[row.schedule_id].append(row)
    links: dict[int, list[CronLink]] = defaultdict(list)
    for row in connection.execute(
        _some(
            select(ScheduleCron.__table__, Cron.name).join(Cron, Cron.id == ScheduleCron.cron_id),
            ScheduleCron.schedule_id,
            ids,
        ).order_by(ScheduleCron.position, ScheduleCron.id)
    ):
        links[row.schedule_id].append(
            CronLink(
                id=row.id,
                cron_id=row.cron_id,
                cron=row.name,
                watermark_at=row.watermark_at,
                next_due_at=row.next_due_at,
            )
        )
    rows = connection.execute(
        _some(
            select(Schedule.__table__, Command.name.label("command_name")).join(
                Command, Command.id == Schedule.command_id
            ),
            Schedule.id,
            ids,
        )
    )
    return _sorted(_schedule_record(row, environments[row.id], links[row.id]) for row in rows)


def _schedule_record(row: Row[Any], environments: list[Row[Any]], links: list[CronLink]) -> ScheduleRecord:
    return ScheduleRecord(
        id=row.id,
        spec=ScheduleSpec(
            name=row.name,
            command=row.command_name,
            environments=tuple(environment.name for environment in environments),
            crons=tuple(link.cron for link in links),
            catch_up=row.catch_up,
            catch_up_limit=row.catch_up_limit,
            catch_up_max_age=row.catch_up_max_age,
            jitter=row.jitter,
            enabled=row.enabled,
        ),
        command_id=row.command_id,
        environment_ids=tuple(environment.environment_id for environment in environments),
        links=tuple(links),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def read_queues(connection: Connection) -> list[QueueRecord]:
    """Return queues sorted by name; the default one is there from the beginning."""
    commands: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(select(Command.queue, Command.name)):
        commands[row.queue].append(row.name)
    rows = {row.name: row for row in connection.execute(select(Queue.__table__))}
    return [
        QueueRecord(
            spec=QueueSpec(name=name, limit=rows[name].limit if name in rows else None),
            paused_at=rows[name].paused_at if name in rows else None,
            commands=_names(commands[name]),
        )
        for name in sorted({*rows, DEFAULT_QUEUE}, key=by_name)
    ]


def _some(statement: Select[*tuple[Any, ...]], column: Any, ids: Ids) -> Select[*tuple[Any, ...]]:
    return statement if ids is None else statement.where(column.in_(ids))


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=by_name))


def _sorted(records: Iterable[Any]) -> list[Any]:
    return sorted(records, key=lambda record: by_name(record.spec.name))


def _earliest(pairs: Iterable[Any]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for key, instant in pairs:
        if instant is not None and (key not in found or instant < found[key]):
            found[key] = instant
    return found
