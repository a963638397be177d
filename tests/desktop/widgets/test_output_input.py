"""The line in which a running command is answered: what it sends, hides, remembers and forgets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.theme import Theme
from desktop.widgets.output_input import OutputInput
from desktop.widgets.output_view import OutputView
from tests.support.access import clashes, nameless

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

PATIENCE_MS = 10_000
CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


class Listener:
    """A process as the line sees it, that keeps what it hears."""

    def __init__(self) -> None:
        self.accepts_input = True
        self.hides_input = False
        self.lines: list[str] = []
        self.ends: list[str] = []
        self.sizes: list[tuple[int, int]] = []

    def write_line(self, text: str) -> None:
        self.lines.append(text)

    def end_input(self, text: str = "") -> None:
        self.ends.append(text)
        self.accepts_input = bool(text)

    def resize(self, columns: int, rows: int) -> None:
        self.sizes.append((columns, rows))


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(700, 400)
    return made


@pytest.fixture
def input_(qtbot: QtBot, theme: Theme, host: QWidget) -> Iterator[OutputInput]:
    view = OutputView(theme)
    view.setAccessibleName("Output")
    made = OutputInput(theme, view)
    layout = QVBoxLayout(host)
    layout.addWidget(view, 1)
    layout.addWidget(made)
    host.show()
    qtbot.waitExposed(host)
    yield made
    made.attach(None)


@pytest.fixture
def listener(input_: OutputInput) -> Listener:
    made = Listener()
    input_.attach(made)
    return made


def send(input_: OutputInput, text: str) -> None:
    QTest.keyClicks(input_.line, text)
    QTest.keyClick(input_.line, Qt.Key.Key_Return)


def press(input_: OutputInput, key: Qt.Key) -> str:
    QTest.keyClick(input_.line, key)
    return input_.line.text()


def test_it_is_seen_while_input_is_taken(qtbot: QtBot, input_: OutputInput) -> None:
    assert not input_.isVisible()
    listener = Listener()
    listener.accepts_input = False
    input_.attach(listener)
    assert not input_.isVisible()
    listener.accepts_input = True
    qtbot.waitUntil(input_.isVisible, timeout=PATIENCE_MS)
    listener.accepts_input = False
    qtbot.waitUntil(lambda: not input_.isVisible(), timeout=PATIENCE_MS)


def test_its_parts_have_names_and_keys_of_their_own(input_: OutputInput, listener: Listener, host: QWidget) -> None:
    assert (clashes(host), nameless(host)) == ([], [])


def test_lines_are_sent_by_key_and_by_button(input_: OutputInput, listener: Listener) -> None:
    send(input_, "one")
    QTest.keyClicks(input_.line, "two")
    QTest.mouseClick(input_.send, LEFT)
    send(input_, "")
    assert listener.lines == ["one", "two", ""]
    assert input_.line.text() == ""


def test_what_was_sent_comes_back_by_the_arrows(input_: OutputInput, listener: Listener) -> None:
    for text in ("one", "two", "two", ""):
        send(input_, text)
    QTest.keyClicks(input_.line, "dra")
    assert [press(input_, Qt.Key.Key_Up) for _ in range(3)] == ["two", "one", "one"]
    assert [press(input_, Qt.Key.Key_Down) for _ in range(3)] == ["two", "dra", "dra"]


def test_a_password_is_dots_and_is_not_remembered(qtbot: QtBot, input_: OutputInput, listener: Listener) -> None:
    send(input_, "name")
    listener.hides_input = True
    qtbot.waitUntil(lambda: input_.is_hiding, timeout=PATIENCE_MS)
    QTest.keyClicks(input_.line, "canary")
    assert input_.line.echoMode() is QLineEdit.EchoMode.Password
    assert "canary" not in input_.line.displayText()
    assert "password" in input_.line.placeholderText()
    assert press(input_, Qt.Key.Key_Up) == "canary"
    QTest.keyClick(input_.line, Qt.Key.Key_Return)
    listener.hides_input = False
    qtbot.waitUntil(lambda: not input_.is_hiding, timeout=PATIENCE_MS)
    assert listener.lines == ["name", "canary"]
    assert press(input_, Qt.Key.Key_Up) == "name"
    input_.line.undo()
    assert "canary" not in input_.line.text()


def test_a_password_that_is_sent_at_once_is_not_remembered(input_: OutputInput, listener: Listener) -> None:
    QTest.keyClicks(input_.line, "canary")
    listener.hides_input = True
    QTest.keyClick(input_.line, Qt.Key.Key_Return)
    listener.hides_input = False
    assert press(input_, Qt.Key.Key_Up) == ""


def test_a_password_that_nobody_asks_for_any_more_does_not_appear(
    qtbot: QtBot, input_: OutputInput, listener: Listener
) -> None:
    listener.hides_input = True
    qtbot.waitUntil(lambda: input_.is_hiding, timeout=PATIENCE_MS)
    QTest.keyClicks(input_.line, "canary")
    listener.hides_input = False
    qtbot.waitUntil(lambda: not input_.is_hiding, timeout=PATIENCE_MS)
    assert input_.line.text() == ""


def test_where_nothing_tells_that_it_is_a_password_one_hides_it_oneself(
    input_: OutputInput, listener: Listener
) -> None:
    QTest.mouseClick(input_.hide_, LEFT)
    send(input_, "canary")
    assert not input_.is_hiding
    assert press(input_, Qt.Key.Key_Up) == ""
    assert listener.lines == ["canary"]


def test_a_password_may_be_looked_at_and_is_not_remembered_then_either(
    qtbot: QtBot, input_: OutputInput, listener: Listener
) -> None:
    listener.hides_input = True
    qtbot.waitUntil(lambda: input_.is_hiding, timeout=PATIENCE_MS)
    QTest.mouseClick(input_.hide_, LEFT)
    QTest.keyClicks(input_.line, "canary")
    assert input_.line.displayText() == "canary"
    QTest.keyClick(input_.line, Qt.Key.Key_Return)
    assert input_.is_hiding
    listener.hides_input = False
    qtbot.waitUntil(lambda: not input_.is_hiding, timeout=PATIENCE_MS)
    assert press(input_, Qt.Key.Key_Up) == ""


def test_control_d_ends_the_input_or_hands_over_what_is_written(
    qtbot: QtBot, input_: OutputInput, listener: Listener
) -> None:
    input_.line.setFocus()
    QTest.keyClicks(input_.line, "half")
    QTest.keyClick(input_.line, Qt.Key.Key_D, CONTROL)
    assert input_.isVisible()
    QTest.mouseClick(input_.end, LEFT)
    assert listener.ends == ["half", ""]
    assert not input_.isVisible()
    assert QGuiApplication.focusObject() is not input_.line


def test_another_command_learns_nothing_of_what_the_last_one_got(input_: OutputInput, listener: Listener) -> None:
    send(input_, "one")
    QTest.keyClicks(input_.line, "tw")
    other = Listener()
    input_.attach(other)
    assert input_.line.text() == ""
    assert press(input_, Qt.Key.Key_Up) == ""
    assert other.lines == []


def test_the_size_of_the_pane_is_told_at_first_and_when_it_has_changed(
    qtbot: QtBot, input_: OutputInput, host: QWidget
) -> None:
    listener = Listener()
    input_.attach(listener)
    (first,) = listener.sizes
    host.resize(1000, 800)
    qtbot.waitUntil(lambda: listener.sizes[-1][0] > first[0] and listener.sizes[-1][1] > first[1], timeout=PATIENCE_MS)
    host.resize(20, 20)
    qtbot.waitUntil(lambda: listener.sizes[-1] == (40, 24), timeout=PATIENCE_MS)
