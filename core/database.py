"""Opens the database: engines, pragmas, the writer, read transactions, and what its errors mean.

What differs between database engines stands here and in `core.migrations`, nowhere else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from core import migrations
from core.changes import Publisher
from core.errors import StorageBusyError, StorageError
from core.writer import Erasing, Transaction, Writer

__all__ = ["Database"]

T = TypeVar("T")

BUSY_TIMEOUT_MS = 10_000
_LAST_CHANCE_MS = 1_000
WAL_SIZE_LIMIT_BYTES = 64 * 1024 * 1024

# https://sqlite.org/rescode.html; the low byte is the primary code.
_PASSING = {
    sqlite3.SQLITE_BUSY: "is locked by another program",
    sqlite3.SQLITE_LOCKED: "is locked",
    sqlite3.SQLITE_FULL: "can't grow, because the disk is full",
    sqlite3.SQLITE_IOERR: "could not be read or written, because the disk reported an error",
    sqlite3.SQLITE_READONLY: "can't be written: it, its folder or its disk is read-only",
    sqlite3.SQLITE_CANTOPEN: "can't be opened",
}
_BROKEN = {
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is not a database",
}


class Database:
    """One open database of one process: a writer thread, and read-only connections for everybody else."""

    def __init__(self, path: Path, *, backups: Path, publisher: Publisher) -> None:
        """Open the file at `path`, made or migrated where needed.

        Raises StorageError for a file that is damaged, of a newer version, or can't be read or written.
        """
        self.path = path
        try:
            # SQLite gives the files beside the database its permissions, so they are right from the first byte.
            path.touch(mode=0o600)
        except OSError as error:
            raise StorageError(
                f"The database {path} can't be opened: {error.strerror}. Mend the permissions of its folder."
            ) from error
        self._write_engine = _sqlite_engine(path, writer=True)
        try:
            with self._write_engine.connect() as connection:
                migrations.migrate(connection, path, backups)
                # Only now: in a file that turns out to be somebody else's this would have changed the header.
                _driver(connection).execute("PRAGMA journal_mode=WAL")
        except BaseException as error:
            # Closing the last connection also removes the files that SQLite keeps beside an open database.
            self._write_engine.dispose()
            if isinstance(error, DBAPIError | sqlite3.Error):
                raise self.translate(error) from error
            raise
        self._read_engine = _sqlite_engine(path, writer=False)
        self._writer = Writer(
            self._write_engine,
            publisher,
            translate=self.translate,
            data_version=_data_version,
            erasing=Erasing(_begin_erasing, _finish_erasing),
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection inside one short read transaction: one consistent picture, no lock.

        Keep it short: a long one keeps the write-ahead log from being cleared. Raises StorageError.
        """
        try:
            with self._read_engine.connect() as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise self.translate(error) from error

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Hand `work` to the writer's thread; see `Writer.submit`."""
        return self._writer.submit(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Do `work` in the writer's thread and wait until it is on disk; see `Writer.write`."""
        return self._writer.write(work)

    def check_integrity(self) -> list[str]:
        """Return what SQLite's own check finds wrong, as sentences of SQLite; empty means sound.

        Raises StorageBusyError where the check could not be made now.
        """
        try:
            with self.reading() as connection:
                faults = [row for row in connection.exec_driver_sql("PRAGMA quick_check(10)").scalars() if row != "ok"]
                if faults:
                    return faults  # the next question would stumble over the same pages
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        except StorageBusyError:
            raise
        except StorageError as error:
            return [str(error)]  # so damaged that the check itself can't go on
        return [f"a row of {row[0]} refers to nothing in {row[2]}" for row in broken]

    def close(self) -> None:
        """Finish what is queued for the writer and close every connection."""
        self._writer.close()
        self._read_engine.dispose()
        self._write_engine.dispose()

    def translate(self, error: DBAPIError | sqlite3.Error) -> StorageError:
        """Return the StorageError that says what `error` means for the person at the screen."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if code in _PASSING:
            return StorageBusyError(
                f"The database {self.path} {_PASSING[code]}. Clockhand goes on when that has passed."
            )
        if code in _BROKEN:
            return StorageError(
                f"The database {self.path} {_BROKEN[code]}. It was left as it is. Restore a copy from the folder "
                f"“backups” beside it, or move the file away to start with an empty one."
            )
        return StorageError(f"The database {self.path} refused a statement: {cause}")


def _sqlite_engine(path: Path, *, writer: bool) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool if writer else QueuePool,
        connect_args={"check_same_thread": False, "cached_statements": 512},
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transaction handling opens none for SELECT, DDL and WITH … UPDATE: begin explicitly.
        connection.isolation_level = None
        # First, because the pragmas after it may already have to wait for another process.
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        if writer:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA journal_size_limit={WAL_SIZE_LIMIT_BYTES}")
            # Overwrites what is deleted where its page is written anyway (https://sqlite.org/pragma.html).
            connection.execute("PRAGMA secure_delete=FAST")
        else:
            connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA foreign_keys=ON")

    # BEGIN IMMEDIATE belongs to the writer's engine alone: readers must not take the write lock.
    begin = "BEGIN IMMEDIATE" if writer else "BEGIN"

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _data_version(connection: Connection) -> int:
    """Return SQLite's count of commits by other connections; needs no transaction and reads no page."""
    return int(_driver(connection).execute("PRAGMA data_version").fetchone()[0])


def _begin_erasing(connection: Connection) -> None:
    _driver(connection).execute("PRAGMA secure_delete=ON").fetchone()


def _finish_erasing(connection: Connection, is_last: bool) -> bool:
    """Clear the write-ahead log, where pages stand as they were before; no reader may need it then."""
    driver = _driver(connection)
    driver.execute("PRAGMA secure_delete=FAST").fetchone()
    driver.execute(f"PRAGMA busy_timeout={_LAST_CHANCE_MS if is_last else 0}").fetchone()
    try:
        is_busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}").fetchone()
    return not is_busy


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
