"""Undo and redo as actions of a page, which say what they would undo or redo."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSize, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QToolButton, QWidget

from desktop.editing import Editing
from desktop.theme import Theme

__all__ = ["UndoActions"]


class UndoActions(QObject):
    """Ctrl+Z is the page's while no field for text has the focus: those keep theirs."""

    def __init__(self, editing: Editing, theme: Theme, page: QWidget) -> None:
        super().__init__(page)
        self._theme = theme
        self.undo = self._add(page, "undo", "Ctrl+Z")
        self.redo = self._add(page, "redo", "Ctrl+Shift+Z")
        self.undo.triggered.connect(editing.undo)
        self.redo.triggered.connect(editing.redo)
        self.buttons = [self._button(self.undo), self._button(self.redo)]
        editing.undo_changed.connect(self._on_changed)
        self._on_changed(editing.undo_text, editing.redo_text)
        theme.changed.connect(self._on_theme)
        self._on_theme()

    def _add(self, page: QWidget, name: str, keys: str) -> QAction:
        action = QAction(self)
        action.setObjectName(name)
        action.setShortcut(QKeySequence(keys))
        page.addAction(action)
        return action

    @staticmethod
    def _button(action: QAction) -> QToolButton:
        button = QToolButton()
        button.setObjectName("plain")
        button.setIconSize(QSize(16, 16))
        button.setDefaultAction(action)
        return button

    @Slot(str, str)
    def _on_changed(self, undo_text: str, redo_text: str) -> None:
        for action, text, plain in (
            (self.undo, undo_text, self.tr("Undo")),
            (self.redo, redo_text, self.tr("Redo")),
        ):
            action.setEnabled(bool(text))
            action.setText(text or plain)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{text or plain} ({keys})")
        for button, action in zip(self.buttons, (self.undo, self.redo), strict=False):
            button.setAccessibleName(action.text())

    @Slot()
    def _on_theme(self) -> None:
        for action in (self.undo, self.redo):
            action.setIcon(self._theme.icon(action.objectName()))
