"""The list of what was found: where the keys lead, and what is painted."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.models.search_found import FoundLine
from desktop.models.search_rows import Kind
from desktop.theme import LIGHT, Theme
from desktop.widgets.search_list import SearchList


def hit(job_id: int, number: int, text: str = "a needle", *, start: int = 2, around: int = 1) -> FoundLine:
    return FoundLine(
        job_id=job_id,
        attempt=1,
        is_latest=True,
        command="print",
        environment="staging",
        outcome="failed",
        started_at=None,
        is_error=True,
        number=number,
        place=0,
        text=text,
        spans=((start, start + 6),),
        is_cut_before=False,
        is_cut_after=True,
        before=("before",) * around,
        after=("after",) * around,
    )


@pytest.fixture
def found(qtbot: QtBot, theme: Theme) -> SearchList:
    made = SearchList(theme)
    qtbot.addWidget(made)
    made.resize(500, 240)
    made.show()
    qtbot.waitExposed(made)
    return made


def rows_of(found: SearchList, kind: Kind) -> list[int]:
    return [number for number in range(found.rows.rowCount()) if found.rows.row_at(number).kind is kind]


def test_hits_of_one_run_stand_under_one_heading_however_they_come(found: SearchList) -> None:
    found.add([hit(7, 1), hit(7, 5)])
    found.add([hit(7, 9), hit(6, 2)])
    headings = [found.rows.row_at(number) for number in rows_of(found, Kind.RUN)]
    assert [(row.hit.job_id, row.count) for row in headings] == [(7, 3), (6, 1)]
    assert found.rows.note_of(headings[0]) == "run 7 · 3 lines"
    numbers = [found.rows.row_at(number).number for number in range(1, 4)]
    assert numbers == [0, 1, 2]


def test_the_first_match_is_chosen_and_keys_go_from_match_to_match(found: SearchList) -> None:
    found.add([hit(7, number * 10) for number in range(1, 31)])
    found.add([hit(6, 1)])
    matches = rows_of(found, Kind.MATCH)

    def press(key: Qt.Key) -> int:
        QTest.keyClick(found, key)
        return matches.index(found.currentIndex().row())

    assert matches.index(found.currentIndex().row()) == 0
    assert [press(Qt.Key.Key_Up), press(Qt.Key.Key_Down), press(Qt.Key.Key_Down)] == [0, 1, 2]
    assert press(Qt.Key.Key_End) == 30
    assert [press(Qt.Key.Key_Down), press(Qt.Key.Key_Up)] == [30, 29]
    assert press(Qt.Key.Key_Home) == 0
    further = press(Qt.Key.Key_PageDown)
    assert 1 < further < 10
    assert press(Qt.Key.Key_PageUp) == 0


def test_what_belongs_to_the_chosen_match_is_in_view(found: SearchList) -> None:
    found.add([hit(job_id, 10) for job_id in range(30, 0, -1)])
    QTest.keyClick(found, Qt.Key.Key_End)
    last = found.rows.rowCount()
    view = found.viewport().rect()
    assert all(view.contains(found.visualRect(found.rows.index(row)).center()) for row in range(last - 4, last))


def test_enter_opens_what_is_chosen(qtbot: QtBot, found: SearchList) -> None:
    with qtbot.assertNotEmitted(found.opened):
        QTest.keyClick(found, Qt.Key.Key_Return)
    found.add([hit(7, 1)])
    with qtbot.waitSignal(found.opened):
        QTest.keyClick(found, Qt.Key.Key_Return)


def test_a_screen_reader_is_told_the_run_and_the_line(found: SearchList) -> None:
    found.add([hit(7, 12)])
    row = rows_of(found, Kind.MATCH)[0]
    told = found.rows.data(found.rows.index(row), Qt.ItemDataRole.AccessibleTextRole)
    assert told == "run 7, print, line 12: a needle"


def test_a_match_that_would_be_out_of_sight_is_brought_into_view(found: SearchList) -> None:
    found.add([hit(7, 1, "x" * 250 + "needle" + "y" * 40, start=250, around=0)])
    image = found.viewport().grab().toImage()
    line = found.visualRect(found.rows.index(1))
    underline = {image.pixelColor(x, line.bottom() - 4).name() for x in range(line.left(), line.right())}
    assert LIGHT.warning in underline  # which nothing else in the row is painted in
