"""What can be done with the things of a catalog page: actions with their keys, their buttons and their menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QPushButton, QTableView, QWidget

from core.catalog.records import Record
from desktop.theme import Theme

__all__ = ["CatalogActions"]


class CatalogActions(QObject):
    """`new` needs nothing chosen, `duplicate` one thing, the others one or more."""

    def __init__(self, theme: Theme, page: QWidget, view: QTableView) -> None:
        super().__init__(page)
        self._page = page
        self._theme = theme
        self._view = view
        self._icons: dict[QAction, str] = {}
        self._fits: dict[QAction, Callable[[Sequence[Record]], bool]] = {}
        self.buttons: list[QPushButton] = []
        self.new = self.add(self.tr("&New"), "add", "Ctrl+N", self.tr("Make a new one"), lambda _records: True)
        self.duplicate = self.add(
            self.tr("Dup&licate"), "copy", "Ctrl+D", self.tr("Make a copy of the chosen one"), lambda r: len(r) == 1
        )
        self.switch = self.add(
            self.tr("Disa&ble"), "pause", "Ctrl+E", self.tr("Enable or disable what is chosen"), bool
        )
        self.delete = self.add(self.tr("Delete"), "trash", "Del", self.tr("Delete what is chosen; can be undone"), bool)
        # Where text is written, Del deletes a character.
        page.removeAction(self.delete)
        self.delete.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        theme.changed.connect(self._renew_icons)

    def add(self, text: str, icon: str, keys: str, tip: str, fits: Callable[[Sequence[Record]], bool]) -> QAction:
        """Add an action with a button and a line in the menu of the list; `fits` says for which chosen records."""
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.setIcon(self._theme.icon(icon))
        self._page.addAction(action)
        self._view.addAction(action)
        self._icons[action] = icon
        self._fits[action] = fits
        button = QPushButton(text)
        native = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(f"{tip} ({native})" if native else tip)
        button.setAccessibleName(text.replace("&", ""))
        self._theme.put_icon(button, icon)
        button.clicked.connect(action.trigger)
        action.enabledChanged.connect(button.setEnabled)
        self.buttons.append(button)
        return action

    def suit(self, chosen: Sequence[Record]) -> None:
        """Enable what makes sense for these records."""
        for action, fits in self._fits.items():
            action.setEnabled(fits(chosen))
        enables = self.enables(chosen)
        text = self.tr("Ena&ble") if enables else self.tr("Disa&ble")
        self.switch.setText(text)
        button = self.buttons[2]
        button.setText(text)
        button.setAccessibleName(text.replace("&", ""))
        icon = "run" if enables else "pause"
        self._icons[self.switch] = icon
        self.switch.setIcon(self._theme.icon(icon))
        self._theme.put_icon(button, icon)

    @staticmethod
    def enables(chosen: Sequence[Record]) -> bool:
        """Return whether the switch would enable these: all are disabled."""
        return bool(chosen) and not any(record.spec.enabled for record in chosen)

    def _renew_icons(self) -> None:
        for action, icon in self._icons.items():
            action.setIcon(self._theme.icon(icon))
