"""Columns fit the view at every width, until a person draws one; that is kept between two starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from desktop.widgets.fitted_columns import FittedColumns

WIDTHS = {0: 150, 1: 150, 2: 100, 3: 100}


def make(qtbot: QtBot, width: int, *, wide: int | None = None) -> tuple[QTableView, FittedColumns]:
    view = QTableView()
    qtbot.addWidget(view)
    model = QStandardItemModel(3, len(WIDTHS), view)
    view.setModel(model)
    view.horizontalHeader().setMinimumSectionSize(40)
    view.verticalHeader().hide()  # as in every table of the window: its numbers take more room for more rows
    columns = FittedColumns(view, WIDTHS, least=(3, 2, 1), wide=wide)
    view.resize(width, 300)
    view.show()
    qtbot.waitExposed(view)
    return view, columns


def shown(view: QTableView) -> list[int]:
    return [column for column in WIDTHS if not view.isColumnHidden(column)]


def total(view: QTableView) -> int:
    return sum(view.columnWidth(column) for column in shown(view))


@pytest.mark.parametrize("wide", [None, 2])
@pytest.mark.parametrize("width", [200, 300, 400, 520, 700, 1200])
def test_the_columns_are_as_wide_as_the_view(qtbot: QtBot, width: int, wide: int | None) -> None:
    view, columns = make(qtbot, width, wide=wide)
    assert not columns.is_own
    assert total(view) <= view.viewport().width()
    if wide is None or wide in shown(view):
        assert total(view) == view.viewport().width()


def test_a_narrow_view_does_without_the_least_columns_and_shows_them_again(qtbot: QtBot) -> None:
    view, columns = make(qtbot, 700)
    assert shown(view) == [0, 1, 2, 3]
    view.resize(300, 300)
    qtbot.waitUntil(lambda: shown(view) == [0, 1])
    view.resize(700, 300)
    qtbot.waitUntil(lambda: shown(view) == [0, 1, 2, 3])
    assert not columns.is_own


@pytest.mark.parametrize("wide", [None, 2])
def test_nothing_jumps_when_a_scroll_bar_comes_and_goes(qtbot: QtBot, wide: int | None) -> None:
    view, _columns = make(qtbot, 700, wide=wide)
    bar = view.verticalScrollBar()
    for width in range(700, 280, -7):
        view.resize(width, 300)
        model = view.model()
        before = shown(view)
        steady = [column for column in before if column != (before[-1] if wide is None else wide)]
        widths = [view.columnWidth(column) for column in steady]
        assert isinstance(model, QStandardItemModel)
        model.setRowCount(100)
        qtbot.waitUntil(bar.isVisible)
        assert (shown(view), [view.columnWidth(column) for column in steady]) == (before, widths)
        model.setRowCount(3)
        qtbot.waitUntil(lambda: not bar.isVisible())
        assert (shown(view), [view.columnWidth(column) for column in steady]) == (before, widths)


def test_a_width_that_was_drawn_stays_and_nothing_is_hidden_any_more(qtbot: QtBot) -> None:
    view, columns = make(qtbot, 300)
    view.setColumnWidth(0, 222)
    assert columns.is_own
    assert shown(view) == [0, 1, 2, 3]
    view.resize(600, 300)
    assert view.columnWidth(0) == 222


def test_drawn_widths_are_kept_between_two_starts(qtbot: QtBot, tmp_path: Path) -> None:
    memory = QSettings(str(tmp_path / "memory.ini"), QSettings.Format.IniFormat)
    view, columns = make(qtbot, 600)
    view.setColumnWidth(1, 77)
    columns.save(memory, "things")
    memory.sync()
    kept = QSettings(str(tmp_path / "memory.ini"), QSettings.Format.IniFormat)
    other, again = make(qtbot, 600)
    again.restore(kept, "things")
    assert again.is_own
    assert other.columnWidth(1) == 77
    assert total(other) == other.viewport().width()


def test_widths_that_nobody_drew_follow_the_view_also_after_a_start(qtbot: QtBot, tmp_path: Path) -> None:
    memory = QSettings(str(tmp_path / "memory.ini"), QSettings.Format.IniFormat)
    _view, columns = make(qtbot, 300)
    columns.save(memory, "things")
    other, again = make(qtbot, 700)
    again.restore(memory, "things")
    assert not again.is_own
    assert shown(other) == [0, 1, 2, 3]
