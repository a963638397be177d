"""What comes next of all schedules: the due times that will run, found without looking at every schedule."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, bindparam, literal_column, select

from core.model import Command, Cron, Pause, ScheduleCron
from core.queue.pauses import open_pause
from core.queue.prospects import LinkProspect, read_link_prospects
from core.queue.scopes import ScopeKind

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


_LEAST = 32
_MOST = 1024
"""How many crons of schedules one look goes through: where thousands are barred, it may end without the later ones."""

_DUE = (
    select(ScheduleCron.next_due_at, ScheduleCron.id)
    .where(ScheduleCron.next_due_at.is_not(None), ScheduleCron.held == literal_column("0"))
    .order_by(ScheduleCron.next_due_at, ScheduleCron.id)
    .limit(bindparam("chunk"))
    .offset(bindparam("offset"))
)
_HELD_UNTIL = (
    select(Pause.until_at, ScheduleCron.id)
    .join(ScheduleCron, ScheduleCron.schedule_id == Pause.schedule_id)
    .where(
        Pause.ended_at.is_(None),
        Pause.until_at.is_not(None),
        Pause.until_at > bindparam("now"),
        Pause.scope == ScopeKind.SCHEDULE,
        ScheduleCron.next_due_at.is_not(None),
    )
    .order_by(Pause.until_at, ScheduleCron.id)
    .limit(bindparam("chunk"))
    .offset(bindparam("offset"))
)


def read_upcoming(connection: Connection, now: datetime, zone: ZoneInfo, limit: int) -> tuple[Upcoming, ...]:
    """Return the first `limit` of what will run next, one for each cron of a schedule, sorted by time.

    Its cost grows with `limit`, and with how much of what is due next does not run.
    """
    everything = open_pause(connection, now)
    if limit <= 0 or (everything is not None and everything.until_at is None):
        return ()
    found: list[tuple[datetime, int, LinkProspect]] = []
    looked_at = 0
    for earliest, link_ids in _by_time(connection, now, max(limit, _LEAST)):
        # Nothing of these, nor of those after them, runs before `earliest`.
        if looked_at >= _MOST or (len(found) >= limit and found[limit - 1][0] <= earliest):
            break
        looked_at += len(link_ids)
        links = read_link_prospects(connection, now, zone, link_ids=link_ids)
        runs = [(link.next_run_at, link.id, link) for link in links]
        found = sorted([*found, *((at, link_id, link) for at, link_id, link in runs if at is not None)])
    first = found[:limit]
    commands = _names(connection, Command, {link.command_id for _, _, link in first})
    crons = _names(connection, Cron, {link.cron_id for _, _, link in first})
    return tuple(
        Upcoming(
            at=at,
            jitter_offset=link.jitter_offset,
            schedule_id=link.schedule_id,
            schedule=link.schedule,
            command=commands[link.command_id],
            cron=crons[link.cron_id],
        )
        for at, _, link in first
    )


def _by_time(connection: Connection, now: datetime, chunk: int) -> Iterator[tuple[datetime, list[int]]]:
    """Yield all links in chunks, each with a time before which nothing of it or of the later ones runs."""
    dues = _stream(connection, _DUE, {}, chunk)
    ends = _stream(connection, _HELD_UNTIL, {"now": now}, chunk)
    merged = heapq.merge(dues, ends)
    while rows := list(islice(merged, chunk)):
        yield rows[0][0], [link_id for _, link_id in rows]


def _stream(
    connection: Connection, statement: Select[datetime | None, int], values: dict[str, Any], chunk: int
) -> Iterator[tuple[datetime, int]]:
    """Yield (time, link) by time, reading no more than is asked for."""
    offset = 0
    while rows := connection.execute(statement, {**values, "chunk": chunk, "offset": offset}).all():
        yield from ((at, link_id) for at, link_id in rows if at is not None)
        offset += chunk


def _names(connection: Connection, table: type[Command | Cron], ids: set[int]) -> dict[int, str]:
    return {row.id: row.name for row in connection.execute(select(table.id, table.name).where(table.id.in_(ids)))}
