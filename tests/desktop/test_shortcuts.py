"""The list of shortcuts says what the actions themselves say."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from desktop.application import Session
from desktop.frame import plain
from desktop.shortcuts import Group, ShortcutList, collect
from tests.support.window import open_session

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the agent is POSIX's"),
    pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints"),
]


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Iterator[Session]:
    with open_session(qtbot, tmp_path / "data") as session:
        yield session


def press_f1(session: Session) -> ShortcutList:
    QTest.keyClick(session.window, Qt.Key.Key_F1)
    return next(each for each in session.window.findChildren(ShortcutList) if each.isVisible())


def headings(dialog: ShortcutList) -> list[QTreeWidgetItem]:
    items = [dialog.tree.topLevelItem(number) for number in range(dialog.tree.topLevelItemCount())]
    return [item for item in items if item is not None and not item.isHidden()]


def listed(dialog: ShortcutList) -> dict[str, dict[str, str]]:
    """Return keys by what they do, by group, as they are seen."""
    found: dict[str, dict[str, str]] = {}
    for heading in headings(dialog):
        lines = [heading.child(row) for row in range(heading.childCount())]
        found[heading.text(0)] = {line.text(0): line.text(1) for line in lines if line and not line.isHidden()}
    return found


def test_f1_lists_the_keys_of_the_window_and_of_each_page(session: Session) -> None:
    groups = listed(press_f1(session))
    assert next(iter(groups)) == "Everywhere"
    assert groups["Everywhere"]["Find anything…"] == "Ctrl+K"
    assert groups["Everywhere"]["Quit Clockhand"] == "Ctrl+Q"
    assert groups["Everywhere"]["Runs"] == "Ctrl+2"
    assert groups["Runs"]["Retry"] == "Ctrl+Shift+R"
    assert groups["Runs"]["Filter the list"] == groups["Commands"]["Filter the list"] == "Ctrl+L"


def test_an_action_that_a_page_gets_is_in_the_list_by_itself(session: Session) -> None:
    page = session.window.page("overview")
    action = QAction("Do &this && that", page)
    action.setShortcut(QKeySequence("Ctrl+Shift+F9"))
    page.addAction(action)
    button = QPushButton("&Press", page)
    button.setShortcut(QKeySequence("Ctrl+F8"))
    plain_button = QPushButton("&Mnemonic", page)
    lines = listed(press_f1(session))["Overview"]
    assert lines["Do this & that"] == "Ctrl+Shift+F9"
    assert lines["Press"] == "Ctrl+F8"
    assert plain(plain_button.text()) not in lines


def pairs(group: Group) -> list[tuple[str, str]]:
    return [(what.rstrip("…"), keys) for what, all_keys in group.lines for keys in all_keys.split(", ")]


def test_no_two_actions_of_one_place_have_the_same_keys(session: Session) -> None:
    everywhere, *pages = collect(session.window.shortcuts.frame, "Everywhere")
    assert len(pages) == len(session.window.pages)
    for page in pages:
        counts = Counter(keys for _what, keys in [*pairs(everywhere), *pairs(page)])
        assert [keys for keys, count in counts.items() if count > 1] == [], page.title


def test_the_same_action_has_the_same_keys_on_every_page(session: Session) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for group in collect(session.window.shortcuts.frame, "Everywhere"):
        of_page: dict[str, set[str]] = defaultdict(set)
        for what, keys in pairs(group):
            of_page[what].add(keys)
        for what, all_keys in of_page.items():
            found[what].add(" or ".join(sorted(all_keys)))
    assert {what: keys for what, keys in found.items() if len(keys) > 1} == {}
    assert found["Cancel"] == {"Ctrl+."}


def test_the_list_is_filtered_by_what_it_does_and_by_keys(session: Session) -> None:
    dialog = press_f1(session)
    QTest.keyClicks(dialog.filter, "runs retry")
    assert listed(dialog) == {"Runs": {"Retry": "Ctrl+Shift+R"}}
    dialog.filter.clear()
    QTest.keyClicks(dialog.filter, "ctrl+k")
    assert listed(dialog) == {"Everywhere": {"Find anything…": "Ctrl+K"}}
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
