"""What should have begun and has not: the first due time up to now that nobody has dealt with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, literal_column, select

from core.model import ScheduleCron
from core.queue.pauses import open_pause
from core.queue.prospects import read_link_prospects

__all__ = ["Overdue", "read_overdue"]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A schedule that was due at `since`, and is still waiting for somebody to see to it."""

    since: datetime
    schedule_id: int
    schedule: str


_MOST = 32
"""How many of the longest overdue are looked at: what a mute or a skip bars stands among them."""

_DUE = (
    select(ScheduleCron.id)
    .where(
        ScheduleCron.next_due_at.is_not(None),
        ScheduleCron.held == literal_column("0"),
        ScheduleCron.next_due_at <= bindparam("until"),
    )
    .order_by(ScheduleCron.next_due_at, ScheduleCron.id)
    .limit(_MOST)
)


def read_overdue(connection: Connection, now: datetime, zone: ZoneInfo) -> Overdue | None:
    """Return what is overdue for the longest time; None where all is dealt with, or is barred.

    A scheduler that works leaves nothing overdue for longer than a moment, whatever the jitter is.
    """
    everything = open_pause(connection, now)
    until = now if everything is None else min(now, everything.started_at)
    link_ids = connection.execute(_DUE, {"until": until}).scalars().all()
    if not link_ids:
        return None
    links = read_link_prospects(connection, now, zone, link_ids=link_ids)
    overdue = [(link.overdue_since, link.id, link) for link in links if link.overdue_since is not None]
    if not overdue:
        return None
    since, _, link = min(overdue)
    return Overdue(since, link.schedule_id, link.schedule)
