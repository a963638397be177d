"""What will run, and trying it, on the page of the commands: by keyboard and mouse in the real window."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.catalog.specs import EnvironmentSpec
from core.workspace import Workspace
from desktop.forms.command_marks import MarkKind
from tests.desktop.pages.conftest import OpenSession
from tests.support.commands_page import (
    CONTROL,
    LEFT,
    form_of,
    open_page,
    output_of,
    save,
    saved,
    session_of,
    wait_for_preview,
    wait_for_trial,
    with_environments,
    write,
)
from tests.support.window import PATIENCE_MS, add_command

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell"),
    pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints"),
]


def test_the_preview_is_of_the_environment_where_its_schedule_runs_it(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, with_environments)
    form = form_of(page)
    qtbot.waitUntil(lambda: form.bench.environment.currentText() == "beta", timeout=PATIENCE_MS)
    wait_for_preview(qtbot, page, "echo 'beta'")
    form.bench.environment.setFocus()
    QTest.keyClicks(form.bench.environment, "alp")
    wait_for_preview(qtbot, page, "echo 'it'\\''s alpha'")
    assert not form.is_dirty


def test_a_secret_is_shown_by_its_name(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, with_environments)
    write(form_of(page).run, "login {{ TOKEN }} {{ schedule.name }}")
    wait_for_preview(qtbot, page, "login \"$TOKEN\" 'daily'")
    assert "with the secrets TOKEN" in form_of(page).bench.preview.sentence
    marks = [mark.kind for mark in form_of(page).run.marks]
    assert MarkKind.SECRET in marks


def test_a_fault_is_told_by_line_and_column_and_the_cursor_goes_there(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, with_environments)
    form = form_of(page)
    write(form.run, "echo one\necho {{ GREETINGS }}")
    preview = form.bench.preview
    qtbot.waitUntil(preview.show_place.isVisible, timeout=PATIENCE_MS)
    assert preview.sentence.startswith("Line 2, column 9: Unknown variable GREETINGS. Did you mean “GREETING”?")
    assert preview.view.toPlainText() == ""
    QTest.mouseClick(preview.show_place, LEFT)
    cursor = form.run.textCursor()
    assert (cursor.blockNumber(), cursor.positionInBlock()) == (1, 8)
    assert form.run.hasFocus()


def test_without_an_environment_one_is_to_be_chosen(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, with_environments)
    form = form_of(page)
    qtbot.waitUntil(lambda: form.bench.environment.currentText() == "beta", timeout=PATIENCE_MS)
    wait_for_preview(qtbot, page, "echo 'beta'")
    form.bench.environment.setCurrentIndex(0)
    sentence = "Line 1, column 9: GREETING has no value without an environment. Choose one that has it."
    qtbot.waitUntil(lambda: form.bench.preview.sentence == sentence, timeout=PATIENCE_MS)


def test_a_variable_that_no_environment_has_is_a_warning_and_can_be_saved(
    qtbot: QtBot, open_window: OpenSession
) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "old", "true"))
    form = form_of(page)
    write(form.run, "echo {{ LATER }}")
    qtbot.waitUntil(lambda: "which no environment has" in form.run.accessibleDescription(), timeout=PATIENCE_MS)
    assert form.rows["run"].problem == ""
    assert save(qtbot, page).run == "echo {{ LATER }}"


def test_the_preview_follows_a_change_of_the_environment_elsewhere(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, with_environments)
    wait_for_preview(qtbot, page, "echo 'beta'")
    catalog = page.desk.workspace.catalog
    beta = catalog.environment("beta")
    catalog.change(beta.id, EnvironmentSpec(name="beta", variables={"GREETING": "changed"}))
    wait_for_preview(qtbot, page, "echo 'changed'")


def test_a_folder_that_is_not_there_is_told_by_the_preview(
    qtbot: QtBot, open_window: OpenSession, tmp_path: Path
) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "old", "true"))
    write(form_of(page).folder, str(tmp_path / "nowhere"))
    preview = form_of(page).bench.preview
    qtbot.waitUntil(lambda: "does not exist" in preview.sentence, timeout=PATIENCE_MS)
    assert not preview.show_place.isVisible()


def test_a_trial_runs_what_is_written_and_leaves_no_trace(
    qtbot: QtBot, open_window: OpenSession, tmp_path: Path
) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "old", "true"))
    form = form_of(page)
    gate = tmp_path / "gate"
    write(form.run, f"echo begin; until [ -e '{gate}' ]; do sleep 0.02; done; echo end >&2; exit 3")
    QTest.keyClick(form.run, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: output_of(page) == ["begin"], timeout=PATIENCE_MS)
    assert "Trying “old” …" in form.bench.trial.sentence
    assert not form.bench.try_button.isEnabled()
    gate.touch()
    wait_for_trial(qtbot, page, "“old” failed with exit code 3, after")
    qtbot.waitUntil(lambda: output_of(page) == ["begin", "end"], timeout=PATIENCE_MS)
    qtbot.waitUntil(form.bench.try_button.isEnabled, timeout=PATIENCE_MS)
    assert saved(page)[0].run == "true"
    assert form.is_dirty
    assert page.desk.workspace.runs.page(limit=1) == []


def test_a_trial_is_stopped_by_its_button(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "endless", "sleep 600"))
    bench = form_of(page).bench
    qtbot.waitUntil(bench.try_button.isEnabled, timeout=PATIENCE_MS)
    QTest.mouseClick(bench.try_button, LEFT)
    wait_for_trial(qtbot, page, "Trying “endless” …")
    qtbot.waitUntil(bench.stop_button.isVisible, timeout=PATIENCE_MS)
    QTest.mouseClick(bench.stop_button, LEFT)
    wait_for_trial(qtbot, page, "cancelled by the user")
    assert not bench.stop_button.isVisible()


def test_a_trial_keeps_to_the_time_limit(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "slow", "sleep 600"))
    write(form_of(page).timeout, "50ms")
    QTest.keyClick(form_of(page).timeout, Qt.Key.Key_Return, CONTROL)
    wait_for_trial(qtbot, page, "“slow” stopped at its time limit of 50 ms")


def test_a_trial_that_can_not_start_says_why(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, with_environments)
    write(form_of(page).run, "login {{ TOKEN }}")
    wait_for_preview(qtbot, page, 'login "$TOKEN"')
    QTest.mouseClick(form_of(page).bench.try_button, LEFT)
    wait_for_trial(qtbot, page, "Could not start: The secret TOKEN of environment “beta” has no value.")
    assert form_of(page).bench.try_button.isEnabled()


def test_an_interactive_command_is_answered_in_its_trial(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(
        qtbot,
        open_window,
        lambda workspace: add_command(workspace, "ask", "read a; echo got $a; cat", interactive=True),
    )
    trial = form_of(page).bench.trial
    qtbot.waitUntil(form_of(page).bench.try_button.isEnabled, timeout=PATIENCE_MS)
    QTest.mouseClick(form_of(page).bench.try_button, LEFT)
    qtbot.waitUntil(trial.input.isVisible, timeout=PATIENCE_MS)
    QTest.keyClicks(trial.input.line, "it")
    QTest.keyClick(trial.input.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: output_of(page) == ["got it"], timeout=PATIENCE_MS)
    trial.input.line.setFocus()
    QTest.keyClick(trial.input.line, Qt.Key.Key_D, CONTROL)
    wait_for_trial(qtbot, page, "“ask” succeeded")
    qtbot.waitUntil(lambda: output_of(page) == ["got it"], timeout=PATIENCE_MS)
    assert not trial.input.isVisible()
    assert len(saved(page)) == 1, "Ctrl+D duplicates the command elsewhere on the page"


def test_a_running_trial_stays_when_another_command_is_chosen_and_an_ended_one_goes(
    qtbot: QtBot, open_window: OpenSession
) -> None:
    def before(workspace: Workspace) -> None:
        add_command(workspace, "first", "sleep 600")
        add_command(workspace, "second", "echo second")

    page = open_page(qtbot, open_window, before)
    bench = form_of(page).bench
    qtbot.waitUntil(bench.try_button.isEnabled, timeout=PATIENCE_MS)
    QTest.mouseClick(bench.try_button, LEFT)
    wait_for_trial(qtbot, page, "Trying “first” …")
    page.list.view.setFocus()
    QTest.keyClick(page.list.view, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: form_of(page).name.value() == "second", timeout=PATIENCE_MS)
    assert "Trying “first” …" in bench.trial.sentence
    assert not bench.try_button.isEnabled()
    QTest.keyClick(page.window(), Qt.Key.Key_Period, CONTROL)
    wait_for_trial(qtbot, page, "“first” cancelled")
    QTest.keyClick(page.list.view, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: form_of(page).name.value() == "first", timeout=PATIENCE_MS)
    assert bench.tabs.currentWidget() is bench.preview
    assert "Nothing is saved or kept" in bench.trial.sentence


def test_the_window_is_left_while_a_trial_runs(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "endless", "sleep 600"))
    bench = form_of(page).bench
    qtbot.waitUntil(bench.try_button.isEnabled, timeout=PATIENCE_MS)
    QTest.mouseClick(bench.try_button, LEFT)
    wait_for_trial(qtbot, page, "Trying “endless” …")
    session = session_of(page)
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        page.window().close()
    assert not page.window().isVisible()
