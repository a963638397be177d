"""Pausing schedules and skipping their runs on their page, by keyboard and mouse, with a clock that the test moves."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.catalog.specs import CronSpec, EnvironmentSpec, Kind, ScheduleSpec
from core.changes import Changes
from core.durations import describe_duration
from core.history.runs import RunFilter
from core.queue.scopes import PauseScope
from core.queue.states import JobState
from core.timing.jitter import jitter_offset
from core.workspace import Workspace
from desktop.application import Session
from desktop.forms.schedule_form import ScheduleForm
from desktop.pages.schedules import SchedulesPage
from desktop.widgets.pause_dialog import PauseDialog
from tests.desktop.pages.conftest import OpenSession
from tests.support import FakeClock
from tests.support.window import PATIENCE_MS, add_command, newest

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell"),
    pytest.mark.qt_log_ignore("This plugin does not support"),
]
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
NINE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def clock_text(instant: datetime) -> str:
    return f"{instant.astimezone():%H:%M}"


def prepare(workspace: Workspace) -> None:
    add_command(workspace, "sync", "true")
    workspace.catalog.create(EnvironmentSpec(name="home"))
    workspace.catalog.create(CronSpec(name="nine", expression="0 9 * * *", timezone="UTC"))
    for name, crons in (("backup", ("nine",)), ("by hand", ()), ("tidy", ("nine",))):
        workspace.catalog.create(ScheduleSpec(name=name, command="sync", environments=("home",), crons=crons))


@pytest.fixture
def session(open_window: OpenSession, clock: FakeClock) -> Session:
    return open_window(prepare, clock=clock)


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> SchedulesPage:
    """The page with “backup” chosen; it is six o'clock, and that one is due at nine."""
    window = session.window
    window.open_page(list(window.pages).index("schedules"))
    made = window.page("schedules")
    assert isinstance(made, SchedulesPage)
    qtbot.waitUntil(lambda: made.table.rowCount() == 3, timeout=PATIENCE_MS)
    wait_for_next(qtbot, made, "backup", clock_text(NINE))
    wait_for_cell(qtbot, made, "next ")
    made.list.view.setFocus()
    return made


def form_of(page: SchedulesPage) -> ScheduleForm:
    assert isinstance(page.form, ScheduleForm)
    return page.form


def cell(page: SchedulesPage, name: str, column: int) -> QModelIndex:
    names = [page.table.data(page.table.index(row, 0)) for row in range(page.table.rowCount())]
    return page.table.index(names.index(name), column)


def wait_for_next(qtbot: QtBot, page: SchedulesPage, name: str, text: str) -> None:
    qtbot.waitUntil(lambda: page.table.data(cell(page, name, 1)) == text, timeout=PATIENCE_MS)


def wait_for_cell(qtbot: QtBot, page: SchedulesPage, text: str) -> None:
    model = form_of(page).grid.model
    qtbot.waitUntil(lambda: text in str(model.data(model.index(0, 0))), timeout=PATIENCE_MS)


def has_icon(page: SchedulesPage, name: str) -> bool:
    return page.table.data(cell(page, name, 1), Qt.ItemDataRole.DecorationRole) is not None


def band_button(page: SchedulesPage, name: str) -> QPushButton:
    return next(each for each in form_of(page).band.buttons if each.text() == name)


def press(qtbot: QtBot, page: SchedulesPage, key: Qt.Key, modifier: Qt.KeyboardModifier = CONTROL) -> None:
    # Where a menu or a dialog was just closed, the window is on its way to the front again.
    page.window().activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is page.window(), timeout=PATIENCE_MS)
    QTest.keyClick(QApplication.focusWidget() or page, key, modifier)


def click_line(menu: QMenu, text: str) -> None:
    action = next(each for each in menu.actions() if each.text().replace("&", "") == text)
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())


def wait_for_undo(qtbot: QtBot, page: SchedulesPage, text: str) -> None:
    """Wait until that can be undone, which is told a moment after the list has changed."""
    qtbot.waitUntil(lambda: page.undo_actions.undo.text() == f"Undo {text}", timeout=PATIENCE_MS)


def is_paused(page: SchedulesPage, name: str) -> bool:
    outlook = page.desk.workspace.catalog.schedule(name).outlook
    assert outlook is not None
    return outlook.pause is not None


