"""The fields that only a command has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from core.execution.definitions import Shell
from core.queue.states import Overlap
from desktop.forms.command_fields import (
    ExitCodesField,
    FolderField,
    QueueField,
    overlap_choices,
    shell_choices,
    waits_text,
)
from desktop.theme import Theme
from tests.support.window import PATIENCE_MS, open_theme

SECOND = timedelta(seconds=1)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    with open_theme(qapp) as opened:
        yield opened


@pytest.mark.parametrize(
    ("attempts", "text"),
    [
        (1, "A run that fails is not tried again."),
        (2, "It waits 30 s before it tries again, each up to 10 % shorter or longer."),
        (4, "It waits 30 s, 1 min, 2 min before it tries again, each up to 10 % shorter or longer."),
        (
            100,
            "It waits 30 s, 1 min, 2 min, … up to 5 min before it tries again, each up to 10 % shorter or longer.",
        ),
    ],
)
def test_the_waits_are_those_of_the_queue(attempts: int, text: str) -> None:
    assert waits_text(attempts, 30 * SECOND, 300 * SECOND) == text


def test_every_choice_has_its_sentence() -> None:
    assert set(shell_choices()) == set(Shell)
    assert set(overlap_choices()) == set(Overlap)
    assert all(text and sentence for text, sentence in (*shell_choices().values(), *overlap_choices().values()))


@pytest.mark.parametrize(("text", "codes"), [("0", (0,)), ("0, 1,2", (0, 1, 2)), ("3 4", (3, 4)), ("", ())])
def test_exit_codes_are_read(qtbot: QtBot, text: str, codes: tuple[int, ...]) -> None:
    field = ExitCodesField()
    qtbot.addWidget(field)
    field.setText(text)
    assert field.problem == ""
    assert field.value() == codes


@pytest.mark.parametrize("text", ["x", "1, -2", "1.5", "0x1", "٣", "1" * 20])
def test_what_is_no_exit_code_is_named_and_the_last_good_ones_stay(qtbot: QtBot, text: str) -> None:
    field = ExitCodesField()
    qtbot.addWidget(field)
    field.set_value((0, 7))
    field.setText(text)
    assert "is not an exit code" in field.problem
    assert field.value() == (0, 7)


@pytest.mark.qt_log_ignore("This plugin does not support")  # what the chooser asks of the offscreen platform
def test_a_folder_below_home_is_written_with_a_tilde(
    qtbot: QtBot, theme: Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "work").mkdir()
    field = FolderField(theme)
    qtbot.addWidget(field)
    field.show()
    for chosen, shown in ((tmp_path / "work", "~/work"), (tmp_path, "~"), (tmp_path.parent, str(tmp_path.parent))):
        QTest.mouseClick(field.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: bool(field.findChildren(QFileDialog)), timeout=PATIENCE_MS)
        dialog = field.findChildren(QFileDialog)[0]
        dialog.fileSelected.emit(str(chosen))
        dialog.reject()
        qtbot.waitUntil(lambda: not field.findChildren(QFileDialog), timeout=PATIENCE_MS)
        assert field.value() == shown
    field.line.clear()
    assert field.value() is None


def test_a_folder_shows_its_problem_in_its_line(qtbot: QtBot, theme: Theme) -> None:
    field = FolderField(theme)
    qtbot.addWidget(field)
    field.setProperty("hasProblem", True)
    assert field.line.property("hasProblem") is True
    field.setAccessibleName("Working directory")
    assert field.line.accessibleName() == "Working directory"


def test_a_queue_that_is_not_offered_stays_written(qtbot: QtBot) -> None:
    field = QueueField()
    qtbot.addWidget(field)
    field.set_value("night")
    with qtbot.assertNotEmitted(field.changed):
        field.offer(["default", "slow"])
    assert field.value() == "night"
    assert field.offered == ["default", "slow"]
