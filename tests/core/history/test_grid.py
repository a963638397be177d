"""A schedule as a grid: what each cell ran last, what comes next, and how far one look goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, text

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, Kind, ScheduleSpec
from core.history.grid import Cell, Grid, read_grid
from core.queue.rows import JOBS
from core.queue.states import JobState
from core.workspace import Workspace
from tests.support.jobs import write_history


@pytest.fixture
def schedule_id(workspace: Workspace) -> int:
    """Return a schedule of command 1 in the environments 1 and 2 by the crons 1 and 2."""
    catalog = workspace.catalog
    catalog.create(CommandSpec(name="sync", run="true"))
    for name in ("home", "work"):
        catalog.create(EnvironmentSpec(name=name))
    catalog.create(CronSpec(name="morning", expression="0 9 * * *", timezone="UTC"))
    catalog.create(CronSpec(name="evening", expression="0 21 * * *", timezone="UTC"))
    spec = ScheduleSpec(
        name="keep in step", command="sync", environments=("work", "home"), crons=("morning", "evening")
    )
    return catalog.create(spec)


def look(workspace: Workspace, schedule_id: int, seen: Grid | None = None) -> Grid:
    grid = read_grid(workspace.database, workspace.clock, schedule_id, seen)
    assert grid is not None
    return grid


def look_through(workspace: Workspace, schedule_id: int, seen: Grid | None = None) -> tuple[Grid, int]:
    """Return the grid that lacks nothing any more, and how many looks it took."""
    grid, looks = look(workspace, schedule_id, seen), 1
    while not grid.is_complete:
        grid, looks = look(workspace, schedule_id, grid), looks + 1
    return grid, looks


def run_of(schedule_id: int | None, environment_id: int | None, cron_id: int | None, **columns: Any) -> dict[str, Any]:
    return {"schedule_id": schedule_id, "environment_id": environment_id, "cron_id": cron_id, **columns}


def last_ids(grid: Grid) -> dict[Cell, int]:
    return {cell: run.id for cell, run in grid.last.runs.items()}


def forget(workspace: Workspace, job_id: int) -> None:
    workspace.database.write(
        lambda transaction: transaction.connection.execute(delete(JOBS).where(JOBS.c.id == job_id))
    )


def test_rows_and_columns_stand_in_the_order_of_the_definition(workspace: Workspace, schedule_id: int) -> None:
    grid = look(workspace, schedule_id)
    assert [(row.id, row.name, row.enabled) for row in grid.environments] == [(2, "work", True), (1, "home", True)]
    assert [(column.id, column.name, column.expression) for column in grid.crons] == [
        (1, "morning", "0 9 * * *"),
        (2, "evening", "0 21 * * *"),
    ]
    assert grid.crons[0].next_due_at == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert (grid.command, grid.enabled, grid.command_enabled) == ("sync", True, True)
    assert grid.last.runs == {}
    assert grid.is_complete


def test_a_schedule_without_environments_and_crons_has_one_cell(workspace: Workspace, schedule_id: int) -> None:
    old = workspace.catalog.schedule(schedule_id).spec
    workspace.catalog.change(schedule_id, replace(old, environments=(), crons=()))
    assert look(workspace, schedule_id).cells == {Cell(None, None)}


def test_a_disabled_schedule_has_no_next_due_time(workspace: Workspace, schedule_id: int) -> None:
    workspace.catalog.set_enabled(Kind.SCHEDULE, schedule_id, False)
    grid = look(workspace, schedule_id)
    assert not grid.enabled
    assert [column.next_due_at for column in grid.crons] == [None, None]


def test_the_newest_run_of_each_cell_is_found(workspace: Workspace, schedule_id: int) -> None:
    cells = [(1, 1), (1, 2), (1, 1), (2, 1)]
    write_history(workspace, 4, lambda number: run_of(schedule_id, *cells[number]))
    grid = look(workspace, schedule_id)
    assert last_ids(grid) == {Cell(1, 1): 3, Cell(1, 2): 2, Cell(2, 1): 4}
    assert grid.is_complete  # the history has an end, so the fourth cell never ran


def test_runs_of_other_schedules_and_by_hand_are_not_its_own(workspace: Workspace, schedule_id: int) -> None:
    write_history(workspace, 2, lambda number: run_of(schedule_id + 1 if number else None, 1, 1))
    assert look(workspace, schedule_id).last.runs == {}


def test_a_look_again_sees_ends_and_newer_runs(workspace: Workspace, schedule_id: int) -> None:
    write_history(
        workspace,
        2,
        lambda number: run_of(schedule_id, number + 1, 1, state=JobState.EXECUTING, finished_at=None, outcome=None),
    )
    first = look(workspace, schedule_id)
    assert {run.state for run in first.last.runs.values()} == {JobState.EXECUTING}
    workspace.database.write(
        lambda transaction: transaction.connection.execute(text("UPDATE jobs SET state = 'completed' WHERE id = 1"))
    )
    write_history(workspace, 1, lambda _: run_of(schedule_id, 2, 1))
    second = look(workspace, schedule_id, first)
    assert last_ids(second) == {Cell(1, 1): 1, Cell(2, 1): 3}
    assert {run.state for run in second.last.runs.values()} == {JobState.COMPLETED}


def test_an_old_history_is_looked_through_in_parts(
    workspace: Workspace, schedule_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.history.grid.SPAN", 10)
    rare = {0: (1, 2), 25: (2, 2), 49: (1, 1)}
    write_history(workspace, 50, lambda number: run_of(schedule_id, *rare.get(number, (2, 1))))
    first = look(workspace, schedule_id)
    assert not first.is_complete
    assert last_ids(first) == {Cell(1, 1): 50, Cell(2, 1): 49}
    grid, looks = look_through(workspace, schedule_id)
    assert last_ids(grid) == {Cell(1, 1): 50, Cell(2, 1): 49, Cell(2, 2): 26, Cell(1, 2): 1}
    assert looks == 5


def test_the_runs_of_others_are_leapt_over(
    workspace: Workspace, schedule_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.history.grid.SPAN", 10)
    write_history(workspace, 200, lambda n: run_of(schedule_id, 1, 1, command_id=1 if n in {0, 199} else 9))
    grid, looks = look_through(workspace, schedule_id)
    assert last_ids(grid) == {Cell(1, 1): 200}
    assert looks == 2


def test_much_that_is_new_begins_the_search_anew(
    workspace: Workspace, schedule_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.history.grid.SPAN", 10)
    write_history(workspace, 5, lambda _: run_of(schedule_id, 1, 1))
    first = look(workspace, schedule_id)
    write_history(workspace, 30, lambda _: run_of(schedule_id, 2, 2))
    grid = look(workspace, schedule_id, first)
    assert last_ids(grid) == {Cell(2, 2): 35}
    grid, _looks = look_through(workspace, schedule_id, grid)
    assert last_ids(grid) == {Cell(2, 2): 35, Cell(1, 1): 5}


def test_the_run_before_takes_the_place_of_a_pruned_one(workspace: Workspace, schedule_id: int) -> None:
    write_history(workspace, 2, lambda _: run_of(schedule_id, 1, 1))
    first = look(workspace, schedule_id)
    forget(workspace, 2)
    assert last_ids(look(workspace, schedule_id, first)) == {Cell(1, 1): 1}


def test_another_command_begins_with_an_empty_grid(workspace: Workspace, schedule_id: int) -> None:
    write_history(workspace, 1, lambda _: run_of(schedule_id, 1, 1))
    first = look(workspace, schedule_id)
    workspace.catalog.create(CommandSpec(name="other", run="true"))
    workspace.catalog.change(schedule_id, replace(workspace.catalog.schedule(schedule_id).spec, command="other"))
    assert look(workspace, schedule_id, first).last.runs == {}


def test_a_schedule_that_is_gone_has_no_grid(workspace: Workspace, schedule_id: int) -> None:
    workspace.catalog.delete(Kind.SCHEDULE, schedule_id)
    assert read_grid(workspace.database, workspace.clock, schedule_id) is None
