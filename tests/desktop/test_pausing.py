"""Pausing, muting and skipping as steps: each is taken back and taken again on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, Kind, ScheduleSpec
from core.clock import Clock
from core.errors import ConflictError, StaleError, TooLateError
from core.history.grid import read_grid
from core.queue.engine import JobQueue
from core.queue.pauses import PauseSpan, open_pause
from core.queue.scopes import PauseScope
from core.workspace import Workspace
from desktop.editing import Editing
from desktop.models.pause_texts import WINDOW
from desktop.operations import Failure
from desktop.pause_steps import Pausing, Resuming, Skipping, Unskipping
from desktop.pausing import Pauses
from desktop.steps import PartlyDoneError
from tests.support import FakeClock
from tests.support.window import PATIENCE_MS, idle_operations

Parts = tuple[JobQueue, Clock]

FIRST, SECOND = 1, 2
HOUR = timedelta(hours=1)
NINE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path, clock: FakeClock) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data", clock=clock) as opened:
        catalog = opened.catalog
        catalog.create(CommandSpec(name="sync", run="true"))
        catalog.create(EnvironmentSpec(name="home"))
        catalog.create(CronSpec(name="morning", expression="0 9 * * *", timezone="UTC"))
        for name in ("first", "second"):
            catalog.create(ScheduleSpec(name=name, command="sync", environments=("home",), crons=("morning",)))
        yield opened


@pytest.fixture
def parts(workspace: Workspace) -> Parts:
    return workspace.queue, workspace.clock


def all_paused(workspace: Workspace) -> PauseSpan | None:
    with workspace.database.reading() as connection:
        return open_pause(connection, workspace.clock.now())


def pause_of(workspace: Workspace, schedule_id: int) -> PauseSpan | None:
    grid = read_grid(workspace.database, workspace.clock, schedule_id)
    assert grid is not None
    return grid.pause


def until(workspace: Workspace, schedule_id: int) -> datetime | None:
    span = pause_of(workspace, schedule_id)
    assert span is not None, "it is not paused"
    return span.until_at


def skipped(workspace: Workspace, schedule_id: int) -> tuple[datetime, ...]:
    outlook = workspace.catalog.schedule(schedule_id).outlook
    assert outlook is not None
    return outlook.skipped


def schedules(*ids: int) -> list[PauseScope]:
    return [PauseScope.schedule(each) for each in ids]


def test_a_pause_is_taken_back_and_taken_again(workspace: Workspace, parts: Parts, clock: FakeClock) -> None:
    end = clock.now() + HOUR
    step = Pausing(*parts, schedules(FIRST, SECOND), end, "pausing")
    assert step.do() == 2
    assert step.ids == (FIRST, SECOND)
    span = pause_of(workspace, FIRST)
    assert span is not None
    assert (span.until_at, span.origin) == (end, WINDOW)
    step.undo()
    assert pause_of(workspace, FIRST) is pause_of(workspace, SECOND) is None
    step.do()
    assert until(workspace, SECOND) == end


def test_what_is_paused_already_gets_the_new_end_and_its_old_one_back(
    workspace: Workspace, parts: Parts, clock: FakeClock
) -> None:
    old, new = clock.now() + HOUR, clock.now() + 3 * HOUR
    workspace.queue.pause(PauseScope.schedule(FIRST), until=old, origin="the command line").result()
    before = pause_of(workspace, FIRST)
    step = Pausing(*parts, schedules(FIRST, SECOND), new, "pausing")
    step.do()
    after = pause_of(workspace, FIRST)
    assert before is not None
    assert after is not None
    assert (after.id, after.until_at) == (before.id, new)  # one pause that lasts longer
    step.undo()
    assert until(workspace, FIRST) == old
    assert pause_of(workspace, SECOND) is None


def test_a_pause_that_would_be_over_by_now_is_over_after_an_undo(
    workspace: Workspace, parts: Parts, clock: FakeClock
) -> None:
    workspace.queue.pause(PauseScope.schedule(FIRST), until=clock.now() + HOUR, origin=WINDOW).result()
    longer = Pausing(*parts, schedules(FIRST), None, "pausing")
    longer.do()
    clock.advance(2 * HOUR)
    longer.undo()
    assert pause_of(workspace, FIRST) is None


def test_nothing_new_is_nothing_to_undo(workspace: Workspace, parts: Parts, clock: FakeClock) -> None:
    end = clock.now() + HOUR
    workspace.queue.pause(PauseScope.schedule(FIRST), until=end, origin=WINDOW).result()
    again = Pausing(*parts, schedules(FIRST), end, "pausing")
    assert again.do() == 0
    assert again.is_empty
    resuming = Resuming(*parts, schedules(SECOND), "resuming")
    assert resuming.do() == 0
    assert resuming.is_empty


def test_what_was_resumed_is_paused_again_until_the_same_end(
    workspace: Workspace, parts: Parts, clock: FakeClock
) -> None:
    end = clock.now() + HOUR
    workspace.queue.pause(PauseScope.schedule(FIRST), until=end, origin=WINDOW).result()
    workspace.queue.pause(PauseScope.schedule(SECOND), origin=WINDOW).result()
    step = Resuming(*parts, schedules(FIRST, SECOND), "resuming")
    assert step.do() == 2
    step.undo()
    assert (until(workspace, FIRST), until(workspace, SECOND)) == (end, None)
    step.do()
    clock.advance(2 * HOUR)
    step.undo()
    assert pause_of(workspace, FIRST) is None  # it would be over by now
    assert until(workspace, SECOND) is None


def test_a_skipped_run_is_taken_back_and_named(workspace: Workspace, parts: Parts) -> None:
    step = Skipping(*parts, {FIRST: "first"})
    assert step.do() == {FIRST: NINE}
    assert step.what == f"skipping “first” at {NINE.astimezone():%H:%M}"
    assert skipped(workspace, FIRST) == (NINE,)
    step.undo()
    assert skipped(workspace, FIRST) == ()
    step.do()
    back = Unskipping(*parts, {FIRST: "first"}, {FIRST: NINE})
    assert back.do() == {FIRST: NINE}
    assert skipped(workspace, FIRST) == ()
    back.undo()
    assert skipped(workspace, FIRST) == (NINE,)


def test_all_runs_are_skipped_or_none(workspace: Workspace, parts: Parts) -> None:
    workspace.queue.pause(PauseScope.schedule(SECOND), origin=WINDOW).result()
    with pytest.raises(ConflictError):
        Skipping(*parts, {FIRST: "first", SECOND: "second"}).do()
    assert skipped(workspace, FIRST) == ()


Act = Callable[[Pauses, Editing], None]


@pytest.mark.parametrize(
    ("act", "undo_text"),
    [
        (lambda pauses, owner: pauses.pause(owner, {FIRST: "first"}, None), "Undo pausing “first”"),
        (lambda pauses, owner: pauses.pause(owner, {FIRST: "a", SECOND: "b"}, None), "Undo pausing 2 things"),
        (lambda pauses, owner: pauses.pause_all(owner, None), "Undo pausing all schedules"),
        (lambda pauses, owner: pauses.skip_next(owner, {FIRST: "a", SECOND: "b"}), "Undo skipping 2 runs"),
        (lambda pauses, owner: pauses.mute(owner, [PauseScope.cell(1, 1, 1)], "2 cells"), "Undo muting 2 cells"),
    ],
)
def test_everything_is_offered_to_be_undone(qtbot: QtBot, workspace: Workspace, act: Act, undo_text: str) -> None:
    with idle_operations(workspace) as (_bridge, operations):
        editing = Editing(workspace.catalog, workspace.settings, operations, operations)
        act(Pauses(workspace, editing), editing)
        qtbot.waitUntil(lambda: editing.undo_text == undo_text, timeout=PATIENCE_MS)
        editing.undo()
        qtbot.waitUntil(lambda: bool(editing.redo_text), timeout=PATIENCE_MS)
        grid = read_grid(workspace.database, workspace.clock, FIRST)
        assert grid is not None
        assert grid.pause is grid.all_paused is None
        assert not any(prospect.hindrance for prospect in grid.prospects.values())
        assert grid.crons[0].skipped == ()


def test_an_end_that_has_passed_is_refused_in_words(qtbot: QtBot, workspace: Workspace, clock: FakeClock) -> None:
    with idle_operations(workspace) as (_bridge, operations):
        failures: list[Failure] = []
        operations.failed.connect(failures.append)
        editing = Editing(workspace.catalog, workspace.settings, operations, operations)
        Pauses(workspace, editing).pause_all(editing, clock.now() - HOUR)
        qtbot.waitUntil(lambda: bool(failures), timeout=PATIENCE_MS)
        assert failures[0].title == "Pausing all schedules"
        assert "Choose a later time" in failures[0].sentence
        assert editing.undo_text == ""


def test_resuming_all_is_undone(qtbot: QtBot, workspace: Workspace, clock: FakeClock) -> None:
    end = clock.now() + HOUR
    workspace.queue.pause(until=end, origin=WINDOW).result()
    with idle_operations(workspace) as (_bridge, operations):
        editing = Editing(workspace.catalog, workspace.settings, operations, operations)
        Pauses(workspace, editing).resume_all(editing)
        qtbot.waitUntil(lambda: editing.undo_text == "Undo resuming all schedules", timeout=PATIENCE_MS)
        assert all_paused(workspace) is None
        editing.undo()
        qtbot.waitUntil(lambda: all_paused(workspace) is not None, timeout=PATIENCE_MS)
        span = all_paused(workspace)
        assert span is not None
        assert span.until_at == end


@pytest.fixture
def hourly(workspace: Workspace) -> int:
    """A schedule that is due at each full hour; it is six o'clock."""
    workspace.catalog.create(CronSpec(name="hourly", expression="0 * * * *", timezone="UTC"))
    return workspace.catalog.create(
        ScheduleSpec(name="often", command="sync", environments=("home",), crons=("hourly",))
    )


