"""A keyring that never answers holds nobody up in the window: not the page, not the form, not the settings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.catalog.specs import EnvironmentSpec
from core.workspace import Workspace
from desktop.application import Session
from desktop.pages.environments import EnvironmentsPage
from desktop.pages.settings import SettingsPage
from tests.support.hands import CONTROL
from tests.support.keyrings import HeldKeyring, held_access
from tests.support.window import PATIENCE_MS, open_theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


@pytest.fixture
def keyring() -> Iterator[HeldKeyring]:
    """Give a keyring that answers nothing until the test is over."""
    held = HeldKeyring()
    held.may_answer.clear()
    yield held
    held.may_answer.set()


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path, keyring: HeldKeyring) -> Iterator[Session]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    access = held_access(keyring, limit_s=0.5)
    with open_theme(application) as theme, Workspace(tmp_path / "data", keyring=access) as workspace:
        workspace.catalog.create(EnvironmentSpec(name="live", secrets=("TOKEN",)))
        session = Session(workspace, theme)
        session.start()
        qtbot.waitUntil(session.window.isActiveWindow, timeout=PATIENCE_MS)
        yield session
        with qtbot.waitSignal(session.ended, timeout=PATIENCE_MS):
            session.end("the test is over", 0.0)
        session.close()
        session.deleteLater()


def test_a_keyring_that_never_answers_is_asked_in_no_thread_of_the_window_and_said_so(
    qtbot: QtBot, session: Session, keyring: HeldKeyring
) -> None:
    window = session.window
    window.open_page(4)
    page = window.page("environments")
    assert isinstance(page, EnvironmentsPage)
    qtbot.waitUntil(lambda: page.form.record is not None, timeout=PATIENCE_MS)
    page.form.variables.table.put({"TOKEN": "a secret value"})
    qtbot.waitUntil(page.panel.save.isEnabled, timeout=PATIENCE_MS)
    QTest.keyClick(window, Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(window.error_bar.isVisible, timeout=PATIENCE_MS)
    assert "keyring" in window.error_bar.sentence
    assert page.form.variables.table.values == {"TOKEN": "a secret value"}
    window.open_page(6)  # asks what becomes of the value
    settings = window.page("settings")
    assert isinstance(settings, SettingsPage)
    settings.key_card.renew()
    qtbot.waitUntil(lambda: settings.key_card.title.text() == "The keyring does not answer", timeout=PATIENCE_MS)
    assert threading.main_thread().name not in keyring.threads
