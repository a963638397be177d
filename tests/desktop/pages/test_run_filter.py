"""The filters of the runs: by schedule, time and origin, kept between two starts, and saved by name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDateTime, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, Kind, ScheduleSpec
from core.queue.states import Origin
from core.workspace import Workspace
from desktop.application import Session
from desktop.models.run_choice import RunChoice
from desktop.pages.run_saved import NameDialog
from desktop.pages.runs import RunsPage
from tests.desktop.pages.conftest import OpenSession
from tests.support.jobs import write_history
from tests.support.window import PATIENCE_MS

LEFT = Qt.MouseButton.LeftButton


def runs_page(session: Session) -> RunsPage:
    page = session.window.page("runs")
    assert isinstance(page, RunsPage)
    return page


def wait_for_count(qtbot: QtBot, page: RunsPage, count: int) -> None:
    qtbot.waitUntil(lambda: page.table.is_settled and page.table.rowCount() == count, timeout=PATIENCE_MS)


def choose(chooser: QComboBox, text: str) -> None:
    """Choose by the keyboard."""
    chooser.setFocus()
    while chooser.currentText() != text:
        before = chooser.currentIndex()
        QTest.keyClick(chooser, Qt.Key.Key_Down if before < chooser.findText(text) else Qt.Key.Key_Up)
        assert chooser.currentIndex() != before


def action(page: RunsPage, text: str) -> QAction:
    return next(each for each in page.filter.saved.fill().actions() if each.text().replace("&", "") == text)


def fill_name(qtbot: QtBot, page: RunsPage, name: str) -> NameDialog:
    qtbot.waitUntil(lambda: bool(page.filter.saved.findChildren(NameDialog)), timeout=PATIENCE_MS)
    dialog = page.filter.saved.findChildren(NameDialog)[0]
    assert isinstance(dialog, NameDialog)
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, name)
    return dialog


def save_filter(qtbot: QtBot, page: RunsPage, name: str) -> None:
    action(page, "Save this filter…").trigger()
    dialog = fill_name(qtbot, page, name)
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not page.filter.saved.findChildren(NameDialog), timeout=PATIENCE_MS)


def two_schedules(workspace: Workspace) -> None:
    workspace.catalog.create(CommandSpec(name="count", run="true"))
    ids = [
        workspace.catalog.create(ScheduleSpec(name=name, command="count", environments=(), crons=()))
        for name in ("morning", "evening")
    ]

    def change(number: int) -> dict[str, Any]:
        schedule = {"schedule_id": ids[number % 2], "schedule_name": ("morning", "evening")[number % 2]}
        return schedule if number < 20 else {"schedule_id": None, "schedule_name": None, "origin": Origin.MANUAL}

    write_history(workspace, 25, change)


def test_runs_are_filtered_by_schedule_and_by_origin(qtbot: QtBot, open_window: OpenSession) -> None:
    page = runs_page(open_window(two_schedules))
    wait_for_count(qtbot, page, 25)
    qtbot.waitUntil(lambda: page.filter.schedule.count() == 3, timeout=PATIENCE_MS)
    choose(page.filter.schedule, "evening")
    wait_for_count(qtbot, page, 10)
    choose(page.filter.origin, "By hand")
    qtbot.waitUntil(lambda: page.lists.currentWidget() is page.no_match, timeout=PATIENCE_MS)
    choose(page.filter.schedule, "All schedules")
    wait_for_count(qtbot, page, 5)
    QTest.mouseClick(page.filter.clear_button, LEFT)
    wait_for_count(qtbot, page, 25)
    assert not page.filter.clear_button.isVisible()


def test_the_chosen_schedule_stays_when_it_is_deleted(qtbot: QtBot, open_window: OpenSession) -> None:
    page = runs_page(open_window(two_schedules))
    qtbot.waitUntil(lambda: page.filter.schedule.count() == 3, timeout=PATIENCE_MS)
    choose(page.filter.schedule, "evening")
    wait_for_count(qtbot, page, 10)
    catalog = page.desk.workspace.catalog
    catalog.delete(Kind.SCHEDULE, catalog.schedule("morning").id)
    catalog.delete(Kind.SCHEDULE, catalog.schedule("evening").id)
    qtbot.waitUntil(lambda: page.filter.schedule.findText("morning") < 0, timeout=PATIENCE_MS)
    assert page.filter.schedule.currentText() == "evening"
    assert page.table.rowCount() == 10


def old_and_new(workspace: Workspace) -> None:
    now = workspace.clock.now()
    ages = [timedelta(days=30), timedelta(days=3), timedelta(hours=30), timedelta(minutes=1)]
    write_history(workspace, len(ages), lambda number: {"created_at": now - ages[number]})


def test_runs_are_filtered_by_time(qtbot: QtBot, open_window: OpenSession) -> None:
    page = runs_page(open_window(old_and_new))
    wait_for_count(qtbot, page, 4)
    choose(page.filter.span, "Last 24 hours")
    wait_for_count(qtbot, page, 1)
    choose(page.filter.span, "Last 7 days")
    wait_for_count(qtbot, page, 3)
    assert not page.filter.between.isVisible()
    choose(page.filter.span, "From … to …")
    assert page.filter.between.isVisible()
    now = QDateTime.currentDateTime()
    page.filter.since.setDateTime(now.addDays(-31))
    page.filter.until.setDateTime(now.addDays(-2))
    wait_for_count(qtbot, page, 2)


def test_an_end_before_the_beginning_can_not_be_chosen(qtbot: QtBot, open_window: OpenSession) -> None:
    bar = runs_page(open_window()).filter
    bar.since.setDateTime(QDateTime.currentDateTime())
    bar.until.setDateTime(QDateTime.currentDateTime().addDays(-9))
    assert bar.until.dateTime() >= bar.since.dateTime()


def test_the_filter_is_as_it_was_at_the_next_start(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(two_schedules)
    page = runs_page(session)
    qtbot.waitUntil(lambda: page.filter.schedule.count() == 3, timeout=PATIENCE_MS)
    choose(page.filter.schedule, "evening")
    choose(page.filter.states, "Succeeded")
    choose(page.filter.span, "Today")
    kept = page.filter.choice
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.end("the test asks", 0.0)
    again = runs_page(open_window())
    assert again.filter.choice == kept
    assert again.filter.schedule.currentText() == "evening"
    assert kept.schedule_id is not None


def test_a_filter_is_saved_chosen_renamed_and_deleted(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(two_schedules)
    page = runs_page(session)
    wait_for_count(qtbot, page, 25)
    assert not action(page, "Save this filter…").isEnabled()
    choose(page.filter.origin, "By hand")
    save_filter(qtbot, page, "mine & yours")
    assert action(page, "mine  yours").isChecked()
    QTest.mouseClick(page.filter.clear_button, LEFT)
    wait_for_count(qtbot, page, 25)
    action(page, "mine  yours").trigger()
    wait_for_count(qtbot, page, 5)
    action(page, "Rename “mine  yours”…").trigger()
    dialog = fill_name(qtbot, page, "by me")
    QTest.mouseClick(dialog.save_button, LEFT)
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.end("the test asks", 0.0)
    again = runs_page(open_window())
    assert again.filter.saved.names == ["by me"]
    action(again, "Delete “by me”").trigger()
    assert again.filter.saved.names == []
    assert again.filter.choice == RunChoice(origin="hand")


def test_a_filter_that_got_a_name_is_on_the_disk_at_once(qtbot: QtBot, open_window: OpenSession) -> None:
    page = runs_page(open_window())
    kept = Path(page.desk.memory.fileName())
    choose(page.filter.states, "Failed")
    save_filter(qtbot, page, "bad ones")
    assert "bad ones" in kept.read_text("utf-8")
    action(page, "Rename “bad ones”…").trigger()
    QTest.mouseClick(fill_name(qtbot, page, "worse").save_button, LEFT)
    assert "worse" in kept.read_text("utf-8")
    assert "bad ones" not in kept.read_text("utf-8")
    action(page, "Delete “worse”").trigger()
    assert "worse" not in kept.read_text("utf-8")


def test_two_filters_can_not_have_one_name(qtbot: QtBot, open_window: OpenSession) -> None:
    page = runs_page(open_window())
    choose(page.filter.states, "Failed")
    save_filter(qtbot, page, "bad")
    choose(page.filter.states, "Skipped")
    action(page, "Save this filter…").trigger()
    dialog = fill_name(qtbot, page, "Bad")
    assert dialog.problem == "There is a filter of this name already."
    assert not dialog.save_button.isEnabled()
    QTest.keyClicks(dialog.name, "der")
    assert dialog.problem == ""
    QTest.keyClick(dialog.name, Qt.Key.Key_Escape)
    assert page.filter.saved.names == ["bad"]
