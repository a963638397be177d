"""How an output is shown and where it can be taken: by menu, by key, and remembered."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from core.output.index import Piece, Stream
from core.output.reader import FileReader, InlineReader
from core.output.spool import Spool
from core.output.timeline import Timeline
from core.workspace import Workspace
from desktop.operations import Operations
from desktop.theme import Theme
from desktop.widgets.output_gutter import Stamps
from desktop.widgets.output_pane import OutputPane
from tests.support.ending import ending_while_read
from tests.support.window import PATIENCE_MS, idle_operations

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
DATA = b"one\nerr\ntwo\n" + b"".join(b"\x1b[31mline\x1b[m %d\n" % number for number in range(200))


@pytest.fixture
def operations(qtbot: QtBot, tmp_path: Path) -> Iterator[Operations]:
    with Workspace(tmp_path / "data") as workspace, idle_operations(workspace) as (_bridge, made):
        yield made


@pytest.fixture
def memory(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def pane(qtbot: QtBot, operations: Operations, theme: Theme, memory: QSettings, tmp_path: Path) -> Iterator[OutputPane]:
    host = QWidget()
    qtbot.addWidget(host)
    made = OutputPane(operations, theme, host, memory=memory)
    host.resize(700, 350)
    made.resize(700, 350)
    host.show()
    qtbot.waitExposed(host)
    (tmp_path / "file").write_bytes(DATA)
    made.show_reader(FileReader(tmp_path / "file"), is_live=False)
    pieces = [
        Piece(0, 1_000_000, Stream.STDOUT),
        Piece(4, 1_250_000, Stream.STDERR),
        Piece(8, 3_000_000, Stream.STDOUT),
    ]
    made.view.gutter.timeline = Timeline(pieces)
    made._choose_rows()
    made.view.setFocus()
    yield made
    made.show_nothing("")
    host.hide()


def gutter(pane: OutputPane) -> list[str]:
    return [" ".join(text.split()) for text in pane.view._gutter_texts[:3]]


def test_times_stand_before_the_lines_as_they_are_wanted(pane: OutputPane) -> None:
    pane.options.stamps[Stamps.SINCE_START].trigger()
    assert gutter(pane) == ["+0.000", "+0.250", "+2.000"]
    QTest.keyClick(pane.view, Qt.Key.Key_T, CONTROL | SHIFT)
    assert gutter(pane) == ["", "+0.250", "+1.750"]
    pane.options.stamps[Stamps.NONE].trigger()
    assert gutter(pane) == ["", "", ""]


def test_one_stream_is_shown_alone_with_the_numbers_of_its_lines(qtbot: QtBot, pane: OutputPane) -> None:
    pane.options.numbers.trigger()
    pane.options.streams[Stream.STDERR].trigger()
    assert pane.view.visible_text() == ["err"]
    qtbot.waitUntil(lambda: gutter(pane) == ["2"], timeout=PATIENCE_MS)
    pane.options.streams[Stream.STDOUT].trigger()
    QTest.keyClick(pane.view, Qt.Key.Key_Home)
    assert pane.view.visible_text()[:3] == ["one", "two", "line 0"]
    pane.options.streams[None].trigger()
    QTest.keyClick(pane.view, Qt.Key.Key_Home)
    assert pane.view.visible_text()[:3] == ["one", "err", "two"]


def test_a_stream_that_was_chosen_before_is_shown_of_what_comes(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    pane.options.streams[Stream.STDERR].trigger()
    (tmp_path / "output").mkdir()
    spool = Spool(tmp_path / "output", 1, 1, limit_bytes=1000, started_at_us=0)
    pane.show_reader(spool.live(), is_live=True)
    spool.write(Stream.STDOUT, b"out\n", 1)
    spool.write(Stream.STDERR, b"err\n", 2)
    qtbot.waitUntil(lambda: pane.view.visible_text() == ["err"], timeout=PATIENCE_MS)
    pane.show_nothing("")
    spool.close()


def test_long_lines_wrap_and_every_line_of_them_can_be_scrolled_to(qtbot: QtBot, pane: OutputPane) -> None:
    pane.show_reader(InlineReader(b"begin\n" + b"0123456789" * 300 + b"\nend\n", b""), is_live=False)
    pane.options.wrap.trigger()
    assert pane.view.horizontalScrollBar().maximum() == 0
    QTest.keyClick(pane.view, Qt.Key.Key_End)
    assert pane.view.visible_text()[-1] == "end"
    lines = 0
    while pane.view.visible_text()[0] != "begin":
        QTest.keyClick(pane.view, Qt.Key.Key_Up)
        lines += 1
        assert lines < 200
    columns = pane.view.cells[0]
    assert lines == 2 + -(-3000 // columns) - pane.view.page_rows
    QTest.keyClick(pane.view, Qt.Key.Key_End)
    pane.view.grab()


def test_how_it_is_shown_is_remembered(
    pane: OutputPane, operations: Operations, theme: Theme, memory: QSettings
) -> None:
    pane.options.wrap.trigger()
    pane.options.stamps[Stamps.CLOCK].trigger()
    for _ in range(3):
        QTest.keyClick(pane.view, Qt.Key.Key_Plus, CONTROL)
    size = pane.view.font().pointSize()
    another = OutputPane(operations, theme, pane.parentWidget(), memory=memory)
    assert another.view.wraps
    assert another.view.gutter.stamps is Stamps.CLOCK
    assert another.view.font().pointSize() == size
    QTest.keyClick(pane.view, Qt.Key.Key_0, CONTROL)
    assert pane.view.font().pointSize() == size - 3


def test_the_keyboard_selects_and_a_third_click_takes_the_line(pane: OutputPane) -> None:
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right):
        QTest.keyClick(pane.view, key, SHIFT)
    assert pane.view.selected_text() == "one\ner"
    QTest.keyClick(pane.view, Qt.Key.Key_End, SHIFT)
    assert pane.view.selected_text().endswith("line 199\n")
    QTest.keyClick(pane.view, Qt.Key.Key_Home)
    place = pane.view.viewport().rect().topLeft()
    place.setX(20)
    place.setY(12)
    QTest.mouseDClick(pane.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mousePress(pane.view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert pane.view.selected_text() == "one"


def test_the_next_line_of_errors_is_gone_to(pane: OutputPane) -> None:
    QTest.keyClick(pane.view, Qt.Key.Key_Down, CONTROL)
    assert pane.view.selected_text() == "err"


@pytest.mark.parametrize(("as_printed", "line"), [(True, b"\x1b[31mline\x1b[m 7"), (False, b"line 7")])
def test_it_is_saved_with_colour_codes_or_without(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path, as_printed: bool, line: bytes
) -> None:
    path = tmp_path / "saved"
    pane.saving.save_to(path, as_printed=as_printed)
    qtbot.waitUntil(path.exists, timeout=PATIENCE_MS)
    lines = path.read_bytes().split(b"\n")
    assert (lines[0], lines[10], len(lines)) == (b"one", line, 204)


def test_the_selected_lines_alone_are_saved(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    QTest.keyClick(pane.view, Qt.Key.Key_Down, SHIFT)
    QTest.keyClick(pane.view, Qt.Key.Key_Right, SHIFT)
    path = tmp_path / "saved"
    pane.saving.save_to(path, as_printed=True)
    qtbot.waitUntil(path.exists, timeout=PATIENCE_MS)
    assert path.read_bytes() == b"one\nerr\n"


def test_a_saved_output_is_whole_when_the_run_ends_meanwhile(qtbot: QtBot, pane: OutputPane, tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    spool = Spool(tmp_path / "output", 1, 1, limit_bytes=4_000_000, started_at_us=0)
    for number in range(100):
        spool.write(Stream.STDOUT, b"line\n" * 10_000, (number + 1) * 100_000)
    spool.write(Stream.STDOUT, b"the last line\n", 20_000_000)
    reader = spool.live()
    pane.show_reader(reader, is_live=True)
    path = tmp_path / "saved"
    pane._tick.stop()
    with ending_while_read(spool, reader):
        pane.saving.save_to(path)
        # The pane has the file by now, and lets go of what it read while the run lived.
        assert spool.path is not None
        pane.show_reader(FileReader(spool.path), is_live=False, keep_place=True)
        qtbot.waitUntil(path.exists, timeout=PATIENCE_MS)
    assert path.read_bytes().endswith(b"line\nthe last line\n")


def chosen_kinds(monkeypatch: pytest.MonkeyPatch, path: Path, place: int) -> list[str]:
    """Return what the dialog offers, filled when it is asked; the kind at `place` is chosen."""
    offered: list[str] = []

    def ask(_pane: object, title: str, _name: str, kinds: str, _first: str) -> tuple[str, str]:
        offered[:] = [title, *kinds.split(";;")]
        return str(path), kinds.split(";;")[place]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    return offered


def test_the_file_is_offered_under_the_name_of_what_was_run(pane: OutputPane, monkeypatch: pytest.MonkeyPatch) -> None:
    offered: list[str] = []

    def ask(_pane: object, _title: str, path: str, *_kinds: str) -> tuple[str, str]:
        offered.append(Path(path).name)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    pane.saving.title = "a/b: list-run 12"
    pane.options.save.trigger()
    pane.saving.title = ""
    pane.options.save.trigger()
    assert offered == ["a-b- list-run 12.txt", "output.txt"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_of_one_stream_what_is_shown_is_saved_unless_all_is_asked_for(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    path = tmp_path / "saved"
    pane.options.streams[Stream.STDERR].trigger()
    offered = chosen_kinds(monkeypatch, path, place)
    pane.options.save.trigger()
    qtbot.waitUntil(path.exists, timeout=PATIENCE_MS)
    assert offered[0] == "Save the lines shown"
    plain = DATA.replace(b"\x1b[31m", b"").replace(b"\x1b[m", b"")
    assert path.read_bytes() == [b"err\n", plain, DATA][place]


def test_the_lines_with_a_match_of_one_stream_are_saved_when_all_are_found(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "saved"
    pane.finder.open(only=True)
    pane.find_bar.field.setText("line 19")
    qtbot.waitUntil(lambda: pane.finder.finding.is_searching, timeout=PATIENCE_MS)
    chosen_kinds(monkeypatch, path, 0)
    pane.options.save.trigger()
    qtbot.waitUntil(path.exists, timeout=PATIENCE_MS)
    assert (
        path.read_bytes().split() == b" ".join([b"line 19", *(b"line %d" % each for each in range(190, 200))]).split()
    )
    path.unlink()
    pane.options.streams[Stream.STDERR].trigger()
    pane.find_bar.field.setText("r")
    qtbot.waitUntil(lambda: pane.view.visible_text() == ["err"], timeout=PATIENCE_MS)
    pane.options.save.trigger()
    qtbot.waitUntil(path.exists, timeout=PATIENCE_MS)
    assert path.read_bytes() == b"err\n"


def test_a_file_is_not_written_where_other_lines_are_chosen_before_all_were_found(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path
) -> None:
    told: list[str] = []
    pane._operations.failed.connect(lambda failure: told.append(failure.sentence))
    pane.finder.open(only=True)
    pane.find_bar.field.setText("line")
    qtbot.waitUntil(lambda: pane.finder.finding.is_searching, timeout=PATIENCE_MS)
    pane.saving.save_to(tmp_path / "saved", only_shown=True)
    pane.finder.close()
    assert "was not written" in told[0]
    assert not (tmp_path / "saved").exists()


def test_an_editor_gets_the_file_or_a_private_copy(
    qtbot: QtBot, pane: OutputPane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def take(url: QUrl) -> bool:
        opened.append(Path(url.toLocalFile()))
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", take)
    pane.options.edit.trigger()
    assert opened == [tmp_path / "file"]
    pane.show_reader(InlineReader(b"short\n", b""), is_live=False)
    pane.options.edit.trigger()
    qtbot.waitUntil(lambda: len(opened) == 2, timeout=PATIENCE_MS)
    assert opened[1].read_bytes() == b"short\n"
    assert stat.S_IMODE(opened[1].stat().st_mode) == 0o600
