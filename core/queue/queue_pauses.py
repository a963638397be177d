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
    _require_queue(transaction.connection, name)
    changed = transaction.connection.execute(
        update(Queue).where(Queue.name == name, Queue.paused_at.is_(None)).values(paused_at=now)
    ).rowcount
    if not changed:
        raise ConflictError(f"The queue “{name}” is paused already.")
    observe(transaction, now, "queue-paused", queue=name, origin=origin)
    transaction.changed(Changes(queues=True))


def resume_queue(transaction: Transaction, name: str, *, now: datetime, origin: str) -> None:
    """Take jobs out of the queue again. Raises NotFoundError, ConflictError."""
    _require_queue(transaction.connection, name)
    changed = transaction.connection.execute(
        update(Queue).where(Queue.name == name, Queue.paused_at.is_not(None)).values(paused_at=None)
    ).rowcount
    if not changed:
        raise ConflictError(f"The queue “{name}” is not paused.")
    observe(transaction, now, "queue-resumed", queue=name, origin=origin)
    transaction.changed(Changes(queues=True, claimable=True))


def _require_queue(connection: Connection, name: str) -> None:
    names = connection.execute(select(Queue.name)).scalars().all()
    if name not in names:
        raise NotFoundError("queue", name, names)
