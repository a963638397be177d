"""The engine against an oracle that looks at every minute, around the changes of ten kinds of zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from core.timing.cron import CronError, parse
from core.timing.occurrences import Occurrences
from tests.core.timing.oracle import Meaning, instants
from tests.core.timing.strategies import expressions

# A change of each kind: ordinary ones in pairs, 30 min, 2 h, 3 h and back, a lost day, at midnight, at 24:00, no DST.
CHANGES = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Antarctica/Casey", datetime(2009, 10, 17, 18, tzinfo=UTC)),
    ("Antarctica/Casey", datetime(2010, 3, 4, 15, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 2, 18, 2, tzinfo=UTC)),
    ("Asia/Beirut", datetime(2022, 3, 26, 22, tzinfo=UTC)),
    ("Asia/Beirut", datetime(2022, 10, 29, 21, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 2, 15, 2, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 3, 22, 2, tzinfo=UTC)),
    ("America/St_Johns", datetime(2006, 10, 29, 2, 31, tzinfo=UTC)),
    ("America/Danmarkshavn", datetime(1996, 1, 1, 3, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 1, 1, tzinfo=UTC)),
    ("UTC", datetime(2026, 2, 28, 22, tzinfo=UTC)),
]
HOUR = timedelta(hours=1)


def occurrences(text: str, zone: str) -> Occurrences:
    try:
        return Occurrences(parse(text), ZoneInfo(zone))
    except CronError:
        assume(False)
        raise


def check(engine: Occurrences, expected: list[datetime], start: datetime, end: datetime) -> None:
    """Every question must give the same set."""
    found = []
    at = engine.next(start)
    while at is not None and at <= end:
        found.append(at)
        at = engine.next(at)
    assert found == expected
    assert engine.upcoming(start, len(expected)) == expected
    assert engine.count(start, end) == len(expected)
    assert engine.latest(start, end, len(expected) + 1) == expected
    assert engine.latest(start, end, 2) == expected[-2:]
    backwards = []
    at = engine.previous(end + timedelta(microseconds=1))
    while at is not None and at > start:
        backwards.append(at)
        at = engine.previous(at)
    assert backwards[::-1] == expected


@settings(max_examples=150)
@given(expressions(), st.sampled_from(CHANGES), st.integers(-30 * 60, 60))
def test_every_minute_around_a_change_is_as_the_rules_say(
    written: tuple[str, Meaning], change: tuple[str, datetime], minutes: int
) -> None:
    text, meaning = written
    zone, instant = change
    engine = occurrences(text, zone)
    start = instant + timedelta(minutes=minutes)
    end = start + 30 * HOUR
    check(engine, instants(meaning, ZoneInfo(zone), start, end), start, end)


@settings(max_examples=25)
@given(
    expressions(seconds=True),
    st.sampled_from([change for change in CHANGES if change[0] != "Pacific/Apia"]),
    st.integers(-90 * 60, 60),
)
def test_every_second_around_a_change_is_as_the_rules_say(
    written: tuple[str, Meaning], change: tuple[str, datetime], seconds: int
) -> None:
    text, meaning = written
    zone, instant = change
    engine = occurrences(text, zone)
    start = instant + timedelta(seconds=seconds)
    end = start + HOUR
    expected = instants(meaning, ZoneInfo(zone), start, end, timedelta(seconds=1))
    assert engine.count(start, end) == len(expected)
    assert engine.latest(start, end, len(expected) + 1) == expected
    assert engine.upcoming(start, len(expected)) == expected


moments = st.integers(0, 150 * 366 * 86400).map(
    lambda seconds: datetime(1975, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(expressions(seconds=True), st.sampled_from(CHANGES), moments)
@example(
    ("0 0 0 29 2 */7", None), ("Europe/Berlin", datetime(2026, 1, 1, tzinfo=UTC)), datetime(2072, 3, 1, tzinfo=UTC)
)
def test_the_next_time_does_not_depend_on_where_the_search_starts(
    written: tuple[str, Meaning | None], change: tuple[str, datetime], start: datetime
) -> None:
    engine = occurrences(written[0], change[0])
    following = engine.next(start)
    assert following is not None
    assert following > start
    assert following.tzinfo is UTC
    halfway = start + (following - start) / 2
    assert engine.next(halfway) == following
    assert engine.next(following - timedelta(microseconds=1)) == following
    assert engine.previous(following + timedelta(microseconds=1)) == following
    before = engine.previous(following)
    assert before is None or before <= start
    assert engine.count(start, following) == 1
    assert engine.count(start, following - timedelta(microseconds=1)) == 0


@given(expressions(), st.sampled_from(CHANGES), moments, st.timedeltas(timedelta(0), timedelta(days=4000)), st.data())
def test_counts_add_up(
    written: tuple[str, Meaning], change: tuple[str, datetime], start: datetime, length: timedelta, data: st.DataObject
) -> None:
    engine = occurrences(written[0], change[0])
    middle = start + length * data.draw(st.floats(0, 1))
    end = start + length
    assert engine.count(start, end) == engine.count(start, middle) + engine.count(middle, end)


@pytest.mark.parametrize(("zone", "instant"), CHANGES)
def test_the_changes_of_these_tests_are_changes(zone: str, instant: datetime) -> None:
    before, after = ((instant - offset).astimezone(ZoneInfo(zone)) for offset in (timedelta(seconds=1), timedelta()))
    expected = zone not in {"UTC", "Asia/Kathmandu"}
    assert (before.utcoffset() != after.utcoffset()) is expected
