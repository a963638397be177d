"""Paints the rows of an output that are in view: text, what is selected and found, and what stands before them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QApplication

from core.output.index import Stream
from core.output.rows import Row
from core.output.terminal.layout import Layout
from desktop.theme import Theme
from desktop.widgets.output_gutter import Gutter
from desktop.widgets.output_marks import RowMarks
from desktop.widgets.output_page import Page, PlacedLink
from desktop.widgets.output_painter import Frame, Ink, RowPainter
from desktop.widgets.output_selection import Selection

__all__ = ["MARGIN", "Canvas", "Scene"]

MARGIN = 12
_LEFT = MARGIN + 4
_MARK_WIDTH = 3
_FOUND_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be painted, beside the rows; `columns` is where rows wrap, 0 where they do not."""

    page: Page
    gutter: list[str]
    selection: Selection | None
    hovered: PlacedLink | None
    columns: int
    scrolled: int
    """By how many pixels the text is scrolled to the left."""


class Canvas:
    """Knows where things are: `left` is where the text begins, in pixels."""

    def __init__(self, theme: Theme, font: QFont, gutter: Gutter, marks: RowMarks) -> None:
        self._theme = theme
        self._gutter = gutter
        self._marks = marks
        self.painter = RowPainter(theme, font)
        self.use(font)

    def use(self, font: QFont) -> None:
        """Paint in another font."""
        self._font = font
        self.painter.use(font)
        self.row_height = QFontMetrics(font).height() + 2

    def left(self, size: int) -> int:
        """Return where the text begins, before an output of this many bytes."""
        return _LEFT + round(self._gutter.cells(size) * self.painter.cell)

    def line_at(self, place: QPoint) -> int:
        """Return the line of the screen at a point."""
        return max(0, place.y() - MARGIN // 2) // self.row_height

    def column_at(self, place: QPoint, scene: Scene, left: int) -> float:
        """Return the column of its row at a point; a wrapped row goes on in the next line."""
        column = (place.x() - left + scene.scrolled) / self.painter.cell
        number = scene.page.number_at(self.line_at(place))
        if not scene.columns or number is None:
            return column
        return min(max(0.0, column), scene.columns) + (self.line_at(place) - scene.page.tops[number]) * scene.columns

    def paint(self, painter: QPainter, scene: Scene, area: QRect, left: int) -> None:
        """Paint all of it that lies in the viewport `area`."""
        page = scene.page
        for number, (row, layout) in enumerate(zip(page.rows, page.layouts, strict=True)):
            self._paint_gutter(painter, scene.gutter[number], page.tops[number], left)
            below = page.tops[number + 1] if number + 1 < len(page.tops) else page.end
            for line in range(max(0, page.tops[number]), below):
                y = MARGIN // 2 + line * self.row_height
                if y > area.bottom():
                    return
                self._paint_line(
                    painter, scene, (row, layout), line - page.tops[number], QRect(left, y, area.width(), 0)
                )
                self._paint_mark(painter, row, y)

    def paint_words(self, painter: QPainter, text: str, area: QRect) -> None:
        """Paint what is to be said in place of rows."""
        painter.setFont(QApplication.font())
        painter.setPen(self._theme.colour("muted"))
        place = area.adjusted(2 * MARGIN, MARGIN, -2 * MARGIN, -MARGIN)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)

    def _paint_line(self, painter: QPainter, scene: Scene, shown: tuple[Row, Layout], line: int, place: QRect) -> None:
        """Paint one line of a row; `place` has where it begins and the width of the viewport."""
        row, layout = shown
        cell, columns = self.painter.cell, scene.columns
        start = place.x() - scene.scrolled - line * columns * cell
        frame = Frame(place.y(), self.row_height, start, place.width())
        width = columns * cell if columns else place.width()
        is_clipped = bool(columns) or scene.scrolled > 0
        if is_clipped:
            painter.save()
            painter.setClipRect(QRectF(place.x(), place.y(), width, self.row_height))
        hovered = scene.hovered.link if scene.hovered is not None and scene.hovered.row == row.start else None
        self.painter.paint(painter, layout, frame, hovered)
        self._paint_found(painter, row, layout, frame)
        self._paint_selection(painter, scene, row, layout, frame)
        if is_clipped:
            painter.restore()

    def _paint_found(self, painter: QPainter, row: Row, layout: Layout, frame: Frame) -> None:
        current = self._marks.current_in(row)
        for span in self._marks.of(row):
            if span != current:
                columns = layout.column_of(span[0]), float(layout.column_of(span[1]))
                self.painter.paint_over(painter, layout, frame, columns, Ink(self._found, self._theme.colour("text")))
        if current is not None:
            columns = layout.column_of(current[0]), float(layout.column_of(current[1]))
            ink = Ink(self._theme.colour("strong"), self._theme.colour("on_accent"), is_framed=True)
            self.painter.paint_over(painter, layout, frame, columns, ink)

    @property
    def _found(self) -> QColor:
        base, mark = self._theme.colour("base"), self._theme.colour("warning")
        parts = zip(base.getRgb()[:3], mark.getRgb()[:3], strict=True)  # type: ignore[index]  # a tuple of four
        return QColor(*(round(one + (other - one) * _FOUND_SHARE) for one, other in parts))

    def _paint_selection(self, painter: QPainter, scene: Scene, row: Row, layout: Layout, frame: Frame) -> None:
        selection = scene.selection
        within = selection.within(row, len(layout.line.text)) if selection is not None else None
        if selection is None or within is None:
            return
        first, end = layout.column_of(within[0]), float(layout.column_of(within[1]))
        if selection.goes_on_after(row):
            end = max(end, (frame.width - frame.left) / self.painter.cell)
        if end > first:
            ink = Ink(self._theme.colour("selection"), self._theme.colour("on_selection"))
            self.painter.paint_over(painter, layout, frame, (first, end), ink)

    def _paint_gutter(self, painter: QPainter, text: str, line: int, left: int) -> None:
        if text and line >= 0:
            painter.setFont(self._font)
            painter.setPen(self._theme.colour("muted"))
            y = MARGIN // 2 + line * self.row_height
            painter.drawText(QRect(_LEFT, y + 1, left - _LEFT, self.row_height), 0, text)

    def _paint_mark(self, painter: QPainter, row: Row, y: int) -> None:
        """Mark what came from standard error with a bar and what Clockhand noted with a dotted one."""
        streams = {Stream.NOTE} if row.is_gap else self._gutter.timeline.streams(row.start, row.end)
        if streams == {Stream.STDOUT}:
            return
        is_error = Stream.STDERR in streams
        colour = self._theme.colour("bad" if is_error else "warning")
        left = MARGIN // 2
        if is_error:
            painter.fillRect(QRect(left, y, _MARK_WIDTH, self.row_height), colour)
        else:
            for dot in range(y, y + self.row_height - 1, 6):
                painter.fillRect(QRect(left, dot, _MARK_WIDTH, 3), colour)
