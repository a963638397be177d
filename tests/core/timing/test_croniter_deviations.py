"""croniter 7 as the independent witness: equal where it obeys the rules, and one named test for each deviation.

Each test of a deviation shows what croniter answers, so that it fails when a new version changes its mind, and what
Clockhand answers instead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import assume, given
from hypothesis import strategies as st

from core.timing.cron import CronError, Expression, parse
from core.timing.fields import Field
from core.timing.occurrences import Occurrences

BERLIN = ZoneInfo("Europe/Berlin")
NO_DST = ZoneInfo("UTC")
START = datetime(2026, 3, 1, tzinfo=UTC)  # a Sunday


def theirs(text: str, start: datetime, count: int, **options: Any) -> list[datetime]:
    iterator = croniter(text, start, **options)
    return [iterator.get_next(datetime) for _ in range(count)]


def naive(text: str, count: int = 4, **options: Any) -> list[datetime]:
    """Return croniter's answer on naive datetimes, marked as UTC."""
    return [each.replace(tzinfo=UTC) for each in theirs(text, START.replace(tzinfo=None), count, **options)]


def ours(text: str, count: int = 4, *, start: datetime = START, zone: ZoneInfo = NO_DST) -> list[datetime]:
    return Occurrences(parse(text), zone).upcoming(start, count)


def explicit(field: Field) -> str:
    """Return a field as plain numbers, which croniter reads as we do."""
    return "*" if field.resolved == "*" else ",".join(str(value) for value in field.values)


def merged(expression: Expression, start: datetime, count: int) -> list[datetime]:
    """Return croniter's answer as the rules would have it: the OR of days as two iterators, without duplicates."""
    *clock, days, months, weekdays = (explicit(field) for field in expression.fields)
    second = {"second_at_beginning": True} if expression.has_seconds else {}
    texts = [" ".join([*clock, days, months, weekdays])]
    if not (expression.day_of_month.starts_with_star or expression.day_of_week.starts_with_star):
        texts = [" ".join([*clock, days, months, "*"]), " ".join([*clock, "*", months, weekdays])]
    base = start.replace(tzinfo=None)
    found = set()
    for text in texts:
        iterator = croniter(text, base, day_or=False, max_years_between_matches=60, **second)
        # A day that never comes by one of two fields is no error of the whole.
        for _ in range(count):
            try:
                found.add(iterator.get_next(datetime).replace(tzinfo=UTC))
            except ValueError:
                break
    return sorted(found)[:count]


values = st.one_of(
    st.just("*"),
    st.integers(2, 20).map(lambda step: f"*/{step}"),
    st.lists(st.integers(1, 23), min_size=1, max_size=3, unique=True).map(lambda each: ",".join(map(str, each))),
)
weekday_values = st.one_of(st.just("*"), st.sampled_from(["*/2", "1-5", "6,0", "3", "SUN", "MON-WED"]))


months_values = st.one_of(st.just("*"), st.integers(1, 12).map(str))
five_fields = st.tuples(values, values, values, months_values, weekday_values).map(" ".join)


@given(st.one_of(five_fields, five_fields.map("30 {}".format)))
def test_croniter_agrees_on_utc_once_it_is_asked_by_the_rules(text: str) -> None:
    try:
        expression = parse(text)
    except CronError:
        assume(False)
        raise
    assert Occurrences(expression, NO_DST).upcoming(START, 5) == merged(expression, START, 5)


def test_a_range_of_one_value_is_that_value_and_not_the_whole_field() -> None:
    assert naive("5-5 * * * *")[:2] == [START + timedelta(minutes=1), START + timedelta(minutes=2)]
    assert ours("5-5 * * * *")[:2] == [START + timedelta(minutes=5), START + timedelta(minutes=65)]


def test_a_reversed_range_is_refused_and_not_wrapped() -> None:
    assert naive("58-1 * * * *", 2)[0] == START + timedelta(minutes=1)
    with pytest.raises(CronError, match="58-59,0-1"):
        parse("58-1 * * * *")


def test_a_stepped_star_with_a_weekday_is_and_not_or() -> None:
    assert [each.day for each in naive("0 0 */2 * 1")] == [2, 3, 5, 7]
    assert [(each.month, each.day) for each in ours("0 0 */2 * 1", 3)] == [(3, 9), (3, 23), (4, 13)]


@pytest.mark.parametrize("text", ["0 0 * * 1,5#2", "0 0 * * 5L", "0 0 LW * *"])
def test_forms_that_croniter_refuses_are_accepted(text: str) -> None:
    with pytest.raises(ValueError, match=r"mixing|not acceptable"):
        croniter(text, START)
    assert len(ours(text)) == 4


def test_mixed_weekday_forms_are_the_union_of_both() -> None:
    assert ours("0 0 * * 1,5#2", 6) == sorted({*naive("0 0 * * 1", 5), *naive("0 0 * * 5#2", 1)})


def test_5_l_is_croniters_l5() -> None:
    assert ours("0 0 * * 5L") == ours("0 0 * * L5") == naive("0 0 * * L5")


def test_lw_is_the_last_of_days_26_to_31_that_is_a_workday() -> None:
    candidates = naive("0 0 26-31 * *", 30)
    workdays = [each for each in candidates if each.isoweekday() <= 5]
    last = [each for each in workdays if not any(each < other and each.month == other.month for other in workdays)]
    assert ours("0 0 LW * *") == last[:4]


def test_seconds_come_first_and_not_last() -> None:
    assert naive("1 2 3 * * 7", 1)[0].replace(day=1) == START.replace(hour=2, minute=1, second=7)
    assert ours("1 2 3 * * 7", 1) == [START.replace(hour=3, minute=2, second=1)]
    assert naive("1 2 3 * * 7", 1, second_at_beginning=True) == ours("1 2 3 * * 7", 1)


def test_an_identity_does_not_change_daily() -> None:
    assert naive("@daily", 1, hash_id="x")[0].hour != 0
    assert parse("@daily", identity="x").fields == parse("@daily").fields
    assert ours("@daily", 1) == [START + timedelta(days=1)]


def test_a_fixed_time_runs_once_in_the_repeated_hour_and_not_twice() -> None:
    start = datetime(2026, 10, 24, 12, tzinfo=BERLIN)
    assert [each.astimezone(UTC).hour for each in theirs("30 2 * * *", start, 2)] == [0, 1]
    assert [each.day for each in ours("30 2 * * *", 2, start=start, zone=BERLIN)] == [25, 26]


def test_a_step_in_the_skipped_hour_is_dropped_and_not_shifted() -> None:
    start = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert theirs("0 2/24 * * *", start, 1)[0].astimezone(UTC) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    shifted = theirs("*/30 2 * * *", start, 1)[0]
    assert (shifted.day, shifted.hour) == (29, 3)
    assert ours("*/30 2 * * *", 1, start=start, zone=BERLIN) == [datetime(2026, 3, 30, 0, tzinfo=UTC)]


def test_a_base_with_a_fixed_offset_does_not_drift() -> None:
    base = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    fixed = datetime.fromisoformat(base.isoformat())
    assert theirs("0 12 * * *", fixed, 1)[0].astimezone(UTC).hour == 11
    assert ours("0 12 * * *", 1, start=fixed, zone=BERLIN) == [datetime(2026, 3, 29, 10, tzinfo=UTC)]
