"""Small buttons to pick several values with: hours, days, months, weekdays."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QWidget

__all__ = ["Picker"]

_LONGEST_CELL = 3
_GAP = 2
_EDGES = 8  # pixels left and right of a button's text
_WIDEST = 340  # pixels of a whole line; where the font is large there are fewer buttons in each
_SIDEWAYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_UP_AND_DOWN = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class Picker(QWidget):
    """One stop for Tab: the arrow keys walk through the buttons and Space picks.

    At least one value stays picked, because a field of a cron is never empty.
    """

    changed = Signal()

    def __init__(
        self,
        name: str,
        choices: Sequence[tuple[Hashable, str, str]],
        columns: int,
        parent: QWidget | None = None,
    ) -> None:
        """`choices` are the values, what stands on their buttons, and their full names."""
        super().__init__(parent)
        cell = max(self._width_of(text) for _value, text, _full in choices if len(text) <= _LONGEST_CELL) + _GAP
        while columns > _LONGEST_CELL and columns * cell > _WIDEST:
            columns = (columns + 1) // 2
        self._columns = columns
        self._values = [value for value, _text, _full in choices]
        self.buttons: list[QToolButton] = []
        self.setAccessibleName(name)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        at = 0
        for _value, text, full in choices:
            # A word among numbers takes the room of several.
            width = min(columns, -(-self._width_of(text) // cell))
            if at % columns + width > columns:
                at += columns - at % columns
            layout.addWidget(self._make_button(name, text, full), at // columns, at % columns, 1, width)
            at += width
        layout.setColumnStretch(columns, 1)
        self.buttons[0].setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self.buttons[0])

    def _width_of(self, text: str) -> int:
        font = self.font()
        font.setBold(True)  # as it is when it is picked
        return QFontMetrics(font).horizontalAdvance(text) + _EDGES

    def _make_button(self, name: str, text: str, full: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("chip")
        button.setText(text)
        button.setToolTip(full)
        button.setAccessibleName(f"{name}: {full}")
        button.setCheckable(True)
        button.setMinimumWidth(self._width_of(text))
        button.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        button.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
        button.clicked.connect(self._on_clicked)
        button.installEventFilter(self)
        self.buttons.append(button)
        return button

    def value(self) -> list[Hashable]:
        """Return the values that are picked, in the order of the buttons."""
        return [value for value, button in zip(self._values, self.buttons, strict=True) if button.isChecked()]

    def set_value(self, values: Sequence[Hashable]) -> None:
        """Pick these and no others."""
        for value, button in zip(self._values, self.buttons, strict=True):
            button.setChecked(value in values)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt names it so)
        """Let the arrow keys walk, and Tab come back to where one was."""
        if isinstance(watched, QToolButton):
            if event.type() is QEvent.Type.FocusIn:
                self._stop_at(watched)
            elif isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
                return self._walk(self.buttons.index(watched), Qt.Key(event.key()))
        return super().eventFilter(watched, event)

    def _walk(self, number: int, key: Qt.Key) -> bool:
        step = _SIDEWAYS.get(key, 0) + self._columns * _UP_AND_DOWN.get(key, 0)
        if not step:
            return False
        if 0 <= number + step < len(self.buttons):
            self.buttons[number + step].setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def _stop_at(self, button: QToolButton) -> None:
        for each in self.buttons:
            each.setFocusPolicy(Qt.FocusPolicy.StrongFocus if each is button else Qt.FocusPolicy.ClickFocus)
        self.setFocusProxy(button)

    def _on_clicked(self) -> None:
        button = self.sender()
        if isinstance(button, QToolButton) and not self.value():
            button.setChecked(True)
        else:
            self.changed.emit()
