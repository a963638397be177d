"""The page of the environments in the real window, driven by keyboard and mouse."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, ScheduleSpec
from core.workspace import Workspace
from desktop.forms.variable_table import Column
from tests.support.environments_page import (
    CONTROL,
    LEFT,
    OpenPage,
    choose,
    key,
    lines,
    open_tab,
    opening,
    saved,
    type_text,
    use_shell,
    wait_for_saved,
)
from tests.support.window import PATIENCE_MS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no login shell")

Key = Qt.Key


@pytest.fixture
def open_page(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenPage]:
    """Return a function that opens the window on this page, with these environments saved before."""
    with opening(qtbot, tmp_path / "data") as open_it:
        yield open_it


def test_the_first_environment_is_made_by_the_keyboard(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page()
    assert page.empty.title == "There are no environments yet"
    QTest.mouseClick(page.first_button, LEFT)
    qtbot.waitUntil(page.form.name.hasFocus, timeout=PATIENCE_MS)
    type_text("staging")
    page.form.variables.view.setFocus()
    key(Key.Key_Return)
    type_text("API_URL")
    key(Key.Key_Return)
    type_text("https://example.org")
    key(Key.Key_Return)
    type_text("TOKEN")
    key(Key.Key_Tab)
    key(Key.Key_Tab)
    key(Key.Key_Space)
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    key(Key.Key_S, CONTROL)
    spec = EnvironmentSpec(name="staging", variables={"API_URL": "https://example.org"}, secrets=("TOKEN",))
    wait_for_saved(qtbot, page, spec)
    assert "No command can start" in page.form.variables_row._note.text()


def test_what_is_typed_in_a_cell_is_saved_without_leaving_it(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page(EnvironmentSpec(name="a", variables={"X": "1"}))
    view = page.form.variables.view
    view.setFocus()
    view.setCurrentIndex(view.table.index(0, Column.VALUE))
    key(Key.Key_F2)
    type_text("23")
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    key(Key.Key_S, CONTROL)
    wait_for_saved(qtbot, page, EnvironmentSpec(name="a", variables={"X": "23"}))


def test_a_wrong_row_is_told_while_one_types_and_is_not_saved(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page(EnvironmentSpec(name="a", variables={"X": "1"}))
    page.form.variables.view.setFocus()
    key(Key.Key_Return)
    type_text("2X")
    qtbot.waitUntil(lambda: "begins with no digit" in page.form.variables_row.problem, timeout=PATIENCE_MS)
    page.panel.save.trigger()
    assert saved(page)["a"].variables == {"X": "1"}
    key(Key.Key_F2)
    key(Key.Key_Home)
    key(Key.Key_Delete)
    qtbot.waitUntil(lambda: "stands there twice" in page.form.variables_row.problem, timeout=PATIENCE_MS)
    type_text("Y")
    qtbot.waitUntil(lambda: page.form.variables_row.problem == "", timeout=PATIENCE_MS)
    key(Key.Key_Escape)
    key(Key.Key_Escape)
    assert not page.form.is_dirty


def test_a_name_that_is_taken_is_told(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page(EnvironmentSpec(name="a"), EnvironmentSpec(name="b"))
    choose(qtbot, page, "b")
    page.form.name.setFocus()
    page.form.name.selectAll()
    type_text("a")
    qtbot.waitUntil(lambda: "another environment" in page.form.rows["name"].problem, timeout=PATIENCE_MS)


def test_only_what_leads_to_no_circle_is_offered_to_extend(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page(
        EnvironmentSpec(name="a"), EnvironmentSpec(name="b", extends="a"), EnvironmentSpec(name="c", extends="b")
    )
    choose(qtbot, page, "b")
    field = page.form.extends
    assert [field.itemText(row) for row in range(field.count())] == ["nothing", "a"]
    choose(qtbot, page, "c")
    assert [field.itemText(row) for row in range(field.count())] == ["nothing", "a", "b"]
    field.setFocus()
    key(Key.Key_Up)
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    key(Key.Key_S, CONTROL)
    wait_for_saved(qtbot, page, EnvironmentSpec(name="c", extends="a"))


def test_the_result_names_the_origin_of_each_variable(
    qtbot: QtBot, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_SESSION", "yes")
    monkeypatch.setenv("LANG", "C")
    page = open_page(
        EnvironmentSpec(name="common", variables={"A": "1", "LANG": "de"}),
        EnvironmentSpec(name="staging", extends="common", variables={"A": "2"}, secrets=("S",)),
    )
    choose(qtbot, page, "staging")
    open_tab(page, 2)
    pane = page.form.result
    qtbot.waitUntil(lambda: "A" in lines(pane.table), timeout=PATIENCE_MS)
    found = lines(pane.table)
    assert found["A"] == ("2", "here", "“common”")
    assert found["LANG"] == ("de", "“common”", "session")
    assert found["OF_THE_SESSION"] == ("yes", "session", "")
    assert found["S"] == ("has no value yet", "here", "")
    assert found["CLOCKHAND_JOB_ID"] == ("differs from job to job", "Clockhand", "")
    assert "S." in pane.sentence.text()
    pane.only_set.click()
    assert {"A", "LANG", "S"} <= lines(pane.table).keys()
    assert "OF_THE_SESSION" not in lines(pane.table)
    pane.filter.setFocus()
    type_text("common")
    assert list(lines(pane.table)) == ["A", "LANG"]
    pane.view.selectRow(1)
    pane.view.setFocus()
    key(Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text() == "LANG=de\n"


def test_the_result_follows_the_form_and_what_it_extends(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page(
        EnvironmentSpec(name="common", variables={"A": "1"}), EnvironmentSpec(name="staging", extends="common")
    )
    choose(qtbot, page, "staging")
    open_tab(page, 2)
    table = page.form.result.table
    qtbot.waitUntil(lambda: lines(table).get("A", ("",))[0] == "1", timeout=PATIENCE_MS)
    catalog = page.desk.workspace.catalog
    catalog.change(catalog.environment("common").id, EnvironmentSpec(name="common", variables={"A": "new"}))
    qtbot.waitUntil(lambda: lines(table).get("A", ("",))[0] == "new", timeout=PATIENCE_MS)
    page.form.extends.setFocus()
    key(Key.Key_Home)
    qtbot.waitUntil(lambda: "A" not in lines(table), timeout=PATIENCE_MS)
    page.form.name.setFocus()
    page.form.name.selectAll()
    key(Key.Key_Delete)
    qtbot.waitUntil(lambda: "“Name”: Give it a name." in page.form.result.sentence.text(), timeout=PATIENCE_MS)
    assert lines(table) == {}


@posix
def test_what_the_login_shell_has_otherwise_is_shown_and_taken(
    qtbot: QtBot, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_shell(monkeypatch, tmp_path / "shell", 'export FROM_PROFILE=yes A=other; echo "a greeting"')
    page = open_page(EnvironmentSpec(name="a", variables={"A": "mine", "B": "only"}))
    open_tab(page, 3)
    pane = page.form.contrast
    qtbot.waitUntil(lambda: "FROM_PROFILE" in lines(pane.table), timeout=PATIENCE_MS)
    assert lines(pane.table) == {
        "FROM_PROFILE": ("missing here", "", "yes"),
        "A": ("other value", "mine", "other"),
        "B": ("only here", "only", ""),
    }
    assert "1 of its variables are missing, 1 have another value" in pane.sentence.text()
    assert not pane.take_button.isEnabled()
    pane.view.selectRow(0)
    QTest.mouseClick(pane.take_button, LEFT)
    assert page.form.tabs.currentIndex() == 0
    assert page.form.spec().variables == {"A": "mine", "B": "only", "FROM_PROFILE": "yes"}
    assert page.form.is_dirty


@posix
def test_a_login_shell_that_fails_is_explained_and_can_be_asked_again(
    qtbot: QtBot, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_shell(monkeypatch, tmp_path / "shell", "exit 3")
    page = open_page(EnvironmentSpec(name="a", base="login"))
    open_tab(page, 2)
    pane = page.form.result
    qtbot.waitUntil(lambda: "ended with exit code 3" in pane.sentence.text(), timeout=PATIENCE_MS)
    assert pane.warning.isVisible()
    use_shell(monkeypatch, tmp_path / "shell", "export NOW=fine")
    QTest.mouseClick(pane.again_button, LEFT)
    qtbot.waitUntil(lambda: lines(pane.table).get("NOW") == ("fine", "login shell", ""), timeout=PATIENCE_MS)
    assert not pane.warning.isVisible()


@posix
def test_a_login_shell_that_takes_long_holds_nothing_up(
    qtbot: QtBot, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    use_shell(monkeypatch, tmp_path / "shell", f'while [ ! -e "{gate}" ]; do sleep 0.02; done; export NOW=fine')
    page = open_page(EnvironmentSpec(name="a"), EnvironmentSpec(name="b"))
    choose(qtbot, page, "a")
    open_tab(page, 3)
    pane = page.form.contrast
    assert "Asking the login shell" in pane.sentence.text()
    assert pane.progress.isVisible()
    page.form.enabled.click()
    key(Key.Key_S, CONTROL)
    wait_for_saved(qtbot, page, EnvironmentSpec(name="a", enabled=False))
    assert pane.progress.isVisible()
    gate.touch()
    qtbot.waitUntil(lambda: "NOW" in lines(pane.table), timeout=PATIENCE_MS)
    assert not pane.progress.isVisible()


def test_what_another_program_changed_is_taken_in_beside_what_is_typed(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page(EnvironmentSpec(name="a", variables={"X": "1"}))
    page.form.variables.table.put({"Y": "2"})
    catalog = page.desk.workspace.catalog
    catalog.change(catalog.environment("a").id, EnvironmentSpec(name="a", base="clean", variables={"X": "1"}))
    qtbot.waitUntil(lambda: page.form.base.value() == "clean", timeout=PATIENCE_MS)
    assert page.form.spec().variables == {"X": "1", "Y": "2"}


def test_the_tables_own_undo_comes_before_that_of_the_page(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page(EnvironmentSpec(name="a", variables={"X": "1"}))
    view = page.form.variables.view
    view.setFocus()
    view.setCurrentIndex(view.table.index(0, Column.NAME))
    key(Key.Key_Delete)
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    key(Key.Key_S, CONTROL)
    wait_for_saved(qtbot, page, EnvironmentSpec(name="a"))
    qtbot.waitUntil(lambda: not view.table.can_undo, timeout=PATIENCE_MS)
    key(Key.Key_Z, CONTROL)  # nothing of the table's own is left: the saved change is taken back
    wait_for_saved(qtbot, page, EnvironmentSpec(name="a", variables={"X": "1"}))
    qtbot.waitUntil(lambda: page.form.spec().variables == {"X": "1"}, timeout=PATIENCE_MS)
    view.setFocus()
    view.setCurrentIndex(view.table.index(0, Column.NAME))
    key(Key.Key_Delete)
    assert page.form.spec().variables == {}
    key(Key.Key_Z, CONTROL)
    assert page.form.spec().variables == {"X": "1"}
    assert saved(page)["a"].variables == {"X": "1"}


def test_the_list_says_what_each_is_and_finds_it_by_a_variable(qtbot: QtBot, open_page: OpenPage) -> None:
    def schedule(workspace: Workspace) -> None:
        workspace.catalog.create(CommandSpec(name="sync", run="true"))
        workspace.catalog.create(CronSpec(name="hourly", expression="0 * * * *"))
        workspace.catalog.create(
            ScheduleSpec(name="each hour", command="sync", environments=("staging",), crons=("hourly",))
        )

    page = open_page(
        EnvironmentSpec(name="common", variables={"A": "secret words"}),
        EnvironmentSpec(name="staging", extends="common", variables={"API_URL": "x"}, secrets=("S",)),
        before=schedule,
    )
    rows = [[str(page.table.data(page.table.index(row, column))) for column in range(4)] for row in range(2)]
    assert rows == [["common", "", "1", ""], ["staging", "common", "2", "each hour"]]
    choose(qtbot, page, "common")
    assert page.form.used_by.text() == "Extended by “staging”."
    choose(qtbot, page, "staging")
    assert page.form.used_by.text() == "Schedules: “each hour”."
    page.list.filter.setFocus()
    type_text("api_url")
    qtbot.waitUntil(lambda: page.table.rowCount() == 1, timeout=PATIENCE_MS)
    page.list.filter.selectAll()
    type_text("words")  # values are not looked at
    qtbot.waitUntil(lambda: page.table.rowCount() == 0, timeout=PATIENCE_MS)


def test_the_wheel_changes_no_choice(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page(EnvironmentSpec(name="a"), EnvironmentSpec(name="b"))
    for field in (page.form.extends, page.form.base):
        wheel = QWheelEvent(
            QPointF(5, 5),
            QPointF(field.mapToGlobal(QPoint(5, 5))),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        assert wheel.type() is QEvent.Type.Wheel
        QApplication.sendEvent(field, wheel)
    assert not page.form.is_dirty


def test_every_control_has_a_name_and_every_mnemonic_is_there_once(qtbot: QtBot, open_page: OpenPage) -> None:
    page = open_page(EnvironmentSpec(name="a", variables={"X": "1"}))
    form = page.form
    for number in range(4):
        form.tabs.setCurrentIndex(number)
        widgets = [each for each in form.findChildren(QWidget) if each.isVisible()]
        for widget in widgets:
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not isinstance(widget, QTabBar):
                assert widget.accessibleName(), widget
        texts = [str(getattr(each, "text", str)()) for each in widgets]
        texts += [form.tabs.tabText(tab) for tab in range(4)]
        letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
        assert len(set(letters)) == len(letters) > 5
        assert not set(letters) & set("nlbsvop")  # those of the page and the window around it


def test_switching_to_another_environment_shows_its_own_rows(qtbot: QtBot, open_page: OpenPage) -> None:
    spec = EnvironmentSpec(name="a", variables={"X": "1"})
    page = open_page(spec, replace(spec, name="b"), replace(spec, name="c", variables={"X": "2"}))
    for name in ("b", "c", "a"):
        choose(qtbot, page, name)
        assert page.form.spec() == saved(page)[name]
        assert not page.form.is_dirty
        assert not page.form.variables.table.can_undo
