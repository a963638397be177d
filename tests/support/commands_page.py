"""Hands and eyes for the tests of the page of the commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, ScheduleSpec
from core.workspace import Workspace
from desktop.application import Session
from desktop.forms.command_form import CommandForm
from desktop.forms.field_row import FieldRow
from desktop.pages.commands import CommandsPage
from tests.desktop.pages.conftest import OpenSession
from tests.support.window import PATIENCE_MS, add_command

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
NO_BUTTON = Qt.MouseButton.NoButton
NO_KEY = Qt.KeyboardModifier.NoModifier

Before = Callable[[Workspace], Any]


def open_page(qtbot: QtBot, open_window: OpenSession, before: Before | None = None) -> CommandsPage:
    session = open_window(before)
    session.window.open_page(list(session.window.pages).index("commands"))
    page = session.window.page("commands")
    assert isinstance(page, CommandsPage)
    page.setProperty("session", session)
    if before is not None:
        qtbot.waitUntil(lambda: page.form.record is not None, timeout=PATIENCE_MS)
    else:
        qtbot.waitUntil(page.first_button.isVisible, timeout=PATIENCE_MS)
    return page


def session_of(page: CommandsPage) -> Session:
    session = page.property("session")
    assert isinstance(session, Session)
    return session


def form_of(page: CommandsPage) -> CommandForm:
    assert isinstance(page.form, CommandForm)
    return page.form


def write(field: QWidget, text: str) -> None:
    """Write over what stands in a field."""
    field.setFocus()
    target = field.focusProxy() or field
    QTest.keyClick(target, Qt.Key.Key_A, CONTROL)
    QTest.keyClick(target, Qt.Key.Key_Delete)
    first, *others = text.split("\n")
    QTest.keyClicks(target, first)
    for line in others:
        QTest.keyClick(target, Qt.Key.Key_Return)
        QTest.keyClicks(target, line)


def saved(page: CommandsPage) -> list[CommandSpec]:
    return [record.spec for record in page.desk.workspace.catalog.commands()]


def save(qtbot: QtBot, page: CommandsPage) -> CommandSpec:
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    QTest.keyClick(page.window(), Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: not page.form.is_dirty, timeout=PATIENCE_MS)
    (spec,) = saved(page)
    return spec


def wait_for_preview(qtbot: QtBot, page: CommandsPage, text: str) -> None:
    preview = form_of(page).bench.preview
    qtbot.waitUntil(lambda: preview.view.toPlainText() == text, timeout=PATIENCE_MS)


def wait_for_problem(qtbot: QtBot, row: FieldRow, words: str) -> None:
    qtbot.waitUntil(lambda: words in row.problem, timeout=PATIENCE_MS)


def wait_for_trial(qtbot: QtBot, page: CommandsPage, words: str) -> None:
    trial = form_of(page).bench.trial
    qtbot.waitUntil(lambda: words in trial.sentence, timeout=PATIENCE_MS)


def output_of(page: CommandsPage) -> list[str]:
    return form_of(page).bench.trial.output.view.visible_text()


def with_environments(workspace: Workspace) -> None:
    catalog = workspace.catalog
    catalog.create(EnvironmentSpec(name="alpha", variables={"GREETING": "it's alpha"}))
    catalog.create(EnvironmentSpec(name="beta", variables={"GREETING": "beta", "MORE": "x"}, secrets=("TOKEN",)))
    add_command(workspace, "greet", "echo {{ GREETING }}")
    catalog.create(CronSpec(name="morning", expression="30 7 * * *"))
    catalog.create(ScheduleSpec(name="daily", command="greet", environments=("beta",), crons=("morning",)))
