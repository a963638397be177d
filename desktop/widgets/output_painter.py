"""Paints rows of an output on a grid of cells, in the styles that they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from core.output.terminal.layout import Layout, Link, Piece
from desktop.theme import Theme
from desktop.widgets.output_colours import colours_of

__all__ = ["Frame", "Ink", "RowPainter"]

_KEPT_MEASURES = 20_000
_KEPT_FONTS = 100
_TOLERANCE_PX = 0.75
_FAINT = 0.45


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a row is painted: its top, how high it is, and what is seen of it from `left` (negative) on."""

    y: int
    height: int
    left: float
    width: int


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of a part of a row that stands out, by a line around it as well if it `is_framed`."""

    ground: QColor
    text: QColor
    is_framed: bool = False


class RowPainter:
    """Knows the font; `cell` is the width of one cell in pixels."""

    def __init__(self, theme: Theme, font: QFont) -> None:
        self._theme = theme
        self._fonts: dict[tuple[bool, bool, float], QFont] = {}
        self._measures: dict[tuple[str, bool, bool], float] = {}
        self._font = font
        self.use(font)

    def use(self, font: QFont) -> None:
        """Paint in another font."""
        self._font = font
        self._fonts = {}
        self._measures = {}
        metrics = QFontMetricsF(font)
        self.cell = max(1.0, metrics.horizontalAdvance("0"))
        self._ascent = metrics.ascent()
        self._is_even = abs(metrics.horizontalAdvance("iW.") - 3 * self.cell) < _TOLERANCE_PX

    def paint(self, painter: QPainter, layout: Layout, frame: Frame, hovered: Link | None) -> None:
        """Paint the row's grounds and texts, and a faint line under each link; a strong one where the mouse is."""
        scheme = self._theme.colours
        for piece in self._seen(layout, frame):
            text, ground = colours_of(piece.style, scheme)
            if ground is not None:
                painter.fillRect(self._place(piece.column, piece.column + piece.width, frame), ground)
            if not piece.style.conceal:
                self._paint_piece(painter, piece, frame, text)
        for link in layout.links():
            place = self._place(layout.column_of(link.first), layout.column_of(link.end), frame)
            if place.left() > frame.width:
                break
            if place.right() >= 0:
                self._underline_link(painter, self._line_under(place, frame), is_hovered=link == hovered)

    def _underline_link(self, painter: QPainter, line: QRectF, *, is_hovered: bool) -> None:
        colour = self._theme.colour("accent")
        if is_hovered:
            line.setHeight(2)
        else:
            colour.setAlphaF(_FAINT)
        painter.fillRect(line, colour)

    def paint_over(self, painter: QPainter, layout: Layout, frame: Frame, columns: tuple[int, float], ink: Ink) -> None:
        """Paint a part of the row, in columns, in colours of its own; what is concealed is seen here."""
        place = self._place(columns[0], columns[1], frame)
        painter.save()
        painter.setClipRect(place, Qt.ClipOperation.IntersectClip)
        painter.fillRect(place, ink.ground)
        for piece in self._seen(layout, frame):
            self._paint_piece(painter, piece, frame, ink.text)
        if ink.is_framed:
            painter.setPen(ink.text)
            painter.drawRect(place.adjusted(1, 1, -2, -2))
        painter.restore()

    def _seen(self, layout: Layout, frame: Frame) -> Iterator[Piece]:
        """Yield the pieces in view, cut to it: of a long row most is not, and shaping it all would take long."""
        first = int(-frame.left / self.cell) - 1
        last = first + int(frame.width / self.cell) + 4
        for piece in layout.pieces:
            if piece.column + piece.width < first:
                continue
            if piece.column > last:
                return
            is_inside = piece.column >= first and piece.column + piece.width <= last
            yield piece if is_inside or not piece.step else _cut(piece, first, last)

    def _paint_piece(self, painter: QPainter, piece: Piece, frame: Frame, colour: QColor) -> None:
        style = piece.style
        if piece.width and not piece.text.isspace():
            painter.setPen(colour)
            painter.setFont(self._variant(bold=style.bold, italic=style.italic))
            at = QPointF(frame.left + piece.column * self.cell, frame.y + 1 + self._ascent)
            if piece.step == 0 or self._fits(piece):
                painter.drawText(at, piece.text)
            else:
                self._paint_spaced(painter, piece, at)
        if style.underline or style.strike:
            place = self._place(piece.column, piece.column + piece.width, frame)
            if style.underline:
                painter.fillRect(self._line_under(place, frame), colour)
            if style.strike:
                painter.fillRect(QRectF(place.left(), frame.y + 1 + self._ascent * 0.65, place.width(), 1), colour)

    def _paint_spaced(self, painter: QPainter, piece: Piece, at: QPointF) -> None:
        """Paint characters that are not as wide as their cells, each in the middle of its own."""
        bold, italic = piece.style.bold, piece.style.italic
        step = piece.step * self.cell
        first = self._measure(piece.text[0], bold=bold, italic=italic)
        wide = self._measure(piece.text, bold=bold, italic=italic)
        if first <= step and abs(wide - first * len(piece.text)) <= _TOLERANCE_PX:
            # All of one width, as ideographs are: drawing them at once takes a tenth of the time.
            painter.setFont(self._variant(bold=bold, italic=italic, spacing_px=step - first))
            painter.drawText(QPointF(at.x() + (step - first) / 2, at.y()), piece.text)
            return
        for number, character in enumerate(piece.text):
            spare = step - self._measure(character, bold=bold, italic=italic)
            painter.drawText(QPointF(at.x() + number * step + max(0.0, spare / 2), at.y()), character)

    def _fits(self, piece: Piece) -> bool:
        """Return whether the font, or the one that stands in for it, draws these characters as wide as the cells."""
        if self._is_even and piece.text.isascii():
            return True
        wide = self._measure(piece.text, bold=piece.style.bold, italic=piece.style.italic)
        return abs(wide - piece.width * self.cell) <= _TOLERANCE_PX

    def _measure(self, text: str, *, bold: bool, italic: bool) -> float:
        key = (text, bold, italic)
        found = self._measures.get(key)
        if found is None:
            if len(self._measures) >= _KEPT_MEASURES:
                self._measures.clear()
            found = QFontMetricsF(self._variant(bold=bold, italic=italic)).horizontalAdvance(text)
            self._measures[key] = found
        return found

    def _variant(self, *, bold: bool, italic: bool, spacing_px: float = 0.0) -> QFont:
        key = (bold, italic, round(spacing_px, 2) if spacing_px else 0.0)
        font = self._fonts.get(key)
        if font is None:
            if len(self._fonts) >= _KEPT_FONTS:
                self._fonts.clear()
            font = QFont(self._font)
            font.setBold(bold or self._font.bold())
            font.setItalic(italic or self._font.italic())
            if spacing_px:
                font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, spacing_px)
            self._fonts[key] = font
        return font

    def _place(self, first: float, end: float, frame: Frame) -> QRectF:
        return QRectF(frame.left + first * self.cell, frame.y, (end - first) * self.cell, frame.height)

    def _line_under(self, place: QRectF, frame: Frame) -> QRectF:
        return QRectF(place.left(), frame.y + frame.height - 2, place.width(), 1)


def _cut(piece: Piece, first: int, last: int) -> Piece:
    """Return the part of the piece between two columns."""
    skipped = max(0, first - piece.column) // piece.step
    text = piece.text[skipped : max(skipped, (last - piece.column) // piece.step + 1)]
    column = piece.column + skipped * piece.step
    return piece._replace(text=text, first=piece.first + skipped, column=column, width=len(text) * piece.step)
