"""Undo and redo as actions of a page, which say what they would undo or redo."""

from __future__ import annotations

from functools import cached_property

from PySide6.QtCore import QObject, QSize, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QToolButton, QWidget

from desktop.editing import Editing
from desktop.theme import Theme
from desktop.widgets.undo_bar import UndoBar

__all__ = ["UndoActions"]


class UndoActions(QObject):
    """Ctrl+Z is the page's while no field for text has the focus: those keep theirs.

    A `bar` of its own comes first: as long as it offers to undo something that Editing knows nothing of, the key does
    that.
    """

    def __init__(self, editing: Editing, theme: Theme, page: QWidget, bar: UndoBar | None = None) -> None:
        super().__init__(page)
        self._editing = editing
        self._theme = theme
        self._bar = bar
        self.undo = self._add(page, "undo", "Ctrl+Z")
        self.redo = self._add(page, "redo", "Ctrl+Shift+Z")
        self.undo.triggered.connect(self._on_undo)
        self.redo.triggered.connect(editing.redo)
        editing.undo_changed.connect(self._on_changed)
        if bar is not None:
            bar.offer_changed.connect(self._on_changed)
        self._on_changed()
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
        action.changed.connect(lambda: button.setAccessibleName(action.text()))
        button.setAccessibleName(action.text())
        return button

    @cached_property
    def buttons(self) -> list[QToolButton]:
        """Return a button for each, for a page that has room for them."""
        return [self._button(self.undo), self._button(self.redo)]

    @Slot()
    def _on_undo(self) -> None:
        if self._bar is not None and self._bar.is_offering:
            self._bar.take_up()
        else:
            self._editing.undo()

    @Slot()
    def _on_changed(self) -> None:
        undo_text = self._editing.undo_text
        if self._bar is not None and self._bar.is_offering:
            undo_text = self.tr("Undo: {what}").format(what=self._bar.text)
        for action, text, plain in (
            (self.undo, undo_text, self.tr("Undo")),
            (self.redo, self._editing.redo_text, self.tr("Redo")),
        ):
            action.setEnabled(bool(text))
            action.setText(text or plain)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{text or plain} ({keys})")

    @Slot()
    def _on_theme(self) -> None:
        for action in (self.undo, self.redo):
            action.setIcon(self._theme.icon(action.objectName()))
