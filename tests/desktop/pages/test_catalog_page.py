"""What the catalog's pages share, driven by keyboard and mouse in the real window on a page of three fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QStyle, QStyleOptionViewItem, QWidget
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, CronSpec, Kind, ScheduleSpec
from core.workspace import Workspace
from desktop.application import Session
from desktop.pages.page import PageKind
from desktop.pages.registry import PAGES
from tests.support.catalog import PlainForm, PlainPage
from tests.support.window import PATIENCE_MS, open_session

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
OpenPage = Callable[..., PlainPage]


@pytest.fixture
def open_page(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenPage]:
    """Return a function that opens the window on the plain page, with crons of these names."""
    kinds = [kind for kind in PAGES if kind.name in {"overview", "runs", "settings"}]
    monkeypatch.setattr(
        "desktop.application.PAGES", (*kinds, PageKind("crons", lambda: "Plain crons", "runs", PlainPage))
    )
    with ExitStack() as stack:

        def open_it(*names: str, before: Callable[[Workspace], Any] | None = None) -> PlainPage:
            def prepare(workspace: Workspace) -> None:
                for number, name in enumerate(names):
                    workspace.catalog.create(CronSpec(name=name, expression=f"{number} * * * *"))
                if before is not None:
                    before(workspace)

            session = stack.enter_context(open_session(qtbot, tmp_path / "data", before=prepare))
            session.window.open_page(list(session.window.pages).index("crons"))
            page = session.window.page("crons")
            assert isinstance(page, PlainPage)
            page.setProperty("session", session)
            settle(qtbot, page, len(names))
            return page

        yield open_it


def session_of(page: PlainPage) -> Session:
    session = page.property("session")
    assert isinstance(session, Session)
    return session


def settle(qtbot: QtBot, page: PlainPage, count: int) -> None:
    qtbot.waitUntil(lambda: len(page.table.records) == count, timeout=PATIENCE_MS)
    if count:
        qtbot.waitUntil(lambda: page.form.record is not None, timeout=PATIENCE_MS)


def form_of(page: PlainPage) -> PlainForm:
    assert isinstance(page.form, PlainForm)
    return page.form


def names(page: PlainPage) -> list[str]:
    return [str(page.table.data(page.table.index(row, 0))) for row in range(page.table.rowCount())]


def saved(page: PlainPage) -> list[str]:
    return [record.spec.name for record in page.desk.workspace.catalog.crons()]


def write(field: QWidget, text: str) -> None:
    """Write over what stands in a field."""
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(field, text)


def press(page: PlainPage, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard is."""
    # Where a question was just answered, the window is on its way to the front again.
    page.window().activateWindow()
    assert QTest.qWaitForWindowActive(page.window(), PATIENCE_MS)
    QTest.keyClick(QApplication.focusWidget() or page, key, modifier)


def row_point(page: PlainPage, row: int) -> QPoint:
    return page.list.view.visualRect(page.table.index(row, 1)).center()


