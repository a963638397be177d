"""Secrets on the page of the environments: written, sealed with the definition, shown for a moment, and undone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from core.catalog.specs import EnvironmentSpec
from core.secrets.key_facts import KeyKind
from core.secrets.rekeying import change_key
from core.workspace import Workspace
from desktop.application import Session
from desktop.forms.variable_table import Column
from desktop.pages.environments import EnvironmentsPage
from tests.support.hands import CONTROL, LEFT, answer, the_question
from tests.support.window import PATIENCE_MS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

Open = Callable[..., Session]
VALUE = "correct horse battery"


def keep_in_memory(workspace: Workspace) -> None:
    """Let the key be in memory alone: a keyring has tests of its own."""
    change_key(workspace.database, workspace.secrets.keys, KeyKind.MEMORY)
    workspace.catalog.create(EnvironmentSpec(name="live", variables={"A": "1"}, secrets=("TOKEN",)))


@pytest.fixture
def page(qtbot: QtBot, open_window: Open) -> EnvironmentsPage:
    session = open_window(before=keep_in_memory)
    page = session.window.page("environments")
    assert isinstance(page, EnvironmentsPage)
    session.window.open_page(4)
    qtbot.waitUntil(lambda: page.form.record is not None, timeout=PATIENCE_MS)
    return page


def press(page: EnvironmentsPage, key: Qt.Key) -> None:
    QTest.keyClick(page.window(), key, CONTROL)


def value_cell(page: EnvironmentsPage, name: str) -> str:
    table = page.form.variables.table
    row = table.row_of(name)
    assert row is not None
    return str(table.index(row, Column.VALUE).data())


def write_value(page: EnvironmentsPage, name: str, value: str) -> None:
    """Write into the cell as a person does."""
    view, table = page.form.variables.view, page.form.variables.table
    row = table.row_of(name)
    assert row is not None
    view.setFocus()
    view.setCurrentIndex(table.index(row, Column.VALUE))
    view.edit(view.currentIndex())
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    assert editor.echoMode() is QLineEdit.EchoMode.Password
    editor.selectAll()
    QTest.keyClicks(editor, value)
    QTest.keyClick(editor, Qt.Key.Key_Tab)


def save(qtbot: QtBot, page: EnvironmentsPage) -> None:
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    press(page, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: not page.form.is_dirty and page.form.record is not None, timeout=PATIENCE_MS)


def stored(page: EnvironmentsPage, name: str = "TOKEN") -> str | None:
    workspace = page.desk.workspace
    row_id = workspace.catalog.environment("live").id
    return workspace.secrets.reveal(row_id, name) if workspace.secrets.has_value(row_id, name) else None


def test_a_value_is_written_unseen_sealed_by_saving_and_told_by_dots(qtbot: QtBot, page: EnvironmentsPage) -> None:
    assert value_cell(page, "TOKEN") == "has no value yet"
    write_value(page, "TOKEN", VALUE)
    assert value_cell(page, "TOKEN") == "••••••••  to be saved"
    assert page.form.is_dirty
    save(qtbot, page)
    assert stored(page) == VALUE
    qtbot.waitUntil(lambda: value_cell(page, "TOKEN") == "••••••••", timeout=PATIENCE_MS)
    path = page.desk.workspace.folder.database
    with closing(sqlite3.connect(path)) as connection:
        assert VALUE not in "\n".join(connection.iterdump())


def test_a_value_that_can_not_be_a_secret_is_refused_beside_the_table(qtbot: QtBot, page: EnvironmentsPage) -> None:
    write_value(page, "TOKEN", "abc")
    qtbot.waitUntil(lambda: "fewer than 4 characters" in page.form.rows["variables"].problem, timeout=PATIENCE_MS)
    press(page, Qt.Key.Key_S)
    assert stored(page) is None


def test_a_value_is_shown_after_a_yes_and_goes_by_itself(
    qtbot: QtBot, page: EnvironmentsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_value(page, "TOKEN", VALUE)
    save(qtbot, page)
    editor = page.form.variables
    row = editor.table.row_of("TOKEN")
    assert row is not None
    editor.view.setCurrentIndex(editor.table.index(row, Column.NAME))
    qtbot.waitUntil(editor.show_button.isEnabled, timeout=PATIENCE_MS)
    QTest.mouseClick(editor.show_button, LEFT)
    answer(the_question(qtbot), "Keep it hidden")
    assert value_cell(page, "TOKEN") == "••••••••"
    showing = page.form._showing
    assert showing is not None
    showing._end.setInterval(50)
    QTest.mouseClick(editor.show_button, LEFT)
    with qtbot.waitSignal(showing._end.timeout, timeout=PATIENCE_MS):
        answer(the_question(qtbot), "Show it")
        qtbot.waitUntil(lambda: value_cell(page, "TOKEN") == VALUE, timeout=PATIENCE_MS)
    assert value_cell(page, "TOKEN") == "••••••••"


def test_a_value_that_is_shown_goes_with_the_page(qtbot: QtBot, page: EnvironmentsPage) -> None:
    write_value(page, "TOKEN", VALUE)
    save(qtbot, page)
    editor, showing = page.form.variables, page.form._showing
    assert showing is not None
    editor.table.reveal("TOKEN", VALUE)
    assert value_cell(page, "TOKEN") == VALUE
    page.window().open_page(1)  # type: ignore[attr-defined]  # it is the main window
    assert value_cell(page, "TOKEN") == "••••••••"


def test_a_written_value_never_becomes_plain_by_what_others_change(qtbot: QtBot, page: EnvironmentsPage) -> None:
    write_value(page, "TOKEN", VALUE)
    catalog = page.desk.workspace.catalog
    record = catalog.environment("live")
    catalog.change(record.id, EnvironmentSpec(name="live", variables={"A": "1", "TOKEN": "plain elsewhere"}))
    qtbot.waitUntil(lambda: "Variables" in page.panel.notice_text, timeout=PATIENCE_MS)
    assert page.form.variables.table.values == {"TOKEN": VALUE}
    spec = page.form.spec()
    assert "TOKEN" in spec.secrets
    assert VALUE not in spec.variables.values()


def test_a_value_follows_undo_and_redo(qtbot: QtBot, page: EnvironmentsPage) -> None:
    for value in (VALUE, "another value"):
        write_value(page, "TOKEN", value)
        save(qtbot, page)
    editing = page.desk.editing
    for step, expected in (
        (editing.undo, VALUE),
        (editing.undo, None),
        (editing.redo, VALUE),
        (editing.redo, "another value"),
    ):
        step()
        qtbot.waitUntil(lambda expected=expected: stored(page) == expected, timeout=PATIENCE_MS)  # type: ignore[misc]  # stub


def test_an_undo_leaves_a_value_that_was_changed_elsewhere_as_it_is(qtbot: QtBot, page: EnvironmentsPage) -> None:
    write_value(page, "TOKEN", VALUE)
    save(qtbot, page)
    workspace = page.desk.workspace
    workspace.secrets.set(workspace.catalog.environment("live").id, "TOKEN", "set in a terminal")
    page.desk.editing.undo()
    bar = page.window().error_bar  # type: ignore[attr-defined]  # it is the main window
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE_MS)
    assert "TOKEN was changed elsewhere" in bar.sentence
    assert stored(page) == "set in a terminal"


def test_an_undo_after_another_key_brings_the_former_value_back_readable(qtbot: QtBot, page: EnvironmentsPage) -> None:
    for value in (VALUE, "another value"):
        write_value(page, "TOKEN", value)
        save(qtbot, page)
    workspace = page.desk.workspace
    change_key(workspace.database, workspace.secrets.keys)
    page.desk.editing.undo()
    qtbot.waitUntil(lambda: stored(page) == VALUE, timeout=PATIENCE_MS)


def test_a_plain_variable_that_becomes_a_secret_is_saved_with_its_value_and_undone(
    qtbot: QtBot, page: EnvironmentsPage
) -> None:
    table = page.form.variables.table
    row = table.row_of("A")
    assert row is not None
    table.setData(table.index(row, Column.VALUE), "a plain value")
    save(qtbot, page)
    row = table.row_of("A")
    assert row is not None
    table.setData(table.index(row, Column.SECRET), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    assert "Earlier runs and copies may hold A in plain" in page.form.rows["variables"].hint
    save(qtbot, page)
    assert stored(page, "A") == "a plain value"
    page.desk.editing.undo()
    catalog = page.desk.workspace.catalog
    qtbot.waitUntil(lambda: dict(catalog.environment("live").spec.variables) == {"A": "a plain value"})
    page.desk.editing.redo()
    qtbot.waitUntil(lambda: "A" in catalog.environment("live").spec.secrets, timeout=PATIENCE_MS)
    assert stored(page, "A") == "a plain value"


def test_a_new_environment_is_saved_with_the_values_of_its_secrets(qtbot: QtBot, page: EnvironmentsPage) -> None:
    press(page, Qt.Key.Key_N)
    QTest.keyClicks(page.form.name, "staging")
    page.form.variables.table.put({"KEY": "a secret value"})
    row = page.form.variables.table.row_of("KEY")
    assert row is not None
    cell = page.form.variables.table.index(row, Column.SECRET)
    page.form.variables.table.setData(cell, Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    save(qtbot, page)
    workspace = page.desk.workspace
    assert workspace.secrets.reveal(workspace.catalog.environment("staging").id, "KEY") == "a secret value"
    assert dict(workspace.catalog.environment("staging").spec.variables) == {}


def test_what_a_command_gets_tells_which_secret_has_no_value(qtbot: QtBot, page: EnvironmentsPage) -> None:
    page.form.tabs.setCurrentWidget(page.form.result)
    qtbot.waitUntil(lambda: "TOKEN" in page.form.result.sentence.text(), timeout=PATIENCE_MS)
    page.form.tabs.setCurrentIndex(0)
    write_value(page, "TOKEN", VALUE)
    save(qtbot, page)
    page.form.tabs.setCurrentWidget(page.form.result)
    qtbot.waitUntil(lambda: "TOKEN" not in page.form.result.sentence.text(), timeout=PATIENCE_MS)


def test_a_renamed_secret_keeps_its_value(qtbot: QtBot, page: EnvironmentsPage) -> None:
    write_value(page, "TOKEN", VALUE)
    save(qtbot, page)
    table = page.form.variables.table
    row = table.row_of("TOKEN")
    assert row is not None
    table.setData(table.index(row, Column.NAME), "API_TOKEN")
    save(qtbot, page)
    assert stored(page, "API_TOKEN") == VALUE


def test_without_the_key_nothing_is_saved_and_the_value_stays_written(qtbot: QtBot, page: EnvironmentsPage) -> None:
    workspace = page.desk.workspace
    change_key(workspace.database, workspace.secrets.keys, KeyKind.PASSPHRASE, passphrase="a long passphrase")
    workspace.secrets.keys._known.clear()  # as after another start
    page.form.enabled.click()
    write_value(page, "TOKEN", VALUE)
    press(page, Qt.Key.Key_S)
    bar = page.window().error_bar  # type: ignore[attr-defined]  # it is the main window
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE_MS)
    assert "passphrase" in bar.sentence
    assert page.form.variables.table.values == {"TOKEN": VALUE}
    assert workspace.catalog.environment("live").spec.enabled


def test_a_save_leads_to_the_tab_on_which_something_is_wrong(qtbot: QtBot, page: EnvironmentsPage) -> None:
    page.form.tabs.setCurrentIndex(1)
    write_on = page.form.variables.table
    write_on.setData(write_on.index(write_on.rowCount() - 1, Column.NAME), "not a name")
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    press(page, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: page.form.tabs.currentIndex() == 0, timeout=PATIENCE_MS)
    assert page.form.variables.view.hasFocus()


def test_what_the_window_remembers_is_the_users_alone(page: EnvironmentsPage) -> None:
    path = page.desk.workspace.folder.root / "window.ini"
    page.desk.memory.setValue("some/thing", 1)
    page.desk.memory.sync()
    assert path.stat().st_mode & 0o777 == 0o600
