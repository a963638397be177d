"""The view of an output, driven by mouse and keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.errors import StorageError
from core.output.choosing import ListedRows
from core.output.index import Piece, Stream
from core.output.listed_streams import ListedStreamRows
from core.output.timeline import Timeline
from desktop.theme import Theme
from desktop.widgets import output_page, output_painter
from desktop.widgets.output_view import OutputView
from tests.support.window import PATIENCE_MS


class Growing:
    """A source that a test lets grow, and that notes how much was read."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data
        self.bytes_read = 0

    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        piece = self.data[offset : offset + length]
        self.bytes_read += len(piece)
        return piece


class Gone(Growing):
    """A source whose file was deleted."""

    def read(self, _offset: int, _length: int) -> bytes:
        raise StorageError("The output file is gone.")


class Huge:
    """A terabyte of numbered lines that nobody keeps."""

    line = 16

    def size(self) -> int:
        return 2**40

    def read(self, offset: int, length: int) -> bytes:
        first = offset // self.line
        lines = b"".join(b"%015d\n" % number for number in range(first, (offset + length) // self.line + 1))
        start = offset - first * self.line
        return lines[start : min(start + length, start + self.size() - offset)]


def numbered(count: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(count))


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> OutputView:
    made = OutputView(theme)
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_it_shows_the_beginning_of_what_has_ended(view: OutputView) -> None:
    view.show_source(Growing(numbered(1000)), follow=False)
    assert view.visible_text()[:2] == ["line 0", "line 1"]
    assert not view.following


def test_it_stays_at_the_end_of_what_grows_until_one_scrolls_up(qtbot: QtBot, view: OutputView) -> None:
    source = Growing(numbered(500))
    view.show_source(source, follow=True)
    assert view.visible_text()[-1] == "line 499"
    source.data = numbered(800)
    view.grow()
    assert view.visible_text()[-1] == "line 799"
    with qtbot.waitSignal(view.following_changed, check_params_cb=lambda following: not following):
        QTest.keyClick(view, Qt.Key.Key_PageUp)
    before = view.visible_text()
    source.data = numbered(2000)
    view.grow()
    assert view.visible_text() == before
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.following
    assert view.visible_text()[-1] == "line 1999"


def test_scrolling_down_to_the_end_takes_hold_again(qtbot: QtBot, view: OutputView) -> None:
    view.show_source(Growing(numbered(100)), follow=True)
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert not view.following
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    assert view.following


@pytest.mark.parametrize(
    ("key", "first"),
    [(Qt.Key.Key_Down, "line 1"), (Qt.Key.Key_Up, "line 0"), (Qt.Key.Key_Home, "line 0")],
)
def test_keys_move_by_rows(qtbot: QtBot, view: OutputView, key: Qt.Key, first: str) -> None:
    view.show_source(Growing(numbered(1000)), follow=False)
    QTest.keyClick(view, key)
    assert view.visible_text()[0] == first


def test_pages_down_and_up_lead_back(qtbot: QtBot, view: OutputView) -> None:
    view.show_source(Growing(numbered(1000)), follow=False)
    for key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp, Qt.Key.Key_PageUp):
        QTest.keyClick(view, key)
    assert view.visible_text()[0] == "line 0"


def test_the_scroll_bar_reaches_every_place_of_a_terabyte(view: OutputView) -> None:
    view.show_source(Huge(), follow=False)
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    middle = int(view.visible_text()[0])
    assert middle == pytest.approx(2**40 / Huge.line / 2, rel=0.01)
    bar.setValue(bar.maximum())
    assert int(view.visible_text()[-1]) == 2**40 // Huge.line - 1


def test_what_is_not_kept_takes_no_room_on_the_scroll_bar(view: OutputView) -> None:
    class Gapping(Growing):
        def gap(self) -> tuple[int, int]:
            return 2000, 102_000

    view.show_source(Gapping(b"%09d\n" * 10_400 % tuple(range(10_400))), follow=False)
    bar = view.verticalScrollBar()
    bar.setValue(1000)
    assert view.visible_text()[0] == f"{100:09}"
    bar.setValue(2000)
    assert "100,000 bytes are missing" in view.visible_text()[0]
    bar.setValue(2500)
    assert view.visible_text()[0] == f"{10_250:09}"
    bar.setValue(bar.maximum())
    assert view.visible_text()[-1] == f"{10_399:09}"
    assert bar.maximum() + bar.pageStep() == 4000


def test_opening_and_going_to_the_end_of_much_reads_little(qtbot: QtBot, view: OutputView) -> None:
    source = Growing(numbered(500_000))
    view.show_source(source, follow=False)
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.visible_text()[-1] == "line 499999"
    assert source.bytes_read < 1_000_000


def test_one_endless_line_can_be_shown_and_scrolled(qtbot: QtBot, view: OutputView) -> None:
    view.show_source(Growing(b"0123456789" * 500_000), follow=False)
    view.grab()
    assert view.horizontalScrollBar().maximum() > 0
    QTest.keyClick(view, Qt.Key.Key_End)
    view.grab()
    assert view.visible_text()[-1].endswith("6789")


def _place(view: OutputView, row: int, column: int = 0) -> QPoint:
    return QPoint(round(16 + column * view.cell) + 1, 6 + row * view.row_height + 4)


def _drag(view: OutputView, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(view.viewport(), end)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)


def test_dragging_selects_text_and_copies_it(view: OutputView) -> None:
    view.show_source(Growing(numbered(100)), follow=False)
    _drag(view, _place(view, 2, 3), _place(view, 4, 6))
    assert view.selected_text() == "e 2\nline 3\nline 4"
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "e 2\nline 3\nline 4"


def test_dragging_within_a_row_selects_a_part_of_it_whatever_the_characters_are(view: OutputView) -> None:
    view.show_source(Growing("äöü日本語 text\n".encode()), follow=False)
    layout = view._page.layouts[0]
    edge = [QPoint(round(16 + layout.column_of(index) * view.cell), 12) for index in range(12)]
    _drag(view, edge[5], edge[2])
    assert view.selected_text() == "ü日本"


def test_dragging_below_the_last_row_takes_all_of_it(view: OutputView) -> None:
    view.show_source(Growing(b"one\ntwo\nthree"), follow=False)
    _drag(view, _place(view, 1), QPoint(20, 280))
    assert view.selected_text() == "two\nthree"


def test_shift_click_extends_the_selection_upwards(view: OutputView) -> None:
    view.show_source(Growing(numbered(100)), follow=False)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=_place(view, 5, 4))
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, shift, _place(view, 3, 5))
    assert view.selected_text() == "3\nline 4\nline"


