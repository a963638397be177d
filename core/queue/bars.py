"""What keeps due times from running, pauses and skips, read together for many crons of schedules; and what is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, or_, select, union_all

from core.model import Pause, ScheduleCron, Skip
from core.queue.pauses import PauseSpan, pause_reason, to_span
from core.queue.scopes import ScopeKind
from core.timing.occurrences import Occurrences

__all__ = ["Bar", "LinkBars", "bar_of", "next_run", "read_bars", "skip_bar"]

TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """Keeps the due times later than `start` and earlier than `end` from running; without `end` all after `start`.

    `pause` is given where it is one; otherwise it is a skip of a single due time, and `origin` says by whom.
    """

    start: datetime
    end: datetime | None
    origin: str
    pause: PauseSpan | None = None

    def covers(self, instant: datetime) -> bool:
        """Return whether a due time at this instant does not run."""
        return self.start < instant and (self.end is None or instant < self.end)

    def goes_on(self, now: datetime) -> bool:
        """Return whether it is a pause that has begun and is not over by `now`."""
        return self.pause is not None and self.start <= now and not self.pause.is_over(now)

    def reason(self, now: datetime) -> str:
        """Return why its due times did not run, as a part of a sentence, as far as that is known at `now`."""
        if self.pause is None:
            return f"asked for by {self.origin}, this run alone"
        return pause_reason(self.pause, now)


def bar_of(pause: PauseSpan) -> Bar:
    """Return the bar that a pause is."""
    return Bar(pause.started_at, pause.over_at, pause.origin, pause)


def skip_bar(due_at: datetime, origin: str) -> Bar:
    """Return the bar of one due time that is to be skipped."""
    return Bar(due_at - TICK, due_at + TICK, origin)


@dataclass(frozen=True, slots=True)
class LinkBars:
    """The bars of one cron of a schedule, those that count first standing first.

    `common` ones hold for every environment, `mutes` for one environment each (None where the schedule names none).
    """

    common: tuple[Bar, ...] = ()
    mutes: Mapping[int | None, tuple[Bar, ...]] = field(default_factory=dict)

    def of(self, environment_id: int | None) -> tuple[Bar, ...]:
        """Return all bars of a cell."""
        return (*self.common, *self.mutes.get(environment_id, ()))


def next_run(occurrences: Occurrences, after: datetime, bars: Iterable[Bar]) -> datetime | None:
    """Return the first due time later than `after` that no bar covers; None where none is known to come."""
    bars = tuple(bars)
    at = occurrences.next(after)
    while at is not None:
        bar = next((bar for bar in bars if bar.covers(at)), None)
        if bar is None:
            return at
        if bar.end is None:
            return None
        at = occurrences.next(max(at, bar.end - TICK))
    return None


_CHUNK = 500
_LINK = ScheduleCron.id.in_(bindparam("links", expanding=True))


def _pauses_of_links(lasting: ColumnElement[bool]) -> Select[Any]:
    return (
        select(ScheduleCron.id.label("link"), *Pause.__table__.columns)
        .join(Pause, Pause.schedule_id == ScheduleCron.schedule_id)
        .where(_LINK, or_(Pause.cron_id.is_(None), Pause.cron_id == ScheduleCron.cron_id), lasting)
    )


# Two halves, because SQLite would go through all pauses that a schedule ever had to find those of both kinds. One that
# ended before the next due time bars nothing any more, whatever the watermark is: there is no due time between the two.
_PAUSES = union_all(
    _pauses_of_links(Pause.ended_at.is_(None)), _pauses_of_links(Pause.ended_at > ScheduleCron.next_due_at)
)
_GOING_ON = select(Pause.__table__).where(Pause.schedule_id.is_(None), Pause.ended_at.is_(None))
_OF_EVERYTHING = union_all(
    _GOING_ON, select(Pause.__table__).where(Pause.schedule_id.is_(None), Pause.ended_at > bindparam("since"))
)
_SKIPS = (
    select(ScheduleCron.id.label("link"), Skip.due_at, Skip.origin)
    .join(Skip, (Skip.schedule_id == ScheduleCron.schedule_id) & (Skip.cron_id == ScheduleCron.cron_id))
    .where(_LINK, Skip.due_at >= ScheduleCron.next_due_at)
)


def read_bars(connection: Connection, due: Mapping[int, datetime | None]) -> dict[int, LinkBars]:
    """Return what bars due times from the next one on, for each id of a row of schedule_crons with its next due time.

    A link that nothing bars is left out. Where nothing is due only what goes on counts. Its cost grows with the links
    and with their bars of that time, not with those of the past.
    """
    if not due:
        return {}
    since = min((at for at in due.values() if at is not None), default=None)
    rows = connection.execute(_GOING_ON) if since is None else connection.execute(_OF_EVERYTHING, {"since": since})
    everything = [to_span(row) for row in rows.all()]
    skips: defaultdict[int, list[Bar]] = defaultdict(list)
    pauses: defaultdict[int, list[Bar]] = defaultdict(list)
    mutes: defaultdict[int, dict[int | None, tuple[Bar, ...]]] = defaultdict(dict)
    ids = list(due)
    for start in range(0, len(ids), _CHUNK):
        chunk = {"links": ids[start : start + _CHUNK]}
        for row in connection.execute(_SKIPS, chunk):
            skips[row.link].append(skip_bar(row.due_at, row.origin))
        for row in connection.execute(_PAUSES, chunk):
            span = to_span(row)
            if span.scope.kind is ScopeKind.SCHEDULE:
                pauses[row.link].append(bar_of(span))
            else:
                cells = mutes[row.link]
                cells[row.environment_id] = (*cells.get(row.environment_id, ()), bar_of(span))
    answers = {}
    for link, at in due.items():
        of_all = (bar_of(span) for span in everything if span.ended_at is None or (at and span.ended_at > at))
        bars = LinkBars((*skips.get(link, ()), *of_all, *pauses.get(link, ())), mutes.get(link, {}))
        if bars.common or bars.mutes:
            answers[link] = bars
    return answers
