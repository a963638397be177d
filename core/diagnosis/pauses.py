"""Finds what is paused: the first thing to know when something did not run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from core.clock import Clock
from core.diagnosis.finding import Finding
from core.model import Pause, Schedule
from core.queue.pauses import PauseSpan, open_pause, paused_schedules
from core.queue.scopes import ScopeKind

__all__ = ["check_pauses"]

_MOST_NAMES = 10


def check_pauses(connection: Connection, clock: Clock) -> Iterator[Finding]:
    """Yield one finding for each kind of pause that goes on; none where nothing is paused."""
    now, zone = clock.now(), clock.zone()

    def words(span: PauseSpan) -> str:
        until = "until resumed" if span.until_at is None else f"until {span.until_at.astimezone(zone):%Y-%m-%d %H:%M}"
        return f"since {span.started_at.astimezone(zone):%Y-%m-%d %H:%M} by {span.origin}, {until}"

    everything = open_pause(connection, now)
    if everything is not None:
        yield Finding.warning(
            "pauses", f"Every schedule is paused {words(everything)}.", "Go on with: clockhand resume"
        )
    spans = paused_schedules(connection, now)
    ids = [span.scope.schedule_id for span in spans[:_MOST_NAMES]]
    names = {
        row.id: row.name for row in connection.execute(select(Schedule.id, Schedule.name).where(Schedule.id.in_(ids)))
    }
    if spans:
        shown = "; ".join(f"“{names[span.scope.schedule_id]}” {words(span)}" for span in spans[:_MOST_NAMES])
        more = f"; and {len(spans) - _MOST_NAMES} more" if len(spans) > _MOST_NAMES else ""
        yield Finding.ok("paused schedules", f"{shown}{more}.")
    muted = _muted(connection, now)
    if muted:
        yield Finding.ok("muted cells", f"{muted} (an environment by a cron of a schedule).")


def _muted(connection: Connection, now: datetime) -> int:
    return connection.execute(
        select(func.count())
        .select_from(Pause)
        .join(Schedule, Schedule.id == Pause.schedule_id)
        .where(
            Pause.scope == ScopeKind.CELL,
            Pause.ended_at.is_(None),
            Pause.until_at.is_(None) | (Pause.until_at > now),
        )
    ).scalar_one()
