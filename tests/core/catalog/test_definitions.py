"""Definitions are what a run needs, as they stand now; the cache never keeps what has been overtaken."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import text

from core.catalog.catalog import Catalog
from core.catalog.definitions import DefinitionCache, command_definition, environment_definition
from core.catalog.specs import CommandSpec, EnvironmentSpec, Kind
from core.database import Database
from core.execution.definitions import Base, Layer, Shell, VariableDefinition
from core.writer import Transaction


def test_a_command_is_handed_over_as_it_is_saved(catalog: Catalog, database: Database) -> None:
    row_id = catalog.create(
        CommandSpec(name="a", run="b", shell="bash", timeout=timedelta(seconds=3), success_exit_codes=(0, 1))
    )
    with database.reading() as connection:
        found = command_definition(connection, row_id)
    assert found is not None
    assert (found.id, found.name, found.run, found.shell) == (row_id, "a", "b", Shell.BASH)
    assert (found.timeout, found.grace, found.success_exit_codes) == (
        timedelta(seconds=3),
        timedelta(seconds=10),
        (0, 1),
    )


def test_layers_run_from_the_farthest_ancestor_down(catalog: Catalog, database: Database) -> None:
    catalog.create(EnvironmentSpec(name="root", base="login", variables={"A": "1", "B": "1"}, enabled=False))
    catalog.create(EnvironmentSpec(name="middle", extends="root", variables={"B": "2"}))
    row_id = catalog.create(EnvironmentSpec(name="leaf", extends="middle", base="clean", secrets=("C",)))
    with database.reading() as connection:
        found = environment_definition(connection, row_id)
    assert found is not None
    assert (found.id, found.name, found.base) == (row_id, "leaf", Base.CLEAN)
    assert found.layers == (
        Layer(
            environment_name="root",
            variables=(VariableDefinition(name="A", value="1"), VariableDefinition(name="B", value="1")),
        ),
        Layer(environment_name="middle", variables=(VariableDefinition(name="B", value="2"),)),
        Layer(environment_name="leaf", variables=(VariableDefinition(name="C", value=None, secret=True),)),
    )


def test_what_was_deleted_has_no_definition(catalog: Catalog, database: Database) -> None:
    row_id = catalog.create(CommandSpec(name="a", run="b"))
    catalog.delete(Kind.COMMAND, row_id)
    cache = DefinitionCache(database)
    assert cache.command(row_id) is None
    assert cache.environment(row_id) is None


def test_a_circle_made_by_other_hands_does_not_hang(catalog: Catalog, database: Database) -> None:
    row_id = catalog.create(EnvironmentSpec(name="a"))

    def close_circle(transaction: Transaction) -> None:
        transaction.connection.execute(text("UPDATE environments SET extends_id = id"))

    database.write(close_circle)
    found = DefinitionCache(database).environment(row_id)
    assert found is not None
    assert [layer.environment_name for layer in found.layers] == ["a"]


def test_the_cache_reads_once_until_it_is_told(catalog: Catalog, database: Database) -> None:
    row_id = catalog.create(CommandSpec(name="a", run="old"))
    cache = DefinitionCache(database)
    first = cache.command(row_id)
    catalog.change(row_id, CommandSpec(name="a", run="new"))
    assert cache.command(row_id) is first
    cache.invalidate()
    changed = cache.command(row_id)
    assert changed is not None
    assert changed.run == "new"


def test_what_was_being_read_while_the_catalog_changed_is_not_kept(catalog: Catalog, database: Database) -> None:
    row_id = catalog.create(CommandSpec(name="a", run="old"))
    reading, changed = threading.Event(), threading.Event()

    class SlowCache(DefinitionCache):
        def read_slowly(self) -> object:
            def read(connection: object, key: int) -> object:
                found = command_definition(connection, key)  # type: ignore[arg-type]  # a Connection
                reading.set()
                assert changed.wait(10)
                return found

            return self._get(self._commands, row_id, read)  # type: ignore[arg-type]  # as above

    cache = SlowCache(database)
    thread = threading.Thread(target=cache.read_slowly)
    thread.start()
    assert reading.wait(10)
    catalog.change(row_id, CommandSpec(name="a", run="new"))
    cache.invalidate()
    changed.set()
    thread.join()
    found = cache.command(row_id)
    assert found is not None
    assert found.run == "new"
