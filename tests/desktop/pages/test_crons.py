"""The page of the crons in the real window: made, changed, deleted and brought back by keyboard and mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, CronSpec, ScheduleSpec
from core.workspace import Workspace
from desktop.application import Session
from desktop.forms.cron_form import CronForm
from desktop.pages.crons import CronsPage
from tests.desktop.pages.conftest import OpenSession
from tests.support.window import PATIENCE_MS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def crons_page(session: Session) -> CronsPage:
    page = session.window.page("crons")
    assert isinstance(page, CronsPage)
    session.window.open_page(list(session.window.pages).index("crons"))
    return page


def form_of(page: CronsPage) -> CronForm:
    assert isinstance(page.form, CronForm)
    return page.form


def saved(page: CronsPage) -> dict[str, CronSpec]:
    return {record.spec.name: record.spec for record in page.desk.workspace.catalog.crons()}


def column(page: CronsPage, number: int) -> list[str]:
    return [str(page.table.index(row, number).data()) for row in range(page.table.rowCount())]


def fill(workspace: Workspace) -> None:
    catalog = workspace.catalog
    catalog.create(CronSpec(name="mornings", expression="30 7 * * 1-5"))
    catalog.create(CronSpec(name="payday", expression="0 18 LW * *", timezone="America/New_York"))
    catalog.create(CronSpec(name="spare", expression="0 12 * * *", enabled=False))
    catalog.create(CommandSpec(name="sync", run="true", shell="sh"))
    catalog.create(ScheduleSpec(name="sync files", command="sync", crons=("mornings",)))


@pytest.fixture
def page(qtbot: QtBot, open_window: OpenSession) -> CronsPage:
    """The page with three crons, of which one makes a schedule due."""
    page = crons_page(open_window(fill))
    qtbot.waitUntil(lambda: page.table.rowCount() == 3 and page.panel.is_open, timeout=PATIENCE_MS)
    return page


def test_an_empty_page_makes_the_first_cron_with_a_click_and_the_keyboard(
    qtbot: QtBot, open_window: OpenSession, tmp_path: Path
) -> None:
    page = crons_page(open_window())
    qtbot.waitUntil(page.empty.isVisible, timeout=PATIENCE_MS)
    assert page.empty.title == "No crons yet"
    QTest.mouseClick(page.first_button, LEFT)
    form = form_of(page)
    assert QApplication.focusWidget() is form.name
    QTest.keyClicks(form.name, "nightly")
    form.expression.setFocus()
    QTest.keyClick(form.expression, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(form.expression, "15 3 * * *")
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    QTest.keyClick(form.expression, Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: column(page, 0) == ["nightly"], timeout=PATIENCE_MS)
    assert saved(page) == {"nightly": CronSpec(name="nightly", expression="15 3 * * *")}
    qtbot.waitUntil(lambda: not form.is_dirty, timeout=PATIENCE_MS)


def test_the_list_says_when_and_for_which_schedules(page: CronsPage) -> None:
    assert column(page, 0) == ["mornings", "payday", "spare"]
    assert column(page, 1) == [
        "At 07:30, Monday to Friday",
        "At 18:00, on the last workday of the month (America/New_York)",
        "At 12:00, every day",
    ]
    assert column(page, 2)[0].endswith(":30")
    assert column(page, 2)[1:] == ["", ""]
    assert column(page, 3) == ["sync files", "", ""]


@pytest.mark.parametrize("words", ["last workday", "new_york", "LW", "payd"])
def test_the_filter_finds_a_meaning_a_zone_an_expression_and_a_name(qtbot: QtBot, page: CronsPage, words: str) -> None:
    page.list.filter.setFocus()
    QTest.keyClicks(page.list.filter, words)
    qtbot.waitUntil(lambda: column(page, 0) == ["payday"], timeout=PATIENCE_MS)


def test_the_next_times_sort_with_none_at_the_end(page: CronsPage) -> None:
    page.list.view.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert column(page, 0)[0] == "mornings"
    assert column(page, 2)[1:] == ["", ""]


def test_a_change_is_saved_undone_and_done_again(qtbot: QtBot, page: CronsPage) -> None:
    form = form_of(page)
    assert form.spec().name == "mornings"
    picker = form.builder.row("day-of-week").picker
    assert picker is not None
    QTest.mouseClick(picker.buttons[5], LEFT)
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    QTest.mouseClick(page.panel.save_button, LEFT)
    qtbot.waitUntil(lambda: saved(page)["mornings"].expression == "30 7 * * 1-6", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: column(page, 1)[0] == "At 07:30, Monday to Saturday", timeout=PATIENCE_MS)
    page.desk.editing.undo()
    qtbot.waitUntil(lambda: form.spec().expression == "30 7 * * 1-5", timeout=PATIENCE_MS)
    assert not picker.buttons[5].isChecked()
    page.desk.editing.redo()
    qtbot.waitUntil(picker.buttons[5].isChecked, timeout=PATIENCE_MS)
    assert saved(page)["mornings"].expression == "30 7 * * 1-6"


def test_an_h_is_saved_as_its_value_and_the_form_shows_that(qtbot: QtBot, page: CronsPage) -> None:
    form = form_of(page)
    form.expression.setFocus()
    QTest.keyClick(form.expression, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(form.expression, "H 4 * * *")
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    QTest.keyClick(form.expression, Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: form.spec().expression.endswith(" 4 * * *") and "H" not in form.spec().expression)
    assert form.spec() == saved(page)["mornings"]
    assert not form.is_dirty
    qtbot.waitUntil(lambda: not form.preview.resolved.isVisible(), timeout=PATIENCE_MS)


def test_what_is_wrong_can_not_be_saved(qtbot: QtBot, page: CronsPage) -> None:
    form = form_of(page)
    form.expression.setFocus()
    QTest.keyClick(form.expression, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(form.expression, "61 * * * *")
    qtbot.waitUntil(lambda: bool(form.rows["expression"].problem), timeout=PATIENCE_MS)
    QTest.mouseClick(page.panel.save_button, LEFT)
    assert form.expression.hasFocus()
    assert saved(page)["mornings"].expression == "30 7 * * 1-5"
    QTest.keyClick(form.expression, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: form.spec().expression == "30 7 * * 1-5", timeout=PATIENCE_MS)
    assert not form.is_dirty
    assert form.rows["expression"].problem == ""


def test_deleting_a_cron_says_which_schedule_loses_it_and_can_be_undone(qtbot: QtBot, page: CronsPage) -> None:
    page.list.view.setFocus()
    QTest.keyClick(page.list.view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: bool(page.findChildren(QMessageBox)), timeout=PATIENCE_MS)
    box = page.findChildren(QMessageBox)[0]
    assert "sync files" in box.informativeText()
    delete = next(each for each in box.findChildren(QPushButton) if each.text().replace("&", "") == "Delete")
    QTest.mouseClick(delete, LEFT)
    qtbot.waitUntil(lambda: column(page, 0) == ["payday", "spare"], timeout=PATIENCE_MS)
    qtbot.waitUntil(page.undo_bar.isVisible, timeout=PATIENCE_MS)
    QTest.mouseClick(page.undo_bar.undo_button, LEFT)
    qtbot.waitUntil(lambda: column(page, 0) == ["mornings", "payday", "spare"], timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: column(page, 3)[0] == "sync files", timeout=PATIENCE_MS)


def test_a_cron_that_a_schedule_elsewhere_begins_to_use_shows_it_without_losing_what_is_typed(
    qtbot: QtBot, page: CronsPage
) -> None:
    form = form_of(page)
    form.name.setFocus()
    QTest.keyClicks(form.name, "!")
    spec = ScheduleSpec(name="other", command="sync", crons=("mornings",))
    page.desk.workspace.catalog.create(spec)
    qtbot.waitUntil(lambda: column(page, 3)[0] == "other, sync files", timeout=PATIENCE_MS)
    assert form.spec().name == "mornings!"
    page.panel.revert.trigger()
    qtbot.waitUntil(lambda: not form.is_dirty, timeout=PATIENCE_MS)
