"""The page of the environments in the real window, and hands for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.catalog.specs import EnvironmentSpec
from core.workspace import Workspace
from desktop.forms.environment_lines import LineTable
from desktop.pages.environments import EnvironmentsPage
from tests.support.window import PATIENCE_MS, open_session

CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton
Prepare = Callable[[Workspace], Any]
OpenPage = Callable[..., EnvironmentsPage]


@contextmanager
def opening(qtbot: QtBot, folder: Path) -> Iterator[OpenPage]:
    """Give a function that opens the window on this page, with these environments saved before."""
    with ExitStack() as stack:

        def open_it(*specs: EnvironmentSpec, before: Prepare | None = None) -> EnvironmentsPage:
            def prepare(workspace: Workspace) -> None:
                for spec in specs:
                    workspace.catalog.create(spec)
                if before is not None:
                    before(workspace)

            session = stack.enter_context(open_session(qtbot, folder, before=prepare))
            window = session.window
            window.open_page(list(window.pages).index("environments"))
            page = window.page("environments")
            assert isinstance(page, EnvironmentsPage)
            if specs:
                qtbot.waitUntil(lambda: page.form.record is not None, timeout=PATIENCE_MS)
            else:
                qtbot.waitUntil(page.first_button.isVisible, timeout=PATIENCE_MS)
            return page

        yield open_it


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def key(which: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(focused(), which, modifiers)
    QApplication.processEvents()


def type_text(text: str) -> None:
    for letter in text:
        QTest.keyClicks(focused(), letter)


def choose(qtbot: QtBot, page: EnvironmentsPage, name: str) -> None:
    page.choose(page.desk.workspace.catalog.environment(name).id)
    qtbot.waitUntil(lambda: page.form.name.value() == name, timeout=PATIENCE_MS)


def saved(page: EnvironmentsPage) -> dict[str, EnvironmentSpec]:
    return {record.spec.name: record.spec for record in page.desk.workspace.catalog.environments()}


def wait_for_saved(qtbot: QtBot, page: EnvironmentsPage, spec: EnvironmentSpec) -> None:
    qtbot.waitUntil(lambda: saved(page).get(spec.name) == spec, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not page.form.is_dirty, timeout=PATIENCE_MS)


def lines(table: LineTable) -> dict[str, tuple[str, ...]]:
    return {line.words[0]: line.words[1:] for line in table.lines}


def open_tab(page: EnvironmentsPage, number: int) -> None:
    bar = page.form.tabs.tabBar()
    QTest.mouseClick(bar, LEFT, pos=bar.tabRect(number).center())


def use_shell(monkeypatch: pytest.MonkeyPatch, path: Path, text: str) -> None:
    path.write_text(f'#!/bin/sh\n{text}\neval "$3"\n')
    path.chmod(0o755)
    monkeypatch.setenv("SHELL", str(path))
