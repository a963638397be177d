"""Cancels jobs: those that wait at once, those that run by asking their agent."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, func, select, update

from core.changes import Changes
from core.errors import ConflictError, NotFoundError
from core.queue.rows import JOBS, event, in_states, is_state, write_events
from core.queue.states import EventKind, JobState
from core.writer import Transaction

__all__ = ["cancel", "cancel_in_favour_of", "requested_cancellations"]

_CANCEL_WAITING = (
    update(JOBS)
    .where(
        JOBS.c.id == bindparam("job"),
        in_states(JobState.SCHEDULED, JobState.AVAILABLE, JobState.RETRYABLE),
    )
    .values(
        state=JobState.CANCELLED,
        outcome="cancelled",
        finished_at=bindparam("now"),
        cancelled_by=bindparam("who"),
        reason=bindparam("why"),
    )
)
_REQUEST = (
    update(JOBS)
    .where(JOBS.c.id == bindparam("job"), is_state(JobState.EXECUTING))
    .values(
        cancel_requested_at=func.coalesce(JOBS.c.cancel_requested_at, bindparam("now", type_=JOBS.c.created_at.type)),
        cancelled_by=func.coalesce(JOBS.c.cancelled_by, bindparam("who")),
    )
)
_STATE = select(JOBS.c.state, JOBS.c.attempt).where(JOBS.c.id == bindparam("job"))
_PAIR = select(JOBS.c.id).where(
    in_states(JobState.AVAILABLE, JobState.EXECUTING, JobState.RETRYABLE),
    JOBS.c.command_id == bindparam("command"),
    JOBS.c.environment_id.is_not_distinct_from(bindparam("environment")),
    JOBS.c.id != bindparam("itself"),
)
_REQUESTED = select(JOBS.c.id, JOBS.c.attempt, JOBS.c.cancelled_by).where(
    is_state(JobState.EXECUTING), JOBS.c.agent_id == bindparam("agent"), JOBS.c.cancel_requested_at.is_not(None)
)


def cancel(transaction: Transaction, job_id: int, *, by: str, now: datetime) -> Literal["cancelled", "requested"]:
    """Cancel a job that waits, or ask the agent of one that runs to end it.

    `by` says who asked and stands in the history. Raises NotFoundError, and ConflictError for a job that has ended.
    """
    connection = transaction.connection
    found = connection.execute(_STATE, {"job": job_id}).first()
    if found is None:
        raise NotFoundError("job", str(job_id))
    reason = f"by {by}"
    if connection.execute(_CANCEL_WAITING, {"job": job_id, "now": now, "who": by, "why": reason}).rowcount == 1:
        write_events(connection, [event(job_id, found.attempt, EventKind.CANCELLED, now, reason=reason)])
        transaction.changed(Changes(jobs=True, claimable=True))
        return "cancelled"
    if connection.execute(_REQUEST, {"job": job_id, "now": now, "who": by}).rowcount == 1:
        write_events(connection, [event(job_id, found.attempt, EventKind.CANCEL_REQUESTED, now, reason=reason)])
        transaction.changed(Changes(jobs=True, cancellations=True))
        return "requested"
    raise ConflictError(f"Job {job_id} has already ended: it is {found.state}. There is nothing to cancel.")


def cancel_in_favour_of(
    transaction: Transaction, command_id: int, environment_id: int | None, now: datetime, *, itself: int = 0
) -> None:
    """Cancel what waits or runs of this command and environment, for the overlap policy `replace`."""
    pair = {"command": command_id, "environment": environment_id, "itself": itself}
    for job_id in transaction.connection.execute(_PAIR, pair).scalars().all():
        cancel(transaction, job_id, by="a newer job of the same command and environment", now=now)


def requested_cancellations(transaction: Transaction, agent_id: int) -> dict[tuple[int, int], str]:
    """Return who asked to end which of the agent's executing attempts, as {(job, attempt): by}."""
    rows = transaction.connection.execute(_REQUESTED, {"agent": agent_id}).all()
    return {(row.id, row.attempt): row.cancelled_by for row in rows}
