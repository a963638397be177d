"""Which runs have been repeated, and how that went."""

from __future__ import annotations

from collections.abc import Sequence

from core.database import Database
from core.history.runs import Run, RunFilter, as_run, select_runs
from core.queue.rows import JOBS
from core.queue.states import Origin

__all__ = ["read_repeats"]


def read_repeats(database: Database, job_ids: Sequence[int]) -> dict[int, Run]:
    """Return the newest run that repeats each of the jobs, by the job's id; a job that nobody repeated is missing.

    Meant for jobs of the recent past: it goes through what came after the oldest of them. Raises StorageError.
    """
    if not job_ids:
        return {}
    statement = (
        select_runs(RunFilter(origins=[Origin.RETRY]))
        .where(JOBS.c.id > min(job_ids), JOBS.c.retry_of.in_(job_ids))
        .order_by(JOBS.c.id)
    )
    with database.reading() as connection:
        runs = [as_run(row) for row in connection.execute(statement).mappings()]
    return {run.retry_of: run for run in runs if run.retry_of is not None}