def test_a_schedule_is_paused_by_the_mouse_and_resumed_from_the_band(
    qtbot: QtBot, page: SchedulesPage, clock: FakeClock
) -> None:
    band = form_of(page).band
    assert not band.isVisible()
    QTest.mouseClick(page.pausing.button, LEFT)
    qtbot.waitUntil(page.pausing.menu.isVisible, timeout=PATIENCE_MS)
    click_line(page.pausing.menu, "Pause for 1 hour")
    end = clock_text(clock.now() + HOUR)
    wait_for_next(qtbot, page, "backup", f"paused until {end}")
    wait_for_cell(qtbot, page, f"paused until {end}")
    assert has_icon(page, "backup")
    assert not has_icon(page, "tidy")
    wait_for_undo(qtbot, page, "pausing “backup”")
    assert page.undo_bar.text == f"Paused “backup” until {end}."
    assert band.text == f"Paused until {end} by you, since {clock_text(clock.now())}."
    tip = str(page.table.data(cell(page, "backup", 1), Qt.ItemDataRole.ToolTipRole))
    assert tip.endswith(f"Then it runs at {clock_text(NINE)}.")
    QTest.mouseClick(band_button(page, "Resume"), LEFT)
    wait_for_next(qtbot, page, "backup", clock_text(NINE))
    qtbot.waitUntil(band.isHidden, timeout=PATIENCE_MS)
    wait_for_undo(qtbot, page, "resuming “backup”")
    assert page.undo_bar.text == "Resumed “backup”."
    QTest.mouseClick(page.undo_bar.undo_button, LEFT)
    wait_for_next(qtbot, page, "backup", f"paused until {end}")


def test_a_pause_is_made_and_undone_and_made_again_by_keys(qtbot: QtBot, page: SchedulesPage) -> None:
    press(qtbot, page, Qt.Key.Key_P)
    qtbot.waitUntil(page.pausing.menu.isVisible, timeout=PATIENCE_MS)
    QTest.keyClick(page.pausing.menu, Qt.Key.Key_T)
    wait_for_next(qtbot, page, "backup", f"paused until Wed {clock_text(NINE - HOUR)}")
    wait_for_undo(qtbot, page, "pausing “backup”")
    press(qtbot, page, Qt.Key.Key_Z)
    wait_for_next(qtbot, page, "backup", clock_text(NINE))
    qtbot.waitUntil(page.undo_actions.redo.isEnabled, timeout=PATIENCE_MS)
    press(qtbot, page, Qt.Key.Key_Z, CONTROL | SHIFT)
    wait_for_next(qtbot, page, "backup", f"paused until Wed {clock_text(NINE - HOUR)}")
    press(qtbot, page, Qt.Key.Key_P, CONTROL | SHIFT)
    wait_for_next(qtbot, page, "backup", clock_text(NINE))


def test_several_are_paused_together_and_stay_chosen(qtbot: QtBot, page: SchedulesPage) -> None:
    page.list.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    press(qtbot, page, Qt.Key.Key_A)
    page.pausing.choices.resumed.trigger()
    wait_for_undo(qtbot, page, "pausing 3 things")
    assert all(is_paused(page, name) for name in ("backup", "tidy", "by hand"))
    wait_for_next(qtbot, page, "tidy", "paused")
    assert len(page.list.chosen) == 3
    qtbot.waitUntil(page.pausing.resume.isEnabled, timeout=PATIENCE_MS)
    press(qtbot, page, Qt.Key.Key_P, CONTROL | SHIFT)
    wait_for_next(qtbot, page, "tidy", clock_text(NINE))
    assert not is_paused(page, "by hand")


def test_a_date_and_time_are_chosen_for_the_end(qtbot: QtBot, page: SchedulesPage, clock: FakeClock) -> None:
    page.pausing.choices.at.trigger()
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), PauseDialog), timeout=PATIENCE_MS)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, PauseDialog)
    QTest.mouseClick(dialog.pause_button, LEFT)
    wait_for_next(qtbot, page, "backup", f"paused until {clock_text(clock.now() + 2 * HOUR)}")


