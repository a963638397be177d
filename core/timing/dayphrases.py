"""The English of the day fields and the month field, with the “or” of CRON.md's R2."""

from __future__ import annotations

from core.timing.cron import Expression
from core.timing.fields import Field
from core.timing.kinds import DAY_OF_MONTH
from core.timing.phrases import MONTHS, WEEKDAYS, and_list, ordinal, runs, values_words

__all__ = ["day_parts", "days_words", "month_days_words", "months_words", "weekdays_words"]


def day_parts(field: Field) -> bool:
    """Return whether a day field says anything: `*` and `*/1` do not."""
    size = 31 if field.kind is DAY_OF_MONTH else 7
    return not (field.starts_with_star and len(field.values) == size)


def days_words(expression: Expression) -> str | None:
    """Return `on day 13 of the month or on Friday`, or None where every day matches by both fields saying nothing."""
    days, weekdays = expression.day_of_month, expression.day_of_week
    if not day_parts(days):
        return weekdays_words(weekdays) if day_parts(weekdays) else None
    if not day_parts(weekdays):
        return month_days_words(days)
    if days.starts_with_star or weekdays.starts_with_star:
        return f"{month_days_words(days)}, but only if that is {weekdays_words(weekdays).removeprefix('on ')}"
    return f"{month_days_words(days)} or {weekdays_words(weekdays)}"


def month_days_words(field: Field) -> str:
    """Return `on days 1 and 15 of the month`, `on the last day of the month`."""
    parts = []
    if field.values:
        parts.append(f"day{'s' if len(field.values) > 1 else ''} {values_words(field.values)}")
    if field.last:
        parts.append("the last day")
    if field.last_workday:
        parts.append("the last workday")
    return f"on {and_list(parts)} of the month"


def weekdays_words(field: Field) -> str:
    """Return `Monday to Friday`, `on Saturday and Sunday`, `on the second Friday of the month`."""
    # A week begins on Monday in a sentence: Saturday and Sunday are neighbours there, as in MON-SUN.
    plain = sorted((weekday - 1) % 7 for weekday in field.values)
    pieces = runs(plain)
    special = [f"the {ordinal(nth, in_words=True)} {WEEKDAYS[weekday]}" for weekday, nth in field.nth]
    special += [f"the last {WEEKDAYS[weekday]}" for weekday in field.last_weekdays]
    parts = [values_words(plain, lambda day: WEEKDAYS[(day + 1) % 7])] if plain else []
    if special:
        parts.append(f"{and_list(special)} of the month")
    words = and_list(parts)
    is_range = not special and len(pieces) == 1 and len(plain) > 2
    return words if is_range else f"on {words}"


def months_words(field: Field) -> str | None:
    """Return `in January and July`, `from March to May`, or None for all months."""
    if len(field.values) == 12:
        return None
    words = and_list(
        [
            MONTHS[first] if first == last else f"{MONTHS[first]} {'to' if last - first > 1 else 'and'} {MONTHS[last]}"
            for first, last in runs(field.values)
        ]
    )
    return f"in {words}"