def click_row(page: PlainPage, row: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(page.list.view.viewport(), LEFT, modifier, row_point(page, row))


def button(page: PlainPage, name: str) -> QPushButton:
    return next(each for each in page.findChildren(QPushButton) if each.accessibleName() == name)


def the_question(qtbot: QtBot) -> QMessageBox:
    """Wait for a question and return it."""
    found: list[QMessageBox] = []

    def is_there() -> bool:
        found[:] = [
            each for each in QApplication.topLevelWidgets() if isinstance(each, QMessageBox) and each.isVisible()
        ]
        return bool(found)

    qtbot.waitUntil(is_there, timeout=PATIENCE_MS)
    return found[0]


def answer(box: QMessageBox, words: str) -> None:
    QTest.mouseClick(next(each for each in box.buttons() if each.text().replace("&", "") == words), LEFT)


def wait_for_form(qtbot: QtBot, page: PlainPage, name: str) -> None:
    qtbot.waitUntil(
        lambda: page.form.record is not None and page.form.record.spec.name == name and not page.form.is_dirty,
        timeout=PATIENCE_MS,
    )


def test_the_first_thing_is_one_click_away_from_an_empty_page(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page()
    qtbot.waitUntil(page.first_button.isVisible, timeout=PATIENCE_MS)
    assert page.empty.title == "There are no crons yet"
    QTest.mouseClick(page.first_button, LEFT)
    assert form_of(page).name.hasFocus()
    QTest.keyClicks(form_of(page).name, "hourly")
    qtbot.waitUntil(page.panel.save_button.isEnabled, timeout=PATIENCE_MS)
    press(page, Qt.Key.Key_S, CONTROL)
    wait_for_form(qtbot, page, "hourly")
    assert names(page) == saved(page) == ["hourly"]
    assert [record.spec.name for record in page.list.chosen] == ["hourly"]


def test_a_new_one_by_the_keyboard_alone(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("daily")
    press(page, Qt.Key.Key_N, CONTROL)
    assert (page.panel.title.whole, page.list.chosen) == ("New cron", [])
    QTest.keyClicks(form_of(page).name, "weekly")
    press(page, Qt.Key.Key_Tab)
    assert form_of(page).expression.hasFocus()
    write(form_of(page).expression, "0 0 * * 1")
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    press(page, Qt.Key.Key_S, CONTROL)
    wait_for_form(qtbot, page, "weekly")
    assert saved(page) == ["daily", "weekly"]


def test_what_is_wrong_stands_beside_its_field_while_one_types(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("hourly", "daily")
    form = form_of(page)
    row = form.rows["expression"]
    write(form.expression, "0 * * * 9")
    qtbot.waitUntil(lambda: "9 is outside the day-of-week field" in row.problem, timeout=PATIENCE_MS)
    assert form.expression.accessibleDescription() == row.problem
    assert not page.panel.save_button.isEnabled()
    press(page, Qt.Key.Key_S, CONTROL)
    assert page.desk.workspace.catalog.cron("daily").spec.expression == "1 * * * *"
    write(form.expression, "0 * * * 5")
    qtbot.waitUntil(lambda: not row.problem and page.panel.save_button.isEnabled(), timeout=PATIENCE_MS)
    write(form.name, "hourly")
    name_row = form.rows["name"]
    qtbot.waitUntil(lambda: "another cron named “hourly”" in name_row.problem, timeout=PATIENCE_MS)
    write(form.name, " ")
    qtbot.waitUntil(lambda: "It is empty" in name_row.problem, timeout=PATIENCE_MS)


def test_escape_goes_back_to_what_is_saved(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("daily")
    form = form_of(page)
    write(form.name, "something else")
    assert page.panel.revert_button.isEnabled()
    press(page, Qt.Key.Key_Escape)
    assert (form.name.text(), form.is_dirty) == ("daily", False)
    press(page, Qt.Key.Key_N, CONTROL)
    QTest.keyClicks(form.name, "never mind")
    press(page, Qt.Key.Key_Escape)
    assert (form.name.text(), page.panel.title.whole) == ("daily", "daily")


def test_going_to_another_row_with_unsaved_changes_asks(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b", "c")
    form = form_of(page)
    write(form.expression, "7 * * * *")
    click_row(page, 1)
    box = the_question(qtbot)
    assert "“a”" in box.text()
    answer(box, "Stay")
    assert (form.name.text(), form.expression.text()) == ("a", "7 * * * *")
    assert [record.spec.name for record in page.list.chosen] == ["a"]
    click_row(page, 1)
    answer(the_question(qtbot), "Save")
    wait_for_form(qtbot, page, "b")
    assert page.desk.workspace.catalog.cron("a").spec.expression == "7 * * * *"
    write(form.expression, "8 * * * *")
    click_row(page, 2)
    answer(the_question(qtbot), "Discard")
    wait_for_form(qtbot, page, "c")
    assert page.desk.workspace.catalog.cron("b").spec.expression == "1 * * * *"
    assert [record.spec.name for record in page.list.chosen] == ["c"]


def test_what_is_wrong_can_not_be_saved_by_leaving_either(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b")
    write(form_of(page).expression, "nonsense")
    click_row(page, 1)
    box = the_question(qtbot)
    assert "can't be saved yet" in box.informativeText()
    assert not next(each for each in box.buttons() if each.text() == "&Save").isEnabled()
    answer(box, "Stay")
    assert form_of(page).expression.text() == "nonsense"


def test_going_to_another_page_with_unsaved_changes_asks(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    window = session_of(page).window
    write(form_of(page).name, "b")
    press(page, Qt.Key.Key_1, CONTROL)
    answer(the_question(qtbot), "Stay")
    assert page.isVisible()
    press(page, Qt.Key.Key_1, CONTROL)
    answer(the_question(qtbot), "Save")
    qtbot.waitUntil(lambda: window.stack.currentIndex() == 0, timeout=PATIENCE_MS)
    assert saved(page) == ["b"]


def test_closing_the_window_with_unsaved_changes_asks(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    session = session_of(page)
    write(form_of(page).name, "b")
    session.window.close()
    answer(the_question(qtbot), "Stay")
    assert session.agent.is_running
    session.window.close()
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        answer(the_question(qtbot), "Discard")


def test_deleting_is_undone_and_done_again(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b")
    ids = {record.spec.name: record.id for record in page.table.records}
    page.list.view.setFocus()
    press(page, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(page) == ["b"], timeout=PATIENCE_MS)
    qtbot.waitUntil(page.undo_bar.isVisible, timeout=PATIENCE_MS)
    assert page.undo_bar.text == "Deleted “a”."
    wait_for_form(qtbot, page, "b")
    assert page.undo_actions.undo.text() == "Undo deleting “a”"
    QTest.mouseClick(page.undo_bar.undo_button, LEFT)
    wait_for_form(qtbot, page, "a")
    assert {record.spec.name: record.id for record in page.table.records} == ids
    assert not page.undo_bar.isVisible()
    page.list.view.setFocus()
    press(page, Qt.Key.Key_Z, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: names(page) == ["b"], timeout=PATIENCE_MS)
    press(page, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: names(page) == ["a", "b"], timeout=PATIENCE_MS)


def with_schedule(workspace: Workspace) -> None:
    workspace.catalog.create(CommandSpec(name="sync", run="true"))
    workspace.catalog.create(ScheduleSpec(name="each hour", command="sync", crons=("a",)))


def test_deleting_says_first_what_else_would_change(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b", before=with_schedule)
    page.list.view.setFocus()
    press(page, Qt.Key.Key_Delete)
    box = the_question(qtbot)
    assert box.text() == "Delete “a”?"
    assert "These schedules have no cron then, and are due no more: “each hour”." in box.informativeText()
    answer(box, "Keep")
    assert saved(page) == ["a", "b"]
    press(page, Qt.Key.Key_Delete)
    answer(the_question(qtbot), "Delete")
    qtbot.waitUntil(lambda: names(page) == ["b"], timeout=PATIENCE_MS)
    page.list.view.setFocus()
    press(page, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: names(page) == ["a", "b"], timeout=PATIENCE_MS)
    assert page.desk.workspace.catalog.schedule("each hour").spec.crons == ("a",)


def test_several_are_deleted_at_once(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b", "c")
    click_row(page, 0)
    click_row(page, 2, CONTROL)
    assert [record.spec.name for record in page.list.chosen] == ["a", "c"]
    assert not page.actions_.duplicate.isEnabled()
    QTest.mouseClick(button(page, "Delete"), LEFT)
    qtbot.waitUntil(lambda: saved(page) == ["b"], timeout=PATIENCE_MS)
    qtbot.waitUntil(page.undo_actions.undo.isEnabled, timeout=PATIENCE_MS)
    assert page.undo_actions.undo.text() == "Undo deleting 2 things"
    page.undo_actions.undo.trigger()
    qtbot.waitUntil(lambda: names(page) == ["a", "b", "c"], timeout=PATIENCE_MS)


def tick(page: PlainPage, row: int) -> None:
    """Click into the box at the left of a name."""
    view, index = page.list.view, page.table.index(row, 0)
    option = QStyleOptionViewItem()
    option.initFrom(view)
    option.rect = view.visualRect(index)
    option.features |= QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
    box = view.style().subElementRect(QStyle.SubElement.SE_ItemViewItemCheckIndicator, option, view)
    QTest.mouseClick(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, box.center())


def is_enabled(page: PlainPage, name: str) -> bool:
    return page.desk.workspace.catalog.cron(name).spec.enabled


def test_a_tick_in_the_list_enables_and_disables(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b")
    tick(page, 1)
    qtbot.waitUntil(lambda: not is_enabled(page, "b"), timeout=PATIENCE_MS)
    cell = page.table.index(1, 0)
    unchecked = Qt.CheckState.Unchecked
    qtbot.waitUntil(lambda: page.table.data(cell, Qt.ItemDataRole.CheckStateRole) == unchecked, timeout=PATIENCE_MS)
    assert [record.spec.name for record in page.list.chosen] == ["a"]
    page.list.view.setFocus()
    press(page, Qt.Key.Key_Down)
    wait_for_form(qtbot, page, "b")
    assert not form_of(page).enabled.isChecked()
    press(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: is_enabled(page, "b"), timeout=PATIENCE_MS)


def test_several_are_disabled_at_once_and_that_is_undone(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b", "c")
    page.list.view.setFocus()
    press(page, Qt.Key.Key_A, CONTROL)
    press(page, Qt.Key.Key_E, CONTROL)
    everyone = ("a", "b", "c")
    qtbot.waitUntil(lambda: not any(is_enabled(page, name) for name in everyone), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: page.actions_.switch.text() == "Ena&ble", timeout=PATIENCE_MS)
    press(page, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: all(is_enabled(page, name) for name in everyone), timeout=PATIENCE_MS)


def test_a_duplicate_is_shown_and_undone(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    page.list.view.setFocus()
    press(page, Qt.Key.Key_D, CONTROL)
    wait_for_form(qtbot, page, "a (copy)")
    assert names(page) == ["a", "a (copy)"]
    page.list.view.setFocus()
    press(page, Qt.Key.Key_Z, CONTROL)
    wait_for_form(qtbot, page, "a")
    assert saved(page) == ["a"]


def test_a_change_is_undone_and_redone(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    write(form_of(page).name, "z")
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    QTest.mouseClick(page.panel.save_button, LEFT)
    qtbot.waitUntil(lambda: names(page) == ["z"], timeout=PATIENCE_MS)
    page.list.view.setFocus()
    press(page, Qt.Key.Key_Z, CONTROL)
    wait_for_form(qtbot, page, "a")
    assert names(page) == ["a"]
    press(page, Qt.Key.Key_Z, CONTROL | SHIFT)
    wait_for_form(qtbot, page, "z")


def test_undo_in_a_field_undoes_the_typing_alone(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b")
    page.list.view.setFocus()
    press(page, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(page) == ["b"], timeout=PATIENCE_MS)
    wait_for_form(qtbot, page, "b")
    form_of(page).name.setFocus()
    QTest.keyClicks(form_of(page).name, "x")
    press(page, Qt.Key.Key_Z, CONTROL)
    assert form_of(page).name.text() == "b"
    press(page, Qt.Key.Key_Z, CONTROL)
    assert saved(page) == ["b"]


def test_what_others_change_is_shown_and_what_is_typed_stays(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    form, catalog = form_of(page), page.desk.workspace.catalog
    cron = catalog.cron("a")
    catalog.change(cron.id, replace(cron.spec, expression="5 * * * *"))
    qtbot.waitUntil(lambda: form.expression.text() == "5 * * * *", timeout=PATIENCE_MS)
    write(form.name, "mine")
    catalog.change(cron.id, replace(cron.spec, expression="6 * * * *"))
    qtbot.waitUntil(lambda: form.expression.text() == "6 * * * *", timeout=PATIENCE_MS)
    assert (form.name.text(), form.is_dirty, page.panel.notice_text) == ("mine", True, "")
    catalog.change(cron.id, replace(cron.spec, name="theirs"))
    qtbot.waitUntil(lambda: "Name" in page.panel.notice_text, timeout=PATIENCE_MS)
    assert form.name.text() == "mine"
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    press(page, Qt.Key.Key_S, CONTROL)
    wait_for_form(qtbot, page, "mine")
    assert page.panel.notice_text == ""
    page.undo_actions.undo.trigger()
    wait_for_form(qtbot, page, "theirs")


def test_what_others_delete_can_be_saved_anew_if_it_was_edited(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b")
    write(form_of(page).expression, "9 * * * *")
    page.desk.workspace.catalog.delete(Kind.CRON, page.desk.workspace.catalog.cron("a").id)
    qtbot.waitUntil(lambda: "deleted elsewhere" in page.panel.notice_text, timeout=PATIENCE_MS)
    assert form_of(page).expression.text() == "9 * * * *"
    press(page, Qt.Key.Key_S, CONTROL)
    wait_for_form(qtbot, page, "a")
    assert page.desk.workspace.catalog.cron("a").spec.expression == "9 * * * *"


def test_a_change_that_crosses_another_is_refused_and_nothing_is_lost(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    form, catalog = form_of(page), page.desk.workspace.catalog
    write(form.expression, "9 * * * *")
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    cron = catalog.cron("a")
    catalog.change(cron.id, replace(cron.spec, expression="5 * * * *"))
    page.panel.save.trigger()
    bar = session_of(page).window.error_bar
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE_MS)
    assert "“a” was changed elsewhere" in bar.sentence
    assert form.expression.text() == "9 * * * *"
    qtbot.waitUntil(lambda: "Expression" in page.panel.notice_text.title(), timeout=PATIENCE_MS)
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    page.panel.save.trigger()
    qtbot.waitUntil(lambda: catalog.cron("a").spec.expression == "9 * * * *", timeout=PATIENCE_MS)


def test_saving_a_new_one_on_the_way_to_another_row_ends_there(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b")
    press(page, Qt.Key.Key_N, CONTROL)
    QTest.keyClicks(form_of(page).name, "c")
    click_row(page, 1)
    answer(the_question(qtbot), "Save")
    qtbot.waitUntil(lambda: names(page) == ["a", "b", "c"], timeout=PATIENCE_MS)
    wait_for_form(qtbot, page, "b")
    assert [record.spec.name for record in page.list.chosen] == ["b"]


def test_going_on_while_it_is_being_saved_asks_nothing(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b")
    write(form_of(page).name, "z")
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    page.panel.save.trigger()
    page.choose(page.table.records[1].id)
    wait_for_form(qtbot, page, "b")
    assert saved(page) == ["b", "z"]


def test_what_is_typed_while_it_is_being_saved_stays(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    form = form_of(page)
    press(page, Qt.Key.Key_N, CONTROL)
    QTest.keyClicks(form.name, "b")
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    page.panel.save.trigger()
    QTest.keyClicks(form.name, "c")
    qtbot.waitUntil(lambda: form.record is not None and names(page) == ["a", "b"], timeout=PATIENCE_MS)
    assert (form.name.text(), form.is_dirty) == ("bc", True)
    press(page, Qt.Key.Key_S, CONTROL)
    wait_for_form(qtbot, page, "bc")
    assert saved(page) == ["a", "bc"]


def test_enter_leads_from_the_list_to_the_form(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    page.list.view.setFocus()
    press(page, Qt.Key.Key_Return)
    assert form_of(page).name.hasFocus()


def test_after_a_deletion_the_next_row_is_shown(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b", "c", "d")
    click_row(page, 2)
    press(page, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(page) == ["a", "b", "d"], timeout=PATIENCE_MS)
    wait_for_form(qtbot, page, "d")
    press(page, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(page) == ["a", "b"], timeout=PATIENCE_MS)
    wait_for_form(qtbot, page, "b")


def test_a_second_press_of_delete_means_the_next_row(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b", "c")
    page.list.view.setFocus()
    press(page, Qt.Key.Key_Delete)
    press(page, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(page) == ["b", "c"], timeout=PATIENCE_MS)
    assert form_of(page).name.text() == "b"
    press(page, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(page) == ["c"], timeout=PATIENCE_MS)
    assert not session_of(page).window.error_bar.isVisible()


def test_a_long_name_is_shortened_and_makes_nothing_wider(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("n" * 200)
    title = page.panel.title
    assert title.whole == "n" * 200
    assert title.text().endswith("…")
    assert page.window().width() == 1280


def test_an_undo_from_another_page_shows_what_it_brought_back(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b")
    window = session_of(page).window
    page.list.view.setFocus()
    press(page, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(page) == ["b"], timeout=PATIENCE_MS)
    window.open_page(list(window.pages).index("settings"))
    press(page, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(page.isVisible, timeout=PATIENCE_MS)
    wait_for_form(qtbot, page, "a")


def test_the_filter_follows_the_typing_and_the_choice_stays(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("north east", "north west", "south east")
    press(page, Qt.Key.Key_L, CONTROL)
    QTest.keyClicks(page.list.filter, "EAST nor")
    qtbot.waitUntil(lambda: names(page) == ["north east"], timeout=PATIENCE_MS)
    QTest.keyClicks(page.list.filter, "x")
    qtbot.waitUntil(page.list.no_match.isVisible, timeout=PATIENCE_MS)
    assert form_of(page).name.text() == "north east"
    QTest.mouseClick(page.list.clear_button, LEFT)
    assert len(names(page)) == 3
    assert [record.spec.name for record in page.list.chosen] == ["north east"]


def test_a_click_on_a_header_sorts_and_the_choice_stays(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("c", "a", "b")
    header = page.list.view.horizontalHeader()
    assert names(page) == ["a", "b", "c"]
    QTest.mouseClick(header.viewport(), LEFT, pos=QPoint(header.sectionViewportPosition(1) + 10, 8))
    assert names(page) == ["c", "a", "b"]
    QTest.mouseClick(header.viewport(), LEFT, pos=QPoint(header.sectionViewportPosition(1) + 10, 8))
    assert names(page) == ["b", "a", "c"]
    assert [record.spec.name for record in page.list.chosen] == ["a"]


def test_sizes_sorting_and_choice_are_remembered(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b", "c")
    click_row(page, 1)
    page.list.view.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    page.list.view.setColumnWidth(0, 222)
    session = session_of(page)
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.window.close()
    again = PlainPage(page.desk)
    qtbot.addWidget(again)
    again.show()
    wait_for_form(qtbot, again, "b")
    assert names(again) == ["c", "b", "a"]
    assert again.list.view.columnWidth(0) == 222


def test_every_control_has_a_name_and_every_field_a_label(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    for each in page.findChildren(QPushButton):
        assert each.accessibleName() or each.text(), each
    for row in form_of(page).rows.values():
        assert row.widget.accessibleName()
        assert row.label.buddy() is row.widget


def test_the_window_stays_alive_while_the_list_is_read(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    ticks: list[int] = []
    timer = QTimer(page)
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start(0)
    page.desk.workspace.catalog.create(CronSpec(name="b", expression="@daily"))
    qtbot.waitUntil(lambda: names(page) == ["a", "b"], timeout=PATIENCE_MS)
    timer.stop()
    assert ticks
