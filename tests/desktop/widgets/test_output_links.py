"""Links in the view: seen, opened with Ctrl, offered in the menu; nothing is ever run."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, QUrl, Slot
from PySide6.QtGui import QContextMenuEvent, QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from core.output.reader import InlineReader
from desktop.theme import Theme
from desktop.widgets.output_links import shortened, url_of
from desktop.widgets.output_view import OutputView

_TEXT = b"see https://example.org/a and \x1b]8;;https://real.example/\x1b\\marked\x1b]8;;\x1b\\ or ssh\n"


class Opener(QObject):
    """Stands where the desktop would open an address."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.opened.append(url.toString())


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> OutputView:
    made = OutputView(theme)
    qtbot.addWidget(made)
    made.resize(700, 200)
    made.show_source(InlineReader(_TEXT, b""), follow=False)
    made.show()
    qtbot.waitExposed(made)
    return made


def place(view: OutputView, column: int) -> QPoint:
    return QPoint(round(16 + (column + 0.5) * view.cell), 14)


def test_a_click_with_ctrl_opens_what_the_program_marked(view: OutputView) -> None:
    opener = Opener()
    QDesktopServices.setUrlHandler("https", opener, "take")  # type: ignore[arg-type]  # the stubs want bytes, Qt refuses them
    try:
        for column in (32, 6, 0):
            QTest.mouseClick(
                view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, place(view, column)
            )
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place(view, 6))
    finally:
        QDesktopServices.unsetUrlHandler("https")
    assert opener.opened == ["https://real.example/", "https://example.org/a"]


def test_the_mouse_over_a_link_underlines_it_and_shows_a_hand(view: OutputView) -> None:
    before = view.viewport().grab().toImage()
    QTest.mouseMove(view.viewport(), place(view, 32))
    assert view.viewport().cursor().shape() is Qt.CursorShape.PointingHandCursor
    assert view.viewport().grab().toImage() != before
    QTest.mouseMove(view.viewport(), place(view, 1))
    assert view.viewport().cursor().shape() is Qt.CursorShape.IBeamCursor


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_menu_offers_the_link_below_the_mouse_and_all_in_view_by_keyboard(qtbot: QtBot, view: OutputView) -> None:
    for reason, column, texts in (
        (QContextMenuEvent.Reason.Mouse, 32, ["&Open link", "Copy &link address"]),
        (QContextMenuEvent.Reason.Mouse, 1, []),
        (QContextMenuEvent.Reason.Keyboard, 1, ["&Open link", "Copy &link address"]),
    ):
        at = place(view, column)
        QApplication.sendEvent(view.viewport(), QContextMenuEvent(reason, at, view.viewport().mapToGlobal(at)))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        actions = {action.text(): action for action in menu.actions() if "ink" in action.text()}
        assert list(actions) == texts
        if column == 32:
            actions["Copy &link address"].trigger()
            assert QGuiApplication.clipboard().text() == "https://real.example/"
        if reason is QContextMenuEvent.Reason.Keyboard:
            part = actions["&Open link"].menu()
            assert isinstance(part, QMenu)
            assert [action.text() for action in part.actions()] == ["https://example.org/a", "https://real.example/"]
        menu.close()


def test_a_tool_tip_shows_the_address_as_text(view: OutputView) -> None:
    assert "&lt;b&gt;" in view.links.tool_tip("https://a.b/<b>")
    assert "Ctrl" in view.links.tool_tip("https://a.b/")
    assert "Ctrl" not in view.links.tool_tip("ssh://a.b/")
    assert len(shortened("https://a.b/" + "x" * 2000)) < 100


def test_what_must_not_be_opened_is_refused(qtbot: QtBot, view: OutputView) -> None:
    with qtbot.waitSignal(view.links.refused) as refused:
        view.links.open("ssh://a.b/")
    assert refused.args == ["ssh://a.b/"]


def test_a_file_that_the_desktop_might_run_is_shown_in_its_folder(tmp_path: Path) -> None:
    plain, program, starter = tmp_path / "a b.log", tmp_path / "program", tmp_path / "x.desktop"
    for path in (plain, program, starter):
        path.write_text("")
    program.chmod(0o755)
    plain.chmod(0o644)
    assert url_of(plain.as_uri()) == QUrl.fromLocalFile(str(plain))
    assert url_of(program.as_uri()) == url_of(starter.as_uri()) == QUrl.fromLocalFile(str(tmp_path))
    assert url_of("file://elsewhere/x") is None


def test_a_link_has_a_faint_line_below_it_and_a_strong_one_under_the_mouse(view: OutputView, theme: Theme) -> None:
    def below(column: int) -> str:
        image = view.viewport().grab().toImage()
        ratio = image.devicePixelRatio()
        x, y = place(view, column).x(), 6 + view.row_height - 2
        return image.pixelColor(round(x * ratio), round(y * ratio)).name()

    accent = theme.colour("accent").name()
    plain, faint, marked = below(1), below(6), below(33)
    assert faint == marked
    assert len({plain, faint, accent}) == 3
    QTest.mouseMove(view.viewport(), place(view, 33))
    assert (below(1), below(6), below(33)) == (plain, faint, accent)
