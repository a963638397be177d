"""What is chosen of the runs: it survives being kept, and says which time it means when it is used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.history.runs import RunFilter
from core.queue.states import JobState, Origin
from desktop.models.run_choice import ORIGINS, SPANS, STATES, RunChoice

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # it is the 25th in Berlin

CHOICES = st.builds(
    RunChoice,
    text=st.text(max_size=20),
    states=st.sampled_from(sorted(STATES)),
    span=st.sampled_from(SPANS),
    since=st.just("2026-11-01T06:00"),
    until=st.just("2026-11-02T06:00"),
    schedule_id=st.none() | st.integers(1, 2**40),
    schedule=st.text(max_size=10),
    origin=st.sampled_from(sorted(ORIGINS)),
)


def which(choice: RunChoice) -> RunFilter:
    return choice.as_filter(NOW, BERLIN)


@settings(max_examples=40)
@given(CHOICES)
def test_what_was_kept_comes_back(choice: RunChoice) -> None:
    assert RunChoice.from_text(choice.to_text()) == choice


def test_the_choice_of_everything_is_kept_as_nothing_and_hides_nothing() -> None:
    assert RunChoice().to_text() == "{}"
    assert which(RunChoice()) == RunFilter()


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", '{"states": "asleep", "span": 3, "since": "yesterday", "of a later version": true}']
)
def test_what_is_damaged_or_unknown_is_left_out(text: str) -> None:
    assert RunChoice.from_text(text) == RunChoice()


def test_today_begins_at_midnight_on_the_clock_on_the_wall() -> None:
    assert which(RunChoice(span="today")).since == datetime(2026, 11, 25, tzinfo=BERLIN)


def test_the_last_hours_and_days_are_counted_from_now() -> None:
    assert which(RunChoice(span="24h")).since == NOW - timedelta(hours=24)
    assert which(RunChoice(span="7d")).since == NOW - timedelta(days=7)


def test_from_and_to_are_times_of_the_clock_on_the_wall() -> None:
    found = which(RunChoice(span="between", since="2026-11-01T06:00", until="2026-11-02T07:30"))
    assert found.since == datetime(2026, 11, 1, 5, tzinfo=UTC)
    assert found.until == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


def test_states_origin_and_schedule_are_handed_on() -> None:
    found = which(RunChoice(states="succeeded", origin="schedule", schedule_id=4, text=" sheep "))
    assert found.states == (JobState.COMPLETED,)
    assert found.origins == (Origin.SCHEDULE, Origin.CATCH_UP)
    assert (found.schedule_id, found.text) == (4, "sheep")
