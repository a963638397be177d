"""Steps of the wall clock, and the watermark that follows from them (R4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.timing.flow import (
    CORRECTION,
    TOLERANCE,
    Reading,
    Steady,
    SteppedBack,
    SteppedForward,
    judge,
    judge_start,
    rewatermark,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BEFORE = Reading(NOON, 1000.0)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def reading(wall: timedelta, elapsed: timedelta) -> Reading:
    return Reading(NOON + wall, 1000.0 + elapsed.total_seconds())


@pytest.mark.parametrize("passed", [timedelta(), timedelta(seconds=30), 8 * HOUR])
@pytest.mark.parametrize("drift", [timedelta(), timedelta(seconds=1.5), timedelta(seconds=-1.5)])
def test_time_that_passes_on_both_clocks_is_steady_also_asleep(passed: timedelta, drift: timedelta) -> None:
    assert judge(BEFORE, reading(passed + drift, passed)) == Steady()


@pytest.mark.parametrize("by", [TOLERANCE, HOUR, CORRECTION, 10000 * HOUR])
def test_a_step_is_what_the_elapsed_clock_does_not_explain(by: timedelta) -> None:
    passed = timedelta(seconds=30)
    assert judge(BEFORE, reading(passed + by, passed)) == SteppedForward(by)
    assert judge(BEFORE, reading(passed - by, passed)) == SteppedBack(by)


def test_three_hours_are_a_correction() -> None:
    assert not Steady().is_correction
    for step in (SteppedForward, SteppedBack):
        assert not step(CORRECTION - TICK).is_correction
        assert step(CORRECTION).is_correction


def test_a_step_that_may_be_sleep_is_never_a_correction() -> None:
    flow = judge(BEFORE, reading(8 * HOUR, timedelta(seconds=30)), elapsed_counts_sleep=False)
    assert isinstance(flow, SteppedForward)
    assert not flow.is_correction
    assert rewatermark(flow, NOON, NOON + 8 * HOUR, is_wildcard=False) == NOON
    back = judge(BEFORE, reading(-8 * HOUR, timedelta(seconds=30)), elapsed_counts_sleep=False)
    assert back.is_correction


@pytest.mark.parametrize(
    ("flow", "now", "fixed_time", "wildcard"),
    [
        (Steady(), NOON + HOUR, NOON, NOON),
        (SteppedForward(HOUR), NOON + HOUR, NOON, NOON),
        (SteppedForward(CORRECTION), NOON + CORRECTION, NOON + CORRECTION, NOON + CORRECTION),
        (SteppedBack(HOUR), NOON - HOUR, NOON, NOON - HOUR),
        (SteppedBack(timedelta(seconds=10)), NOON + timedelta(seconds=20), NOON, NOON),
        (SteppedBack(CORRECTION), NOON - CORRECTION, NOON - CORRECTION, NOON - CORRECTION),
    ],
)
def test_the_watermark_follows_r4(
    flow: Steady | SteppedForward | SteppedBack, now: datetime, fixed_time: datetime, wildcard: datetime
) -> None:
    assert rewatermark(flow, NOON, now, is_wildcard=False) == fixed_time
    assert rewatermark(flow, NOON, now, is_wildcard=True) == wildcard


def test_a_start_notices_a_clock_that_was_set_back_meanwhile() -> None:
    assert judge_start(NOON, NOON + 100 * HOUR) == Steady()
    assert judge_start(NOON, NOON - timedelta(seconds=1)) == Steady()
    assert judge_start(NOON, NOON - HOUR) == SteppedBack(HOUR)
    assert judge_start(NOON, NOON - 5000 * HOUR).is_correction


def test_each_flow_is_a_sentence_for_the_record() -> None:
    assert str(Steady()) == "The clock ran steadily."
    assert str(SteppedForward(HOUR)) == "The clock was set forward by 1 h."
    assert "nothing is caught up" in str(SteppedBack(5 * HOUR))
    assert "nothing is caught up" not in str(SteppedBack(HOUR))
    assert "slept" in str(SteppedForward(HOUR, may_be_sleep=True))
    assert SteppedForward(2 * HOUR).cause == "missed because the clock was set forward by 2 h"
    assert "asleep" in SteppedForward(HOUR, may_be_sleep=True).cause


def test_naive_readings_are_refused() -> None:
    naive = Reading(NOON.replace(tzinfo=None), 0.0)
    with pytest.raises(ValueError, match="aware"):
        judge(naive, BEFORE)
    with pytest.raises(ValueError, match="aware"):
        judge(BEFORE, naive)