def test_a_pause_that_somebody_else_began_since_outlives_the_undo(
    workspace: Workspace, parts: Parts, clock: FakeClock
) -> None:
    step = Pausing(*parts, schedules(FIRST), clock.now() + HOUR, "pausing")
    step.do()
    clock.advance(2 * HOUR)
    workspace.queue.pause(PauseScope.schedule(FIRST), origin="the command line").result()
    with pytest.raises(StaleError):
        step.undo()
    span = pause_of(workspace, FIRST)
    assert span is not None
    assert span.origin == "the command line"


def test_resuming_again_ends_only_what_the_undo_has_paused(
    workspace: Workspace, parts: Parts, clock: FakeClock
) -> None:
    workspace.queue.pause(PauseScope.schedule(FIRST), until=clock.now() + HOUR, origin=WINDOW).result()
    step = Resuming(*parts, schedules(FIRST), "resuming")
    step.do()
    step.undo()
    clock.advance(2 * HOUR)
    workspace.queue.pause(PauseScope.schedule(FIRST), origin="the command line").result()
    assert step.do() == 0
    assert step.is_empty
    assert pause_of(workspace, FIRST) is not None


def test_what_would_be_over_by_now_is_not_paused_again(workspace: Workspace, parts: Parts, clock: FakeClock) -> None:
    workspace.queue.pause(PauseScope.schedule(FIRST), until=clock.now() + HOUR, origin=WINDOW).result()
    step = Resuming(*parts, schedules(FIRST), "resuming")
    step.do()
    clock.advance(2 * HOUR)
    with pytest.raises(TooLateError):
        step.undo()


