"""Which jobs wait for a time to come: those that a person put there, and those that are tried again."""

from __future__ import annotations

from sqlalchemy import bindparam

from core.database import Database
from core.history.runs import Run, RunFilter, as_run, select_runs
from core.queue.rows import JOBS, in_states
from core.queue.states import JobState

__all__ = ["read_scheduled"]


# The condition of the partial index of those jobs, word for word: SQLite recognises no other.
_SCHEDULED = (
    select_runs(RunFilter())
    .where(in_states(JobState.SCHEDULED, JobState.RETRYABLE))
    .order_by(JOBS.c.scheduled_at, JOBS.c.id)
    .limit(bindparam("most"))
)


def read_scheduled(database: Database, *, limit: int) -> list[Run]:
    """Return the first `limit` of the jobs that wait for their time, sorted by it. Raises StorageError."""
    with database.reading() as connection:
        return [as_run(row) for row in connection.execute(_SCHEDULED, {"most": limit}).mappings()]
