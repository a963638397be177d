"""Says in English what an expression means: one sentence for the whole, one for each field."""

from __future__ import annotations

from itertools import product

from core.timing.cautions import warnings
from core.timing.cron import Expression
from core.timing.dayphrases import day_parts, days_words, month_days_words, months_words, weekdays_words
from core.timing.fields import Field
from core.timing.kinds import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MONTH
from core.timing.phrases import and_list, even_step, ordinal, runs, values_words

__all__ = ["describe", "explain_fields", "warnings"]

_LISTED_TIMES = 6
_ALL = {"second": 60, "minute": 60, "hour": 24}


def describe(expression: Expression) -> str:
    """Return one English sentence, such as “At 07:30, Monday to Friday.”; days that are ORed are joined by “or”."""
    if expression.is_reboot:
        return "Once at each start of Clockhand."
    times = _listed_times(expression)
    lead = times or _series(expression)
    days = days_words(expression)
    if days is None and (times or expression.month.values != tuple(range(1, 13))):
        days = "every day"
    months = months_words(expression.month)
    if months and days:
        # Behind two day fields a comma, since the months hold for both.
        both = day_parts(expression.day_of_month) and day_parts(expression.day_of_week)
        days = f"{days}{',' if both else ''} {months}"
    return f"{lead}, {days}." if days else f"{lead}."


def explain_fields(expression: Expression) -> list[tuple[str, str, str]]:
    """Return the name, the user's text and a sentence on the meaning of each field; nothing for `@reboot`."""
    return [(field.kind.name, field.text, _meaning(field)) for field in expression.fields]


def _listed_times(expression: Expression) -> str | None:
    """Return `At 07:30 and 19:30` where the times of a day are few, otherwise None."""
    hours, minutes, seconds = expression.hour.values, expression.minute.values, _seconds(expression)
    if len(hours) * len(minutes) * len(seconds) > _LISTED_TIMES:
        return None
    shown = [
        f"{hour:02}:{minute:02}" + (f":{second:02}" if seconds != (0,) else "")
        for hour, minute, second in product(hours, minutes, seconds)
    ]
    return f"At {and_list(shown)}"


def _series(expression: Expression) -> str:
    """Return `Every 5 minutes, from 09:00 to 17:59`: the times of a day where they are too many to list."""
    minutes, seconds = expression.minute.values, _seconds(expression)
    if seconds == (0,):
        lead = _every(minutes, "minute")
        counted = lead is None
        lead = lead or f"At {_unit('minute', minutes)}"
    else:
        lead = _every(seconds, "second") or f"At {_unit('second', seconds)}"
        of_minutes, counted = _of_minutes(minutes, counted=lead.startswith("At"))
        lead += of_minutes
    return lead + _of_hours(expression.hour.values, counted=counted)


def _of_minutes(minutes: tuple[int, ...], *, counted: bool) -> tuple[str, bool]:
    """Return which minutes the seconds belong to, and whether the hour still has to be named.

    `counted` says that the seconds are named one by one, so that “of every minute” does not go without saying.
    """
    if len(minutes) == _ALL["minute"]:
        return (" of every minute" if counted else ""), False
    step = even_step(minutes, _ALL["minute"])
    if step:
        return f" of every {ordinal(step)} minute", False
    return f" of {_unit('minute', minutes)}", True


def _of_hours(hours: tuple[int, ...], *, counted: bool) -> str:
    """Return which hours it is about; every hour is named only where minutes are `counted` one by one."""
    if len(hours) == _ALL["hour"]:
        return " of every hour" if counted else ""
    step = even_step(hours, _ALL["hour"])
    if step and len(hours) > 2:
        return f" of every {ordinal(step)} hour ({values_words(hours, '{:02}'.format)})"
    pieces = runs(hours)
    if any(last > first for first, last in pieces) or len(pieces) == 1:
        spans = and_list([f"from {first:02}:00 to {last:02}:59" for first, last in pieces])
        return f"{' of each hour' if counted else ''}, {spans}"
    return f" of the hours {values_words(hours, '{:02}'.format)}"


def _every(values: tuple[int, ...], unit: str) -> str | None:
    """Return `Every minute` or `Every 5 minutes`, or None where the values are no even series."""
    if len(values) == _ALL[unit]:
        return f"Every {unit}"
    step = even_step(values, _ALL[unit])
    return f"Every {step} {unit}s" if step else None


def _unit(unit: str, values: tuple[int, ...]) -> str:
    return f"{unit} {values[0]}" if len(values) == 1 else f"{unit}s {values_words(values)}"


def _seconds(expression: Expression) -> tuple[int, ...]:
    return expression.second.values if expression.second else (0,)


def _meaning(field: Field) -> str:
    """Return a sentence on one field alone."""
    if field.kind is DAY_OF_MONTH:
        words = month_days_words(field) if day_parts(field) else "every day of the month"
    elif field.kind is DAY_OF_WEEK:
        words = weekdays_words(field) if day_parts(field) else "every day of the week"
    elif field.kind is MONTH:
        words = months_words(field) or "in every month"
    elif len(field.values) == _ALL[field.kind.name]:
        words = f"every {field.kind.name}"
    else:
        shown = "{:02}".format if field.kind is HOUR else str
        plural = "s" if len(field.values) > 1 else ""
        words = f"{field.kind.name}{plural} {values_words(field.values, shown)}"
    spread = f" ({field.text} became {field.resolved})" if field.text != field.resolved else ""
    return f"{words[0].upper()}{words[1:]}{spread}."
