"""What the catalog answers: a definition with its id and what a list shows beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, QueueSpec, ScheduleSpec
from core.queue.prospects import Outlook

__all__ = [
    "CommandRecord",
    "CronLink",
    "CronRecord",
    "EnvironmentRecord",
    "QueueRecord",
    "Record",
    "ScheduleRecord",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRecord:
    """A saved command; `next_due_at` is the earliest of all its schedules, `outlook` as in `ScheduleRecord`."""

    id: int
    spec: CommandSpec
    schedules: tuple[str, ...]
    next_due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    outlook: Outlook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRecord:
    """A saved environment, with the names of what builds on it."""

    id: int
    spec: EnvironmentSpec
    extends_id: int | None
    extended_by: tuple[str, ...]
    schedules: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CronRecord:
    """A saved cron; its expression is the resolved one, without H. `next_due_at` is the earliest of its schedules.

    `outlook` is as in `ScheduleRecord`.
    """

    id: int
    spec: CronSpec
    schedules: tuple[str, ...]
    next_due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    outlook: Outlook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CronLink:
    """One cron of a schedule: every due time up to `watermark_at` has been dealt with."""

    id: int
    cron_id: int
    cron: str
    watermark_at: datetime
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRecord:
    """A saved schedule with its links; ids stand in the order of the names in `spec`.

    `outlook` is what really comes next, where the catalog was asked by somebody who shows it.
    """

    id: int
    spec: ScheduleSpec
    command_id: int
    environment_ids: tuple[int, ...]
    links: tuple[CronLink, ...]
    created_at: datetime
    updated_at: datetime
    outlook: Outlook | None = None

    @property
    def next_due_at(self) -> datetime | None:
        """Return the earliest next due time of its crons; None while it is disabled or never due again."""
        return min((link.next_due_at for link in self.links if link.next_due_at), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRecord:
    """A queue; a queue has no id, its name is its identity."""

    spec: QueueSpec
    paused_at: datetime | None
    commands: tuple[str, ...]


Record = CommandRecord | EnvironmentRecord | CronRecord | ScheduleRecord
