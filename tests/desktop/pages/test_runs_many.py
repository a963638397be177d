"""What is done with many runs at once, and with one run elsewhere or by hand."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QSignalSpy, QTest
from pytestqt.qtbot import QtBot

from core.catalog.specs import CronSpec, EnvironmentSpec, Kind
from core.history.runs import RunFilter
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from desktop.application import Session
from desktop.models.run_pick import MOST_PICKED
from desktop.models.run_rows import Column
from desktop.pages.run_dialog import RunDialog
from desktop.pages.runs import RunsPage
from tests.desktop.pages.conftest import OpenSession
from tests.support.hands import answer, the_question
from tests.support.jobs import write_history
from tests.support.window import PATIENCE_MS, add_command, newest

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell"),
    pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints"),
]

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def runs_page(session: Session) -> RunsPage:
    page = session.window.page("runs")
    assert isinstance(page, RunsPage)
    return page


def wait_for_rows(qtbot: QtBot, page: RunsPage, count: int) -> None:
    qtbot.waitUntil(lambda: page.table.is_settled and page.table.rowCount() == count, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: page.table.run_at(0) is not None, timeout=PATIENCE_MS)


def choose_rows(page: RunsPage, first: int, last: int) -> None:
    """Click on one row, then with Shift on another one."""
    for row, modifier in ((first, Qt.KeyboardModifier.NoModifier), (last, SHIFT)):
        place = page.view.visualRect(page.table.index(row, Column.COMMAND)).center()
        QTest.mouseClick(page.view.viewport(), LEFT, modifier, place)


def states(workspace: Workspace, *wanted: JobState) -> int:
    return len(workspace.runs.page(RunFilter(states=wanted)))


def dialog_of(qtbot: QtBot, page: RunsPage) -> RunDialog:
    qtbot.waitUntil(lambda: bool(page.findChildren(RunDialog)), timeout=PATIENCE_MS)
    found = page.findChildren(RunDialog)[0]
    assert isinstance(found, RunDialog)
    return found


def some_live_some_ended(workspace: Workspace) -> None:
    command_id = add_command(workspace, "later", "true", overlap="allow")
    same = {"command_id": command_id, "command_name": "later"}
    write_history(workspace, 3, lambda _: {**same, "state": JobState.DISCARDED, "outcome": "failed", "exit_code": 1})
    far = workspace.clock.now().replace(year=2099)
    for _ in range(2):
        workspace.queue.run(command_id, None, origin=Origin.MANUAL, at=far).result()


def test_what_has_ended_among_the_chosen_is_retried_and_the_rest_is_told(
    qtbot: QtBot, open_window: OpenSession
) -> None:
    session = open_window(some_live_some_ended)
    page = runs_page(session)
    wait_for_rows(qtbot, page, 5)
    choose_rows(page, 0, 4)
    assert page.note.text() == "5 runs chosen"
    QTest.keyClick(session.window, Qt.Key.Key_R, CONTROL | SHIFT)
    box = the_question(qtbot)
    assert box.text() == "Run 3 runs again?"
    assert box.informativeText() == "“later” (3)\n\n2 of the chosen ones have not ended, and stay as they are."
    answer(box, "Run again")
    wait_for_rows(qtbot, page, 8)
    workspace = page.desk.workspace
    made = workspace.runs.page(RunFilter(origins=[Origin.RETRY]))
    assert sorted(run.retry_of or 0 for run in made) == [1, 2, 3]
    qtbot.waitUntil(lambda: states(workspace, JobState.COMPLETED) == 3, timeout=PATIENCE_MS)


def test_what_was_done_with_many_is_said(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(some_live_some_ended)
    page = runs_page(session)
    wait_for_rows(qtbot, page, 5)
    choose_rows(page, 0, 4)
    QTest.keyClick(session.window, Qt.Key.Key_Period, CONTROL)
    box = the_question(qtbot)
    assert box.text() == "Cancel 2 runs?"
    answer(box, "Cancel them")
    qtbot.waitUntil(lambda: page.undo_bar.text == "2 runs are cancelled", timeout=PATIENCE_MS)
    workspace = page.desk.workspace
    assert states(workspace, JobState.CANCELLED) == 2
    QTest.mouseClick(page.undo_bar.undo_button, LEFT)
    qtbot.waitUntil(lambda: page.undo_bar.text == "2 runs are put back", timeout=PATIENCE_MS)
    assert not page.undo_bar.undo_button.isVisible()
    # They wait again for what they waited for.
    back = workspace.runs.page(RunFilter(states=[JobState.SCHEDULED]))
    assert sorted(run.retry_of or 0 for run in back) == [4, 5]
    assert {run.scheduled_at.year for run in back} == {2099}


def test_the_key_that_the_bar_names_does_what_the_bar_offers(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(some_live_some_ended)
    page = runs_page(session)
    wait_for_rows(qtbot, page, 5)
    workspace, editing = page.desk.workspace, page.desk.editing
    editing.create(page, CronSpec(name="hourly", expression="0 * * * *"))
    qtbot.waitUntil(lambda: page.undo_actions.undo.text() == "Undo making “hourly”", timeout=PATIENCE_MS)
    choose_rows(page, 0, 4)
    QTest.keyClick(session.window, Qt.Key.Key_Period, CONTROL)
    answer(the_question(qtbot), "Cancel them")
    qtbot.waitUntil(lambda: page.undo_bar.is_offering, timeout=PATIENCE_MS)
    assert page.undo_actions.undo.text() == "Undo: 2 runs are cancelled"
    session.window.activateWindow()
    page.view.setFocus()
    QTest.keyClick(page.view, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: page.undo_bar.text == "2 runs are put back", timeout=PATIENCE_MS)
    assert [cron.spec.name for cron in workspace.catalog.crons()] == ["hourly"]
    # The bar offers nothing now, so that the key means again what was done before.
    assert page.undo_actions.undo.text() == "Undo making “hourly”"
    QTest.keyClick(page.view, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: workspace.catalog.crons() == [], timeout=PATIENCE_MS)


def test_who_leaves_the_question_leaves_the_runs(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(some_live_some_ended)
    page = runs_page(session)
    wait_for_rows(qtbot, page, 5)
    choose_rows(page, 0, 4)
    QTest.keyClick(session.window, Qt.Key.Key_Period, CONTROL)
    QTest.keyClick(the_question(qtbot), Qt.Key.Key_Escape)
    assert states(page.desk.workspace, JobState.CANCELLED) == 0
    assert page.view.chosen_count == 5


def test_where_nothing_can_be_done_with_the_chosen_ones_that_is_said(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(some_live_some_ended)
    page = runs_page(session)
    wait_for_rows(qtbot, page, 5)
    choose_rows(page, 2, 4)
    assert not page.actions_.cancel.isEnabled()
    page.errands.cancel_many(page.table.pick(page.view.spans))
    qtbot.waitUntil(lambda: page.note.text() == "All of them have ended already", timeout=PATIENCE_MS)


def test_what_is_chosen_stays_chosen_where_the_list_is_renewed(qtbot: QtBot, open_window: OpenSession) -> None:
    ids: list[int] = []

    def before(workspace: Workspace) -> None:
        ids.append(add_command(workspace, "fail", "exit 3"))
        failed = {"state": JobState.DISCARDED, "outcome": "failed", "exit_code": 1}
        write_history(workspace, 1200, lambda _: failed)

    session = open_window(before)
    page = runs_page(session)
    page.filter.states.setCurrentIndex(page.filter.states.findText("Failed"))
    wait_for_rows(qtbot, page, 1200)
    page.view.verticalScrollBar().setValue(700 * 30 + 7)
    qtbot.waitUntil(lambda: page.table.run_at(705) is not None, timeout=PATIENCE_MS)
    choose_rows(page, 702, 704)
    chosen = [run.id for run in page.view.chosen(9) if run]
    workspace = page.desk.workspace
    renewed = QSignalSpy(page.table.modelReset)
    workspace.queue.run(ids[0], None, origin=Origin.MANUAL).result()
    qtbot.waitUntil(lambda: page.table.rowCount() == 1201, timeout=PATIENCE_MS)
    assert renewed.count() > 0
    qtbot.waitUntil(lambda: [run.id for run in page.view.chosen(9) if run] == chosen, timeout=PATIENCE_MS)
    assert page.view.chosen_count == 3
    qtbot.waitUntil(lambda: page.view.currentIndex().row() == 705, timeout=PATIENCE_MS)
    # And what is read does not move away from under the eyes.
    assert page.view.verticalScrollBar().value() == 701 * 30 + 7


def test_a_run_that_leaves_the_list_is_shown_until_the_person_goes_on(qtbot: QtBot, open_window: OpenSession) -> None:
    ids: list[int] = []

    def before(workspace: Workspace) -> None:
        ids.extend(add_command(workspace, name, "sleep 600") for name in ("one", "two"))

    session = open_window(before)
    page = runs_page(session)
    page.filter.states.setCurrentIndex(page.filter.states.findText("Running"))
    workspace = page.desk.workspace
    first, _second = [workspace.queue.run(each, None, origin=Origin.MANUAL).result().job_id for each in ids]
    wait_for_rows(qtbot, page, 2)
    choose_rows(page, 1, 1)
    qtbot.waitUntil(lambda: f"run {first}" in page.detail.title, timeout=PATIENCE_MS)
    workspace.queue.cancel(first, by="a test").result()
    wait_for_rows(qtbot, page, 1)
    qtbot.waitUntil(lambda: "cancelled" in page.detail.title, timeout=PATIENCE_MS)
    assert f"run {first}" in page.detail.title
    qtbot.waitUntil(page.actions_.retry.isEnabled, timeout=PATIENCE_MS)


def test_who_has_scrolled_down_is_not_disturbed_by_new_runs(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: write_history(workspace, 300))
    page = runs_page(session)
    wait_for_rows(qtbot, page, 300)
    page.view.verticalScrollBar().setValue(50 * 30 + 11)
    write_history(page.desk.workspace, 2)
    wait_for_rows(qtbot, page, 302)
    assert page.view.verticalScrollBar().value() == 52 * 30 + 11
    page.view.verticalScrollBar().setValue(0)
    write_history(page.desk.workspace, 1)
    wait_for_rows(qtbot, page, 303)
    assert page.view.verticalScrollBar().value() == 0


def test_what_is_refused_is_told_in_the_bar_and_the_others_are_done(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        gone, here = add_command(workspace, "gone", "true"), add_command(workspace, "here", "true")
        write_history(workspace, 2, lambda n: {"command_id": (gone, here)[n], "command_name": ("gone", "here")[n]})
        workspace.catalog.delete(Kind.COMMAND, gone)

    session = open_window(before)
    page = runs_page(session)
    wait_for_rows(qtbot, page, 2)
    choose_rows(page, 0, 1)
    QTest.keyClick(session.window, Qt.Key.Key_R, CONTROL | SHIFT)
    answer(the_question(qtbot), "Run again")
    bar = session.window.error_bar
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE_MS)
    assert bar.sentence.startswith("1 run is repeated, refused: 1.")
    assert "“gone” was deleted" in bar.sentence
    wait_for_rows(qtbot, page, 3)


def test_rows_that_were_never_looked_at_are_acted_on_too(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        command_id = add_command(workspace, "much", "true")
        far = workspace.clock.now().replace(year=2099)
        write_history(
            workspace,
            1200,
            lambda _: {
                "state": JobState.SCHEDULED,
                "scheduled_at": far,
                "finished_at": None,
                "command_id": command_id,
            },
        )

    session = open_window(before)
    page = runs_page(session)
    wait_for_rows(qtbot, page, 1200)
    page.view.setFocus()
    QTest.keyClick(page.view, Qt.Key.Key_A, CONTROL)
    assert page.note.text() == "1,200 runs chosen"
    QTest.keyClick(session.window, Qt.Key.Key_Period, CONTROL)
    box = the_question(qtbot)
    assert box.text() == "Cancel 1,200 runs?"
    answer(box, "Cancel them")
    qtbot.waitUntil(lambda: page.undo_bar.text == "1,200 runs are cancelled", timeout=PATIENCE_MS)


def test_too_many_at_once_are_refused_with_a_word(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: write_history(workspace, MOST_PICKED + 1))
    page = runs_page(session)
    wait_for_rows(qtbot, page, MOST_PICKED + 1)
    whole = QItemSelection(page.table.index(0, 0), page.table.index(MOST_PICKED, len(Column) - 1))
    page.view.selectionModel().select(whole, QItemSelectionModel.SelectionFlag.ClearAndSelect)
    page.actions_.retry.trigger()
    bar = session.window.error_bar
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE_MS)
    assert "5,001 runs are chosen, and at most 5,000" in bar.sentence


def test_a_run_is_run_again_in_another_environment(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        workspace.catalog.create(EnvironmentSpec(name="office"))
        home = workspace.catalog.create(EnvironmentSpec(name="home"))
        workspace.queue.run(add_command(workspace, "say", "true"), home, origin=Origin.MANUAL).result()
        add_command(workspace, "alpha", "true")

    session = open_window(before)
    page = runs_page(session)
    wait_for_rows(qtbot, page, 1)
    QTest.keyClick(session.window, Qt.Key.Key_R, CONTROL | Qt.KeyboardModifier.AltModifier)
    dialog = dialog_of(qtbot, page)
    assert dialog.windowTitle() == "Run again as"
    assert (dialog.command.currentText(), dialog.environment.currentText()) == ("say", "home")
    dialog.environment.setCurrentIndex(dialog.environment.findText("office"))
    QTest.mouseClick(dialog.run_button, LEFT)
    wait_for_rows(qtbot, page, 2)
    made = newest(page.desk.workspace)
    assert made is not None
    assert (made.command, made.environment) == ("say", "office")


def test_run_in_begins_with_a_time_and_offers_others(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(lambda workspace: add_command(workspace, "later", "true"))
    page = runs_page(session)
    qtbot.waitUntil(page.actions_.run_in.isEnabled, timeout=PATIENCE_MS)
    page.actions_.run_in.trigger()
    dialog = dialog_of(qtbot, page)
    assert dialog.delay.text() == "10m"
    one_hour = next(each for each in dialog.delay_buttons if each.text() == "in 1h")
    QTest.mouseClick(one_hour, LEFT)
    assert dialog.delay.text() == "1h"
    QTest.mouseClick(dialog.run_button, LEFT)
    wait_for_rows(qtbot, page, 1)
    made = newest(page.desk.workspace)
    assert made is not None
    assert made.state is JobState.SCHEDULED


def test_a_run_is_copied_as_a_script_that_does_the_same(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        command_id = add_command(workspace, "say", 'echo "it is $CLOCKHAND_JOB_ID" {{ command.name }}')
        workspace.queue.run(command_id, None, origin=Origin.MANUAL).result()

    session = open_window(before)
    page = runs_page(session)
    qtbot.waitUntil(page.actions_.copy_script.isEnabled, timeout=PATIENCE_MS)
    QTest.keyClick(session.window, Qt.Key.Key_C, CONTROL | Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: page.note.text() == "The script is in the clipboard", timeout=PATIENCE_MS)
    script = QGuiApplication.clipboard().text()
    ended = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=20, check=True)
    assert ended.stdout == "it is 1 say\n"
