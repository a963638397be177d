"""Every control of every page and dialog has a name to read out, and no two of them have the same key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from core.catalog.removal import DeletionEffects
from core.catalog.specs import Kind, QueueSpec
from core.clock import SystemClock
from core.workspace import Workspace
from desktop import operations
from desktop.application import Session
from desktop.forms.command_queue import QueueDialog
from desktop.forms.cron_form import CronForm
from desktop.forms.environment_paste import PasteDialog
from desktop.operations import Failure
from desktop.pages.catalog_page import CatalogPage
from desktop.pages.questions import ask_about_deletion, ask_about_unsaved
from desktop.pages.run_dialog import RunDialog
from desktop.pages.run_saved import NameDialog
from desktop.theme import Theme
from desktop.widgets.pause_dialog import PauseDialog
from tests.support.access import clashes, nameless
from tests.support.window import PATIENCE_MS, open_session, open_theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

CATALOG = ("commands", "schedules", "environments", "crons")


def with_sample(workspace: Workspace) -> None:
    operations.add_sample(workspace).call()


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Iterator[Session]:
    """The window on the sample, with nobody who runs it."""
    with open_session(qtbot, tmp_path / "data", before=with_sample) as session:
        yield session


def show_page(qtbot: QtBot, session: Session, name: str) -> QWidget:
    session.window.open_page(list(session.window.pages).index(name))
    page = session.window.page(name)
    qtbot.waitUntil(page.isVisible, timeout=PATIENCE_MS)
    if isinstance(page, CatalogPage):
        qtbot.waitUntil(lambda: page.panel.is_open, timeout=PATIENCE_MS)
    return page


def look(window: QWidget, where: str) -> list[str]:
    """Return what is wrong on every tab of every set of tabs in turn."""
    QApplication.processEvents()
    found = {f"{where}: {text}" for text in (*clashes(window), *nameless(window))}
    for tabs in window.findChildren(QTabWidget):
        first = tabs.currentIndex()
        for number in range(tabs.count()) if tabs.isVisible() else ():
            tabs.setCurrentIndex(number)
            QApplication.processEvents()
            found |= {f"{where}, tab {number}: {text}" for text in (*clashes(window), *nameless(window))}
        tabs.setCurrentIndex(first)
    return sorted(found)


@pytest.mark.parametrize("name", ["overview", "runs", *CATALOG, "settings"])
def test_on_every_page_each_control_has_its_own_key_and_a_name(qtbot: QtBot, session: Session, name: str) -> None:
    page = show_page(qtbot, session, name)
    assert look(session.window, name) == []
    session.window.error_bar.tell(Failure("Saving", "It went wrong.", "It went very wrong."))
    if isinstance(page, CatalogPage):
        page.undo_bar.tell("Deleted “it”.")
    assert look(session.window, f"{name} with bars") == []
    session.window.error_bar.hide()
    if isinstance(page, CatalogPage):
        page.actions_.new.trigger()
        assert look(session.window, f"{name}, a new one") == []
        page.panel.revert.trigger()


@pytest.mark.parametrize("name", CATALOG)
def test_on_every_empty_page_each_control_has_its_own_key_and_a_name(qtbot: QtBot, tmp_path: Path, name: str) -> None:
    with open_session(qtbot, tmp_path / "data") as session:
        session.window.open_page(list(session.window.pages).index(name))
        page = session.window.page(name)
        assert isinstance(page, CatalogPage)
        qtbot.waitUntil(page.empty.isVisible, timeout=PATIENCE_MS)
        assert look(session.window, name) == []


@pytest.mark.parametrize("text", ["0 0 7 1,15 * 1-5", "*/5 * * * * 5#2", "@reboot", "not yet"])
def test_every_field_of_a_cron_has_its_own_key(qtbot: QtBot, session: Session, text: str) -> None:
    page = show_page(qtbot, session, "crons")
    assert isinstance(page, CatalogPage)
    assert isinstance(page.form, CronForm)
    page.form.expression.setText(text)
    page.form.check()
    assert look(session.window, text) == []
    page.panel.revert.trigger()


@pytest.mark.parametrize("action", ["find", "shortcuts"])
def test_in_the_lists_of_all_actions_each_control_has_a_name(qtbot: QtBot, session: Session, action: str) -> None:
    getattr(session.window.actions_, action).trigger()
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None, timeout=PATIENCE_MS)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    assert look(dialog, action) == []
    dialog.reject()
    dialog.deleteLater()


def dialogs(parent: QWidget, theme: Theme) -> dict[str, Callable[[], QDialog]]:
    effects = DeletionEffects(kind=Kind.CRON, names=("a", "b"))
    return {
        "run": lambda: RunDialog([], [], parent=parent),
        "pause": lambda: PauseDialog(SystemClock(), "All schedules", parent),
        "queue": lambda: QueueDialog(theme, QueueSpec(name="default"), parent),
        "paste": lambda: PasteDialog(theme, "A=1", {}, (), parent),
        "name": lambda: NameDialog("Save the filter", "", taken=[], parent=parent),
        "unsaved": lambda: ask_about_unsaved(parent, "a", "", lambda _answer: None),
        "delete": lambda: ask_about_deletion(parent, effects, lambda: None, lambda: None),
    }


@pytest.mark.parametrize("name", ["run", "pause", "queue", "paste", "name", "unsaved", "delete"])
def test_in_every_dialog_each_control_has_its_own_key_and_a_name(qtbot: QtBot, qapp: QApplication, name: str) -> None:
    with open_theme(qapp) as theme:
        parent = QWidget()
        qtbot.addWidget(parent)
        parent.show()
        dialog = dialogs(parent, theme)[name]()
        dialog.open()
        qtbot.waitUntil(dialog.isVisible, timeout=PATIENCE_MS)
        assert look(dialog, name) == []
        dialog.reject()
