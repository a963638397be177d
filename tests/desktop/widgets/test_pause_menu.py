"""The choices for how long something is paused, and the dialog that asks for a date and a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QDateTime, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.theme import Theme
from desktop.widgets.pause_dialog import PauseDialog
from desktop.widgets.pause_menu import PauseChoices, in_an_hour, tomorrow_morning
from tests.support import FakeClock
from tests.support.window import PATIENCE_MS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def choices(qtbot: QtBot, clock: FakeClock, theme: Theme) -> Iterator[PauseChoices]:
    owner = QWidget()
    qtbot.addWidget(owner)
    owner.show()
    yield PauseChoices(clock, lambda: "Pause “backup”", owner)
    owner.close()


def the_dialog(qtbot: QtBot) -> PauseDialog:
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), PauseDialog), timeout=PATIENCE_MS)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, PauseDialog)
    return dialog


def test_an_hour_ends_at_a_full_minute_and_is_no_shorter() -> None:
    now = datetime(2026, 11, 24, 6, 0, 0, 1, tzinfo=UTC)
    assert in_an_hour(now) == datetime(2026, 11, 24, 7, 1, tzinfo=UTC)
    assert in_an_hour(now.replace(microsecond=0)) == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


def test_tomorrow_morning_is_at_eight_on_the_wall_also_where_the_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # half past midnight of the 25th, when summer time ends
    assert tomorrow_morning(before - timedelta(hours=1), berlin) == datetime(2026, 10, 25, 7, 0, tzinfo=UTC)
    assert tomorrow_morning(before, berlin) == datetime(2026, 10, 26, 7, 0, tzinfo=UTC)


def test_each_choice_says_its_end(qtbot: QtBot, choices: PauseChoices, clock: FakeClock) -> None:
    chosen: list[datetime | None] = []
    choices.chosen.connect(chosen.append)
    for action in (choices.hour, choices.morning, choices.resumed):
        action.trigger()
    assert chosen == [clock.now() + timedelta(hours=1), datetime(2026, 11, 25, 8, 0, tzinfo=UTC), None]


def test_a_date_and_time_are_asked_for(qtbot: QtBot, choices: PauseChoices, clock: FakeClock) -> None:
    choices.at.trigger()
    dialog = the_dialog(qtbot)
    assert dialog.field.dateTime() == QDateTime(2026, 11, 24, 8, 0, 0)
    hour = dialog.field.Section.HourSection
    qtbot.waitUntil(lambda: dialog.field.currentSection() == hour, timeout=PATIENCE_MS)
    QTest.keyClick(dialog.field, Qt.Key.Key_Up)
    QTest.keyClick(dialog.field, Qt.Key.Key_Up)
    assert "For 4 h." in dialog.note.text()
    with qtbot.waitSignal(choices.chosen, timeout=PATIENCE_MS) as told:
        QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    assert told.args == [clock.now() + timedelta(hours=4)]


def test_a_time_that_has_passed_is_refused(qtbot: QtBot, choices: PauseChoices, clock: FakeClock) -> None:
    chosen: list[datetime | None] = []
    choices.chosen.connect(chosen.append)
    choices.at.trigger()
    dialog = the_dialog(qtbot)
    dialog.field.setDateTime(QDateTime(2026, 11, 24, 6, 0, 0))
    assert dialog.problem == "This has passed. Choose a later time."
    assert not dialog.pause_button.isEnabled()
    dialog.field.setDateTime(QDateTime(2026, 11, 24, 6, 30, 0))
    assert dialog.problem == ""
    clock.advance(timedelta(hours=1))  # while the dialog is open
    QTest.mouseClick(dialog.pause_button, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    assert dialog.problem
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert chosen == []


def test_an_unfinished_or_past_date_is_a_problem_and_nothing_mends_it_in_silence(
    qtbot: QtBot, theme: Theme, clock: FakeClock
) -> None:
    dialog = PauseDialog(clock, "Pause “backup”")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    wanted: list[datetime] = []
    dialog.wanted.connect(wanted.append)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.field.currentSection() is dialog.field.Section.HourSection, timeout=PATIENCE_MS)
    assert dialog.pause_button.isEnabled()
    dialog.field.setSelectedSection(dialog.field.Section.YearSection)
    QTest.keyClicks(dialog.field, "20")
    assert dialog.problem.startswith("This is not a whole date and time yet.")
    assert dialog.field.accessibleDescription() == dialog.problem
    assert not dialog.pause_button.isEnabled()
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.problem
    QTest.keyClicks(dialog.field, "20")
    assert dialog.problem == "This has passed. Choose a later time."
    assert not dialog.pause_button.isEnabled()
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    assert (dialog.isVisible(), wanted) == (True, [])
    dialog.field.setSelectedSection(dialog.field.Section.YearSection)
    QTest.keyClicks(dialog.field, "2030")
    assert dialog.problem == ""
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    assert [each.year for each in wanted] == [2030]
