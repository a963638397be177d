"""The search in the window: typed, streamed, chosen, opened, stopped, as a person does it."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.output.index import Stream
from core.workspace import Workspace
from desktop.application import Session
from desktop.models.search_request import SearchRequest, read_history
from desktop.models.search_rows import Kind
from desktop.pages.runs import RunsPage
from desktop.pages.search import SearchPanel
from tests.desktop.pages.conftest import OpenSession
from tests.support.access import clashes, nameless
from tests.support.outputs import begin_run, print_and_end, printed
from tests.support.window import PATIENCE_MS

CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
ENTER = Qt.Key.Key_Return


def fill(workspace: Workspace) -> None:
    lines = b"".join(b"line %d\n" % number for number in range(1, 500))
    printed(workspace, lines + b"an old needle\nafter it\n", command="first", in_file=True, fails=True)
    printed(workspace, b"nothing to see\n", command="second")
    job = begin_run(workspace, "third")
    print_and_end(
        workspace, job, [(Stream.STDOUT, b"before\n"), (Stream.STDERR, b"a Needle\n"), (Stream.STDOUT, b"x\n")]
    )


def runs_page(session: Session) -> RunsPage:
    page = session.window.page("runs")
    assert isinstance(page, RunsPage)
    return page


def open_search(qtbot: QtBot, session: Session) -> SearchPanel:
    page = runs_page(session)
    qtbot.waitUntil(lambda: page.table.rowCount() > 0, timeout=PATIENCE_MS)
    QTest.keyClick(session.window, Qt.Key.Key_F, CONTROL_SHIFT)
    assert page.searching.panel.isVisible()
    return page.searching.panel


def search(qtbot: QtBot, panel: SearchPanel, text: str) -> None:
    panel.bar.field.clear()
    QTest.keyClicks(panel.bar.field, text)
    with qtbot.waitSignal(panel.process.ended, timeout=PATIENCE_MS):
        QTest.keyClick(panel.bar.field, ENTER)


def shown(panel: SearchPanel) -> list[tuple[Kind, str]]:
    rows = panel.list.rows
    return [(rows.row_at(n).kind, str(rows.data(rows.index(n)))) for n in range(rows.rowCount())]


def test_a_line_is_found_and_shown_in_its_output(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    page, panel = runs_page(session), open_search(qtbot, session)
    assert QApplication.focusWidget() is panel.bar.field
    search(qtbot, panel, "needle")
    texts = [text for kind, text in shown(panel) if kind is not Kind.RUN]
    assert texts == ["before", "a Needle", "x", "line 499", "an old needle", "after it"]
    headings = [text for kind, text in shown(panel) if kind is Kind.RUN]
    assert [heading.split(" · ")[0] for heading in headings] == ["“third” run 3", "“first” run 1"]
    assert panel.status.text().startswith("2 lines in 2 runs · ")
    qtbot.waitUntil(lambda: page.detail.output.view.selected_text() == "a Needle", timeout=PATIENCE_MS)
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.detail.output.view.selected_text() == "an old needle", timeout=PATIENCE_MS)
    assert "run 1" in page.detail.title
    QTest.keyClick(panel.list, ENTER)
    assert QApplication.focusWidget() is page.detail.output.view


def test_what_is_done_is_done_with_the_run_of_the_hit(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    page, panel = runs_page(session), open_search(qtbot, session)
    page.view.selectAll()
    search(qtbot, panel, "old needle")
    qtbot.waitUntil(lambda: "run 1" in page.detail.title, timeout=PATIENCE_MS)
    page.actions_.retry.trigger()
    qtbot.waitUntil(lambda: len(page.desk.workspace.runs.page()) == 4, timeout=PATIENCE_MS)
    assert page.desk.workspace.runs.get(4).retry_of == 1


def test_escape_leads_back_to_the_list_with_the_run_that_was_found(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    page, panel = runs_page(session), open_search(qtbot, session)
    search(qtbot, panel, "old needle")
    qtbot.waitUntil(lambda: "run 1" in page.detail.title, timeout=PATIENCE_MS)
    QTest.keyClick(panel.list, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert page.filter.isVisible()
    qtbot.waitUntil(lambda: page.view.currentIndex().row() == 2, timeout=PATIENCE_MS)
    assert "run 1" in page.detail.title


def test_a_click_on_a_line_around_chooses_the_match(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    page, panel = runs_page(session), open_search(qtbot, session)
    search(qtbot, panel, "needle")
    for row, text in ((0, "a Needle"), (3, "a Needle"), (5, "an old needle"), (7, "an old needle")):
        place = panel.list.visualRect(panel.list.rows.index(row)).center()
        QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(60, place.y()))
        assert panel.list.hit is not None
        assert panel.list.hit.text == text
    QTest.mouseDClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(60, place.y()))
    assert QApplication.focusWidget() is page.detail.output.view


@pytest.mark.parametrize(
    ("field", "text", "count"),
    [("match_case", "needle", 1), ("whole_words", "eedle", 0), ("is_regex", "^an? .*needle$", 2)],
)
def test_toggles_say_how_the_text_is_meant(
    qtbot: QtBot, open_window: OpenSession, field: str, text: str, count: int
) -> None:
    panel = open_search(qtbot, open_window(fill))
    QTest.mouseClick(getattr(panel.bar, field), Qt.MouseButton.LeftButton)
    search(qtbot, panel, text)
    assert len([kind for kind, _text in shown(panel) if kind is Kind.MATCH]) == count


def test_filters_say_in_which_runs(qtbot: QtBot, open_window: OpenSession) -> None:
    panel = open_search(qtbot, open_window(fill))
    qtbot.waitUntil(lambda: panel.bar.command.findData("first") > 0, timeout=PATIENCE_MS)
    panel.bar.command.setCurrentIndex(panel.bar.command.findData("first"))
    search(qtbot, panel, "needle")
    assert [text for kind, text in shown(panel) if kind is Kind.MATCH] == ["an old needle"]
    panel.bar.states.setCurrentIndex(panel.bar.states.findData("succeeded"))
    search(qtbot, panel, "needle")
    assert shown(panel) == []
    assert panel.nothing.isVisible()
    assert panel.nothing.title == "No line contains “needle”"


def test_a_wrong_expression_is_told_beside_the_field_with_its_place(qtbot: QtBot, open_window: OpenSession) -> None:
    panel = open_search(qtbot, open_window(fill))
    panel.bar.is_regex.setChecked(True)
    QTest.keyClicks(panel.bar.field, "fail(ed")
    assert panel.bar.problem.isVisible()
    assert panel.bar.problem.text().endswith("It is character 5: “fail▸(ed”")
    assert panel.bar.field.accessibleDescription() == panel.bar.problem.text()
    assert not panel.bar.go.isEnabled()
    QTest.keyClick(panel.bar.field, ENTER)
    assert not panel.process.is_running
    QTest.keyClicks(panel.bar.field, ")")
    assert not panel.bar.problem.isVisible()
    assert panel.bar.go.isEnabled()


def test_escape_stops_a_search_first_and_what_was_found_stays(qtbot: QtBot, open_window: OpenSession) -> None:
    def endless(workspace: Workspace) -> None:
        printed(workspace, b"a" * 4000 + b"!\n")
        printed(workspace, b"hay\n")

    panel = open_search(qtbot, open_window(endless))
    panel.bar.is_regex.setChecked(True)
    QTest.keyClicks(panel.bar.field, "hay|(a+)+$")
    QTest.keyClick(panel.bar.field, ENTER)
    qtbot.waitUntil(lambda: panel.list.rows.rowCount() > 0, timeout=PATIENCE_MS)
    assert panel.bar.go.text() == "&Stop"
    assert panel.progress.isVisible()
    QTest.keyClick(panel.bar.field, Qt.Key.Key_Escape)
    assert not panel.process.is_running
    assert panel.isVisible()
    assert panel.bar.go.text() == "&Search"
    assert panel.status.text().endswith("stopped")
    assert [text for kind, text in shown(panel) if kind is Kind.MATCH] == ["hay"]


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_what_was_looked_for_is_offered_again_also_after_a_restart(
    qtbot: QtBot, open_window: OpenSession, tmp_path: Path
) -> None:
    session = open_window(fill)
    panel = open_search(qtbot, session)
    panel.bar.is_regex.setChecked(True)
    search(qtbot, panel, "nee+dle")
    panel.bar.is_regex.setChecked(False)
    search(qtbot, panel, "second")
    QTest.keyClick(panel.bar.field, Qt.Key.Key_Down)
    qtbot.waitUntil(panel.bar.history.isVisible, timeout=PATIENCE_MS)
    assert [action.text() for action in panel.bar.history.actions()] == ["second", "nee+dle"]
    with qtbot.waitSignal(panel.process.ended, timeout=PATIENCE_MS):
        place = panel.bar.history.actionGeometry(panel.bar.history.actions()[1]).center()
        QTest.mouseClick(panel.bar.history, Qt.MouseButton.LeftButton, pos=place)
    assert panel.bar.request == SearchRequest(text="nee+dle", is_regex=True)
    kept = read_history(str(runs_page(session).desk.memory.value("search/history")))
    assert [request.text for request in kept] == ["nee+dle", "second"]


def test_the_list_that_goes_on_behind_does_not_change_what_is_shown(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    page, panel = runs_page(session), open_search(qtbot, session)
    search(qtbot, panel, "old needle")
    qtbot.waitUntil(lambda: page.detail.output.view.selected_text() == "an old needle", timeout=PATIENCE_MS)
    printed(page.desk.workspace, b"one more\n")
    qtbot.waitUntil(lambda: page.table.rowCount() == 4, timeout=PATIENCE_MS)
    page.view.selectRow(0)
    assert "run 1" in page.detail.title


def test_every_control_has_a_name_and_every_mnemonic_is_there_once(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    panel = open_search(qtbot, session)
    assert (clashes(session.window), nameless(session.window)) == ([], [])
    search(qtbot, panel, "needle")
    assert (clashes(session.window), nameless(session.window)) == ([], [])
    panel.bar.set_searching(True)
    assert (clashes(session.window), nameless(session.window)) == ([], [])
    panel.bar.set_searching(False)


def test_the_search_is_offered_from_everywhere(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    page = runs_page(session)
    offered = dict(page.first_actions())
    assert offered["Search all output…"].shortcut() == QKeySequence("Ctrl+Shift+F")
    session.window.open_page(0)
    session.window.go_to("runs", offered["Search all output…"].trigger)
    assert page.searching.panel.isVisible()


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell")
def test_closing_the_window_ends_a_search(qtbot: QtBot, open_window: OpenSession) -> None:
    # That no process is left is what every test is held to.
    session = open_window(lambda workspace: printed(workspace, b"a" * 4000 + b"!\n"))
    panel = open_search(qtbot, session)
    panel.search(SearchRequest(text="(a+)+$", is_regex=True))
    qtbot.waitUntil(lambda: bool(panel.process.children()), timeout=PATIENCE_MS)
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.end("the test is over", 0.0)
    assert not panel.process.is_running


def test_the_keyboard_stays_in_the_text_when_its_meaning_is_changed(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    panel = open_search(qtbot, session)
    QTest.mouseClick(panel.bar.is_regex, Qt.MouseButton.LeftButton)
    assert panel.bar.is_regex.isChecked()
    assert QApplication.focusWidget() is panel.bar.field
    QTest.keyClick(panel.bar.field, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(panel.bar.match_case.isChecked, timeout=PATIENCE_MS)
    assert QApplication.focusWidget() is panel.bar.field


def test_nothing_moves_when_the_button_turns_to_stop(qtbot: QtBot, open_window: OpenSession) -> None:
    panel = open_search(qtbot, open_window(fill))
    width = panel.bar.go.width()
    panel.bar.set_searching(True)
    assert panel.bar.go.sizeHint().width() <= width
    QApplication.processEvents()
    assert panel.bar.go.width() == width


def test_a_run_of_which_only_some_lines_are_shown_is_told(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: printed(workspace, b"needle\n" * 1200))
    panel = open_search(qtbot, session)
    search(qtbot, panel, "needle")
    assert panel.status.text().endswith(" · of 1 run only the first 1,000 lines")


@pytest.mark.skipif(sys.platform == "win32", reason="it kills the process that searches")
def test_a_search_that_fails_after_it_has_found_something_says_why(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        printed(workspace, b"a" * 4000 + b"!\n")
        printed(workspace, b"found aaa\n")

    panel = open_search(qtbot, open_window(before))
    panel.search(SearchRequest(text="(a+)+$", is_regex=True))
    qtbot.waitUntil(lambda: panel.list.rows.rowCount() > 0, timeout=PATIENCE_MS)
    for child in psutil.Process().children(recursive=True):
        child.kill()
    qtbot.waitUntil(panel.bar.problem.isVisible, timeout=PATIENCE_MS)
    assert panel.bar.problem.text() == panel.status.toolTip() != ""
    assert panel.status.text().endswith(" · not to its end")
    assert panel.list.rows.rowCount() > 0
    panel.bar.field.setText("something else")
    assert not panel.bar.problem.isVisible()