def test_an_undo_skips_the_very_run_again_and_none_after_it(
    workspace: Workspace, parts: Parts, clock: FakeClock, hourly: int
) -> None:
    seven = workspace.queue.skip_next(hourly, origin="the command line").result()
    step = Unskipping(*parts, {hourly: "often"}, {hourly: seven})
    step.do()
    clock.advance(timedelta(minutes=61))
    with pytest.raises(TooLateError):
        step.undo()
    assert skipped(workspace, hourly) == ()


def test_an_undo_skips_only_the_cron_again_that_was_skipped(workspace: Workspace, parts: Parts) -> None:
    catalog = workspace.catalog
    for name, hour in (("eight", 8), ("ten", 10)):
        catalog.create(CronSpec(name=name, expression=f"0 {hour} * * *", timezone="UTC"))
    schedule = catalog.create(ScheduleSpec(name="two", command="sync", environments=("home",), crons=("eight", "ten")))
    ten = {link.cron: link.cron_id for link in catalog.schedule(schedule).links}["ten"]
    due_at = workspace.queue.skip_next(schedule, ten, origin="the command line").result()
    step = Unskipping(*parts, {schedule: "two"}, {schedule: due_at})
    step.do()
    step.undo()
    assert skipped(workspace, schedule) == (due_at,)


def test_a_redo_skips_the_very_run_again_and_none_after_it(
    workspace: Workspace, parts: Parts, clock: FakeClock, hourly: int
) -> None:
    step = Skipping(*parts, {hourly: "often"})
    (seven,) = step.do().values()
    step.undo()
    step.do()
    assert skipped(workspace, hourly) == (seven,)
    step.undo()
    clock.advance(timedelta(minutes=61))
    with pytest.raises(TooLateError):
        step.do()
    assert skipped(workspace, hourly) == ()


