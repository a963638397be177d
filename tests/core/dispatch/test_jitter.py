"""Jitter: a schedule's runs start later than they are due, always by the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.specs import ScheduleSpec
from core.errors import InvalidError
from core.history.glance import read_glance
from core.history.grid import read_grid
from core.queue.scopes import EVERYTHING, PauseScope
from core.queue.states import Origin
from core.timing.jitter import jitter_offset
from core.workspace import Workspace
from tests.core.dispatch.helpers import jobs, make_schedule, skips, wake
from tests.core.queue.helpers import kinds
from tests.support import FakeClock

MINUTE = timedelta(minutes=1)
WHO = "the user"


@given(schedule=st.integers(1, 10**12), seconds=st.integers(1, 86_400))
def test_the_offset_is_shorter_than_the_jitter_and_in_whole_seconds(schedule: int, seconds: int) -> None:
    offset = jitter_offset(schedule, timedelta(seconds=seconds))
    assert timedelta() <= offset < timedelta(seconds=seconds)
    assert offset.microseconds == 0
    assert offset == jitter_offset(schedule, timedelta(seconds=seconds))


def test_the_offsets_of_many_schedules_fill_the_span_evenly() -> None:
    counts = [0] * 10
    for schedule in range(1, 2001):
        counts[int(jitter_offset(schedule, timedelta(minutes=10)) / MINUTE)] += 1
    assert min(counts) > 140
    assert max(counts) < 260


def test_an_offset_never_changes_between_versions() -> None:
    assert jitter_offset(1, timedelta(minutes=10)) == timedelta(seconds=359)
    assert jitter_offset(7, timedelta()) == timedelta()


def test_a_job_keeps_its_due_time_and_starts_later(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "*/30 * * * *", jitter=timedelta(minutes=10))
    offset = jitter_offset(schedule, timedelta(minutes=10))
    for _ in range(2):
        due = clock.advance(30 * MINUTE)
        wake(workspace)
        job = jobs(workspace)[-1]
        assert (job.due_at, job.scheduled_at, job.state) == (due, due + offset, "scheduled")
    answer = wake(workspace)
    assert answer.next_at == job.scheduled_at
    clock.advance(offset)
    wake(workspace)
    assert [job.state for job in jobs(workspace)] == ["available", "available"]


def test_lateness_is_judged_by_the_due_time(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", jitter=timedelta(minutes=10), catch_up="skip")
    clock.advance(timedelta(hours=1, seconds=61))
    answer = wake(workspace)
    assert (answer.jobs, answer.skipped) == (0, 1)


def test_what_is_caught_up_starts_at_once(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", jitter=timedelta(minutes=10), catch_up="once")
    clock.advance(timedelta(hours=1, minutes=5))
    wake(workspace)
    assert [(job.state, job.scheduled_at) for job in jobs(workspace)] == [("available", clock.now())]


@pytest.mark.parametrize("jitter", [timedelta(seconds=-1), timedelta(days=1, seconds=1)])
def test_a_jitter_that_is_negative_or_longer_than_a_day_is_refused(workspace: Workspace, jitter: timedelta) -> None:
    make_schedule(workspace)
    with pytest.raises(InvalidError, match=r"jitter: .*Write a duration from 0s to 1d"):
        workspace.catalog.create(ScheduleSpec(name="t", command="s command", jitter=jitter))


def test_another_jitter_makes_nothing_of_the_past_due(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    clock.advance(timedelta(minutes=30))
    spec = workspace.catalog.schedule(schedule).spec
    workspace.catalog.change(schedule, replace(spec, jitter=MINUTE))
    assert workspace.catalog.schedule(schedule).spec.jitter == MINUTE
    clock.advance(timedelta(minutes=30))
    assert wake(workspace).jobs == 1


def put_off(workspace: Workspace, clock: FakeClock, environments: tuple[str, ...] = ()) -> int:
    """Make a schedule that was due at 07:00 and starts within fifty minutes; return its id, at 07:01."""
    schedule = make_schedule(workspace, "0 * * * *", jitter=timedelta(minutes=50), environments=environments)
    clock.advance(timedelta(hours=1, minutes=1))
    wake(workspace)
    assert {job.state for job in jobs(workspace)} == {"scheduled"}
    return schedule


@pytest.mark.parametrize("scope", [EVERYTHING, PauseScope.schedule(1), PauseScope.cell(1, 1, 1)])
def test_a_pause_bars_a_run_that_waits_for_its_start(workspace: Workspace, clock: FakeClock, scope: PauseScope) -> None:
    put_off(workspace, clock, environments=("a",))
    workspace.queue.pause(scope, origin=WHO).result()
    clock.advance(timedelta(minutes=50))
    wake(workspace)
    assert jobs(workspace) == []
    (row,) = skips(workspace)
    assert (row.skipped_count, row.skipped_from, row.due_at) == (1, row.due_at, row.due_at)
    assert "paused by the user from" in row.reason or "muted" in row.reason
    assert kinds(workspace, row.id) == ["queued", "skipped"]


@pytest.mark.parametrize("kind", ["schedule", "command", "cron", "environment"])
def test_what_was_disabled_while_a_run_waited_keeps_it_from_starting(
    workspace: Workspace, clock: FakeClock, kind: str
) -> None:
    put_off(workspace, clock, environments=("a",))
    names = {"schedule": "s", "command": "s command", "cron": "s cron 0", "environment": "a"}
    record = getattr(workspace.catalog, kind)(names[kind])
    workspace.catalog.change(record.id, replace(record.spec, enabled=False))
    clock.advance(timedelta(minutes=50))
    wake(workspace)
    assert jobs(workspace) == []
    (row,) = skips(workspace)
    assert row.reason == f"the {kind} was disabled while it waited"


def test_what_was_enabled_again_before_the_start_does_not_keep_a_run_from_it(
    workspace: Workspace, clock: FakeClock
) -> None:
    schedule = put_off(workspace, clock)
    spec = workspace.catalog.schedule(schedule).spec
    for enabled in (False, True):
        workspace.catalog.change(schedule, replace(spec, enabled=enabled))
    clock.advance(timedelta(minutes=50))
    wake(workspace)
    assert [job.state for job in jobs(workspace)] == ["available"]


def test_a_pause_that_is_over_before_the_start_bars_nothing(workspace: Workspace, clock: FakeClock) -> None:
    schedule = put_off(workspace, clock)
    workspace.queue.pause(PauseScope.schedule(schedule), until=clock.now() + MINUTE, origin=WHO).result()
    clock.advance(timedelta(minutes=50))
    wake(workspace)
    assert [job.state for job in jobs(workspace)] == ["available"]


def test_a_start_inside_a_pause_that_is_over_when_somebody_looks_does_not_happen(
    workspace: Workspace, clock: FakeClock
) -> None:
    schedule = put_off(workspace, clock)
    start = jobs(workspace)[0].scheduled_at
    workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    clock.set(start + MINUTE)
    workspace.queue.resume(PauseScope.schedule(schedule), origin=WHO).result()
    wake(workspace)
    assert jobs(workspace) == []


def test_a_pause_of_another_cell_bars_nothing(workspace: Workspace, clock: FakeClock) -> None:
    put_off(workspace, clock, environments=("a", "b"))
    workspace.queue.pause(PauseScope.cell(1, 2, 1), origin=WHO).result()
    clock.advance(timedelta(minutes=50))
    wake(workspace)
    assert [(job.environment_name, job.state) for job in jobs(workspace)] == [("a", "available")]


def test_what_a_person_puts_off_runs_in_a_pause(workspace: Workspace, clock: FakeClock) -> None:
    put_off(workspace, clock)
    workspace.queue.run(1, None, at=clock.now() + MINUTE, origin=Origin.MANUAL).result()
    workspace.queue.pause(origin=WHO).result()
    clock.advance(timedelta(minutes=50))
    wake(workspace)
    assert [(job.origin, job.state) for job in jobs(workspace)] == [("manual", "available")]


def test_a_pause_bars_a_waiting_run_whoever_makes_it_available(workspace: Workspace, clock: FakeClock) -> None:
    put_off(workspace, clock)
    workspace.queue.pause(origin=WHO).result()
    clock.advance(timedelta(minutes=50))
    assert workspace.queue.stage().result() == 0
    assert jobs(workspace) == []


def start_shown(workspace: Workspace, schedule_id: int = 1) -> datetime | None:
    outlook = workspace.catalog.schedule(schedule_id).outlook
    assert outlook is not None
    return outlook.start_at


def first_in_glance(workspace: Workspace) -> list[tuple[datetime, timedelta]]:
    return [(each.at, each.jitter_offset) for each in read_glance(workspace.database, workspace.clock).upcoming]


def test_a_run_that_waits_for_its_start_is_what_comes_next(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *", jitter=timedelta(minutes=50), environments=["a", "b"])
    start = start_shown(workspace)
    offset = jitter_offset(schedule, timedelta(minutes=50))
    due = clock.now() + timedelta(hours=1)
    assert start == due + offset
    clock.advance(timedelta(hours=1, minutes=1))
    wake(workspace)
    assert start_shown(workspace) == start
    assert first_in_glance(workspace) == [(due, offset)]
    grid = read_grid(workspace.database, clock, schedule)
    assert grid is not None
    assert [(cell.next_run_at, cell.start_at) for cell in grid.prospects.values()] == [(due, start)] * 2
    clock.set(jobs(workspace)[0].scheduled_at)
    wake(workspace)
    assert start_shown(workspace) == start + timedelta(hours=1)


def test_an_edited_jitter_does_not_change_when_a_waiting_run_starts(workspace: Workspace, clock: FakeClock) -> None:
    schedule = put_off(workspace, clock)
    start = jobs(workspace)[0].scheduled_at
    spec = workspace.catalog.schedule(schedule).spec
    workspace.catalog.change(schedule, replace(spec, jitter=timedelta()))
    assert start_shown(workspace) == start


def test_skipping_the_next_run_skips_the_one_that_waits(workspace: Workspace, clock: FakeClock) -> None:
    schedule = put_off(workspace, clock, environments=("a", "b"))
    due = jobs(workspace)[0].due_at
    assert workspace.queue.skip_next(schedule, origin=WHO).result() == due
    outlook = workspace.catalog.schedule(schedule).outlook
    assert outlook is not None
    assert (outlook.skipped, outlook.next_run_at) == ((due,), due + timedelta(hours=1))
    clock.advance(timedelta(minutes=55))
    wake(workspace)
    assert [(skip.due_at, skip.reason) for skip in skips(workspace)] == [
        (due, "asked for by the user, this run alone")
    ] * 2
    assert jobs(workspace) == []
    clock.advance(timedelta(hours=1))
    wake(workspace)
    assert len(jobs(workspace)) == 2


def test_a_waiting_run_that_is_skipped_can_be_run_after_all(workspace: Workspace, clock: FakeClock) -> None:
    schedule = put_off(workspace, clock)
    due = workspace.queue.skip_next(schedule, origin=WHO).result()
    assert workspace.queue.unskip(schedule, origin=WHO).result() == due
    clock.advance(timedelta(minutes=50))
    wake(workspace)
    assert [(job.due_at, job.state) for job in jobs(workspace)] == [(due, "available")]
    assert skips(workspace) == []


def test_a_waiting_run_that_a_pause_bars_is_not_what_comes_next(workspace: Workspace, clock: FakeClock) -> None:
    schedule = put_off(workspace, clock)
    start = jobs(workspace)[0].scheduled_at
    until = clock.now() + timedelta(hours=3)
    workspace.queue.pause(PauseScope.schedule(schedule), until=until, origin=WHO).result()
    assert start_shown(workspace) == start + timedelta(hours=4)
    workspace.queue.resume(PauseScope.schedule(schedule), origin=WHO).result()
    assert start_shown(workspace) == start


def test_what_starts_first_comes_first_although_it_is_due_later(workspace: Workspace) -> None:
    late = make_schedule(workspace, "0 7 * * *", name="late", jitter=timedelta(minutes=50))
    assert jitter_offset(late, timedelta(minutes=50)) > timedelta(minutes=10)
    make_schedule(workspace, "10 7 * * *", name="soon")
    for count, names in ((1, ["soon"]), (2, ["soon", "late"])):
        glance = read_glance(workspace.database, workspace.clock, upcoming=count)
        assert [each.schedule for each in glance.upcoming] == names
