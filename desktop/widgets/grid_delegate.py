"""Paints a cell of the grid: an icon, the word for the last run and its time, and below them what comes next."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.theme import Theme
from desktop.widgets.grid_model import LOOK_ROLE, CellLook

__all__ = ["ROW_HEIGHT", "GridDelegate"]

ROW_HEIGHT = 52
_LEAST_WIDTH = 176
_MARGIN = 12
_ICON = 16
_GAP = 8
_SIGN = 14
_SIGN_GAP = 4
_LEADING = 2
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class GridDelegate(QStyledItemDelegate):
    """The word has the colour of its state; everything else is quiet."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(  # noqa: N802  (Qt names it so)
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return a size in which both lines have room."""
        look: CellLook = index.data(LOOK_ROLE)
        metrics = option.fontMetrics
        first = metrics.horizontalAdvance(f"{look.last.word}  {look.at}")
        second = metrics.horizontalAdvance(look.next) + (_SIGN + _SIGN_GAP if look.sign else 0)
        widest = max(first + metrics.averageCharWidth() * 2, second)
        return QSize(max(_LEAST_WIDTH, 2 * _MARGIN + _ICON + _GAP + widest), ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint the cell."""
        look: CellLook = index.data(LOOK_ROLE)
        theme = self._theme
        painter.save()
        option.widget.style().drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
        )
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        rect = option.rect
        if look.is_muted and not is_selected:
            painter.fillRect(rect, theme.colour("window"))
        painter.setPen(QPen(theme.colour("border")))
        model = index.model()
        if index.row() < model.rowCount() - 1:
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if index.column() < model.columnCount() - 1:
            painter.drawLine(rect.topRight(), rect.bottomRight())
        line = option.fontMetrics.height()
        text_height = 2 * line + _LEADING if look.next else line
        top = rect.top() + (rect.height() - text_height) // 2
        first = QRect(rect.left() + _MARGIN + _ICON + _GAP, top, 0, line)
        first.setRight(rect.right() - _MARGIN)
        icon = QRect(rect.left() + _MARGIN, top + (line - _ICON) // 2, _ICON, _ICON)
        theme.icon(look.last.icon, look.last.tone).paint(painter, icon)
        quiet = theme.colour("on_selection" if is_selected else "muted")
        self._first_line(painter, option, first, look)
        painter.setFont(option.font)
        painter.setPen(quiet)
        below = first.translated(0, line + _LEADING)
        if look.sign:
            sign = QRect(below.left(), below.top() + (line - _SIGN) // 2, _SIGN, _SIGN)
            theme.icon(look.sign, "on_selection" if is_selected else "warning").paint(painter, sign)
            below.setLeft(below.left() + _SIGN + _SIGN_GAP)
        painter.drawText(
            below, _LEFT, option.fontMetrics.elidedText(look.next, Qt.TextElideMode.ElideRight, below.width())
        )
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.colour("accent"), 2))
            painter.drawRect(rect.adjusted(1, 1, -2, -2))
        painter.restore()

    def _first_line(self, painter: QPainter, option: QStyleOptionViewItem, room: QRect, look: CellLook) -> None:
        font = QFont(option.font)
        if look.last.tone != "muted":
            font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(self._theme.colour(look.last.tone))
        word = painter.fontMetrics().elidedText(look.last.word, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, _LEFT, word)
        used = painter.fontMetrics().horizontalAdvance(word) + _GAP
        painter.setFont(option.font)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setPen(self._theme.colour("on_selection" if is_selected else "muted"))
        rest = room.adjusted(used, 0, 0, 0)
        if rest.width() > 0:
            text = option.fontMetrics.elidedText(look.at, Qt.TextElideMode.ElideRight, rest.width())
            painter.drawText(rest, _LEFT, text)
