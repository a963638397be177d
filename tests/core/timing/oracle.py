"""A slow and obvious answer to “when does it run”: every second or minute of a window is looked at, by R2 and R3 alone.

It shares no code with the program: what an expression means comes with the strategies that wrote it, and local time
comes from `astimezone`.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["Meaning", "day_matches", "instants"]

_HISTORY = timedelta(hours=27)  # the longest period that a change can repeat, and one hour


@dataclass(frozen=True)
class Meaning:
    """What an expression was written to mean; `days` and `weekdays` tell of one day whether their field names it."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: Callable[[date], bool]
    months: frozenset[int]
    weekdays: Callable[[date], bool]
    star_day: bool
    star_weekday: bool
    is_wildcard: bool


def day_matches(meaning: Meaning, day: date) -> bool:
    """Apply R2."""
    if day.month not in meaning.months:
        return False
    if meaning.star_day or meaning.star_weekday:
        return meaning.days(day) and meaning.weekdays(day)
    return meaning.days(day) or meaning.weekdays(day)


def instants(
    meaning: Meaning, zone: ZoneInfo, start: datetime, end: datetime, tick: timedelta = timedelta(minutes=1)
) -> list[datetime]:
    """Return S in (start, end], looking at every tick, of which the first lies at `start`."""
    found = []
    # Two wall times are enough to know what was shown before: the latest so far, and that of the tick before.
    latest = previous = None
    at = start - _HISTORY
    while at <= end:
        wall = at.astimezone(zone).replace(tzinfo=None)
        runs = _wall_matches(meaning, wall)
        if not meaning.is_wildcard and previous is not None and latest is not None:
            if wall <= latest:
                runs = False
            skipped = wall - previous - tick
            if wall > latest and skipped < timedelta(hours=3):
                gap = [previous + tick * n for n in range(1, skipped // tick + 1)]
                runs = runs or any(_wall_matches(meaning, each) for each in gap if each > latest)
        if runs and at > start:
            found.append(at.astimezone(UTC))
        previous = wall
        latest = wall if latest is None else max(latest, wall)
        at += tick
    return found


def _wall_matches(meaning: Meaning, wall: datetime) -> bool:
    return (
        wall.minute in meaning.minutes
        and wall.hour in meaning.hours
        and wall.second in meaning.seconds
        and day_matches(meaning, wall.date())
    )


def last_day(day: date) -> int:
    """Return the number of the last day of the month."""
    return calendar.monthrange(day.year, day.month)[1]
