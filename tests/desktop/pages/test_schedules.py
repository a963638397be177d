"""The page of the schedules, driven as a person does: from nothing to a cell that failed and is retried."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.catalog.records import ScheduleRecord
from core.catalog.specs import CronSpec, EnvironmentSpec, ScheduleSpec
from core.dispatch.dispatcher import Dispatcher
from core.queue.states import JobState
from core.workspace import Workspace
from desktop.application import Session
from desktop.forms.schedule_fields import NamePick
from desktop.forms.schedule_form import ScheduleForm
from desktop.pages.catalog_page import CatalogPage
from desktop.pages.runs import RunsPage
from desktop.pages.schedules import SchedulesPage
from tests.desktop.pages.conftest import OpenSession
from tests.support import FakeClock
from tests.support.catalog import open_desk
from tests.support.window import PATIENCE_MS, add_command, newest, open_theme

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell"),
    pytest.mark.qt_log_ignore("This plugin does not support"),
]
CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def open_page(session: Session) -> SchedulesPage:
    window = session.window
    window.open_page(list(window.pages).index("schedules"))
    page = window.page("schedules")
    assert isinstance(page, SchedulesPage)
    return page


def form_of(page: SchedulesPage) -> ScheduleForm:
    assert isinstance(page.form, ScheduleForm)
    return page.form


def prepare(workspace: Workspace, run: str = "true") -> None:
    add_command(workspace, "sync", run)
    add_command(workspace, "clean up", "true")
    for name in ("home", "work"):
        workspace.catalog.create(EnvironmentSpec(name=name))
    for name, expression in (("morning", "0 9 * * *"), ("evening", "0 21 * * *")):
        workspace.catalog.create(CronSpec(name=name, expression=expression))


def prepare_schedule(workspace: Workspace, run: str = "true") -> None:
    prepare(workspace, run)
    workspace.catalog.create(
        ScheduleSpec(name="keep in step", command="sync", environments=("home", "work"), crons=("morning",))
    )


def schedules(page: SchedulesPage) -> list[ScheduleRecord]:
    return page.desk.workspace.catalog.schedules()


def button(page: SchedulesPage, name: str) -> QPushButton:
    return next(each for each in form_of(page).grid.findChildren(QPushButton) if each.accessibleName() == name)


def wait_for_cell(qtbot: QtBot, page: SchedulesPage, row: int, text: str) -> None:
    model = form_of(page).grid.model
    qtbot.waitUntil(
        lambda: model.rowCount() > row and text in str(model.data(model.index(row, 0))), timeout=PATIENCE_MS
    )


def shows_only(page: SchedulesPage, name: str) -> bool:
    return page.table.rowCount() == 1 and page.table.data(page.table.index(0, 0)) == name


def tick(pick: NamePick, name: str) -> None:
    pick.list.setFocus()
    QTest.keyClick(pick.list, Qt.Key.Key_Home)
    for _ in range(pick.list.topLevelItemCount()):
        item = pick.list.currentItem()
        if item is not None and item.text(0) == name:
            QTest.keyClick(pick.list, Qt.Key.Key_Space)
            return
        QTest.keyClick(pick.list, Qt.Key.Key_Down)
    pytest.fail(f"{name} is not there")


def test_a_schedule_is_made_by_the_keyboard_alone(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(open_window(prepare))
    form = form_of(page)
    qtbot.waitUntil(page.first_button.isVisible, timeout=PATIENCE_MS)
    qtbot.waitUntil(page.first_button.hasFocus, timeout=PATIENCE_MS)
    QTest.keyClick(page.first_button, Qt.Key.Key_Space)
    qtbot.waitUntil(form.name.hasFocus, timeout=PATIENCE_MS)
    QTest.keyClicks(form.name, "keep in step")
    QTest.keyClick(form.name, Qt.Key.Key_Tab)
    assert form.command.hasFocus()
    QTest.keyClicks(focused(), "sync")
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    assert focused() is form.crons.list
    tick(form.crons, "morning")
    QTest.keyClick(form.crons.list, Qt.Key.Key_Tab)
    assert focused() is form.environments.list
    tick(form.environments, "home")
    tick(form.environments, "work")
    wait_for_cell(qtbot, page, 1, "Not saved yet")
    qtbot.waitUntil(page.panel.save_button.isEnabled, timeout=PATIENCE_MS)
    QTest.keyClick(form.environments.list, Qt.Key.Key_S, CONTROL)
    wait_for_cell(qtbot, page, 1, "No run yet, next ")
    assert [record.spec for record in schedules(page)] == [
        ScheduleSpec(name="keep in step", command="sync", environments=("home", "work"), crons=("morning",))
    ]
    assert not form.is_dirty


def test_what_is_wrong_is_not_saved(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(open_window(prepare_schedule))
    form = form_of(page)
    wait_for_cell(qtbot, page, 0, "No run yet")
    form.command.setFocus()
    QTest.keySequence(focused(), "Ctrl+A")
    QTest.keyClicks(focused(), "nothing")
    qtbot.waitUntil(lambda: "There is no command named “nothing”." in form.rows["command"].problem, timeout=PATIENCE_MS)
    QTest.keyClick(form, Qt.Key.Key_S, CONTROL)
    assert schedules(page)[0].spec.command == "sync"
    QTest.mouseClick(page.panel.revert_button, LEFT)
    wait_for_cell(qtbot, page, 0, "No run yet")
    assert form.spec() == schedules(page)[0].spec
    assert form.spec().command == "sync"


def test_a_failed_cell_is_found_opened_and_retried(qtbot: QtBot, open_window: OpenSession, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    text = f'test "{{{{ environment.name }}}}" = home || test -e "{gate}" || exit 3; echo {{{{ schedule.name }}}}'
    session = open_window(lambda workspace: prepare_schedule(workspace, text))
    page = open_page(session)
    grid = form_of(page).grid
    wait_for_cell(qtbot, page, 1, "No run yet")
    grid.view.setFocus()
    QTest.keyClick(grid.view, Qt.Key.Key_A, CONTROL)
    QTest.keyClick(grid.view, Qt.Key.Key_R, CONTROL)
    wait_for_cell(qtbot, page, 0, "Succeeded")
    wait_for_cell(qtbot, page, 1, "Failed")
    failed = page.desk.workspace.runs.page()[0]
    assert (failed.environment, failed.exit_code, failed.schedule) == ("work", 3, "keep in step")
    QTest.keyClick(grid.view, Qt.Key.Key_Down)
    QTest.keyClick(grid.view, Qt.Key.Key_Return)
    runs = session.window.page("runs")
    assert isinstance(runs, RunsPage)
    qtbot.waitUntil(lambda: "failed · exit code 3" in runs.detail.title, timeout=PATIENCE_MS)
    open_page(session)
    QTest.mouseClick(button(page, "History"), LEFT)
    qtbot.waitUntil(lambda: runs.isVisible() and runs.table.rowCount() == 1, timeout=PATIENCE_MS)
    assert runs.table.run_at(0) == failed
    open_page(session)
    gate.touch()
    retry = button(page, "Retry")
    qtbot.waitUntil(retry.isEnabled, timeout=PATIENCE_MS)
    QTest.mouseClick(retry, LEFT)
    wait_for_cell(qtbot, page, 1, "Succeeded")
    again = newest(page.desk.workspace)
    assert again is not None
    assert (again.retry_of, again.state) == (failed.id, JobState.COMPLETED)


def test_a_deleted_schedule_comes_back_with_its_runs(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(open_window(prepare_schedule))
    grid, view = form_of(page).grid, page.list.view
    wait_for_cell(qtbot, page, 0, "No run yet")
    grid.view.setFocus()
    QTest.keyClick(grid.view, Qt.Key.Key_R, CONTROL)
    wait_for_cell(qtbot, page, 0, "Succeeded")
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not schedules(page), timeout=PATIENCE_MS)
    qtbot.waitUntil(page.first_button.isVisible, timeout=PATIENCE_MS)
    QTest.keyClick(page, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: len(schedules(page)) == 1, timeout=PATIENCE_MS)
    wait_for_cell(qtbot, page, 0, "Succeeded")


def test_the_filter_finds_a_schedule_by_any_name_in_it(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        prepare_schedule(workspace)
        workspace.catalog.create(ScheduleSpec(name="tidy", command="clean up", crons=("evening",)))

    page = open_page(open_window(before))
    qtbot.waitUntil(lambda: page.table.rowCount() == 2, timeout=PATIENCE_MS)
    for text, name in (("evening", "tidy"), ("work", "keep in step"), ("clean", "tidy")):
        page.list.filter.clear()
        QTest.keyClicks(page.list.filter, text)
        qtbot.waitUntil(partial(shows_only, page, name), timeout=PATIENCE_MS)


def test_the_list_says_what_comes_next(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        prepare_schedule(workspace)
        workspace.catalog.create(ScheduleSpec(name="by hand", command="sync"))
        workspace.catalog.create(ScheduleSpec(name="off", command="sync", crons=("evening",), enabled=False))

    page = open_page(open_window(before))
    qtbot.waitUntil(lambda: page.table.rowCount() == 3, timeout=PATIENCE_MS)
    found = {str(page.table.data(page.table.index(row, 0))): row for row in range(3)}
    texts = {name: str(page.table.data(page.table.index(row, 1))) for name, row in found.items()}
    assert texts["by hand"] == "only by hand"
    assert texts["off"] == "disabled"
    assert texts["keep in step"].endswith("09:00")
    page.list.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert page.table.data(page.table.index(0, 0)) == "keep in step"


def next_text(page: SchedulesPage) -> str:
    return str(page.table.data(page.table.index(0, 1))) if page.table.rowCount() else ""


def by_utc(workspace: Workspace) -> None:
    add_command(workspace, "sync", "true")
    workspace.catalog.create(CronSpec(name="nine", expression="0 9 * * *", timezone="UTC"))
    workspace.catalog.create(ScheduleSpec(name="daily", command="sync", crons=("nine",)))


def test_the_list_goes_on_to_the_next_time_as_soon_as_one_has_passed(qtbot: QtBot, open_window: OpenSession) -> None:
    nine = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    clock = FakeClock(nine - timedelta(milliseconds=300))
    page = open_page(open_window(by_utc, clock=clock))
    qtbot.waitUntil(lambda: next_text(page) == f"{nine.astimezone():%H:%M}", timeout=PATIENCE_MS)
    clock.advance(timedelta(seconds=1))
    tomorrow = f"Wed {nine.astimezone():%H:%M}"
    qtbot.waitUntil(lambda: next_text(page) == tomorrow, timeout=PATIENCE_MS)
    wait_for_cell(qtbot, page, 0, "Succeeded")
    wait_for_cell(qtbot, page, 0, f"next {tomorrow}")


def test_a_time_that_has_passed_is_now_until_it_is_dealt_with(qtbot: QtBot, tmp_path: Path, qapp: QApplication) -> None:
    nine = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    clock = FakeClock(nine - timedelta(milliseconds=100))
    with open_theme(qapp) as theme, open_desk(tmp_path, theme, clock=clock) as (desk, bridge):
        by_utc(desk.workspace)
        page = SchedulesPage(desk)
        bridge.changed.connect(page.refresh)
        qtbot.addWidget(page)
        page.show()
        qtbot.waitUntil(lambda: next_text(page) == f"{nine.astimezone():%H:%M}", timeout=PATIENCE_MS)
        clock.advance(timedelta(seconds=1))
        qtbot.waitUntil(lambda: next_text(page) == "now", timeout=PATIENCE_MS)
        page.hide()
        Dispatcher(desk.workspace.database).wake(clock.now(), ZoneInfo("UTC"))
        page.show()
        qtbot.waitUntil(lambda: next_text(page) == f"Wed {nine.astimezone():%H:%M}", timeout=PATIENCE_MS)
        page.close()


def test_without_commands_and_crons_a_click_begins_the_first(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    page = open_page(session)
    qtbot.waitUntil(page.first_button.isVisible, timeout=PATIENCE_MS)
    for name, chosen in (("commands", form_of(page).make_command_button), ("crons", form_of(page).crons.make_button)):
        page.actions_.new.trigger()
        qtbot.waitUntil(chosen.isVisible, timeout=PATIENCE_MS)
        QTest.mouseClick(chosen, LEFT)
        other = session.window.page(name)
        assert isinstance(other, CatalogPage)
        qtbot.waitUntil(other.isVisible, timeout=PATIENCE_MS)
        assert (other.panel.is_open, other.form.record) == (True, None)
        open_page(session)
    prepare(page.desk.workspace)
    qtbot.waitUntil(lambda: not form_of(page).make_command_button.isVisible(), timeout=PATIENCE_MS)
    assert not form_of(page).crons.make_button.isVisible()
