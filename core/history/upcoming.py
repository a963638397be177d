"""What comes next of all schedules: the due times that will run, found without looking at every schedule."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, bindparam, literal_column, select

from core.errors import ClockhandError
from core.model import Command, Cron, Pause, ScheduleCron
from core.queue.bars import TICK
from core.queue.pauses import open_pause
from core.queue.prospects import LinkProspect, read_link_prospects
from core.queue.rows import JOBS
from core.queue.scopes import ScopeKind
from core.queue.waiting import waits
from core.timing.occurrences import occurrences_of

__all__ = ["Upcoming", "read_upcoming"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """The run of one cron of a schedule that starts next: due `at`, it starts `jitter_offset` later."""

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
        ScheduleCron.held == literal_column("1"),
    )
    .order_by(Pause.until_at, ScheduleCron.id)
    .limit(bindparam("chunk"))
    .offset(bindparam("offset"))
)

_ALL_WAITING = (
    select(JOBS.c.scheduled_at, ScheduleCron.id)
    .join(
        ScheduleCron,
        (ScheduleCron.schedule_id == JOBS.c.schedule_id) & (ScheduleCron.cron_id == JOBS.c.cron_id),
    )
    .where(waits())
    .order_by(JOBS.c.scheduled_at, ScheduleCron.id)
)
_WAITING = _ALL_WAITING.limit(bindparam("chunk")).offset(bindparam("offset"))
_LINKS = (
    select(ScheduleCron.id, ScheduleCron.next_due_at, Cron.expression, Cron.timezone)
    .join(Cron, Cron.id == ScheduleCron.cron_id)
    .where(ScheduleCron.next_due_at.is_not(None))
)


def read_upcoming(connection: Connection, now: datetime, zone: ZoneInfo, limit: int) -> tuple[Upcoming, ...]:
    """Return the first `limit` of what will run next, one for each cron of a schedule, sorted by when it starts.

    Its cost grows with `limit`, and with how much of what is due next does not run.
    """
    everything = open_pause(connection, now)
    if limit <= 0 or (everything is not None and everything.until_at is None):
        return ()
    found: list[tuple[datetime, int, LinkProspect]] = []
    looked_at = 0
    end = None if everything is None else everything.until_at
    streams = _streams(connection, now, max(limit, _LEAST)) if end is None else [_behind(connection, end, zone)]
    for earliest, link_ids in _chunks(heapq.merge(*streams), max(limit, _LEAST)):
        # Nothing of these, nor of those after them, starts before `earliest`.
        if looked_at >= _MOST or (len(found) >= limit and found[limit - 1][0] <= earliest):
            break
        looked_at += len(link_ids)
        links = read_link_prospects(connection, now, zone, link_ids=link_ids)
        found = sorted([*found, *((link.start_at, link.id, link) for link in links if link.start_at is not None)])
    first = [link for _, _, link in found[:limit]]
    commands = _names(connection, Command, {link.command_id for link in first})
    crons = _names(connection, Cron, {link.cron_id for link in first})
    return tuple(
        Upcoming(
            at=link.next_run_at,
            jitter_offset=link.start_at - link.next_run_at,
            schedule_id=link.schedule_id,
            schedule=link.schedule,
            command=commands[link.command_id],
            cron=crons[link.cron_id],
        )
        for link in first
        if link.next_run_at is not None and link.start_at is not None
    )


def _chunks(merged: Iterable[tuple[datetime, int]], size: int) -> Iterator[tuple[datetime, list[int]]]:
    """Yield all links in chunks, each with a time before which nothing of it or of the later ones starts."""
    new = _each_once(merged)
    while rows := list(islice(new, size)):
        yield rows[0][0], [link_id for _, link_id in rows]


def _each_once(merged: Iterable[tuple[datetime, int]]) -> Iterator[tuple[datetime, int]]:
    """Yield every link with the first of its times."""
    seen: set[int] = set()
    for at, link_id in merged:
        if link_id not in seen:
            seen.add(link_id)
            yield at, link_id


def _streams(connection: Connection, now: datetime, chunk: int) -> list[Iterator[tuple[datetime, int]]]:
    """Return streams of (time, link), each by time, that have every link at or before the time at which it starts."""
    return [
        _stream(connection, _DUE, {}, chunk),
        _stream(connection, _HELD_UNTIL, {"now": now}, chunk),
        _stream(connection, _WAITING, {}, chunk),
    ]


def _behind(connection: Connection, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, int]]:
    """Yield every (time, link) by time where everything is paused until `end`: when it is due first from then on."""
    firsts: dict[tuple[str, str], datetime | None] = {}
    found = []
    for link in connection.execute(_LINKS):
        key = (link.expression, link.timezone)
        if key not in firsts:
            firsts[key] = _first_from(*key, end, zone)
        first = firsts[key]
        if first is not None:
            found.append((max(first, link.next_due_at), link.id))
    waiting = [(at, link_id) for at, link_id in connection.execute(_ALL_WAITING) if at >= end]
    yield from sorted([*found, *waiting])


def _first_from(expression: str, timezone: str, start: datetime, zone: ZoneInfo) -> datetime | None:
    try:
        return occurrences_of(expression, timezone, zone).next(start - TICK)
    except ClockhandError:
        return None  # of another version; dispatch sets it aside and says so


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
