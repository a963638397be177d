"""Paints one row of a comparison: both texts side by side, with their numbers, signs and the words that differ."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QFontMetricsF, QPainter

from core.comparison.ignoring import Ignoring
from core.comparison.lines import Kind, Row
from core.comparison.text import Gap
from core.comparison.words import Spans, changed_words
from desktop.models.run_texts import describe_bytes
from desktop.theme import Theme

__all__ = ["Columns", "RowPainter", "shown_text"]

_GROUND = 0.13
_WORD = 0.34
_PAD = 8
_SIGNS = {
    Kind.REMOVED: ("\N{MINUS SIGN}", ""),
    Kind.ADDED: ("", "+"),
    Kind.CHANGED: ("\N{MINUS SIGN}", "+"),
    Kind.IGNORED: ("\N{ALMOST EQUAL TO}", "\N{ALMOST EQUAL TO}"),
}
_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20) if code != 0x09} | {0x7F: "\u2421"}


class Columns(NamedTuple):
    """Where the columns of a view are: half its width, the room for numbers, and how far it is scrolled, in pixels."""

    half: int
    numbers: int
    left: int

    def text_start(self, *, is_after: bool) -> int:
        """Return where the room for a text begins: behind the number and the sign."""
        return (self.half if is_after else 0) + self.numbers + 3 * _PAD


def shown_text(text: str) -> str:
    """Return a line as it is painted: tabs widened, and control characters as their pictures."""
    return text if text.isprintable() else text.expandtabs(8).translate(_CONTROLS)


class RowPainter:
    """What differs is told by a sign as well as by its colour, and the words in it by a stronger ground."""

    def __init__(self, theme: Theme, metrics: QFontMetrics) -> None:
        self._theme = theme
        self._metrics = metrics
        # Letters are seldom a whole number of pixels wide, and in a long line the rest adds up to whole words.
        self._exact = QFontMetricsF(metrics)
        self._width = self._exact.horizontalAdvance("0")
        self.use(Ignoring())

    def use(self, ignoring: Ignoring) -> None:
        """Mark no words that are ignored."""

        @lru_cache(maxsize=512)
        def words(before: str, after: str) -> tuple[Spans, Spans]:
            return changed_words(before, after, ignoring)

        self._words = words

    def text_width(self, text: str) -> int:
        """Return how wide a shown text is, in pixels."""
        return round(self._advance(text))

    def _advance(self, text: str) -> float:
        return len(text) * self._width if text.isascii() else self._exact.horizontalAdvance(text)

    def first_change(self, row: Row) -> int:
        """Return how far from the left the first word is that differs, in pixels; 0 for a row that is not CHANGED."""
        if row.kind is not Kind.CHANGED or row.before is None or row.after is None:
            return 0
        texts = shown_text(row.before), shown_text(row.after)
        starts = [spans[0][0] for spans in self._words(*texts) if spans]
        return self.text_width(texts[1][: min(starts, default=0)])

    def paint_row(self, painter: QPainter, row: Row, area: QRect, columns: Columns, chosen: bool | None) -> None:
        """Paint both sides; `chosen` is the side that is selected (True: the later one), None for neither."""
        before = None if row.before is None else shown_text(row.before)
        after = None if row.after is None else shown_text(row.after)
        spans: tuple[Spans, Spans] = ((), ())
        if row.kind is Kind.CHANGED and before is not None and after is not None:
            spans = self._words(before, after)
        for is_after, text, number in ((False, before, row.before_number), (True, after, row.after_number)):
            self._paint_side(
                painter,
                (text, number, row.kind, spans[is_after]),
                self._side(area, columns, is_after=is_after),
                columns,
                is_after=is_after,
                is_chosen=chosen is is_after,
            )

    def paint_folded(self, painter: QPainter, count: int, area: QRect) -> None:
        """Paint that so many rows are folded away here."""
        painter.fillRect(area, self._theme.colour("raised"))
        text = _tr("1 line alike") if count == 1 else _tr("{count} lines alike").format(count=f"{count:,}")
        self._paint_note(painter, text, area, "muted")

    def paint_gap(
        self, painter: QPainter, gaps: tuple[Gap | None, Gap | None], area: QRect, columns: Columns, *, differ: bool
    ) -> None:
        """Paint how much was not compared here."""
        painter.fillRect(area, self._ground("warning", _GROUND))
        for is_after, gap in enumerate(gaps):
            side = self._side(area, columns, is_after=bool(is_after))
            if gap is not None:
                size = describe_bytes(gap.end - gap.start)
                text = _tr("{size}, {lines} lines: not compared") if differ else _tr("{size}, {lines} lines: the same")
                self._paint_note(painter, text.format(size=size, lines=f"{gap.lines:,}"), side, "text")

    def _paint_side(
        self,
        painter: QPainter,
        what: tuple[str | None, int | None, Kind, Spans],
        area: QRect,
        columns: Columns,
        *,
        is_after: bool,
        is_chosen: bool,
    ) -> None:
        text, number, kind, spans = what
        if text is None:
            painter.fillRect(area, self._theme.colour("window"))
            return
        tone = "good" if is_after else "bad"
        if kind.differs:
            painter.fillRect(area, self._ground(tone, _GROUND))
        if is_chosen:
            painter.fillRect(area, self._theme.colour("selection"))
        baseline = area.top() + self._metrics.ascent() + (area.height() - self._metrics.height()) // 2
        painter.setPen(self._theme.colour("muted"))
        shown = "" if number is None else str(number)
        painter.drawText(area.left() + _PAD + columns.numbers - self.text_width(shown), baseline, shown)
        sign = _SIGNS.get(kind, ("", ""))[is_after]
        painter.setPen(self._theme.colour(tone if kind.differs else "muted"))
        painter.drawText(area.left() + _PAD + columns.numbers + _PAD // 2, baseline, sign)
        start = columns.text_start(is_after=is_after)
        painter.save()
        painter.setClipRect(QRect(start, area.top(), area.right() - start + 1, area.height()))
        self._paint_text(painter, text, spans, QRect(start - columns.left, area.top(), 0, area.height()), tone)
        painter.setPen(self._theme.colour("on_selection" if is_chosen else "text"))
        self._paint_letters(painter, text, QPoint(start, baseline), area.right() - start, columns.left)
        painter.restore()

    def _paint_text(self, painter: QPainter, text: str, spans: Spans, place: QRect, tone: str) -> None:
        for first, end in spans:
            left = place.left() + self._advance(text[:first])
            width = self._advance(text[first:end])
            painter.fillRect(QRectF(left, place.top() + 1, width, place.height() - 2), self._ground(tone, _WORD))

    def _paint_letters(self, painter: QPainter, text: str, start: QPoint, width: int, left: int) -> None:
        if text.isascii():  # of a long line only what is seen
            first = max(0, int(left / self._width) - 1)
            seen = text[first : first + int(width / self._width) + 3]
            painter.drawText(QPointF(start.x() - left + first * self._width, start.y()), seen)
        else:
            painter.drawText(start.x() - left, start.y(), text)

    def _paint_note(self, painter: QPainter, text: str, area: QRect, tone: str) -> None:
        painter.setPen(self._theme.colour(tone))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _ground(self, tone: str, strength: float) -> QColor:
        colour = self._theme.colour(tone)
        colour.setAlphaF(strength)
        return colour

    @staticmethod
    def _side(area: QRect, columns: Columns, *, is_after: bool) -> QRect:
        left = columns.half + 1 if is_after else area.left()
        right = area.right() if is_after else columns.half - 1
        return QRect(left, area.top(), right - left + 1, area.height())


def _tr(text: str) -> str:
    return QCoreApplication.translate("CompareView", text)
