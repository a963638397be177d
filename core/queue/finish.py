"""Records how attempts start and end, and decides what follows: done, another attempt, or no more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from random import Random
from typing import Any, cast

from sqlalchemy import Row, Table, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from core.changes import Changes
from core.model import PlanRecord
from core.queue.agents import observe
from core.queue.backoff import backoff
from core.queue.jobs import Finished, Started
from core.queue.rows import EVENTS, JOBS, event, is_state, write_events
from core.queue.states import EventKind, JobState
from core.writer import Transaction

__all__ = ["mark_finished", "mark_started", "plan_digest", "snooze"]

PLANS = cast("Table", PlanRecord.__table__)

_GUARD = (JOBS.c.id == bindparam("job"), JOBS.c.attempt == bindparam("of_attempt"), is_state(JobState.EXECUTING))
_STILL_MINE = select(JOBS.c.id, JOBS.c.attempt, JOBS.c.started_at, JOBS.c.cancel_requested_at).where(
    is_state(JobState.EXECUTING), JOBS.c.id.in_(bindparam("jobs", expanding=True))
)
_MARK_STARTED = (
    update(JOBS)
    .where(*_GUARD)
    .values(
        started_at=bindparam("at"),
        pid=bindparam("new_pid"),
        process_started_at=bindparam("process_at"),
        plan=bindparam("new_plan"),
    )
)
_KEEP_PLAN = insert_or(PLANS).on_conflict_do_nothing()
_FINISHED_COLUMNS = (
    "state",
    "scheduled_at",
    "finished_at",
    "duration",
    "outcome",
    "exit_code",
    "signal",
    "reason",
    "stdout_bytes",
    "stderr_bytes",
    "output",
)
_MARK_FINISHED = update(JOBS).where(*_GUARD).values({name: bindparam(f"new_{name}") for name in _FINISHED_COLUMNS})
_CANCEL_INSTEAD = (
    update(JOBS)
    .where(*_GUARD)
    .values(
        state=JobState.CANCELLED,
        outcome="cancelled",
        finished_at=bindparam("now"),
        reason="by " + JOBS.c.cancelled_by,
    )
    .returning(JOBS.c.reason)
)
_SNOOZE = (
    update(JOBS)
    .where(*_GUARD)
    .values(
        state=JobState.SCHEDULED,
        # Oban's rule: an attempt that never really began is not counted.
        attempt=JOBS.c.attempt - 1,
        scheduled_at=bindparam("until"),
        reason=bindparam("why"),
    )
)
_LAST_EVENT = (
    select(EVENTS.c.kind, EVENTS.c.reason)
    .where(EVENTS.c.job_id == bindparam("job"))
    .order_by(EVENTS.c.id.desc())
    .limit(1)
)


def plan_digest(plan: dict[str, Any]) -> str:
    """Return the key under which a plan's content is kept once."""
    content = json.dumps(plan, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def mark_started(
    transaction: Transaction, started: Sequence[Started], *, agent_id: int, host: str, known_plans: set[str]
) -> set[str]:
    """Record the processes of claimed jobs; return the digests of the plans that are kept now.

    `known_plans` are digests that are on disk already. A job that is no longer executing in that attempt is passed
    over, since somebody else decided first, and so is one whose start is recorded already.
    """
    connection = transaction.connection
    mine = _still_executing(transaction, [(item.job_id, item.attempt) for item in started])
    rows, events, plans = [], [], {}
    for item in started:
        row = mine.pop((item.job_id, item.attempt), None)
        if row is None or row.started_at is not None:
            continue
        digest = plan_digest(item.plan)
        plans[digest] = item.plan
        rows.append(
            {
                "job": item.job_id,
                "of_attempt": item.attempt,
                "at": item.at,
                "new_pid": item.pid,
                "process_at": item.process_started_at,
                "new_plan": digest,
            }
        )
        events.append(
            event(item.job_id, item.attempt, EventKind.STARTED, item.at, agent_id=agent_id, host=host, pid=item.pid)
        )
    fresh = [{"digest": digest, "body": body} for digest, body in plans.items() if digest not in known_plans]
    if fresh:
        connection.execute(_KEEP_PLAN, fresh)
    if rows:
        connection.execute(_MARK_STARTED, rows)
        write_events(connection, events)
        transaction.changed(Changes(jobs=True))
    return set(plans)


def mark_finished(
    transaction: Transaction, finished: Sequence[Finished], *, agent_id: int | None, random: Random
) -> dict[int, JobState]:
    """Record how attempts ended; return the state that each job has now.

    A job that is missing from the answer was no longer executing in that attempt: somebody else decided first. A job
    that was asked to be cancelled is not tried again, however its attempt ended.
    """
    mine = _still_executing(transaction, [(item.job.id, item.job.attempt) for item in finished])
    states: dict[int, JobState] = {}
    rows, events = [], []
    for item in finished:
        row = mine.pop((item.job.id, item.job.attempt), None)
        if row is None:
            continue
        state, next_attempt_at = _what_follows(item, random, is_unwanted=row.cancel_requested_at is not None)
        states[item.job.id] = state
        rows.append(_finished_row(item, state, next_attempt_at))
        events.append(_end_event(item, agent_id, next_attempt_at))
        if item.output.fault is not None:
            detail = {"job": item.job.id, "attempt": item.job.attempt, "bytes": item.output.dropped_bytes}
            observe(transaction, item.at, "output-not-kept", **detail, reason=item.output.fault)
    if rows:
        transaction.connection.execute(_MARK_FINISHED, rows)
        write_events(transaction.connection, events)
        waits = JobState.RETRYABLE in states.values()
        transaction.changed(Changes(jobs=True, claimable=True, due_times=waits))
    return states


def snooze(transaction: Transaction, *, job_id: int, attempt: int, until: datetime, reason: str, now: datetime) -> bool:
    """Put an executing job back until `until` without counting the attempt; False where it is no longer executing.

    Where the last that happened to it was the same, the history says it once, with the time of the first.
    One that was asked to be cancelled has not begun and never will: it is cancelled instead.
    """
    row = _still_executing(transaction, [(job_id, attempt)]).get((job_id, attempt))
    if row is None:
        return False
    if row.cancel_requested_at is not None:
        return _cancel_instead(transaction, job_id, attempt, now)
    transaction.connection.execute(_SNOOZE, {"job": job_id, "of_attempt": attempt, "until": until, "why": reason})
    last = transaction.connection.execute(_LAST_EVENT, {"job": job_id}).one_or_none()
    # A job that waits for days, half a minute at a time, has one line of it in its history.
    if last is None or (last.kind, last.reason) != (EventKind.SNOOZED, reason):
        write_events(
            transaction.connection,
            [event(job_id, attempt, EventKind.SNOOZED, now, reason=reason, next_attempt_at=until)],
        )
    transaction.changed(Changes(jobs=True, claimable=True, due_times=True))
    return True


def _cancel_instead(transaction: Transaction, job_id: int, attempt: int, now: datetime) -> bool:
    reason = transaction.connection.execute(
        _CANCEL_INSTEAD, {"job": job_id, "of_attempt": attempt, "now": now}
    ).scalar_one()
    write_events(transaction.connection, [event(job_id, attempt, EventKind.CANCELLED, now, reason=reason)])
    transaction.changed(Changes(jobs=True, claimable=True))
    return True


def _still_executing(
    transaction: Transaction, attempts: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], Row[*tuple[Any, ...]]]:
    """Return the rows of those (job, attempt) pairs that are executing; the transaction keeps it so."""
    wanted = set(attempts)
    rows = transaction.connection.execute(_STILL_MINE, {"jobs": [job_id for job_id, _ in wanted]})
    return {(row.id, row.attempt): row for row in rows if (row.id, row.attempt) in wanted}


