"""The window says that the key of the secrets can't be had, and opens it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, EnvironmentSpec
from core.queue.states import Origin
from core.secrets.key_facts import KeyKind
from core.secrets.rekeying import change_key
from core.workspace import Workspace
from desktop.application import Session
from desktop.widgets.passphrase_dialog import PassphraseDialog
from tests.support.hands import LEFT
from tests.support.window import PATIENCE_MS, open_session

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

PASSPHRASE = "four words are best"


@pytest.fixture
def open_it(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Session]]:
    with ExitStack() as stack:

        def enter(before: Callable[[Workspace], None] | None = None) -> Session:
            return stack.enter_context(open_session(qtbot, tmp_path / "data", before=before))

        yield enter


def seal_with_a_passphrase(workspace: Workspace) -> None:
    keys = workspace.secrets.keys
    change_key(workspace.database, keys, KeyKind.PASSPHRASE, passphrase=PASSPHRASE)
    row_id = workspace.catalog.create(EnvironmentSpec(name="live", secrets=("TOKEN",)))
    workspace.secrets.set(row_id, "TOKEN", "a value")
    keys._known.clear()  # as after another start


def test_a_passphrase_that_was_not_entered_is_asked_for_in_a_bar(qtbot: QtBot, open_it: Callable[..., Session]) -> None:
    window = open_it(seal_with_a_passphrase).window
    bar = window.key_bar
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE_MS)
    assert bar.text == "The passphrase was not entered yet. Commands that need a secret wait."
    QTest.mouseClick(bar.enter_button, LEFT)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, PassphraseDialog)
    QTest.keyClicks(dialog.field, PASSPHRASE)
    QTest.mouseClick(dialog.ok_button, LEFT)
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=PATIENCE_MS)


def test_a_bar_that_was_closed_stays_closed_until_something_else_is_the_matter(
    qtbot: QtBot, open_it: Callable[..., Session]
) -> None:
    window = open_it(seal_with_a_passphrase).window
    bar = window.key_bar
    qtbot.waitUntil(bar.isVisible, timeout=PATIENCE_MS)
    QTest.mouseClick(bar.close_button, LEFT)
    with qtbot.waitSignal(window._key_watch.looked, timeout=PATIENCE_MS):
        window._key_watch.look()
    assert not bar.isVisible()


def test_who_has_no_secrets_hears_nothing_of_keys(qtbot: QtBot, open_it: Callable[..., Session]) -> None:
    window = open_it().window
    with qtbot.waitSignal(window._key_watch.looked, timeout=PATIENCE_MS):
        window._key_watch.look()
    assert window.key_bar.isHidden()


def test_a_job_that_begins_to_wait_for_the_key_lets_the_bar_appear(
    qtbot: QtBot, open_it: Callable[..., Session]
) -> None:
    def prepare(workspace: Workspace) -> None:
        seal_with_a_passphrase(workspace)
        workspace.secrets.keys.enter_passphrase(PASSPHRASE)
        workspace.catalog.create(CommandSpec(name="say", run="true", shell="sh"))

    session = open_it(prepare)
    window, workspace = session.window, session._workspace
    with qtbot.waitSignal(window._key_watch.looked, timeout=PATIENCE_MS):
        window._key_watch.look()
    assert window.key_bar.isHidden()
    workspace.secrets.keys._known.clear()  # as a keyring that was locked
    command, live = workspace.catalog.command("say").id, workspace.catalog.environment("live").id
    workspace.queue.run(command, live, origin=Origin.MANUAL).result()
    qtbot.waitUntil(window.key_bar.isVisible, timeout=PATIENCE_MS)
