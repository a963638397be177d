"""The clock is set back behind a pause or a skip that is over: what lies ahead again runs, for nobody bars it now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.queue.scopes import EVERYTHING, PauseScope
from core.timing.flow import Reading, judge
from core.workspace import Workspace
from tests.core.dispatch.helpers import due_times, make_schedule, skips, wake
from tests.support import FakeClock

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
WHO = "the user"


def set_back(workspace: Workspace, clock: FakeClock, by: timedelta) -> None:
    before = Reading(clock.now(), clock.elapsed())
    clock.step(-by)
    wake(workspace, flow=judge(before, Reading(clock.now(), clock.elapsed())))


def pass_time(workspace: Workspace, clock: FakeClock, minutes: int, *, every: int = 30) -> None:
    for _ in range(minutes // every):
        clock.advance(every * MINUTE)
        wake(workspace)


def test_a_pause_that_was_ended_swallows_nothing_a_second_time(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    pass_time(workspace, clock, 150)
    workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    pass_time(workspace, clock, 120)
    workspace.queue.resume(PauseScope.schedule(schedule), origin=WHO).result()
    pass_time(workspace, clock, 60)
    assert [skip.skipped_count for skip in skips(workspace)] == [2]
    set_back(workspace, clock, 4 * HOUR)  # to 07:30; the pause was from 08:30 to 10:30
    pass_time(workspace, clock, 240)
    assert due_times(workspace) == [f"{hour:02}:00:00" for hour in (7, 8, 11, 8, 9, 10, 11)]
    assert [skip.skipped_count for skip in skips(workspace)] == [2]


def test_a_pause_that_ended_by_itself_swallows_nothing_a_second_time(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "*/10 * * * *")
    pass_time(workspace, clock, 5, every=5)
    workspace.queue.pause(EVERYTHING, until=clock.now() + 30 * MINUTE, origin=WHO).result()
    pass_time(workspace, clock, 30, every=5)
    set_back(workspace, clock, 20 * MINUTE)  # to 06:15, and less than three hours is no correction
    pass_time(workspace, clock, 30, every=5)
    assert due_times(workspace) == ["06:20:00", "06:30:00", "06:40:00"]
    assert [skip.skipped_count for skip in skips(workspace)] == [3]


def test_what_is_paused_is_still_paused(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    pass_time(workspace, clock, 90)
    workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    pass_time(workspace, clock, 240)
    set_back(workspace, clock, 5 * HOUR)
    pass_time(workspace, clock, 240)
    assert due_times(workspace) == ["07:00:00"]


def test_a_skip_that_was_dealt_with_is_used_up(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    workspace.queue.skip_next(schedule, origin=WHO).result()
    pass_time(workspace, clock, 270)
    set_back(workspace, clock, 4 * HOUR)
    pass_time(workspace, clock, 60)
    assert due_times(workspace) == ["08:00:00", "09:00:00", "10:00:00", "07:00:00"]


def test_a_skip_that_lies_ahead_holds(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    pass_time(workspace, clock, 240)
    skipped = workspace.queue.skip_next(schedule, origin=WHO).result()
    assert skipped == datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    set_back(workspace, clock, 4 * HOUR)
    pass_time(workspace, clock, 360)
    assert "11:00:00" not in due_times(workspace)
    assert due_times(workspace)[-1] == "12:00:00"
