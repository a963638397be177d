"""Puts the newest runs in another order than the one in which they came: by state, by name, by duration and so on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, case, func, select, type_coerce

from core.clock import to_micros
from core.database import Database
from core.history.runs import RunFilter, conditions
from core.queue.rows import JOBS
from core.queue.states import JobState, Origin

__all__ = ["MOST_SORTED", "NEWEST_FIRST", "OLDEST_FIRST", "RunOrder", "SortKey", "count_runs", "sorted_ids"]

MOST_SORTED = 10_000
"""How many runs are sorted by anything but their coming. An index for each key would make every job's life dearer."""


class SortKey(StrEnum):
    """What sorts a list of runs. What a run does not have comes last in both directions."""

    CAME = "came"
    """The order in which they were made: by id, over all of them."""
    STATE = "state"
    """What asks for attention comes first: failed, retrying, running, waiting; then what ended well or never ran."""
    COMMAND = "command"
    ENVIRONMENT = "environment"
    ORIGIN = "origin"
    """Schedules by name, then what was run by hand, from the command line, and again."""
    DURATION = "duration"
    """Of a run that goes on, how long it has taken by now."""
    RESULT = "result"
    """Exit codes by number, then signals by number, then reasons."""
    OUTPUT = "output"
    """How much the last attempt printed."""


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What sorts a list, and in which direction; runs that are equal in it stand with the newest first."""

    by: SortKey = SortKey.CAME
    descending: bool = True

    @property
    def is_by_coming(self) -> bool:
        """Return whether a list of any length can be in this order."""
        return self.by is SortKey.CAME


NEWEST_FIRST = RunOrder()
OLDEST_FIRST = RunOrder(SortKey.CAME, descending=False)

_BY_ATTENTION = (
    JobState.DISCARDED,
    JobState.RETRYABLE,
    JobState.EXECUTING,
    JobState.AVAILABLE,
    JobState.SCHEDULED,
    JobState.COMPLETED,
    JobState.CANCELLED,
    JobState.SKIPPED,
)
_ORIGINS = (Origin.MANUAL, Origin.COMMAND_LINE, Origin.RETRY)


def sorted_ids(
    database: Database, which: RunFilter, order: RunOrder, now: datetime, *, most: int = MOST_SORTED
) -> tuple[int, ...]:
    """Return the ids of the newest `most` runs of the filter in this order.

    A filter that lets few through makes it go through the whole history: some seconds for millions of runs.
    Raises StorageError.
    """
    keys = [key.label(f"key_{number}") for number, key in enumerate(_KEYS[order.by](now))]
    newest = select(JOBS.c.id, *keys).where(*conditions(which)).order_by(JOBS.c.id.desc()).limit(most).subquery()
    columns = [newest.c[key.name] for key in keys]
    directed = [(column.desc() if order.descending else column.asc()).nulls_last() for column in columns]
    statement = select(newest.c.id).order_by(*directed, newest.c.id.desc())
    with database.reading() as connection:
        return tuple(connection.execute(statement).scalars())


def count_runs(database: Database, which: RunFilter, from_id: int = 0) -> int:
    """Return how many runs from the id on the filter lets through; goes through them all. Raises StorageError."""
    statement = select(func.count()).select_from(JOBS).where(*conditions(which))
    if from_id:
        statement = statement.where(JOBS.c.id >= from_id)
    with database.reading() as connection:
        return connection.execute(statement).scalar_one()


def _came(_now: datetime) -> list[Any]:
    return [JOBS.c.id]


def _state(_now: datetime) -> list[Any]:
    ranks = {str(state): rank for rank, state in enumerate(_BY_ATTENTION)}
    return [case(ranks, value=JOBS.c.state), func.lower(JOBS.c.outcome)]


def _command(_now: datetime) -> list[Any]:
    return [func.lower(JOBS.c.command_name)]


def _environment(_now: datetime) -> list[Any]:
    return [func.lower(JOBS.c.environment_name)]


def _origin(_now: datetime) -> list[Any]:
    ranks = {str(origin): rank for rank, origin in enumerate(_ORIGINS, start=1)}
    return [case(ranks, value=JOBS.c.origin, else_=0), func.lower(JOBS.c.schedule_name), JOBS.c.retry_of]


def _duration(now: datetime) -> list[Any]:
    elapsed = to_micros(now) - type_coerce(JOBS.c.started_at, BigInteger)
    taken = type_coerce(JOBS.c.duration, BigInteger)
    return [case((JOBS.c.state == JobState.EXECUTING, elapsed), else_=taken)]


def _result(_now: datetime) -> list[Any]:
    # As the list says it: a reason rather than a signal, and a signal rather than an exit code.
    kind = case(
        (func.coalesce(JOBS.c.reason, "") != "", 2), (JOBS.c.signal.is_not(None), 1), (JOBS.c.exit_code.is_not(None), 0)
    )
    number = case((kind == 1, JOBS.c.signal), (kind == 0, JOBS.c.exit_code))
    return [kind, number, func.lower(JOBS.c.reason)]


def _output(_now: datetime) -> list[Any]:
    return [func.nullif(JOBS.c.stdout_bytes + JOBS.c.stderr_bytes, 0)]


_KEYS: dict[SortKey, Callable[[datetime], list[Any]]] = {
    SortKey.CAME: _came,
    SortKey.STATE: _state,
    SortKey.COMMAND: _command,
    SortKey.ENVIRONMENT: _environment,
    SortKey.ORIGIN: _origin,
    SortKey.DURATION: _duration,
    SortKey.RESULT: _result,
    SortKey.OUTPUT: _output,
}
