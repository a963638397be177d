"""The view of two texts side by side: what is painted where, and what is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.comparison.ignoring import Ignoring
from core.comparison.lines import Kind, Row, compare_lines
from core.comparison.text import Gap
from desktop.theme import Theme
from desktop.widgets.compare_painter import RowPainter, shown_text
from desktop.widgets.compare_view import CompareView
from tests.support.window import open_theme

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    with open_theme(qapp) as made:
        yield made


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> CompareView:
    made = CompareView(theme, "side by side")
    qtbot.addWidget(made)
    made.resize(QSize(600, 300))
    made.show()
    return made


def compare(view: CompareView, before: list[str], after: list[str]) -> None:
    view.clear(Ignoring(()))
    view.add(compare_lines(before, after, Ignoring(())).rows)


def ground(view: CompareView, row: int, *, right: bool) -> QColor:
    """Return the colour at the end of a row's side, where there is no text."""
    viewport = view.viewport()
    x = viewport.width() - 4 if right else viewport.width() // 2 - 4
    height = view.fontMetrics().height() + 4
    return viewport.grab().toImage().pixelColor(x, row * height + height // 2)


def test_each_kind_of_row_has_its_ground_on_its_side(view: CompareView, theme: Theme) -> None:
    compare(view, ["same", "went"], ["same", "=="])
    base, empty = theme.colour("base"), theme.colour("window")
    assert [row.kind for row in view.rows.rows] == [Kind.SAME, Kind.REMOVED, Kind.ADDED]
    assert ground(view, 0, right=False) == ground(view, 0, right=True) == base
    assert ground(view, 1, right=True) == ground(view, 2, right=False) == empty
    gone, came = ground(view, 1, right=False), ground(view, 2, right=True)
    assert gone.red() > gone.green()
    assert came.green() > came.red()


def test_what_is_ignored_is_painted_as_what_is_the_same(view: CompareView, theme: Theme) -> None:
    view.clear(Ignoring())
    view.add(compare_lines(["07:30 x"], ["07:31 x"], Ignoring()).rows)
    assert view.rows.rows[0].kind is Kind.IGNORED
    assert ground(view, 0, right=True) == theme.colour("base")


def test_a_gap_and_what_is_folded_away_take_a_row_each(view: CompareView, theme: Theme) -> None:
    view.clear(Ignoring(()), (Gap(0, 8_000_000, 100_000), None), gaps_differ=True)
    view.add([*(Row(Kind.SAME, number, "x", number, "x") for number in range(1, 31)), Row(Kind.GAP)])
    view.fold(is_folded=True)
    assert view.visible_rows()[0] == 27
    assert ground(view, 0, right=True) == theme.colour("raised")
    assert ground(view, 4, right=True) not in [theme.colour("base"), theme.colour("raised")]


def test_only_what_is_seen_is_painted(view: CompareView, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[int | None] = []
    paint = RowPainter.paint_row

    def counted(self: RowPainter, painter: object, row: Row, *others: object) -> None:
        painted.append(row.before_number)
        paint(self, painter, row, *others)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(RowPainter, "paint_row", counted)
    compare(view, [f"line {number}" for number in range(50_000)], [f"line {number}" for number in range(50_000)])
    view.verticalScrollBar().setValue(30_000)
    painted.clear()
    view.viewport().grab()
    assert 5 < len(painted) < 40
    assert painted[0] == 30_001


def test_a_line_of_any_length_is_reached_by_its_first_change(view: CompareView) -> None:
    compare(view, ["word " * 600 + "old", "x"], ["word " * 600 + "new", "x"])
    assert view.horizontalScrollBar().value() == 0
    view.go(1)
    bar = view.horizontalScrollBar()
    place = view._painter.text_width("word " * 600)
    assert bar.value() < place < bar.value() + bar.pageStep()
    view.viewport().grab()


def test_a_word_far_in_a_line_is_marked_where_it_stands(view: CompareView) -> None:
    exact = QFontMetricsF(view.font())
    for text in ("0" * 300, "\u00e9" * 300):
        assert abs(view._painter.text_width(text) - exact.horizontalAdvance(text)) <= 1


def test_tabs_and_controls_are_made_visible() -> None:
    assert shown_text("a\tb\x07") == "a       b\u2407"


def test_a_span_of_lines_of_one_side_is_copied(view: CompareView) -> None:
    compare(view, ["a", "went", "b", "c"], ["a", "b", "came", "c"])
    height = view.fontMetrics().height() + 4
    places = [QPoint(10, height // 2), QPoint(view.viewport().width() - 10, height * 2 + height // 2)]
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[0])
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, SHIFT, places[1])
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "a\nwent\nb\n"
    view.clear(Ignoring(()))
    view.copy()
    assert QGuiApplication.clipboard().text() == "a\nwent\nb\n"


def test_an_empty_view_takes_every_key(view: CompareView) -> None:
    for key in (Qt.Key.Key_N, Qt.Key.Key_P, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageDown):
        QTest.keyClick(view, key)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton)
    view.select_all()
    view.fold(is_folded=True)
    assert view.visible_rows() == []
    assert view.current is None
