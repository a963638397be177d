"""Reads a schedule as a grid: its environments by its crons, with the last run and the next due time of each cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from core.clock import Clock
from core.database import Database
from core.history.runs import Run, RunFilter, as_run, select_runs
from core.model import Command, Cron, Environment, Schedule, ScheduleCron, ScheduleEnvironment
from core.queue.pauses import PauseSpan, open_pause
from core.queue.prospects import CellProspect, LinkProspect, read_link_prospects
from core.queue.rows import JOBS
from core.queue.scopes import PauseScope
from core.timing.jitter import jitter_offset

__all__ = ["Cell", "Grid", "GridCron", "GridEnvironment", "LastRuns", "read_grid"]

SPAN = 65_536
"""How many ids one look goes through: some tens of milliseconds for SQLite."""


class Cell(NamedTuple):
    """One square of the grid; None stands for a schedule without environments, or without crons."""

    environment_id: int | None
    cron_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GridEnvironment:
    """A row of the grid."""

    id: int | None
    name: str | None
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCron:
    """A column of the grid; `next_due_at` (UTC) is None where the cron, the schedule or the command is disabled.

    `next_run_at` is the next due time that runs in at least one environment, `skipped` are those ahead that somebody
    wants skipped in all of them.
    """

    id: int | None
    name: str | None
    expression: str
    timezone: str
    enabled: bool
    next_due_at: datetime | None
    next_run_at: datetime | None = None
    skipped: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class LastRuns:
    """The newest run of each cell, as far as the history was looked through so far.

    Every id up to `newest_id` was looked at down to `below_id`, which is None at the end of the history: a cell that
    is missing then has no run. As long as cells are missing and `below_id` is not None, the next look finds more.
    """

    runs: Mapping[Cell, Run] = field(default_factory=dict)
    newest_id: int = 0
    below_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One consistent picture of a schedule as it is saved.

    `prospects` say of each cell that has a cron what comes next of it and whether it is muted. `pause` is the pause of
    the schedule itself that goes on, `all_paused` that of everything. Runs start `jitter_offset` after their due time.
    """

    schedule_id: int
    schedule: str
    enabled: bool
    command_id: int
    command: str
    command_enabled: bool
    environments: tuple[GridEnvironment, ...]
    crons: tuple[GridCron, ...]
    last: LastRuns
    prospects: Mapping[Cell, CellProspect] = field(default_factory=dict)
    pause: PauseSpan | None = None
    all_paused: PauseSpan | None = None
    jitter_offset: timedelta = timedelta()

    @property
    def cells(self) -> frozenset[Cell]:
        """Return all cells."""
        return frozenset(Cell(row.id, column.id) for row in self.environments for column in self.crons)

    @property
    def is_complete(self) -> bool:
        """Return whether there is nothing left to look for."""
        return self.last.below_id is None or self.cells <= self.last.runs.keys()


def read_grid(database: Database, clock: Clock, schedule_id: int, seen: Grid | None = None) -> Grid | None:
    """Return the grid as it is now, or None for a schedule that is gone. Raises StorageError.

    No index leads to the runs of a schedule, so one call looks through a part of its command's runs, the newest
    first; hand over what the last call returned to look further, and at what has come since.
    """
    now, zone = clock.now(), clock.zone()
    with database.reading() as connection:
        row = connection.execute(
            select(
                Schedule.name.label("schedule"),
                Schedule.enabled,
                Schedule.command_id,
                Schedule.jitter,
                Command.name,
                Command.enabled.label("command_enabled"),
            )
            .join(Command, Command.id == Schedule.command_id)
            .where(Schedule.id == schedule_id)
        ).first()
        if row is None:
            return None
        links = {link.cron_id: link for link in read_link_prospects(connection, now, zone, [schedule_id])}
        environments, crons = _environments(connection, schedule_id), _crons(connection, schedule_id, links)
        wanted = {Cell(environment.id, cron.id) for environment in environments for cron in crons}
        is_same = seen is not None and (seen.schedule_id, seen.command_id) == (schedule_id, row.command_id)
        search = _Search(connection, schedule_id, row.command_id)
        return Grid(
            schedule_id=schedule_id,
            schedule=row.schedule,
            enabled=row.enabled,
            command_id=row.command_id,
            command=row.name,
            command_enabled=row.command_enabled,
            environments=environments,
            crons=crons,
            last=search.go_on(seen.last, wanted) if seen is not None and is_same else search.begin(),
            prospects={
                Cell(environment, link.cron_id): cell
                for link in links.values()
                for environment, cell in link.cells.items()
            },
            pause=open_pause(connection, now, PauseScope.schedule(schedule_id)),
            all_paused=open_pause(connection, now),
            jitter_offset=jitter_offset(schedule_id, row.jitter),
        )


