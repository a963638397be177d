"""What a pause covers: everything, one schedule, or one cell of a schedule, and how that is called in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, select

from core.errors import ConflictError, NotFoundError
from core.model import Cron, Environment, Schedule, ScheduleCron, ScheduleEnvironment

__all__ = ["EVERYTHING", "PauseScope", "ScopeKind", "ScopeWords", "describe_scope"]


class ScopeKind(StrEnum):
    """How much a pause covers."""

    EVERYTHING = "everything"
    SCHEDULE = "schedule"
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class PauseScope:
    """Everything without ids, a schedule with its id, and a cell with its cron's id as well.

    A cell is one environment by one cron; `environment_id` is None in a schedule without environments.
    """

    schedule_id: int | None = None
    cron_id: int | None = None
    environment_id: int | None = None

    @classmethod
    def schedule(cls, schedule_id: int) -> PauseScope:
        """Return the scope of a whole schedule."""
        return cls(schedule_id)

    @classmethod
    def cell(cls, schedule_id: int, environment_id: int | None, cron_id: int) -> PauseScope:
        """Return the scope of one cell of a schedule."""
        return cls(schedule_id, cron_id, environment_id)

    @property
    def kind(self) -> ScopeKind:
        """Return how much it covers."""
        if self.schedule_id is None:
            return ScopeKind.EVERYTHING
        return ScopeKind.SCHEDULE if self.cron_id is None else ScopeKind.CELL


EVERYTHING = PauseScope()
"""The scope of every schedule."""


@dataclass(frozen=True, slots=True)
class ScopeWords:
    """How a scope is called: the subject of a sentence, and its verb for being paused or not."""

    sentence_start: str
    is_paused: str
    is_not_paused: str


def describe_scope(connection: Connection, scope: PauseScope) -> ScopeWords:
    """Return the words for a scope.

    Raises NotFoundError where the schedule is gone, ConflictError where the cell is not a part of it (any more).
    """
    if scope.schedule_id is None:
        return ScopeWords("Schedules", "are paused", "are not paused")
    name = connection.execute(select(Schedule.name).where(Schedule.id == scope.schedule_id)).scalar()
    if name is None:
        raise NotFoundError("schedule", f"#{scope.schedule_id}")
    if scope.cron_id is None:
        return ScopeWords(f"The schedule “{name}”", "is paused", "is not paused")
    return ScopeWords(_cell(connection, scope, name), "is muted", "is not muted")


def _cell(connection: Connection, scope: PauseScope, schedule: str) -> str:
    environments = {
        row.id: row.name
        for row in connection.execute(
            select(Environment.id, Environment.name)
            .join(ScheduleEnvironment, ScheduleEnvironment.environment_id == Environment.id)
            .where(ScheduleEnvironment.schedule_id == scope.schedule_id)
        )
    }
    cron = connection.execute(
        select(Cron.name)
        .join(ScheduleCron, ScheduleCron.cron_id == Cron.id)
        .where(ScheduleCron.schedule_id == scope.schedule_id, Cron.id == scope.cron_id)
    ).scalar()
    is_bare = scope.environment_id is None and not environments
    if cron is None or not (is_bare or scope.environment_id in environments):
        raise ConflictError(
            f"The schedule “{schedule}” does not have this cell any more. Look at it again, and choose another one."
        )
    where = "" if scope.environment_id is None else f" in “{environments[scope.environment_id]}”"
    return f"The schedule “{schedule}”{where} by “{cron}”"
