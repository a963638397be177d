"""Tells which outputs there are to be searched, the newest first, and how much they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from core.database import Database
from core.history.runs import RunFilter, conditions
from core.output.files import DELETED, NO_OUTPUT, is_kept
from core.queue.rows import EVENTS, JOBS, is_state
from core.queue.states import JobState

__all__ = ["OutputList", "OutputRef", "TotalBytes"]

_JOBS_PER_PAGE = 256
_IDS_PER_SPAN = 65_536

_ENDS = select(
    select(func.min(JOBS.c.id)).scalar_subquery().label("lowest"),
    select(func.max(JOBS.c.id)).scalar_subquery().label("highest"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRef:
    """One attempt's output. `outcome` says how the attempt ended, None while it runs; `at` is when its job started.

    `recorded_bytes` is how much was printed, which may be more than was kept. `is_latest`: no later attempt was made.
    """

    job_id: int
    attempt: int
    command: str
    environment: str | None
    at: datetime
    outcome: str | None
    location: str | None
    recorded_bytes: int
    is_latest: bool


class OutputList:
    """Reads page by page, by key, so that the first outputs are there at once in a history of any length."""

    def __init__(self, database: Database, which: RunFilter) -> None:
        self._database = database
        self._conditions = conditions(which)
        self._before_id: int | None = None
        self._is_over = False

    def next_page(self) -> list[OutputRef]:
        """Return the next outputs, the newest first; an empty list is the end. Raises StorageError."""
        found: list[OutputRef] = []
        while not found and not self._is_over:
            found = self._read_page()
        return found

    def _read_page(self) -> list[OutputRef]:
        printed = or_(JOBS.c.stdout_bytes + JOBS.c.stderr_bytes > 0, JOBS.c.attempt > 1, is_state(JobState.EXECUTING))
        statement = (
            select(
                JOBS.c.id,
                JOBS.c.state,
                JOBS.c.attempt,
                JOBS.c.command_name,
                JOBS.c.environment_name,
                func.coalesce(JOBS.c.started_at, JOBS.c.created_at, type_=JOBS.c.created_at.type).label("at"),
            )
            .where(printed, *self._conditions)
            .order_by(JOBS.c.id.desc())
            .limit(_JOBS_PER_PAGE)
        )
        if self._before_id is not None:
            statement = statement.where(JOBS.c.id < self._before_id)
        with self._database.reading() as connection:
            jobs = connection.execute(statement).all()
            ends = connection.execute(_select_ends([job.id for job in jobs])).all() if jobs else []
        self._is_over = len(jobs) < _JOBS_PER_PAGE
        if jobs:
            self._before_id = jobs[-1].id
        by_job: dict[int, dict[int, Any]] = {}
        for end in ends:  # in order: of two ends of an attempt the later one counts
            by_job.setdefault(end.job_id, {})[end.attempt] = end
        return [ref for job in jobs for ref in _refs(job, by_job.get(job.id, {}))]


class TotalBytes:
    """Adds up what the newest attempts of all runs have printed, a stretch of ids at a time."""

    def __init__(self, database: Database, which: RunFilter) -> None:
        self._database = database
        self._conditions = [
            *conditions(which),
            JOBS.c.output.is_not(None),
            JOBS.c.output != NO_OUTPUT,
            ~JOBS.c.output.startswith(DELETED),
        ]
        self._span: tuple[int, int] | None = None  # the lowest id, and the one below which to go on
        self._bytes = 0
        self._is_known = False

    @property
    def known(self) -> int | None:
        """Return the sum, or None before all is added up."""
        return self._bytes if self._is_known else None

    def count_on(self) -> None:
        """Add the next stretch; takes some tens of milliseconds. Raises StorageError."""
        if self._is_known:
            return
        with self._database.reading() as connection:
            if self._span is None:
                lowest, highest = connection.execute(_ENDS).one()
                self._span = (lowest or 0, (highest or 0) + 1)
            lowest, top = self._span
            bottom = max(lowest, top - _IDS_PER_SPAN)
            sizes = func.coalesce(func.sum(JOBS.c.stdout_bytes + JOBS.c.stderr_bytes), 0)
            statement = select(sizes).where(JOBS.c.id >= bottom, JOBS.c.id < top, *self._conditions)
            self._bytes += int(connection.execute(statement).scalar_one())
        self._span = (lowest, bottom)
        self._is_known = bottom <= lowest


def _select_ends(job_ids: list[int]) -> Any:
    return (
        select(
            EVENTS.c.job_id,
            EVENTS.c.attempt,
            EVENTS.c.kind,
            EVENTS.c.output,
            EVENTS.c.stdout_bytes,
            EVENTS.c.stderr_bytes,
        )
        .where(EVENTS.c.job_id.in_(job_ids), EVENTS.c.stdout_bytes.is_not(None))
        .order_by(EVENTS.c.id)
    )


def _refs(job: Any, ends: dict[int, Any]) -> list[OutputRef]:
    """Return the outputs of a job's attempts, the latest first."""
    is_running = job.state == JobState.EXECUTING
    found: list[OutputRef] = []
    for attempt in sorted({*ends, *([job.attempt] if is_running else [])}, reverse=True):
        runs_now = is_running and attempt == job.attempt
        end = None if runs_now else ends[attempt]
        size = 0 if end is None else (end.stdout_bytes or 0) + (end.stderr_bytes or 0)
        if end is not None and (size == 0 or not is_kept(end.output)):
            continue
        found.append(
            OutputRef(
                job_id=job.id,
                attempt=attempt,
                command=job.command_name,
                environment=job.environment_name,
                at=job.at,
                outcome=None if end is None else end.kind,
                location=None if end is None else end.output,
                recorded_bytes=size,
                is_latest=attempt == job.attempt,
            )
        )
    return found
