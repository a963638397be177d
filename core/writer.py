"""The one thread of a process that writes to the database, committing together what is waiting together."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from core.changes import Changes, Publisher
from core.errors import ClockhandError

__all__ = ["Erasing", "Transaction", "Writer"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

_LARGEST_GROUP = 256
_WATCH_INTERVAL_S = 0.2


@dataclass(frozen=True, slots=True)
class Erasing:
    """How a database forgets for good.

    `begin`, within a transaction, makes it overwrite what is deleted from now on. `finish`, outside of any, ends that
    and clears what is kept beside the file; it returns whether that could be done now. Its flag says that it is the
    last chance, so that a little waiting is worth it.
    """

    begin: Callable[[Connection], None]
    finish: Callable[[Connection, bool], bool]


@dataclass(slots=True)
class Transaction:
    """What a piece of writing gets to work with, in the writer's thread.

    `connection` is inside BEGIN IMMEDIATE. The work must not commit, must not keep the connection, and may be undone
    as a whole after it returned, so it has no effect outside the database except what it announces with `changed`.
    """

    connection: Connection
    changes: Changes = field(default_factory=Changes)
    erasing: Erasing | None = None
    erases: bool = False

    def erase(self) -> None:
        """Leave no trace in the database's files of what this work deletes or replaces after this call."""
        if self.erasing is not None:
            self.erases = True
            self.erasing.begin(self.connection)

    def changed(self, changes: Changes) -> None:
        """Announce what was touched; it is published after the commit, or forgotten with it."""
        self.changes |= changes


@dataclass(slots=True)
class _Work(Generic[T]):
    run: Callable[[Transaction], T]
    future: Future[T]
    result: Any = None
    done: bool = False


class Writer:
    """Runs pieces of writing one after another in a thread of its own and commits them in groups.

    While one group is being made durable the next ones gather, so the cost of a commit is shared (group commit). A
    piece that raises is undone alone. A future is resolved only after its group is on disk. `data_version` tells
    whether another process has written (SQLite's PRAGMA of that name); then everything is announced as changed.
    """

    def __init__(
        self,
        engine: Engine,
        publisher: Publisher,
        *,
        translate: Callable[[DBAPIError], ClockhandError],
        data_version: Callable[[Connection], int] | None = None,
        erasing: Erasing | None = None,
    ) -> None:
        self._engine = engine
        self._publisher = publisher
        self._translate = translate
        self._data_version = data_version
        self._erasing = erasing
        self._has_to_erase = False
        self._seen_version: int | None = None
        self._seen_at = 0.0
        self._waiting: queue.SimpleQueue[_Work[Any] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name="clockhand-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Queue `work`; the future resolves after its commit, with the result or with what it raised.

        Database errors arrive as StorageError. Raises RuntimeError after `close`.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("The database is closed.")
            self._waiting.put(_Work(work, future))
        return future

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Do `work` and wait until it is committed; never from the writer's own thread."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("The writer's thread can't wait for itself.")
        return self.submit(work).result()

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._waiting.put(None)
        self._thread.join()

    def _loop(self) -> None:
        with self._engine.connect() as connection:
            self._watch(connection)
            while True:
                group, last = self._gather()
                if group:
                    self._commit_group(connection, group)
                self._finish_erasing(connection, is_last=last)
                self._watch(connection)
                if last:
                    return

    def _gather(self) -> tuple[list[_Work[Any]], bool]:
        """Return the pieces that wait now (after waiting a little for the first) and whether they are the last."""
        group: list[_Work[Any]] = []
        try:
            work = self._waiting.get(timeout=_WATCH_INTERVAL_S if self._data_version else None)
            while work is not None:
                # A future that was cancelled while it waited is dropped here; from now on it can't be.
                if work.future.set_running_or_notify_cancel():
                    group.append(work)
                if len(group) >= _LARGEST_GROUP:
                    return group, False
                work = self._waiting.get_nowait()
        except queue.Empty:
            return group, False
        return group, True

    def _commit_group(self, connection: Connection, group: list[_Work[Any]]) -> None:
        changes = Changes()
        try:
            with connection.begin():
                for work in group:
                    changes |= self._run_one(connection, work, alone=len(group) == 1)
        except BaseException as error:  # noqa: BLE001 (whatever broke the commit belongs to those who wait for it)
            # A commit that was refused leaves its transaction open, and then no other could begin.
            with suppress(Exception):
                connection.connection.rollback()
            problem = self._translate(error) if isinstance(error, DBAPIError) else error
            for work in group:
                if not work.future.done():
                    work.future.set_exception(problem)
            return
        for work in group:
            if work.done:
                work.future.set_result(work.result)
        self._publisher.publish(changes)

    def _run_one(self, connection: Connection, work: _Work[Any], *, alone: bool) -> Changes:
        transaction = Transaction(connection, erasing=self._erasing)
        try:
            return self._run_in(transaction, work, alone=alone)
        finally:
            # Also where it failed: the way of deleting was changed, and is changed back.
            self._has_to_erase |= transaction.erases

    def _run_in(self, transaction: Transaction, work: _Work[Any], *, alone: bool) -> Changes:
        connection = transaction.connection
        if alone:
            work.result = work.run(transaction)
        else:
            # Connection.begin_nested() does the same for three times the price.
            connection.exec_driver_sql("SAVEPOINT piece")
            try:
                work.result = work.run(transaction)
            except Exception as error:  # noqa: BLE001 (it belongs to the one who waits for it)
                _undo(connection, error)
                work.future.set_exception(self._translate(error) if isinstance(error, DBAPIError) else error)
                return Changes()
            connection.exec_driver_sql("RELEASE piece")
        work.done = True
        return transaction.changes

    def _finish_erasing(self, connection: Connection, *, is_last: bool) -> None:
        """Try it now, and in every turn from now on until it succeeds: a reader may be in its way."""
        if self._erasing is None or not self._has_to_erase:
            return
        try:
            self._has_to_erase = not self._erasing.finish(connection, is_last)
        except Exception:
            self._has_to_erase = False
            logger.exception("What was deleted may be readable in the database's files for a while")

    def _watch(self, connection: Connection) -> None:
        if self._data_version is None or time.monotonic() - self._seen_at < _WATCH_INTERVAL_S:
            return
        self._seen_at = time.monotonic()
        try:
            version = self._data_version(connection)
        except DBAPIError:
            logger.exception("The database can't be asked whether another process wrote")
            return
        if self._seen_version is not None and version != self._seen_version:
            self._publisher.publish(Changes.everything())
        self._seen_version = version


def _undo(connection: Connection, cause: Exception) -> None:
    """Undo one piece. Raises `cause` where the database, as on a full disk, has undone the whole group already."""
    try:
        connection.exec_driver_sql("ROLLBACK TO piece")
        connection.exec_driver_sql("RELEASE piece")
    except DBAPIError:
        raise cause from None
