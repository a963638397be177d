"""The key of the secrets among the settings: how it stands, and everything that can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from core.catalog.specs import EnvironmentSpec
from core.secrets.key_facts import KeyKind
from core.secrets.rekeying import change_key
from core.workspace import Workspace
from desktop.application import Session
from desktop.pages.secret_key_card import SecretKeyCard
from desktop.pages.settings import SettingsPage
from desktop.widgets.passphrase_dialog import PassphraseDialog
from tests.support.hands import LEFT, answer, the_question
from tests.support.window import PATIENCE_MS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")

Open = Callable[..., Session]
PASSPHRASE = "four words are best"


def prepare(workspace: Workspace) -> None:
    change_key(workspace.database, workspace.secrets.keys, KeyKind.MEMORY)
    workspace.secrets.set(
        workspace.catalog.create(EnvironmentSpec(name="live", secrets=("TOKEN",))), "TOKEN", "a value"
    )


@pytest.fixture
def card(qtbot: QtBot, open_window: Open) -> SecretKeyCard:
    session = open_window(before=prepare)
    session.window.open_page(6)
    page = session.window.page("settings")
    assert isinstance(page, SettingsPage)
    qtbot.waitUntil(lambda: page.key_card.state is not None, timeout=PATIENCE_MS)
    return page.key_card


def value(card: SecretKeyCard) -> str:
    workspace = card._desk.workspace
    return workspace.secrets.reveal(workspace.catalog.environment("live").id, "TOKEN")


def the_dialog(qtbot: QtBot) -> PassphraseDialog:
    def open_one() -> PassphraseDialog | None:
        window = QApplication.activeModalWidget()
        return window if isinstance(window, PassphraseDialog) else None

    qtbot.waitUntil(lambda: open_one() is not None, timeout=PATIENCE_MS)
    found = open_one()
    assert found is not None
    return found


def take_a_passphrase(qtbot: QtBot, card: SecretKeyCard) -> None:
    card._change(KeyKind.PASSPHRASE)
    dialog = the_dialog(qtbot)
    QTest.keyClicks(dialog.field, PASSPHRASE)
    assert not dialog.ok_button.isEnabled()
    QTest.keyClicks(dialog.again, PASSPHRASE)
    QTest.mouseClick(dialog.ok_button, LEFT)
    qtbot.waitUntil(lambda: card.title.text() == "The key is made of your passphrase", timeout=PATIENCE_MS)


def test_it_says_where_the_key_is(card: SecretKeyCard) -> None:
    assert card.title.text() == "The key is in memory alone"
    assert card.sentence.text() == "The values of all secrets are gone when Clockhand ends."


def test_another_kind_of_key_seals_the_values_anew(qtbot: QtBot, card: SecretKeyCard) -> None:
    take_a_passphrase(qtbot, card)
    assert card.note.text() == "Values sealed anew: 1."
    assert value(card) == "a value"


def test_a_passphrase_is_asked_for_and_a_wrong_one_is_said_so(qtbot: QtBot, card: SecretKeyCard) -> None:
    take_a_passphrase(qtbot, card)
    card._keys._known.clear()  # as after another start
    QTest.mouseClick(card.check_button, LEFT)
    qtbot.waitUntil(card.enter_button.isVisible, timeout=PATIENCE_MS)
    assert card.title.text() == "The passphrase was not entered yet"
    QTest.mouseClick(card.enter_button, LEFT)
    dialog = the_dialog(qtbot)
    QTest.keyClicks(dialog.field, "something else")
    QTest.mouseClick(dialog.ok_button, LEFT)
    qtbot.waitUntil(lambda: "wrong" in dialog.note.text(), timeout=PATIENCE_MS)
    dialog.field.selectAll()
    QTest.keyClicks(dialog.field, PASSPHRASE)
    QTest.mouseClick(dialog.ok_button, LEFT)
    qtbot.waitUntil(lambda: card.title.text() == "The key is made of your passphrase", timeout=PATIENCE_MS)
    assert value(card) == "a value"


def test_values_go_to_a_file_that_only_the_user_can_read_and_come_back(
    qtbot: QtBot, card: SecretKeyCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "values.sealed"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_arguments: (str(file), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_arguments: (str(file), ""))
    QTest.mouseClick(card.export_button, LEFT)
    dialog = the_dialog(qtbot)
    for field in (dialog.field, dialog.again):
        QTest.keyClicks(field, PASSPHRASE)
    QTest.mouseClick(dialog.ok_button, LEFT)
    qtbot.waitUntil(lambda: card.note.text() == "Values exported: 1.", timeout=PATIENCE_MS)
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"a value" not in file.read_bytes()
    workspace = card._desk.workspace
    workspace.secrets.clear(workspace.catalog.environment("live").id, "TOKEN")
    QTest.mouseClick(card.import_button, LEFT)
    dialog = the_dialog(qtbot)
    QTest.keyClicks(dialog.field, PASSPHRASE)
    QTest.mouseClick(dialog.ok_button, LEFT)
    qtbot.waitUntil(lambda: card.note.text().startswith("Values set: 1."), timeout=PATIENCE_MS)
    assert value(card) == "a value"


def test_starting_over_forgets_the_values_after_a_question(qtbot: QtBot, card: SecretKeyCard) -> None:
    card._on_start_over()
    answer(the_question(qtbot), "Leave them")
    assert value(card) == "a value"


def test_a_key_that_ends_with_the_program_is_taken_after_a_question_alone(qtbot: QtBot, card: SecretKeyCard) -> None:
    take_a_passphrase(qtbot, card)
    card._change(KeyKind.MEMORY)
    answer(the_question(qtbot), "Leave them")
    assert card.title.text() == "The key is made of your passphrase"
    card._change(KeyKind.MEMORY)
    answer(the_question(qtbot), "Keep it in memory")
    qtbot.waitUntil(lambda: card.title.text() == "The key is in memory alone", timeout=PATIENCE_MS)
