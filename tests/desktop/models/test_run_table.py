"""The table of runs on a real database: it is complete, it keeps up, and it reads little."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot
from sqlalchemy import delete, update

from core.changes import Changes
from core.history import listing
from core.history.listing import Listing, Page
from core.history.runs import Run, RunFilter
from core.queue.rows import JOBS
from core.queue.states import JobState
from core.workspace import Workspace
from desktop.models.run_rows import Column
from desktop.models.run_table import RunTable
from desktop.operations import Operations
from desktop.theme import Theme
from tests.support import FakeClock
from tests.support.jobs import write_history
from tests.support.window import PATIENCE_MS

Open = Callable[..., RunTable]


@pytest.fixture
def open_table(qtbot: QtBot, workspace: Workspace, operations: Operations, theme: Theme, clock: FakeClock) -> Open:
    def open_it(which: RunFilter | None = None, *, checked: bool = True) -> RunTable:
        table = RunTable(
            listing=Listing(workspace.database), operations=operations, theme=theme, clock=clock, parent=operations
        )
        if checked:
            # Fails the test when the model breaks its promises to views; it looks at every row again and again.
            QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Fatal, table)
        with qtbot.waitSignal(table.settled, timeout=PATIENCE_MS):
            table.show(which or RunFilter())
        return table

    return open_it


def text(table: RunTable, row: int, column: Column = Column.COMMAND) -> str | None:
    shown: str | None = table.data(table.index(row, column))
    return shown


def wait_for_text(qtbot: QtBot, table: RunTable, row: int, expected: str, column: Column = Column.COMMAND) -> None:
    qtbot.waitUntil(lambda: text(table, row, column) == expected, timeout=PATIENCE_MS)


def change_state(workspace: Workspace, job_id: int, state: JobState) -> None:
    workspace.database.write(
        lambda tx: tx.connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(state=state))
    )


def test_an_empty_history_is_an_empty_table(open_table: Open) -> None:
    table = open_table()
    assert table.rowCount() == 0
    assert table.run_at(0) is None


def test_all_rows_are_there_and_any_of_them_can_be_read(
    qtbot: QtBot, workspace: Workspace, open_table: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FIRST_SPAN", 500)
    monkeypatch.setattr(listing, "SPAN", 1000)
    write_history(workspace, 5000, lambda number: {"command_name": f"sheep {number + 1}"})
    table = open_table(checked=False)
    assert table.rowCount() == 5000
    assert text(table, 0) == "sheep 5000"  # read with the first look
    for row in (4999, 2500, 300):
        wait_for_text(qtbot, table, row, f"sheep {5000 - row}")


def test_new_runs_come_on_top_and_the_rest_moves_down(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 300)
    table = open_table()
    inserted: list[tuple[int, int]] = []
    table.rowsInserted.connect(lambda _parent, first, last: inserted.append((first, last)))
    for name in ("first", "second"):
        write_history(workspace, 1, lambda _number: {"command_name": name})  # noqa: B023  (called at once)
        table.refresh(0, 20)
        wait_for_text(qtbot, table, 0, name)
    assert inserted == [(0, 0), (0, 0)]
    assert [text(table, row) for row in range(3)] == ["second", "first", "count sheep"]
    assert table.rowCount() == 302


def test_a_refresh_during_the_first_look_shows_nothing_twice(
    qtbot: QtBot, workspace: Workspace, operations: Operations, theme: Theme, clock: FakeClock
) -> None:
    write_history(workspace, 100)
    listing_ = Listing(workspace.database)
    table = RunTable(listing=listing_, operations=operations, theme=theme, clock=clock, parent=operations)
    answered: list[None] = []
    table.show(RunFilter())
    table.refresh(0, 10)
    operations.ask(table, lambda: None, answered.append)
    qtbot.waitUntil(lambda: bool(answered) and table.is_settled, timeout=PATIENCE_MS)
    assert table.rowCount() == 100


def test_a_changed_run_is_painted_anew(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 10, lambda number: {"state": JobState.EXECUTING} if number == 7 else {})
    table = open_table()
    assert text(table, 2, Column.STATE) == "Running"
    change_state(workspace, 8, JobState.COMPLETED)
    with qtbot.waitSignal(table.dataChanged, timeout=PATIENCE_MS):
        table.refresh(0, 9)
    assert text(table, 2, Column.STATE) == "Succeeded"


def test_a_filter_shows_what_passes_it(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 1000, lambda number: {"command_name": "goat"} if number % 100 == 0 else {})
    table = open_table(RunFilter(text="GOAT"))
    assert table.rowCount() == 10
    with qtbot.waitSignal(table.settled, timeout=PATIENCE_MS):
        table.show(RunFilter())
    assert table.rowCount() == 1000


def test_a_run_that_no_longer_passes_the_filter_leaves(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 10, lambda number: {"state": JobState.EXECUTING} if number >= 7 else {})
    table = open_table(RunFilter(states=[JobState.EXECUTING]))
    assert table.rowCount() == 3
    change_state(workspace, 9, JobState.COMPLETED)
    table.refresh(0, 2)
    qtbot.waitUntil(lambda: table.rowCount() == 2, timeout=PATIENCE_MS)
    assert [run.id for row in range(2) if (run := table.run_at(row))] == [10, 8]


def test_pruned_runs_leave(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 100)
    table = open_table()
    workspace.database.write(lambda tx: tx.connection.execute(delete(JOBS).where(JOBS.c.id <= 40)))
    table.refresh(0, 20)
    qtbot.waitUntil(lambda: table.rowCount() == 60, timeout=PATIENCE_MS)


def test_a_run_is_found_by_its_id(workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 100)
    table = open_table()
    assert table.row_of(100) == 0
    assert table.row_of(60) == 40
    assert table.row_of(101) is None


def test_a_running_run_says_how_long_by_now(workspace: Workspace, open_table: Open, clock: FakeClock) -> None:
    started = {"state": JobState.EXECUTING, "duration": None, "finished_at": None, "started_at": clock.now()}
    write_history(workspace, 1, lambda _number: started)
    table = open_table()
    clock.advance(timedelta(seconds=75))
    assert text(table, 0, Column.DURATION) == "1 min 15 s"


def test_what_is_scrolled_past_is_not_read(
    qtbot: QtBot, workspace: Workspace, open_table: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_history(workspace, 20_000)
    table = open_table(checked=False)
    reads: list[int] = []
    rows = table._listing.rows

    def counted(which: RunFilter, page: Page) -> list[Run]:
        reads.append(page.newest_id)
        return rows(which, page)

    monkeypatch.setattr(table._listing, "rows", counted)
    for row in range(1000, 20_000, 300):
        text(table, row)
    wait_for_text(qtbot, table, 19_900, "count sheep")
    qtbot.waitUntil(lambda: not table._wanted, timeout=PATIENCE_MS)
    assert len(reads) < 10


def test_states_are_told_by_word_and_icon(workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 1)
    table = open_table()
    index = table.index(0, Column.STATE)
    assert table.data(index) == "Succeeded"
    assert not table.data(index, Qt.ItemDataRole.DecorationRole).isNull()
    assert table.data(table.index(0, Column.COMMAND), Qt.ItemDataRole.DecorationRole) is None
    assert table.rowCount(index) == 0
    assert table.columnCount(QModelIndex()) == len(Column)


def test_nothing_of_an_old_filter_arrives_late(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 3000, lambda number: {"command_name": "goat"} if number < 5 else {})
    table = open_table()
    table.refresh(0, 10)
    table.show(RunFilter(text="goat"))
    workspace.changes.publish(Changes(jobs=True))
    qtbot.waitUntil(lambda: table.is_settled and table.rowCount() == 5, timeout=PATIENCE_MS)
    assert text(table, 0) == "goat"
