"""The small outputs' database: one row per attempt that printed little and ended soon."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import StorageBusyError, StorageError

__all__ = ["OutputStore"]

_BUSY_TIMEOUT_MS = 10_000
_IDS_PER_STATEMENT = 500
# A database of its own with synchronous=NORMAL: a power cut may lose the newest outputs, never a job (see
# https://www.sqlite.org/pragma.html#pragma_synchronous; in WAL mode NORMAL keeps the database consistent).
_SCHEMA = """
CREATE TABLE IF NOT EXISTS outputs (
    job_id INTEGER NOT NULL, attempt INTEGER NOT NULL, data BLOB NOT NULL, idx BLOB NOT NULL,
    PRIMARY KEY (job_id, attempt)
) WITHOUT ROWID
"""


class OutputStore:
    """Rows of bytes by job and attempt. Each thread gets a connection of its own at its first call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: list[sqlite3.Connection] = []
        self._closed = False

    def save_many(self, rows: Iterable[tuple[int, int, bytes, bytes]]) -> None:
        """Keep (job_id, attempt, bytes, index) rows in one transaction; one that is there already is replaced.

        Raises StorageBusyError when there is no room or another program holds the database, else StorageError.
        """
        with self._using() as connection, connection:
            connection.executemany(
                "INSERT INTO outputs (job_id, attempt, data, idx) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (job_id, attempt) DO UPDATE SET data = excluded.data, idx = excluded.idx",
                rows,
            )

    def load(self, job_id: int, attempt: int) -> tuple[bytes, bytes] | None:
        """Return the bytes and their index, or None when there is no such row. Raises StorageError."""
        with self._using() as connection:
            row = connection.execute(
                "SELECT data, idx FROM outputs WHERE job_id = ? AND attempt = ?", (job_id, attempt)
            ).fetchone()
        return (bytes(row[0]), bytes(row[1])) if row else None

    def delete(self, job_ids: Iterable[int]) -> int:
        """Delete all attempts of the jobs given and return how many rows went. Raises StorageError."""
        wanted = list(job_ids)
        gone = 0
        with self._using() as connection, connection:
            for start in range(0, len(wanted), _IDS_PER_STATEMENT):
                some = wanted[start : start + _IDS_PER_STATEMENT]
                marks = ", ".join("?" * len(some))
                gone += connection.execute(f"DELETE FROM outputs WHERE job_id IN ({marks})", some).rowcount  # noqa: S608  (only question marks are put in)
        return gone

    def job_ids(self, *, after: int, most: int) -> list[int]:
        """Return the jobs whose outputs are here, the next `most` whose numbers are larger. Raises StorageError."""
        with self._using() as connection:
            rows = connection.execute(
                "SELECT DISTINCT job_id FROM outputs WHERE job_id > ? ORDER BY job_id LIMIT ?", (after, most)
            )
            return [int(row[0]) for row in rows]

    def size(self) -> int:
        """Return the bytes of all outputs kept here. Raises StorageError."""
        with self._using() as connection:
            return int(connection.execute("SELECT coalesce(sum(length(data)), 0) FROM outputs").fetchone()[0])

    def close(self) -> None:
        """Close the connections of all threads; no other call may be under way."""
        with self._lock:
            self._closed = True
            for connection in self._connections:
                connection.close()
            self._connections.clear()

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection()
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is not None and not self._closed:
            return found
        with self._lock:
            if self._closed:
                raise StorageError(f"The small outputs' database {self._path} is closed already.")
            self._create()
            # check_same_thread is off for `close` alone, which runs when nobody else does.
            connection = sqlite3.connect(self._path, check_same_thread=False)
            self._connections.append(connection)
        # The wait for locks comes first, because switching to WAL may itself have to wait.
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(_SCHEMA)
        self._local.connection = connection
        return connection

    def _create(self) -> None:
        # SQLite gives the files beside the database the mode of the database, so it has to be right before they exist.
        try:
            self._path.touch(mode=0o600)
        except OSError as error:
            raise StorageError(
                f"The small outputs' database {self._path} can't be opened: {error.strerror}. Mend the permissions of"
                " its folder."
            ) from error

    def _explain(self, error: sqlite3.Error) -> StorageError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return StorageBusyError(
                f"The small outputs' database {self._path} refuses for now: {error}. It is tried again; make room on"
                " the disk if it is full."
            )
        return StorageError(
            f"The small outputs' database {self._path} can't be used: {error}. It may be renamed while Clockhand is"
            " closed; a new one is made, and only the small outputs of the past are missing then."
        )
