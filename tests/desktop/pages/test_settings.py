"""The page of the settings: saved at once, told what is wrong, undone, and back to the default."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from core.settings import OUTPUT_LIMIT_BYTES, RETENTION_DAYS, SETTINGS, Setting
from desktop.appearance import remembered
from desktop.application import Session
from desktop.forms.setting_fields import NumberSettingField
from desktop.operations import Operation
from desktop.pages.settings import SettingRow, SettingsPage
from tests.desktop.pages.conftest import OpenSession
from tests.support.window import PATIENCE_MS

CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def open_settings(session: Session) -> SettingsPage:
    session.window.open_page(list(session.window.pages).index("settings"))
    page = session.window.page("settings")
    assert isinstance(page, SettingsPage)
    return page


def number(page: SettingsPage, setting: Setting[int]) -> NumberSettingField:
    field = page.rows[setting.name].field
    assert isinstance(field, NumberSettingField)
    return field


def enter(field: NumberSettingField, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def wait_for(qtbot: QtBot, page: SettingsPage, setting: Setting[Any], value: bool | int) -> None:
    qtbot.waitUntil(lambda: page.desk.workspace.settings.get(setting) == value, timeout=PATIENCE_MS)


def test_every_setting_has_a_row_with_its_description_and_its_name(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_settings(open_window())
    assert list(page.rows) == list(SETTINGS)
    for name, row in page.rows.items():
        assert row.field.accessibleName() == SETTINGS[name].title
        assert row.field.accessibleDescription().startswith(SETTINGS[name].description)


def test_enter_saves_and_undo_takes_it_back(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_settings(open_window())
    row = page.rows[RETENTION_DAYS.name]
    assert not row.reset.isVisible()
    enter(number(page, RETENTION_DAYS), "7")
    wait_for(qtbot, page, RETENTION_DAYS, 7)
    qtbot.waitUntil(row.reset.isVisible, timeout=PATIENCE_MS)
    assert page.undo_actions.undo.text() == "Undo changing “Keep the history for”"
    QTest.mouseClick(page.undo_actions.buttons[0], LEFT)
    wait_for(qtbot, page, RETENTION_DAYS, 90)
    qtbot.waitUntil(lambda: number(page, RETENTION_DAYS).text() == "90", timeout=PATIENCE_MS)
    QTest.mouseClick(page.undo_actions.buttons[1], LEFT)
    wait_for(qtbot, page, RETENTION_DAYS, 7)
    qtbot.waitUntil(lambda: row.reset.isVisible() and number(page, RETENTION_DAYS).text() == "7", timeout=PATIENCE_MS)
    QTest.mouseClick(row.reset, LEFT)
    wait_for(qtbot, page, RETENTION_DAYS, 90)


def test_leaving_the_field_saves_and_sizes_are_written_as_people_do(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_settings(open_window())
    field = number(page, OUTPUT_LIMIT_BYTES)
    assert field.text() == "100 MB"
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "1.5 gb")
    QTest.keyClick(field, Qt.Key.Key_Tab)
    wait_for(qtbot, page, OUTPUT_LIMIT_BYTES, 1_500_000_000)
    qtbot.waitUntil(lambda: field.text() == "1500 MB", timeout=PATIENCE_MS)


@pytest.mark.parametrize(
    ("text", "words"), [("lots", "not a whole number"), ("-1", "out of range"), ("", "not a whole")]
)
def test_what_is_wrong_is_told_while_typing_and_not_saved(
    qtbot: QtBot, open_window: OpenSession, text: str, words: str
) -> None:
    page = open_settings(open_window())
    field = number(page, RETENTION_DAYS)
    field.setFocus()
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClicks(field, text)
    assert words in page.rows[RETENTION_DAYS.name].row.problem
    QTest.keyClick(field, Qt.Key.Key_Return)
    done: list[None] = []
    page.desk.operations.run(page, Operation("What was begun before is over", lambda: None), done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=PATIENCE_MS)
    assert page.desk.workspace.settings.get(RETENTION_DAYS) == RETENTION_DAYS.default


def test_what_others_set_is_shown_but_not_over_what_is_typed(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_settings(open_window())
    field, settings = number(page, RETENTION_DAYS), page.desk.workspace.settings
    settings.set(RETENTION_DAYS, 30)
    qtbot.waitUntil(lambda: field.text() == "30", timeout=PATIENCE_MS)
    field.setFocus()
    QTest.keyClicks(field, "5")
    settings.set(RETENTION_DAYS, 40)
    qtbot.waitUntil(lambda: page.rows[RETENTION_DAYS.name]._kept == 40, timeout=PATIENCE_MS)
    assert field.text() == "305"


def test_the_look_is_chosen_at_once_and_remembered(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    page = open_settings(session)
    page.scheme.setFocus()
    QTest.keyClick(page.scheme, Qt.Key.Key_End)
    assert page.desk.theme.colours.is_dark
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.window.close()
    again = open_window()
    assert again.window.page("settings").desk.theme.colours.is_dark
    chooser = open_settings(again).scheme
    assert chooser.value() == "dark"
    chooser.set_value("light")
    assert not again.window.page("settings").desk.theme.colours.is_dark


def test_the_look_is_undone_like_any_setting(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_settings(open_window())
    page.scheme.setFocus()
    QTest.keyClick(page.scheme, Qt.Key.Key_End)
    qtbot.waitUntil(page.undo_actions.undo.isEnabled, timeout=PATIENCE_MS)
    assert page.undo_actions.undo.text() == "Undo changing “Light or dark”"
    QTest.keyClick(page.scheme, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: page.scheme.value() == "system", timeout=PATIENCE_MS)
    assert remembered(page.desk.memory) == "system"
    qtbot.waitUntil(page.undo_actions.redo.isEnabled, timeout=PATIENCE_MS)
    QTest.keyClick(page.scheme, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: page.desk.theme.colours.is_dark, timeout=PATIENCE_MS)
    assert page.scheme.value() == remembered(page.desk.memory) == "dark"


def test_undo_works_from_within_the_field_that_was_just_saved(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_settings(open_window())
    field = number(page, RETENTION_DAYS)
    enter(field, "7")
    wait_for(qtbot, page, RETENTION_DAYS, 7)
    qtbot.waitUntil(page.rows[RETENTION_DAYS.name].reset.isVisible, timeout=PATIENCE_MS)
    assert field.hasFocus()
    QTest.keyClick(field, Qt.Key.Key_Z, CONTROL)
    wait_for(qtbot, page, RETENTION_DAYS, 90)
    # While something is typed, it is the typing that is taken back.
    qtbot.waitUntil(lambda: field.text() == "90", timeout=PATIENCE_MS)
    QTest.keyClicks(field, "1")
    QTest.keyClick(field, Qt.Key.Key_Z, CONTROL)
    assert field.text() == "90"


def test_every_setting_can_be_found_by_its_name(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_settings(open_window())
    things = page.things()()
    assert [thing.title for thing in things] == [
        "Light or dark",
        *(setting.title for setting in SETTINGS.values()),
        "The key of the secrets",
    ]
    page.choose(things[0].id)
    assert page.scheme.hasFocus()
    page.choose(next(thing.id for thing in things if thing.title == RETENTION_DAYS.title))
    assert number(page, RETENTION_DAYS).hasFocus()


def test_the_wheel_scrolls_and_changes_no_choice(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    session.window.resize(900, 560)
    page = open_settings(session)
    scroll = page.findChild(QScrollArea)
    assert isinstance(scroll, QScrollArea)
    qtbot.waitUntil(lambda: scroll.verticalScrollBar().maximum() > 0, timeout=PATIENCE_MS)
    place = QPointF(page.scheme.rect().center())
    down = QPoint(0, -120)
    event = QWheelEvent(
        place, page.scheme.mapToGlobal(place), down, down, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    page.scheme.setFocus()
    QCoreApplication.sendEvent(page.scheme, event)
    assert page.scheme.value() == "system"
    assert not event.isAccepted()


def test_a_tick_is_saved_at_once(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_settings(open_window())
    quiet: Setting[bool] = Setting(name="quiet", default=False, title="Be &quiet", description="Say nothing.")
    row = SettingRow(page.desk, quiet, page)
    row.show()
    row.field.setFocus()
    QTest.keyClick(row.field, Qt.Key.Key_Space)
    wait_for(qtbot, page, quiet, True)
    row.show_value(True)
    assert row.reset.isVisible()
