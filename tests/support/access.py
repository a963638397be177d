"""What a person without a mouse, or without eyes, finds in a window: its mnemonics and the names of its controls."""

from __future__ import annotations

from collections import defaultdict

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLabel, QScrollArea, QTabBar, QWidget

__all__ = ["clashes", "nameless"]


def clashes(window: QWidget) -> list[str]:
    """Return each Alt key that more than one visible widget of the window has, with their texts."""
    found: dict[str, list[str]] = defaultdict(list)
    for widget in _seen(window):
        for text in _texts(widget):
            if key := QKeySequence.mnemonic(text).toString():
                found[key].append(text)
    return [f"{key}: {', '.join(texts)}" for key, texts in sorted(found.items()) if len(texts) > 1]


def nameless(window: QWidget) -> list[str]:
    """Return the visible widgets that Tab stops at and that have no name to read out."""
    return [
        f"{type(widget).__name__} “{widget.objectName()}” in {type(widget.parentWidget()).__name__}"
        for widget in _seen(window)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isEnabled()
        and not _name(widget)
        # They belong to the widget around them, which has the name.
        and not isinstance(widget, QTabBar | QScrollArea)
        and not isinstance(widget.parentWidget(), QComboBox | QAbstractSpinBox)
    ]


def _seen(window: QWidget) -> list[QWidget]:
    return [each for each in window.findChildren(QWidget) if each.isVisible() and each.window() is window]


def _texts(widget: QWidget) -> list[str]:
    if isinstance(widget, QTabBar):
        return [widget.tabText(number) for number in range(widget.count()) if widget.isTabVisible(number)]
    if isinstance(widget, QAbstractButton):
        return [widget.text()]
    return [widget.text()] if isinstance(widget, QLabel) and widget.buddy() is not None else []


def _name(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name).strip()
