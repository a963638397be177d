"""The times before the rows of an output say on which day it was, where that is not clear."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from core.clock import to_micros
from core.output.index import Piece, Stream
from core.output.reader import InlineReader
from core.output.rows import Row, RowFinder
from core.output.timeline import Timeline
from desktop.theme import Theme
from desktop.widgets.output_gutter import Gutter, Stamps
from desktop.widgets.output_view import OutputView

DATA = b"one\ntwo\nsix\nten\n"
TIMES = [
    datetime(2026, 11, 23, 23, 59, 59, 120_000).astimezone(),
    datetime(2026, 11, 23, 23, 59, 59, 990_000).astimezone(),
    datetime(2026, 11, 24, 0, 0, 0, 5_000).astimezone(),
    datetime(2026, 11, 24, 7, 30).astimezone(),
]


def rows() -> list[Row]:
    return RowFinder(InlineReader(DATA, b"")).rows(0, 10)


def gutter(times: list[datetime], today: date) -> Gutter:
    made = Gutter(lambda: today)
    made.stamps = Stamps.CLOCK
    made.timeline = Timeline(Piece(4 * number, to_micros(at), Stream.STDOUT) for number, at in enumerate(times))
    return made


def test_of_a_run_over_midnight_the_date_stands_in_the_first_row_and_at_each_new_day() -> None:
    made = gutter(TIMES, date(2026, 11, 24))
    assert made.texts(rows(), len(DATA), lambda: None) == [
        "2026-11-23 23:59:59.120",
        "           23:59:59.990",
        "2026-11-24 00:00:00.005",
        "           07:30:00.000",
    ]
    assert made.texts(rows()[3:], len(DATA), lambda: 8) == ["2026-11-24 07:30:00.000"]
    assert made.cells(len(DATA)) == 23 + 2


@pytest.mark.parametrize(("today", "text"), [(24, "00:00:00.005"), (25, "2026-11-24 00:00:00.005")])
def test_a_run_of_today_has_no_date_and_one_of_another_day_has(today: int, text: str) -> None:
    made = gutter(TIMES[2:], date(2026, 11, today))
    assert made.texts(rows()[:2], len(DATA), lambda: None)[0] == text
    assert made.cells(len(DATA)) == len(text) + 2


def test_spans_of_time_have_no_date() -> None:
    made = gutter(TIMES, date(2026, 11, 30))
    made.stamps = Stamps.SINCE_START
    assert [text.strip() for text in made.texts(rows(), len(DATA), lambda: None)][1] == "+0.870"
    assert made.cells(len(DATA)) == 12 + 2


def test_the_whole_time_is_told_where_the_mouse_rests_before_a_row(qtbot: QtBot, theme: Theme) -> None:
    view = OutputView(theme)
    qtbot.addWidget(view)
    view.resize(500, 200)
    view.show()
    view.show_source(InlineReader(DATA, b""), follow=False)
    view.gutter.timeline = gutter(TIMES, date(2026, 11, 24)).timeline
    assert view.tool_tip_at(QPoint(5, view.row_height * 2 + 10)) == ""
    view.gutter.stamps = Stamps.SINCE_LINE
    view.renew()
    told = view.tool_tip_at(QPoint(20, view.row_height * 2 + 10))
    assert told.startswith("2026-11-24 00:00:00.005 (")
    assert told.endswith("), +0.885 since the start")
    assert view.tool_tip_at(QPoint(400, view.row_height * 2 + 10)) == ""
