"""Hands and eyes for the tests of the catalog's pages: keys, clicks, questions, and what is saved."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.application import Session
from tests.support.catalog import PlainForm, PlainPage
from tests.support.window import PATIENCE_MS

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def session_of(page: PlainPage) -> Session:
    session = page.property("session")
    assert isinstance(session, Session)
    return session


def settle(qtbot: QtBot, page: PlainPage, count: int) -> None:
    qtbot.waitUntil(lambda: len(page.table.records) == count, timeout=PATIENCE_MS)
    if count:
        qtbot.waitUntil(lambda: page.form.record is not None, timeout=PATIENCE_MS)


def form_of(page: PlainPage) -> PlainForm:
    assert isinstance(page.form, PlainForm)
    return page.form


def names(page: PlainPage) -> list[str]:
    return [str(page.table.data(page.table.index(row, 0))) for row in range(page.table.rowCount())]


def saved(page: PlainPage) -> list[str]:
    return [record.spec.name for record in page.desk.workspace.catalog.crons()]


def write(field: QWidget, text: str) -> None:
    """Write over what stands in a field."""
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(field, text)


def press(page: PlainPage, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard is."""
    # Where a question was just answered, the window is on its way to the front again.
    page.window().activateWindow()
    assert QTest.qWaitForWindowActive(page.window(), PATIENCE_MS)
    QTest.keyClick(QApplication.focusWidget() or page, key, modifier)


def row_point(page: PlainPage, row: int) -> QPoint:
    return page.list.view.visualRect(page.table.index(row, 1)).center()


def click_row(page: PlainPage, row: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(page.list.view.viewport(), LEFT, modifier, row_point(page, row))


def button(page: PlainPage, name: str) -> QPushButton:
    return next(each for each in page.findChildren(QPushButton) if each.accessibleName() == name)


def the_question(qtbot: QtBot) -> QMessageBox:
    """Wait for a question and return it."""
    found: list[QMessageBox] = []

    def is_there() -> bool:
        found[:] = [
            each for each in QApplication.topLevelWidgets() if isinstance(each, QMessageBox) and each.isVisible()
        ]
        return bool(found)

    qtbot.waitUntil(is_there, timeout=PATIENCE_MS)
    return found[0]


def answer(box: QMessageBox, words: str) -> None:
    QTest.mouseClick(next(each for each in box.buttons() if each.text().replace("&", "") == words), LEFT)


def wait_for_form(qtbot: QtBot, page: PlainPage, name: str) -> None:
    qtbot.waitUntil(
        lambda: page.form.record is not None and page.form.record.spec.name == name and not page.form.is_dirty,
        timeout=PATIENCE_MS,
    )
