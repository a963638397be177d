"""What comes next of all schedules: the due times that will run, found without looking at every schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from core.model import Command, Cron
from core.queue.prospects import read_link_prospects

__all__ = ["Upcoming", "read_upcoming"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """The next due time of one cron of a schedule that runs; its run starts `jitter_offset` later."""

    at: datetime
    jitter_offset: timedelta = timedelta()
    schedule_id: int
    schedule: str
    command: str
    cron: str


def read_upcoming(connection: Connection, now: datetime, zone: ZoneInfo, limit: int) -> tuple[Upcoming, ...]:
    """Return the first `limit` of what will run next, one for each cron of a schedule, sorted by time."""
    runs = [(link.next_run_at, link.id, link) for link in read_link_prospects(connection, now, zone)]
    found = sorted((at, link_id, link) for at, link_id, link in runs if at is not None)[:limit]
    commands = dict(connection.execute(select(Command.id, Command.name)).all())
    crons = dict(connection.execute(select(Cron.id, Cron.name)).all())
    return tuple(
        Upcoming(
            at=at,
            jitter_offset=link.jitter_offset,
            schedule_id=link.schedule_id,
            schedule=link.schedule,
            command=commands[link.command_id],
            cron=crons[link.cron_id],
        )
        for at, _, link in found
    )
