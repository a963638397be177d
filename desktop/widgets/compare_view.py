"""Two texts side by side, line by line, scrolled together; it paints what is seen and holds only the rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QFontDatabase,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from core.comparison.ignoring import Ignoring
from core.comparison.lines import Kind, Row
from core.comparison.text import Gap
from desktop.models.compare_rows import CompareRows
from desktop.theme import Theme
from desktop.widgets.compare_painter import Columns, RowPainter, shown_text

__all__ = ["CompareView"]

_MARK_WIDTH = 3
_LEADING = 4
_STEP_COLUMNS = 8
_ABOVE_DIFFERENCE = 3


class CompareView(QAbstractScrollArea):
    """`current_changed` comes when another difference is the current one, or there are more of them."""

    current_changed = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.rows = CompareRows()
        self.current: int | None = None
        """The number of the difference that is shown, from 0."""
        self._gaps: tuple[Gap | None, Gap | None] = (None, None)
        self._gaps_differ = False
        self._widest = 0
        self._chosen: tuple[int, int, bool] | None = None  # the place that was pressed, the other end, and the side
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._metrics = QFontMetrics(self.font())
        self._painter = RowPainter(theme, self._metrics)
        self._row_height = self._metrics.height() + _LEADING
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for text, keys, do in (
            (self.tr("&Copy"), QKeySequence.StandardKey.Copy, self.copy),
            (self.tr("Select &all of this side"), QKeySequence.StandardKey.SelectAll, self.select_all),
        ):
            action = QAction(text, self)
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(do)
            self.addAction(action)
        for bar in (self.verticalScrollBar(), self.horizontalScrollBar()):
            bar.valueChanged.connect(self._repaint)
        theme.changed.connect(self._repaint)

    def clear(
        self,
        ignoring: Ignoring,
        gaps: tuple[Gap | None, Gap | None] = (None, None),
        *,
        gaps_differ: bool = False,
        keep_place: bool = False,
    ) -> None:
        """Begin anew; `keep_place` leaves what is seen where it is, for the same texts compared in another way."""
        self.rows = CompareRows()
        self.current = None
        self._gaps, self._gaps_differ = gaps, gaps_differ
        self._chosen = None
        self._painter.use(ignoring)
        if not keep_place:
            self._widest = 0
            self._renew_bars()
        self.current_changed.emit()
        self._repaint()

    def add(self, rows: Sequence[Row]) -> None:
        """Show more rows below the others."""
        count, room = len(self.rows.differences), self.rows.count
        self.rows.add(rows)
        texts = [text for row in rows for text in (row.before, row.after) if text]
        self._widest = max(self._widest, self._painter.text_width(shown_text(max(texts, key=len, default=""))))
        if not self.rows.is_folded:
            self._renew_bars()
        if len(self.rows.differences) != count:
            self.current_changed.emit()
        if room <= self._top + self._page:  # else it comes below what is seen
            self._repaint()

    def fold(self, *, is_folded: bool) -> None:
        """Show only what is near a difference, or everything, with what is at the top staying there."""
        top = self.rows.row_number(self._top) if self.rows.count else 0
        self.rows.fold(is_folded)
        self._chosen = None
        self._renew_bars()
        self.verticalScrollBar().setValue(self.rows.place_of(top))
        if self.current is not None:
            self._show_current()
        self._repaint()

    def go(self, step: int) -> None:
        """Go to the next difference (1) or the one before (-1); at the end it stays."""
        if self.current is not None:
            number = self.rows.differences[self.current][0 if step < 0 else 1]
        else:
            number = self.rows.row_number(self._top) - step if self.rows.count else 0
        found = self.rows.next_difference(number, step)
        if found is not None:
            self.current = found
            self._show_current()
            self.current_changed.emit()
            self._repaint()

    def visible_rows(self) -> list[Row | int]:
        """Return what is seen: rows, and how many are folded away."""
        last = min(self.rows.count, self._top + self._page + 1)
        return [self.rows.at(place) for place in range(self._top, last)]

    def select_all(self) -> None:
        """Select one of the texts, the later one unless something of the other is selected."""
        side = self._chosen[2] if self._chosen is not None else True
        if self.rows.count:
            self._chosen = (0, self.rows.count - 1, side)
            self._repaint()

    def copy(self) -> None:
        """Put the selected lines on the clipboard."""
        if self._chosen is not None:
            anchor, head, side = self._chosen
            lines = self.rows.side(min(anchor, head), max(anchor, head), is_after=side)
            QGuiApplication.clipboard().setText("".join(f"{line}\n" for line in lines))

    @property
    def _top(self) -> int:
        return self.verticalScrollBar().value()

    @property
    def _page(self) -> int:
        return max(1, self.viewport().height() // self._row_height)

    @property
    def _columns(self) -> Columns:
        digits = len(str(max(1, self._last_number())))
        return Columns(
            half=self.viewport().width() // 2,
            numbers=self._painter.text_width("0" * digits),
            left=self.horizontalScrollBar().value(),
        )

    def _last_number(self) -> int:
        last = self.rows.rows[-1:]
        gaps = sum(gap.lines for gap in self._gaps if gap is not None)
        return max(
            (
                *(number or 0 for row in last for number in (row.before_number, row.after_number)),
                len(self.rows.rows) + gaps,
            )
        )

    def _show_current(self) -> None:
        assert self.current is not None, "it is called for one"
        first, last = (self.rows.place_of(number) for number in self.rows.differences[self.current])
        above = min(_ABOVE_DIFFERENCE, self._page // 3)
        if first - above < self._top or last >= self._top + self._page:
            self.verticalScrollBar().setValue(max(0, first - above))
        bar = self.horizontalScrollBar()
        change = self._painter.first_change(self.rows.rows[self.rows.differences[self.current][0]])
        if not bar.value() <= change < bar.value() + bar.pageStep() * 3 // 4:
            bar.setValue(max(0, change - bar.pageStep() // 4) if change >= bar.pageStep() * 3 // 4 else 0)

    def _renew_bars(self) -> None:
        vertical, horizontal = self.verticalScrollBar(), self.horizontalScrollBar()
        vertical.setRange(0, max(0, self.rows.count - self._page))
        vertical.setPageStep(self._page)
        columns = self._columns
        room = max(1, columns.half - columns.text_start(is_after=False))
        horizontal.setRange(0, max(0, self._widest + self._metrics.averageCharWidth() - room))
        horizontal.setPageStep(room)
        horizontal.setSingleStep(self._metrics.averageCharWidth() * _STEP_COLUMNS)

    def _repaint(self) -> None:
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt names it so)
        """Paint the rows that are seen."""
        viewport, columns = self.viewport(), self._columns
        painter = QPainter(viewport)
        painter.setFont(self.font())
        painter.fillRect(event.rect(), self._theme.colour("base"))
        marked = range(0) if self.current is None else range(*self._current_rows())
        for number, what in enumerate(self.visible_rows()):
            area = QRect(0, number * self._row_height, viewport.width(), self._row_height)
            if not area.intersects(event.rect()):
                continue
            if isinstance(what, int):
                self._painter.paint_folded(painter, what, area)
            elif what.kind is Kind.GAP:
                self._painter.paint_gap(painter, self._gaps, area, columns, differ=self._gaps_differ)
            else:
                self._painter.paint_row(painter, what, area, columns, self._chosen_side(self._top + number))
            if self.rows.row_number(self._top + number) in marked:
                for left in (0, columns.half + 1):
                    painter.fillRect(QRect(left, area.top(), _MARK_WIDTH, area.height()), self._theme.colour("accent"))
        painter.fillRect(QRect(columns.half, 0, 1, viewport.height()), self._theme.colour("border"))

    def _current_rows(self) -> tuple[int, int]:
        assert self.current is not None, "it is called for one"
        first, last = self.rows.differences[self.current]
        return first, last + 1

    def _chosen_side(self, place: int) -> bool | None:
        if self._chosen is None:
            return None
        anchor, head, side = self._chosen
        return side if min(anchor, head) <= place <= max(anchor, head) else None

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Lay out anew."""
        super().resizeEvent(event)
        self._renew_bars()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Scroll; N and P go through the differences."""
        bar = self.verticalScrollBar()
        match event.key():
            case Qt.Key.Key_N if not event.modifiers():
                self.go(1)
            case Qt.Key.Key_P if not event.modifiers():
                self.go(-1)
            case Qt.Key.Key_Home:
                bar.setValue(bar.minimum())
            case Qt.Key.Key_End:
                bar.setValue(bar.maximum())
            case _:
                super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Select the line that is pressed; with Shift, up to it."""
        if event.button() is not Qt.MouseButton.LeftButton or not self.rows.count:
            return
        point = event.position().toPoint()
        place, side = self._place_at(point), point.x() > self.viewport().width() // 2
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._chosen is not None:
            self._chosen = (self._chosen[0], place, self._chosen[2])
        else:
            self._chosen = (place, place, side)
        self._repaint()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Take the end of a selection, so that nobody else does."""
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Select on; beyond an edge it scrolls."""
        if self._chosen is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        point = event.position().toPoint()
        if point.y() < 0 or point.y() > self.viewport().height():
            self.verticalScrollBar().setValue(self._top + (1 if point.y() > 0 else -1))
        self._chosen = (self._chosen[0], self._place_at(point), self._chosen[2])
        self._repaint()

    def _place_at(self, point: QPoint) -> int:
        place = self._top + min(max(0, point.y()), self.viewport().height() - 1) // self._row_height
        return min(place, self.rows.count - 1)
