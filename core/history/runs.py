"""Reads runs (jobs as the history shows them), their events and what exactly they ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, Table, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from core.database import Database
from core.errors import NotFoundError
from core.model import PlanRecord
from core.queue.rows import EVENTS, JOBS, in_states
from core.queue.states import LIVE, JobState, Origin

__all__ = ["Attempt", "Event", "Run", "RunFilter", "Runs", "as_run", "conditions", "select_runs"]

_PLANS = cast("Table", PlanRecord.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One job as the history shows it. Times are aware UTC; what does not apply (yet) is None."""

    id: int
    state: JobState
    command_id: int
    command: str
    environment_id: int | None
    environment: str | None
    schedule_id: int | None
    schedule: str | None
    cron: str | None
    origin: str
    queue: str
    attempt: int
    max_attempts: int
    due_at: datetime | None
    scheduled_at: datetime
    created_at: datetime
    claimed_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    duration: timedelta | None
    outcome: str | None
    exit_code: int | None
    signal: int | None
    reason: str | None
    retry_of: int | None
    agent_id: int | None
    pid: int | None
    process_started_at: datetime | None
    cancel_requested_at: datetime | None
    stdout_bytes: int
    stderr_bytes: int
    output: str | None
    skipped_count: int | None
    skipped_from: datetime | None = None
    """The first of the due times that a skipped run stands for; `due_at` is the last one."""

    @property
    def is_live(self) -> bool:
        """Return whether something may still happen to it."""
        return self.state in LIVE

    @property
    def output_bytes(self) -> int:
        """Return how much its last attempt printed."""
        return self.stdout_bytes + self.stderr_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a job."""

    id: int
    job_id: int
    attempt: int
    kind: str
    at: datetime
    agent_id: int | None
    host: str | None
    pid: int | None
    duration: timedelta | None
    exit_code: int | None
    signal: int | None
    reason: str | None
    next_attempt_at: datetime | None
    stdout_bytes: int | None
    stderr_bytes: int | None
    output: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """Where one attempt's output lies; `ended` is false while it runs."""

    number: int
    output: str | None
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs: every condition that is given must hold."""

    states: Sequence[JobState] = ()
    command_id: int | None = None
    environment_id: int | None = None
    schedule_id: int | None = None
    since: datetime | None = None
    """Made at this time or later."""
    until: datetime | None = None
    """Made before this time."""
    origins: Sequence[Origin] = ()
    text: str = ""
    """Part of the name of the command or the environment; for ASCII letters the case does not matter."""


_RENAMED = {
    "command": JOBS.c.command_name,
    "environment": JOBS.c.environment_name,
    "schedule": JOBS.c.schedule_name,
    "cron": JOBS.c.cron_name,
}
_RUN_COLUMNS = [
    _RENAMED[field.name].label(field.name) if field.name in _RENAMED else JOBS.c[field.name] for field in fields(Run)
]
_EVENT_COLUMNS = [EVENTS.c[field.name] for field in fields(Event)]
_LIVE_STATES = in_states(JobState.AVAILABLE, JobState.EXECUTING, JobState.RETRYABLE)


class Runs:
    """The history of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, which: RunFilter = RunFilter(), *, before_id: int | None = None, limit: int = 100) -> list[Run]:
        """Return up to `limit` runs, the newest first; `before_id` continues after the last one of a page."""
        statement = select_runs(which).order_by(JOBS.c.id.desc()).limit(limit)
        if before_id is not None:
            statement = statement.where(JOBS.c.id < before_id)
        with self._database.reading() as connection:
            return [as_run(row) for row in connection.execute(statement).mappings()]

    def get(self, job_id: int) -> Run:
        """Return one run. Raises NotFoundError."""
        with self._database.reading() as connection:
            row = connection.execute(select(*_RUN_COLUMNS).where(JOBS.c.id == job_id)).mappings().first()
        if row is None:
            raise NotFoundError("job", str(job_id))
        return as_run(row)

    def some(self, job_ids: Sequence[int]) -> dict[int, Run]:
        """Return those of the runs that exist, by id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(*_RUN_COLUMNS).where(JOBS.c.id.in_(job_ids))).mappings()
            return {row["id"]: as_run(row) for row in rows}

    def is_among(self, job_id: int, which: RunFilter) -> bool:
        """Return whether a run exists and passes the filter now."""
        statement = select(JOBS.c.id).where(JOBS.c.id == job_id, *conditions(which))
        with self._database.reading() as connection:
            return connection.execute(statement).first() is not None

    def events(self, job_id: int) -> list[Event]:
        """Return what happened to a job, in order."""
        statement = select(*_EVENT_COLUMNS).where(EVENTS.c.job_id == job_id).order_by(EVENTS.c.id)
        with self._database.reading() as connection:
            return [Event(**row) for row in connection.execute(statement).mappings()]

    def last_event_id(self) -> int:
        """Return the id of the newest event of all jobs, 0 where there is none."""
        with self._database.reading() as connection:
            return connection.execute(select(func.max(EVENTS.c.id))).scalar() or 0

    def events_after(self, event_id: int, *, limit: int = 1000) -> list[Event]:
        """Return the events of all jobs that were recorded after the one given, in order."""
        statement = select(*_EVENT_COLUMNS).where(EVENTS.c.id > event_id).order_by(EVENTS.c.id).limit(limit)
        with self._database.reading() as connection:
            return [Event(**row) for row in connection.execute(statement).mappings()]

    def attempt(self, job_id: int, number: int | None = None) -> Attempt | None:
        """Return where the output of an attempt lies (the latest by default); None for one that never began.

        Raises NotFoundError for a job that does not exist.
        """
        run = self.get(job_id)
        wanted = run.attempt if number is None else number
        if wanted < 1 or wanted > run.attempt:
            return None
        if wanted == run.attempt and run.state is JobState.EXECUTING:
            return Attempt(wanted, None, ended=False)
        ends = [event for event in self.events(job_id) if event.attempt == wanted and event.stdout_bytes is not None]
        return Attempt(wanted, ends[-1].output if ends else None, ended=True)

    def plan(self, job_id: int) -> dict[str, Any] | None:
        """Return what exactly the last attempt ran, without secret values; None where nothing was started."""
        statement = select(_PLANS.c.body).join(JOBS, JOBS.c.plan == _PLANS.c.digest).where(JOBS.c.id == job_id)
        with self._database.reading() as connection:
            body: dict[str, Any] | None = connection.execute(statement).scalar()
            return body

    def live_counts(self) -> dict[JobState, int]:
        """Return how many jobs wait for a slot, run, or wait for their next attempt; never counts the finished ones."""
        statement = select(JOBS.c.state, func.count()).where(_LIVE_STATES).group_by(JOBS.c.state)
        with self._database.reading() as connection:
            return {JobState(state): count for state, count in connection.execute(statement)}


def conditions(which: RunFilter) -> list[ColumnElement[bool]]:
    """Return what must hold for a row of `JOBS` to be among `which`."""
    found: list[ColumnElement[bool]] = []
    if which.states:
        # Literals, sorted as they stand in the states' enumeration: parameters keep SQLite from the partial indexes.
        found.append(in_states(*(state for state in JobState if state in which.states)))
    if which.command_id is not None:
        found.append(JOBS.c.command_id == which.command_id)
    if which.environment_id is not None:
        found.append(JOBS.c.environment_id == which.environment_id)
    if which.schedule_id is not None:
        found.append(JOBS.c.schedule_id == which.schedule_id)
    if which.since is not None:
        found.append(JOBS.c.created_at >= which.since)
    if which.until is not None:
        found.append(JOBS.c.created_at < which.until)
    if which.origins:
        found.append(JOBS.c.origin.in_([str(origin) for origin in which.origins]))
    if which.text:
        names = (JOBS.c.command_name, JOBS.c.environment_name)
        found.append(or_(*(name.icontains(which.text, autoescape=True) for name in names)))
    return found


def select_runs(which: RunFilter) -> Select[Any]:
    """Return the statement whose rows `as_run` reads; it has no order yet."""
    return select(*_RUN_COLUMNS).where(*conditions(which))


def as_run(row: Any) -> Run:
    """Return the run in one mapping of `select_runs`."""
    return Run(**{**row, "state": JobState(row["state"])})
