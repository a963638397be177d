"""What the tests of the dispatcher do again and again: make schedules, wake, and read what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, ScheduleSpec
from core.dispatch.dispatcher import Dispatched, Dispatcher
from core.model import Job, Observation, ScheduleCron
from core.timing.flow import Flow
from core.workspace import Workspace

__all__ = ["due_times", "jobs", "link", "make_schedule", "observed", "skips", "wake"]


def make_schedule(
    workspace: Workspace,
    expression: str | Sequence[str] = "*/5 * * * *",
    *,
    name: str = "s",
    timezone: str = "UTC",
    environments: Sequence[str] = (),
    command: dict[str, Any] | None = None,
    **schedule: Any,
) -> int:
    """Save a command, a cron per expression, the environments and the schedule of all of them; return its id."""
    expressions = [expression] if isinstance(expression, str) else list(expression)
    catalog = workspace.catalog
    catalog.create(CommandSpec(**{"name": f"{name} command", "run": "true", "overlap": "allow", **(command or {})}))
    known = {environment.spec.name for environment in catalog.environments()}
    for environment in environments:
        if environment not in known:
            catalog.create(EnvironmentSpec(name=environment))
    crons = []
    for number, text in enumerate(expressions):
        crons.append(f"{name} cron {number}")
        catalog.create(CronSpec(name=crons[-1], expression=text, timezone=timezone))
    return catalog.create(
        ScheduleSpec(
            name=name, command=f"{name} command", environments=tuple(environments), crons=tuple(crons), **schedule
        )
    )


def wake(workspace: Workspace, *, flow: Flow | None = None, dispatcher: Dispatcher | None = None) -> Dispatched:
    """Let a dispatcher look once, at the clock's time."""
    clock = workspace.clock
    return (dispatcher or Dispatcher(workspace.database)).wake(clock.now(), clock.zone(), flow=flow)


def jobs(workspace: Workspace) -> list[Any]:
    """Return the rows of all jobs that are to run, in the order in which they were made."""
    with workspace.database.reading() as connection:
        return list(connection.execute(select(Job.__table__).where(Job.state != "skipped").order_by(Job.id)))


def skips(workspace: Workspace) -> list[Any]:
    """Return the rows of what was skipped, in the order in which they were made."""
    with workspace.database.reading() as connection:
        return list(connection.execute(select(Job.__table__).where(Job.state == "skipped").order_by(Job.id)))


def due_times(workspace: Workspace) -> list[str]:
    """Return the due times of the jobs as `HH:MM:SS` of UTC, in the order in which they were made."""
    return [f"{job.due_at:%H:%M:%S}" for job in jobs(workspace)]


def link(workspace: Workspace, schedule_id: int = 1) -> tuple[datetime, datetime | None]:
    """Return the watermark and the next due time of a schedule's only cron."""
    with workspace.database.reading() as connection:
        row = connection.execute(
            select(ScheduleCron.watermark_at, ScheduleCron.next_due_at).where(ScheduleCron.schedule_id == schedule_id)
        ).one()
    return row.watermark_at, row.next_due_at


def observed(workspace: Workspace) -> list[tuple[str, dict[str, Any]]]:
    """Return what was observed, oldest first."""
    with workspace.database.reading() as connection:
        rows = connection.execute(select(Observation.kind, Observation.detail).order_by(Observation.id))
        return [(row.kind, row.detail) for row in rows]
