"""A row says what is wrong in place of its hint, and moves nothing when it stops saying so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.forms.field_row import FieldRow
from desktop.forms.fields import CheckField, NameField
from desktop.theme import Theme
from desktop.widgets.steady_label import SteadyLabel
from tests.support.window import open_theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

LONG = "It holds a character that no program can receive, which is a pity, because it was written with care. " * 2


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    with open_theme(qapp) as theme:
        yield theme


def stacked(qtbot: QtBot, *rows: QWidget) -> QWidget:
    """Return a window of a fixed width with the rows above each other."""
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    for row in rows:
        layout.addWidget(row)
    layout.addStretch(1)
    window.resize(320, 400)
    window.show()
    qtbot.waitUntil(lambda: rows[-1].y() > 0)
    return window


def place_of(row: FieldRow) -> int:
    for _ in range(3):  # one for each layout within another
        QApplication.processEvents()
    return row.y()


def test_a_problem_takes_the_place_of_the_hint_with_an_icon(qtbot: QtBot, theme: Theme) -> None:
    row = FieldRow(theme, "&Name", NameField(), "Any words")
    qtbot.addWidget(row)
    row.show()
    notes = [each for each in row.findChildren(QLabel) if each is not row.label and each.isVisible()]
    assert [each.text() for each in notes] == ["Any words"]
    assert row.widget.accessibleName() == "Name"
    row.show_problem("It is empty.")
    shown = [each for each in row.findChildren(QLabel) if each is not row.label and each.isVisible()]
    assert any(not each.pixmap().isNull() for each in shown)
    assert row.problem == row.widget.accessibleDescription() == "It is empty."
    row.set_hint("Other words")
    assert row.problem == "It is empty."
    row.show_problem("")
    assert (row.problem, row.widget.accessibleDescription()) == ("", "Other words")


def test_the_mnemonic_of_a_label_leads_to_its_field(qtbot: QtBot, theme: Theme) -> None:
    row = FieldRow(theme, "&Name", NameField())
    qtbot.addWidget(row)
    row.show()
    qtbot.waitUntil(row.isActiveWindow)
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    assert row.widget.hasFocus()


@pytest.mark.parametrize("hint", ["", "Any words"])
def test_a_problem_of_one_line_moves_nothing(qtbot: QtBot, theme: Theme, hint: str) -> None:
    first, second = FieldRow(theme, "&Name", NameField(), hint), FieldRow(theme, "&Other", NameField())
    window = stacked(qtbot, first, second)
    before = place_of(second)
    first.show_problem("Give it a name.")
    assert place_of(second) == before
    first.show_problem("")
    assert place_of(second) == before
    assert window.isVisible()


def test_a_long_problem_moves_the_rest_once_and_not_back_while_one_types(qtbot: QtBot, theme: Theme) -> None:
    first, second = FieldRow(theme, "&Name", NameField()), FieldRow(theme, "&Other", NameField())
    window = stacked(qtbot, first, second)
    before = place_of(second)
    first.show_problem(LONG)
    moved = place_of(second)
    assert moved > before
    first.show_problem("")
    assert place_of(second) == moved
    first.show_problem(LONG)
    assert place_of(second) == moved
    first.show_problem("")
    first.rest()
    assert place_of(second) == before
    first.show_problem(LONG)
    first.show_problem("")
    window.resize(330, 400)
    assert place_of(second) == before


def note_of(row: FieldRow) -> QLabel:
    return next(each for each in row.findChildren(SteadyLabel) if each.isVisible())


def ink(label: QLabel) -> int:
    """Return how far below the top of the label its first letter begins."""
    image = label.grab().toImage()
    ground = image.pixel(image.width() - 1, 0)
    return next(y for y in range(image.height()) if any(image.pixel(x, y) != ground for x in range(image.width())))


def test_the_hint_stands_where_it_stood_after_a_long_problem(qtbot: QtBot, theme: Theme) -> None:
    row = FieldRow(theme, "&Name", NameField(), "Any words")
    window = stacked(qtbot, row, FieldRow(theme, "&Other", NameField()))
    before, height = ink(note_of(row)), note_of(row).height()
    row.show_problem(LONG)
    row.show_problem("")
    place_of(row)
    assert note_of(row).height() > height
    assert ink(note_of(row)) == before
    assert window.isVisible()


def test_the_icon_stands_in_the_middle_of_its_line(qtbot: QtBot, theme: Theme, qapp: QApplication) -> None:
    for points in (9, 16):
        row = FieldRow(theme, "&Name", NameField())
        letters = qapp.font()
        letters.setPointSize(points)
        note = row.findChildren(SteadyLabel)[0]
        note.setFont(letters)
        window = stacked(qtbot, row, FieldRow(theme, "&Other", NameField()))
        row.show_problem(LONG)
        place_of(row)
        icon = next(each for each in note.findChildren(QLabel) if not each.pixmap().isNull())
        middle = note.contentsRect().top() + note.fontMetrics().lineSpacing() / 2
        assert abs(icon.geometry().center().y() + 0.5 - middle) <= 1
        assert window.isVisible()


def test_a_tick_box_without_a_hint_keeps_no_line_free(qtbot: QtBot, theme: Theme) -> None:
    first, second = FieldRow(theme, "", CheckField("Enabled")), FieldRow(theme, "&Other", NameField())
    window = stacked(qtbot, first, second)
    assert window.isVisible()
    assert not [each for each in first.findChildren(QLabel) if each.isVisible()]


def test_a_field_that_grows_no_wider_stands_at_the_left(qtbot: QtBot, theme: Theme) -> None:
    narrow, wide, beside = QLineEdit(), QLineEdit(), QPushButton("Make one")
    narrow.setMaximumWidth(240)
    rows = [FieldRow(theme, "Narrow", narrow), FieldRow(theme, "Wide", wide)]
    rows[1].put_beside_field(beside)
    for row in rows:
        qtbot.addWidget(row)
        row.resize(800, row.sizeHint().height())
        row.show()
    assert (narrow.x(), narrow.width()) == (0, 240)
    assert (wide.x(), beside.geometry().right()) == (0, 799)
