"""Puts jobs into the queue: the overlap policies, and the promise that a due time makes one job at most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.sqlite import insert

from core.changes import Changes
from core.queue.cancel import cancel_in_favour_of
from core.queue.jobs import Enqueued, NewJob
from core.queue.rows import EVENTS, JOBS, event, in_states, is_state, write_events
from core.queue.states import EventKind, JobState, Overlap
from core.timing.due import SkippedSpan
from core.writer import Transaction

__all__ = ["blocking_job", "enqueue", "enqueue_all", "explain_spans", "record_skipped", "record_span"]

_INSERT = (
    insert(JOBS)
    .on_conflict_do_nothing(index_elements=["due_key"], index_where=text("due_key IS NOT NULL"))
    .returning(JOBS.c.id, JOBS.c.state, JOBS.c.due_key)
)
_BLOCKING = (
    select(JOBS.c.id, JOBS.c.state)
    .where(
        in_states(JobState.AVAILABLE, JobState.EXECUTING, JobState.RETRYABLE),
        JOBS.c.command_id == bindparam("command"),
        JOBS.c.environment_id.is_not_distinct_from(bindparam("environment")),
        JOBS.c.id != bindparam("itself"),
    )
    .order_by(JOBS.c.id)
    .limit(1)
)
_KNOWN = select(JOBS.c.id).where(JOBS.c.due_key == bindparam("due_key"))
_GROW = (
    update(JOBS)
    .where(JOBS.c.due_key == bindparam("key"), is_state(JobState.SKIPPED))
    .values(
        skipped_count=JOBS.c.skipped_count + bindparam("more"),
        due_at=bindparam("due"),
        scheduled_at=bindparam("start"),
        finished_at=bindparam("now"),
        reason=bindparam("why"),
    )
    .returning(JOBS.c.id)
)
_CORRECT = (
    update(JOBS)
    .where(JOBS.c.due_key >= bindparam("first"), JOBS.c.due_key < bindparam("end"), is_state(JobState.SKIPPED))
    .values(reason=bindparam("why"))
    .returning(JOBS.c.id)
)
_TELL_AGAIN = (
    update(EVENTS).where(EVENTS.c.job_id == bindparam("job")).values(at=bindparam("now"), reason=bindparam("why"))
)
_EXPLAIN = update(EVENTS).where(EVENTS.c.job_id == bindparam("job")).values(reason=bindparam("why"))
_UNJUDGED = frozenset({Overlap.ALLOW, Overlap.QUEUE})
_DOING = {"available": "waiting", "executing": "running", "retryable": "waiting for its next attempt"}


def enqueue(transaction: Transaction, new: NewJob, now: datetime) -> Enqueued | None:
    """Put one job into the queue, together with its event, as its overlap policy allows.

    Returns None where a job for the same due time is there already. A job whose time lies ahead waits as
    `scheduled`; its overlap is judged when its time has come.
    """
    connection = transaction.connection
    if new.scheduled_at > now:
        return _insert_one(transaction, new, now, JobState.SCHEDULED)
    if new.due_key is not None and connection.execute(_KNOWN, {"due_key": new.due_key}).first():
        return None
    if new.overlap is Overlap.SKIP:
        reason = blocking_job(transaction, new.command_id, new.environment_id)
        if reason is not None:
            return _insert_one(transaction, new, now, JobState.SKIPPED, reason=reason)
    if new.overlap is Overlap.REPLACE:
        cancel_in_favour_of(transaction, new.command_id, new.environment_id, now)
    return _insert_one(transaction, new, now, JobState.AVAILABLE)


def enqueue_all(transaction: Transaction, new_jobs: Sequence[NewJob], now: datetime) -> list[Enqueued]:
    """Put many jobs into the queue; those for a due time that already has its job are left out of the answer.

    Jobs whose policy asks nothing of the others go in together, which is many times cheaper.
    """
    plain = [new for new in new_jobs if new.overlap in _UNJUDGED]
    one_by_one = [new for new in new_jobs if new.overlap not in _UNJUDGED]
    if len(plain) == 1:
        plain, one_by_one = [], list(new_jobs)
    done = _insert_plain(transaction, plain, now) if plain else []
    for new in one_by_one:
        enqueued = enqueue(transaction, new, now)
        if enqueued is not None:
            done.append(enqueued)
    return done


def blocking_job(
    transaction: Transaction, command_id: int, environment_id: int | None, *, itself: int = 0
) -> str | None:
    """Return why the policy `skip` would not run this pair now, or None where nothing stands in its way."""
    found = transaction.connection.execute(
        _BLOCKING, {"command": command_id, "environment": environment_id, "itself": itself}
    ).first()
    if found is None:
        return None
    return (
        f"job {found.id} of the same command and environment is still {_DOING[found.state]}; the overlap policy is skip"
    )


def record_skipped(transaction: Transaction, new: NewJob, now: datetime, *, span: SkippedSpan) -> Enqueued | None:
    """Leave one row for due times that are deliberately not run; `new.due_at` is the last of them."""
    return _insert_one(transaction, new, now, JobState.SKIPPED, reason=span.reason, span=span)


def record_span(transaction: Transaction, new: NewJob, now: datetime, *, span: SkippedSpan) -> int:
    """Leave one row for the due times of a whole span, or let the row grow that `new.due_key` names; return its id.

    A span that goes on is dealt with piece by piece, and is still one thing that happened. `new.due_at` is the last of
    the due times so far.
    """
    reason = span.reason
    values = {
        "key": new.due_key,
        "more": span.count,
        "due": new.due_at,
        "start": new.scheduled_at,
        "now": now,
        "why": reason,
    }
    grown: int | None = transaction.connection.execute(_GROW, values).scalar()
    if grown is None:
        made = record_skipped(transaction, new, now, span=span)
        assert made is not None, "the row of this key is there, and is none of a span"
        return made.job_id
    transaction.connection.execute(_TELL_AGAIN, {"job": grown, "now": now, "why": reason})
    _announce(transaction, JobState.SKIPPED)
    return grown


def explain_spans(transaction: Transaction, keys: tuple[str, str], reason: str) -> None:
    """Correct the reason of spans' rows, if there are any: now that the span is over, its end is known.

    `keys` are the first of their keys and the first that is none of theirs any more.
    """
    values = {"first": keys[0], "end": keys[1], "why": reason}
    found = transaction.connection.execute(_CORRECT, values).scalars().all()
    if found:
        transaction.connection.execute(_EXPLAIN, [{"job": job, "why": reason} for job in found])
        transaction.changed(Changes(jobs=True))


def _insert_one(
    transaction: Transaction,
    new: NewJob,
    now: datetime,
    state: JobState,
    *,
    reason: str | None = None,
    span: SkippedSpan | None = None,
) -> Enqueued | None:
    row = transaction.connection.execute(_INSERT, [_values(new, now, state, reason, span)]).first()
    if row is None:
        return None
    kind = EventKind.SKIPPED if state is JobState.SKIPPED else EventKind.QUEUED
    write_events(transaction.connection, [event(row.id, 0, kind, now, reason=reason)])
    _announce(transaction, state)
    return Enqueued(row.id, state, reason)


def _insert_plain(transaction: Transaction, new_jobs: Sequence[NewJob], now: datetime) -> list[Enqueued]:
    values = [
        _values(new, now, JobState.SCHEDULED if new.scheduled_at > now else JobState.AVAILABLE, None, None)
        for new in new_jobs
    ]
    rows = sorted(transaction.connection.execute(_INSERT, values).all())
    write_events(transaction.connection, [event(row.id, 0, EventKind.QUEUED, now) for row in rows])
    done = [Enqueued(row.id, JobState(row.state)) for row in rows]
    for state in {enqueued.state for enqueued in done}:
        _announce(transaction, state)
    return done


def _announce(transaction: Transaction, state: JobState) -> None:
    transaction.changed(
        Changes(jobs=True, claimable=state is JobState.AVAILABLE, due_times=state is JobState.SCHEDULED)
    )


def _values(
    new: NewJob, now: datetime, state: JobState, reason: str | None, span: SkippedSpan | None
) -> dict[str, Any]:
    skipped = state is JobState.SKIPPED
    return {
        "state": state,
        "queue": new.queue,
        "priority": new.priority,
        "scheduled_at": new.scheduled_at,
        "origin": new.origin,
        "command_id": new.command_id,
        "command_name": new.command_name,
        "environment_id": new.environment_id,
        "environment_name": new.environment_name,
        "schedule_id": new.schedule_id,
        "schedule_name": new.schedule_name,
        "cron_id": new.cron_id,
        "cron_name": new.cron_name,
        "due_at": new.due_at,
        "due_key": new.due_key,
        "overlap": new.overlap,
        "unique_key": new.pair_key if new.overlap is Overlap.SKIP and not skipped else None,
        "turn_key": new.turn_key,
        "retry_of": new.retry_of,
        "attempt": 0,
        "max_attempts": new.max_attempts,
        "backoff_base": new.backoff_base,
        "backoff_cap": new.backoff_cap,
        "created_at": now,
        "finished_at": now if skipped else None,
        "reason": reason,
        "skipped_count": None if span is None else span.count,
        "skipped_from": None if span is None else span.first,
        "stdout_bytes": 0,
        "stderr_bytes": 0,
    }
