"""The grid of a schedule: what its cells say, and what can be done with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, Kind, ScheduleSpec
from core.durations import describe_duration
from core.history.grid import Cell, read_grid
from core.queue.scopes import PauseScope
from core.queue.states import JobState, Origin
from core.timing.jitter import jitter_offset
from core.workspace import Workspace
from desktop.editing import Editing
from desktop.models.pause_texts import WINDOW
from desktop.models.run_choice import RunChoice
from desktop.operations import Operations
from desktop.pausing import Pauses
from desktop.theme import Theme
from desktop.widgets.grid import ScheduleGrid
from desktop.widgets.grid_model import LOOK_ROLE
from tests.support import FakeClock
from tests.support.jobs import write_history
from tests.support.window import PATIENCE_MS, idle_operations, newest

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

SPEC = ScheduleSpec(name="keep in step", command="sync", environments=("home", "work"), crons=("morning", "evening"))
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def workspace(tmp_path: Path, clock: FakeClock) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data", clock=clock) as opened:
        catalog = opened.catalog
        catalog.create(CommandSpec(name="sync", run="true"))
        for name in ("home", "work"):
            catalog.create(EnvironmentSpec(name=name))
        catalog.create(CronSpec(name="morning", expression="0 9 * * *", timezone="UTC"))
        catalog.create(CronSpec(name="evening", expression="@reboot", timezone="UTC"))
        catalog.create(SPEC)
        yield opened


@pytest.fixture
def operations(workspace: Workspace, theme: Theme) -> Iterator[Operations]:
    with idle_operations(workspace) as (_bridge, made):
        yield made


@pytest.fixture
def editing(workspace: Workspace, operations: Operations) -> Editing:
    return Editing(workspace.catalog, workspace.settings, operations, operations)


@pytest.fixture
def grid(
    qtbot: QtBot, workspace: Workspace, operations: Operations, editing: Editing, theme: Theme
) -> Iterator[ScheduleGrid]:
    made = ScheduleGrid(workspace, operations, Pauses(workspace, editing), theme)
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    qtbot.waitUntil(made.isActiveWindow, timeout=PATIENCE_MS)
    yield made
    made.close()


def show(grid: ScheduleGrid, spec: ScheduleSpec = SPEC) -> None:
    grid.show_schedule(1)
    grid.set_shape(spec.command, spec.environments, spec.crons)


def at(grid: ScheduleGrid, row: int, column: int) -> QModelIndex:
    return grid.model.index(row, column)


def texts(grid: ScheduleGrid) -> list[list[str]]:
    model = grid.model
    return [
        [str(model.data(model.index(row, column))) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def wait_for(qtbot: QtBot, grid: ScheduleGrid, row: int, column: int, text: str) -> None:
    qtbot.waitUntil(lambda: text in texts(grid)[row][column], timeout=PATIENCE_MS)


def choose(grid: ScheduleGrid, row: int, column: int) -> None:
    place = grid.view.visualRect(at(grid, row, column)).center()
    QTest.mouseClick(grid.view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def button(grid: ScheduleGrid, name: str) -> QPushButton:
    return next(each for each in grid.findChildren(QPushButton) if each.accessibleName() == name)


def cell_of(environment_id: int, cron_id: int, **columns: Any) -> dict[str, Any]:
    names = {"environment_name": SPEC.environments[environment_id - 1], "cron_name": SPEC.crons[cron_id - 1]}
    return {"schedule_id": 1, "environment_id": environment_id, "cron_id": cron_id, **names, **columns}


def write_two_runs(workspace: Workspace) -> None:
    failed = {"state": JobState.DISCARDED, "outcome": "failed", "exit_code": 3}
    write_history(workspace, 2, lambda number: cell_of(1, 1) if number == 0 else {**cell_of(2, 1), **failed})


def test_each_cell_says_how_it_went_and_what_comes_next(qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace) -> None:
    write_two_runs(workspace)
    show(grid)
    wait_for(qtbot, grid, 0, 0, "Succeeded")
    found = texts(grid)
    assert found[0][0].startswith("Succeeded ")
    assert ", next " in found[0][0]
    assert found[1][0].startswith("Failed ")
    assert found[0][1] == found[1][1] == "No run yet, at each start"
    tip = str(grid.model.data(at(grid, 1, 0), Qt.ItemDataRole.ToolTipRole))
    assert tip.startswith("“sync” in “work” by “morning”\nRun 2: failed · exit code 3")


def test_the_headers_name_environments_and_crons_and_what_these_mean(qtbot: QtBot, grid: ScheduleGrid) -> None:
    show(grid)
    wait_for(qtbot, grid, 0, 0, "No run yet")
    header, tip = grid.model.headerData, Qt.ItemDataRole.ToolTipRole
    assert [header(number, Qt.Orientation.Vertical) for number in range(2)] == ["home", "work"]
    assert [header(number, Qt.Orientation.Horizontal) for number in range(2)] == ["morning", "evening"]
    assert header(0, Qt.Orientation.Horizontal, tip) == "morning\n0 9 * * * (UTC)\nAt 09:00, every day."


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.SCHEDULE, "schedule is disabled"),
        (Kind.COMMAND, "command is disabled"),
        (Kind.ENVIRONMENT, "environment is disabled"),
        (Kind.CRON, "cron is disabled"),
    ],
)
def test_a_cell_says_why_nothing_comes_next(
    qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace, kind: Kind, text: str
) -> None:
    workspace.catalog.set_enabled(kind, 1, False)
    show(grid)
    wait_for(qtbot, grid, 0, 0, f"No run yet, {text}")


def test_what_is_not_saved_says_so_and_can_not_be_run(qtbot: QtBot, grid: ScheduleGrid) -> None:
    show(grid, replace(SPEC, environments=("home", "laptop")))
    wait_for(qtbot, grid, 0, 0, "No run yet")
    assert texts(grid)[1] == ["Not saved yet", "Not saved yet"]
    choose(grid, 1, 0)
    assert not button(grid, "Run now").isEnabled()
    choose(grid, 0, 0)
    assert button(grid, "Run now").isEnabled()


def test_nothing_counts_while_the_form_names_another_command(qtbot: QtBot, grid: ScheduleGrid) -> None:
    show(grid)
    wait_for(qtbot, grid, 0, 0, "No run yet")
    show(grid, replace(SPEC, command="other"))
    assert texts(grid) == [["Not saved yet"] * 2] * 2
    assert not button(grid, "Run now").isEnabled()
    show(grid)
    assert "No run yet" in texts(grid)[0][0]


def test_a_schedule_without_environments_and_crons_has_one_cell(
    qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace
) -> None:
    bare = replace(SPEC, environments=(), crons=())
    workspace.catalog.change(1, bare)
    show(grid, bare)
    wait_for(qtbot, grid, 0, 0, "No run yet, only by hand")
    assert texts(grid) == [["No run yet, only by hand"]]
    assert grid.model.headerData(0, Qt.Orientation.Vertical) == "no environment"
    assert grid.model.headerData(0, Qt.Orientation.Horizontal) == "by hand"


def test_a_key_runs_the_cell_it_stands_on(qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace) -> None:
    show(grid)
    wait_for(qtbot, grid, 0, 0, "No run yet")
    grid.view.setFocus()
    QTest.keyClick(grid.view, Qt.Key.Key_Down)
    QTest.keyClick(grid.view, Qt.Key.Key_R, CONTROL)
    qtbot.waitUntil(lambda: newest(workspace) is not None, timeout=PATIENCE_MS)
    run = newest(workspace)
    assert run is not None
    assert (run.environment, run.cron, run.schedule, run.origin) == ("work", "morning", SPEC.name, Origin.MANUAL)
    grid.refresh()
    wait_for(qtbot, grid, 1, 0, "Waiting")
    assert not button(grid, "Retry").isEnabled()
    button(grid, "Run now").setFocus()
    QTest.keyClick(button(grid, "Run now"), Qt.Key.Key_R, CONTROL)
    qtbot.waitUntil(lambda: len(workspace.runs.page()) == 2, timeout=PATIENCE_MS)


def test_several_chosen_cells_run_together(qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace) -> None:
    show(grid)
    wait_for(qtbot, grid, 0, 0, "No run yet")
    grid.view.selectAll()
    QTest.mouseClick(button(grid, "Run now"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(workspace.runs.page()) == 4, timeout=PATIENCE_MS)
    assert {(run.environment, run.cron) for run in workspace.runs.page()} == {
        (environment, cron) for environment in SPEC.environments for cron in SPEC.crons
    }


def test_a_failed_cell_is_retried_and_remembers_what(qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace) -> None:
    write_two_runs(workspace)
    show(grid)
    wait_for(qtbot, grid, 1, 0, "Failed")
    choose(grid, 1, 0)
    QTest.keyClick(grid.view, Qt.Key.Key_R, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: len(workspace.runs.page()) == 3, timeout=PATIENCE_MS)
    run = newest(workspace)
    assert run is not None
    assert (run.retry_of, run.environment, run.cron) == (2, "work", "morning")
    grid.refresh()
    wait_for(qtbot, grid, 1, 0, "Waiting")


def test_enter_and_the_button_open_the_last_run(qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace) -> None:
    write_two_runs(workspace)
    show(grid)
    wait_for(qtbot, grid, 1, 0, "Failed")
    choose(grid, 1, 0)
    with qtbot.waitSignal(grid.open_run, timeout=PATIENCE_MS) as opened:
        QTest.keyClick(grid.view, Qt.Key.Key_Return)
    assert opened.args == [2]
    choose(grid, 0, 0)
    with qtbot.waitSignal(grid.open_run, timeout=PATIENCE_MS) as opened:
        QTest.mouseClick(button(grid, "Open run"), Qt.MouseButton.LeftButton)
    assert opened.args == [1]
    choose(grid, 0, 1)
    assert not button(grid, "Open run").isEnabled()


def test_the_history_of_a_cell_is_asked_for(qtbot: QtBot, grid: ScheduleGrid) -> None:
    assert not button(grid, "History").isEnabled()
    show(grid)
    wait_for(qtbot, grid, 0, 0, "No run yet")
    choose(grid, 1, 0)
    with qtbot.waitSignal(grid.open_runs, timeout=PATIENCE_MS) as opened:
        QTest.keyClick(grid.view, Qt.Key.Key_H, CONTROL)
    assert opened.args == [RunChoice(schedule_id=1, schedule="keep in step", text="work")]


def test_the_right_button_offers_the_same(grid: ScheduleGrid) -> None:
    assert grid.view.contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu
    assert [action.text().replace("&", "") for action in grid.view.actions()] == [
        "Run now",
        "Retry",
        "Mute",
        "Open run",
        "History",
    ]


def test_a_failure_to_run_is_reported(
    qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace, operations: Operations
) -> None:
    show(grid)
    wait_for(qtbot, grid, 0, 0, "No run yet")
    workspace.catalog.change(1, replace(SPEC, environments=("work",)))
    choose(grid, 0, 0)
    with qtbot.waitSignal(operations.failed, timeout=PATIENCE_MS) as failed:
        QTest.keyClick(grid.view, Qt.Key.Key_R, CONTROL)
    assert failed.args is not None
    assert failed.args[0].title == "Running “sync” in “home” by “morning”"
    assert "does not have this environment any more" in failed.args[0].sentence


def test_an_old_run_is_found_while_the_grid_is_looked_at(
    qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.history.grid.SPAN", 10)
    write_history(workspace, 45, lambda number: cell_of(1 if number else 2, 1))
    show(grid)
    wait_for(qtbot, grid, 0, 0, "Succeeded")
    wait_for(qtbot, grid, 1, 0, "Succeeded")
    wait_for(qtbot, grid, 1, 1, "No run yet")


def test_the_schedule_that_is_shown_last_is_what_is_seen(
    qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace
) -> None:
    write_two_runs(workspace)
    other = replace(SPEC, name="other", environments=("work",))
    second = workspace.catalog.create(other)
    shown: list[int | None] = []
    grid.model.dataChanged.connect(
        lambda *_: shown.append(grid.model.grid.schedule_id if grid.model.grid is not None else None)
    )
    show(grid)
    grid.show_schedule(second)
    grid.set_shape(other.command, other.environments, other.crons)
    wait_for(qtbot, grid, 0, 0, "No run yet")
    assert 1 not in shown  # its answer came late
    grid.show_schedule(None)
    assert texts(grid) == [["Not saved yet"] * 2]


def test_columns_share_the_width_and_do_not_shrink_below_their_text(qtbot: QtBot, grid: ScheduleGrid) -> None:
    show(grid)
    wait_for(qtbot, grid, 0, 0, "No run yet")
    view = grid.view
    assert view.horizontalScrollBar().maximum() == 0
    assert sum(view.columnWidth(column) for column in range(2)) >= view.viewport().width() - 2
    grid.resize(360, 300)
    qtbot.waitUntil(lambda: view.horizontalScrollBar().maximum() > 0, timeout=PATIENCE_MS)
    last = view.visualRect(at(grid, 1, 0))
    assert last.bottom() <= view.viewport().height()  # the bar takes no room from the rows


@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
def test_cells_are_painted_in_the_colour_of_their_state(
    qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace, theme: Theme, scheme: Qt.ColorScheme
) -> None:
    theme.use(scheme)
    write_two_runs(workspace)
    show(grid)
    wait_for(qtbot, grid, 1, 0, "Failed")
    grid.view.setCurrentIndex(at(grid, 0, 1))
    image = grid.view.viewport().grab().toImage()
    for row, tone in ((0, "good"), (1, "bad")):
        rect = grid.view.visualRect(at(grid, row, 0))
        colours = {
            image.pixelColor(QPoint(x, y)).name()
            for x in range(rect.left(), rect.left() + 120)
            for y in range(rect.top(), rect.bottom())
        }
        assert theme.colour(tone).name() in colours


def is_muted(workspace: Workspace, environment_id: int, cron_id: int = 1) -> bool:
    read = read_grid(workspace.database, workspace.clock, 1)
    assert read is not None
    return read.prospects[Cell(environment_id, cron_id)].mute is not None


def test_m_mutes_a_cell_and_the_same_key_unmutes_it(qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace) -> None:
    show(grid)
    wait_for(qtbot, grid, 0, 0, "next ")
    grid.view.setFocus()
    QTest.keyClick(grid.view, Qt.Key.Key_Down)
    QTest.keyClick(grid.view, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: is_muted(workspace, 2), timeout=PATIENCE_MS)
    assert not is_muted(workspace, 1)
    grid.refresh()
    wait_for(qtbot, grid, 1, 0, "No run yet, muted")
    look = grid.model.data(at(grid, 1, 0), LOOK_ROLE)
    assert (look.sign, look.is_muted) == ("mute", True)
    tip = str(grid.model.data(at(grid, 1, 0), Qt.ItemDataRole.ToolTipRole))
    assert "Muted by you, since " in tip
    assert button(grid, "Unmute").isEnabled()
    QTest.keyClick(grid.view, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: not is_muted(workspace, 2), timeout=PATIENCE_MS)
    grid.refresh()
    wait_for(qtbot, grid, 1, 0, "next ")
    assert button(grid, "Mute").isEnabled()


def test_several_cells_are_muted_together_and_that_is_undone(
    qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace, editing: Editing
) -> None:
    show(grid)
    wait_for(qtbot, grid, 0, 0, "next ")
    grid.view.selectAll()
    QTest.mouseClick(button(grid, "Mute"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: editing.undo_text == "Undo muting 4 cells", timeout=PATIENCE_MS)
    cells = [(environment, cron) for environment in (1, 2) for cron in (1, 2)]
    assert all(is_muted(workspace, *cell) for cell in cells)
    editing.undo()
    qtbot.waitUntil(lambda: not any(is_muted(workspace, *cell) for cell in cells), timeout=PATIENCE_MS)
    editing.redo()
    qtbot.waitUntil(lambda: all(is_muted(workspace, *cell) for cell in cells), timeout=PATIENCE_MS)


def test_a_muted_cell_still_runs_by_hand(qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace) -> None:
    workspace.queue.pause(PauseScope.cell(1, 1, 1), origin="the command line").result()
    show(grid)
    wait_for(qtbot, grid, 0, 0, "muted")
    tip = str(grid.model.data(at(grid, 0, 0), Qt.ItemDataRole.ToolTipRole))
    assert "Muted by the command line, since " in tip
    grid.view.setFocus()
    QTest.keyClick(grid.view, Qt.Key.Key_R, CONTROL)
    qtbot.waitUntil(lambda: newest(workspace) is not None, timeout=PATIENCE_MS)


def test_where_some_of_the_chosen_cells_are_muted_the_others_become_it(
    qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace
) -> None:
    workspace.queue.pause(PauseScope.cell(1, 1, 1), origin="the command line").result()
    show(grid)
    wait_for(qtbot, grid, 0, 0, "muted")
    grid.view.selectColumn(0)
    assert button(grid, "Mute").isEnabled()
    grid.view.setFocus()
    QTest.keyClick(grid.view, Qt.Key.Key_M)
    qtbot.waitUntil(lambda: is_muted(workspace, 2), timeout=PATIENCE_MS)
    assert is_muted(workspace, 1)


def test_a_cell_without_a_cron_is_never_due_and_can_not_be_muted(
    qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace
) -> None:
    by_hand = replace(SPEC, crons=())
    workspace.catalog.change(1, by_hand)
    show(grid, by_hand)
    wait_for(qtbot, grid, 0, 0, "only by hand")
    assert not button(grid, "Mute").isEnabled()
    assert button(grid, "Run now").isEnabled()


def test_a_cell_promises_no_time_while_it_is_paused(qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace) -> None:
    workspace.queue.pause(PauseScope.schedule(1), origin=WINDOW).result()
    show(grid)
    wait_for(qtbot, grid, 0, 0, "No run yet, paused")
    assert texts(grid)[0] == ["No run yet, paused"] * 2
    workspace.queue.resume(PauseScope.schedule(1), origin=WINDOW).result()
    end = workspace.clock.now() + timedelta(hours=24)
    workspace.queue.pause(until=end, origin=WINDOW).result()
    grid.refresh()
    wait_for(qtbot, grid, 0, 0, f"No run yet, paused until Wed {end.astimezone():%H:%M}")
    tip = str(grid.model.data(at(grid, 0, 0), Qt.ItemDataRole.ToolTipRole))
    assert "All schedules are paused until tomorrow " in tip
    assert "Then it runs at tomorrow " in tip


def test_a_cell_says_what_is_skipped_and_what_comes_after(
    qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace
) -> None:
    due = workspace.queue.skip_next(1, origin=WINDOW).result()
    show(grid)
    time = f"{due.astimezone():%H:%M}"
    wait_for(qtbot, grid, 0, 0, f"No run yet, skips {time}, next Wed {time}")


def test_a_jitter_is_counted_in_and_explained(qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace) -> None:
    workspace.catalog.change(1, replace(SPEC, jitter=timedelta(hours=2)))
    show(grid)
    offset = jitter_offset(1, timedelta(hours=2))
    assert offset > timedelta(minutes=1)
    start = datetime(2026, 11, 24, 9, 0, tzinfo=UTC) + offset
    wait_for(qtbot, grid, 0, 0, f"next {start.astimezone():%H:%M}")
    tip = str(grid.model.data(at(grid, 0, 0), Qt.ItemDataRole.ToolTipRole))
    assert f"starts {describe_duration(offset)} later because of the jitter" in tip


def test_nothing_more_is_read_of_a_schedule_when_a_new_one_is_shown(
    qtbot: QtBot, grid: ScheduleGrid, workspace: Workspace
) -> None:
    def pauses() -> list[QTimer]:
        return [timer for timer in grid.findChildren(QTimer) if timer.isSingleShot() and timer.isActive()]

    write_two_runs(workspace)
    show(grid)
    qtbot.waitUntil(lambda: bool(pauses()), timeout=PATIENCE_MS)
    grid.refresh()  # comes when the pause is over
    with qtbot.captureExceptions() as caught:
        grid.show_schedule(None)
        qtbot.waitUntil(lambda: not pauses(), timeout=PATIENCE_MS)
    assert not caught