def _environments(connection: Connection, schedule_id: int) -> tuple[GridEnvironment, ...]:
    statement = (
        select(Environment.id, Environment.name, Environment.enabled)
        .join(ScheduleEnvironment, ScheduleEnvironment.environment_id == Environment.id)
        .where(ScheduleEnvironment.schedule_id == schedule_id)
        .order_by(ScheduleEnvironment.position, Environment.id)
    )
    found = tuple(GridEnvironment(**row) for row in connection.execute(statement).mappings())
    return found or (GridEnvironment(id=None, name=None, enabled=True),)


def _crons(connection: Connection, schedule_id: int, links: Mapping[int, LinkProspect]) -> tuple[GridCron, ...]:
    statement = (
        select(Cron.id, Cron.name, Cron.expression, Cron.timezone, Cron.enabled, ScheduleCron.next_due_at)
        .join(ScheduleCron, ScheduleCron.cron_id == Cron.id)
        .where(ScheduleCron.schedule_id == schedule_id)
        .order_by(ScheduleCron.position, ScheduleCron.id)
    )
    found = tuple(
        GridCron(**row, next_run_at=links[row["id"]].next_run_at, skipped=links[row["id"]].skipped)
        for row in connection.execute(statement).mappings()
    )
    return found or (GridCron(id=None, name=None, expression="", timezone="", enabled=True, next_due_at=None),)


class _Search:
    """Looks through the runs of a command, within one read transaction."""

    def __init__(self, connection: Connection, schedule_id: int, command_id: int) -> None:
        self._connection = connection
        self._schedule_id = schedule_id
        self._command_id = command_id

    def begin(self) -> LastRuns:
        newest = self._highest(None)
        if newest is None:
            return LastRuns()
        return self._deeper({}, newest, newest + 1)

    def go_on(self, seen: LastRuns, wanted: Collection[Cell]) -> LastRuns:
        newest = self._highest(None)
        if newest is None or newest - seen.newest_id > SPAN:
            return self.begin()
        # What was found may have ended since, or been pruned.
        ids = {**{run.id: cell for cell, run in seen.runs.items()}, **self._between(seen.newest_id, newest)}
        newest_of = {cell: job_id for job_id, cell in sorted(ids.items())}
        runs = self._runs(newest_of)
        if len(runs) < len(newest_of):
            return self.begin()  # an older one may be the last now
        if seen.below_id is None or runs.keys() >= set(wanted):
            return LastRuns(runs, newest, seen.below_id)
        return self._deeper(runs, newest, seen.below_id)

    def _deeper(self, runs: Mapping[Cell, Run], newest: int, below_id: int) -> LastRuns:
        top = self._highest(below_id)
        if top is None:
            return LastRuns(runs, newest, None)
        bottom = top - SPAN
        found = {cell: job_id for job_id, cell in self._between(bottom, top).items() if cell not in runs}
        below = bottom + 1 if self._highest(bottom + 1) is not None else None
        return LastRuns({**self._runs(found), **runs}, newest, below)

    def _highest(self, below_id: int | None) -> int | None:
        statement = select(func.max(JOBS.c.id)).where(JOBS.c.command_id == self._command_id)
        if below_id is not None:
            statement = statement.where(JOBS.c.id < below_id)
        highest: int | None = self._connection.execute(statement).scalar()
        return highest

    def _between(self, above_id: int, up_to_id: int) -> dict[int, Cell]:
        """Return the newest id of each cell above the first id and up to the second one."""
        statement = (
            select(func.max(JOBS.c.id), JOBS.c.environment_id, JOBS.c.cron_id)
            .where(
                JOBS.c.command_id == self._command_id,
                JOBS.c.id > above_id,
                JOBS.c.id <= up_to_id,
                JOBS.c.schedule_id == self._schedule_id,
            )
            .group_by(JOBS.c.environment_id, JOBS.c.cron_id)
        )
        return {row[0]: Cell(row[1], row[2]) for row in self._connection.execute(statement)}

    def _runs(self, ids: Mapping[Cell, int]) -> dict[Cell, Run]:
        statement = select_runs(RunFilter()).where(JOBS.c.id.in_(ids.values()))
        found = {row["id"]: as_run(row) for row in self._connection.execute(statement).mappings()}
        return {cell: found[job_id] for cell, job_id in ids.items() if job_id in found}
