"""Pauses of a schedule and of a cell, with and without an end: what they swallow, and what runs before and after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.catalog.specs import CronSpec, Kind
from core.dispatch.dispatcher import Dispatcher
from core.queue.cells import run_cell
from core.queue.pauses import open_pause
from core.queue.scopes import EVERYTHING, PauseScope
from core.queue.states import Origin
from core.timing.flow import Reading, SteppedBack, judge
from core.workspace import Workspace
from tests.core.dispatch.helpers import due_times, jobs, link, make_schedule, observed, skips, wake
from tests.core.queue.helpers import kinds
from tests.support import FakeClock

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
WHO = "the user"


def left_out(workspace: Workspace) -> list[tuple[str | None, int, str]]:
    """Return the environment, the count and the last due time of every row of what was skipped."""
    return [(skip.environment_name, skip.skipped_count, f"{skip.due_at:%H:%M}") for skip in skips(workspace)]


def pass_time(workspace: Workspace, clock: FakeClock, hours: int, *, every: timedelta = 30 * MINUTE) -> None:
    """Let time pass, and let the dispatcher look again and again."""
    for _ in range(hours * HOUR // every):
        clock.advance(every)
        wake(workspace)


def test_a_paused_schedule_makes_no_jobs_and_leaves_one_row_when_it_goes_on(
    workspace: Workspace, clock: FakeClock
) -> None:
    paused = make_schedule(workspace, "0 * * * *", name="paused", catch_up="all")
    make_schedule(workspace, "0 * * * *", name="other")
    workspace.queue.pause(PauseScope.schedule(paused), origin=WHO).result()
    pass_time(workspace, clock, 3)
    assert {job.schedule_name for job in jobs(workspace)} == {"other"}
    assert skips(workspace) == []
    clock.advance(30 * MINUTE)
    workspace.queue.resume(PauseScope.schedule(paused), origin=WHO).result()
    assert wake(workspace).skipped == 3
    assert left_out(workspace) == [(None, 3, "09:00")]
    assert f"{skips(workspace)[0].skipped_from:%H:%M}" == "07:00"
    assert skips(workspace)[0].reason == (
        "the schedule was paused by the user from 2026-11-24 06:00:00 UTC to 2026-11-24 09:30:00 UTC"
    )
    assert kinds(workspace, skips(workspace)[0].id) == ["skipped"]
    clock.advance(30 * MINUTE)
    assert wake(workspace).jobs == 2


@pytest.mark.parametrize("name", ["everything", "schedule", "cell"])
def test_a_pause_ends_by_itself_at_exactly_its_end_whenever_somebody_wakes(
    workspace: Workspace, clock: FakeClock, name: str
) -> None:
    schedule = make_schedule(workspace, "0 * * * *", environments=["a"], catch_up="all")
    scopes = {
        "everything": EVERYTHING,
        "schedule": PauseScope.schedule(schedule),
        "cell": PauseScope.cell(schedule, 1, 1),
    }
    until = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    workspace.queue.pause(scopes[name], until=until, origin=WHO).result()
    clock.advance(5 * HOUR + 30 * MINUTE)
    wake(workspace, dispatcher=Dispatcher(workspace.database))  # another start of the program
    assert left_out(workspace) == [("a", 2, "08:00")]
    assert "to 2026-11-24 09:00:00 UTC" in skips(workspace)[0].reason
    assert due_times(workspace) == ["09:00:00", "10:00:00", "11:00:00"], "its end is the first moment that runs"
    (when,) = [detail for what, detail in observed(workspace) if what == "resumed"]
    assert when["origin"] == "the end that was set for it"
    assert wake(workspace).jobs == 0


def test_the_dispatcher_wants_to_wake_at_the_end_of_a_pause(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    end = clock.now() + timedelta(days=2, seconds=7)
    workspace.queue.pause(PauseScope.schedule(schedule), until=end, origin=WHO).result()
    assert wake(workspace).next_at == end
    workspace.queue.change_pause(PauseScope.schedule(schedule), until=end - HOUR, origin=WHO).result()
    assert wake(workspace).next_at == end - HOUR
    clock.advance(timedelta(days=2))
    assert wake(workspace).next_at == clock.now() + HOUR


def test_a_muted_cell_is_passed_over_while_its_neighbours_run(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, ["0 * * * *", "30 * * * *"], environments=["a", "b"])
    workspace.queue.pause(PauseScope.cell(schedule, 1, 1), origin=WHO).result()
    pass_time(workspace, clock, 3)
    assert sorted({(job.environment_name, job.cron_name) for job in jobs(workspace)}) == [
        ("a", "s cron 1"),
        ("b", "s cron 0"),
        ("b", "s cron 1"),
    ]
    assert left_out(workspace) == [("a", 3, "09:00")], "one row, which grows"
    assert skips(workspace)[0].reason.endswith("muted for this cron by the user from 2026-11-24 06:00:00 UTC")
    clock.advance(10 * MINUTE)
    workspace.queue.resume(PauseScope.cell(schedule, 1, 1), origin=WHO).result()
    (row,) = skips(workspace)
    assert row.reason.endswith("from 2026-11-24 06:00:00 UTC to 2026-11-24 09:10:00 UTC")
    assert [event.reason for event in workspace.runs.events(row.id)] == [row.reason]
    pass_time(workspace, clock, 1)
    assert left_out(workspace) == [("a", 3, "09:00")]
    assert ("a", "s cron 0") in {(job.environment_name, job.cron_name) for job in jobs(workspace)}


def test_a_schedule_without_environments_has_cells_that_can_be_muted(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    workspace.queue.pause(PauseScope.cell(schedule, None, 1), origin=WHO).result()
    pass_time(workspace, clock, 2)
    assert jobs(workspace) == []
    assert left_out(workspace) == [(None, 2, "08:00")]
    assert skips(workspace)[0].reason.startswith("this cron was muted by the user from")


def test_each_of_two_pauses_of_a_cell_has_its_own_row(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *", environments=["a"])
    cell = PauseScope.cell(schedule, 1, 1)
    for _ in range(2):
        workspace.queue.pause(cell, until=clock.now() + HOUR + MINUTE, origin=WHO).result()
        pass_time(workspace, clock, 2)
    assert left_out(workspace) == [("a", 1, "07:00"), ("a", 1, "09:00")]


def test_pauses_that_overlap_count_each_due_time_once(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *", environments=["a"], catch_up="all")
    workspace.queue.pause(PauseScope.cell(schedule, 1, 1), until=clock.now() + 6 * HOUR, origin=WHO).result()
    pass_time(workspace, clock, 1)
    workspace.queue.pause(PauseScope.schedule(schedule), until=clock.now() + 2 * HOUR, origin=WHO).result()
    pass_time(workspace, clock, 1)
    workspace.queue.pause(until=clock.now() + 2 * HOUR, origin=WHO).result()
    pass_time(workspace, clock, 6)
    assert sum(skip.skipped_count for skip in skips(workspace)) == 5, "07:00 to 11:00"
    assert min(skip.skipped_from for skip in skips(workspace)).hour == 7
    assert due_times(workspace) == ["12:00:00", "13:00:00", "14:00:00"]


def test_a_waking_in_a_long_pause_of_a_schedule_does_not_move_its_watermark(
    workspace: Workspace, clock: FakeClock
) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    before = link(workspace, schedule)
    pass_time(workspace, clock, 3)
    assert link(workspace, schedule) == before


def test_an_edit_in_a_pause_keeps_the_schedule_paused(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    workspace.catalog.create(CronSpec(name="more", expression="*/5 * * * *", timezone="UTC"))
    spec = workspace.catalog.schedule(schedule).spec
    workspace.catalog.change(schedule, replace(spec, crons=(*spec.crons, "more")))
    workspace.catalog.set_enabled(Kind.SCHEDULE, schedule, False)
    workspace.catalog.set_enabled(Kind.SCHEDULE, schedule, True)
    pass_time(workspace, clock, 2)
    assert jobs(workspace) == []
    assert skips(workspace) == [], "no waking looks at it, also not at what was added"
    clock.advance(MINUTE)
    workspace.queue.resume(PauseScope.schedule(schedule), origin=WHO).result()
    wake(workspace)
    assert sorted(skip.skipped_count for skip in skips(workspace)) == [2, 24]


def test_a_schedule_that_comes_back_is_paused_as_it_was(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    scope = PauseScope.schedule(schedule)
    workspace.queue.pause(scope, until=clock.now() + 5 * HOUR, origin=WHO).result()
    _, snapshot = workspace.catalog.delete_with_snapshot(Kind.SCHEDULE, [schedule])
    workspace.catalog.restore(snapshot)
    pass_time(workspace, clock, 2)
    assert jobs(workspace) == []
    _, snapshot = workspace.catalog.delete_with_snapshot(Kind.SCHEDULE, [schedule])
    pass_time(workspace, clock, 4)
    workspace.catalog.restore(snapshot)
    pass_time(workspace, clock, 1)
    assert due_times(workspace) == ["13:00:00"], "its pause ended while it was deleted"


def test_what_a_person_asks_for_runs_in_a_pause(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *", environments=["a"])
    for scope in (EVERYTHING, PauseScope.schedule(schedule), PauseScope.cell(schedule, 1, 1)):
        workspace.queue.pause(scope, origin=WHO).result()
    workspace.queue.run(1, 1, origin=Origin.MANUAL).result()
    run_cell(workspace.database, clock, schedule, 1, 1)
    assert [job.state for job in jobs(workspace)] == ["available", "available"]


def test_at_a_start_of_the_agent_what_is_paused_or_muted_does_not_run(workspace: Workspace, clock: FakeClock) -> None:
    paused = make_schedule(workspace, "@reboot", name="paused", environments=["a", "b"])
    muted = make_schedule(workspace, "@reboot", name="muted", environments=["a", "b"])
    workspace.queue.pause(PauseScope.schedule(paused), origin=WHO).result()
    workspace.queue.pause(PauseScope.cell(muted, 1, 2), origin=WHO).result()
    clock.advance(HOUR)
    assert Dispatcher(workspace.database).start(clock.now()) == 1
    assert [(job.schedule_name, job.environment_name) for job in jobs(workspace)] == [("muted", "b")]
    assert [(skip.schedule_name, skip.environment_name) for skip in skips(workspace)] == [
        ("paused", "a"),
        ("paused", "b"),
        ("muted", "a"),
    ]
    assert Dispatcher(workspace.database).start(clock.now()) == 0
    assert len(skips(workspace)) == 3


def test_a_pause_goes_on_after_the_clock_was_set_back_behind_its_beginning(
    workspace: Workspace, clock: FakeClock
) -> None:
    schedule = make_schedule(workspace, "*/10 * * * *", environments=["a"], catch_up="all")
    clock.advance(2 * HOUR)
    wake(workspace)
    before = len(jobs(workspace))
    workspace.queue.pause(PauseScope.cell(schedule, 1, 1), origin=WHO).result()
    reading = Reading(clock.now(), clock.elapsed())
    clock.step(-HOUR)
    flow = judge(reading, Reading(clock.now(), clock.elapsed()))
    assert isinstance(flow, SteppedBack)
    wake(workspace, flow=flow)
    with workspace.database.reading() as connection:
        assert open_pause(connection, clock.now(), PauseScope.cell(schedule, 1, 1)) is not None
    pass_time(workspace, clock, 2)
    assert len(jobs(workspace)) == before
    assert left_out(workspace)[-1] == ("a", 12, "09:00")


@pytest.mark.parametrize("scope", [EVERYTHING, PauseScope.schedule(1), PauseScope.cell(1, 1, 1)])
def test_what_was_due_just_before_a_pause_runs_on_time(
    workspace: Workspace, clock: FakeClock, scope: PauseScope
) -> None:
    make_schedule(workspace, "0 * * * *", environments=["a"])
    due = clock.advance(HOUR)
    clock.advance(timedelta(milliseconds=5))
    workspace.queue.pause(scope, until=clock.now() + 5 * HOUR, origin=WHO).result()
    assert wake(workspace).jobs == 1
    assert [(job.due_at, job.origin) for job in jobs(workspace)] == [(due, Origin.SCHEDULE)]
    pass_time(workspace, clock, 4)
    assert due_times(workspace) == ["07:00:00"]
    pass_time(workspace, clock, 2)
    assert due_times(workspace) == ["07:00:00", "13:00:00"]
    assert left_out(workspace) == [("a", 5, "12:00")]


def test_a_schedule_that_is_paused_again_before_anybody_looks_stays_paused(
    workspace: Workspace, clock: FakeClock
) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    scope = PauseScope.schedule(schedule)
    workspace.queue.pause(scope, origin=WHO).result()
    clock.advance(HOUR + MINUTE)
    workspace.queue.resume(scope, origin=WHO).result()
    clock.advance(MINUTE)
    workspace.queue.pause(scope, origin=WHO).result()
    pass_time(workspace, clock, 3)
    assert jobs(workspace) == []
    workspace.queue.resume(scope, origin=WHO).result()
    wake(workspace)
    assert [(skip.skipped_count, f"{skip.due_at:%H:%M}") for skip in skips(workspace)] == [(1, "07:00"), (3, "10:00")]


def test_a_schedule_that_is_paused_is_looked_at_no_more(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    clock.advance(HOUR)
    workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    wake(workspace)
    before = link(workspace)
    assert wake(workspace).next_at is None
    pass_time(workspace, clock, 3)
    assert link(workspace) == before
