"""The parser against random text, and against expressions whose meaning is known."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.timing.cron import CronError, Expression, parse
from core.timing.days import MonthTable, length_of_month
from tests.core.timing.oracle import Meaning, day_matches
from tests.core.timing.strategies import expressions

SIGNS = "0123456789*/-,#LWHRh?~@() \tJANMONsun"


def attempt(text: str) -> Expression | CronError:
    """Return what the parser makes of a text; any other exception ends the test."""
    try:
        return parse(text, identity=text)
    except CronError as error:
        return error


@settings(max_examples=600)
@given(st.one_of(st.text(), st.text(SIGNS, max_size=40), st.lists(st.text(SIGNS, max_size=9), min_size=5, max_size=6)))
def test_whatever_is_typed_is_parsed_or_refused_with_a_sentence(typed: str | list[str]) -> None:
    text = typed if isinstance(typed, str) else " ".join(typed)
    answer = attempt(text)
    if isinstance(answer, CronError):
        assert answer.message.endswith(".")
        assert answer.position is None or 0 <= answer.position <= len(text)
    else:
        assert answer.text == text
        assert parse(answer.resolved).fields == parse(answer.resolved, identity="other").fields


@given(expressions(seconds=True))
def test_the_clock_fields_hold_what_was_written(written: tuple[str, Meaning]) -> None:
    text, meaning = written
    expression = attempt(text)
    assume(not isinstance(expression, CronError))
    assert isinstance(expression, Expression)
    assert expression.second is not None
    assert expression.resolved == text
    assert expression.second.values == tuple(sorted(meaning.seconds))
    assert expression.minute.values == tuple(sorted(meaning.minutes))
    assert expression.hour.values == tuple(sorted(meaning.hours))
    assert expression.month.values == tuple(sorted(meaning.months))
    assert expression.is_wildcard is meaning.is_wildcard


@given(expressions(), st.integers(1950, 2150))
def test_the_days_of_a_year_are_those_of_r2(written: tuple[str, Meaning], year: int) -> None:
    text, meaning = written
    year_days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    expected = [day for day in year_days if day_matches(meaning, day)]
    expression = attempt(text)
    if isinstance(expression, CronError):
        assert "never comes" in expression.message
        assert expected == []
        return
    table = MonthTable(expression.day_of_month, expression.day_of_week)
    found = [
        date(year, month, day)
        for month in expression.month.values
        for mask in [table.mask(length_of_month(year, month), date(year, month, 1).isoweekday() % 7)]
        for day in range(1, length_of_month(year, month) + 1)
        if mask >> day & 1
    ]
    assert [day for day in found if day in year_days] == expected


@given(expressions())
def test_only_a_day_that_comes_in_no_year_is_refused(written: tuple[str, Meaning]) -> None:
    text, meaning = written
    answer = attempt(text)
    if isinstance(answer, CronError):
        assert "never comes" in answer.message
    comes = isinstance(answer, Expression)
    # The calendar repeats itself after 400 years; 29 February falls on every weekday within 40.
    days = (date(2072, 1, 1) + timedelta(days=number) for number in range(41 * 366))
    assert comes is any(day_matches(meaning, day) for day in days)
