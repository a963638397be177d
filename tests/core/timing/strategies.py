"""Hypothesis strategies that write an expression together with what it means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.core.timing.oracle import Meaning, last_day

__all__ = ["expressions", "field"]

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
Day = Callable[[date], bool]


def _written(value: int, names: tuple[str, ...], low: int) -> st.SearchStrategy[str]:
    """Return how a value may be written: as a number, with zeros before it, or by name in any case."""
    forms = [str(value), f"{value:02}"]
    if names and value - low < len(names):
        name = names[value - low]
        forms += [name, name.lower(), name.title()]
    return st.sampled_from(forms)


@st.composite
def _item(draw: st.DrawFn, low: int, high: int, names: tuple[str, ...] = ()) -> tuple[str, frozenset[int]]:
    """Return an item and the values that it stands for."""
    form = draw(st.sampled_from(["value", "value", "range", "range/", "value/", "*", "*/"]))
    step = draw(st.integers(1, high + 3))
    first = draw(st.integers(low, high))
    if form == "*":
        return "*", frozenset(range(low, high + 1))
    if form == "*/":
        return f"*/{step}", frozenset(range(low, high + 1, step))
    text = draw(_written(first, names, low))
    if form == "value":
        return text, frozenset([first])
    if form == "value/":
        return f"{text}/{step}", frozenset(range(first, high + 1, step))
    last = draw(st.integers(first, high))
    text = f"{text}-{draw(_written(last, names, low))}"
    if form == "range":
        return text, frozenset(range(first, last + 1))
    return f"{text}/{step}", frozenset(range(first, last + 1, step))


@st.composite
def field(draw: st.DrawFn, low: int, high: int, names: tuple[str, ...] = ()) -> tuple[str, frozenset[int]]:
    """Return a field and its values, mostly with one item."""
    items = draw(st.lists(_item(low, high, names), min_size=1, max_size=draw(st.sampled_from([1, 1, 3]))))
    return ",".join(text for text, _ in items), frozenset().union(*(values for _, values in items))


@st.composite
def _day_of_month(draw: st.DrawFn) -> tuple[str, Day]:
    special = draw(st.sampled_from(["", "", "", "L", "LW", "l,", "LW,"]))
    text, values = draw(field(1, 31))
    if not special:
        return text, lambda day: day.day in values

    def is_special(day: date) -> bool:
        end = day.replace(day=last_day(day))
        while special.upper().startswith("LW") and end.isoweekday() > 5:
            end -= timedelta(days=1)
        return day == end

    if not special.endswith(","):
        return special, is_special
    return special + text, lambda day: is_special(day) or day.day in values


@st.composite
def _day_of_week(draw: st.DrawFn) -> tuple[str, Day]:
    special = draw(st.sampled_from(["", "", "", "#", "L", "last", "#,", "L,"]))
    text, raw = draw(field(0, 7, WEEKDAYS).filter(lambda drawn: _sunday_is_clear(drawn[0])))
    values = {value % 7 for value in raw}
    if not special:
        return text, lambda day: day.isoweekday() % 7 in values
    weekday, nth = draw(st.integers(0, 7)), draw(st.integers(1, 5))
    if special.startswith("#"):
        word = f"{draw(_written(weekday, WEEKDAYS, 0).filter(lambda form: form[0] != '0' or form == '0'))}#{nth}"
    else:
        word = f"L{weekday}" if special == "last" else f"{weekday}L"

    def is_special(day: date) -> bool:
        if day.isoweekday() % 7 != weekday % 7:
            return False
        return (day.day - 1) // 7 + 1 == nth if special.startswith("#") else day.day + 7 > last_day(day)

    if not special.endswith(","):
        return word, is_special
    return f"{word},{text}", lambda day: is_special(day) or day.isoweekday() % 7 in values


def _sunday_is_clear(text: str) -> bool:
    """Return whether no range ends with a named Sunday, which has a table of its own in the tests."""
    return not any(item.partition("/")[0].upper().endswith("-SUN") for item in text.split(","))


@st.composite
def expressions(draw: st.DrawFn, *, seconds: bool = False) -> tuple[str, Meaning]:
    """Return an expression and what it means; the day may be one that never comes."""
    second_text, second_values = draw(field(0, 59)) if seconds else ("", frozenset([0]))
    minute_text, minute_values = draw(field(0, 59))
    hour_text, hour_values = draw(field(0, 23))
    day_text, days = draw(st.one_of(st.just(("*", lambda _: True)), _day_of_month()))
    month_text, month_values = draw(st.one_of(st.just(("*", frozenset(range(1, 13)))), field(1, 12, MONTHS)))
    weekday_text, weekdays = draw(st.one_of(st.just(("*", lambda _: True)), _day_of_week()))
    parts = [minute_text, hour_text, day_text, month_text, weekday_text]
    clock_parts = [second_text, minute_text, hour_text] if seconds else parts[:2]
    meaning = Meaning(
        seconds=second_values,
        minutes=minute_values,
        hours=hour_values,
        days=days,
        months=month_values,
        weekdays=weekdays,
        star_day=day_text.startswith("*"),
        star_weekday=weekday_text.startswith("*"),
        is_wildcard=any(part.startswith("*") for part in clock_parts),
    )
    return " ".join([second_text, *parts] if seconds else parts), meaning
