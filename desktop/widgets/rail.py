"""The rail at the left: one button a page."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from desktop.theme import Theme, logo

__all__ = ["Rail"]

_LEAST_WIDTH = 168
_GAP = "\N{EN SPACE}"  # Qt lets nobody say how far an icon and its text stand apart


class Rail(QFrame):
    """`chosen` carries the number of the page, counted from 0. Narrow, it shows the icons alone."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("rail")
        self._is_narrow = False
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.chosen)
        mark = QLabel()
        mark.setPixmap(logo().pixmap(24, 24))
        self._name = QLabel("Clockhand")
        self._name.setObjectName("railTitle")
        self._name.setMinimumWidth(_LEAST_WIDTH - 60)
        title = QHBoxLayout()
        title.setContentsMargins(8, 4, 4, 12)
        title.setSpacing(4)
        title.addWidget(mark)
        title.addWidget(self._name, 1)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(8, 12, 8, 8)
        self._layout.setSpacing(4)
        self._layout.addLayout(title)
        self._layout.addStretch()

    def add(self, title: str, icon: str) -> None:
        """Add a button; the page's number is how many there were before. Ctrl and the number from 1 chooses it."""
        number = len(self._group.buttons())
        button = QToolButton()
        button.setText(_GAP + title)
        button.setAccessibleName(title.replace("&", ""))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setCheckable(True)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        shortcut = QKeySequence(f"Ctrl+{number + 1}")
        button.setShortcut(shortcut)
        button.setToolTip(f"{button.accessibleName()} ({shortcut.toString(QKeySequence.SequenceFormat.NativeText)})")
        self._theme.put_icon(button, icon, size=20)
        self._group.addButton(button, number)
        self._layout.insertWidget(self._layout.count() - 1, button)

    def set_narrow(self, is_narrow: bool) -> None:
        """Show the icons alone, or their names, too; the tips say the names."""
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        self._name.setVisible(not is_narrow)
        style = Qt.ToolButtonStyle.ToolButtonIconOnly if is_narrow else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        for button in self._group.buttons():
            assert isinstance(button, QToolButton)
            button.setToolButtonStyle(style)

    def keys(self, number: int) -> QKeySequence:
        """Return the keys that open a page."""
        return self._group.button(number).shortcut()

    def mark(self, number: int) -> None:
        """Show which page is open."""
        self._group.button(number).setChecked(True)
