"""Comparing runs in the window, as a person does it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.comparison.ignoring import Ignorable
from core.comparison.lines import Kind, Row
from core.workspace import Workspace
from desktop.application import Session
from desktop.pages.run_compare import CompareWindow
from desktop.pages.runs import RunsPage
from desktop.widgets.compare_view import CompareView
from tests.desktop.pages.conftest import OpenSession
from tests.support.access import clashes, nameless
from tests.support.comparisons import plan, ran
from tests.support.window import PATIENCE_MS

# The window's own size is remembered, and this platform can't be told which sizes it may have.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

CONTROL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
NO_KEY = Qt.KeyboardModifier.NoModifier
LINES = [f"07:30:{number % 60:02} line {number}" for number in range(1, 201)]


def text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def fill(workspace: Workspace) -> None:
    ran(workspace, text(LINES), what=plan("import", secrets=("TOKEN",), URL="a"), seconds=4)
    changed = [line.replace("07:30", "08:30") for line in LINES]
    changed[49] = "08:30:50 line fifty"
    changed[100:100] = ["an extra line"]
    del changed[150]
    ran(workspace, text(changed), what=plan("import -v", secrets=("TOKEN",), URL="b"), seconds=44, fails=True)


def runs_page(session: Session) -> RunsPage:
    page = session.window.page("runs")
    assert isinstance(page, RunsPage)
    return page


def offered(qtbot: QtBot, page: RunsPage) -> None:
    qtbot.waitUntil(page.actions_.compare.isEnabled, timeout=PATIENCE_MS)


def opened(qtbot: QtBot, session: Session) -> CompareWindow:
    page = runs_page(session)
    offered(qtbot, page)
    QTest.keyClick(session.window, Qt.Key.Key_D, CONTROL_ALT)
    (window,) = page.comparing.windows
    settle(qtbot, window)
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    return window


def settle(qtbot: QtBot, window: CompareWindow) -> None:
    qtbot.waitUntil(lambda: not window.process.is_running, timeout=PATIENCE_MS)


def differing(view: CompareView) -> list[tuple[str | None, str | None]]:
    return [(row.before, row.after) for row in view.rows.rows if row.kind.differs]


def test_a_run_is_compared_with_the_last_good_one(qtbot: QtBot, open_window: OpenSession) -> None:
    window = opened(qtbot, open_window(fill))
    assert window.summary.text() == (
        "1 line added, 1 removed, 1 changed; another command; another environment; 40 s longer than usual"
    )
    assert differing(window.output) == [
        ("07:30:50 line 50", "08:30:50 line fifty"),
        (None, "an extra line"),
        ("07:30:30 line 150", None),
    ]
    qtbot.waitUntil(lambda: window.titles[1][1].whole.startswith("Run 2: failed, "), timeout=PATIENCE_MS)
    assert window.titles[0][1].whole.startswith("Run 1: succeeded, ")
    assert window.windowTitle() == "Compare runs of “print”"
    tabs = [window.tabs.tabText(number) for number in range(window.tabs.count())]
    assert tabs == ["Ou&tput (3)", "Co&mmand (1)", "En&vironment (1)", "&Facts (2)"]
    assert differing(window.command) == [("import", "import -v")]
    lines = [window.environment.topLevelItem(number) for number in range(window.environment.topLevelItemCount())]
    assert [[item.text(column) for column in range(4)] for item in lines if item] == [
        ["", "TOKEN", "(secret)", "(secret)"],
        ["≠", "URL", "a", "b"],
    ]
    facts = [window.facts.topLevelItem(number) for number in range(window.facts.topLevelItemCount())]
    shown = {item.text(1): [item.text(column) for column in (0, 2, 3)] for item in facts if item}
    assert shown["Outcome"] == ["≠", "succeeded", "failed"]
    assert shown["Duration"] == ["", "4.0 s", "44 s"]
    assert "Signal" not in shown


def test_keys_lead_from_difference_to_difference(qtbot: QtBot, open_window: OpenSession) -> None:
    window = opened(qtbot, open_window(fill))

    def is_seen(line: str) -> bool:
        return any(isinstance(row, Row) and line in {row.before, row.after} for row in window.output.visible_rows())

    assert window.bar.place.text() == "Difference 1 of 3"
    assert is_seen("07:30:50 line 50")
    assert not window.bar.previous.isEnabled()
    QTest.keyClick(window.output, Qt.Key.Key_F7)
    assert window.bar.place.text() == "Difference 2 of 3"
    assert is_seen("an extra line")
    QTest.keyClick(window.output, Qt.Key.Key_N)
    assert is_seen("07:30:30 line 150")
    assert not window.bar.next.isEnabled()
    QTest.keyClick(window.output, Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(window.output, Qt.Key.Key_P)
    assert window.bar.place.text() == "Difference 1 of 3"
    QTest.keyClick(window.output, Qt.Key.Key_P)
    assert window.bar.place.text() == "Difference 1 of 3"
    QTest.keyClick(window.output, Qt.Key.Key_Home)
    assert is_seen(LINES[0])
    QTest.keyClick(window.output, Qt.Key.Key_End)
    assert is_seen(LINES[-1])


def test_a_page_that_is_seen_at_a_glance_says_how_much_differs(qtbot: QtBot, open_window: OpenSession) -> None:
    window = opened(qtbot, open_window(fill))
    window.tabs.setCurrentWidget(window.environment)
    assert window.bar.place.text() == "1 difference"
    window.tabs.setCurrentWidget(window.facts)
    assert window.bar.place.text() == "2 differences"
    assert not any(button.isEnabled() for button in (window.bar.previous, window.bar.next, window.bar.copy))
    window.tabs.setCurrentWidget(window.command)
    assert window.bar.place.text() == "Difference 1 of 1"


def test_the_count_stands_at_the_left_where_it_begins_a_line(qtbot: QtBot, open_window: OpenSession) -> None:
    window = opened(qtbot, open_window(fill))
    window.resize(700, 500)
    qtbot.waitUntil(lambda: window.bar.place.x() == 0, timeout=PATIENCE_MS)
    assert window.bar.place.alignment() & Qt.AlignmentFlag.AlignLeft
    window.resize(1600, 500)
    qtbot.waitUntil(lambda: window.bar.place.x() > 700, timeout=PATIENCE_MS)
    assert window.bar.place.alignment() & Qt.AlignmentFlag.AlignRight


def test_what_is_ignored_is_chosen_and_remembered(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    window = opened(qtbot, session)
    window.bar.boxes[Ignorable.TIMES].click()
    settle(qtbot, window)
    assert window.summary.text().startswith("1 line added, 1 removed, 199 changed")
    window.bar.boxes[Ignorable.NUMBERS].click()
    settle(qtbot, window)
    assert {row.kind for row in window.output.rows.rows} == {Kind.IGNORED, Kind.CHANGED, Kind.ADDED, Kind.REMOVED}
    window.close()
    runs_page(session).comparing.open()
    again = next(each for each in runs_page(session).comparing.windows if each is not window)
    assert again.bar.ignored == {Ignorable.IDS, Ignorable.NUMBERS}
    settle(qtbot, again)


def test_only_the_differences_are_shown_where_that_is_asked_for(qtbot: QtBot, open_window: OpenSession) -> None:
    window = opened(qtbot, open_window(fill))
    window.bar.folded.click()
    folded = [each for each in window.output.visible_rows() if isinstance(each, int)]
    assert folded == [46, 44, 43, 47]
    window.bar.boxes[Ignorable.IDS].click()
    settle(qtbot, window)
    assert [each for each in window.output.visible_rows() if isinstance(each, int)] == folded
    window.bar.folded.click()
    assert not any(isinstance(each, int) for each in window.output.visible_rows())


def test_lines_of_one_side_and_the_whole_diff_are_copied(qtbot: QtBot, open_window: OpenSession) -> None:
    window = opened(qtbot, open_window(fill))
    clipboard = QGuiApplication.clipboard()
    viewport = window.output.viewport()
    seen = [each for each in window.output.visible_rows() if isinstance(each, Row)]
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, NO_KEY, QPoint(2, 2))
    window.output.copy()
    assert clipboard.text() == f"{seen[0].before}\n"
    QTest.keyClick(window.output, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(window.output, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.text() == text(LINES).decode()
    window.bar.copy.click()
    qtbot.waitUntil(
        lambda: clipboard.text().startswith("--- job 1\n+++ job 2\n@@ -47,7 +47,7 @@\n"), timeout=PATIENCE_MS
    )
    assert "-07:30:50 line 50\n+08:30:50 line fifty\n" in clipboard.text()
    window.tabs.setCurrentWidget(window.command)
    window.bar.copy.click()
    qtbot.waitUntil(lambda: clipboard.text().endswith("@@ -1,1 +1,1 @@\n-import\n+import -v\n"), timeout=PATIENCE_MS)


def test_the_action_says_why_it_makes_no_sense(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: ran(workspace, b"x\n", fails=True))
    page = runs_page(session)
    tip = "No run of this command succeeded before it; choose two runs to compare them"
    qtbot.waitUntil(lambda: page.actions_.compare.toolTip() == tip, timeout=PATIENCE_MS)
    assert not page.actions_.compare.isEnabled()
    page.actions_.compare.trigger()
    assert page.comparing.windows == []


def test_two_chosen_runs_are_compared_the_earlier_one_first(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        for output in (b"a\n", b"b\n", b"c\n"):
            ran(workspace, output, fails=True)

    session = open_window(before)
    page = runs_page(session)
    qtbot.waitUntil(lambda: page.table.rowCount() == 3, timeout=PATIENCE_MS)
    flags = QItemSelectionModel.SelectionFlag
    qtbot.waitUntil(lambda: all(page.table.run_at(row) is not None for row in range(3)), timeout=PATIENCE_MS)
    page.view.selectionModel().select(page.table.index(0, 0), flags.ClearAndSelect | flags.Rows)
    page.view.selectionModel().select(page.table.index(2, 0), flags.Select | flags.Rows)
    assert page.actions_.compare.text().replace("&", "") == "Compare the two runs"
    window = opened(qtbot, session)
    assert differing(window.output) == [("a", None), (None, "c")]
    page.view.selectionModel().select(page.table.index(1, 0), flags.Select | flags.Rows)
    assert page.actions_.compare.toolTip() == "Choose one run, or two to compare them with each other"


def test_an_output_that_is_gone_is_said_and_the_rest_is_compared(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        ran(workspace, b"x\n", in_file=True)
        ran(workspace, b"x\n", what=plan("false"), fails=True)
        for path in Path(workspace.folder.output).rglob("*.log"):
            path.unlink()

    window = opened(qtbot, open_window(before))
    assert window.summary.text().startswith("The outputs can't be compared; another command")
    assert window.caution.text().startswith("The outputs can't be compared. The output file ")
    assert window.output.rows.count == 0
    assert window.bar.place.text() == ""
    assert differing(window.command) == [("true", None), (None, "false")]


def test_a_window_that_is_closed_while_it_compares_leaves_no_process(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    page = runs_page(session)
    offered(qtbot, page)
    page.comparing.open()
    (window,) = page.comparing.windows
    assert window.process.is_running
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    page.comparing.open()  # this one is closed by the end of the session


def test_a_program_that_can_not_be_started_is_said(
    qtbot: QtBot, open_window: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.own_process.program", lambda: ["/nonexistent/program"])
    window = opened(qtbot, open_window(fill))
    qtbot.waitUntil(
        lambda: window.summary.text().startswith("The comparison could not be started: "), timeout=PATIENCE_MS
    )


def test_a_program_that_fails_says_what_it_said(
    qtbot: QtBot, open_window: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "import sys; print('clockhand: it is broken', file=sys.stderr); sys.exit(5)"
    monkeypatch.setattr("desktop.own_process.program", lambda: [sys.executable, "-c", script])
    window = opened(qtbot, open_window(fill))
    assert window.summary.text() == "it is broken"
    assert window.bar.place.text() == ""


def test_every_control_has_a_name_and_a_key_of_its_own(qtbot: QtBot, open_window: OpenSession) -> None:
    window = opened(qtbot, open_window(fill))
    for number in range(window.tabs.count()):
        window.tabs.setCurrentIndex(number)
        assert clashes(window) == []
        assert nameless(window) == []
