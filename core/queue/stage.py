"""Makes jobs available whose time has come, and tells when the next one's time comes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from core.changes import Changes
from core.queue.cancel import cancel_in_favour_of
from core.queue.enqueue import blocking_job
from core.queue.rows import JOBS, event, in_states, is_state, write_events
from core.queue.states import EventKind, JobState, Overlap
from core.queue.waiting import skip_barred
from core.writer import Transaction

__all__ = ["next_staging", "stage"]

_WAITING = in_states(JobState.SCHEDULED, JobState.RETRYABLE)
# A retryable job was judged when it became available the first time, and so was one that was claimed and snoozed: it
# must not replace a newer one. Snoozed jobs of the policy skip are judged again, because two that wait can't be.
_JUDGED = or_(
    is_state(JobState.RETRYABLE),
    JOBS.c.overlap.in_([Overlap.ALLOW, Overlap.QUEUE]),
    and_(JOBS.c.overlap == Overlap.REPLACE, JOBS.c.claimed_at.is_not(None)),
)
_STAGE = update(JOBS).where(_WAITING, JOBS.c.scheduled_at <= bindparam("now"), _JUDGED).values(state=JobState.AVAILABLE)
_TO_JUDGE = (
    select(JOBS.c.id, JOBS.c.overlap, JOBS.c.command_id, JOBS.c.environment_id)
    .where(_WAITING, JOBS.c.scheduled_at <= bindparam("now"), ~_JUDGED)
    .order_by(JOBS.c.scheduled_at, JOBS.c.id)
)
_MAKE_AVAILABLE = (
    update(JOBS).where(JOBS.c.id == bindparam("job"), is_state(JobState.SCHEDULED)).values(state=JobState.AVAILABLE)
)
_SKIP = (
    update(JOBS)
    .where(JOBS.c.id == bindparam("job"), is_state(JobState.SCHEDULED))
    .values(state=JobState.SKIPPED, finished_at=bindparam("now"), reason=bindparam("why"), unique_key=None)
)
_NEXT = select(func.min(JOBS.c.scheduled_at)).where(_WAITING)


def stage(transaction: Transaction, now: datetime) -> int:
    """Make every scheduled and retryable job available whose time has come; return how many.

    The overlap policies `skip` and `replace` are judged now for jobs that were put in ahead of their time, and so are
    pauses and skips for runs that a jitter has put off.
    """
    connection = transaction.connection
    skip_barred(transaction, now)
    count = connection.execute(_STAGE, {"now": now}).rowcount
    for row in connection.execute(_TO_JUDGE, {"now": now}).all():
        if row.overlap == Overlap.SKIP:
            reason = blocking_job(transaction, row.command_id, row.environment_id, itself=row.id)
            if reason is not None:
                connection.execute(_SKIP, {"job": row.id, "now": now, "why": reason})
                write_events(connection, [event(row.id, 0, EventKind.SKIPPED, now, reason=reason)])
                transaction.changed(Changes(jobs=True))
                continue
        else:
            cancel_in_favour_of(transaction, row.command_id, row.environment_id, now, itself=row.id)
        count += connection.execute(_MAKE_AVAILABLE, {"job": row.id}).rowcount
    if count:
        transaction.changed(Changes(jobs=True, claimable=True))
    return count


def next_staging(connection: Connection) -> datetime | None:
    """Return when the next scheduled or retryable job's time comes, or None."""
    found: datetime | None = connection.execute(_NEXT).scalar()
    return found
