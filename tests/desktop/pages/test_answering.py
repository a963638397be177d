"""Running commands are answered in the pane of their run, and have a terminal of its size."""

from __future__ import annotations

import re
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.queue.states import Origin
from core.workspace import Workspace
from desktop.application import Session
from desktop.pages.runs import RunsPage
from tests.desktop.pages.conftest import OpenSession
from tests.support.access import clashes, nameless
from tests.support.commands_page import form_of, open_page, save, wait_for_trial
from tests.support.window import PATIENCE_MS, add_command

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell"),
    pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints"),
]

CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
PASSWORD = "stty -echo; printf 'Password: '; read p; stty echo; echo; echo ${#p}; sleep 0.3"


def begin(open_window: OpenSession, text: str, **spec: bool) -> tuple[Session, RunsPage]:
    """Open the window with one command, and run it."""
    session = open_window(lambda workspace: add_command(workspace, "ask", text, **spec))
    page = session.window.page("runs")
    assert isinstance(page, RunsPage)
    workspace = page.desk.workspace
    workspace.queue.run(workspace.catalog.command("ask").id, None, origin=Origin.MANUAL).result()
    return session, page


def shown(page: RunsPage) -> list[str]:
    return page.detail.output.view.visible_text()


def wait_for_line(qtbot: QtBot, page: RunsPage) -> None:
    qtbot.waitUntil(page.detail.input.isVisible, timeout=PATIENCE_MS)


def holds(workspace: Workspace, data: bytes) -> list[str]:
    files = [path for path in workspace.folder.root.rglob("*") if path.is_file()]
    return [path.name for path in files if data in path.read_bytes()]


def test_a_question_is_answered_in_the_pane(qtbot: QtBot, open_window: OpenSession) -> None:
    session, page = begin(open_window, "printf 'name? '; read a; echo got $a; cat; echo end", interactive=True)
    wait_for_line(qtbot, page)
    line = page.detail.input.line
    assert (clashes(session.window), nameless(session.window)) == ([], [])
    line.setFocus()
    QTest.keyClicks(line, "it")
    QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown(page) == ["name? got it"], timeout=PATIENCE_MS)
    QTest.keyClick(line, Qt.Key.Key_D, CONTROL)
    qtbot.waitUntil(lambda: shown(page) == ["name? got it", "end"], timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not page.detail.input.isVisible(), timeout=PATIENCE_MS)
    assert not line.hasFocus()


def test_a_password_is_typed_as_dots_and_is_nowhere_afterwards(qtbot: QtBot, open_window: OpenSession) -> None:
    _session, page = begin(open_window, PASSWORD, interactive=True, terminal=True)
    wait_for_line(qtbot, page)
    qtbot.waitUntil(lambda: page.detail.input.is_hiding, timeout=PATIENCE_MS)
    line = page.detail.input.line
    QTest.keyClicks(line, "canary")
    assert "canary" not in line.displayText()
    QTest.mouseClick(page.detail.input.send, LEFT)
    qtbot.waitUntil(lambda: shown(page) == ["Password: ", "6"], timeout=PATIENCE_MS)
    workspace = page.desk.workspace
    qtbot.waitUntil(lambda: not workspace.runs.page(limit=1)[0].is_live, timeout=PATIENCE_MS)
    assert holds(workspace, b"Password: ")
    assert holds(workspace, b"canary") == []


def test_a_command_that_takes_no_input_has_no_line(qtbot: QtBot, open_window: OpenSession) -> None:
    _session, page = begin(open_window, "echo ready; sleep 600", terminal=True)
    qtbot.waitUntil(lambda: shown(page) == ["ready"], timeout=PATIENCE_MS)
    assert not page.detail.input.isVisible()


def test_the_terminal_is_as_large_as_the_pane(qtbot: QtBot, open_window: OpenSession) -> None:
    text = "trap 'stty size' WINCH; stty size; while :; do sleep 0.05; done"
    session, page = begin(open_window, text, terminal=True, interactive=True)
    wait_for_line(qtbot, page)

    def size_is_told() -> bool:
        columns, rows = page.detail.output.view.cells
        return f"{max(rows, 24)} {columns}" in shown(page)

    qtbot.waitUntil(size_is_told, timeout=PATIENCE_MS)
    session.window.resize(session.window.width() + 160, session.window.height() + 120)
    qtbot.waitUntil(size_is_told, timeout=PATIENCE_MS)
    assert len({line for line in shown(page) if re.fullmatch(r"\d+ \d+", line)}) > 1


def test_another_run_is_not_answered_by_mistake(qtbot: QtBot, open_window: OpenSession) -> None:
    _session, page = begin(open_window, "cat", interactive=True)
    wait_for_line(qtbot, page)
    QTest.keyClicks(page.detail.input.line, "half")
    page.detail.show_run(None)
    assert not page.detail.input.isVisible()
    assert page.detail.input.line.text() == ""


def test_a_terminal_is_chosen_in_the_form_and_tried(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "ask", "test -t 1 && tty </dev/tty"))
    form = form_of(page)
    form.terminal.setFocus()
    QTest.keyClick(form.terminal, Qt.Key.Key_Space)
    assert form.is_dirty
    qtbot.waitUntil(lambda: "in a terminal" in form.bench.preview.sentence, timeout=PATIENCE_MS)
    QTest.mouseClick(form.bench.try_button, LEFT)
    wait_for_trial(qtbot, page, "“ask” succeeded")
    assert save(qtbot, page).terminal
