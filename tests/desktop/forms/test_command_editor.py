"""The editor of a command's text, on its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCharFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from core.execution.definitions import Shell
from desktop.forms.command_editor import CommandEditor
from desktop.forms.command_marks import Mark, MarkKind, Names, marks_of
from desktop.theme import Theme
from tests.support.window import PATIENCE_MS, open_theme


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    with open_theme(qapp) as opened:
        yield opened


@pytest.fixture
def editor(qtbot: QtBot, theme: Theme) -> Iterator[CommandEditor]:
    """Give an editor in a window that scrolls, as a form does."""
    window = QScrollArea()
    window.setWidgetResizable(True)
    inner = QWidget()
    made = CommandEditor(theme)
    layout = QVBoxLayout(inner)
    layout.addWidget(made)
    layout.addWidget(QLineEdit())
    window.setWidget(inner)
    qtbot.addWidget(window)
    window.resize(400, 600)
    window.show()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    made.setFocus()
    yield made
    window.close()


def underlines(editor: CommandEditor) -> dict[str, QTextCharFormat.UnderlineStyle]:
    found = {}
    block = editor.document().begin()
    while block.isValid():
        for part in block.layout().formats():
            # Qt counts in units of UTF-16.
            text = block.text().encode("utf-16-le")[2 * part.start : 2 * (part.start + part.length)].decode("utf-16-le")
            found[text] = part.format.underlineStyle()
        block = block.next()
    return found


def mark(editor: CommandEditor) -> None:
    editor.show_marks(marks_of(editor.value(), Shell.SH, Names()))


def test_placeholders_differ_by_their_underline_not_by_colour_alone(editor: CommandEditor) -> None:
    editor.set_value("echo 🕰 {{NOPE}} {{ job.id }}")
    mark(editor)
    found = underlines(editor)
    assert found["NOPE"] == QTextCharFormat.UnderlineStyle.WaveUnderline
    assert found["job.id"] == QTextCharFormat.UnderlineStyle.SingleUnderline
    assert found["{{"] == QTextCharFormat.UnderlineStyle.NoUnderline


def test_marks_move_with_what_is_typed_before_them(editor: CommandEditor) -> None:
    editor.set_value("echo {{ NOPE }}")
    mark(editor)
    editor.go_to(1, 1)
    QTest.keyClicks(editor, "sudo ")
    assert "NOPE" in underlines(editor)
    assert editor.value() == "sudo echo {{ NOPE }}"


def test_a_mark_is_explained_where_it_is(editor: CommandEditor) -> None:
    editor.set_value("a {{ NOPE }}")
    mark(editor)
    assert editor.sentence_at(0) == ""
    assert editor.sentence_at(6) == "No environment has a variable NOPE."


@pytest.mark.parametrize(
    "text", ["", "one", "a\nb\n", "a\r\nb\r\n", "non\u00a0breaking", "🕰 line\u2028separator", "tab\there"]
)
def test_the_text_comes_back_as_it_came(editor: CommandEditor, text: str) -> None:
    editor.set_value(text)
    assert editor.value() == text


def test_the_cursor_goes_to_a_place_also_one_that_is_not_there(editor: CommandEditor) -> None:
    editor.set_value("🕰 one\ntwo")
    editor.go_to(1, 3)
    assert editor.textCursor().positionInBlock() == 3
    editor.go_to(2, 99)
    assert editor.textCursor().positionInBlock() == 3
    editor.go_to(99, 1)
    assert editor.textCursor().blockNumber() == 1


def test_tab_leaves_the_editor(editor: CommandEditor) -> None:
    editor.set_value("one")
    QTest.keyClick(editor, Qt.Key.Key_Tab)
    assert editor.value() == "one"
    assert not editor.hasFocus()


def test_it_grows_with_its_text_up_to_a_limit(editor: CommandEditor) -> None:
    small = editor.height()
    editor.set_value("\n" * 9)
    grown = editor.height()
    editor.set_value("\n" * 500)
    full = editor.height()
    editor.set_value("\n" * 5000)
    assert small < grown < full == editor.height()


def test_without_wrapping_long_lines_stay_one_line(editor: CommandEditor) -> None:
    editor.set_value("word " * 500)
    wrapped = editor.height()
    editor.set_wrapping(False)
    assert editor.height() < wrapped


def test_a_new_text_keeps_no_mark_of_the_old_one(editor: CommandEditor) -> None:
    editor.set_value("echo {{ NOPE }}")
    mark(editor)
    editor.set_value("quite another text")
    assert underlines(editor) == {}
    editor.show_marks([Mark(MarkKind.FAULT, 0, 5, "wrong")])
    assert underlines(editor) == {"quite": QTextCharFormat.UnderlineStyle.WaveUnderline}
