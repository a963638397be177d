"""The list of runs sorted by its headings, by its menu and by name, as a person does it."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sqlalchemy import update

from core.changes import Changes
from core.history import listing, ordering
from core.history.ordering import NEWEST_FIRST, OLDEST_FIRST, RunOrder, SortKey
from core.queue.rows import JOBS
from core.queue.states import JobState
from core.workspace import Workspace
from desktop.application import Session
from desktop.models.run_rows import Column
from desktop.pages import runs_sorting
from desktop.pages.runs import RunsPage
from tests.desktop.pages.conftest import OpenSession
from tests.support.jobs import write_history
from tests.support.window import PATIENCE_MS

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell"),
    pytest.mark.qt_log_ignore("This plugin does not support"),
]

LEFT = Qt.MouseButton.LeftButton
LONGEST = RunOrder(SortKey.DURATION, descending=True)


def runs_page(session: Session) -> RunsPage:
    page = session.window.page("runs")
    assert isinstance(page, RunsPage)
    return page


def ids(page: RunsPage, count: int) -> list[int]:
    found = [page.table.run_at(row) for row in range(min(count, page.table.rowCount()))]
    return [run.id for run in found if run is not None]


def wait_for_ids(qtbot: QtBot, page: RunsPage, *expected: int) -> None:
    qtbot.waitUntil(lambda: page.table.is_settled and ids(page, len(expected)) == list(expected), timeout=PATIENCE_MS)


def click_heading(page: RunsPage, column: Column) -> None:
    header = page.view.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + 16, header.height() // 2)
    QTest.mouseClick(header.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)


def arrow(page: RunsPage) -> tuple[Column, bool]:
    header = page.view.horizontalHeader()
    assert header.isSortIndicatorShown()
    return Column(header.sortIndicatorSection()), header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder


def ticked(page: RunsPage) -> list[str]:
    return [action.text().replace("&", "") for action in page.sorting.menu.actions() if action.isChecked()]


def three(workspace: Workspace) -> None:
    write_history(workspace, 3, lambda number: {"duration": timedelta(seconds=[20, 30, 10][number])})


def many(workspace: Workspace) -> None:
    write_history(workspace, 200, lambda number: {"duration": timedelta(seconds=1000 - number)})


def test_clicks_on_a_heading_sort_reverse_and_lead_back(qtbot: QtBot, open_window: OpenSession) -> None:
    page = runs_page(open_window(three))
    wait_for_ids(qtbot, page, 3, 2, 1)
    assert arrow(page) == (Column.STARTED, True)
    assert not page.sorting.line.isVisible()
    click_heading(page, Column.DURATION)
    wait_for_ids(qtbot, page, 2, 1, 3)
    assert arrow(page) == (Column.DURATION, True)
    assert page.sorting.line.isVisible()
    assert page.sorting.text == "Sorted by duration, longest first"
    assert page.view.chosen_count == 1  # a press on the heading has not chosen all
    click_heading(page, Column.DURATION)
    wait_for_ids(qtbot, page, 3, 1, 2)
    assert arrow(page) == (Column.DURATION, False)
    assert page.sorting.text == "Sorted by duration, shortest first"
    click_heading(page, Column.DURATION)
    wait_for_ids(qtbot, page, 3, 2, 1)
    assert arrow(page) == (Column.STARTED, True)
    assert not page.sorting.line.isVisible()


@pytest.mark.parametrize("column", [Column.DUE, Column.STARTED])
def test_a_click_on_a_time_turns_the_list_round(qtbot: QtBot, open_window: OpenSession, column: Column) -> None:
    session = open_window(three)
    session.window.resize(1400, 800)  # so that all columns are there
    page = runs_page(session)
    wait_for_ids(qtbot, page, 3, 2, 1)
    qtbot.waitUntil(lambda: not page.view.isColumnHidden(column), timeout=PATIENCE_MS)
    click_heading(page, column)
    wait_for_ids(qtbot, page, 1, 2, 3)
    assert arrow(page) == (column, False)
    assert page.sorting.text == "Sorted by when they came, oldest first"
    click_heading(page, column)
    wait_for_ids(qtbot, page, 3, 2, 1)
    assert arrow(page) == (column, True)


def test_the_chosen_run_stays_chosen_and_the_top_is_seen(qtbot: QtBot, open_window: OpenSession) -> None:
    page = runs_page(open_window(many))
    wait_for_ids(qtbot, page, 200, 199)
    page.view.verticalScrollBar().setValue(300)
    click_heading(page, Column.DURATION)
    wait_for_ids(qtbot, page, 1, 2)
    qtbot.waitUntil(lambda: page.view.currentIndex().row() == 199, timeout=PATIENCE_MS)
    assert page.view.spans == [(199, 199)]
    assert page.view.verticalScrollBar().value() == 0
    assert page._chosen is not None
    assert page._chosen.id == 200


def test_the_keyboard_sorts_by_the_menu_and_leads_back(qtbot: QtBot, open_window: OpenSession) -> None:
    page = runs_page(open_window(three))
    wait_for_ids(qtbot, page, 3, 2, 1)
    assert page.sorting.menu.menuAction() in page.view.actions()
    menu = page.sorting.menu
    menu.popup(page.mapToGlobal(QPoint(100, 100)))
    assert ticked(page) == ["Newest first"]
    QTest.keyClick(menu, Qt.Key.Key_D)
    wait_for_ids(qtbot, page, 2, 1, 3)
    assert ticked(page) == ["Duration"]
    page.sorting.reverse.trigger()
    wait_for_ids(qtbot, page, 3, 1, 2)
    assert ticked(page) == ["Duration"]
    page.sorting.back_button.setFocus()
    QTest.keyClick(page.sorting.back_button, Qt.Key.Key_Space)
    wait_for_ids(qtbot, page, 3, 2, 1)
    assert page.window().focusWidget() is page.view
    assert ticked(page) == ["Newest first"]


def test_what_is_ticked_stays_ticked_when_it_is_chosen_again(qtbot: QtBot, open_window: OpenSession) -> None:
    page = runs_page(open_window(three))
    wait_for_ids(qtbot, page, 3, 2, 1)
    offers = {name: action for name, action in page.first_actions() if name.startswith("Sort runs")}
    offers["Sort runs: Oldest first"].trigger()
    wait_for_ids(qtbot, page, 1, 2, 3)
    offers["Sort runs: Oldest first"].trigger()
    assert page.table.order == OLDEST_FIRST
    assert ticked(page) == ["Oldest first"]
    assert len(offers) == len(SortKey) + 2


def test_the_order_is_kept_between_starts(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(three)
    page = runs_page(session)
    wait_for_ids(qtbot, page, 3, 2, 1)
    click_heading(page, Column.DURATION)
    wait_for_ids(qtbot, page, 2, 1, 3)
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.end("the test asks", 0.0)
    page = runs_page(open_window(three))
    wait_for_ids(qtbot, page, 5, 2, 4, 1)
    assert arrow(page) == (Column.DURATION, True)
    assert page.sorting.line.isVisible()


def few_are_sorted(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    in_order = ordering.sorted_ids
    monkeypatch.setattr(listing, "sorted_ids", lambda *asked: in_order(*asked, most=most))
    monkeypatch.setattr(runs_sorting, "MOST_SORTED", most)


def test_the_line_says_how_many_are_sorted_and_how_many_there_are(
    qtbot: QtBot, open_window: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_are_sorted(monkeypatch, 50)
    page = runs_page(open_window(many))
    wait_for_ids(qtbot, page, 200, 199)
    click_heading(page, Column.DURATION)
    wait_for_ids(qtbot, page, 151, 152)
    expected = "Sorted by duration, longest first: the newest 50 of 200 runs"
    qtbot.waitUntil(lambda: page.sorting.text == expected, timeout=PATIENCE_MS)


def test_a_run_that_is_too_old_to_be_sorted_is_shown_all_the_same(
    qtbot: QtBot, open_window: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_are_sorted(monkeypatch, 50)
    page = runs_page(open_window(many))
    wait_for_ids(qtbot, page, 200, 199)
    click_heading(page, Column.DURATION)
    wait_for_ids(qtbot, page, 151, 152)
    page.choose(160)
    qtbot.waitUntil(lambda: page.view.currentIndex().row() == 9, timeout=PATIENCE_MS)
    assert page.table.order == LONGEST
    page.choose(20)
    qtbot.waitUntil(lambda: page.view.currentIndex().row() == 180, timeout=PATIENCE_MS)
    assert page.table.order == NEWEST_FIRST
    assert page._chosen is not None
    assert page._chosen.id == 20


def test_what_is_read_stays_where_it_is_when_runs_are_sorted_in(qtbot: QtBot, open_window: OpenSession) -> None:
    page = runs_page(open_window(many))
    wait_for_ids(qtbot, page, 200, 199)
    click_heading(page, Column.DURATION)
    wait_for_ids(qtbot, page, 1, 2)
    view = page.view
    view.verticalScrollBar().setValue(1515)
    place = view.visualRect(page.table.index(55, 0)).center()
    QTest.mouseClick(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)
    before = view.visualRect(view.currentIndex()).top()
    rows: dict[str, Any] = {"duration": timedelta(seconds=5000)}
    write_history(page.desk.workspace, 7, lambda _number: rows)
    wait_for_ids(qtbot, page, 207, 206, 205, 204, 203, 202, 201, 1)
    qtbot.waitUntil(lambda: view.currentIndex().row() == 62, timeout=PATIENCE_MS)
    assert view.spans == [(62, 62)]
    assert view.visualRect(view.currentIndex()).top() == before


def test_the_list_does_not_follow_one_run_that_goes_elsewhere(qtbot: QtBot, open_window: OpenSession) -> None:
    page = runs_page(open_window(many))
    wait_for_ids(qtbot, page, 200, 199)
    click_heading(page, Column.STATE)
    bar = page.view.verticalScrollBar()
    qtbot.waitUntil(lambda: page.sorting.text == "Sorted by state, failed first", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bar.value() == 0 and page.table.is_settled, timeout=PATIENCE_MS)
    bar.setValue(50 * 30)
    top = page.table.run_at(50)
    assert top is not None
    workspace = page.desk.workspace

    def fail(tx: Any) -> None:
        tx.connection.execute(update(JOBS).where(JOBS.c.id == top.id).values(state=JobState.DISCARDED))
        tx.changed(Changes(jobs=True))

    workspace.database.write(fail)
    wait_for_ids(qtbot, page, top.id)
    assert abs(bar.value() - 50 * 30) <= 30
