"""What the mouse and the keyboard do with the view of an output: scroll, select, open links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QScrollBar

from desktop.widgets.output_links import Links
from desktop.widgets.output_page import PlacedLink
from desktop.widgets.output_selection import Selection, Spot

__all__ = ["Hands", "Held"]

_WHEEL_ROWS = 3
_WHEEL_NOTCH = 120
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier


class Held(Protocol):
    """What is in the hands: the view."""

    @property
    def links(self) -> Links:
        """Return what opens links."""
        ...

    @property
    def selection(self) -> Selection | None:
        """Return what is selected."""
        ...

    @property
    def page_rows(self) -> int:
        """Return how many lines there is room for."""
        ...

    def horizontalScrollBar(self) -> QScrollBar:  # noqa: N802  (Qt names it so)
        """Return the bar below."""
        ...

    def select(self, selection: Selection | None) -> None:
        """Select something else."""
        ...

    def move_by(self, lines: int) -> None:
        """Scroll."""
        ...

    def move_to_start(self) -> None:
        """Scroll to the beginning."""
        ...

    def set_following(self, following: bool) -> None:
        """Go to the end and stay there, or stay here."""
        ...

    def extend(self, rows: int, columns: int) -> None:
        """Move the end of the selection by rows or by characters."""
        ...

    def extend_to_edge(self, *, to_end: bool) -> None:
        """Select from where the selection began to the beginning or the end."""
        ...

    def spot_at(self, place: QPoint) -> Spot | None:
        """Return the place in the text that is nearest to a point."""
        ...

    def word_at(self, place: QPoint) -> Selection | None:
        """Return the word at a point."""
        ...

    def row_at(self, place: QPoint) -> Selection | None:
        """Return the row at a point."""
        ...

    def link_at(self, place: QPoint) -> PlacedLink | None:
        """Return the link at a point."""
        ...

    def clamped(self, place: QPoint) -> QPoint:
        """Return the nearest point at which there may be text."""
        ...

    def zoom(self, steps: int) -> None:
        """Make the font larger or smaller."""
        ...


class Hands:
    """Remembers what a gesture has begun."""

    def __init__(self, view: Held) -> None:
        self._view = view
        self._wheel = 0
        self._pressed: PlacedLink | None = None
        self._doubled: tuple[int, QPoint] | None = None  # when and where the last double click was

    def forget(self) -> None:
        """Let go: something else is shown."""
        self._pressed = None
        self._doubled = None

    def key(self, event: QKeyEvent) -> bool:
        """Scroll or select by the keyboard, and return whether that was meant."""
        view = self._view
        key, modifiers = Qt.Key(event.key()), event.modifiers() & (_SHIFT | _CONTROL)
        page = max(1, view.page_rows - 1)
        scrolls: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Up: lambda: view.move_by(-1),
            Qt.Key.Key_Down: lambda: view.move_by(1),
            Qt.Key.Key_PageUp: lambda: view.move_by(-page),
            Qt.Key.Key_PageDown: lambda: view.move_by(page),
            Qt.Key.Key_Home: view.move_to_start,
            Qt.Key.Key_End: lambda: view.set_following(True),
            Qt.Key.Key_Left: lambda: self._slide(-1),
            Qt.Key.Key_Right: lambda: self._slide(1),
        }
        extends: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Up: lambda: view.extend(-1, 0),
            Qt.Key.Key_Down: lambda: view.extend(1, 0),
            Qt.Key.Key_PageUp: lambda: view.extend(-page, 0),
            Qt.Key.Key_PageDown: lambda: view.extend(page, 0),
            Qt.Key.Key_Left: lambda: view.extend(0, -1),
            Qt.Key.Key_Right: lambda: view.extend(0, 1),
            Qt.Key.Key_Home: lambda: view.extend_to_edge(to_end=False),
            Qt.Key.Key_End: lambda: view.extend_to_edge(to_end=True),
        }
        action = (extends if modifiers & _SHIFT else scrolls).get(key)
        if action is not None:
            action()
        return action is not None

    def _slide(self, sign: int) -> None:
        bar = self._view.horizontalScrollBar()
        bar.setValue(bar.value() + sign * bar.singleStep())

    def wheel(self, event: QWheelEvent) -> bool:
        """Scroll by whole rows, or change the size of the font; what a touch pad gives in small pieces adds up."""
        if event.angleDelta().x() and not event.angleDelta().y():
            return False
        zooms = bool(event.modifiers() & _CONTROL)
        self._wheel += event.angleDelta().y()
        notch = _WHEEL_NOTCH if zooms else _WHEEL_NOTCH // _WHEEL_ROWS
        steps = int(self._wheel / notch)
        self._wheel -= steps * notch
        if steps and zooms:
            self._view.zoom(steps)
        elif steps:
            self._view.move_by(-steps)
        event.accept()
        return True

    def press(self, event: QMouseEvent) -> bool:
        """Begin a selection, or extend it with Shift; a third click takes the row."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return False
        view, place = self._view, event.position().toPoint()
        if event.modifiers() & _CONTROL:
            self._pressed = view.link_at(place)
            if self._pressed is not None:
                return True
        spot = view.spot_at(place)
        if self._is_third(event):
            view.select(view.row_at(place))
        elif spot is not None and view.selection is not None and event.modifiers() & _SHIFT:
            view.select(view.selection.to(spot))
        else:
            view.select(None if spot is None else Selection(spot, spot))
        return True

    def _is_third(self, event: QMouseEvent) -> bool:
        doubled, self._doubled = self._doubled, None
        if doubled is None:
            return False
        hints = QGuiApplication.styleHints()
        distance = (event.position().toPoint() - doubled[1]).manhattanLength()
        is_soon = event.timestamp() - doubled[0] < hints.mouseDoubleClickInterval()
        return is_soon and distance < hints.startDragDistance()

    def double_click(self, event: QMouseEvent) -> None:
        """Select a word."""
        place = event.position().toPoint()
        self._doubled = (event.timestamp(), place)
        if (word := self._view.word_at(place)) is not None:
            self._view.select(word)

    def release(self, event: QMouseEvent) -> None:
        """Take the end of a selection, so that nobody else does; open a link that was pressed with Ctrl."""
        event.accept()
        pressed, self._pressed = self._pressed, None
        if pressed is not None and pressed == self._view.link_at(event.position().toPoint()):
            self._view.links.open(pressed.link.address)

    def drag(self, event: QMouseEvent) -> None:
        """Extend the selection; beyond the edge it scrolls."""
        view = self._view
        if self._pressed is not None or not event.buttons() & Qt.MouseButton.LeftButton or view.selection is None:
            return
        place = event.position().toPoint()
        clamped = view.clamped(place)
        if place.y() != clamped.y():
            view.move_by(1 if place.y() > clamped.y() else -1)
        spot = view.spot_at(clamped)
        if spot is not None:
            view.select(view.selection.to(spot))
