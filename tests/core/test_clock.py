"""Microseconds of the epoch and back, and the machine's own clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import EPOCH, SystemClock, from_micros, to_micros
from tests.support import FakeClock

AWARE = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]))


@given(AWARE)
def test_an_instant_survives_as_microseconds(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant
    assert from_micros(to_micros(instant)).tzinfo is UTC


@given(AWARE, AWARE)
def test_microseconds_keep_the_order(first: datetime, second: datetime) -> None:
    assert (to_micros(first) < to_micros(second)) == (first < second)


def test_the_epoch_is_zero_and_the_past_is_negative() -> None:
    assert to_micros(EPOCH) == 0
    assert to_micros(EPOCH - timedelta(microseconds=1)) == -1


def test_a_naive_time_has_no_place_on_the_time_line() -> None:
    with pytest.raises(ValueError, match="naive datetime"):
        to_micros(datetime(2026, 11, 24))  # noqa: DTZ001 (that is the point)


def test_the_machines_clocks_go_forward_and_know_their_zone() -> None:
    clock = SystemClock()
    before, elapsed, awake = clock.now(), clock.elapsed(), clock.awake()
    assert before.tzinfo is UTC
    assert clock.elapsed() >= elapsed
    assert clock.awake() >= awake
    assert before.astimezone(clock.zone()).utcoffset() is not None


@pytest.mark.parametrize(("name", "expected"), [("Europe/Berlin", "Europe/Berlin"), ("America/Lima", "America/Lima")])
def test_the_zone_is_the_one_that_is_set_now(monkeypatch: pytest.MonkeyPatch, name: str, expected: str) -> None:
    clock = SystemClock()
    monkeypatch.setenv("TZ", name)
    assert clock.zone().key == expected


def test_the_tests_own_clock_keeps_the_two_clocks_apart() -> None:
    clock = FakeClock()
    start, elapsed, awake = clock.now(), clock.elapsed(), clock.awake()
    clock.step(timedelta(hours=2))
    assert (clock.now() - start, clock.elapsed(), clock.awake()) == (timedelta(hours=2), elapsed, awake)
    clock.sleep(timedelta(hours=1))
    assert (clock.elapsed() - elapsed, clock.awake() - awake) == (3600.0, 0.0)