def test_a_double_click_selects_a_word_as_people_want_to_copy_it(view: OutputView) -> None:
    view.show_source(Growing(b"see /var/log/app-1.log (or not)\n"), follow=False)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=_place(view, 0, 8))
    assert view.selected_text() == "/var/log/app-1.log"


def test_a_selection_is_painted(view: OutputView) -> None:
    view.show_source(Growing(numbered(5)), follow=False)
    before = view.viewport().grab().toImage()
    _drag(view, _place(view, 0), _place(view, 0, 4))
    assert view.viewport().grab().toImage() != before


def test_everything_can_be_selected(qtbot: QtBot, view: OutputView) -> None:
    view.show_source(Growing(numbered(5000)), follow=False)
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert view.selected_text().encode() == numbered(5000)


def test_a_notch_of_the_wheel_moves_by_three_rows_and_pieces_of_it_add_up(view: OutputView) -> None:
    view.show_source(Growing(numbered(1000)), follow=False)
    _turn_wheel(view, -120)
    assert view.visible_text()[0] == "line 3"
    for _ in range(4):
        _turn_wheel(view, -30)
    assert view.visible_text()[0] == "line 6"
    _turn_wheel(view, 240)
    assert view.visible_text()[0] == "line 0"


def _turn_wheel(view: OutputView, angle: int) -> None:
    place = QPointF(50, 50)
    event = QWheelEvent(
        place,
        view.viewport().mapToGlobal(place),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


def _left_edge(view: OutputView, row: int) -> list[str]:
    image = view.viewport().grab().toImage()
    ratio = image.devicePixelRatio()
    y = _place(view, row).y()
    return [image.pixelColor(round(x * ratio), round(y * ratio)).name() for x in range(12)]


def test_lines_of_standard_error_have_a_mark(view: OutputView, theme: Theme) -> None:
    view.show_source(Growing(b"out\nerr\nout\n"), follow=False)
    pieces = [Piece(0, 1, Stream.STDOUT), Piece(4, 2, Stream.STDERR), Piece(8, 3, Stream.STDOUT)]
    view.gutter.timeline = Timeline(pieces)
    bad = theme.colour("bad").name()
    assert bad in _left_edge(view, 1)
    assert bad not in _left_edge(view, 0)
    assert bad not in _left_edge(view, 2)


def test_an_output_that_can_no_longer_be_read_is_told_once(qtbot: QtBot, view: OutputView) -> None:
    source = Gone(numbered(10))
    failures: list[StorageError] = []
    view.failed.connect(failures.append)
    view.show_source(source, follow=False)
    view.grow()
    assert [str(error) for error in failures] == ["The output file is gone."]
    assert view.visible_text() == []


def test_the_row_of_a_byte_is_revealed_selected_with_some_above_it(view: OutputView) -> None:
    data = numbered(1000)
    view.show_source(Growing(data), follow=True)
    view.reveal(data.index(b"line 500\n") + 3)
    assert view.selected_text() == "line 500"
    assert "line 500" in view.visible_text()
    assert view.visible_text()[0] != "line 500"
    assert not view.following


@pytest.mark.parametrize("wraps", [False, True])
def test_a_page_that_takes_long_comes_in_parts_and_then_is_whole(
    qtbot: QtBot, view: OutputView, monkeypatch: pytest.MonkeyPatch, wraps: bool
) -> None:
    monkeypatch.setattr(output_page, "_LONGEST_S", -1.0)  # whatever is done has taken too long
    view.set_wraps(wraps)
    data = Growing(b"".join(b"\x1b[1m%03d\x1b[m\n" % number for number in range(100)))
    view.show_source(data, follow=False)
    assert view.visible_text()[0] == "000"
    assert "".join(view.visible_text()[1:]) == ""
    expected = [f"{each:03}" for each in range(view.page_rows + 1)]
    qtbot.waitUntil(lambda: view.visible_text() == expected, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not view._rest.isActive(), timeout=PATIENCE_MS)
    view.show_only(lambda rows: ListedRows(rows, range(0, data.size(), 22)))
    expected = [f"{each:03}" for each in range(0, 100, 2)][: view.page_rows + 1]
    qtbot.waitUntil(lambda: view.visible_text() == expected, timeout=PATIENCE_MS)
    view.set_following(True)
    qtbot.waitUntil(lambda: view.visible_text()[-1:] == ["098"] and "" not in view.visible_text(), timeout=PATIENCE_MS)


def test_rows_of_a_stream_that_are_looked_for_in_steps_are_seen_in_the_end(qtbot: QtBot, view: OutputView) -> None:
    data = b"a\nb\n" * 2000 + b"a\nbb\n"
    timeline = Timeline(Piece(place * 2, place + 1, Stream(1 + place % 2)) for place in range(4001))
    timeline.extend([Piece(8001, 4002, Stream.STDERR)])
    view.show_source(Growing(data), follow=False)
    view.show_only(lambda rows: ListedStreamRows(rows, range(0, 8004, 4), timeline, Stream.STDERR, most_reads=7))
    assert view.visible_text() == []
    qtbot.waitUntil(lambda: view.visible_text() == ["a"], timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not view._rest.isActive(), timeout=PATIENCE_MS)


def test_revealing_in_the_last_or_the_first_rows_shows_them(view: OutputView) -> None:
    data = numbered(1000)
    view.show_source(Growing(data), follow=False)
    for offset, line in ((len(data) - 1, "line 999"), (0, "line 0")):
        view.reveal(offset)
        assert view.selected_text() == line
        assert line in view.visible_text()


def test_wide_characters_that_are_drawn_at_once_stand_where_each_would_alone(
    qtbot: QtBot, view: OutputView, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "日本語のテキスト 漢字とカナ|\n\x1b[1m日本語|\x1b[m\nテキスト|\n".encode()
    pictures = []
    for tolerance_px in (output_painter._TOLERANCE_PX, -1.0):
        monkeypatch.setattr(output_painter, "_TOLERANCE_PX", tolerance_px)
        view.show_source(Growing(text), follow=False)
        pictures.append(view.viewport().grab().toImage())
    at_once, alone = pictures
    differing = [
        (x, y)
        for x in range(at_once.width())
        for y in range(100)
        if abs(at_once.pixelColor(x, y).lightness() - alone.pixelColor(x, y).lightness()) > 100
    ]
    assert len(differing) < 20


def test_the_scroll_bar_is_there_as_soon_as_an_output_is_that_does_not_fit(qtbot: QtBot, view: OutputView) -> None:
    bar = view.verticalScrollBar()
    view.show_source(Growing(numbered(3)), follow=False)
    qtbot.wait(0)
    assert not bar.isVisible()
    view.show_source(Growing(numbered(1000)), follow=False)
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE_MS)
    assert view.visible_text()[0] == "line 0"
    assert not view.following
    view.show_source(Growing(numbered(3)), follow=False)
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=PATIENCE_MS)


