"""The lines of the command palette: the letters that match are marked, what it is and its keys stand at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.models.palette_entries import Hit
from desktop.theme import Theme

__all__ = ["PaletteList"]

_ROW_HEIGHT = 36
_ICON = 16
_GAP = 12
_KIND_WIDTH = 96
_CAP_PADDING = 6
_NARROWEST_HINT = 48

Index = QModelIndex | QPersistentModelIndex


class _Hits(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.hits: list[Hit] = []

    def show(self, hits: Sequence[Hit]) -> None:
        self.beginResetModel()
        self.hits = list(hits)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's own signature)
        return 0 if parent.isValid() else len(self.hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.hits[index.row()].entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (entry.title, entry.hint, entry.kind, entry.keys) if part)
        return None


class _Painter(QStyledItemDelegate):
    def __init__(self, theme: Theme, view: QListView) -> None:
        super().__init__(view)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802  (Qt names it so)
        return QSize(0, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _Hits)
        hit = model.hits[index.row()]
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        rect: QRect = option.rect
        font: QFont = option.font
        painter.save()
        if is_chosen:
            painter.fillRect(rect, self._theme.colour("selection"))
        icon = self._theme.renewed(hit.entry.icon)  # the scheme may have changed since the palette was opened
        icon.paint(painter, QRect(rect.left() + _GAP, rect.center().y() - _ICON // 2 + 1, _ICON, _ICON))
        right = self._draw_right(painter, rect, hit, font)
        left = rect.left() + 2 * _GAP + _ICON
        tone = "on_selection" if is_chosen else "text"
        left += self._draw_title(painter, QRect(left, rect.top(), right - left, rect.height()), hit, font, tone)
        left += _GAP
        if hit.entry.hint and right - left >= _NARROWEST_HINT:
            painter.setFont(font)
            painter.setPen(self._theme.colour("muted"))
            hint = QFontMetrics(font).elidedText(hit.entry.hint, Qt.TextElideMode.ElideRight, right - left)
            painter.drawText(QRect(left, rect.top(), right - left, rect.height()), Qt.AlignmentFlag.AlignVCenter, hint)
        painter.restore()

    def _draw_right(self, painter: QPainter, rect: QRect, hit: Hit, font: QFont) -> int:
        """Draw the kind and the keys; return where the room left of them ends."""
        painter.setPen(self._theme.colour("muted"))
        painter.setFont(font)
        right = rect.right() - _GAP
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRect(right - _KIND_WIDTH, rect.top(), _KIND_WIDTH, rect.height()), flags, hit.entry.kind)
        right -= _KIND_WIDTH
        if hit.entry.keys:
            metrics = QFontMetrics(font)
            width = metrics.horizontalAdvance(hit.entry.keys) + 2 * _CAP_PADDING
            cap = QRect(right - width, rect.center().y() - metrics.height() // 2 - 2, width, metrics.height() + 4)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self._theme.colour("border"))
            painter.setBrush(self._theme.colour("raised"))
            painter.drawRoundedRect(cap, 4, 4)
            painter.setPen(self._theme.colour("text"))
            painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, hit.entry.keys)
            right -= width
        return right - _GAP

    def _draw_title(self, painter: QPainter, room: QRect, hit: Hit, font: QFont, tone: str) -> int:
        """Draw the title with its marked letters, cut where the room ends; return its width."""
        title = hit.entry.title
        layout = QTextLayout(title, font)
        layout.setFormats([_mark(title, position, self._theme.colour("accent")) for position in hit.positions])
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(1_000_000)
        line.setPosition(QPointF(0, 0))
        layout.endLayout()
        painter.setPen(self._theme.colour(tone))
        painter.save()
        painter.setClipRect(room)
        layout.draw(painter, QPointF(QPoint(room.left(), room.top() + round((room.height() - line.height()) / 2))))
        painter.restore()
        return min(room.width(), round(line.naturalTextWidth()))


def _mark(text: str, position: int, colour: QColor) -> QTextLayout.FormatRange:
    """Mark one letter; Qt counts in units of UTF-16."""
    marked = QTextCharFormat()
    marked.setFontWeight(QFont.Weight.Bold)
    marked.setFontUnderline(True)
    marked.setForeground(colour)
    place = QTextLayout.FormatRange()
    place.start = len(text[:position].encode("utf-16-le", "surrogatepass")) // 2
    place.length = len(text[position].encode("utf-16-le", "surrogatepass")) // 2
    place.format = marked
    return place


class PaletteList(QListView):
    """Shows hits; the keyboard's focus stays in the field above, which moves the choice with `step`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("paletteList")
        self.setAccessibleName(self.tr("What matches"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._hits = _Hits(self)
        self.setModel(self._hits)
        self.setItemDelegate(_Painter(theme, self))

    @property
    def titles(self) -> list[str]:
        """Return what is shown, from top to bottom."""
        return [hit.entry.title for hit in self._hits.hits]

    @property
    def chosen(self) -> Hit | None:
        """Return the line that is chosen."""
        row = self.currentIndex().row()
        return self._hits.hits[row] if 0 <= row < len(self._hits.hits) else None

    @property
    def page(self) -> int:
        """Return how many lines can be seen at once."""
        return max(1, self.viewport().height() // _ROW_HEIGHT)

    def show_hits(self, hits: Sequence[Hit], keep: str | None = None) -> None:
        """Show these and choose the one of the key `keep`, or the first."""
        self._hits.show(hits)
        rows = [row for row, hit in enumerate(hits) if hit.entry.key == keep]
        if hits:
            self._go(rows[0] if rows else 0)

    def step(self, by: int, *, around: bool = False) -> None:
        """Choose a line so many further down; `around`: from the last to the first."""
        count = len(self._hits.hits)
        if count:
            row = self.currentIndex().row() + by
            self._go(row % count if around else max(0, min(row, count - 1)))

    def _go(self, row: int) -> None:
        index = self._hits.index(row)
        self.setCurrentIndex(index)
        self.scrollTo(index)
