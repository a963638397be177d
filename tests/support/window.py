"""Opens the real window on a real data folder for a test, and ends it in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec
from core.clock import Clock
from core.history.runs import Run
from core.workspace import Workspace
from desktop.application import Session
from desktop.bridge import Bridge
from desktop.operations import Operations
from desktop.theme import Theme

__all__ = ["PATIENCE_MS", "add_command", "idle_operations", "newest", "open_session", "open_theme"]

USUAL_SIZE = QSize(1280, 820)
PATIENCE_MS = 15_000
"""How long a test waits for a fact before it fails."""


@contextmanager
def open_theme(application: QApplication, scheme: Qt.ColorScheme = Qt.ColorScheme.Light) -> Iterator[Theme]:
    """Dress the application for a test."""
    theme = Theme(application, scheme=scheme)
    try:
        yield theme
    finally:
        theme.deleteLater()


@contextmanager
def open_session(
    qtbot: QtBot, folder: Path, *, before: Callable[[Workspace], Any] | None = None, clock: Clock | None = None
) -> Iterator[Session]:
    """Give a session that is started, with its window shown; `before` prepares the data folder."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    with open_theme(application) as theme, Workspace(folder, clock=clock) as workspace:
        if before is not None:
            before(workspace)
        session = Session(workspace, theme)
        try:
            session.start()
            # The screen of the tests is smaller than what the pages are made for.
            session.window.resize(USUAL_SIZE)
            # Keys reach the shortcuts of an active window alone.
            qtbot.waitUntil(session.window.isActiveWindow, timeout=PATIENCE_MS)
            yield session
        finally:
            if session.agent.is_running:
                with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
                    session.end("the test is over", 0.0)
            session.close()
            session.deleteLater()


@contextmanager
def idle_operations(workspace: Workspace) -> Iterator[tuple[Bridge, Operations]]:
    """Give a bridge and operations without an agent or a window."""
    bridge = Bridge(workspace.changes)
    operations = Operations(bridge)
    try:
        yield bridge, operations
    finally:
        operations.close()
        bridge.close()
        operations.deleteLater()
        bridge.deleteLater()


def add_command(workspace: Workspace, name: str, run: str, **spec: Any) -> int:
    """Save a command of the POSIX shell and return its id."""
    return workspace.catalog.create(CommandSpec(name=name, run=run, shell="sh", **spec))


def newest(workspace: Workspace) -> Run | None:
    """Return the run that was made last."""
    return next(iter(workspace.runs.page(limit=1)), None)
