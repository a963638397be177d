"""The table of variables: what its rows say, and its keys as fingers press them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from desktop.forms.environment_paste import PasteDialog
from desktop.forms.variable_table import Column, VariableTable
from desktop.forms.variable_table_editor import VariableEditor
from desktop.theme import Theme
from tests.support.environments_page import focused, key, type_text
from tests.support.window import PATIENCE_MS, open_theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    with open_theme(qapp) as opened:
        yield opened


@pytest.fixture
def editor(qtbot: QtBot, theme: Theme) -> VariableEditor:
    made = VariableEditor(theme)
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    qtbot.waitUntil(made.isActiveWindow, timeout=PATIENCE_MS)
    made.view.setFocus()
    return made


def go_to(editor: VariableEditor, row: int, column: Column) -> None:
    editor.view.setFocus()
    editor.view.setCurrentIndex(editor.table.index(row, column))


def place(editor: VariableEditor) -> tuple[int, int]:
    index = editor.view.currentIndex()
    return index.row(), index.column()


def open_dialog(editor: VariableEditor) -> PasteDialog:
    dialog = editor.findChildren(PasteDialog)[0]
    assert dialog.isVisible()
    return dialog


def test_variables_are_written_by_the_keyboard_alone(editor: VariableEditor) -> None:
    key(Key.Key_Return)
    type_text("API_URL")
    key(Key.Key_Return)
    type_text("https://example.org")
    key(Key.Key_Return)
    type_text("RETRIES")
    key(Key.Key_Tab)
    type_text("3")
    key(Key.Key_Return)
    type_text("LAST")
    key(Key.Key_Return)
    key(Key.Key_Return)
    key(Key.Key_Escape)
    assert editor.table.variables == {"API_URL": "https://example.org", "RETRIES": "3", "LAST": ""}
    assert list(editor.table.variables) == ["API_URL", "RETRIES", "LAST"]
    assert editor.problem == ""


def test_what_is_typed_is_there_before_the_cell_is_left(qtbot: QtBot, editor: VariableEditor) -> None:
    key(Key.Key_Return)
    with qtbot.waitSignal(editor.changed):
        type_text("A")
    assert editor.table.variables == {"A": ""}
    type_text("-")
    assert "letters, digits and underscores" in editor.problem


def test_esc_in_a_cell_takes_back_what_was_typed_there(editor: VariableEditor) -> None:
    editor.set_value({"A": "old"}, ())
    go_to(editor, 0, Column.VALUE)
    key(Key.Key_F2)
    type_text("new")
    assert editor.table.variables == {"A": "new"}
    key(Key.Key_Escape)
    assert editor.table.variables == {"A": "old"}


def test_tab_moves_through_the_cells_and_out_of_the_table(editor: VariableEditor) -> None:
    editor.set_value({"A": "1"}, ())
    go_to(editor, 0, Column.NAME)
    places = []
    for _ in range(4):
        key(Key.Key_Tab)
        places.append(place(editor))
    assert places == [(0, Column.VALUE), (0, Column.SECRET), (1, Column.NAME), (1, Column.VALUE)]
    assert focused() is editor.view
    key(Key.Key_Tab)
    assert focused() is editor.add_button
    go_to(editor, 0, Column.VALUE)
    key(Key.Key_Backtab, SHIFT)
    assert place(editor) == (0, Column.NAME)
    key(Key.Key_Backtab, SHIFT)
    assert focused() is not editor.view


def test_del_removes_and_undo_brings_back(editor: VariableEditor) -> None:
    editor.set_value({"A": "1", "B": "2", "C": "3"}, ())
    go_to(editor, 1, Column.NAME)
    assert editor.remove_button.isEnabled()
    key(Key.Key_Delete)
    assert editor.table.variables == {"A": "1", "C": "3"}
    assert place(editor) == (1, Column.NAME)
    key(Key.Key_Z, CONTROL)
    assert editor.table.variables == {"A": "1", "B": "2", "C": "3"}
    key(Key.Key_Z, CONTROL | SHIFT)
    assert editor.table.variables == {"A": "1", "C": "3"}


def test_a_word_typed_is_one_step_back(editor: VariableEditor) -> None:
    editor.set_value({"A": "1"}, ())
    go_to(editor, 0, Column.VALUE)
    key(Key.Key_F2)
    type_text("long")
    key(Key.Key_Escape)
    key(Key.Key_F2)
    type_text("word")
    key(Key.Key_Tab)
    editor.table.undo()
    assert editor.table.variables == {"A": "1"}
    assert not editor.table.can_undo


def test_the_blank_row_can_not_be_removed_and_says_what_it_is_for(editor: VariableEditor) -> None:
    go_to(editor, 0, Column.NAME)
    assert not editor.remove_button.isEnabled()
    key(Key.Key_Delete)
    assert editor.table.rowCount() == 1
    assert editor.table.data(editor.table.index(0, Column.NAME)) == "new variable"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("1A", "begins with no digit"),
        ("A B", "letters, digits and underscores"),
        ("CLOCKHAND_X", "belong to Clockhand"),
        ("", "needs a name"),
        ("TWICE", "stands there twice"),
    ],
)
def test_a_bad_name_is_told_in_words_and_marked_in_its_row(editor: VariableEditor, name: str, words: str) -> None:
    editor.set_value({"TWICE": "1"}, ())
    editor.table.setData(editor.table.index(1, Column.VALUE), "value")
    editor.table.setData(editor.table.index(1, Column.NAME), name)
    assert words in editor.problem
    cell = editor.table.index(1, Column.NAME)
    assert cell.data(Qt.ItemDataRole.DecorationRole) is not None
    assert words in cell.data(Qt.ItemDataRole.ToolTipRole)
    assert words in cell.data(Qt.ItemDataRole.AccessibleTextRole)


def test_a_secret_has_a_name_and_keeps_its_written_value_only_until_it_is_saved(editor: VariableEditor) -> None:
    editor.set_value({"TOKEN": "abcd", "A": "1"}, ("OTHER",))
    go_to(editor, 0, Column.SECRET)
    key(Key.Key_Space)
    assert editor.table.variables == {"A": "1"}
    assert editor.table.secrets == ("TOKEN", "OTHER")
    assert editor.table.values == {"TOKEN": "abcd"}
    shown = editor.table.index(0, Column.VALUE)
    assert shown.data() == "••••••••  to be saved"
    assert shown.data(Qt.ItemDataRole.ToolTipRole) == ""
    assert shown.data(Qt.ItemDataRole.AccessibleTextRole) == "a value that is to be saved"
    assert "abcd" not in repr(editor.table.entries)
    key(Key.Key_Space)
    assert editor.table.variables == {"TOKEN": "abcd", "A": "1"}
    key(Key.Key_Space)
    editor.set_value({"A": "1"}, ("TOKEN", "OTHER"))
    assert editor.table.values == {}
    editor.table.setData(editor.table.index(0, Column.SECRET), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    assert editor.table.variables["TOKEN"] == ""


def test_saving_leaves_the_rows_and_the_place_as_they_are(editor: VariableEditor) -> None:
    editor.set_value({"A": "1", "B": "2"}, ())
    go_to(editor, 1, Column.VALUE)
    editor.set_value({"A": "1", "B": "2"}, ())
    assert place(editor) == (1, Column.VALUE)
    editor.set_value({"A": "1", "B": "3"}, ())
    assert editor.table.variables == {"A": "1", "B": "3"}


def test_a_value_of_several_lines_is_shown_in_one_and_edited_without_loss(editor: VariableEditor) -> None:
    editor.set_value({"A": "x\ny"}, ())
    assert editor.table.index(0, Column.VALUE).data() == "x⏎y"
    go_to(editor, 0, Column.VALUE)
    key(Key.Key_F2)
    line = focused()
    assert isinstance(line, QLineEdit)
    key(Key.Key_End)
    type_text("z")
    key(Key.Key_Tab)
    assert editor.table.variables == {"A": "x\nyz"}


def test_pasted_env_text_is_looked_at_before_it_is_taken(qtbot: QtBot, editor: VariableEditor) -> None:
    editor.set_value({"A": "1", "B": "2"}, ("S",))
    QGuiApplication.clipboard().setText("A=new\nB=2\nexport C='x y'\nS=plain\nnonsense\n")
    go_to(editor, 0, Column.NAME)
    key(Key.Key_V, CONTROL)
    dialog = open_dialog(editor)
    rows = [dialog.preview.topLevelItem(number) for number in range(dialog.preview.topLevelItemCount())]
    assert [[row.text(column) for column in range(4)] for row in rows if row] == [
        ["C", "added", "x y", ""],
        ["S", "a secret", "••••••••", ""],
        ["A", "changed", "new", "1"],
        ["B", "as it is", "2", "2"],
    ]
    assert "Line 5" in dialog.problems_text
    assert dialog.take_button.text() == "&Add 2, change 1"
    assert editor.table.variables == {"A": "1", "B": "2"}
    QTest.mouseClick(dialog.take_button, Qt.MouseButton.LeftButton)
    assert editor.table.variables == {"A": "new", "B": "2", "C": "x y"}
    assert editor.table.secrets == ("S",)
    editor.table.undo()
    assert editor.table.variables == {"A": "1", "B": "2"}


def test_a_pasted_text_that_gives_nothing_can_not_be_taken(qtbot: QtBot, editor: VariableEditor) -> None:
    QGuiApplication.clipboard().setText("a sentence")
    QTest.mouseClick(editor.paste_button, Qt.MouseButton.LeftButton)
    dialog = open_dialog(editor)
    assert dialog.text.toPlainText() == ""
    assert not dialog.take_button.isEnabled()
    QTest.keyClicks(dialog.text, "A=1")
    assert dialog.take_button.text() == "&Add 1"
    QTest.keyClick(dialog, Key.Key_Escape)
    qtbot.waitUntil(lambda: not editor.findChildren(PasteDialog), timeout=PATIENCE_MS)
    assert editor.table.variables == {}


def test_the_paste_is_taken_by_the_keyboard_while_one_still_writes(qtbot: QtBot, editor: VariableEditor) -> None:
    QGuiApplication.clipboard().setText("A=1\nB=2")
    QTest.mouseClick(editor.paste_button, Qt.MouseButton.LeftButton)
    dialog = open_dialog(editor)
    qtbot.waitUntil(dialog.isActiveWindow, timeout=PATIENCE_MS)
    dialog.text.setFocus()
    QTest.keyClick(dialog.text, Key.Key_Return, CONTROL)
    assert editor.table.variables == {"A": "1", "B": "2"}


def test_what_looks_like_a_secret_is_taken_as_one_unless_that_is_not_wanted(
    qtbot: QtBot, editor: VariableEditor
) -> None:
    QGuiApplication.clipboard().setText("API_TOKEN=abcdef\nRETRIES=3")
    QTest.mouseClick(editor.paste_button, Qt.MouseButton.LeftButton)
    dialog = open_dialog(editor)
    assert dialog.as_secrets.text() == "Take what looks like a secret as one: API_TOKEN"
    rows = [dialog.preview.topLevelItem(row) for row in range(dialog.preview.topLevelItemCount())]
    assert "abcdef" not in [row.text(2) for row in rows if row is not None]
    QTest.mouseClick(dialog.take_button, Qt.MouseButton.LeftButton)
    assert (editor.table.variables, editor.table.values) == ({"RETRIES": "3"}, {"API_TOKEN": "abcdef"})
    editor.set_value({}, ())
    qtbot.waitUntil(lambda: not editor.findChildren(PasteDialog), timeout=PATIENCE_MS)
    QTest.mouseClick(editor.paste_button, Qt.MouseButton.LeftButton)
    dialog = open_dialog(editor)
    dialog.as_secrets.click()
    QTest.mouseClick(dialog.take_button, Qt.MouseButton.LeftButton)
    assert editor.table.variables == {"API_TOKEN": "abcdef", "RETRIES": "3"}


def test_the_value_of_a_secret_that_is_there_is_taken_from_a_text(qtbot: QtBot, editor: VariableEditor) -> None:
    editor.set_value({}, ("CODE",))
    QGuiApplication.clipboard().setText("CODE=abcdef\nA=1")
    QTest.mouseClick(editor.paste_button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(open_dialog(editor).take_button, Qt.MouseButton.LeftButton)
    assert (editor.table.variables, editor.table.values) == ({"A": "1"}, {"CODE": "abcdef"})


def test_what_is_put_in_gives_a_secret_its_value_when_that_is_saved(editor: VariableEditor) -> None:
    editor.set_value({"A": "1"}, ("S",))
    editor.put({"A": "2", "S": "plain", "N": "3"})
    assert editor.table.variables == {"A": "2", "N": "3"}
    assert editor.table.values == {"S": "plain"}
    assert place(editor) == (0, Column.NAME)


def test_a_word_is_pasted_into_its_cell(editor: VariableEditor) -> None:
    editor.set_value({"A": "1"}, ())
    QGuiApplication.clipboard().setText("word")
    go_to(editor, 0, Column.VALUE)
    key(Key.Key_V, CONTROL)
    assert editor.table.variables == {"A": "word"}


def test_what_is_copied_is_env_text_without_secrets(editor: VariableEditor) -> None:
    editor.set_value({"A": "1", "B": "two words"}, ("S",))
    QTest.mouseClick(editor.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "A=1\nB='two words'\n"
    go_to(editor, 1, Column.NAME)
    key(Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text() == "B='two words'\n"


def test_the_mouse_adds_edits_and_ticks(editor: VariableEditor) -> None:
    QTest.mouseClick(editor.add_button, Qt.MouseButton.LeftButton)
    type_text("A")
    key(Key.Key_Return)
    key(Key.Key_Escape)
    box = editor.view.visualRect(editor.table.index(0, Column.SECRET))
    QTest.mouseClick(editor.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(box.left() + 16, box.center().y()))
    assert editor.table.secrets == ("A",)


def test_every_cell_answers_every_role(theme: Theme) -> None:
    table = VariableTable(theme)
    table.show({"A": "1"}, ["S"])
    for row in range(table.rowCount()):
        for column in Column:
            for role in Qt.ItemDataRole:
                table.data(table.index(row, column), role)
    table.deleteLater()
