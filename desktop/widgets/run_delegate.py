"""Paints the cells of the table of runs: a page of them at each step of scrolling, so without the style sheet.

Qt's own delegate asks the model for six roles and the style sheet for the shape of each cell; a repaint of the table
took several times as long with it.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.models.run_rows import Column
from desktop.models.run_table import RunTable
from desktop.theme import Theme

__all__ = ["RunDelegate"]

_SELECTED = QStyle.StateFlag.State_Selected
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_NUMBERS = (int(Column.DURATION), int(Column.OUTPUT))
_STATE = int(Column.STATE)
_PADDING = 11
_ICON = 16
_GAP = 6
_MOST_TEXTS = 4096


class RunDelegate(QStyledItemDelegate):
    """Colours, icons and shortened texts are made once, until the scheme changes."""

    def __init__(self, table: RunTable, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._theme = theme
        self._colours: dict[str, QColor] = {}
        self._pixmaps: dict[tuple[str, str, float], QPixmap] = {}
        self._texts: dict[tuple[str, int], str] = {}
        theme.changed.connect(self._forget)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one cell; one that has not been read yet is blank."""
        rect: QRect = option.rect
        is_selected = bool(option.state & _SELECTED)
        number, column = index.row(), index.column()
        if is_selected or number % 2:
            painter.fillRect(rect, self._colour("selection" if is_selected else "stripe"))
        text = self._table.text_at(number, column)
        if text is None:
            return
        left, width = rect.left() + _PADDING, rect.width() - 2 * _PADDING
        tone = "on_selection" if is_selected else "text"
        if column == _STATE:
            look = self._table.look_at(number)
            if look is not None:
                pixmap = self._pixmap(look.icon, look.tone, painter.device().devicePixelRatio())
                painter.drawPixmap(left, rect.top() + (rect.height() - _ICON) // 2, pixmap)
                tone = tone if is_selected else look.tone
            left, width = left + _ICON + _GAP, width - _ICON - _GAP
        if not text or width <= 0:
            return
        painter.setPen(self._colour(tone))
        flags = _RIGHT if column in _NUMBERS else _LEFT
        shown = self._shortened(text, width, option.fontMetrics)
        painter.drawText(QRect(left, rect.top(), width, rect.height()), flags, shown)

    def _shortened(self, text: str, width: int, metrics: QFontMetrics) -> str:
        key = (text, width)
        found = self._texts.get(key)
        if found is None:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            found = self._texts[key] = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
        return found

    def _colour(self, tone: str) -> QColor:
        found = self._colours.get(tone)
        if found is None:
            found = self._colours[tone] = self._theme.colour(tone)
        return found

    def _pixmap(self, icon: str, tone: str, ratio: float) -> QPixmap:
        key = (icon, tone, ratio)
        found = self._pixmaps.get(key)
        if found is None:
            found = self._theme.icon(icon, tone).pixmap(QSize(_ICON, _ICON), ratio)
            self._pixmaps[key] = found
        return found

    def _forget(self) -> None:
        self._colours.clear()
        self._pixmaps.clear()
        self._texts.clear()