def test_of_several_runs_those_that_lie_ahead_are_taken_back(
    workspace: Workspace, parts: Parts, clock: FakeClock, hourly: int
) -> None:
    step = Skipping(*parts, {hourly: "often", FIRST: "first"})
    step.do()
    clock.advance(timedelta(minutes=61))
    with pytest.raises(PartlyDoneError, match="The schedule “often” was due at 2026-11-24 07:00 UTC"):
        step.undo()
    assert skipped(workspace, FIRST) == ()
    assert step.what == f"skipping “first” at {NINE.astimezone():%H:%M}"  # that alone can be done again
    assert step.do() == {FIRST: NINE}


def test_what_somebody_else_has_skipped_again_stays_theirs(workspace: Workspace, parts: Parts, hourly: int) -> None:
    seven = workspace.queue.skip_next(hourly, origin="the command line").result()
    step = Unskipping(*parts, {hourly: "often"}, {hourly: seven})
    step.do()
    workspace.queue.skip_next(hourly, origin="the command line").result()
    step.undo()
    assert step.is_empty
    assert skipped(workspace, hourly) == (seven,)


def test_a_run_that_has_passed_does_not_block_the_undo_of_what_was_done_before(
    qtbot: QtBot, workspace: Workspace, clock: FakeClock, hourly: int
) -> None:
    with idle_operations(workspace) as (_bridge, operations):
        failures: list[Failure] = []
        operations.failed.connect(failures.append)
        editing = Editing(workspace.catalog, workspace.settings, operations, operations)
        editing.set_enabled(editing, Kind.SCHEDULE, [FIRST], False)
        Pauses(workspace, editing).skip_next(editing, {hourly: "often"})
        qtbot.waitUntil(lambda: editing.undo_text.startswith("Undo skipping"), timeout=PATIENCE_MS)
        clock.advance(timedelta(minutes=61))
        editing.undo()
        qtbot.waitUntil(lambda: bool(failures), timeout=PATIENCE_MS)
        assert "can't be taken back" in failures[0].sentence
        assert (editing.undo_text, editing.redo_text) == ("Undo disabling “first”", "")
        editing.undo()
        qtbot.waitUntil(lambda: editing.redo_text == "Redo disabling “first”", timeout=PATIENCE_MS)
        assert workspace.catalog.schedule(FIRST).spec.enabled


def test_what_was_taken_back_in_part_is_taken_again_in_part(
    qtbot: QtBot, workspace: Workspace, clock: FakeClock, hourly: int
) -> None:
    with idle_operations(workspace) as (_bridge, operations):
        failures: list[Failure] = []
        operations.failed.connect(failures.append)
        editing = Editing(workspace.catalog, workspace.settings, operations, operations)
        Pauses(workspace, editing).skip_next(editing, {hourly: "often", FIRST: "first"})
        qtbot.waitUntil(lambda: editing.undo_text == "Undo skipping 2 runs", timeout=PATIENCE_MS)
        clock.advance(timedelta(minutes=61))
        editing.undo()
        qtbot.waitUntil(lambda: editing.redo_text.startswith("Redo skipping “first”"), timeout=PATIENCE_MS)
        assert len(failures) == 1
        assert editing.undo_text == ""


def test_a_pause_whose_end_has_passed_is_not_offered_again(
    qtbot: QtBot, workspace: Workspace, clock: FakeClock
) -> None:
    with idle_operations(workspace) as (_bridge, operations):
        failures: list[Failure] = []
        operations.failed.connect(failures.append)
        editing = Editing(workspace.catalog, workspace.settings, operations, operations)
        Pauses(workspace, editing).pause_all(editing, clock.now() + HOUR)
        qtbot.waitUntil(lambda: bool(editing.undo_text), timeout=PATIENCE_MS)
        editing.undo()
        qtbot.waitUntil(lambda: bool(editing.redo_text), timeout=PATIENCE_MS)
        clock.advance(2 * HOUR)
        editing.redo()
        qtbot.waitUntil(lambda: bool(failures), timeout=PATIENCE_MS)
        assert "Choose a later time" in failures[0].sentence
        assert (editing.undo_text, editing.redo_text) == ("", "")


def test_a_pause_of_all_is_at_home_on_every_page(workspace: Workspace, parts: Parts) -> None:
    assert Pausing(*parts, [PauseScope()], None, "pausing").page == ""
    assert Pausing(*parts, schedules(FIRST), None, "pausing").page == "schedules"
