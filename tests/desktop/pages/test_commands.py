"""The page of the commands: written, looked at, tried, saved and run by keyboard and mouse in the real window."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, Kind, QueueSpec
from core.workspace import Workspace
from desktop.forms.command_queue import QueueDialog
from desktop.pages.commands import CommandsPage
from desktop.pages.run_dialog import RunDialog
from tests.desktop.pages.conftest import OpenSession
from tests.support.commands_page import (
    CONTROL,
    LEFT,
    NO_BUTTON,
    NO_KEY,
    SHIFT,
    form_of,
    open_page,
    save,
    saved,
    session_of,
    wait_for_preview,
    wait_for_problem,
    with_environments,
    write,
)
from tests.support.window import PATIENCE_MS, add_command

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell"),
    pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints"),
]


def test_the_first_command_is_made_by_one_click_and_the_keyboard(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window)
    QTest.mouseClick(page.first_button, LEFT)
    form = form_of(page)
    qtbot.waitUntil(form.name.hasFocus, timeout=PATIENCE_MS)
    QTest.keyClicks(form.name, "greet")
    for _ in range(2):
        QTest.keyClick(page.window().focusWidget(), Qt.Key.Key_Tab)
    assert form.run.hasFocus()
    QTest.keyClicks(form.run, "echo hello")
    wait_for_preview(qtbot, page, "echo hello")
    spec = save(qtbot, page)
    assert (spec.name, spec.run) == ("greet", "echo hello")
    assert spec == CommandSpec(name="greet", run="echo hello")


def test_a_mnemonic_leads_to_its_field_and_brings_it_into_view(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "old", "true"))
    page.window().resize(900, 600)
    form = form_of(page)
    for key, box in ((Qt.Key.Key_Y, form.priority), (Qt.Key.Key_D, form.folder.line), (Qt.Key.Key_E, form.name)):
        qtbot.waitUntil(page.window().isActiveWindow, timeout=PATIENCE_MS)
        QTest.keyClick(page.window(), key, Qt.KeyboardModifier.AltModifier)
        assert page.window().focusWidget() is box
        qtbot.waitUntil(lambda box=box: not box.visibleRegion().isEmpty(), timeout=PATIENCE_MS)  # type: ignore[misc]  # bound now


def test_the_wheel_is_left_to_the_form_and_changes_no_choice(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "old", "true"))
    form = form_of(page)
    boxes = [box for box in form.findChildren(QComboBox) if box.isVisible()]
    before = [box.currentIndex() for box in boxes]
    for box in boxes:
        at = QPointF(box.rect().center())
        turned = QWheelEvent(
            at, box.mapToGlobal(at), QPoint(), QPoint(0, -120), NO_BUTTON, NO_KEY, Qt.ScrollPhase.NoScrollPhase, False
        )
        QApplication.sendEvent(box, turned)
        assert not turned.isAccepted(), box.accessibleName()
    assert boxes
    assert [box.currentIndex() for box in boxes] == before


def test_every_field_is_written_and_saved(qtbot: QtBot, open_window: OpenSession, tmp_path: Path) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "old", "true"))
    form = form_of(page)
    write(form.name, "new name")
    write(form.run, "./work")
    write(form.folder, str(tmp_path))
    for field, text in (
        (form.timeout, "10m"), (form.grace, "3s"), (form.exit_codes, "0, 3"), (form.attempts, "4"),
        (form.backoff_base, "1m"), (form.backoff_cap, "5m"), (form.group, "disks"), (form.queue, "night"),
        (form.priority, "-5"), (form.tags, "one, two"),
    ):  # fmt: skip
        write(field, text)
    form.shell.setFocus()
    QTest.keyClicks(form.shell, "bash")
    form.overlap.setFocus()
    QTest.keyClicks(form.overlap, "Skip")
    for box in (form.interactive, form.terminal, form.enabled):
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "1 min, 2 min, 4 min" in form.waits.text(), timeout=PATIENCE_MS)
    minute = timedelta(minutes=1)
    assert save(qtbot, page) == CommandSpec(
        name="new name", run="./work", shell="bash", working_directory=str(tmp_path), timeout=10 * minute,
        grace=timedelta(seconds=3), max_attempts=4, backoff_base=minute, backoff_cap=5 * minute, overlap="skip",
        concurrency_group="disks", queue="night", priority=-5, success_exit_codes=(0, 3), interactive=True,
        terminal=True, tags=("one", "two"), enabled=False,
    )  # fmt: skip


def test_a_change_is_undone_and_done_again(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "old", "true"))
    form = form_of(page)
    write(form.run, "false")
    save(qtbot, page)
    page.list.view.setFocus()
    qtbot.waitUntil(page.undo_actions.undo.isEnabled, timeout=PATIENCE_MS)
    QTest.keyClick(page.list.view, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: form.run.value() == "true", timeout=PATIENCE_MS)
    qtbot.waitUntil(page.undo_actions.redo.isEnabled, timeout=PATIENCE_MS)  # told a moment after the form has changed
    QTest.keyClick(page.list.view, Qt.Key.Key_Z, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: form.run.value() == "false", timeout=PATIENCE_MS)
    assert saved(page)[0].run == "false"


WRONG = (
    ("run", "", "It is empty. Write what is to be run."),
    ("run", "echo {{ A", "never closed"),
    ("run", "echo {{ job.nothing }}", "job.nothing"),
    ("timeout", "ten parsecs", "is not a duration"),
    ("grace", "2h", "out of range"),
    ("exit_codes", "0, x", "“x” is not an exit code"),
    ("exit_codes", "", "no run could ever succeed"),
    ("attempts", "0", "out of range"),
    ("backoff_cap", "1s", "shorter than"),
    ("queue", "", "It is empty"),
    ("priority", "much", "is not a whole number"),
    ("folder", "work", "is not a full path"),
    ("tags", "one, one", "twice"),
)


def test_what_is_wrong_is_said_beside_its_field_and_not_saved(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "old", "true"))
    form = form_of(page)
    for name, text, words in WRONG:
        widget: QWidget = getattr(form, name)
        write(widget, text)
        row = next(row for row in form.rows.values() if row.widget is widget)
        wait_for_problem(qtbot, row, words)
        QTest.keyClick(page.window(), Qt.Key.Key_S, CONTROL)
        QTest.keyClick(widget.focusProxy() or widget, Qt.Key.Key_Escape)
        assert not form.is_dirty, name
        assert row.problem == "", name
    assert saved(page) == [CommandSpec(name="old", run="true", shell="sh")]


def test_a_saved_command_is_run_and_its_run_is_shown(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, with_environments)
    qtbot.waitUntil(lambda: form_of(page).bench.environment.currentText() == "beta", timeout=PATIENCE_MS)
    page.list.view.setFocus()
    QTest.keyClick(page.list.view, Qt.Key.Key_R, CONTROL)
    qtbot.waitUntil(lambda: bool(page.findChildren(QDialog)), timeout=PATIENCE_MS)
    (dialog,) = page.findChildren(QDialog)
    assert isinstance(dialog, RunDialog)
    assert (dialog.command.currentText(), dialog.environment.currentText()) == ("greet", "beta")
    QTest.mouseClick(dialog.run_button, LEFT)
    window = session_of(page).window
    qtbot.waitUntil(lambda: window.stack.currentWidget() is window.page("runs"), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: len(page.desk.workspace.runs.page(limit=5)) == 1, timeout=PATIENCE_MS)


def test_the_queue_says_how_much_it_runs_at_once(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        workspace.catalog.put_queue(QueueSpec(name="narrow", limit=1))
        workspace.catalog.put_queue(QueueSpec(name="wide", limit=7))
        add_command(workspace, "one", "true", queue="narrow")

    page = open_page(qtbot, open_window, before)
    queue = form_of(page).queue
    qtbot.waitUntil(lambda: queue.accessibleDescription() == "One run at a time.", timeout=PATIENCE_MS)
    assert queue.offered == ["default", "narrow", "wide"]
    write(queue, "wide")
    qtbot.waitUntil(lambda: queue.accessibleDescription() == "7 runs at once.", timeout=PATIENCE_MS)
    assert form_of(page).is_dirty


def test_the_limit_of_a_queue_is_changed_and_undone(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "one", "true", queue="night"))
    queue = form_of(page).queue
    as_set = "As many at once as there are cores."
    qtbot.waitUntil(lambda: queue.accessibleDescription() == as_set, timeout=PATIENCE_MS)
    QTest.mouseClick(queue.limit, LEFT)
    qtbot.waitUntil(lambda: bool(page.findChildren(QDialog)), timeout=PATIENCE_MS)
    (dialog,) = page.findChildren(QDialog)
    assert isinstance(dialog, QueueDialog)
    QTest.keyClicks(dialog.limit, "0")
    assert "out of range" in dialog.row.problem
    assert not dialog.save_button.isEnabled()
    write(dialog.limit, "3")
    QTest.keyClick(dialog.limit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: queue.accessibleDescription() == "3 runs at once.", timeout=PATIENCE_MS)
    assert page.desk.workspace.catalog.queue("night").spec.limit == 3
    assert not page.form.is_dirty
    editing = page.desk.editing
    qtbot.waitUntil(lambda: editing.undo_text == "Undo changing the queue “night”", timeout=PATIENCE_MS)
    editing.undo()
    qtbot.waitUntil(lambda: queue.accessibleDescription() == as_set, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: editing.redo_text == "Redo changing the queue “night”", timeout=PATIENCE_MS)
    editing.redo()
    qtbot.waitUntil(lambda: queue.accessibleDescription() == "3 runs at once.", timeout=PATIENCE_MS)


def test_wrapping_is_remembered(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, lambda workspace: add_command(workspace, "long", "echo " * 90))
    form = form_of(page)
    QTest.mouseClick(form.wrap, LEFT, Qt.KeyboardModifier.NoModifier, form.wrap.rect().center())
    form.wrap.setFocus()
    if form.wrap.isChecked():
        QTest.keyClick(form.wrap, Qt.Key.Key_Space)
    assert form.run.lineWrapMode() == QPlainTextEdit.LineWrapMode.NoWrap
    session = session_of(page)
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.end("the test asks", 0.0)
    again = open_window().window.page("commands")
    assert isinstance(again, CommandsPage)
    assert not form_of(again).wrap.isChecked()


def test_the_filter_finds_a_command_by_its_text_and_its_schedule(qtbot: QtBot, open_window: OpenSession) -> None:
    def before(workspace: Workspace) -> None:
        with_environments(workspace)
        add_command(workspace, "other", "rsync -a a b")

    page = open_page(qtbot, open_window, before)
    for words, name in (("rsync", "other"), ("daily", "greet")):
        write(page.list.filter, words)
        qtbot.waitUntil(lambda: page.table.rowCount() == 1, timeout=PATIENCE_MS)
        record = page.table.record_at(0)
        assert record is not None
        assert record.spec.name == name
        page.list.clear_filter()


def test_deleting_a_command_names_its_schedules_first(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, with_environments)
    effects = page.desk.workspace.catalog.deletion_effects(Kind.COMMAND, page.form.record.id if page.form.record else 0)
    assert "daily" in " ".join(effects.sentences())


def test_every_control_has_a_name_for_screen_readers(qtbot: QtBot, open_window: OpenSession) -> None:
    page = open_page(qtbot, open_window, with_environments)
    kinds = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QTableView)
    for kind in kinds:
        for control in page.findChildren(kind):
            if control.focusPolicy() & Qt.FocusPolicy.TabFocus and not isinstance(control.parent(), QComboBox):
                text = control.text() if isinstance(control, QAbstractButton) else ""
                assert control.accessibleName() or text, control


def test_a_folder_that_is_not_there_is_a_quiet_note_and_no_error(
    qtbot: QtBot, open_window: OpenSession, tmp_path: Path
) -> None:
    page = open_page(qtbot, open_window, with_environments)
    form, folder = form_of(page), tmp_path / "comes later"
    row = form.rows["working_directory"]
    hint = row.hint
    write(form.folder.line, str(folder))
    qtbot.waitUntil(lambda: "does not exist" in row.hint, timeout=PATIENCE_MS)
    assert row.hint.startswith("At the moment no run would start.")
    assert row.problem == ""
    assert form.folder.line.accessibleDescription() == row.hint
    save(qtbot, page)
    folder.mkdir()
    form.renew()
    qtbot.waitUntil(lambda: row.hint == hint, timeout=PATIENCE_MS)
