"""A single run that is to be skipped: it leaves a row, everything around it runs, and it can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.catalog.specs import CronSpec, Kind
from core.errors import ConflictError, NotFoundError, StaleError, TooLateError
from core.queue.scopes import PauseScope
from core.queue.skips import SkippedRun
from core.workspace import Workspace
from tests.core.dispatch.helpers import due_times, jobs, make_schedule, observed, skips, wake
from tests.support import FakeClock

HOUR = timedelta(hours=1)
WHO = "the user"


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 24, hour, minute, tzinfo=UTC)


def pass_hours(workspace: Workspace, clock: FakeClock, hours: int) -> None:
    for _ in range(hours):
        clock.advance(HOUR)
        wake(workspace)


def test_the_next_run_is_skipped_in_every_environment_and_the_one_after_it_happens(
    workspace: Workspace, clock: FakeClock
) -> None:
    schedule = make_schedule(workspace, "0 * * * *", environments=["a", "b"])
    assert workspace.queue.skip_next(schedule, origin=WHO).result() == at(7)
    pass_hours(workspace, clock, 2)
    assert due_times(workspace) == ["08:00:00", "08:00:00"]
    assert [(skip.environment_name, skip.skipped_count, skip.due_at) for skip in skips(workspace)] == [
        ("a", 1, at(7)),
        ("b", 1, at(7)),
    ]
    assert skips(workspace)[0].reason == "asked for by the user, this run alone"
    assert observed(workspace)[-1][0] == "skip-wanted"


def test_skipping_again_skips_the_one_after_it(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    assert [workspace.queue.skip_next(schedule, origin=WHO).result() for _ in range(3)] == [at(7), at(8), at(9)]
    pass_hours(workspace, clock, 4)
    assert due_times(workspace) == ["10:00:00"]


def test_crons_that_are_due_at_the_same_time_are_skipped_together(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, ["0 * * * *", "0 7 * * *", "30 7 * * *"])
    assert workspace.queue.skip_next(schedule, origin=WHO).result() == at(7)
    clock.advance(2 * HOUR)
    wake(workspace)
    assert sorted(due_times(workspace)) == ["07:30:00", "08:00:00"]


def test_one_cron_alone_can_be_skipped(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, ["0 * * * *", "0 8 * * *"])
    assert workspace.queue.skip_next(schedule, 2, origin=WHO).result() == at(8)
    pass_hours(workspace, clock, 2)
    assert [(job.cron_id, job.due_at) for job in jobs(workspace)] == [(1, at(7)), (1, at(8))]


@pytest.mark.parametrize("policy", ["once", "all"])
def test_no_catch_up_brings_a_skipped_run_back(workspace: Workspace, clock: FakeClock, policy: str) -> None:
    schedule = make_schedule(workspace, "0 * * * *", catch_up=policy)
    for _ in range(3):
        workspace.queue.skip_next(schedule, origin=WHO).result()
    workspace.queue.unskip(schedule, due_at=at(8), origin=WHO).result()
    clock.advance(3 * HOUR + HOUR / 2)
    wake(workspace)
    assert due_times(workspace) == ["08:00:00"]
    assert [skip.due_at for skip in skips(workspace)] == [at(7), at(9)]


def test_skipping_is_taken_back_the_latest_first(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    for _ in range(2):
        workspace.queue.skip_next(schedule, origin=WHO).result()
    assert workspace.queue.unskip(schedule, origin=WHO).result() == at(8)
    assert workspace.queue.skip_next(schedule, origin=WHO).result() == at(8)
    assert [workspace.queue.unskip(schedule, origin=WHO).result() for _ in range(2)] == [at(8), at(7)]
    with pytest.raises(ConflictError, match="No run that lies ahead is to be skipped"):
        workspace.queue.unskip(schedule, origin=WHO).result()
    pass_hours(workspace, clock, 2)
    assert due_times(workspace) == ["07:00:00", "08:00:00"]
    assert skips(workspace) == []


def test_what_has_passed_can_not_be_taken_back(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    workspace.queue.skip_next(schedule, origin=WHO).result()
    clock.advance(HOUR)
    with pytest.raises(ConflictError, match="has passed"):
        workspace.queue.unskip(schedule, origin=WHO).result()
    wake(workspace)
    assert jobs(workspace) == []


def test_the_next_run_is_found_behind_a_pause_that_has_an_end(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *", environments=["a"])
    workspace.queue.pause(PauseScope.schedule(schedule), until=at(9), origin=WHO).result()
    workspace.queue.pause(PauseScope.cell(schedule, 1, 1), until=at(11, 30), origin=WHO).result()
    assert workspace.queue.skip_next(schedule, origin=WHO).result() == at(12)
    pass_hours(workspace, clock, 7)
    assert due_times(workspace) == ["13:00:00"]


def test_where_nothing_comes_there_is_nothing_to_skip(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    with pytest.raises(ConflictError, match="Nothing of the schedule “s” is going to run"):
        workspace.queue.skip_next(schedule, origin=WHO).result()
    workspace.queue.resume(PauseScope.schedule(schedule), origin=WHO).result()
    workspace.catalog.set_enabled(Kind.SCHEDULE, schedule, False)
    with pytest.raises(ConflictError, match="Enable it"):
        workspace.queue.skip_next(schedule, origin=WHO).result()
    bare = make_schedule(workspace, [], name="bare")
    with pytest.raises(ConflictError, match="“bare” has no cron"):
        workspace.queue.skip_next(bare, origin=WHO).result()
    with pytest.raises(NotFoundError):
        workspace.queue.skip_next(99, origin=WHO).result()
    with pytest.raises(NotFoundError):
        workspace.queue.skip_next(schedule, 99, origin=WHO).result()


def test_a_skip_counts_for_its_due_time_alone_after_an_edit(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    workspace.queue.skip_next(schedule, origin=WHO).result()
    workspace.catalog.change(1, CronSpec(name="s cron 0", expression="30 * * * *", timezone="UTC"))
    clock.advance(2 * HOUR)
    wake(workspace)
    assert due_times(workspace)[-1] == "07:30:00"
    assert not any("this run alone" in skip.reason for skip in skips(workspace))


def test_a_skip_inside_a_muted_stretch_is_told_as_such(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *", environments=["a", "b"])
    workspace.queue.skip_next(schedule, origin=WHO).result()
    workspace.queue.pause(PauseScope.cell(schedule, 1, 1), origin=WHO).result()
    pass_hours(workspace, clock, 3)
    assert [(skip.environment_name, skip.skipped_count, skip.reason[:7]) for skip in skips(workspace)] == [
        ("a", 1, "asked f"),
        ("b", 1, "asked f"),
        ("a", 2, "this en"),
    ]
    assert due_times(workspace) == ["08:00:00", "09:00:00"]


def ahead(workspace: Workspace, schedule: int) -> tuple[datetime, ...]:
    outlook = workspace.catalog.schedule(schedule).outlook
    assert outlook is not None
    return outlook.skipped


def test_exactly_the_named_run_is_skipped_whatever_comes_next(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, ["0 * * * *", "0 9 * * *"])
    run = SkippedRun(schedule, at(9), (1, 2))
    assert workspace.queue.skip_run(run, origin=WHO).result() == run
    assert ahead(workspace, schedule) == (at(9),)
    assert workspace.queue.skip_run(run, origin=WHO).result().cron_ids == ()  # it was skipped already
    workspace.queue.unskip_run(SkippedRun(schedule, at(9), (2,)), origin=WHO).result()
    pass_hours(workspace, clock, 3)
    assert [(job.cron_id, job.due_at) for job in jobs(workspace)] == [(1, at(7)), (1, at(8)), (2, at(9))]


def test_a_run_that_has_passed_is_neither_skipped_nor_taken_back(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    (run,) = workspace.queue.skip_next_each([schedule], origin=WHO).result()
    clock.advance(HOUR)
    with pytest.raises(TooLateError, match="Run it by hand"):
        workspace.queue.unskip_run(run, origin=WHO).result()
    with pytest.raises(TooLateError):
        workspace.queue.unskip(schedule, due_at=at(7), origin=WHO).result()
    with pytest.raises(TooLateError, match="can't be skipped any more"):
        workspace.queue.skip_run(run, origin=WHO).result()
    assert ahead(workspace, schedule) == ()


def test_a_run_that_is_due_no_more_is_not_skipped(workspace: Workspace) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    workspace.catalog.change(1, CronSpec(name="s cron 0", expression="30 * * * *", timezone="UTC"))
    with pytest.raises(StaleError, match="not due at 2026-11-24 07:00 UTC any more"):
        workspace.queue.skip_run(SkippedRun(schedule, at(7), (1,)), origin=WHO).result()
    with pytest.raises(NotFoundError):
        workspace.queue.skip_run(SkippedRun(99, at(7), (1,)), origin=WHO).result()


def test_what_was_taken_back_already_is_said(workspace: Workspace) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    (run,) = workspace.queue.skip_next_each([schedule], origin=WHO).result()
    workspace.queue.unskip(schedule, origin=WHO).result()
    with pytest.raises(StaleError, match="taken that back"):
        workspace.queue.unskip_run(run, origin=WHO).result()


def test_a_skip_from_before_an_edit_is_not_what_runs_after_all(workspace: Workspace) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    for _ in range(3):
        workspace.queue.skip_next(schedule, origin=WHO).result()
    workspace.catalog.change(1, CronSpec(name="s cron 0", expression="5 * * * *", timezone="UTC"))
    assert workspace.queue.skip_next(schedule, origin=WHO).result() == at(6, 5)
    assert workspace.queue.unskip(schedule, origin=WHO).result() == at(6, 5)
    assert ahead(workspace, schedule) == ()
    with pytest.raises(ConflictError, match="No run that lies ahead"):
        workspace.queue.unskip(schedule, origin=WHO).result()


def test_several_are_skipped_and_taken_back_all_or_none(workspace: Workspace) -> None:
    first = make_schedule(workspace, "0 * * * *", name="first")
    second = make_schedule(workspace, "0 9 * * *", name="second")
    bare = make_schedule(workspace, [], name="bare")
    with pytest.raises(ConflictError):
        workspace.queue.skip_next_each([first, bare], origin=WHO).result()
    assert ahead(workspace, first) == ()
    runs = workspace.queue.skip_next_each([first, second], origin=WHO).result()
    assert [run.due_at for run in runs] == [at(7), at(9)]
    with pytest.raises(StaleError):
        workspace.queue.unskip_each({first: at(7), second: at(10)}, origin=WHO).result()
    assert ahead(workspace, first) == (at(7),)
    assert workspace.queue.unskip_each({first: at(7), second: at(9)}, origin=WHO).result() == runs