def _what_follows(item: Finished, random: Random, *, is_unwanted: bool) -> tuple[JobState, datetime | None]:
    if item.outcome.succeeded:
        return JobState.COMPLETED, None
    if item.outcome.kind == "cancelled":
        return JobState.CANCELLED, None
    if is_unwanted:
        return JobState.CANCELLED, None
    if item.outcome.may_be_retried and item.job.attempt < item.job.max_attempts:
        wait = backoff(item.job.attempt, base=item.job.backoff_base, cap=item.job.backoff_cap, random=random)
        return JobState.RETRYABLE, item.at + wait
    return JobState.DISCARDED, None


def _finished_row(item: Finished, state: JobState, next_attempt_at: datetime | None) -> dict[str, Any]:
    return {
        "job": item.job.id,
        "of_attempt": item.job.attempt,
        "new_state": state,
        "new_scheduled_at": next_attempt_at or item.job.scheduled_at,
        # A job that is tried again has not finished.
        "new_finished_at": None if state is JobState.RETRYABLE else item.at,
        "new_duration": item.duration,
        "new_outcome": item.outcome.kind,
        "new_exit_code": item.outcome.exit_code,
        "new_signal": item.outcome.signal,
        "new_reason": item.outcome.reason,
        "new_stdout_bytes": item.output.stdout_bytes,
        "new_stderr_bytes": item.output.stderr_bytes,
        "new_output": item.output.location,
    }


def _end_event(item: Finished, agent_id: int | None, next_attempt_at: datetime | None) -> dict[str, Any]:
    return event(
        item.job.id,
        item.job.attempt,
        item.outcome.kind,
        item.at,
        agent_id=agent_id,
        duration=item.duration,
        exit_code=item.outcome.exit_code,
        signal=item.outcome.signal,
        reason="; ".join(filter(None, (item.outcome.reason, item.output.complaint))) or None,
        next_attempt_at=next_attempt_at,
        stdout_bytes=item.output.stdout_bytes,
        stderr_bytes=item.output.stderr_bytes,
        output=item.output.location,
    )
