"""Pauses: of every schedule (due times pass without a job), and of one queue (its jobs wait)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

from core.changes import Changes
from core.errors import ConflictError, NotFoundError
from core.model import Pause, Queue
from core.queue.agents import observe
from core.writer import Transaction

__all__ = ["PauseSpan", "open_pause", "pause", "pause_queue", "pauses_since", "resume", "resume_queue"]


@dataclass(frozen=True, slots=True)
class PauseSpan:
    """A span in which due times are passed over; it goes on while `ended_at` is None."""

    started_at: datetime
    ended_at: datetime | None
    origin: str


def open_pause(connection: Connection) -> PauseSpan | None:
    """Return the pause that goes on now, or None."""
    row = connection.execute(
        select(Pause.started_at, Pause.ended_at, Pause.origin).where(Pause.ended_at.is_(None)).limit(1)
    ).first()
    return None if row is None else PauseSpan(row.started_at, row.ended_at, row.origin)


def pauses_since(connection: Connection, instant: datetime) -> list[PauseSpan]:
    """Return the pauses that touch the time after `instant`, oldest first."""
    rows = connection.execute(
        select(Pause.started_at, Pause.ended_at, Pause.origin)
        .where(or_(Pause.ended_at.is_(None), Pause.ended_at > instant))
        .order_by(Pause.id)
    )
    return [PauseSpan(row.started_at, row.ended_at, row.origin) for row in rows]


def pause(transaction: Transaction, *, now: datetime, origin: str) -> PauseSpan:
    """Pause every schedule until `resume`; what runs goes on, and what a person asks for still runs.

    `origin` says who paused. Raises ConflictError where a pause goes on already.
    """
    already = open_pause(transaction.connection)
    if already is not None:
        raise ConflictError(
            f"Schedules are paused already, since {already.started_at:%Y-%m-%d %H:%M} UTC by {already.origin}."
        )
    transaction.connection.execute(insert(Pause), {"started_at": now, "ended_at": None, "origin": origin})
    observe(transaction, now, "paused", origin=origin)
    transaction.changed(Changes(queues=True))
    return PauseSpan(now, None, origin)


def resume(transaction: Transaction, *, now: datetime, origin: str) -> PauseSpan:
    """End the pause of every schedule; due times that fell into it are recorded as skipped, not run.

    Returns the span that ended. Raises ConflictError where nothing is paused.
    """
    going_on = open_pause(transaction.connection)
    if going_on is None:
        raise ConflictError("Schedules are not paused. There is nothing to resume.")
    transaction.connection.execute(update(Pause).where(Pause.ended_at.is_(None)).values(ended_at=now))
    observe(transaction, now, "resumed", origin=origin)
    transaction.changed(Changes(queues=True, due_times=True))
    return PauseSpan(going_on.started_at, now, going_on.origin)


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
