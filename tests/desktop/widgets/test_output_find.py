"""Finding in an output by keyboard and mouse, with the process that looks for the expression."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.output.aging import pack_output
from core.output.index import Stream
from core.output.reader import FileReader
from core.output.spool import Spool
from core.workspace import Workspace
from desktop import finding
from desktop.theme import Theme
from desktop.widgets.output_pane import OutputPane
from tests.support.access import clashes, nameless
from tests.support.window import PATIENCE_MS, idle_operations

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def pane(qtbot: QtBot, theme: Theme, tmp_path: Path) -> Iterator[OutputPane]:
    with Workspace(tmp_path / "data") as workspace, idle_operations(workspace) as (_bridge, operations):
        host = QWidget()
        qtbot.addWidget(host)
        made = OutputPane(operations, theme, host)
        host.resize(800, 400)
        made.resize(800, 400)
        host.show()
        qtbot.waitExposed(host)
        yield made
        made.show_nothing("")
        host.hide()


def show(pane: OutputPane, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    pane.show_reader(FileReader(path), is_live=False)


def find(qtbot: QtBot, pane: OutputPane, text: str, told: str) -> None:
    pane.finder.open()
    pane.find_bar.field.clear()
    QTest.keyClicks(pane.find_bar.field, text)
    qtbot.waitUntil(lambda: pane.find_bar.count.text() == told, timeout=PATIENCE_MS)


def current(pane: OutputPane) -> str:
    """Return the text that is marked as the current match."""
    for row, layout in zip(pane.view.rows_in_view, pane.view._page.layouts, strict=True):
        if (span := pane.view.marks.current_in(row)) is not None:
            return f"{layout.line.text}: {layout.line.text[slice(*span)]}"
    return ""


def numbered(count: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(count))


def test_the_matches_are_counted_and_marked_and_enter_goes_round(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path
) -> None:
    show(pane, tmp_path, numbered(1000))
    find(qtbot, pane, "line 99", "1 of 11")
    qtbot.waitUntil(lambda: current(pane) == "line 99: line 99", timeout=PATIENCE_MS)
    QTest.keyClick(pane.find_bar.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: current(pane) == "line 990: line 99", timeout=PATIENCE_MS)
    QTest.keyClick(pane.find_bar.field, Qt.Key.Key_Return, SHIFT)
    QTest.keyClick(pane.find_bar.field, Qt.Key.Key_Return, SHIFT)
    assert pane.find_bar.count.text() == "11 of 11 · from the end"
    QTest.mouseClick(pane.find_bar.next, Qt.MouseButton.LeftButton)
    assert pane.find_bar.count.text() == "1 of 11 · from the beginning"


def test_escape_closes_and_keeps_the_place(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    show(pane, tmp_path, numbered(1000))
    find(qtbot, pane, "line 500", "1 of 1")
    QTest.keyClick(pane.find_bar.field, Qt.Key.Key_Escape)
    assert not pane.find_bar.isVisible()
    assert "line 500" in pane.view.visible_text()
    assert all(not pane.view.marks.of(row) for row in pane.view.rows_in_view)


def test_an_expression_that_is_not_right_is_told_below_the_field(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path
) -> None:
    show(pane, tmp_path, numbered(10))
    pane.finder.open()
    QTest.mouseClick(pane.find_bar.is_regex, Qt.MouseButton.LeftButton)
    QTest.keyClicks(pane.find_bar.field, "line (")
    assert pane.find_bar.problem.isVisible()
    assert "not right" in pane.find_bar.problem.text()
    pane.find_bar.field.clear()
    assert not pane.find_bar.problem.isVisible()


def test_case_and_regular_expressions_are_heeded(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    show(pane, tmp_path, b"Error 1\nerror 22\nwarning\n")
    find(qtbot, pane, "error", "1 of 2")
    QTest.mouseClick(pane.find_bar.match_case, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: pane.find_bar.count.text() == "1 of 1", timeout=PATIENCE_MS)
    QTest.mouseClick(pane.find_bar.is_regex, Qt.MouseButton.LeftButton)
    find(qtbot, pane, r"\d\d", "1 of 1")
    qtbot.waitUntil(lambda: current(pane) == "error 22: 22", timeout=PATIENCE_MS)
    find(qtbot, pane, "nothing like it", "No match")


def test_what_comes_while_one_looks_is_found_too(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    spool = Spool(tmp_path / "output", 1, 1, limit_bytes=100_000, started_at_us=0)
    pane.show_reader(spool.live(), is_live=True)
    spool.write(Stream.STDOUT, b"hit\nmiss\nhi", 1)
    find(qtbot, pane, "hit", "1 of 1")
    spool.write(Stream.STDOUT, b"t\nhit\n", 2)
    qtbot.waitUntil(lambda: pane.find_bar.count.text() == "1 of 3", timeout=PATIENCE_MS)
    pane.show_nothing("")
    spool.close()


def test_what_a_run_past_its_limit_has_lost_is_one_line_and_nothing_is_found_there(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path
) -> None:
    (tmp_path / "output").mkdir()
    spool = Spool(tmp_path / "output", 1, 1, limit_bytes=2000, started_at_us=0)
    for number in range(10_000):
        spool.write(Stream.STDOUT, b"line %04d\n" % number, 1)
    pane.show_reader(spool.live(), is_live=True)
    pane.options.numbers.trigger()
    pane.view.move_to_start()
    find(qtbot, pane, "line", "1 of 200")
    pane.finder.step(-1)
    qtbot.waitUntil(lambda: current(pane) == "line 9999: line", timeout=PATIENCE_MS)
    find(qtbot, pane, "is not kept", "No match")
    find(qtbot, pane, "line 0", "1 of 100 · from the beginning")
    mark = "[Clockhand: 98,000 bytes are missing here: the output is larger than its limit]"
    pane.view.reveal(50_000)
    assert pane.view.selected_text() == mark
    assert pane.view.visible_text()[: pane.view.visible_text().index(mark) + 2][-3:] == ["line 0099", mark, "line 9900"]
    pane.show_nothing("")
    spool.close()


def test_a_match_far_within_a_line_without_end_is_scrolled_to(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    show(pane, tmp_path, b"x" * 3_000_000 + b"needle" + b"y" * 2_000_000)
    find(qtbot, pane, "needle", "1 of 1")
    qtbot.waitUntil(lambda: current(pane).endswith(": needle"), timeout=PATIENCE_MS)
    bar = pane.view.horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.value() > 0, timeout=PATIENCE_MS)


def test_only_matching_lines_are_shown_with_the_keys_and_all_again(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path
) -> None:
    show(pane, tmp_path, numbered(300))
    pane.view.setFocus()
    QTest.keyClick(pane.view, Qt.Key.Key_L, CONTROL | SHIFT)
    find(qtbot, pane, "9 ", "No match")
    find(qtbot, pane, "line 29", "1 of 11")
    expected = ["line 29", *(f"line {number}" for number in range(290, 300))]
    qtbot.waitUntil(lambda: pane.view.visible_text() == expected, timeout=PATIENCE_MS)
    QTest.mouseClick(pane.find_bar.only, Qt.MouseButton.LeftButton)
    assert len(pane.view.visible_text()) > len(expected)


def test_a_packed_output_is_searched_and_filtered_as_any_other(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    path = tmp_path / "0000" / "7-1.log"
    path.parent.mkdir()
    path.write_bytes(numbered(100_000))
    assert pack_output(path, may_go_on=lambda: True)
    assert not path.exists()
    pane.show_reader(FileReader(path), is_live=False)
    find(qtbot, pane, "line 7777", "1 of 11")
    pane.finder.step(-1)
    qtbot.waitUntil(lambda: current(pane) == "line 77779: line 7777", timeout=PATIENCE_MS)
    QTest.mouseClick(pane.find_bar.only, Qt.MouseButton.LeftButton)
    expected = ["line 7777", *(f"line {number}" for number in range(77_770, 77_780))]
    qtbot.waitUntil(lambda: pane.view.visible_text() == expected, timeout=PATIENCE_MS)


def test_an_expression_that_takes_for_ever_is_ended_and_told(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_SILENCE_S", 0.2)
    show(pane, tmp_path, b"a" * 60 + b"\n")
    pane.finder.open()
    pane.find_bar.is_regex.setChecked(True)
    pane.find_bar.field.setText("(a+)+b")
    qtbot.waitUntil(lambda: "takes too long" in pane.find_bar.problem.text(), timeout=PATIENCE_MS)
    pane.find_bar.is_regex.setChecked(False)
    find(qtbot, pane, "aaa", "1 of 20")


def test_what_is_selected_is_looked_for(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    show(pane, tmp_path, b"one two\none\n")
    pane.view.setFocus()
    for _ in range(3):
        QTest.keyClick(pane.view, Qt.Key.Key_Right, SHIFT)
    QTest.keyClick(pane.view, Qt.Key.Key_F, CONTROL)
    qtbot.waitUntil(lambda: pane.find_bar.count.text() == "1 of 2", timeout=PATIENCE_MS)
    assert pane.find_bar.field.text() == "one"


def test_everything_of_the_bar_has_a_name_and_keys_of_its_own(pane: OutputPane, tmp_path: Path) -> None:
    show(pane, tmp_path, numbered(10))
    pane.finder.open()
    window = pane.window()
    assert (clashes(window), nameless(window)) == ([], [])


def test_why_an_expression_is_wrong_stays_while_the_one_before_is_still_looked_for(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path
) -> None:
    show(pane, tmp_path, numbered(300_000))
    pane.finder.open()
    pane.find_bar.is_regex.setChecked(True)
    pane.find_bar.field.setText("line")
    qtbot.waitUntil(lambda: pane.finder.finding.is_searching, timeout=PATIENCE_MS)
    pane.find_bar.field.setText("line (")
    pane.finder.finding.progressed.emit()  # what comes late
    assert "not right" in pane.find_bar.problem.text()
    assert pane.find_bar.field.property("hasProblem")
    qtbot.waitUntil(lambda: not pane.finder.finding.is_searching, timeout=PATIENCE_MS)
    assert "not right" in pane.find_bar.problem.text()
    assert pane.find_bar.field.accessibleDescription() == pane.find_bar.problem.text()
    find(qtbot, pane, "line 299999", "1 of 1")
    assert not pane.find_bar.field.property("hasProblem")


def test_enter_that_comes_before_the_search_does_not_go_through_what_was_looked_for_before(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path
) -> None:
    show(pane, tmp_path, numbered(1000))
    find(qtbot, pane, "line", "1 of 1,000")
    pane.find_bar.field.setText("line 7")
    QTest.keyClick(pane.find_bar.field, Qt.Key.Key_Return)
    assert "1,000" not in pane.find_bar.count.text()
    qtbot.waitUntil(lambda: pane.find_bar.count.text() == "1 of 111", timeout=PATIENCE_MS)


def test_the_end_of_a_run_leaves_the_lines_that_were_chosen_and_the_current_match_where_they_are(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path
) -> None:
    (tmp_path / "output").mkdir()
    spool = Spool(tmp_path / "output", 1, 1, limit_bytes=10_000_000, started_at_us=0)
    spool.write(Stream.STDOUT, b"".join(b"line %d\nother\n" % each for each in range(6000)), 1)
    pane.show_reader(spool.live(), is_live=True)
    pane.view.move_to_start()
    find(qtbot, pane, "line", "1 of 6,000")
    pane.find_bar.only.setChecked(True)
    for _ in range(70):
        pane.finder.step(1)
    qtbot.waitUntil(lambda: current(pane) == "line 70: line", timeout=PATIENCE_MS)
    pane.view.move_by(5)
    place = pane.view.visible_text()
    seen: list[list[str]] = []
    pane.view.moved.connect(lambda *_place: seen.append(pane.view.visible_text()))
    spool.write(Stream.STDOUT, b"line 6000", 1)
    spool.close()
    assert spool.path is not None
    pane.show_reader(FileReader(spool.path), is_live=False, keep_place=True)
    qtbot.waitUntil(lambda: pane.find_bar.count.text() == "71 of 6,001", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not pane.finder.finding.is_searching, timeout=PATIENCE_MS)
    assert pane.view.visible_text() == place
    assert all(each == place for each in seen)
    assert not pane.view.following
    assert current(pane) in ("line 70: line", "")
    pane.finder.step(1)
    qtbot.waitUntil(lambda: current(pane) == "line 71: line", timeout=PATIENCE_MS)


def test_who_follows_the_end_follows_it_also_after_finding(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(numbered(1000))
    pane.show_reader(FileReader(path), is_live=True)
    assert pane.view.following
    find(qtbot, pane, "line 5", "1 of 111 · from the beginning")
    QTest.keyClick(pane.find_bar.field, Qt.Key.Key_Escape)
    assert pane.view.following
    assert pane.view.visible_text()[-1] == "line 999"


def test_escape_leaves_one_where_one_has_scrolled_to(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    show(pane, tmp_path, numbered(1000))
    find(qtbot, pane, "line 5", "1 of 111")
    pane.view.move_by(700)
    place = pane.view.visible_text()
    QTest.keyClick(pane.find_bar.field, Qt.Key.Key_Escape)
    assert pane.view.visible_text()[:5] == place[:5]


def test_nothing_in_the_bar_moves_while_the_count_changes(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    show(pane, tmp_path, numbered(1000))
    pane.finder.open()
    bar = pane.find_bar
    qtbot.wait(0)
    before = [each.geometry() for each in (bar.field, bar.match_case, bar.is_regex, bar.only, bar.next)]
    for text in ("1 of 1", "Searching… 55%", "123,456 of 1,234,567+ · still searching", ""):
        bar.tell(text)
        qtbot.wait(0)
        assert [each.geometry() for each in (bar.field, bar.match_case, bar.is_regex, bar.only, bar.next)] == before
        assert bar.count.text() == text
        assert bar.count.geometry().right() < bar.field.width()


def test_a_count_without_room_is_shortened_and_never_cut_to_another_number(pane: OutputPane, tmp_path: Path) -> None:
    show(pane, tmp_path, numbered(10))
    pane.finder.open()
    pane.find_bar.field.resize(120, 30)
    pane.find_bar.tell("123,456 of 1,234,567")
    assert pane.find_bar.count.text().endswith("…")


@pytest.mark.parametrize("where", ["only", "next", "match_case"])
def test_escape_leaves_from_every_button_of_the_bar(qtbot: QtBot, pane: OutputPane, tmp_path: Path, where: str) -> None:
    show(pane, tmp_path, numbered(10))
    pane.finder.open()
    QTest.keyClick(getattr(pane.find_bar, where), Qt.Key.Key_Escape)
    assert not pane.find_bar.isVisible()
    assert pane.view.hasFocus()


def test_escape_leaves_from_the_buttons_above_and_from_the_output(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path
) -> None:
    show(pane, tmp_path, numbered(10))
    for where in (pane.follow, pane.copy, pane.view):
        pane.finder.open()
        QTest.keyClick(where, Qt.Key.Key_Escape)
        assert not pane.find_bar.isVisible()


def test_a_filter_without_a_match_says_so_and_a_wrong_expression_why(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path
) -> None:
    show(pane, tmp_path, numbered(1000))
    blank = pane.view.viewport().grab().toImage()
    pane.finder.open(only=True)
    pane.find_bar.field.setText("nowhere")
    qtbot.waitUntil(lambda: pane.view.empty_text == "No line contains “nowhere”.", timeout=PATIENCE_MS)
    assert pane.view.visible_text() == []
    said = pane.view.viewport().grab().toImage()
    pane.find_bar.is_regex.setChecked(True)
    qtbot.waitUntil(lambda: pane.view.empty_text == "No line matches “nowhere”.", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not pane.view.verticalScrollBar().isVisible(), timeout=PATIENCE_MS)
    pane.find_bar.field.setText("nowhere (")
    qtbot.waitUntil(lambda: "not right" in pane.view.empty_text, timeout=PATIENCE_MS)
    assert pane.view.visible_text() == []
    assert pane.view.viewport().grab().toImage() not in (said, blank)
    pane.find_bar.field.setText("line 99")
    qtbot.waitUntil(lambda: len(pane.view.visible_text()) == 11, timeout=PATIENCE_MS)
    pane.finder.close()
    assert pane.view.empty_text == ""
    assert "line 100" in pane.view.visible_text()


def test_a_row_that_is_being_counted_does_not_count_yet(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    show(pane, tmp_path, numbered(1000))
    find(qtbot, pane, "line 99", "1 of 11")
    pane.finder.finding.starts.append(1_000_000)  # as another thread does, just before it appends the total
    assert pane.finder._first_from(2_000_000) == 11
