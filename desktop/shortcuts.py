"""The list of keyboard shortcuts, made from the actions, buttons and keys that have them: F1 shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSize, Qt, Slot
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.frame import Frame, keys_text, plain
from desktop.models.fuzzy import Query
from desktop.pages.page import Page

__all__ = ["Group", "ShortcutList", "Shortcuts", "collect"]

_SIZE = QSize(560, 640)
_HEADING_HEIGHT = 44


@dataclass(frozen=True, slots=True)
class Group:
    """The shortcuts of one part of the window: what each does, and its keys."""

    title: str
    lines: tuple[tuple[str, str], ...]


def collect(frame: Frame, everywhere: str) -> list[Group]:
    """Return the shortcuts that there are now: those of the window, under the title `everywhere`, and of each page."""
    pages = [(plain(kind.title()), keys_text(frame.page_keys(number))) for number, kind in enumerate(frame.kinds)]
    groups = [Group(everywhere, (*_of_actions(frame.actions), *pages))]
    groups += [Group(plain(kind.title()), tuple(_of_page(frame.pages[kind.name]))) for kind in frame.kinds]
    return [group for group in groups if group.lines]


def _of_page(page: Page) -> list[tuple[str, str]]:
    lines = _of_actions(page.offered_actions())
    for button in page.findChildren(QAbstractButton):
        keys = button.shortcut()
        # Alt and a letter is what the button's own label says.
        if not keys.isEmpty() and keys != QKeySequence.mnemonic(button.text()):
            lines.append((button.accessibleName() or plain(button.text()), keys_text(keys)))
    lines += [
        (shortcut.whatsThis(), keys_text(shortcut.key()))
        for shortcut in page.findChildren(QShortcut)
        if shortcut.whatsThis()
    ]
    return list(dict.fromkeys(lines))


def _of_actions(actions: Iterable[QAction]) -> list[tuple[str, str]]:
    return [
        (plain(action.text()), ", ".join(keys_text(keys) for keys in action.shortcuts()))
        for action in actions
        if action.shortcuts() and not action.shortcut().isEmpty()
    ]


class ShortcutList(QDialog):
    """Filters as one types; every line can be read by the keyboard."""

    def __init__(self, groups: Iterable[Group], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter"))
        self.filter.setAccessibleName(self.tr("Filter the shortcuts"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._on_filter)
        self.tree = QTreeWidget()
        self.tree.setObjectName("shortcutTree")
        self.tree.setAccessibleName(self.tr("Keyboard shortcuts"))
        self.tree.setHeaderHidden(True)
        self.tree.setColumnCount(2)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(0)
        self.tree.setItemsExpandable(False)
        for group in groups:
            self._add(group)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        note = QLabel(self.tr("Alt and the underlined letter presses a button. Tab goes on, Shift+Tab back."))
        note.setObjectName("muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.filter)
        layout.addWidget(self.tree, 1)
        layout.addWidget(note)
        self.resize(_SIZE)

    def _add(self, group: Group) -> None:
        heading = QTreeWidgetItem([group.title])
        font = self.font()
        font.setBold(True)
        heading.setFont(0, font)
        heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
        heading.setTextAlignment(0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        heading.setSizeHint(0, QSize(0, _HEADING_HEIGHT))
        self.tree.addTopLevelItem(heading)
        for text, keys in group.lines:
            line = QTreeWidgetItem([text, keys])
            line.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            heading.addChild(line)
        heading.setExpanded(True)

    @Slot(str)
    def _on_filter(self, typed: str) -> None:
        query = Query(typed)
        for number in range(self.tree.topLevelItemCount()):
            heading = self.tree.topLevelItem(number)
            if heading is None:
                continue
            lines = [line for row in range(heading.childCount()) if (line := heading.child(row)) is not None]
            for line in lines:
                line.setHidden(query.match(line.text(0), f"{line.text(1)} {heading.text(0)}") is None)
            heading.setHidden(all(line.isHidden() for line in lines))


class Shortcuts(QObject):
    """Shows the list for one window."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame.window)
        self.frame = frame

    @Slot()
    def open(self) -> None:
        """Show the list."""
        dialog = ShortcutList(collect(self.frame, self.tr("Everywhere")), self.frame.window)
        # Where there is no window manager, nobody else gives the keyboard back.
        dialog.finished.connect(self.frame.window.activateWindow)
        dialog.open()
