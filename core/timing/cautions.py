"""What a person should know about an expression before trusting it: days, uneven steps and the next DST dates."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from core.timing.cron import Expression
from core.timing.dayphrases import day_parts
from core.timing.fields import Field
from core.timing.kinds import HOUR
from core.timing.occurrences import Occurrences
from core.timing.phrases import MONTHS, and_list, date_words, ordinal
from core.timing.walls import WallTimes
from core.timing.zones import Stretch, stretches, to_datetime, to_seconds, year_of

__all__ = ["clock_changes", "warnings"]

_AHEAD = timedelta(days=396)
_RARE = timedelta(days=366)
_CORRECTION_S = 3 * 3600
_LENGTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SIZES = {"second": 60, "minute": 60, "hour": 24}


def warnings(expression: Expression, zone: tzinfo, now: datetime) -> list[str]:
    """Return sentences on what may surprise, the surest first; an empty list where nothing does.

    Changes of the zone's offset are looked for in the 13 months after `now` (aware).
    """
    if expression.is_reboot:
        return ["It runs once at each start of Clockhand, has no due times, and is never caught up."]
    return [
        *_spread(expression),
        *_both_days(expression),
        *_missing_days(expression),
        *_uneven_steps(expression),
        *_rare(expression, zone, now),
        *clock_changes(expression, zone, now),
    ]


def _spread(expression: Expression) -> list[str]:
    if expression.text == expression.resolved:
        return []
    return ["H becomes a value when the cron is saved, by its name: another name would give another value."]


def _both_days(expression: Expression) -> list[str]:
    days, weekdays = expression.day_of_month, expression.day_of_week
    if not (day_parts(days) and day_parts(weekdays)):
        return []
    if days.starts_with_star or weekdays.starts_with_star:
        star = days if days.starts_with_star else weekdays
        return [f"“{star.text}” begins with *, so a day must match both the day and the weekday, not just one of them."]
    return [
        (
            f"Both the day and the weekday are restricted, so a day matches if either does: day “{days.text}” or "
            f"weekday “{weekdays.text}”."
        )
    ]


def _missing_days(expression: Expression) -> list[str]:
    """Say which days some months lack, unless the field steps through the month anyway."""
    field = expression.day_of_month
    if field.starts_with_star:
        return []
    months = expression.month.values
    late = [day for day in field.values if any(day > _LENGTHS[month] for month in months)]
    # With all days in the set nobody expects a 31st of every month.
    if not late or len(field.values) == 31:
        return []
    lacking = [MONTHS[month] for month in months if late[-1] > _LENGTHS[month]]
    leap = " (except in leap years)" if late == [29] else ""
    return [
        (
            f"Not every month has a {and_list([ordinal(day) for day in late], 'or')}: {and_list(lacking)} "
            f"{'has' if len(lacking) == 1 else 'have'} no {ordinal(late[-1])}{leap}. L is the last day of every month."
        )
    ]


def _uneven_steps(expression: Expression) -> list[str]:
    return [sentence for field in expression.fields[:-3] for sentence in _uneven_step(field)]


def _uneven_step(field: Field) -> list[str]:
    size = _SIZES[field.kind.name]
    prefix, _, step = field.resolved.partition("/")
    # A last value that lies a whole step before the end makes the series go on evenly.
    if prefix != "*" or not step.isdigit() or len(field.values) < 2:
        return []
    last, rest = field.values[-1], size - field.values[-1]
    if rest == field.values[1] - field.values[0]:
        return []
    larger = {"second": "minute", "minute": "hour", "hour": "day"}[field.kind.name]
    plural = "" if rest == 1 else "s"
    shown = f"{last:02}:00" if field.kind is HOUR else f"{field.kind.name} {last}"
    return [
        (
            f"“{field.text}” begins anew each {larger}: after {shown} the next one comes {rest} "
            f"{field.kind.name}{plural} later."
        )
    ]


def _rare(expression: Expression, zone: tzinfo, now: datetime) -> list[str]:
    following = Occurrences(expression, zone).next(now)
    if following is None:
        return ["It has no due time within the next 50 years."]
    if following - now <= _RARE:
        return []
    return [f"The next due time is more than a year away: {date_words(following.astimezone(zone))}."]


def clock_changes(expression: Expression, zone: tzinfo, now: datetime) -> list[str]:
    """Return sentences on what the changes of the zone's offset in the 13 months after `now` (aware) do to due times.

    Not for `@reboot`, which has no due times.
    """
    start, end = to_seconds(now), to_seconds(now + _AHEAD)
    walls = WallTimes(expression)
    return [
        sentence
        for year in range(year_of(start), year_of(end) + 1)
        for stretch in stretches(zone, year)
        if start < stretch.start < end
        for sentence in _change(expression, walls, zone, stretch)
    ]


def _change(expression: Expression, walls: WallTimes, zone: tzinfo, stretch: Stretch) -> list[str]:
    shift = stretch.offset - stretch.previous_offset
    # With every hour in the set, whole hours that are dropped or repeated are not noticed: the rhythm goes on.
    if shift == 0 or (expression.is_wildcard and len(expression.hour.values) == 24 and shift % 3600 == 0):
        return []
    first, end = sorted((stretch.wall_before, stretch.wall_start))
    count = walls.count(first, end)
    if count == 0:
        return []
    example = walls.first_from(first, end)
    assert example is not None
    one = count == 1
    which = f"the due time {to_datetime(example):%H:%M}" if one else f"{count:,} due times"
    return [f"{_move(zone, stretch)}: {which} {_effect(expression, stretch, shift, one=one)}."]


def _move(zone: tzinfo, stretch: Stretch) -> str:
    """Return `On Sunday 29 March 2026 the clock in Europe/Berlin goes from 02:00 to 03:00`."""
    before, after = to_datetime(stretch.wall_before), to_datetime(stretch.wall_start)
    day = "" if after.date() == before.date() else f" of {date_words(after)}"
    return f"On {date_words(before)} the clock in {zone} goes from {before:%H:%M} to {after:%H:%M}{day}"


def _effect(expression: Expression, stretch: Stretch, shift: int, *, one: bool) -> str:
    """Return what happens to the due times in a skipped or repeated period (R3), as the end of a sentence."""
    if shift < 0:
        times = "comes" if one else "come"
        if expression.is_wildcard:
            return f"{times} twice and {'runs' if one else 'run'} both times"
        return f"{times} twice and {'runs' if one else 'run'} the first time only"
    if expression.is_wildcard or shift >= _CORRECTION_S:
        return f"{'does' if one else 'do'} not come that day"
    at = f"{to_datetime(stretch.wall_start):%H:%M}"
    return f"{'does' if one else 'do'} not exist that day and {'runs' if one else 'run once,'} at {at} instead"
