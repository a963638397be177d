"""The writer: commits together what waits together, undoes one piece alone, and tells only what is on disk."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select, text

from core.changes import Changes
from core.database import Database
from core.errors import ConflictError, StorageBusyError, StorageError
from core.model import Observation, ScheduleEnvironment, Setting
from core.workspace import Workspace
from core.writer import Transaction
from tests.support import FakeClock, wait_until

ROOT = Path(__file__).parents[2]


Piece = Callable[[Transaction], Any]


def put_setting(key: str, value: object = 1) -> Piece:
    def work(transaction: Transaction) -> str:
        transaction.connection.execute(insert(Setting), {"key": key, "value": {"value": value}})
        transaction.changed(Changes(settings=True))
        return key

    return work


def keys(database: Database) -> list[str]:
    with database.reading() as connection:
        return sorted(connection.execute(select(Setting.key)).scalars())


class Gate:
    """Holds the writer's thread, so that what is submitted meanwhile waits together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entered = threading.Event()
        self._open = threading.Event()

    def __enter__(self) -> None:
        def work(transaction: Transaction) -> None:
            self._entered.set()
            assert self._open.wait(10)

        self._held = self._database.submit(work)
        assert self._entered.wait(10)

    def __exit__(self, *exc: object) -> None:
        self._open.set()
        self._held.result(10)


@pytest.fixture
def engine(database: Database) -> Engine:
    """Return the writer's engine, to look at what it does."""
    return database._write_engine


@pytest.fixture
def commits(engine: Engine) -> list[int]:
    """Return a list that grows by one with every commit of the writer."""
    seen: list[int] = []
    event.listen(engine, "commit", lambda _: seen.append(1))
    return seen


def test_a_hundred_waiting_pieces_share_one_commit(database: Database, commits: list[int]) -> None:
    with Gate(database):
        futures = [database.submit(put_setting(f"k{number:03}")) for number in range(100)]
        assert not any(future.done() for future in futures)
    assert [future.result(10) for future in futures] == [f"k{number:03}" for number in range(100)]
    assert len(commits) == 2  # the gate's own, and one for all
    assert keys(database) == [f"k{number:03}" for number in range(100)]


def test_a_very_long_line_is_committed_in_groups(database: Database, commits: list[int]) -> None:
    with Gate(database):
        futures = [database.submit(put_setting(f"k{number:03}")) for number in range(600)]
    wait(futures, 10)
    assert 3 <= len(commits) <= 5
    assert len(keys(database)) == 600


def test_one_failing_piece_is_undone_alone(database: Database, published: list[Changes]) -> None:
    def fail(transaction: Transaction) -> None:
        put_setting("undone")(transaction)
        transaction.changed(Changes(queues=True))
        raise ConflictError("not this one")

    with Gate(database):
        before = database.submit(put_setting("before"))
        failing = database.submit(fail)
        double = database.submit(put_setting("before"))
        after = database.submit(put_setting("after"))
    assert (before.result(10), after.result(10)) == ("before", "after")
    with pytest.raises(ConflictError, match="not this one"):
        failing.result(10)
    with pytest.raises(StorageError, match="UNIQUE"):
        double.result(10)
    assert keys(database) == ["after", "before"]
    wait_until(lambda: published == [Changes(settings=True)])


def test_a_piece_that_fails_by_itself_leaves_nothing(database: Database, published: list[Changes]) -> None:
    def fail(transaction: Transaction) -> None:
        put_setting("undone")(transaction)
        raise ConflictError("not this one")

    with pytest.raises(ConflictError):
        database.write(fail)
    assert keys(database) == []
    assert published == []
    database.write(put_setting("next"))
    assert keys(database) == ["next"]


def test_a_future_resolves_and_changes_are_told_only_after_the_commit(
    workspace: Workspace, engine: Engine, database: Database
) -> None:
    story: list[str] = []
    event.listen(engine, "commit", lambda _: story.append("commit"))
    workspace.changes.subscribe(lambda _: story.append(f"told, {len(keys(database))} visible"))

    def work(transaction: Transaction) -> None:
        put_setting("k")(transaction)
        story.append("worked")

    future: Future[None] = database.submit(work)
    future.add_done_callback(lambda _: story.append(f"resolved, {len(keys(database))} visible"))
    wait_until(lambda: len(story) == 4)
    assert story == ["worked", "commit", "resolved, 1 visible", "told, 1 visible"]


def test_a_refused_commit_fails_everyone_in_it_and_nobody_after_it(
    database: Database, published: list[Changes]
) -> None:
    def work(transaction: Transaction) -> None:
        transaction.connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        nobody = {"schedule_id": 99, "environment_id": 99, "position": 0}
        transaction.connection.execute(insert(ScheduleEnvironment), nobody)

    with Gate(database):
        futures = [database.submit(put_setting("innocent")), database.submit(work)]
    for future in futures:
        with pytest.raises(StorageError, match="FOREIGN KEY"):
            future.result(10)
    assert keys(database) == []
    assert published == []
    database.write(put_setting("next"))
    assert keys(database) == ["next"]


