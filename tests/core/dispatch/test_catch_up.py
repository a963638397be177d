"""Missed due times, pauses and a clock that is set: what runs, and what leaves one row with the reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.timing.flow import Reading, Steady, SteppedBack, SteppedForward, judge
from core.workspace import Workspace
from tests.core.dispatch.helpers import due_times, jobs, link, make_schedule, observed, skips, wake
from tests.core.queue.helpers import kinds
from tests.support import FakeClock

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def span(workspace: Workspace, number: int = 0) -> tuple[int, str]:
    skip = skips(workspace)[number]
    assert kinds(workspace, skip.id) == ["skipped"]
    return skip.skipped_count, f"{skip.due_at:%d %H:%M}"


def test_once_runs_the_latest_missed_time_only(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *")
    clock.advance(8 * HOUR + 10 * MINUTE)
    answer = wake(workspace)
    assert (answer.jobs, answer.skipped) == (1, 7)
    (job,) = jobs(workspace)
    assert (job.origin, job.due_at) == ("catch-up", datetime(2026, 11, 24, 14, 0, tzinfo=UTC))
    assert job.scheduled_at == clock.now(), "it remembers its due time and when it was really to start"
    assert span(workspace) == (7, "24 13:00")
    assert "the policy is once" in skips(workspace)[0].reason


def test_skip_runs_none_of_the_missed_times(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", catch_up="skip")
    clock.advance(8 * HOUR + 10 * MINUTE)
    answer = wake(workspace)
    assert (answer.jobs, answer.skipped) == (0, 8)
    assert span(workspace) == (8, "24 14:00")
    assert "asleep; the policy is skip" in skips(workspace)[0].reason


def test_all_runs_the_latest_up_to_the_limit_oldest_first(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", catch_up="all", catch_up_limit=3)
    clock.advance(8 * HOUR + 10 * MINUTE)
    answer = wake(workspace)
    assert (answer.jobs, answer.skipped) == (3, 5)
    assert due_times(workspace) == ["12:00:00", "13:00:00", "14:00:00"]
    assert span(workspace) == (5, "24 11:00")


def test_all_runs_none_that_are_older_than_the_maximum_age(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", catch_up="all", catch_up_limit=100, catch_up_max_age=2 * HOUR)
    clock.advance(8 * HOUR + 10 * MINUTE)
    wake(workspace)
    assert due_times(workspace) == ["13:00:00", "14:00:00"]
    assert span(workspace) == (6, "24 12:00")


def test_what_is_late_by_no_more_than_the_grace_is_on_time(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", catch_up="skip")
    clock.advance(HOUR + timedelta(seconds=60))
    assert wake(workspace).jobs == 1
    clock.advance(HOUR + timedelta(microseconds=1))
    assert wake(workspace).jobs == 0
    assert len(skips(workspace)) == 1


def test_years_of_missed_seconds_leave_one_row_and_one_run(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "* * * * * *")
    clock.advance(timedelta(days=3 * 365))
    answer = wake(workspace)
    assert answer.skipped == 3 * 365 * 86400 - 62
    assert len(skips(workspace)) == 1
    assert [job.origin for job in jobs(workspace)].count("catch-up") == 1
    assert len(jobs(workspace)) == 62, "one of the past, and the 61 of the last minute that are on time"


def test_each_environment_has_its_own_row_of_what_was_skipped(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", environments=["a", "b"], catch_up="skip")
    clock.advance(3 * HOUR + 10 * MINUTE)
    wake(workspace)
    assert [(skip.environment_name, skip.skipped_count) for skip in skips(workspace)] == [("a", 3), ("b", 3)]


def test_due_times_of_a_pause_are_skipped_and_named(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", catch_up="all")
    workspace.queue.pause(origin="the user").result()
    clock.advance(3 * HOUR + 30 * MINUTE)
    answer = wake(workspace)
    assert (answer.jobs, answer.skipped, answer.next_at) == (0, 0, None)
    workspace.queue.resume(origin="the user").result()
    answer = wake(workspace)
    assert (answer.jobs, answer.skipped) == (0, 3)
    assert span(workspace) == (3, "24 09:00")
    assert skips(workspace)[0].reason == (
        "schedules were paused by the user from 2026-11-24 06:00:00 UTC to 2026-11-24 09:30:00 UTC"
    )
    clock.advance(30 * MINUTE)
    assert wake(workspace).jobs == 1


def test_before_and_after_a_pause_the_policy_holds(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", catch_up="all")
    clock.advance(HOUR + 30 * MINUTE)
    workspace.queue.pause(origin="the user").result()
    clock.advance(2 * HOUR)
    workspace.queue.resume(origin="the user").result()
    clock.advance(HOUR)
    answer = wake(workspace)
    assert (answer.jobs, answer.skipped) == (2, 2)
    assert due_times(workspace) == ["07:00:00", "10:00:00"]
    assert span(workspace) == (2, "24 09:00")


def test_what_was_on_time_before_a_pause_is_missed_after_it(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", catch_up="skip")
    clock.advance(HOUR + timedelta(seconds=30))
    workspace.queue.pause(origin="the user").result()
    clock.advance(2 * HOUR)
    workspace.queue.resume(origin="the user").result()
    answer = wake(workspace)
    assert (answer.jobs, answer.skipped) == (0, 3)
    assert [span(workspace, number) for number in range(2)] == [(1, "24 07:00"), (2, "24 09:00")]
    assert "the policy is skip" in skips(workspace)[0].reason


def test_a_pause_keeps_manual_jobs_running(workspace: Workspace, clock: FakeClock) -> None:
    from core.queue.states import Origin
    from tests.core.queue.helpers import claim

    make_schedule(workspace)
    workspace.queue.pause(origin="the user").result()
    job = workspace.queue.run(1, None, origin=Origin.MANUAL, at=clock.now() + MINUTE).result().job_id
    clock.advance(MINUTE)
    assert wake(workspace).staged == 1
    assert [claimed.id for claimed in claim(workspace)] == [job]


def forward(clock: FakeClock, by: timedelta) -> SteppedForward:
    """Set the clock forward and return what a waking makes of it."""
    before = Reading(clock.now(), clock.elapsed())
    clock.step(by)
    flow = judge(before, Reading(clock.now(), clock.elapsed()))
    assert isinstance(flow, SteppedForward)
    return flow


def back(clock: FakeClock, by: timedelta) -> SteppedBack:
    """Set the clock back and return what a waking makes of it."""
    before = Reading(clock.now(), clock.elapsed())
    clock.step(-by)
    flow = judge(before, Reading(clock.now(), clock.elapsed()))
    assert isinstance(flow, SteppedBack)
    return flow


def test_a_clock_set_forward_by_less_than_three_hours_misses_what_lies_between(
    workspace: Workspace, clock: FakeClock
) -> None:
    make_schedule(workspace, "0 * * * *")
    wake(workspace, flow=forward(clock, 2 * HOUR + 30 * MINUTE))
    assert due_times(workspace) == ["08:00:00"]
    assert span(workspace) == (1, "24 07:00")
    assert "missed because the clock was set forward by 2 h 30 min" in skips(workspace)[0].reason


def test_a_clock_set_forward_by_three_hours_or_more_is_a_correction(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", catch_up="all")
    wake(workspace, flow=forward(clock, 5 * 365 * 24 * HOUR))
    assert jobs(workspace) == []
    assert skips(workspace) == []
    assert link(workspace) == (clock.now(), clock.now() + HOUR)
    (what, detail) = observed(workspace)[-1]
    assert what == "clock-step"
    assert "counts as a correction" in detail["sentence"]


def test_after_a_small_step_back_a_fixed_time_does_not_run_again(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "30 6 * * *")
    clock.advance(30 * MINUTE)
    assert wake(workspace).jobs == 1
    wake(workspace, flow=back(clock, HOUR))
    clock.advance(HOUR)
    assert wake(workspace).jobs == 0
    assert link(workspace)[1] == datetime(2026, 11, 25, 6, 30, tzinfo=UTC)


def test_after_a_small_step_back_a_wildcard_follows_the_clock(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "*/10 * * * *")
    clock.advance(30 * MINUTE)
    wake(workspace)
    assert jobs(workspace)[-1].due_at == clock.now()
    wake(workspace, flow=back(clock, HOUR))
    before = len(jobs(workspace))
    for _ in range(6):
        clock.advance(10 * MINUTE)
        assert wake(workspace).jobs == 1, "it goes on every ten minutes"
    assert len(jobs(workspace)) == before + 6


def test_after_a_large_step_back_every_schedule_begins_anew(workspace: Workspace, clock: FakeClock) -> None:
    clock.advance(timedelta(days=30))
    make_schedule(workspace, "0 12 * * *")
    for _ in range(3):
        clock.advance(timedelta(days=1))
        wake(workspace)
    assert len(jobs(workspace)) == 3
    wake(workspace, flow=back(clock, timedelta(days=3)))
    assert observed(workspace)[-1][0] == "clock-step"
    for _ in range(3):
        clock.advance(timedelta(days=1))
        assert wake(workspace).jobs == 1, "these days come only now"
    assert len(jobs(workspace)) == 6


def test_after_a_step_back_nothing_of_the_time_before_runs_again(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "*/10 * * * *")
    clock.advance(timedelta(minutes=10))
    wake(workspace)
    wake(workspace, flow=back(clock, timedelta(seconds=10)))
    answer = wake(workspace)
    assert (answer.jobs, len(jobs(workspace))) == (0, 1)


@pytest.mark.parametrize("steady", [None, Steady()])
def test_a_steady_clock_is_not_recorded(workspace: Workspace, clock: FakeClock, steady: Steady | None) -> None:
    make_schedule(workspace)
    clock.advance(5 * MINUTE)
    wake(workspace, flow=steady)
    assert observed(workspace) == []
