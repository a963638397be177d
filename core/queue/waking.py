"""Brings back at once what was put back for a while, when the reason for it is gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, update

from core.changes import Changes
from core.queue.rows import JOBS, is_state
from core.queue.states import JobState
from core.writer import Transaction

__all__ = ["wake"]

_WAKE = (
    update(JOBS)
    .where(
        is_state(JobState.SCHEDULED),
        JOBS.c.scheduled_at > bindparam("now"),
        JOBS.c.reason.in_(bindparam("reasons", expanding=True)),
    )
    .values(scheduled_at=bindparam("now"))
)


def wake(transaction: Transaction, reasons: Collection[str], now: datetime) -> int:
    """Let the jobs that were snoozed for one of these reasons be tried now; return how many there are."""
    count = transaction.connection.execute(_WAKE, {"now": now, "reasons": list(reasons)}).rowcount
    if count:
        transaction.changed(Changes(jobs=True, due_times=True))
    return count
