"""The page of the runs: real commands run while the window shows them."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QPushButton
from pytestqt.qtbot import QtBot

from core.catalog.specs import Kind
from core.history.runs import Run
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from desktop.application import Session
from desktop.models.run_rows import Column
from desktop.pages.commands import CommandsPage
from desktop.pages.run_dialog import RunDialog
from desktop.pages.runs import RunsPage
from tests.desktop.pages.conftest import OpenSession
from tests.support.jobs import write_history
from tests.support.window import PATIENCE_MS, add_command, newest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell")

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def runs_page(session: Session) -> RunsPage:
    page = session.window.page("runs")
    assert isinstance(page, RunsPage)
    return page


def workspace_of(session: Session) -> Workspace:
    return runs_page(session).desk.workspace


def run(session: Session, command_id: int) -> int:
    return workspace_of(session).queue.run(command_id, None, origin=Origin.MANUAL).result().job_id


def cell(page: RunsPage, row: int, column: Column) -> str:
    return str(page.table.data(page.table.index(row, column)))


def button(page: RunsPage, text: str) -> QPushButton:
    return next(each for each in page.actions_.buttons if each.accessibleName() == text)


def wait_for_state(qtbot: QtBot, page: RunsPage, word: str, row: int = 0) -> None:
    qtbot.waitUntil(lambda: page.table.rowCount() > row and cell(page, row, Column.STATE) == word, timeout=PATIENCE_MS)


def wait_for_run(qtbot: QtBot, session: Session, job_id: int, state: JobState) -> Run:
    found: list[Run] = []

    def is_there() -> bool:
        found[:] = [workspace_of(session).runs.get(job_id)]
        return found[0].state is state

    qtbot.waitUntil(is_there, timeout=PATIENCE_MS)
    return found[0]


def open_dialog(qtbot: QtBot, page: RunsPage) -> RunDialog:
    button(page, "Run now…").setFocus()
    QTest.mouseClick(button(page, "Run now…"), LEFT)
    qtbot.waitUntil(lambda: bool(page.findChildren(QDialog)), timeout=PATIENCE_MS)
    dialog = page.findChildren(QDialog)[0]
    assert isinstance(dialog, RunDialog)
    return dialog


def test_a_new_folder_says_what_to_do_first_and_a_click_does_it(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    page = runs_page(session)
    qtbot.waitUntil(lambda: page.lists.currentWidget() is page.empty, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: page.empty.title == "Nothing has run yet", timeout=PATIENCE_MS)
    assert page.empty.sample_button.isVisible()
    QTest.mouseClick(page.empty.command_button, LEFT)
    commands = session.window.page("commands")
    assert isinstance(commands, CommandsPage)
    qtbot.waitUntil(lambda: commands.isVisible() and commands.panel.is_open, timeout=PATIENCE_MS)
    assert commands.form.record is None
    session.window.open_page(list(session.window.pages).index("runs"))
    assert not button(page, "Run now…").isEnabled()
    QTest.mouseClick(page.empty.sample_button, LEFT)
    qtbot.waitUntil(button(page, "Run now…").isEnabled, timeout=PATIENCE_MS)
    assert not page.empty.sample_button.isVisible()
    assert page.empty.run_button.hasFocus()
    assert "disk space" in {record.spec.name for record in workspace_of(session).catalog.commands()}


def test_a_run_appears_with_its_output_and_its_end(qtbot: QtBot, open_window: OpenSession) -> None:
    ids: list[int] = []
    text = "echo hello; echo oops >&2; exit 3"
    session = open_window(lambda workspace: ids.append(add_command(workspace, "greet", text)))
    page = runs_page(session)
    run(session, ids[0])
    wait_for_state(qtbot, page, "Failed")
    assert cell(page, 0, Column.COMMAND) == "greet"
    assert cell(page, 0, Column.RESULT) == "exit code 3"
    assert cell(page, 0, Column.ORIGIN) == "by hand"
    qtbot.waitUntil(lambda: "failed · exit code 3" in page.detail.title, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: page.detail.output.view.visible_text() == ["hello", "oops"], timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: page.detail.events.topLevelItemCount() == 3, timeout=PATIENCE_MS)
    items = [page.detail.events.topLevelItem(number) for number in range(3)]
    assert [item.text(1) for item in items if item] == ["Queued", "Started", "Failed"]
    assert page.detail.command.toPlainText().startswith("echo hello; echo oops >&2; exit 3\n")


def test_output_streams_while_the_command_runs(qtbot: QtBot, open_window: OpenSession, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    ids: list[int] = []
    text = f'echo first; while [ ! -e "{gate}" ]; do sleep 0.02; done; echo second'
    session = open_window(lambda workspace: ids.append(add_command(workspace, "slow", text)))
    page = runs_page(session)
    run(session, ids[0])
    qtbot.waitUntil(lambda: page.detail.output.view.visible_text() == ["first"], timeout=PATIENCE_MS)
    assert cell(page, 0, Column.STATE) == "Running"
    assert page.detail.output.follow.isChecked()
    gate.touch()
    qtbot.waitUntil(lambda: page.detail.output.view.visible_text() == ["first", "second"], timeout=PATIENCE_MS)
    wait_for_state(qtbot, page, "Succeeded")
    qtbot.waitUntil(lambda: not page.detail.output.follow.isVisible(), timeout=PATIENCE_MS)
    assert page.detail.output.view.visible_text() == ["first", "second"]


def test_the_output_of_an_earlier_attempt_can_be_looked_at(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        text = "echo this is attempt {{ job.attempt }}; test {{ job.attempt }} = 2"
        again = timedelta(milliseconds=10)
        ids.append(add_command(workspace, "twice", text, max_attempts=2, backoff_base=again, backoff_cap=again))

    ids: list[int] = []
    session = open_window(before)
    page = runs_page(session)
    run(session, ids[0])
    wait_for_state(qtbot, page, "Succeeded")
    output = page.detail.output
    qtbot.waitUntil(lambda: output.view.visible_text() == ["this is attempt 2"], timeout=PATIENCE_MS)
    assert output.saving.title == "twice-run 1"
    output.attempts.setFocus()
    QTest.keyClick(output.attempts, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: output.view.visible_text() == ["this is attempt 1"], timeout=PATIENCE_MS)
    assert output.saving.title == "twice-run 1, attempt 1"
    QTest.keyClick(output.attempts, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: output.view.visible_text() == ["this is attempt 2"], timeout=PATIENCE_MS)


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_an_earlier_attempt_can_be_looked_at_while_the_next_one_runs(
    qtbot: QtBot, open_window: OpenSession, tmp_path: Path
) -> None:
    def before(workspace: Workspace) -> None:
        text = f'echo attempt {{{{ job.attempt }}}}; test {{{{ job.attempt }}}} = 2 && cat "{tmp_path}/gate"'
        again = timedelta(milliseconds=10)
        ids.append(add_command(workspace, "twice", text, max_attempts=2, backoff_base=again, backoff_cap=again))

    ids: list[int] = []
    os.mkfifo(tmp_path / "gate")
    session = open_window(before)
    page = runs_page(session)
    run(session, ids[0])
    output = page.detail.output
    qtbot.waitUntil(lambda: output.view.visible_text() == ["attempt 2"], timeout=PATIENCE_MS)
    assert output.follow.isVisible()
    output.attempts.setFocus()
    QTest.keyClick(output.attempts, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: output.view.visible_text() == ["attempt 1"], timeout=PATIENCE_MS)
    assert not output.follow.isVisible()
    assert cell(page, 0, Column.STATE) == "Running"
    (tmp_path / "gate").write_text("end\n")
    wait_for_state(qtbot, page, "Succeeded")
    assert output.view.visible_text() == ["attempt 1"]


@pytest.mark.qt_log_ignore("This plugin does not support")  # what the list of proposals asks of the offscreen platform
def test_a_command_is_run_by_the_dialog(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        add_command(workspace, "one", "echo 1")
        add_command(workspace, "two", "echo 2")

    session = open_window(before)
    page = runs_page(session)
    qtbot.waitUntil(button(page, "Run now…").isEnabled, timeout=PATIENCE_MS)
    dialog = open_dialog(qtbot, page)
    dialog.command.setFocus()
    QTest.keyClick(dialog.command, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(dialog.command, "two")
    QTest.keyClick(dialog.command, Qt.Key.Key_Tab)
    QTest.mouseClick(dialog.run_button, LEFT)
    wait_for_state(qtbot, page, "Succeeded")
    assert cell(page, 0, Column.COMMAND) == "two"


def test_a_run_in_ten_minutes_waits_and_can_be_cancelled(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: add_command(workspace, "later", "echo later"))
    page = runs_page(session)
    qtbot.waitUntil(button(page, "Run now…").isEnabled, timeout=PATIENCE_MS)
    dialog = open_dialog(qtbot, page)
    QTest.keyClicks(dialog.delay, "10 minutes")
    assert not dialog.run_button.isEnabled()
    assert "is not a duration" in dialog.problem
    dialog.delay.clear()
    QTest.keyClicks(dialog.delay, "10m")
    assert dialog.problem == ""
    QTest.keyClick(dialog.delay, Qt.Key.Key_Return)
    wait_for_state(qtbot, page, "Scheduled")
    qtbot.waitUntil(button(page, "Cancel").isEnabled, timeout=PATIENCE_MS)
    assert not button(page, "Retry").isEnabled()
    QTest.mouseClick(button(page, "Cancel"), LEFT)
    wait_for_state(qtbot, page, "Cancelled")
    assert cell(page, 0, Column.RESULT) == "by the user"


def test_a_running_command_is_cancelled_by_its_keys(qtbot: QtBot, open_window: OpenSession) -> None:
    ids: list[int] = []
    session = open_window(lambda workspace: ids.append(add_command(workspace, "endless", "sleep 600")))
    page = runs_page(session)
    job_id = run(session, ids[0])
    wait_for_state(qtbot, page, "Running")
    qtbot.waitUntil(button(page, "Cancel").isEnabled, timeout=PATIENCE_MS)
    QTest.keyClick(session.window, Qt.Key.Key_Period, CONTROL)
    assert wait_for_run(qtbot, session, job_id, JobState.CANCELLED).reason == "by the user"


def test_retry_repeats_the_chosen_run_and_shows_the_new_one(qtbot: QtBot, open_window: OpenSession) -> None:
    ids: list[int] = []
    session = open_window(lambda workspace: ids.append(add_command(workspace, "fail", "exit 1")))
    page = runs_page(session)
    first = run(session, ids[0])
    wait_for_state(qtbot, page, "Failed")
    qtbot.waitUntil(button(page, "Retry").isEnabled, timeout=PATIENCE_MS)
    QTest.keyClick(session.window, Qt.Key.Key_R, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: page.table.rowCount() == 2, timeout=PATIENCE_MS)
    wait_for_state(qtbot, page, "Failed")
    assert cell(page, 0, Column.ORIGIN) == f"repeats run {first}"
    qtbot.waitUntil(lambda: page.view.currentIndex().row() == 0, timeout=PATIENCE_MS)


def test_the_command_of_a_run_is_copied(qtbot: QtBot, open_window: OpenSession) -> None:
    ids: list[int] = []
    session = open_window(lambda workspace: ids.append(add_command(workspace, "say", "echo 'it is' {{ job.id }}")))
    page = runs_page(session)
    run(session, ids[0])
    qtbot.waitUntil(page.actions_.copy.isEnabled, timeout=PATIENCE_MS)
    QTest.keyClick(session.window, Qt.Key.Key_C, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == "echo 'it is' '1'", timeout=PATIENCE_MS)


def test_the_chosen_run_stays_chosen_when_new_ones_come(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: write_history(workspace, 500))
    page = runs_page(session)
    qtbot.waitUntil(lambda: page.table.rowCount() == 500, timeout=PATIENCE_MS)
    row = 3
    place = page.view.visualRect(page.table.index(row, Column.COMMAND)).center()
    QTest.mouseClick(page.view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)
    chosen = page.table.run_at(row)
    write_history(workspace_of(session), 2)
    qtbot.waitUntil(lambda: page.table.rowCount() == 502, timeout=PATIENCE_MS)
    assert page.view.currentIndex().row() == row + 2
    assert page.table.run_at(row + 2) == chosen


def test_the_filter_narrows_while_typing_and_says_when_nothing_is_left(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        write_history(workspace, 300, lambda number: {"command_name": "goat"} if number % 10 == 0 else {})

    session = open_window(before)
    page = runs_page(session)
    qtbot.waitUntil(lambda: page.table.rowCount() == 300, timeout=PATIENCE_MS)
    QTest.keyClick(session.window, Qt.Key.Key_L, CONTROL)
    assert page.filter.text.hasFocus()
    QTest.keyClicks(page.filter.text, "goa")
    qtbot.waitUntil(lambda: page.table.rowCount() == 30, timeout=PATIENCE_MS)
    QTest.keyClicks(page.filter.text, "zzz")
    qtbot.waitUntil(lambda: page.lists.currentWidget() is page.no_match, timeout=PATIENCE_MS)
    QTest.mouseClick(page.clear_button, LEFT)
    qtbot.waitUntil(lambda: page.table.rowCount() == 300, timeout=PATIENCE_MS)
    assert page.lists.currentWidget() is page.view


def test_the_filter_by_state_keeps_the_chosen_run_where_it_passes(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        failed = {"state": JobState.DISCARDED, "outcome": "failed", "exit_code": 1}
        write_history(workspace, 100, lambda number: failed if number % 10 == 0 else {})

    session = open_window(before)
    page = runs_page(session)
    qtbot.waitUntil(lambda: page.table.rowCount() == 100, timeout=PATIENCE_MS)
    page.choose(71)
    page.filter.states.setCurrentIndex(page.filter.states.findText("Failed"))
    qtbot.waitUntil(lambda: page.table.rowCount() == 10, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: page.view.currentIndex().isValid(), timeout=PATIENCE_MS)
    chosen = page.table.run_at(page.view.currentIndex().row())
    assert chosen is not None
    assert chosen.id == 71


def test_a_filter_that_hides_the_chosen_run_shows_the_first_one_that_passes(
    qtbot: QtBot, open_window: OpenSession
) -> None:
    def before(workspace: Workspace) -> None:
        failed = {"state": JobState.DISCARDED, "outcome": "failed", "exit_code": 1}
        write_history(workspace, 100, lambda number: failed if number == 20 else {})

    session = open_window(before)
    page = runs_page(session)
    qtbot.waitUntil(lambda: "run 100" in page.detail.title, timeout=PATIENCE_MS)
    page.filter.states.setCurrentIndex(page.filter.states.findText("Failed"))
    qtbot.waitUntil(lambda: "run 21" in page.detail.title, timeout=PATIENCE_MS)
    assert page.view.currentIndex().row() == 0
    assert page.actions_.retry.isEnabled()


def test_a_run_far_down_or_hidden_by_the_filter_can_be_chosen(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: write_history(workspace, 3000))
    page = runs_page(session)
    qtbot.waitUntil(lambda: page.table.rowCount() == 3000, timeout=PATIENCE_MS)
    page.choose(1000)
    qtbot.waitUntil(lambda: page.view.currentIndex().row() == 2000, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "run 1000" in page.detail.title, timeout=PATIENCE_MS)
    page.filter.states.setCurrentIndex(page.filter.states.findText("Running"))
    qtbot.waitUntil(lambda: page.lists.currentWidget() is page.no_match, timeout=PATIENCE_MS)
    page.choose(2990)
    qtbot.waitUntil(lambda: "run 2990" in page.detail.title, timeout=PATIENCE_MS)
    assert page.view.currentIndex().row() == 10
    assert page.filter.states.currentText() == "All states"


def test_enter_leads_to_the_output_and_esc_back_to_the_list(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: write_history(workspace, 30))
    page = runs_page(session)
    qtbot.waitUntil(lambda: page.view.currentIndex().isValid(), timeout=PATIENCE_MS)
    page.view.setFocus()
    QTest.keyClick(page.view, Qt.Key.Key_Down)
    assert page.view.currentIndex().row() == 1
    QTest.keyClick(page.view, Qt.Key.Key_Return)
    focused = page.window().focusWidget()
    assert focused is not None
    assert page.detail.output.isAncestorOf(focused)
    QTest.keyClick(focused, Qt.Key.Key_Escape)
    assert page.view.hasFocus()
    QTest.keyClick(session.window, Qt.Key.Key_L, CONTROL)
    QTest.keyClicks(page.filter.text, "zzz")
    QTest.keyClick(page.filter.text, Qt.Key.Key_Escape)
    assert page.filter.text.text() == ""
    assert page.filter.text.hasFocus()
    QTest.keyClick(page.filter.text, Qt.Key.Key_Escape)
    assert page.view.hasFocus()


def test_f5_reads_the_list_anew(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: write_history(workspace, 3))
    page = runs_page(session)
    qtbot.waitUntil(lambda: page.table.rowCount() == 3, timeout=PATIENCE_MS)
    with qtbot.waitSignal(page.table.rows_read, timeout=PATIENCE_MS):
        QTest.keyClick(session.window, Qt.Key.Key_F5)
    assert page.table.rowCount() == 3


def test_an_error_is_told_in_the_bar_and_copied_in_full(qtbot: QtBot, open_window: OpenSession) -> None:
    ids: list[int] = []
    session = open_window(lambda workspace: ids.append(add_command(workspace, "gone", "true")))
    page = runs_page(session)
    run(session, ids[0])
    wait_for_state(qtbot, page, "Succeeded")
    qtbot.waitUntil(button(page, "Retry").isEnabled, timeout=PATIENCE_MS)
    workspace_of(session).catalog.delete(Kind.COMMAND, ids[0])
    QTest.mouseClick(button(page, "Retry"), LEFT)
    bar = session.window.error_bar
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE_MS)
    assert bar.sentence == "Job 1 can't be repeated: its command “gone” was deleted."
    QTest.mouseClick(bar.copy_button, LEFT)
    assert "Retrying “gone”" in QGuiApplication.clipboard().text()
    QTest.keyClick(session.window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=PATIENCE_MS)


def test_a_new_run_that_the_filter_shows_leaves_the_filter_alone(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(
        lambda workspace: (add_command(workspace, "sheep", "true"), add_command(workspace, "goat", "true"))
    )
    page = runs_page(session)
    sheep, goat = (workspace_of(session).catalog.command(name).id for name in ("sheep", "goat"))
    run(session, sheep)
    wait_for_state(qtbot, page, "Succeeded")
    QTest.keyClicks(page.filter.text, "sheep")
    qtbot.waitUntil(lambda: page.table.which.text == "sheep" and page.table.rowCount() == 1, timeout=PATIENCE_MS)
    new = run(session, sheep)
    page.choose(new)
    qtbot.waitUntil(lambda: f"run {new}" in page.detail.title, timeout=PATIENCE_MS)
    assert page.filter.text.text() == "sheep"
    other = run(session, goat)
    page.choose(other)
    qtbot.waitUntil(lambda: f"run {other}" in page.detail.title, timeout=PATIENCE_MS)
    assert page.filter.is_everything
    assert page.note.text() == f"The filter was cleared: it hid run {other}"


def test_a_waiting_run_that_begins_before_it_is_listed_is_found(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: add_command(workspace, "sheep", "true"))
    page = runs_page(session)
    page.filter.states.setCurrentIndex(page.filter.states.findText("Waiting"))
    new = run(session, workspace_of(session).catalog.command("sheep").id)
    page.choose(new)
    qtbot.waitUntil(lambda: f"run {new}" in page.detail.title, timeout=PATIENCE_MS)
    assert page.filter.is_everything or page.table.row_of(new) is not None


def test_the_usual_window_shows_every_column_and_whole_states(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: add_command(workspace, "lost", "true", working_directory="/no/such/folder"))
    page = runs_page(session)
    session.window.resize(1272, 752)  # on a screen of 1280 by 800
    run(session, workspace_of(session).catalog.command("lost").id)
    wait_for_state(qtbot, page, "Could not start")
    view = page.view
    assert not [column for column in Column if view.isColumnHidden(column)]
    beside = 11 + 16 + 6 + 11  # the padding, the icon, and the gap between it and the text
    assert view.columnWidth(Column.STATE) >= beside + view.fontMetrics().horizontalAdvance("Could not start")


def test_filter_and_columns_are_remembered(qtbot: QtBot, open_window: OpenSession, tmp_path: Path) -> None:
    session = open_window(lambda workspace: write_history(workspace, 10))
    page = runs_page(session)
    QTest.keyClicks(page.filter.text, "sheep")
    page.view.setColumnWidth(Column.COMMAND, 321)
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.end("the test asks", 0.0)
    again = runs_page(open_window())
    assert again.filter.which.text == "sheep"
    assert again.view.columnWidth(Column.COMMAND) == 321
    assert (tmp_path / "data" / "window.ini").exists()


def test_long_names_do_not_make_the_window_wider(qtbot: QtBot, open_window: OpenSession) -> None:
    ids: list[int] = []
    session = open_window(lambda workspace: ids.append(add_command(workspace, "<b>" + "long " * 39 + "x", "exit 1")))
    page = runs_page(session)
    run(session, ids[0])
    wait_for_state(qtbot, page, "Failed")
    qtbot.waitUntil(lambda: "<b>long" in page.detail.title, timeout=PATIENCE_MS)
    session.window.resize(session.window.minimumSize())
    assert session.window.width() < 1000


def test_every_control_has_a_name_for_screen_readers(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    for each in session.window.findChildren(QPushButton):
        assert each.accessibleName() or each.text(), each
    assert newest(workspace_of(session)) is None


def test_a_double_click_on_a_header_does_no_harm(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: write_history(workspace, 3))
    page = runs_page(session)
    qtbot.waitUntil(lambda: page.table.rowCount() == 3, timeout=PATIENCE_MS)
    QTest.mouseDClick(page.view.horizontalHeader().viewport(), LEFT, Qt.KeyboardModifier.NoModifier, QPoint(60, 8))
    assert page.table.rowCount() == 3


def test_an_output_that_was_opened_between_the_end_and_its_record_is_opened_again(
    qtbot: QtBot, open_window: OpenSession
) -> None:
    # The process had ended and the database did not know it yet: the pane stayed at “0 B so far” for good.
    ids: list[int] = []
    session = open_window(lambda workspace: ids.append(add_command(workspace, "quick", "echo hello")))
    page = runs_page(session)
    ended = wait_for_run(qtbot, session, run(session, ids[0]), JobState.COMPLETED)
    detail = page.detail
    detail.show_run(replace(ended, state=JobState.EXECUTING))
    detail.show_output(replace(ended, state=JobState.EXECUTING))
    detail.show_output(ended)
    qtbot.waitUntil(lambda: detail.output.size_text == "6 B", timeout=PATIENCE_MS)
