"""Moves watermarks and next due times when the wall clock was set or the machine came into another zone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, select, update

from core.catalog.specs import SYSTEM_ZONE
from core.errors import ClockhandError
from core.model import Cron, Observation, ScheduleCron
from core.queue.rows import JOBS
from core.timing.cron import parse
from core.timing.flow import Flow, judge_start, rewatermark
from core.timing.occurrences import Occurrences
from core.writer import Transaction

__all__ = ["ZONE_CHANGED", "Move", "after_step", "after_zone_change", "carry_out", "flow_at_start", "last_zone"]

ZONE_CHANGED = "zone-changed"
"""The observation that the machine is in a zone, `after`, in which it was not when one of ours last looked."""

FindOccurrences = Callable[[str, str], Occurrences]
"""Gives the due times of an expression in a zone as saved, “system” included."""

_ACTIVE = (
    select(
        ScheduleCron.id,
        ScheduleCron.schedule_id,
        ScheduleCron.cron_id,
        ScheduleCron.watermark_at,
        ScheduleCron.next_due_at,
        Cron.expression,
        Cron.timezone,
    )
    .join(Cron, Cron.id == ScheduleCron.cron_id)
    .where(ScheduleCron.next_due_at.is_not(None))
)
_LATEST = select(func.max(ScheduleCron.watermark_at)).where(ScheduleCron.next_due_at.is_not(None))
_LAST_ZONE = select(Observation.detail).where(Observation.kind == ZONE_CHANGED).order_by(Observation.id.desc()).limit(1)
_MOVE = (
    update(ScheduleCron)
    .where(ScheduleCron.id == bindparam("link"), ScheduleCron.watermark_at == bindparam("old"))
    .values(watermark_at=bindparam("watermark"), next_due_at=bindparam("due"))
)
# Only where the move took effect: had another dispatcher been first, its new jobs would lose their keys.
_FREE = (
    update(JOBS)
    .where(
        JOBS.c.due_key >= bindparam("first_key"),
        JOBS.c.due_key < bindparam("end_key"),
        JOBS.c.due_at > bindparam("after"),
        exists().where(ScheduleCron.id == bindparam("link"), ScheduleCron.watermark_at == bindparam("after")),
    )
    .values(due_key=None)
)


@dataclass(frozen=True, slots=True)
class Move:
    """What is to become of one cron of a schedule; `old` and `watermark` are equal where only the due time moves."""

    link: int
    schedule_id: int
    cron_id: int
    old: datetime
    watermark: datetime
    due: datetime | None


def flow_at_start(connection: Connection, now: datetime) -> Flow:
    """Return how time flowed while nothing of ours ran, as far as the saved watermarks can tell."""
    latest: datetime | None = connection.execute(_LATEST).scalar()
    return judge_start(latest or now, now)


def last_zone(connection: Connection) -> str | None:
    """Return the key of the machine's zone when one of ours last looked, or None where none ever did."""
    detail: dict[str, Any] | None = connection.execute(_LAST_ZONE).scalar()
    return None if detail is None else detail["after"]


def after_step(connection: Connection, flow: Flow, now: datetime, find: FindOccurrences) -> list[Move]:
    """Return the moves that CRON.md's R4 asks for after a step of the wall clock."""
    moves = []
    for link in connection.execute(_ACTIVE).all():
        try:
            is_wildcard = parse(link.expression).is_wildcard
            watermark = rewatermark(flow, link.watermark_at, now, is_wildcard=is_wildcard)
            if watermark != link.watermark_at:
                moves.append(_move(link, watermark, find))
        except ClockhandError:
            continue  # the dispatch itself deals with an expression that can't be read
    return moves


def after_zone_change(connection: Connection, find: FindOccurrences) -> list[Move]:
    """Return the moves of the crons that follow the machine's zone, after it changed while nothing of ours ran.

    Their watermarks stay, so that what was missed meanwhile is still caught up, now by the new zone.
    """
    moves = []
    for link in connection.execute(_ACTIVE.where(Cron.timezone == SYSTEM_ZONE)).all():
        try:
            move = _move(link, link.watermark_at, find)
        except ClockhandError:
            continue
        if move.due != link.next_due_at:
            moves.append(move)
    return moves


def carry_out(transaction: Transaction, moves: list[Move]) -> None:
    """Move what nobody else has moved meanwhile.

    Where a watermark moves back, the due times after it lie ahead once more and are to run when they come (R4: w is
    now). The jobs that they made before keep their due times, but no longer stand for them.
    """
    if moves:
        transaction.connection.execute(
            _MOVE,
            [{"link": m.link, "old": m.old, "watermark": m.watermark, "due": m.due} for m in moves],
        )
    back = [
        {
            "link": move.link,
            "after": move.watermark,
            "first_key": f"{move.schedule_id}:{move.cron_id}:",
            "end_key": f"{move.schedule_id}:{move.cron_id};",
        }
        for move in moves
        if move.watermark < move.old
    ]
    if back:
        transaction.connection.execute(_FREE, back)


def _move(link: Any, watermark: datetime, find: FindOccurrences) -> Move:
    due = find(link.expression, link.timezone).next(watermark)
    return Move(link.id, link.schedule_id, link.cron_id, link.watermark_at, watermark, due)
