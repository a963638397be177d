"""The painter of the table of runs: every cell shows what the model says, and the scheme is followed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.workspace import Workspace
from desktop.models.run_rows import Column
from desktop.pages.runs import RunsPage
from tests.support.jobs import write_history
from tests.support.window import PATIENCE_MS, open_session


def picture(page: RunsPage, row: int, column: Column) -> QImage:
    rect = page.view.visualRect(page.table.index(row, column))
    return page.view.viewport().grab(rect).toImage()


def colours(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def history(workspace: Workspace) -> None:
    write_history(workspace, 4, lambda number: {"environment_name": "home" if number == 3 else None})


def test_cells_are_painted_in_the_colours_of_the_scheme(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    with open_session(qtbot, tmp_path / "data", before=history) as session:
        page = session.window.page("runs")
        assert isinstance(page, RunsPage)
        theme = page.desk.theme
        qtbot.waitUntil(lambda: all(page.table.run_at(row) for row in range(3)), timeout=PATIENCE_MS)
        for scheme in (Qt.ColorScheme.Light, Qt.ColorScheme.Dark):
            theme.use(scheme)
            look = theme.colours

            def row_is_chosen(wanted: tuple[str, ...] = (look.selection, look.on_selection)) -> bool:
                # The page itself chooses a row when the list has been read, perhaps after this one was.
                page.view.selectRow(0)
                return set(wanted) <= colours(picture(page, 0, Column.ENVIRONMENT))

            qtbot.waitUntil(row_is_chosen, timeout=PATIENCE_MS)
            assert {look.stripe, look.text} <= colours(picture(page, 1, Column.COMMAND))
            assert {look.base, look.text} <= colours(picture(page, 2, Column.COMMAND))
            assert {look.base, look.good} <= colours(picture(page, 2, Column.STATE))
            assert colours(picture(page, 2, Column.ENVIRONMENT)) == {look.base}


def test_numbers_stand_at_the_right_and_long_texts_are_shortened(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    def before(workspace: Workspace) -> None:
        write_history(workspace, 1, lambda _: {"command_name": "W" * 200})

    with open_session(qtbot, tmp_path / "data", before=before) as session:
        page = session.window.page("runs")
        assert isinstance(page, RunsPage)
        qtbot.waitUntil(lambda: page.table.run_at(0) is not None, timeout=PATIENCE_MS)
        page.view.clearSelection()
        base = page.desk.theme.colours.base
        command = picture(page, 0, Column.COMMAND)
        assert colours(command.copy(command.width() - 8, 0, 8, command.height())) == {base}
        output = picture(page, 0, Column.OUTPUT)
        middle = output.width() // 2
        assert colours(output.copy(0, 0, middle // 2, output.height())) == {base}
        assert len(colours(output.copy(middle, 0, middle, output.height()))) > 1
