"""Pauses of one queue: its jobs wait, and what runs goes on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from core.changes import Changes
from core.errors import ConflictError, NotFoundError
from core.model import Queue
from core.queue.agents import observe
from core.writer import Transaction

__all__ = ["pause_queue", "resume_queue"]


def pause_queue(transaction: Transaction, name: str, *, now: datetime, origin: str) -> None:
    """Stop taking jobs out of the queue; running ones are not touched. Raises NotFoundError, ConflictError."""
    if not _set_paused(transaction, name, now):
        raise ConflictError(f"The queue “{name}” is paused already.")
    observe(transaction, now, "queue-paused", queue=name, origin=origin)
    transaction.changed(Changes(queues=True))


def resume_queue(transaction: Transaction, name: str, *, now: datetime, origin: str) -> None:
    """Take jobs out of the queue again. Raises NotFoundError, ConflictError."""
    if not _set_paused(transaction, name, None):
        raise ConflictError(f"The queue “{name}” is not paused.")
    observe(transaction, now, "queue-resumed", queue=name, origin=origin)
    transaction.changed(Changes(queues=True, claimable=True))


def _set_paused(transaction: Transaction, name: str, paused_at: datetime | None) -> bool:
    """Return whether that was new."""
    _require_queue(transaction.connection, name)
    was_otherwise = Queue.paused_at.is_not(None) if paused_at is None else Queue.paused_at.is_(None)
    statement = update(Queue).where(Queue.name == name, was_otherwise).values(paused_at=paused_at)
    return bool(transaction.connection.execute(statement).rowcount)


def _require_queue(connection: Connection, name: str) -> None:
    names = connection.execute(select(Queue.name)).scalars().all()
    if name not in names:
        raise NotFoundError("queue", name, names)
