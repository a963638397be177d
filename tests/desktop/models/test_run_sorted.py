"""The table of runs in other orders than the newest first, on a real database: right, live, and holding little."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot
from sqlalchemy import delete, update

from core.history import listing, ordering
from core.history.listing import Listing
from core.history.ordering import NEWEST_FIRST, OLDEST_FIRST, RunOrder, SortKey
from core.history.runs import RunFilter
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

LONGEST = RunOrder(SortKey.DURATION, descending=True)
BY_STATE = RunOrder(SortKey.STATE, descending=False)


@pytest.fixture
def open_table(qtbot: QtBot, workspace: Workspace, operations: Operations, theme: Theme, clock: FakeClock) -> Open:
    def open_it(order: RunOrder, which: RunFilter | None = None, *, checked: bool = True) -> RunTable:
        table = RunTable(
            listing=Listing(workspace.database), operations=operations, theme=theme, clock=clock, parent=operations
        )
        if checked:
            QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Fatal, table)
        with qtbot.waitSignal(table.settled, timeout=PATIENCE_MS):
            table.show(which or RunFilter(), order)
        return table

    return open_it


def ids(table: RunTable, count: int | None = None) -> list[int]:
    found = [table.run_at(row) for row in range(table.rowCount() if count is None else count)]
    return [run.id for run in found if run is not None]


def wait_for_ids(qtbot: QtBot, table: RunTable, expected: list[int]) -> None:
    qtbot.waitUntil(lambda: ids(table) == expected, timeout=PATIENCE_MS)


def change(workspace: Workspace, job_id: int, **values: object) -> None:
    workspace.database.write(lambda tx: tx.connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(**values)))


def seconds(*durations: int) -> Callable[[int], dict[str, object]]:
    return lambda number: {"duration": timedelta(seconds=durations[number % len(durations)])}


def test_the_oldest_come_first_and_any_row_can_be_read(
    qtbot: QtBot, workspace: Workspace, open_table: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FIRST_SPAN", 500)
    monkeypatch.setattr(listing, "SPAN", 1000)
    write_history(workspace, 5000, lambda number: {"command_name": f"sheep {number + 1}"})
    table = open_table(OLDEST_FIRST, checked=False)
    assert table.rowCount() == 5000
    for row in (0, 4999, 2500, 300):
        name = f"sheep {row + 1}"
        qtbot.waitUntil(lambda: table.text_at(row, Column.COMMAND) == name, timeout=PATIENCE_MS)  # noqa: B023  (at once)


def test_new_runs_join_the_end_where_the_oldest_come_first(
    qtbot: QtBot, workspace: Workspace, open_table: Open
) -> None:
    write_history(workspace, 300)
    table = open_table(OLDEST_FIRST)
    inserted: list[tuple[int, int]] = []
    table.rowsInserted.connect(lambda _parent, first, last: inserted.append((first, last)))
    for number in (301, 302):
        write_history(workspace, 1)
        table.refresh(280, 300)
        qtbot.waitUntil(lambda: ids(table)[-1:] == [number], timeout=PATIENCE_MS)  # noqa: B023  (called at once)
    assert inserted == [(300, 300), (301, 301)]
    assert ids(table) == list(range(1, 303))
    assert table.rows_of([1, 301, 999]) == {1: 0, 301: 300}


def test_what_comes_into_the_end_of_a_list_by_state_is_seen(
    qtbot: QtBot, workspace: Workspace, open_table: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FIRST_SPAN", 500)
    write_history(workspace, 2000, lambda number: {"state": JobState.DISCARDED} if number % 100 == 0 else {})
    table = open_table(OLDEST_FIRST, RunFilter(states=[JobState.DISCARDED]))
    assert table.rowCount() == 20
    resets: list[None] = []
    table.modelReset.connect(lambda: resets.append(None))
    with qtbot.waitSignal(table.rows_read, timeout=PATIENCE_MS):
        table.refresh(0, 9)
    assert resets == []  # nothing has changed
    change(workspace, 1950, state=JobState.DISCARDED)
    table.refresh(0, 9)
    qtbot.waitUntil(lambda: table.rowCount() == 21, timeout=PATIENCE_MS)
    table.fetch([1950])
    qtbot.waitUntil(lambda: table.row_of(1950) == 20, timeout=PATIENCE_MS)


def test_the_longest_come_first_and_equals_by_their_coming(workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 6, seconds(1, 3, 2))
    table = open_table(LONGEST)
    assert ids(table) == [5, 2, 6, 3, 4, 1]
    assert table.row_of(3) == 3


def test_all_pages_of_a_sorted_list_can_be_read(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 2000, lambda number: {"duration": timedelta(seconds=number + 1)})
    table = open_table(RunOrder(SortKey.DURATION, descending=False), checked=False)
    assert table.rowCount() == 2000
    for row in (0, 1999, 1000):
        qtbot.waitUntil(lambda: table.text_at(row, Column.COMMAND) is not None, timeout=PATIENCE_MS)  # noqa: B023  (at once)
        run = table.run_at(row)
        assert run is not None
        assert run.id == row + 1


def test_a_new_run_is_sorted_in(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 4, seconds(1, 3))
    table = open_table(LONGEST)
    write_history(workspace, 1, seconds(2))
    table.refresh(0, 3)
    wait_for_ids(qtbot, table, [4, 2, 5, 3, 1])


def test_a_run_moves_when_what_sorts_it_changes(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 4)
    table = open_table(BY_STATE)
    assert ids(table) == [4, 3, 2, 1]
    change(workspace, 2, state=JobState.DISCARDED, outcome="failed")
    table.refresh(0, 3)
    wait_for_ids(qtbot, table, [2, 4, 3, 1])
    assert table.text_at(0, Column.STATE) == "Failed"


def test_rows_are_renewed_in_place_where_the_order_stays(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 4, seconds(1, 2, 3, 4))
    table = open_table(LONGEST)
    resets: list[None] = []
    table.modelReset.connect(lambda: resets.append(None))
    change(workspace, 3, state=JobState.DISCARDED, outcome="failed")
    with qtbot.waitSignals([table.rows_read, table.rows_read], timeout=PATIENCE_MS):  # the rows, and the order
        table.refresh(0, 3)
    assert table.text_at(1, Column.STATE) == "Failed"
    assert resets == []


def test_pruned_runs_leave_a_sorted_list(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 6, seconds(1, 3, 2))
    table = open_table(LONGEST)
    workspace.database.write(lambda tx: tx.connection.execute(delete(JOBS).where(JOBS.c.id <= 3)))
    table.refresh(0, 5)
    wait_for_ids(qtbot, table, [5, 6, 4])


def test_only_the_newest_are_sorted(workspace: Workspace, open_table: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    write_history(workspace, 20, lambda number: {"duration": timedelta(seconds=100 - number)})
    in_order = ordering.sorted_ids
    monkeypatch.setattr(listing, "sorted_ids", lambda *asked: in_order(*asked, most=5))
    table = open_table(LONGEST)
    assert ids(table) == [16, 17, 18, 19, 20]
    assert table.is_too_old(15)
    assert not table.is_too_old(16)
    assert not table.is_too_old(21)  # it will come


def test_chosen_rows_of_a_sorted_list_are_those_that_are_acted_on(workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 6, seconds(1, 3, 2))
    table = open_table(LONGEST)
    assert [run.id for run in table.pick([(0, 0), (3, 4)]).read()] == [5, 4, 3]


def test_chosen_rows_where_the_oldest_come_first_are_those_that_are_acted_on(
    workspace: Workspace, open_table: Open
) -> None:
    write_history(workspace, 1000)
    table = open_table(OLDEST_FIRST, checked=False)
    assert [run.id for run in table.pick([(0, 1), (700, 701)]).read()] == [702, 701, 2, 1]


def test_headings_say_aloud_how_they_sort(workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 1)
    table = open_table(LONGEST)

    def spoken(column: Column) -> str:
        return str(table.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole))

    assert spoken(Column.DURATION) == "Duration, sorted, longest first"
    assert spoken(Column.STARTED) == "Started"
    table.show(RunFilter(), NEWEST_FIRST)
    assert spoken(Column.STARTED) == "Started, sorted, newest first"


def test_another_order_holds_under_the_next_filter(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(
        workspace, 6, lambda number: {**seconds(1, 3, 2)(number), "command_name": "goat" if number else "cow"}
    )
    table = open_table(LONGEST)
    table.show(RunFilter(text="goat"))
    wait_for_ids(qtbot, table, [5, 2, 6, 3, 4])


def test_back_at_the_newest_first_all_are_there(qtbot: QtBot, workspace: Workspace, open_table: Open) -> None:
    write_history(workspace, 6, seconds(1, 3, 2))
    table = open_table(LONGEST)
    table.show(RunFilter(), NEWEST_FIRST)
    wait_for_ids(qtbot, table, [6, 5, 4, 3, 2, 1])
