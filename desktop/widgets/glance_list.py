"""A short list on a card: what it is about, one line each, a button for what can be done with a line in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.theme import Theme

__all__ = ["GlanceList", "Line"]

_NAME, _DETAIL, _TIME, _BUTTON = range(4)
_KEY = int(Qt.ItemDataRole.UserRole)
_WHOLE = 1000
_BAR = QSize(120, 6)
_BUTTON_WIDTH = 40
_NAME_SHARE = 0.6
_LEAST_DETAIL = 112


@dataclass(frozen=True, slots=True)
class Line:
    """`key` tells it from the others; `has_bar` leaves room for a progress bar in place of `detail`.

    `has_button` is false where what the list offers can't be done with this one.
    """

    key: int
    name: str
    detail: str
    time: str
    icon: str
    tone: str
    tip: str = ""
    has_bar: bool = False
    has_button: bool = True


class GlanceList(QTreeWidget):
    """`opened` and `wanted` carry a line's key: it was double-clicked, or its button or its keys were pressed."""

    opened = Signal(int)
    wanted = Signal(int)

    def __init__(self, theme: Theme, name: str, nothing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._nothing = nothing
        self._lines: tuple[Line, ...] | None = None
        self._items: dict[int, QTreeWidgetItem] = {}
        self.action: QAction | None = None
        self._action_icon = ""
        self.setAccessibleName(name)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setColumnCount(4)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.header()
        header.setMinimumSectionSize(8)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        for column in (_DETAIL, _TIME, _BUTTON):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemActivated.connect(self._on_activated)
        self.currentItemChanged.connect(self._renew_action)
        theme.changed.connect(self._rebuild)

    def offer(self, text: str, icon: str, keys: str) -> None:
        """Give each line a button, which the keys press for the current one."""
        self.action = QAction(text, self)
        self.action.setShortcut(QKeySequence(keys))
        self.action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.action.triggered.connect(self._on_action)
        self.action.setIcon(self._theme.icon(icon))
        self._action_icon = icon
        self._renew_action()
        self.addAction(self.action)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def card(self, icon: str) -> QFrame:
        """Return a frame with the list's name above it."""
        card = QFrame()
        card.setObjectName("card")
        mark = QLabel()
        self._theme.put_icon(mark, icon, "muted")
        name = QLabel(self.accessibleName())
        name.setObjectName("sectionTitle")
        head = QHBoxLayout()
        head.setContentsMargins(12, 12, 12, 4)
        head.setSpacing(8)
        head.addWidget(mark)
        head.addWidget(name, 1)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(1, 1, 1, 8)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self, 1)
        return card

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these; nothing moves where they are the same as before."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._rebuild()

    def set_time(self, key: int, text: str) -> None:
        """Renew what stands at the right of a line."""
        if (item := self._items.get(key)) is not None and item.text(_TIME) != text:
            item.setText(_TIME, text)
            if self.sizeHintForColumn(_TIME) > self.columnWidth(_TIME):
                self._share_width()

    def set_progress(self, key: int, share: float) -> None:
        """Fill a line's bar up to this share of 1."""
        if (bar := self._bar(key)) is not None:
            bar.setValue(round(min(1.0, share) * _WHOLE))

    def progress(self, key: int) -> float | None:
        """Return how far a line's bar is filled, or None where it has none."""
        bar = self._bar(key)
        return bar.value() / _WHOLE if bar is not None else None

    def _bar(self, key: int) -> QProgressBar | None:
        item = self._items.get(key)
        widget = self.itemWidget(item, _DETAIL) if item is not None else None
        bar = widget.findChild(QProgressBar) if widget is not None else None
        return bar if isinstance(bar, QProgressBar) else None

    def button(self, key: int) -> QToolButton | None:
        """Return a line's button."""
        item = self._items.get(key)
        widget = self.itemWidget(item, _BUTTON) if item is not None else None
        return widget if isinstance(widget, QToolButton) else None

    def _rebuild(self) -> None:
        scrolled = self.verticalScrollBar().value()
        current = self.currentItem()
        chosen = self._current_key() or 0
        row = self.indexOfTopLevelItem(current) if current is not None else -1
        self.clear()
        self._items = {}
        for line in self._lines or ():
            item = self._items[line.key] = self._make_item(line)
            self.addTopLevelItem(item)
            if line.has_bar:
                self.setItemWidget(item, _DETAIL, _make_bar(line.name))
            if self.action is not None and line.has_button:
                self.setItemWidget(item, _BUTTON, self._make_button(line.key, self.action))
        if self._lines is not None and not self._lines:
            item = QTreeWidgetItem([self._nothing])
            item.setDisabled(True)
            self.addTopLevelItem(item)
            item.setFirstColumnSpanned(True)
        elif row >= 0:
            # Where it has gone, the keyboard is on what stands in its place: the next press means that.
            items = list(self._items.values())
            self.setCurrentItem(self._items.get(chosen) or items[min(row, len(items) - 1)])
        if self.action is not None:
            self.action.setIcon(self._theme.icon(self._action_icon))
        self._renew_action()
        self._share_width()
        self.verticalScrollBar().setValue(scrolled)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Share the width anew."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """Give the time and the button what they need, and the name what it needs before the detail gets the rest."""
        button = _BUTTON_WIDTH if self.action is not None and self._lines else 0
        time = self.sizeHintForColumn(_TIME) if self._lines else 0
        left = self.viewport().width() - button - time
        name = min(self.sizeHintForColumn(_NAME), round(left * _NAME_SHARE))
        wanted = self.sizeHintForColumn(_DETAIL)
        detail = min(wanted, left - name)
        # A word or two of it say nothing: then the name gets all, and the tool tip has the rest.
        self.setColumnHidden(_DETAIL, detail < min(wanted, _LEAST_DETAIL) or not self._lines)
        for column, width in ((_DETAIL, detail), (_TIME, time), (_BUTTON, button)):
            if width > 0:
                self.setColumnWidth(column, width)
            if column != _DETAIL:
                self.setColumnHidden(column, width <= 0)

    def _make_item(self, line: Line) -> QTreeWidgetItem:
        item = QTreeWidgetItem([line.name, line.detail, line.time, ""])
        item.setIcon(_NAME, self._theme.icon(line.icon, line.tone))
        item.setData(_NAME, _KEY, line.key)
        item.setToolTip(_NAME, line.tip or line.name)
        item.setToolTip(_DETAIL, line.detail)
        item.setTextAlignment(_TIME, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setForeground(_DETAIL, self._theme.colour("muted"))
        return item

    def _make_button(self, key: int, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setObjectName("inPlace")
        button.setIcon(self._theme.icon(self._action_icon))
        native = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(f"{action.text()} ({native})")
        button.setAccessibleName(action.text())
        button.setAutoRaise(True)
        # The keyboard reaches it by the list's own keys: a button that a renewal takes away must not hold the focus.
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(partial(self.wanted.emit, key))
        return button

    @Slot(QTreeWidgetItem, int)
    def _on_activated(self, item: QTreeWidgetItem, _column: int) -> None:
        if isinstance(key := item.data(_NAME, _KEY), int):
            self.opened.emit(key)

    @Slot()
    def _on_action(self) -> None:
        if (key := self._current_key()) is not None:
            self.wanted.emit(key)

    def _current_key(self) -> int | None:
        item = self.currentItem()
        key = item.data(_NAME, _KEY) if item is not None else None
        return key if isinstance(key, int) else None

    @Slot()
    def _renew_action(self) -> None:
        if self.action is not None:
            key = self._current_key()
            self.action.setEnabled(any(line.key == key and line.has_button for line in self._lines or ()))


def _make_bar(name: str) -> QWidget:
    bar = QProgressBar()
    bar.setAccessibleName(name)
    bar.setRange(0, _WHOLE)
    bar.setTextVisible(False)
    bar.setFixedSize(_BAR)
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(12, 0, 12, 0)
    layout.addWidget(bar, 0, Qt.AlignmentFlag.AlignVCenter)
    return holder
