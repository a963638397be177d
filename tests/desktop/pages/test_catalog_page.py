"""What the catalog's pages share, driven by keyboard and mouse in the real window on a page of three fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.catalog.specs import Kind
from desktop.application import Session
from desktop.operations import Failure
from desktop.pages.catalog_page import CatalogPage
from tests.support.catalog import PlainPage
from tests.support.hands import (
    CONTROL,
    LEFT,
    SHIFT,
    answer,
    click_row,
    form_of,
    names,
    press,
    saved,
    session_of,
    the_question,
    wait_for_form,
    write,
)
from tests.support.window import PATIENCE_MS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

OpenPage = Callable[..., PlainPage]


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
    press(page, Qt.Key.Key_S, CONTROL)
    assert page.desk.workspace.catalog.cron("daily").spec.expression == "1 * * * *"
    write(form.expression, "0 * * * 5")
    qtbot.waitUntil(lambda: not row.problem and page.panel.save_button.isEnabled(), timeout=PATIENCE_MS)
    write(form.name, "hourly")
    name_row = form.rows["name"]
    qtbot.waitUntil(lambda: "another cron named “hourly”" in name_row.problem, timeout=PATIENCE_MS)
    write(form.name, " ")
    qtbot.waitUntil(lambda: "Give it a name." in name_row.problem, timeout=PATIENCE_MS)


def test_saving_what_is_not_complete_shows_what_is_missing(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("daily")
    form = form_of(page)
    press(page, Qt.Key.Key_N, CONTROL)
    assert (form.rows["name"].problem, page.panel.state.text()) == ("", "Not saved yet")
    form.enabled.setFocus()
    QTest.mouseClick(page.panel.save_button, LEFT)
    assert form.name.hasFocus()
    assert form.rows["name"].problem == "Give it a name."
    assert page.panel.state.text() == "Correct what is marked, then save"
    QTest.keyClicks(form.name, "weekly")
    QTest.mouseClick(page.panel.save_button, LEFT)
    wait_for_form(qtbot, page, "weekly")
    assert saved(page) == ["daily", "weekly"]
    assert not page.panel.save_button.isEnabled()


def test_a_new_one_in_which_nothing_was_written_goes_without_a_question(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("daily")
    press(page, Qt.Key.Key_N, CONTROL)
    assert page.panel.revert_button.text() == "Discard"
    QTest.mouseClick(page.panel.revert_button, LEFT)
    assert (page.panel.title.whole, page.panel.revert_button.text()) == ("daily", "Re&vert")
    press(page, Qt.Key.Key_N, CONTROL)
    press(page, Qt.Key.Key_Escape)
    assert page.panel.title.whole == "daily"


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


def test_what_is_typed_while_the_answer_is_being_saved_is_asked_about(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b")
    form = form_of(page)
    write(form.name, "z")
    click_row(page, 1)
    answer(the_question(qtbot), "Save")
    form.name.setText("z and more")  # before the saving comes home
    box = the_question(qtbot)
    assert "“z and more”" in box.text()
    answer(box, "Stay")
    assert form.name.text() == "z and more"
    assert saved(page) == ["b", "z"]


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


def test_saving_again_at_once_saves_what_was_typed_meanwhile_and_each_is_a_step_of_its_own(
    qtbot: QtBot, open_page: OpenPage
) -> None:
    # The second was ignored; or its undo led to what was before the first, because the list had not been read anew.
    page = open_page("a")
    form = form_of(page)
    for name in ("b", "c", "d"):
        write(form.name, name)
        press(page, Qt.Key.Key_S, CONTROL)
    wait_for_form(qtbot, page, "d")
    qtbot.waitUntil(lambda: saved(page) == ["d"] and not form.is_dirty, timeout=PATIENCE_MS)
    page.list.view.setFocus()
    names_on_the_way = []
    while page.desk.editing.undo_text:
        before = saved(page)
        page.desk.editing.undo()
        qtbot.waitUntil(lambda before=before: saved(page) != before, timeout=PATIENCE_MS)  # type: ignore[misc]  # stub
        names_on_the_way += saved(page)
    assert names_on_the_way in (["b", "a"], ["c", "b", "a"])


def test_a_save_that_follows_the_first_one_of_a_new_thing_changes_that_thing(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    form = form_of(page)
    press(page, Qt.Key.Key_N, CONTROL)
    QTest.keyClicks(form.name, "b")
    press(page, Qt.Key.Key_S, CONTROL)
    QTest.keyClicks(form.name, "c")
    press(page, Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: saved(page) == ["a", "bc"], timeout=PATIENCE_MS)
    wait_for_form(qtbot, page, "bc")
    # The same again, after the first has come home and before the list has.
    press(page, Qt.Key.Key_N, CONTROL)
    QTest.keyClicks(form.name, "d")

    def go_on(_row_id: int) -> None:
        form.name.setText("de")
        page.panel.save.trigger()

    page._saving.saved.connect(go_on)
    press(page, Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: "de" in saved(page), timeout=PATIENCE_MS)
    assert saved(page) == ["a", "bc", "de"]


def test_an_undo_of_several_leaves_them_chosen_and_the_keyboard_where_it_is(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a", "b", "c")
    wait_for_form(qtbot, page, "a")
    page.list.view.selectAll()
    page.actions_.switch.trigger()
    qtbot.waitUntil(lambda: not any(record.spec.enabled for record in page.table.records), timeout=PATIENCE_MS)
    form_of(page).name.setFocus()
    page.undo_actions.undo.trigger()
    qtbot.waitUntil(lambda: all(record.spec.enabled for record in page.table.records), timeout=PATIENCE_MS)
    assert len(page.list.chosen) == 3
    assert form_of(page).name.hasFocus()


def test_an_error_goes_when_what_failed_has_been_done(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    bar = session_of(page).window.error_bar
    bar.tell(Failure("Saving “b”", "It was changed elsewhere.", ""))
    assert not bar.isHidden()
    write(form_of(page).name, "b")
    press(page, Qt.Key.Key_S, CONTROL)
    wait_for_form(qtbot, page, "b")
    assert bar.isHidden()


def test_every_control_has_a_name_and_every_field_a_label(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("a")
    for each in page.findChildren(QPushButton):
        assert each.accessibleName() or each.text(), each
    for row in form_of(page).rows.values():
        assert row.widget.accessibleName()
        assert row.label.buddy() is row.widget


def test_saving_right_after_the_last_key_does_not_wait_for_the_check(qtbot: QtBot, open_page: OpenPage) -> None:
    # Ctrl+S was ignored without a word until the check of what had just been mended had run.
    page = open_page("first")
    click_row(page, 0)
    form = form_of(page)
    wait_for_form(qtbot, page, "first")
    write(form.rows["expression"].widget, "nonsense")
    qtbot.waitUntil(lambda: not form.is_valid, timeout=PATIENCE_MS)
    write(form.rows["expression"].widget, "5 5 * * *")
    press(page, Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: saved_expression(page) == "5 5 * * *", timeout=PATIENCE_MS)


def saved_expression(page: PlainPage) -> str:
    return page.desk.workspace.catalog.cron("first").spec.expression


def test_the_keyboard_stays_in_the_form_or_the_list_when_its_button_is_done(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page("daily")
    form = form_of(page)
    write(form.expression, "1 2 3 4 5")
    qtbot.waitUntil(page.panel.revert_button.isEnabled, timeout=PATIENCE_MS)
    QTest.mouseClick(page.panel.revert_button, LEFT)
    assert form.expression.hasFocus()
    write(form.expression, "1 2 3 4 5")
    qtbot.waitUntil(page.panel.save_button.isEnabled, timeout=PATIENCE_MS)
    QTest.mouseClick(page.panel.save_button, LEFT)
    assert form.expression.hasFocus()
    wait_for_form(qtbot, page, "daily")
    press(page, Qt.Key.Key_N, CONTROL)
    QTest.mouseClick(page.panel.revert_button, LEFT)
    assert page.list.view.hasFocus()
    press(page, Qt.Key.Key_N, CONTROL)
    press(page, Qt.Key.Key_Escape)
    assert page.list.view.hasFocus()


def test_the_keyboard_is_in_the_list_when_the_sample_has_come(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page()
    qtbot.waitUntil(page.sample_button.isVisible, timeout=PATIENCE_MS)
    page.sample_button.setFocus()
    press(page, Qt.Key.Key_Space)
    qtbot.waitUntil(page.list.view.isVisible, timeout=PATIENCE_MS)
    assert page.list.view.hasFocus()


def test_the_filter_promises_tags_only_where_there_are_some(qtbot: QtBot, open_window: Callable[..., Session]) -> None:
    window = open_window().window
    words = {
        "commands": "Filter by name or tag",
        "crons": "Filter by name",
        "environments": "Filter by name",
        "schedules": "Filter by any of the names",
    }
    for name, said in words.items():
        page = window.page(name)
        assert isinstance(page, CatalogPage)
        assert page.list.filter.placeholderText() == page.list.filter.accessibleName() == said
