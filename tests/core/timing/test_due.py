"""What a waking does with due times: on time, caught up, skipped with a count and a reason (R4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.timing.cron import CronError, parse
from core.timing.due import GRACE, CatchUp, CatchUpPolicy, DueTimes, SkippedSpan, due_times
from core.timing.occurrences import Occurrences
from tests.core.timing.oracle import Meaning
from tests.core.timing.strategies import expressions

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOURLY = Occurrences(parse("0 * * * *"), ZoneInfo("UTC"))
SKIP, ONCE = CatchUpPolicy(CatchUp.SKIP), CatchUpPolicy(CatchUp.ONCE)


def every(limit: int = 10, max_age: timedelta = 7 * DAY) -> CatchUpPolicy:
    return CatchUpPolicy(CatchUp.ALL, limit, max_age)


def due(
    policy: CatchUpPolicy, *, since: timedelta, late: timedelta = timedelta(), occurrences: Occurrences = HOURLY
) -> DueTimes:
    """Return what a waking at noon plus `late` does, when the one before was at `since` before noon."""
    return due_times(occurrences, watermark=NOON - since, now=NOON + late, policy=policy)


@pytest.mark.parametrize("policy", [SKIP, ONCE, every()])
@pytest.mark.parametrize("late", [timedelta(), SECOND, GRACE])
def test_late_by_no_more_than_the_grace_is_on_time(policy: CatchUpPolicy, late: timedelta) -> None:
    assert due(policy, since=30 * SECOND, late=late) == DueTimes(on_time=(NOON,))


def test_a_microsecond_later_it_is_missed() -> None:
    late = GRACE + timedelta(microseconds=1)
    assert due(ONCE, since=30 * SECOND, late=late) == DueTimes(catch_up=(NOON,))
    skipped = due(SKIP, since=30 * SECOND, late=late).skipped
    assert skipped is not None
    assert (skipped.count, skipped.first, skipped.last) == (1, NOON, NOON)


def test_the_watermark_itself_is_not_due_again() -> None:
    assert due(ONCE, since=timedelta()) == DueTimes()
    assert due(ONCE, since=timedelta(), late=MINUTE) == DueTimes()
    assert due(ONCE, since=-HOUR, late=MINUTE) == DueTimes()


def test_skip_runs_nothing_and_tells_the_span() -> None:
    found = due(SKIP, since=5 * HOUR, late=30 * SECOND)
    assert found.on_time == (NOON,)
    assert found.catch_up == ()
    reason = "missed while Clockhand was not running or the machine was asleep; the policy is skip"
    assert found.skipped == SkippedSpan(4, NOON - 4 * HOUR, NOON - HOUR, reason)


def test_once_runs_the_latest_missed_time_whatever_its_age() -> None:
    found = due(ONCE, since=5 * HOUR, late=10 * MINUTE)
    assert (found.on_time, found.catch_up) == ((), (NOON,))
    assert found.skipped is not None
    assert (found.skipped.count, found.skipped.first, found.skipped.last) == (4, NOON - 4 * HOUR, NOON - HOUR)
    assert found.skipped.reason.endswith("; the policy is once, which runs the latest missed time only")
    yearly = Occurrences(parse("@yearly"), ZoneInfo("UTC"))
    assert due(ONCE, since=200 * DAY, occurrences=yearly) == DueTimes(catch_up=(datetime(2026, 1, 1, tzinfo=UTC),))


def test_once_runs_beside_a_due_time_that_is_on_time() -> None:
    found = due(ONCE, since=2 * HOUR, late=SECOND)
    assert (found.on_time, found.catch_up, found.skipped) == ((NOON,), (NOON - HOUR,), None)


def test_all_runs_the_latest_up_to_the_limit_oldest_first() -> None:
    found = due(every(3), since=10 * HOUR, late=10 * MINUTE)
    assert found.catch_up == (NOON - 2 * HOUR, NOON - HOUR, NOON)
    assert found.skipped is not None
    assert (found.skipped.count, found.skipped.first, found.skipped.last) == (7, NOON - 9 * HOUR, NOON - 3 * HOUR)
    assert found.skipped.reason.endswith("; the policy is all, the latest 3 only")


def test_all_leaves_what_is_older_than_the_maximum_age() -> None:
    found = due(every(10, 2 * HOUR), since=6 * HOUR, late=10 * MINUTE)
    assert found.catch_up == (NOON - HOUR, NOON)
    assert found.skipped is not None
    assert (found.skipped.count, found.skipped.last) == (4, NOON - 2 * HOUR)
    assert found.skipped.reason.endswith("; the policy is all, none older than 2h")
    assert due(every(10, 2 * HOUR), since=6 * HOUR).catch_up == (NOON - 2 * HOUR, NOON - HOUR)


def test_all_names_both_rules_where_both_left_something() -> None:
    found = due(every(2, 4 * HOUR), since=9 * HOUR, late=10 * MINUTE)
    assert found.catch_up == (NOON - HOUR, NOON)
    assert found.skipped is not None
    assert found.skipped.reason.endswith("; the policy is all, none older than 4h and the latest 2 only")


@pytest.mark.parametrize("policy", [every(0), every(10, timedelta())])
def test_all_of_nothing_skips_everything(policy: CatchUpPolicy) -> None:
    found = due(policy, since=3 * HOUR, late=10 * MINUTE)
    assert found.catch_up == ()
    assert found.skipped is not None
    assert found.skipped.count == 3


def test_nothing_missed_leaves_no_span() -> None:
    assert due(every(), since=3 * HOUR, late=10 * MINUTE).skipped is None
    assert due(SKIP, since=30 * MINUTE, late=-MINUTE) == DueTimes()


def test_the_cause_can_be_told() -> None:
    found = due_times(HOURLY, watermark=NOON - DAY, now=NOON, policy=SKIP, cause="missed because of this")
    assert found.skipped is not None
    assert found.skipped.reason == "missed because of this; the policy is skip"


def test_a_decade_of_missed_seconds_is_counted_and_not_listed() -> None:
    seconds = Occurrences(parse("* * * * * *"), ZoneInfo("Europe/Berlin"))
    found = due(every(5), since=3650 * DAY, occurrences=seconds)
    assert len(found.on_time) == 61
    assert len(found.catch_up) == 5
    assert found.skipped is not None
    assert found.skipped.count == 3650 * 86400 - 61 - 5
    assert found.skipped.first == NOON - 3650 * DAY + SECOND
    assert found.skipped.last == found.catch_up[0] - SECOND


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        due_times(HOURLY, watermark=NOON.replace(tzinfo=None), now=NOON, policy=SKIP)
    with pytest.raises(ValueError, match="aware"):
        due_times(HOURLY, watermark=NOON, now=NOON.replace(tzinfo=None), policy=SKIP)


def test_reboot_is_never_due_and_never_caught_up() -> None:
    assert due(every(), since=9 * DAY, occurrences=Occurrences(parse("@reboot"), ZoneInfo("UTC"))) == DueTimes()


policies = st.builds(
    CatchUpPolicy, st.sampled_from(CatchUp), st.integers(0, 12), st.timedeltas(timedelta(0), timedelta(days=9))
)


@given(
    expressions(),
    policies,
    st.integers(0, 400 * 86400),
    st.timedeltas(timedelta(0), timedelta(days=3)),
    st.timedeltas(timedelta(0), timedelta(seconds=90)),
)
def test_every_due_time_is_run_or_counted_exactly_once(
    written: tuple[str, Meaning], policy: CatchUpPolicy, seconds: int, asleep: timedelta, grace: timedelta
) -> None:
    try:
        occurrences = Occurrences(parse(written[0]), ZoneInfo("America/New_York"))
    except CronError:
        assume(False)
        raise
    watermark = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    now = watermark + asleep
    found = due_times(occurrences, watermark=watermark, now=now, policy=policy, grace=grace)
    every_time = occurrences.latest(watermark, now, 5000)
    run = [*found.catch_up, *found.on_time]
    left = every_time[: len(every_time) - len(run)]
    assert every_time == left + run
    assert all((now - each <= grace) is (each in found.on_time) for each in run)
    assert not any(now - each <= grace for each in left)
    if found.skipped is None:
        assert left == []
    else:
        assert (found.skipped.count, found.skipped.first, found.skipped.last) == (len(left), left[0], left[-1])