def test_the_next_run_is_skipped_and_runs_after_all(qtbot: QtBot, page: SchedulesPage) -> None:
    nine, band = clock_text(NINE), form_of(page).band
    assert page.pausing.skip.text() == f"&Skip the next run: {nine}"
    press(qtbot, page, Qt.Key.Key_J)
    wait_for_next(qtbot, page, "backup", f"Wed {nine}")
    assert has_icon(page, "backup")
    wait_for_cell(qtbot, page, f"skips {nine}, next Wed {nine}")
    assert band.text == f"The run of {nine} is skipped."
    wait_for_undo(qtbot, page, f"skipping “backup” at {nine}")
    assert page.undo_bar.text == f"The run of “backup” at {nine} will be skipped."
    assert page.pausing.unskip.text() == f"Run &after all: {nine}"
    QTest.mouseClick(band_button(page, "Run it after all"), LEFT)
    wait_for_next(qtbot, page, "backup", nine)
    qtbot.waitUntil(band.isHidden, timeout=PATIENCE_MS)
    wait_for_undo(qtbot, page, f"running “backup” at {nine} after all")
    press(qtbot, page, Qt.Key.Key_Z)
    wait_for_next(qtbot, page, "backup", f"Wed {nine}")
    press(qtbot, page, Qt.Key.Key_J, CONTROL | SHIFT)
    wait_for_next(qtbot, page, "backup", nine)


def test_what_is_skipped_does_not_run_and_the_list_goes_on(qtbot: QtBot, page: SchedulesPage, clock: FakeClock) -> None:
    press(qtbot, page, Qt.Key.Key_J)
    wait_for_next(qtbot, page, "backup", f"Wed {clock_text(NINE)}")
    clock.advance(NINE - clock.now() + timedelta(seconds=1))
    page.desk.workspace.changes.publish(Changes(due_times=True))  # the agent's own sleep does not follow this clock
    wait_for_cell(qtbot, page, "Skipped")
    qtbot.waitUntil(form_of(page).band.isHidden, timeout=PATIENCE_MS)
    assert not has_icon(page, "backup")
    done = RunFilter(states=[JobState.COMPLETED])
    qtbot.waitUntil(lambda: bool(page.desk.workspace.runs.page(done)), timeout=PATIENCE_MS)
    assert [run.schedule for run in page.desk.workspace.runs.page(done)] == ["tidy"]


def test_of_several_the_runs_that_come_are_skipped(qtbot: QtBot, page: SchedulesPage) -> None:
    nine = clock_text(NINE)
    press(qtbot, page, Qt.Key.Key_A)
    assert page.pausing.skip.text() == "&Skip the next run of each"
    press(qtbot, page, Qt.Key.Key_J)
    wait_for_undo(qtbot, page, "skipping 2 runs")
    for name in ("backup", "tidy"):
        wait_for_next(qtbot, page, name, f"Wed {nine}")
    wait_for_next(qtbot, page, "by hand", "only by hand")
    assert page.undo_bar.text == "The next runs of 2 schedules will be skipped."
    press(qtbot, page, Qt.Key.Key_J, CONTROL | SHIFT)
    for name in ("backup", "tidy"):
        wait_for_next(qtbot, page, name, nine)


def test_only_what_makes_sense_is_offered(qtbot: QtBot, page: SchedulesPage) -> None:
    pausing = page.pausing
    assert (pausing.skip.isEnabled(), pausing.unskip.isEnabled(), pausing.resume.isEnabled()) == (True, False, False)
    press(qtbot, page, Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier)
    qtbot.waitUntil(lambda: not pausing.skip.isEnabled(), timeout=PATIENCE_MS)  # it is never due by itself
    assert pausing.button.isEnabled()
    page.list.view.clearSelection()
    assert not pausing.button.isEnabled()


def test_while_everything_is_paused_nothing_is_promised(qtbot: QtBot, page: SchedulesPage) -> None:
    queue, band = page.desk.workspace.queue, form_of(page).band
    queue.pause(origin="the command line").result()
    wait_for_next(qtbot, page, "tidy", "paused")
    wait_for_cell(qtbot, page, "paused")
    assert "All schedules are paused by the command line, since" in band.text
    queue.pause(PauseScope.schedule(1), origin="the command line").result()
    qtbot.waitUntil(lambda: len(band.buttons) == 2, timeout=PATIENCE_MS)
    QTest.mouseClick(band_button(page, "Resume all"), LEFT)
    wait_for_next(qtbot, page, "tidy", clock_text(NINE))
    wait_for_next(qtbot, page, "backup", "paused")


