"""How long runs take, from the history of the same command in the same environment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from statistics import median_low

from sqlalchemy import Connection, bindparam, select

from core.database import Database
from core.history.runs import Run
from core.queue.rows import JOBS
from core.queue.states import JobState

__all__ = ["MOST_COUNTED", "Kindred", "expected_durations", "kindred_of"]

MOST_COUNTED = 9
"""How many of the last successful runs are counted: few, so that a command that has become slower is known soon."""

_LOOK_BACK = 500

Kindred = tuple[int, int | None]
"""A command's id and an environment's: runs that are alike."""

# The index of the command's runs is read from its end, and not further than this, however rare a success is.
_NEWEST = (
    select(JOBS.c.id, JOBS.c.environment_id, JOBS.c.state, JOBS.c.duration)
    .where(JOBS.c.command_id == bindparam("command"))
    .order_by(JOBS.c.id.desc())
    .limit(_LOOK_BACK)
    .subquery()
)
_DURATIONS = (
    select(_NEWEST.c.duration)
    .where(
        _NEWEST.c.state == JobState.COMPLETED.value,
        _NEWEST.c.environment_id.is_not_distinct_from(bindparam("environment")),
        _NEWEST.c.duration.is_not(None),
    )
    .order_by(_NEWEST.c.id.desc())
    .limit(MOST_COUNTED)
)


def kindred_of(run: Run) -> Kindred:
    """Return what the run has in common with those that tell how long it takes."""
    return run.command_id, run.environment_id


def expected_durations(database: Database, runs: Iterable[Run]) -> dict[Kindred, timedelta]:
    """Return how long each kind of run takes: the median of its last successful runs; without any it is missing.

    A median, because one run that hung for a night would make a mean useless. Raises StorageError.
    """
    with database.reading() as connection:
        found = {kindred: _median(connection, *kindred) for kindred in {kindred_of(run) for run in runs}}
    return {kindred: duration for kindred, duration in found.items() if duration is not None}


def _median(connection: Connection, command_id: int, environment_id: int | None) -> timedelta | None:
    rows = connection.execute(_DURATIONS, {"command": command_id, "environment": environment_id})
    durations = [duration for (duration,) in rows]
    return median_low(durations) if durations else None
