"""The instants of an expression in a zone: every answer about time comes from here (CRON.md, R0 to R3, R5).

The instants are found by an engine of our own over explicit sets; croniter serves as the independent witness in the
tests. By the rules croniter would be asked twice per question and merged (OR of days, nth and plain weekdays), once per
stretch of constant offset, with a filter for `LW`, at 60 to 130 µs each time (measured), with none of its own judgement
of zones; and it can't count without listing, which a catch-up after months needs. What is left of it is a search in
sorted sets, which `walls.py` does in 10 µs.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import lru_cache

from core.timing.cron import Expression, parse
from core.timing.walls import WallTimes
from core.timing.zones import (
    DAY_S,
    END_INSTANT,
    FIRST_INSTANT,
    Stretch,
    load_zone,
    stretches,
    to_datetime,
    to_seconds,
    year_of,
)

__all__ = ["SYSTEM_ZONE", "Occurrences", "occurrences_of"]

SYSTEM_ZONE = "system"
"""The time zone of a cron that follows the machine's own."""

# The longest gap that the grammar allows is 40 years (29 February on a given weekday, across 2100).
_HORIZON_S = 50 * 366 * DAY_S
# More than any change of a zone: what lies this far before a wall-clock time can't show that time.
_REACH_S = 3 * DAY_S
_CORRECTION_S = 3 * 3600


class Occurrences:
    """The fixed set S of instants of one expression in one zone. Immutable; safe to share between threads.

    All instants in and out are aware; those returned are in UTC. ValueError where one is naive.
    """

    __slots__ = ("_walls", "expression", "zone")

    def __init__(self, expression: Expression, zone: tzinfo) -> None:
        self.expression = expression
        self.zone = zone
        self._walls = None if expression.is_reboot else WallTimes(expression)

    def next(self, after: datetime) -> datetime | None:
        """Return the first instant of S later than `after`; None if there is none within 50 years."""
        return _datetime(self._next(to_seconds(after)))

    def previous(self, before: datetime) -> datetime | None:
        """Return the last instant of S earlier than `before`; None if there is none within 50 years."""
        return _datetime(self._previous(_ceiling(before)))

    def upcoming(self, after: datetime, count: int) -> list[datetime]:
        """Return the first `count` instants of S later than `after`; fewer where there are no more."""
        found: list[datetime] = []
        at = self._next(to_seconds(after))
        while at is not None and len(found) < count:
            found.append(to_datetime(at))
            at = self._next(at)
        return found

    def latest(self, after: datetime, until: datetime, limit: int) -> list[datetime]:
        """Return the last `limit` instants of S in (after, until], oldest first, at the cost of `limit` alone."""
        found: list[datetime] = []
        start = to_seconds(after)
        at = self._previous(to_seconds(until) + 1)
        while at is not None and at > start and len(found) < limit:
            found.append(to_datetime(at))
            at = self._previous(at)
        return found[::-1]

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many instants of S lie in (after, until], without listing them."""
        start, end = to_seconds(after) + 1, to_seconds(until) + 1
        if self._walls is None or end <= start:
            return 0
        years = range(year_of(start), year_of(end - 1) + 1)
        return sum(self._count_in(stretch, start, end) for year in years for stretch in stretches(self.zone, year))

    def _next(self, after: int) -> int | None:
        """Return the first instant later than `after` (whole seconds)."""
        if self._walls is None:
            return None
        limit = after + _HORIZON_S
        at = max(after + 1, FIRST_INSTANT)
        while at <= limit:
            stretch = self._stretch(at)
            if stretch is None:
                return None
            found = self._first_in(stretch, at)
            if found is not None:
                return found if found <= limit else None
            at = stretch.end
            # Nothing on the wall clock from here to `ahead` means nothing on any stretch until shortly before it.
            ahead = self._walls.first_from(at - _REACH_S, at + _HORIZON_S + _REACH_S)
            if ahead is None:
                return None
            at = max(at, ahead - _REACH_S)
        return None

    def _previous(self, before: int) -> int | None:
        """Return the last instant earlier than `before` (whole seconds)."""
        if self._walls is None:
            return None
        limit = before - _HORIZON_S
        at = min(before, END_INSTANT)
        while at > limit:
            stretch = self._stretch(at - 1)
            if stretch is None:
                return None
            found = self._last_in(stretch, at)
            if found is not None:
                return found if found >= limit else None
            at = stretch.start
            behind = self._walls.last_before(at + _REACH_S, at - _HORIZON_S - _REACH_S)
            if behind is None:
                return None
            at = min(at, behind + _REACH_S)
        return None

    def _stretch(self, instant: int) -> Stretch | None:
        """Return the stretch that holds an instant; None outside the calendar."""
        for stretch in stretches(self.zone, year_of(instant)):
            if stretch.start <= instant < stretch.end:
                return stretch
        return None

    def _first_in(self, stretch: Stretch, at: int) -> int | None:
        """Return the first instant of S in the stretch that is not before `at`."""
        assert self._walls is not None
        if at <= stretch.start and self._makes_up(stretch):
            return stretch.start
        start = max(at + stretch.offset, self._wall_start(stretch))
        wall = self._walls.first_from(start, stretch.wall_end)
        return None if wall is None else wall - stretch.offset

    def _last_in(self, stretch: Stretch, before: int) -> int | None:
        """Return the last instant of S in the stretch that is before `before`, which lies after the stretch's start."""
        assert self._walls is not None
        end = min(before + stretch.offset, stretch.wall_end)
        wall = self._walls.last_before(end, self._wall_start(stretch))
        if wall is not None:
            return wall - stretch.offset
        return stretch.start if self._makes_up(stretch) else None

    def _count_in(self, stretch: Stretch, start: int, end: int) -> int:
        """Return how many instants of S lie both in the stretch and in [start, end)."""
        assert self._walls is not None
        first = max(start + stretch.offset, self._wall_start(stretch))
        total = self._walls.count(first, min(end + stretch.offset, stretch.wall_end))
        if start <= stretch.start < end and self._makes_up(stretch) and not self._walls.contains(stretch.wall_start):
            total += 1
        return total

    def _wall_start(self, stretch: Stretch) -> int:
        """Return the first wall-clock time that counts: a fixed-time cron ignores what was shown before (R3)."""
        if self.expression.is_wildcard:
            return stretch.wall_start
        return max(stretch.wall_start, stretch.shown_until)

    def _makes_up(self, stretch: Stretch) -> bool:
        """Return whether times that the change at the stretch's start skipped are run at that start (R3)."""
        skipped = stretch.offset - stretch.previous_offset
        if self.expression.is_wildcard or not 0 < skipped < _CORRECTION_S:
            return False
        assert self._walls is not None
        return self._walls.first_from(stretch.wall_before, stretch.wall_start) is not None


@lru_cache(maxsize=4096)
def occurrences_of(expression: str, timezone: str, system_zone: tzinfo) -> Occurrences:
    """Return the due times of a saved cron; “system” becomes `system_zone`. Raises CronError and ZoneError."""
    return Occurrences(parse(expression), system_zone if timezone == SYSTEM_ZONE else load_zone(timezone))


def _ceiling(instant: datetime) -> int:
    """Return whole seconds, rounded up."""
    return to_seconds(instant) + (1 if instant.microsecond else 0)


def _datetime(instant: int | None) -> datetime | None:
    return None if instant is None else to_datetime(instant)