def test_a_wrapped_row_that_reaches_below_the_pane_has_its_number(view: OutputView) -> None:
    view.gutter.has_numbers = True
    view.set_wraps(True)
    view.show_source(Growing(b"x" * 20_000 + b"\n"), follow=False)
    view._count_lines()
    image = view.viewport().grab().toImage()
    ratio = image.devicePixelRatio()
    base = image.pixelColor(2, image.height() - 2)
    top, end = _place(view, 0).y(), round(view._left - view.cell)
    gutter = [(x, y) for x in range(14, end) for y in range(top, top + view.row_height - 6)]
    assert any(image.pixelColor(round(x * ratio), round(y * ratio)) != base for x, y in gutter)


def test_nothing_of_the_next_line_is_seen_behind_a_wrapped_one(view: OutputView) -> None:
    view.set_wraps(True)
    columns = view.cells[0]
    view.show_source(Growing(b"x" * columns + "█".encode() * 10 + b"\n"), follow=False)
    image = view.viewport().grab().toImage()
    ratio = image.devicePixelRatio()
    edge = view._left + columns * view.cell
    row = range(_place(view, 0).y() - 3, _place(view, 0).y() + view.row_height - 6)
    behind = {image.pixelColor(round(x * ratio), round(y * ratio)).name() for x in (edge + 1, edge + 2) for y in row}
    assert len(behind) == 1
