"""The command palette, driven by the keyboard as a person does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, EnvironmentSpec
from core.queue.states import Origin
from core.workspace import Workspace
from desktop.application import Session
from desktop.models.palette_entries import Entry, Remembered, answer
from desktop.models.run_choice import RunChoice
from desktop.pages.runs import RunsPage
from desktop.widgets.palette_dialog import PaletteDialog
from tests.support.window import PATIENCE_MS, add_command, newest, open_session

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell"),
    pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints"),
]

OpenSession = Callable[..., Session]
CONTROL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenSession]:
    with ExitStack() as stack:

        def open_it(before: Callable[[Workspace], Any] | None = None) -> Session:
            return stack.enter_context(open_session(qtbot, tmp_path / "data", before=before))

        yield open_it


def fill(workspace: Workspace) -> None:
    add_command(workspace, "backup", "true")
    add_command(workspace, "sync orders", "true")
    workspace.catalog.create(EnvironmentSpec(name="staging"))


def workspace_of(session: Session) -> Workspace:
    return session.window.page("runs").desk.workspace


def open_palette(qtbot: QtBot, session: Session, *, has: str = "Open Runs") -> PaletteDialog:
    """Press the keys, and wait until what is looked for has been read."""
    qtbot.waitUntil(session.window.isActiveWindow, timeout=PATIENCE_MS)
    QTest.keyClick(session.window, Key.Key_K, CONTROL)
    dialog = next(each for each in session.window.findChildren(PaletteDialog) if each.isVisible())
    qtbot.waitUntil(lambda: has in dialog.list.titles, timeout=PATIENCE_MS)
    return dialog


def choose(dialog: PaletteDialog, typed: str) -> None:
    QTest.keyClicks(dialog.field, typed)
    QTest.keyClick(dialog.field, Key.Key_Return)


def entry(key: str, title: str, kind: str = "", hint: str = "") -> Entry:
    return Entry(key=key, title=title, kind=kind, icon=QIcon(), run=lambda: None, hint=hint)


def titles(entries: list[Entry], typed: str, remembered: str = "") -> list[str]:
    return [hit.entry.title for hit in answer(entries, typed, Remembered(remembered))]


def test_what_was_used_last_comes_first() -> None:
    entries = [entry("a", "one"), entry("b", "two"), entry("c", "three")]
    assert titles(entries, "") == ["one", "two", "three"]
    assert titles(entries, "", "c\nb") == ["three", "two", "one"]
    assert titles(entries, "t") == ["two", "three"]
    assert titles(entries, "t", "c") == ["three", "two"]


def test_the_kind_and_the_hint_are_searched_too() -> None:
    entries = [entry("a", "backup", "Command", "tar -c"), entry("b", "backup", "Schedule")]
    assert [hit.entry.key for hit in answer(entries, "sched back", Remembered(""))] == ["b"]
    assert [hit.entry.key for hit in answer(entries, "tar", Remembered(""))] == ["a"]


def test_only_so_many_are_remembered_and_each_once() -> None:
    remembered = Remembered("")
    for number in [*range(40), 39, 20]:
        remembered.add(str(number))
    assert remembered.text.split("\n")[:3] == ["20", "39", "38"]
    assert len(remembered.text.split("\n")) == 30


def test_a_page_is_opened_by_a_few_letters(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    choose(open_palette(qtbot, session), "opset")
    qtbot.waitUntil(lambda: session.window.current_name == "settings", timeout=PATIENCE_MS)


def test_the_palette_opens_from_a_field_for_text(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    field = next(each for each in session.window.page("runs").findChildren(QLineEdit) if each.isVisible())
    field.setFocus()
    QTest.keyClick(field, Key.Key_K, CONTROL)
    assert any(dialog.isVisible() for dialog in session.window.findChildren(PaletteDialog))


def test_the_palette_offers_what_can_be_done_now_and_nothing_else(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    qtbot.waitUntil(session.window.actions_.pause.isEnabled, timeout=PATIENCE_MS)
    offered = open_palette(qtbot, session, has="Run “backup” in …").list.titles
    assert {"Pause all schedules", "Quit Clockhand", "New command", "Open Commands", "backup"} <= set(offered)
    assert "Find anything…" not in offered
    assert "Retry" not in offered  # no run is chosen
    assert "Undo" not in offered
    assert len(set(offered)) == len(offered)


def test_what_another_page_can_do_is_found_and_leads_there(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    dialog = open_palette(qtbot, session, has="Run “backup” in …")
    QTest.keyClicks(dialog.field, "duplicate")
    assert "Duplicate" in dialog.list.titles
    chosen = dialog.list.chosen
    assert chosen is not None
    assert (chosen.entry.kind, chosen.entry.hint) == ("Commands", "opens the page")
    QTest.keyClick(dialog.field, Key.Key_Return)
    qtbot.waitUntil(lambda: session.window.current_name == "commands", timeout=PATIENCE_MS)
    assert len(workspace_of(session).catalog.commands()) == 2  # nothing is done unseen


def test_a_setting_and_a_saved_filter_are_found_by_their_names(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    runs = session.window.page("runs")
    assert isinstance(runs, RunsPage)
    runs.filter.saved.put("my failures", RunChoice(states="failed"))
    choose(open_palette(qtbot, session, has="Keep the history for"), "keep the history")
    settings: Any = session.window.page("settings")
    qtbot.waitUntil(lambda: session.window.current_name == "settings", timeout=PATIENCE_MS)
    qtbot.waitUntil(settings.rows["retention.days"].field.hasFocus, timeout=PATIENCE_MS)
    choose(open_palette(qtbot, session, has="Runs: my failures"), "my failures")
    qtbot.waitUntil(lambda: session.window.current_name == "runs", timeout=PATIENCE_MS)
    assert runs.filter.choice == RunChoice(states="failed")


def test_undoing_is_offered_everywhere_by_what_it_would_undo(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    editing = session.window.page("runs").desk.editing
    catalog = workspace_of(session).catalog
    editing.create(session.window, CommandSpec(name="new one", run="true", shell="sh"))
    qtbot.waitUntil(lambda: editing.undo_text != "", timeout=PATIENCE_MS)
    choose(open_palette(qtbot, session, has=editing.undo_text), "undo")
    qtbot.waitUntil(lambda: [each.spec.name for each in catalog.commands()] == ["backup", "sync orders"])


def test_a_command_is_opened_by_its_name(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    choose(open_palette(qtbot, session, has="sync orders"), "sync")
    page: Any = session.window.page("commands")
    qtbot.waitUntil(lambda: session.window.current_name == "commands", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: page.form.spec().name == "sync orders", timeout=PATIENCE_MS)


def test_a_new_command_is_begun_from_another_page(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    choose(open_palette(qtbot, session), "new comm")
    page: Any = session.window.page("commands")
    qtbot.waitUntil(lambda: session.window.current_name == "commands" and page.panel.is_open, timeout=PATIENCE_MS)
    assert page.form.record is None


def test_a_command_is_run_in_an_environment_that_is_asked_for(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    dialog = open_palette(qtbot, session, has="Run “backup” in …")
    choose(dialog, "run backup")
    assert dialog.isVisible()
    assert dialog.list.titles == ["no environment", "staging"]
    assert dialog.heading.text() == "Run “backup” in"
    choose(dialog, "stag")
    qtbot.waitUntil(lambda: newest(workspace_of(session)) is not None, timeout=PATIENCE_MS)
    run = newest(workspace_of(session))
    assert run is not None
    assert (run.command, run.environment) == ("backup", "staging")
    qtbot.waitUntil(lambda: session.window.current_name == "runs", timeout=PATIENCE_MS)


def test_a_recent_run_is_opened_by_its_number(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    workspace = workspace_of(session)
    command_id = workspace.catalog.command("backup").id
    numbers = [workspace.queue.run(command_id, None, origin=Origin.MANUAL).result().job_id for _ in range(2)]
    session.window.open_page(0)
    choose(open_palette(qtbot, session, has=f"Run {numbers[0]}: backup"), f"run {numbers[0]}")
    page: Any = session.window.page("runs")
    qtbot.waitUntil(lambda: f"run {numbers[0]}" in page.detail.title, timeout=PATIENCE_MS)
    assert session.window.current_name == "runs"


def test_unsaved_changes_are_asked_about_before_the_palette_leads_away(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    page: Any = session.window.page("commands")
    choose(open_palette(qtbot, session, has="backup"), "command backup")
    qtbot.waitUntil(lambda: page.panel.is_open and session.window.current_name == "commands", timeout=PATIENCE_MS)
    name = next(each for each in page.form.findChildren(QLineEdit) if each.text() == "backup")
    QTest.keyClicks(name, "2")
    choose(open_palette(qtbot, session), "open runs")
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    assert "backup2" in box.text()
    QTest.keyClick(box, Key.Key_Escape)
    assert session.window.current_name == "commands"
    assert page.form.spec().name == "backup2"


def test_escape_and_backspace_lead_back_out_of_choices_and_escape_closes(
    qtbot: QtBot, open_window: OpenSession
) -> None:
    session = open_window(fill)
    dialog = open_palette(qtbot, session, has="Run “backup” in …")
    for key in (Key.Key_Escape, Key.Key_Backspace):
        choose(dialog, "run backup")
        assert dialog.heading.isVisible()
        QTest.keyClick(dialog.field, key)
        assert not dialog.heading.isVisible()
        assert "Quit Clockhand" in dialog.list.titles
    QTest.keyClick(dialog.field, Key.Key_Escape)
    qtbot.waitUntil(lambda: not session.window.findChildren(PaletteDialog), timeout=PATIENCE_MS)
    assert newest(workspace_of(session)) is None


def test_what_matches_nothing_is_said_and_does_nothing(qtbot: QtBot, open_window: OpenSession) -> None:
    dialog = open_palette(qtbot, open_window())
    choose(dialog, "qqqq")
    assert dialog.isVisible()
    assert dialog.nothing.isVisible()
    assert "qqqq" in dialog.nothing.text()


def test_the_arrow_keys_choose_and_go_around(qtbot: QtBot, open_window: OpenSession) -> None:
    dialog = open_palette(qtbot, open_window())
    names = dialog.list.titles

    def chosen() -> str:
        assert dialog.list.chosen is not None
        return dialog.list.chosen.entry.title

    assert chosen() == names[0]
    QTest.keyClick(dialog.field, Key.Key_Up)
    assert chosen() == names[-1]
    QTest.keyClick(dialog.field, Key.Key_Down)
    QTest.keyClick(dialog.field, Key.Key_Down)
    assert chosen() == names[1]
    QTest.keyClick(dialog.field, Key.Key_PageUp)
    assert chosen() == names[0]


def test_what_was_used_is_first_also_after_a_new_start(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    choose(open_palette(qtbot, session), "open settings")
    qtbot.waitUntil(lambda: session.window.current_name == "settings", timeout=PATIENCE_MS)
    with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
        session.window.close()
    assert open_palette(qtbot, open_window()).list.titles[0] == "Open Settings"


def test_a_line_is_done_by_a_click(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window()
    dialog = open_palette(qtbot, session)
    QTest.keyClicks(dialog.field, "open overview")
    place = dialog.list.visualRect(dialog.list.currentIndex()).center()
    QTest.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: session.window.current_name == "overview", timeout=PATIENCE_MS)


def test_the_marked_letters_are_painted_in_both_schemes(qtbot: QtBot, open_window: OpenSession) -> None:
    session = open_window(fill)
    theme = session.window.page("runs").desk.theme
    dialog = open_palette(qtbot, session, has="backup")
    QTest.keyClicks(dialog.field, "backup")
    for scheme in (Qt.ColorScheme.Light, Qt.ColorScheme.Dark):
        theme.use(scheme)
        image = dialog.list.grab().toImage()
        accent = theme.colour("accent").rgb()
        assert any(image.pixel(x, y) == accent for x in range(300) for y in range(36))
    assert QApplication.activeModalWidget() is dialog