def test_a_piece_that_was_withdrawn_while_it_waited_is_not_done(database: Database) -> None:
    with Gate(database):
        withdrawn = database.submit(put_setting("withdrawn"))
        assert withdrawn.cancel()
        kept = database.submit(put_setting("kept"))
    kept.result(10)
    assert keys(database) == ["kept"]


def test_closing_finishes_what_is_queued(data_folder: Path, clock: FakeClock) -> None:
    workspace = Workspace(data_folder, clock=clock)
    gate = Gate(workspace.database)
    with gate:
        futures = [workspace.database.submit(put_setting(f"k{number}")) for number in range(20)]
        closing = threading.Thread(target=workspace.close)
        closing.start()
    closing.join(10)
    assert all(future.done() for future in futures)
    with pytest.raises(RuntimeError, match="closed"):
        workspace.database.submit(put_setting("late"))
    workspace.close()
    with Workspace(data_folder, clock=clock) as again:
        assert len(keys(again.database)) == 20


def test_the_writers_thread_can_not_wait_for_itself(database: Database) -> None:
    def work(transaction: Transaction) -> None:
        database.write(put_setting("k"))

    with pytest.raises(RuntimeError, match="wait for itself"):
        database.write(work)


def test_what_another_process_writes_is_announced(workspace: Workspace, published: list[Changes]) -> None:
    code = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from core.workspace import Workspace
with Workspace(Path(sys.argv[1])) as workspace:
    workspace.queue.pause(origin="another process").result()
"""
    subprocess.run([sys.executable, "-c", code, str(workspace.folder.root)], cwd=ROOT, check=True)
    wait_until(lambda: Changes.everything() in published)
    assert workspace.changes is not None


def test_own_writes_are_not_announced_as_those_of_another_process(database: Database, published: list[Changes]) -> None:
    for number in range(5):
        database.write(put_setting(f"k{number}"))
        threading.Event().wait(0.1)
    database.write(put_setting("last"))
    assert published[:5] == [Changes(settings=True)] * 5


def fill(database: Database, pages: int) -> None:
    """Let the database grow by at most that many pages from now on, as on a disk that is nearly full."""

    def work(transaction: Transaction) -> None:
        now = transaction.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        transaction.connection.exec_driver_sql(f"PRAGMA max_page_count = {now + pages}")

    database.write(work)


def lift(database: Database) -> None:
    database.write(lambda tx: tx.connection.exec_driver_sql("PRAGMA max_page_count = 1000000").close())


def large(key: str) -> Piece:
    return put_setting(key, "x" * 200_000)


def test_a_full_disk_is_told_as_something_that_passes(database: Database) -> None:
    fill(database, 2)
    with pytest.raises(StorageBusyError, match="can't grow, because the disk is full"):
        database.write(large("large"))
    database.write(put_setting("small"))
    lift(database)
    database.write(large("large"))
    assert keys(database) == ["large", "small"]


def test_a_full_disk_in_the_middle_of_a_group_loses_nothing_that_was_promised(database: Database) -> None:
    fill(database, 2)
    with Gate(database):
        futures = [
            database.submit(put_setting("first")),
            database.submit(large("large")),
            database.submit(put_setting("last")),
        ]
    wait(futures, 10)
    promised = [future.result() for future in futures if future.exception() is None]
    assert keys(database) == sorted(promised)
    assert "large" not in promised
    failures = [future.exception() for future in futures if future.exception() is not None]
    assert {type(failure) for failure in failures} == {StorageBusyError}


def test_another_program_that_holds_the_database_is_waited_for(database: Database, workspace: Workspace) -> None:
    blocker = sqlite3.connect(workspace.folder.database, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    future = database.submit(put_setting("patient"))
    assert not future.done()
    blocker.execute("COMMIT")
    blocker.close()
    assert future.result(10) == "patient"


def test_readers_see_the_last_commit_while_the_writer_works(database: Database) -> None:
    with Gate(database):
        database.submit(put_setting("k"))
        assert keys(database) == []


def test_readers_can_not_write(database: Database) -> None:
    with pytest.raises(StorageError), database.reading() as connection:
        connection.execute(text("DELETE FROM settings"))


def test_the_pragmas_are_what_durability_needs(database: Database) -> None:
    def work(transaction: Transaction) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete", "journal_size_limit")
        return [transaction.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert database.write(work) == ["wal", 2, 1, 10_000, 2, 64 * 1024 * 1024]
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA query_only").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert Observation.__tablename__ in connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars()
