"""The form tells what differs from what is saved, what is wrong, and takes over what others change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from core.catalog.records import CronRecord
from core.catalog.specs import CronSpec
from core.catalog.storing import RowSpec
from core.catalog.validation import Known
from core.errors import Problem
from desktop.theme import Theme
from tests.support.catalog import PlainForm
from tests.support.window import PATIENCE_MS, open_theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
HOURLY = CronSpec(name="hourly", expression="0 * * * *", timezone="Europe/Berlin")


def record(spec: CronSpec) -> CronRecord:
    return CronRecord(id=7, spec=spec, schedules=(), next_due_at=None, created_at=NOW, updated_at=NOW)


class FussyForm(PlainForm):
    """Finds fault with something that no field shows."""

    def more_problems(self, spec: RowSpec) -> list[Problem]:
        return [Problem("", "Nobody is there on Mondays.", field="elsewhere")] if spec.name == "monday" else []


@pytest.fixture
def form(qtbot: QtBot, qapp: QApplication) -> Iterator[FussyForm]:
    with open_theme(qapp) as theme:
        form = make(theme)
        qtbot.addWidget(form)
        form.show()
        qtbot.waitUntil(form.isActiveWindow, timeout=PATIENCE_MS)
        yield form


def make(theme: Theme) -> FussyForm:
    form = FussyForm(theme)
    form.show_record(record(HOURLY))
    return form


def test_what_no_field_shows_is_kept(form: FussyForm) -> None:
    assert form.spec() == HOURLY
    assert not form.is_dirty


def test_typing_makes_it_dirty_and_typing_back_makes_it_clean(qtbot: QtBot, form: FussyForm) -> None:
    with qtbot.waitSignal(form.changed):
        QTest.keyClicks(form.name, "x")
    assert form.is_dirty
    QTest.keyClick(form.name, Qt.Key.Key_Backspace)
    assert not form.is_dirty


def test_filling_leaves_nothing_unsaved(form: FussyForm) -> None:
    QTest.keyClicks(form.name, "x")
    form.show_record(None)
    assert (form.spec(), form.is_dirty) == (CronSpec(name="", expression="0 * * * *"), False)


def test_the_check_follows_the_last_key_once(qtbot: QtBot, form: FussyForm) -> None:
    checks: list[int] = []
    form.checked.connect(lambda: checks.append(1))
    form.expression.setFocus()
    QTest.keyClicks(form.expression, " 1 2 3 4")
    assert checks == []
    qtbot.waitUntil(lambda: bool(checks), timeout=PATIENCE_MS)
    assert (len(checks), form.is_valid) == (1, False)
    assert form.rows["expression"].problem


def test_a_problem_of_no_field_stands_at_the_top(form: FussyForm) -> None:
    form.name.setText("monday")
    form.check()
    assert form._others.isVisible()
    assert form._others.problem == "Nobody is there on Mondays."
    assert not form.is_valid
    form.name.setText("tuesday")
    form.check()
    assert not form._others.isVisible()
    assert form.is_valid


def test_the_keyboard_begins_in_the_first_field_that_is_wrong(form: FussyForm) -> None:
    form.focus_first()
    assert form.name.hasFocus()
    form.expression.setText("never")
    form.check()
    form.focus_first()
    assert form.expression.hasFocus()


def test_escape_asks_to_discard_only_where_there_is_something(qtbot: QtBot, form: FussyForm) -> None:
    asked: list[int] = []
    form.discard_wanted.connect(lambda: asked.append(1))
    QTest.keyClick(form.name, Qt.Key.Key_Escape)
    assert asked == []
    QTest.keyClicks(form.name, "x")
    QTest.keyClick(form.name, Qt.Key.Key_Escape)
    assert asked == [1]


def test_a_taken_name_is_told_while_typing(qtbot: QtBot, form: FussyForm) -> None:
    form.set_known(Known(), ["daily"])
    form.name.setText("daily")
    qtbot.waitUntil(lambda: "another cron named “daily”" in form.rows["name"].problem, timeout=PATIENCE_MS)
    form.set_known(Known(), [])
    qtbot.waitUntil(lambda: form.rows["name"].problem == "", timeout=PATIENCE_MS)


def test_merging_keeps_what_was_typed_and_takes_the_rest(form: FussyForm) -> None:
    form.name.setText("mine")
    theirs = replace(HOURLY, expression="5 * * * *", timezone="UTC")
    assert form.merge(record(theirs)) == []
    assert form.spec() == replace(theirs, name="mine")
    assert form.is_dirty
    form.name.setText("hourly")
    assert not form.is_dirty


def test_merging_names_what_both_changed(form: FussyForm) -> None:
    form.name.setText("mine")
    form.enabled.setChecked(False)
    assert form.merge(record(replace(HOURLY, name="theirs", enabled=False))) == ["name"]
    assert form.spec() == replace(HOURLY, name="mine", enabled=False)
    assert form.label_of("name") == "Name"


def test_merging_what_is_the_same_by_now_leaves_nothing_unsaved(form: FussyForm) -> None:
    form.name.setText("ours")
    assert form.merge(record(replace(HOURLY, name="ours"))) == []
    assert not form.is_dirty


def marked(form: FussyForm) -> list[str]:
    return [name for name, row in form.rows.items() if row.problem]


def test_a_new_form_marks_nothing_before_a_key_is_pressed(form: FussyForm) -> None:
    form.show_record(None, CronSpec(name="", expression=""))
    form.focus_first()
    form.check()
    assert (form.is_valid, marked(form), form.is_marked) == (False, [], False)
    assert form.name.accessibleDescription() == ""


def test_nobody_left_a_field_that_a_new_form_takes_the_focus_from(form: FussyForm) -> None:
    form.expression.setFocus()
    form.show_record(None, CronSpec(name="", expression=""))
    form.focus_first()
    form.check()
    assert form.name.hasFocus()
    assert marked(form) == []


def test_a_field_of_a_new_form_is_marked_when_it_was_left_for_another(qtbot: QtBot, form: FussyForm) -> None:
    form.show_record(None, CronSpec(name="", expression=""))
    form.name.setFocus()
    QTest.keyClick(form.name, Qt.Key.Key_Tab)
    assert form.expression.hasFocus()
    qtbot.waitUntil(lambda: marked(form) == ["name"], timeout=PATIENCE_MS)
    QTest.keyClicks(form.expression, "7")
    qtbot.waitUntil(lambda: marked(form) == ["name", "expression"], timeout=PATIENCE_MS)
    form.show_record(None, CronSpec(name="", expression=""))
    assert marked(form) == []


def test_going_to_another_window_leaves_no_field(qtbot: QtBot, form: FussyForm) -> None:
    form.show_record(None, CronSpec(name="", expression=""))
    form.name.setFocus()
    other = QLineEdit()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus, timeout=PATIENCE_MS)
    form.check()
    assert marked(form) == []


def test_revealing_marks_everything_until_another_thing_is_shown(form: FussyForm) -> None:
    form.show_record(None, CronSpec(name="", expression=""))
    form.reveal()
    assert marked(form) == ["name", "expression"]
    assert form.first_problem() == "“Name”: Give it a name."
    form.name.setText("hourly")
    form.check()
    assert marked(form) == ["expression"]
    form.show_record(None, CronSpec(name="", expression=""))
    assert marked(form) == []


def test_what_is_wrong_with_something_saved_is_marked_at_once(form: FussyForm) -> None:
    form.show_record(record(replace(HOURLY, expression="never")))
    assert marked(form) == ["expression"]


def test_escape_throws_a_new_thing_away_although_nothing_was_written(form: FussyForm) -> None:
    asked: list[int] = []
    form.discard_wanted.connect(lambda: asked.append(1))
    form.show_record(None)
    QTest.keyClick(form.name, Qt.Key.Key_Escape)
    assert asked == [1]
