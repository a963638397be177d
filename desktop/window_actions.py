"""What can be done everywhere in the window, as actions with their keys."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from core.clock import Clock
from desktop.editing import Editing
from desktop.theme import Theme
from desktop.widgets.pause_menu import PauseChoices

__all__ = ["WindowActions"]


class WindowActions(QObject):
    """`pause` is for all schedules. `undo` and `redo` have no keys here: each page has them with its own.

    `pause_wanted` carries until when all schedules are to be paused, None for until they are resumed.
    """

    pause_wanted = Signal(object)
    resume_wanted = Signal()

    def __init__(self, editing: Editing, clock: Clock, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self._icons: dict[QAction, str] = {}
        self.find = self._add(self.tr("Find anything…"), "search", "Ctrl+K")
        self.shortcuts = self._add(self.tr("Keyboard shortcuts"), "keyboard", "F1")
        self.pause = self._add(self.tr("Pause all schedules"), "pause", "")
        self.choices = PauseChoices(clock, lambda: self.tr("Pause all schedules"), window, for_all=True)
        for action in self.choices.all:
            action.setIcon(theme.icon("pause-for"))
        for action in self.choices.timed:
            window.addAction(action)
            self._icons[action] = "pause-for"
        self._is_paused = False
        self.undo = self._add(self.tr("Undo"), "undo", "")
        self.redo = self._add(self.tr("Redo"), "redo", "")
        self.quit = self._add(self.tr("Quit Clockhand"), "quit", "Ctrl+Q")
        self.pause.setEnabled(False)
        self.pause.triggered.connect(self._on_pause)
        self.choices.chosen.connect(self.pause_wanted)
        self.undo.triggered.connect(editing.undo)
        self.redo.triggered.connect(editing.redo)
        editing.undo_changed.connect(self._on_undo_changed)
        self._on_undo_changed(editing.undo_text, editing.redo_text)
        theme.changed.connect(self._renew_icons)

    @property
    def all(self) -> list[QAction]:
        """Return the actions in the order in which they are listed."""
        return list(self._icons)

    def show_paused(self, is_paused: bool) -> None:
        """Offer to go on where all schedules are paused."""
        self._is_paused = is_paused
        self.pause.setEnabled(True)
        self.pause.setText(self.tr("Resume all schedules") if is_paused else self.tr("Pause all schedules"))
        self._icons[self.pause] = "run" if is_paused else "pause"
        self.pause.setIcon(self._theme.icon(self._icons[self.pause]))

    def _add(self, text: str, icon: str, keys: str) -> QAction:
        action = QAction(text, self)
        action.setObjectName(icon)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setIcon(self._theme.icon(icon))
        self._window.addAction(action)
        self._icons[action] = icon
        return action

    @Slot()
    def _on_pause(self) -> None:
        if self._is_paused:
            self.resume_wanted.emit()
        else:
            self.pause_wanted.emit(None)

    @Slot(str, str)
    def _on_undo_changed(self, undo_text: str, redo_text: str) -> None:
        for action, text, word in ((self.undo, undo_text, self.tr("Undo")), (self.redo, redo_text, self.tr("Redo"))):
            action.setEnabled(bool(text))
            action.setText(text or word)

    @Slot()
    def _renew_icons(self) -> None:
        for action, icon in self._icons.items():
            action.setIcon(self._theme.icon(icon))