def test_a_paused_schedule_still_runs_by_hand(qtbot: QtBot, page: SchedulesPage) -> None:
    page.pausing.choices.resumed.trigger()
    wait_for_cell(qtbot, page, "paused")
    grid = form_of(page).grid
    grid.view.setFocus()
    QTest.keyClick(grid.view, Qt.Key.Key_R, CONTROL)
    wait_for_cell(qtbot, page, "Succeeded")
    wait_for_cell(qtbot, page, "paused")
    run = newest(page.desk.workspace)
    assert run is not None
    assert run.schedule == "backup"


def test_what_is_marked_in_the_form_stays_marked_when_a_time_passes(
    qtbot: QtBot, page: SchedulesPage, clock: FakeClock
) -> None:
    name = form_of(page).name
    name.setFocus()
    name.setSelection(1, 3)
    clock.advance(NINE - clock.now() + timedelta(seconds=1))
    page.desk.workspace.changes.publish(Changes(due_times=True))  # the agent's own sleep does not follow this clock
    wait_for_next(qtbot, page, "backup", f"Wed {clock_text(NINE)}")
    wait_for_cell(qtbot, page, "Succeeded")
    assert name.selectedText() == "ack"
    assert form_of(page).record == page.table.record(1)


def test_a_pause_that_is_over_is_over_on_the_page(qtbot: QtBot, page: SchedulesPage, clock: FakeClock) -> None:
    end = clock.now() + timedelta(milliseconds=300)
    page.desk.workspace.queue.pause(PauseScope.schedule(1), until=end, origin="the test").result()
    wait_for_next(qtbot, page, "backup", f"paused until {clock_text(end)}")
    clock.advance(timedelta(seconds=1))
    wait_for_next(qtbot, page, "backup", clock_text(NINE))
    qtbot.waitUntil(form_of(page).band.isHidden, timeout=PATIENCE_MS)


def write(field: QWidget, text: str) -> None:
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(field, text)


def test_a_jitter_says_by_how_much_this_schedule_starts_later(qtbot: QtBot, page: SchedulesPage) -> None:
    form = form_of(page)
    write(form.jitter, "soon")
    qtbot.waitUntil(lambda: bool(form.rows["jitter"].problem), timeout=PATIENCE_MS)
    write(form.jitter, "2h")
    offset = jitter_offset(1, 2 * HOUR)
    hint = f"always by the same amount for this schedule; here: {describe_duration(offset)}."
    qtbot.waitUntil(lambda: hint in form.jitter.accessibleDescription(), timeout=PATIENCE_MS)
    press(qtbot, page, Qt.Key.Key_S)
    wait_for_next(qtbot, page, "backup", clock_text(NINE + offset))
    assert page.desk.workspace.catalog.schedule("backup").spec.jitter == 2 * HOUR
    write(form.jitter, "25h")
    qtbot.waitUntil(lambda: bool(form.rows["jitter"].problem), timeout=PATIENCE_MS)
    press(qtbot, page, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    assert form.jitter.text() == "2h"


def test_a_pause_that_changes_nothing_offers_no_undo(qtbot: QtBot, page: SchedulesPage) -> None:
    workspace = page.desk.workspace
    workspace.queue.pause(PauseScope.schedule(1), origin="the command line").result()
    wait_for_next(qtbot, page, "backup", "paused")
    page.desk.editing.delete(page, Kind.SCHEDULE, [workspace.catalog.schedule("tidy").id])
    wait_for_undo(qtbot, page, "deleting “tidy”")
    page.pausing.choices.resumed.trigger()
    qtbot.waitUntil(page.panel.notice.isVisible, timeout=PATIENCE_MS)
    assert page.panel.notice_text == "That is how “backup” was paused already."
    assert not page.undo_bar.isVisible()


def test_an_undo_of_pausing_all_leaves_the_page_open(qtbot: QtBot, session: Session, page: SchedulesPage) -> None:
    window, editing = session.window, page.desk.editing
    window.open_page(list(window.pages).index("overview"))
    window.actions_.pause_wanted.emit(None)
    qtbot.waitUntil(lambda: bool(editing.undo_text), timeout=PATIENCE_MS)
    overview = window.page("overview")
    overview.focus_first()
    QTest.keyClick(QApplication.focusWidget() or overview, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: bool(editing.redo_text), timeout=PATIENCE_MS)
    assert window.current_name == "overview"
    QTest.keyClick(QApplication.focusWidget() or overview, Qt.Key.Key_Z, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: editing.undo_text == "Undo pausing all schedules", timeout=PATIENCE_MS)
    assert window.current_name == "overview"
