"""The pane around an output: sizes, following, what can't be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.errors import NotFoundError, StorageError
from core.output.index import Stream
from core.output.reader import FileReader
from core.output.spool import Spool
from core.output.timeline import Timeline
from core.workspace import Workspace
from desktop.operations import Failure, Operations
from desktop.theme import Theme
from desktop.widgets import output_selection
from desktop.widgets.output_pane import OutputPane
from tests.support.window import PATIENCE_MS, idle_operations


@pytest.fixture
def operations(qtbot: QtBot, tmp_path: Path) -> Iterator[Operations]:
    with Workspace(tmp_path / "data") as workspace, idle_operations(workspace) as (_bridge, made):
        yield made


@pytest.fixture
def pane(qtbot: QtBot, operations: Operations, theme: Theme) -> Iterator[OutputPane]:
    # Not a window of its own, whose size its layout would set.
    host = QWidget()
    qtbot.addWidget(host)
    made = OutputPane(operations, theme, host)
    host.resize(600, 300)
    made.resize(600, 300)
    host.show()
    qtbot.waitExposed(host)
    yield made
    made.show_nothing("")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    (tmp_path / "output").mkdir()
    return Spool(tmp_path / "output", 1, 1, limit_bytes=1000, started_at_us=0)


def test_what_is_written_while_it_is_shown_appears(qtbot: QtBot, pane: OutputPane, spool: Spool) -> None:
    pane.show_reader(spool.live(), is_live=True)
    assert pane.follow.isVisible()
    spool.write(Stream.STDOUT, b"one\n", 1)
    qtbot.waitUntil(lambda: pane.view.visible_text() == ["one"], timeout=PATIENCE_MS)
    spool.write(Stream.STDERR, b"two\n", 2)
    qtbot.waitUntil(lambda: pane.view.visible_text() == ["one", "two"], timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: pane.view.gutter.timeline.has(Stream.STDERR, 4, 8), timeout=PATIENCE_MS)
    assert pane.size_text == "8 B so far"
    spool.close()


def test_an_output_past_its_limit_shows_its_end_and_how_much_there_was(
    qtbot: QtBot, pane: OutputPane, spool: Spool
) -> None:
    pane.show_reader(spool.live(), is_live=True)
    for number in range(500):
        spool.write(Stream.STDOUT, b"%09d\n" % number, 1)
    qtbot.waitUntil(lambda: pane.view.visible_text()[-1:] == ["000000499"], timeout=PATIENCE_MS)
    assert pane.size_text == "1.0 of 5.0 kB kept so far"
    pane.view.reveal(2000)
    assert pane.view.selected_text().startswith("[Clockhand: 4,000 bytes are missing here")
    spool.close()
    pane.show_reader(spool.live(), is_live=False, keep_place=True)
    qtbot.waitUntil(lambda: pane.size_text == "1.0 of 5.0 kB kept", timeout=PATIENCE_MS)
    pane.view.set_following(True)
    assert pane.view.visible_text()[-1] == "000000499"


def test_nothing_is_taken_for_what_it_was_when_the_bytes_behind_a_gap_moved(
    qtbot: QtBot, pane: OutputPane, spool: Spool
) -> None:
    live = spool.live()
    pane.show_reader(live, is_live=True)
    at_us = 0
    for number in range(100):
        at_us += 100_000
        spool.write(Stream(1 + number % 2), b"%09d\n" % number * 10, at_us)
    qtbot.waitUntil(lambda: pane.view.gutter.timeline.has(Stream.STDERR, 9_900, 10_000), timeout=PATIENCE_MS)
    spool.close()
    # The pane goes on looking until the database has it that the run has ended.
    qtbot.waitUntil(lambda: live.gap() is None, timeout=PATIENCE_MS)
    assert spool.path is not None
    pane.show_reader(FileReader(spool.path), is_live=False, keep_place=True)
    qtbot.waitUntil(lambda: pane.size_text.endswith("kept"), timeout=PATIENCE_MS)
    size = spool.path.stat().st_size
    with FileReader(spool.path) as reader:
        right = Timeline(reader.index(), end=size)
    timeline = pane.view.gutter.timeline
    for at in range(0, size, 10):
        assert (timeline.at_us(at), timeline.streams(at, at + 1)) == (right.at_us(at), right.streams(at, at + 1))


def test_the_button_lets_go_and_takes_hold(qtbot: QtBot, pane: OutputPane, spool: Spool) -> None:
    pane.show_reader(spool.live(), is_live=True)
    spool.write(Stream.STDOUT, b"line\n" * 150, 1)
    pane.view.grow()
    assert pane.follow.isChecked()
    QTest.keyClick(pane.view, Qt.Key.Key_Home)
    assert not pane.follow.isChecked()
    QTest.mouseClick(pane.follow, Qt.MouseButton.LeftButton)
    assert pane.view.following
    spool.close()


def test_the_place_is_kept_when_the_same_bytes_lie_elsewhere(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    for name in ("before", "after"):
        (tmp_path / name).write_bytes(b"".join(b"line %d\n" % number for number in range(1000)))
    pane.show_reader(FileReader(tmp_path / "before"), is_live=True)
    QTest.keyClick(pane.view, Qt.Key.Key_PageUp)
    place = pane.view.visible_text()
    pane.open(pane, lambda: FileReader(tmp_path / "after"), is_live=False, keep_place=True)
    qtbot.waitUntil(lambda: not pane.follow.isVisible(), timeout=PATIENCE_MS)
    assert pane.view.visible_text() == place
    pane.show_nothing("")


@pytest.mark.parametrize(
    "error", [NotFoundError("output", "job 1, attempt 1"), StorageError("The output file is gone.")]
)
def test_an_output_that_can_not_be_opened_says_why_in_its_place(
    qtbot: QtBot, pane: OutputPane, error: NotFoundError | StorageError
) -> None:
    def find() -> FileReader:
        raise error

    pane.open(pane, find, is_live=False, keep_place=False)
    qtbot.waitUntil(lambda: pane.size_text == str(error), timeout=PATIENCE_MS)
    assert not pane.copy.isEnabled()


def test_a_file_that_disappears_while_it_is_shown_says_so(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"text\n")
    pane.show_reader(FileReader(path), is_live=True)
    path.unlink()
    qtbot.waitUntil(lambda: "is gone" in pane.size_text, timeout=PATIENCE_MS)


def test_copy_without_a_selection_copies_all(pane: OutputPane, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one\ntwo\n")
    pane.show_reader(FileReader(path), is_live=False)
    QTest.mouseClick(pane.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "one\ntwo\n"
    pane.show_nothing("")


def test_what_is_too_large_to_copy_is_told(
    qtbot: QtBot, pane: OutputPane, operations: Operations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_selection, "LONGEST_COPY_BYTES", 1000)
    path = tmp_path / "file"
    path.write_bytes(b"line\n" * 5000)
    pane.show_reader(FileReader(path), is_live=False)
    told: list[Failure] = []
    operations.failed.connect(told.append)
    QTest.mouseClick(pane.copy, Qt.MouseButton.LeftButton)
    assert [failure.title for failure in told] == ["Copying the output"]
    pane.show_nothing("")


def test_a_line_is_revealed_as_soon_as_its_output_is_open(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"".join(b"line %d\n" % number for number in range(1000)))
    pane.open(pane, lambda: FileReader(path), is_live=False, keep_place=False)
    pane.reveal(path.read_bytes().index(b"line 700\n"))
    qtbot.waitUntil(lambda: pane.view.selected_text() == "line 700", timeout=PATIENCE_MS)
    pane.reveal(0)
    assert pane.view.selected_text() == "line 0"
    pane.open(pane, lambda: FileReader(path), is_live=False, keep_place=False)
    qtbot.waitUntil(lambda: not pane.view.has_selection, timeout=PATIENCE_MS)
    pane.show_nothing("")


def test_the_newest_rows_take_neither_stream_nor_time_of_what_came_before(
    qtbot: QtBot, pane: OutputPane, spool: Spool
) -> None:
    spool.write(Stream.STDERR, b"error\n", 1_000_000)
    pane.show_reader(spool.live(), is_live=True)
    timeline = pane.view.gutter.timeline
    qtbot.waitUntil(lambda: timeline.has(Stream.STDERR, 0, 6), timeout=PATIENCE_MS)
    pane._tick.stop()
    pane._index.stop()
    pane._index.rest(PATIENCE_MS * 10)  # as if it were slow
    spool.write(Stream.STDOUT, b"fine\n", 9_000_000)
    pane.view.grow()
    assert pane.view.visible_text() == ["error", "fine"]
    assert (timeline.streams(0, 6), timeline.at_us(0)) == ({Stream.STDERR}, 1_000_000)
    assert (timeline.streams(6, 11), timeline.at_us(6)) == ({Stream.STDOUT}, None)
    spool.close()


def test_the_keyboard_s_place_is_seen(pane: OutputPane, theme: Theme, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one\n")
    pane.show_reader(FileReader(path), is_live=False)
    accent = theme.colour("accent").name()

    def edge() -> str:
        image = pane.view.grab().toImage()
        return image.pixelColor(image.width() // 2, image.height() - 1).name()

    pane.copy.setFocus()
    size = pane.view.viewport().size()
    assert edge() != accent
    pane.view.setFocus()
    assert edge() == accent
    assert pane.view.viewport().size() == size


def test_a_stream_from_which_nothing_came_says_so(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one\n")
    pane.show_reader(FileReader(path), is_live=False)
    pane.options.streams[Stream.STDERR].trigger()
    qtbot.waitUntil(lambda: pane.view.empty_text == "Nothing came from standard error.", timeout=PATIENCE_MS)
    assert pane.view.visible_text() == []
    pane.options.streams[None].trigger()
    assert (pane.view.empty_text, pane.view.visible_text()) == ("", ["one"])
