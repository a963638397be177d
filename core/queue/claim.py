"""Takes available jobs for an agent: in order, within the queues' limits, and one of a turn at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Update, and_, bindparam, exists, func, literal_column, or_, select, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from core.changes import Changes
from core.model import Queue
from core.queue.jobs import ClaimedJob
from core.queue.rows import JOBS, is_state
from core.queue.states import JobState
from core.writer import Transaction

__all__ = ["CLAIMED_COLUMNS", "claim", "claim_job", "claimed_job"]

CLAIMED_COLUMNS = (
    JOBS.c.id,
    JOBS.c.attempt,
    JOBS.c.priority,
    JOBS.c.max_attempts,
    JOBS.c.command_id,
    JOBS.c.command_name,
    JOBS.c.environment_id,
    JOBS.c.environment_name,
    JOBS.c.schedule_name,
    JOBS.c.cron_name,
    JOBS.c.origin,
    JOBS.c.due_at,
    JOBS.c.scheduled_at,
    JOBS.c.claimed_at,
    JOBS.c.backoff_base,
    JOBS.c.backoff_cap,
)


def _its_turn() -> ColumnElement[bool]:
    """Return the condition that no job of the same turn is executing or stands before this one."""
    running, earlier = JOBS.alias("running"), JOBS.alias("earlier")
    taken = exists().where(running.c.state == literal_column("'executing'"), running.c.turn_key == JOBS.c.turn_key)
    before = exists().where(
        earlier.c.state == literal_column("'available'"),
        earlier.c.turn_key == JOBS.c.turn_key,
        tuple_(earlier.c.priority, earlier.c.scheduled_at, earlier.c.id)
        < tuple_(JOBS.c.priority, JOBS.c.scheduled_at, JOBS.c.id),
    )
    return or_(JOBS.c.turn_key.is_(None), and_(~taken, ~before))


def _take(chosen: ColumnElement[bool]) -> Update:
    """Return the guarded transition available → executing for the chosen rows."""
    return (
        update(JOBS)
        .where(is_state(JobState.AVAILABLE), chosen)
        .values(
            state=JobState.EXECUTING,
            attempt=JOBS.c.attempt + 1,
            agent_id=bindparam("agent"),
            claimed_at=bindparam("now"),
            pid=None,
            process_started_at=None,
            plan=None,
            started_at=None,
            finished_at=None,
            duration=None,
            outcome=None,
            exit_code=None,
            signal=None,
            reason=None,
            output=None,
            stdout_bytes=0,
            stderr_bytes=0,
        )
        .returning(*CLAIMED_COLUMNS)
    )


def _next_in_line() -> Select[Any]:
    return (
        select(JOBS.c.id)
        .where(is_state(JobState.AVAILABLE), JOBS.c.queue == bindparam("queue_name"), _its_turn())
        .order_by(JOBS.c.priority, JOBS.c.scheduled_at, JOBS.c.id)
        .limit(bindparam("free"))
    )


_CLAIM = _take(JOBS.c.id.in_(_next_in_line()))
_CLAIM_ONE = _take(and_(JOBS.c.id == bindparam("job"), _its_turn()))
_OPEN_QUEUES = select(Queue.name, Queue.limit).where(Queue.paused_at.is_(None)).order_by(Queue.name)
_EXECUTING = (
    select(func.count()).select_from(JOBS).where(is_state(JobState.EXECUTING), JOBS.c.queue == bindparam("queue_name"))
)


def claim(transaction: Transaction, *, agent_id: int, now: datetime, default_limit: int) -> list[ClaimedJob]:
    """Take as many jobs as the open queues have free slots for, in one statement per queue.

    The order is priority (0 before 1), then `scheduled_at`, then id. `default_limit` serves the queues that name no
    limit. The answer is in that order within each queue.
    """
    connection = transaction.connection
    claimed: list[ClaimedJob] = []
    for queue in connection.execute(_OPEN_QUEUES).all():
        limit = default_limit if queue.limit is None else queue.limit
        free = limit - connection.execute(_EXECUTING, {"queue_name": queue.name}).scalar_one()
        if free > 0:
            found = connection.execute(
                _CLAIM, {"agent": agent_id, "now": now, "queue_name": queue.name, "free": free}
            ).all()
            claimed += _in_order(found)
    if claimed:
        transaction.changed(Changes(jobs=True))
    return claimed


def claim_job(transaction: Transaction, job_id: int, *, agent_id: int, now: datetime) -> list[ClaimedJob]:
    """Take this one job, whatever its queue's limit; empty while it is not available or not its turn."""
    found = transaction.connection.execute(_CLAIM_ONE, {"agent": agent_id, "now": now, "job": job_id}).all()
    if found:
        transaction.changed(Changes(jobs=True))
    return _in_order(found)


def claimed_job(row: Row[*tuple[Any, ...]]) -> ClaimedJob:
    """Return the job of a row that has CLAIMED_COLUMNS."""
    return ClaimedJob(**{column.key: row._mapping[column.key] for column in CLAIMED_COLUMNS})


def _in_order(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[ClaimedJob]:
    # RETURNING promises no order (https://sqlite.org/lang_returning.html).
    return sorted(map(claimed_job, rows), key=lambda job: (job.priority, job.scheduled_at, job.id))
