"""Paints the results of a search: headings of runs, numbered lines with the matches marked, and the lines around."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.models.search_rows import Kind, ResultRow, SearchRows
from desktop.theme import Theme

__all__ = ["SearchDelegate"]

Index = QModelIndex | QPersistentModelIndex

_PADDING = 12
_ICON = 16
_GAP = 8
_NUMBER_DIGITS = 7
_MARK_WIDTH = 3
_HEADING_EXTRA = 8
_FLAGS = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_LOOKS = {
    None: ("executing", "busy"),
    "succeeded": ("succeeded", "good"),
    "timed-out": ("timed-out", "bad"),
    "could-not-start": ("could-not-start", "bad"),
    "lost": ("lost", "bad"),
    "cancelled": ("cancelled", "waiting"),
}
_FAILED = ("failed", "bad")


class SearchDelegate(QStyledItemDelegate):
    """All rows are of one height, so that the list needs to measure one of them only."""

    def __init__(self, rows: SearchRows, theme: Theme, view: QWidget) -> None:
        super().__init__(view)
        self._rows = rows
        self._theme = theme
        self._mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._bold = QFont(self._mono)
        self._bold.setBold(True)
        self.row_height = max(QFontMetrics(self._mono).height(), QFontMetrics(view.font()).height()) + _HEADING_EXTRA

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802  (Qt names it so)
        """Return the height that every row has."""
        return QSize(0, self.row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        row = self._rows.row_at(index.row())
        rect: QRect = option.rect
        painter.save()
        if row.kind is Kind.RUN:
            self._paint_heading(painter, rect, row, option.font)
        else:
            is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            self._paint_line(painter, rect, row, is_chosen=is_chosen)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, row: ResultRow, font: QFont) -> None:
        painter.fillRect(rect, self._theme.colour("window"))
        icon, tone = _LOOKS.get(row.hit.outcome, _FAILED)
        place = QRect(rect.left() + _PADDING, rect.top() + (rect.height() - _ICON) // 2, _ICON, _ICON)
        self._theme.icon(icon, tone).paint(painter, place)
        left = place.right() + _GAP
        bold = QFont(font)
        bold.setBold(True)
        note = self._rows.note_of(row)
        room = rect.right() - _PADDING - left
        width = min(QFontMetrics(bold).horizontalAdvance(self._rows.title_of(row)) + 1, room * 3 // 5)
        painter.setFont(bold)
        painter.setPen(self._theme.colour("text"))
        self._draw(painter, QRect(left, rect.top(), width, rect.height()), self._rows.title_of(row))
        painter.setFont(font)
        painter.setPen(self._theme.colour("muted"))
        self._draw(painter, QRect(left + width + _GAP, rect.top(), room - width - _GAP, rect.height()), note)

    def _paint_line(self, painter: QPainter, rect: QRect, row: ResultRow, *, is_chosen: bool) -> None:
        if is_chosen:
            painter.fillRect(rect, self._theme.colour("selection"))
        metrics = QFontMetrics(self._mono)
        advance = max(1, metrics.horizontalAdvance("0"))
        gutter = _PADDING + advance * _NUMBER_DIGITS
        painter.setFont(self._mono)
        painter.setPen(self._theme.colour("on_selection" if is_chosen else "muted"))
        painter.drawText(QRect(rect.left(), rect.top(), gutter, rect.height()), _RIGHT, str(row.number))
        if row.kind is Kind.MATCH and row.hit.is_error:
            mark = QRect(rect.left() + gutter + _GAP // 2, rect.top() + 2, _MARK_WIDTH, rect.height() - 4)
            painter.fillRect(mark, self._theme.colour("bad"))
        left = rect.left() + gutter + 2 * _GAP
        room = QRect(left, rect.top(), rect.right() - left - _GAP, rect.height())
        if row.kind is Kind.CONTEXT:
            painter.drawText(room, _FLAGS, row.text[: room.width() // advance + 1])
        else:
            self._paint_match(painter, room, row, advance, tone="on_selection" if is_chosen else "text")

    def _paint_match(self, painter: QPainter, room: QRect, row: ResultRow, advance: int, *, tone: str) -> None:
        """Paint the text with its matches; where the first of them would be out of sight, the beginning gives way."""
        hit, fits = row.hit, max(1, room.width() // advance)
        start, end = hit.spans[0] if hit.spans else (0, 0)
        first = max(0, start - fits // 3) if end > fits else 0
        text, shift = row.text[first : first + fits + 1], first
        if hit.is_cut_before or first:
            text, shift = f"…{text}", first - 1
        painter.setClipRect(room)
        x, position = room.left(), 0
        marks = [(max(0, begin - shift), stop - shift) for begin, stop in hit.spans if stop > first]
        for begin, stop in [*marks, (len(text), len(text))]:
            x += self._paint_piece(painter, room, x, text[position:begin], self._theme.colour(tone))
            x += self._paint_piece(painter, room, x, text[begin:stop], self._theme.colour(tone), is_match=True)
            position = max(position, stop)
        if hit.is_cut_after and x < room.right():
            self._paint_piece(painter, room, x, "…", self._theme.colour(tone))

    def _paint_piece(
        self, painter: QPainter, room: QRect, x: int, text: str, colour: QColor, *, is_match: bool = False
    ) -> int:
        """Paint a piece from `x` on and return its width."""
        if not text or x > room.right():
            return 0
        font = self._bold if is_match else self._mono
        width = QFontMetrics(font).horizontalAdvance(text)
        place = QRect(x, room.top(), width, room.height())
        painter.setFont(font)
        painter.setPen(colour)
        if is_match:
            mark = self._theme.colour("warning")
            mark.setAlpha(70)
            painter.fillRect(place.adjusted(0, 3, 0, -3), mark)
            painter.fillRect(QRect(x, room.bottom() - 4, width, 2), self._theme.colour("warning"))
        painter.drawText(place, _FLAGS, text)
        return width

    @staticmethod
    def _draw(painter: QPainter, place: QRect, text: str) -> None:
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(0, place.width()))
        painter.drawText(place, _FLAGS, shown)
