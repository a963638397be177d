"""Reads what a run needs of a command and an environment, and keeps it for the next run of the same."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, select

from core.database import Database
from core.execution.definitions import (
    Base,
    CommandDefinition,
    EnvironmentDefinition,
    Layer,
    Shell,
    VariableDefinition,
)
from core.model import Command, Environment, Variable

__all__ = ["DefinitionCache", "command_definition", "environment_definition"]

T = TypeVar("T")


def command_definition(connection: Connection, command_id: int) -> CommandDefinition | None:
    """Return the command as it stands now, or None when it has been deleted."""
    row = connection.execute(select(Command.__table__).where(Command.id == command_id)).one_or_none()
    if row is None:
        return None
    return CommandDefinition(
        id=row.id,
        name=row.name,
        run=row.run,
        shell=Shell(row.shell),
        working_directory=row.working_directory,
        timeout=row.timeout,
        grace=row.grace,
        success_exit_codes=tuple(row.success_exit_codes),
        interactive=row.interactive,
        terminal=row.terminal,
    )


def environment_definition(connection: Connection, environment_id: int) -> EnvironmentDefinition | None:
    """Return the environment with what it extends, farthest ancestor first, or None when it has been deleted.

    A disabled ancestor still lends its variables: disabling ends the runs in an environment, not what others take
    from it.
    """
    chain = _chain(connection, environment_id)
    if not chain:
        return None
    variables: dict[int, list[VariableDefinition]] = defaultdict(list)
    unset: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(
        select(Variable.__table__)
        .where(Variable.environment_id.in_([environment.id for environment in chain]))
        .order_by(Variable.position, Variable.id)
    ):
        if row.unset:
            unset[row.environment_id].append(row.name)
        else:
            variable = VariableDefinition(name=row.name, value=row.value, secret=row.secret)
            variables[row.environment_id].append(variable)
    own = chain[0]
    return EnvironmentDefinition(
        id=own.id,
        name=own.name,
        base=Base(own.base),
        layers=tuple(
            Layer(
                environment_name=environment.name,
                variables=tuple(variables[environment.id]),
                unset=tuple(unset[environment.id]),
                path=tuple(environment.path),
                working_directory=environment.working_directory,
                env_file=environment.env_file,
            )
            for environment in reversed(chain)
        ),
    )


def _chain(connection: Connection, environment_id: int) -> list[Row[*tuple[Any, ...]]]:
    """Return the environment's row and those of its ancestors, nearest first."""
    found: list[Row[*tuple[Any, ...]]] = []
    wanted: int | None = environment_id
    # Saving refuses circles; a database written by other hands must not hang a worker.
    while wanted is not None and wanted not in {row.id for row in found}:
        row = connection.execute(select(Environment.__table__).where(Environment.id == wanted)).one_or_none()
        if row is None:
            break
        found.append(row)
        wanted = row.extends_id
    return found


class DefinitionCache:
    """Definitions by id, read once until `invalidate`; from any thread.

    Whoever owns it calls `invalidate` for every `Changes` with `catalog` set. What was being read while that happened
    is handed out, but not kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._generation = 0
        self._commands: dict[int, CommandDefinition | None] = {}
        self._environments: dict[int, EnvironmentDefinition | None] = {}

    def command(self, command_id: int) -> CommandDefinition | None:
        """Return the command, or None when it has been deleted. Raises StorageError."""
        return self._get(self._commands, command_id, command_definition)

    def environment(self, environment_id: int) -> EnvironmentDefinition | None:
        """Return the environment, or None when it has been deleted. Raises StorageError."""
        return self._get(self._environments, environment_id, environment_definition)

    def invalidate(self) -> None:
        """Forget everything: the catalog has changed."""
        with self._lock:
            self._generation += 1
            self._commands.clear()
            self._environments.clear()

    def _get(self, kept: dict[int, T | None], key: int, read: Callable[[Connection, int], T | None]) -> T | None:
        with self._lock:
            if key in kept:
                return kept[key]
            generation = self._generation
        with self._database.reading() as connection:
            found = read(connection, key)
        with self._lock:
            if generation == self._generation:
                kept[key] = found
        return found
