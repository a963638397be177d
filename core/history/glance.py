"""What a person wants to know at a glance: what runs, what waits, what comes next, and who works on it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, exists, func, select

from core.clock import Clock
from core.database import Database
from core.history.overdue import Overdue, read_overdue
from core.history.runs import Run, RunFilter, as_run, select_runs
from core.history.upcoming import Upcoming, read_upcoming
from core.model import Command
from core.queue.agents import AgentRow, running_agents
from core.queue.pauses import PauseSpan, open_pause, paused_schedules
from core.queue.rows import JOBS, in_states, is_state
from core.queue.states import JobState

__all__ = ["Glance", "Overdue", "Upcoming", "read_glance", "read_lately"]

_MOST_RUNNING = 200
_LOOK_BACK = 20_000
_COUNTED = (JobState.AVAILABLE, JobState.EXECUTING, JobState.RETRYABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One consistent picture. `running` holds the runs that execute, the oldest first, up to some hundreds.

    `waiting` jobs need a free slot, `retrying` ones wait for the time of their next attempt. `upcoming` is sorted by
    when the runs start, and holds nothing that a pause, a mute or a skip will swallow. `overdue` is what should have
    begun and has not. `paused` is the pause of all schedules that goes on, or None; `paused_schedules` are those of
    single schedules.
    """

    running: tuple[Run, ...]
    running_count: int
    waiting: int
    retrying: int
    upcoming: tuple[Upcoming, ...]
    overdue: Overdue | None = None
    paused: PauseSpan | None
    paused_schedules: tuple[PauseSpan, ...] = ()
    agents: tuple[AgentRow, ...]
    has_commands: bool
    has_runs: bool


def read_glance(database: Database, clock: Clock, *, upcoming: int = 10) -> Glance:
    """Return the picture with at most `upcoming` due times. Raises StorageError."""
    now, zone = clock.now(), clock.zone()
    with database.reading() as connection:
        counted = select(JOBS.c.state, func.count()).where(in_states(*_COUNTED)).group_by(JOBS.c.state)
        counts = {JobState(state): count for state, count in connection.execute(counted)}
        return Glance(
            running=_running(connection) if counts.get(JobState.EXECUTING) else (),
            running_count=counts.get(JobState.EXECUTING, 0),
            waiting=counts.get(JobState.AVAILABLE, 0),
            retrying=counts.get(JobState.RETRYABLE, 0),
            upcoming=read_upcoming(connection, now, zone, upcoming),
            overdue=read_overdue(connection, now, zone),
            paused=open_pause(connection, now),
            paused_schedules=tuple(paused_schedules(connection, now)),
            agents=tuple(running_agents(connection)),
            has_commands=bool(connection.execute(select(exists(select(Command.id)))).scalar()),
            has_runs=bool(connection.execute(select(exists(select(JOBS.c.id)))).scalar()),
        )


def _running(connection: Connection) -> tuple[Run, ...]:
    # Sorted here: ORDER BY id would make SQLite walk through all jobs instead of the index of the executing ones.
    statement = select_runs(RunFilter()).where(is_state(JobState.EXECUTING)).limit(_MOST_RUNNING)
    return tuple(sorted((as_run(row) for row in connection.execute(statement).mappings()), key=lambda run: run.id))


def read_lately(database: Database, *states: JobState, limit: int = 12) -> list[Run]:
    """Return the newest runs in one of the states, the newest first, as far as a short look back reaches.

    A look for the last failure ever would go through a whole history without any. Raises StorageError.
    """
    newest = select(func.max(JOBS.c.id)).scalar_subquery()
    statement = (
        select_runs(RunFilter(states=states))
        .where(JOBS.c.id > newest - _LOOK_BACK)
        .order_by(JOBS.c.id.desc())
        .limit(limit)
    )
    with database.reading() as connection:
        return [as_run(row) for row in connection.execute(statement).mappings()]
