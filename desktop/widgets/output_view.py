"""A view of an output of any size: it paints the rows that are seen and holds nothing else of the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QFontDatabase,
    QFontMetrics,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QMenu, QToolTip, QWidget

from core.errors import StorageError
from core.output.index import Stream
from core.output.rows import Row, RowFinder, Source
from core.output.terminal.layout import Layout
from desktop.theme import Theme
from desktop.widgets.output_links import Links
from desktop.widgets.output_page import Page, PlacedLink, read_page
from desktop.widgets.output_painter import Frame, RowPainter
from desktop.widgets.output_selection import Selection, Spot, selected_text, word_around
from desktop.widgets.output_text import RowTexts

__all__ = ["OutputView"]

_MARGIN = 12
_LEFT = _MARGIN + 4
_MARK_WIDTH = 3
_SCROLL_STEPS = 2**30  # QScrollBar counts in 32 bits, so bytes are scaled down to it where there are more
_WHEEL_ROWS = 3
_WHEEL_NOTCH = 120


class OutputView(QAbstractScrollArea):
    """Anchored at the byte where its topmost row begins, so that what is read does not move while the output grows.

    `following` says whether it stays at the end; scrolling up lets go, reaching the end takes hold again. `moved`
    carries the first and the last byte in view, for whoever knows the streams (`set_streams`). `failed` carries a
    StorageError.
    """

    following_changed = Signal(bool)
    moved = Signal(object, object)
    failed = Signal(object)
    copy_was_cut = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._finder: RowFinder | None = None
        self._top = 0
        self._size = 0
        self._following = False
        self._texts: RowTexts | None = None
        self._page = Page()
        self._streams: list[tuple[int, int, Stream]] = []
        self._selection: Selection | None = None
        self._widest = 0
        self._wheel = 0
        self._hovered: PlacedLink | None = None
        self._pressed: PlacedLink | None = None
        self.links = Links(self)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._painter = RowPainter(theme, self.font())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.viewport().setMouseTracking(True)
        for text, keys, do in (
            (self.tr("&Copy"), QKeySequence.StandardKey.Copy, self.copy),
            (self.tr("Select &all"), QKeySequence.StandardKey.SelectAll, self.select_all),
        ):
            action = QAction(text, self)
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(do)
            self.addAction(action)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.horizontalScrollBar().valueChanged.connect(self._repaint)
        theme.changed.connect(self._repaint)

    @property
    def following(self) -> bool:
        """Return whether the view stays at the end of what grows."""
        return self._following

    @property
    def top(self) -> int:
        """Return the byte at which the topmost row begins."""
        return self._top

    @property
    def has_selection(self) -> bool:
        """Return whether something is selected."""
        return self._selection is not None and not self._selection.is_empty

    @property
    def cells(self) -> tuple[int, int]:
        """Return how many columns and rows there is room for."""
        width = self.viewport().width() - _LEFT - _MARGIN
        return max(1, int(width / self._painter.cell)), self._page_rows

    def show_source(self, source: Source | None, *, follow: bool, keep_place: bool = False) -> None:
        """Show another output, or nothing; with `keep_place` the same bytes are somewhere else now."""
        self._finder = RowFinder(source) if source is not None else None
        self._texts = RowTexts(source) if source is not None else None
        self._hovered = self._pressed = None
        self._size = 0
        if not keep_place:
            self._top = 0
            self._widest = 0
            self._selection = None
            self._streams = []
            self.horizontalScrollBar().setValue(0)
            self._renew_horizontal_bar()
        self._set_following(follow)
        self.grow()
        self._layout()

    def grow(self) -> None:
        """Look whether there is more by now; cheap when there is not."""
        if self._finder is None:
            return
        size = self._attempt(self._finder.size, self._size)
        if size == self._size:
            return
        self._size = size
        self._layout()

    def set_following(self, following: bool) -> None:
        """Go to the end and stay there, or stay here."""
        self._set_following(following)
        self._layout()

    def reveal(self, offset: int) -> None:
        """Show the row in which the byte at `offset` lies, selected, with some of those above it."""
        if self._finder is None:
            return
        finder = self._finder
        start = self._attempt(lambda: finder.row_start(offset), 0)
        rows = self._attempt(lambda: finder.rows(start, 1), [])
        if not rows:
            return
        self._set_following(False)
        self._top = self._attempt(lambda: finder.start_above(start, self._page_rows // 3), 0)
        self._selection = Selection(Spot(start, 0), Spot(start, self._length_of(rows[0])))
        self.horizontalScrollBar().setValue(0)
        self._layout()

    def set_streams(self, streams: list[tuple[int, int, Stream]]) -> None:
        """Tell which bytes (first, end) came from which stream, in order, for what is in view."""
        if streams != self._streams:
            self._streams = streams
            self._repaint()

    def visible_text(self) -> list[str]:
        """Return the texts of the rows in view."""
        return [layout.line.text for layout in self._page.layouts]

    def selected_text(self) -> str:
        """Return the selected text, or its beginning where it is too long to be copied."""
        return self._read_selection()[0]

    def copy(self) -> None:
        """Put the selected text on the clipboard."""
        text, is_whole = self._read_selection()
        if text:
            QGuiApplication.clipboard().setText(text)
        if not is_whole:
            self.copy_was_cut.emit()

    def _read_selection(self) -> tuple[str, bool]:
        finder, texts, selection = self._finder, self._texts, self._selection
        if finder is None or texts is None or selection is None:
            return "", True
        found: tuple[str, bool] = self._attempt(lambda: selected_text(finder, texts, selection), ("", True))
        return found

    def select_all(self) -> None:
        """Select everything."""
        if self._finder is not None:
            finder, end = self._finder, self._size
            last = self._attempt(lambda: finder.rows(finder.row_start(end - 1), 1, end=end), [])
            if last:
                self._selection = Selection(Spot(0, 0), Spot(last[0].start, self._length_of(last[0])))
                if last[0].data.endswith(b"\n"):
                    self._selection = self._selection.to(Spot(end, 0))
            self._repaint()

    def _length_of(self, row: Row) -> int:
        texts = self._texts
        return 0 if texts is None else self._attempt(lambda: len(texts.line(row).text), 0)

    # Where things are

    @property
    def _row_height(self) -> int:
        return QFontMetrics(self.font()).height() + 2

    @property
    def _page_rows(self) -> int:
        return max(1, (self.viewport().height() - _MARGIN) // self._row_height)

    @property
    def _scale(self) -> int:
        return self._size // _SCROLL_STEPS + 1

    @property
    def _is_readable(self) -> bool:
        return self._finder is not None

    def _layout(self) -> None:
        """Read the rows in view and set the scroll bars; the one place where the anchor meets the size."""
        if self._finder is None:
            self._page = Page()
            self.verticalScrollBar().setRange(0, 0)
            self._repaint()
            return
        finder = self._finder
        last_page = self._attempt(lambda: finder.last_page(self._page_rows), 0)
        if not self._is_readable:
            last_page = self._top = 0
        elif self._following or self._top > last_page:
            self._top = last_page
        self._read_page()
        bar = self.verticalScrollBar()
        bar.blockSignals(True)
        bar.setRange(0, last_page // self._scale)
        bar.setPageStep(max(1, (self._size - last_page) // self._scale))
        bar.setValue(self._top // self._scale)
        bar.blockSignals(False)
        if self._page.rows:
            self.moved.emit(self._page.rows[0].start, self._page.rows[-1].end)
        self._repaint()

    def _read_page(self) -> None:
        finder, texts = self._finder, self._texts
        self._page = Page()
        if finder is None or texts is None:
            return
        top, count, end = self._top, self._page_rows + 1, self._size
        self._page = self._attempt(lambda: read_page(finder, texts, top, count, end=end), Page())
        if self._page.width > self._widest:
            self._widest = self._page.width
            self._renew_horizontal_bar()

    def _go_to(self, top: int) -> None:
        if self._finder is None:
            return
        up = top < self._top
        self._top = max(0, top)
        if up:
            self._set_following(False)
        self._layout()
        if not up and self.verticalScrollBar().value() >= self.verticalScrollBar().maximum():
            self._set_following(True)

    def _move_by(self, rows: int) -> None:
        if self._finder is None:
            return
        finder, top = self._finder, self._top
        if rows < 0:
            self._go_to(self._attempt(lambda: finder.start_above(top, -rows), top))
        else:
            found = self._attempt(lambda: finder.rows(top, rows, end=self._size), [])
            self._go_to(found[-1].end if found else top)

    def _on_scrolled(self, value: int) -> None:
        if self._finder is None:
            return
        finder = self._finder
        at_end = value >= self.verticalScrollBar().maximum()
        offset = self._size if at_end else value * self._scale
        self._go_to(self._attempt(lambda: finder.row_start(offset), self._top))

    def _set_following(self, following: bool) -> None:
        if following != self._following:
            self._following = following
            self.following_changed.emit(following)

    def _attempt(self, read: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return read()
        except StorageError as error:
            self._finder = None
            self.failed.emit(error)
            return otherwise

    def _repaint(self) -> None:
        self.viewport().update()

    # What Qt calls

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Show more or fewer rows."""
        super().resizeEvent(event)
        self._renew_horizontal_bar()
        self._layout()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt names it so)
        """Paint the rows in view."""
        painter = QPainter(self.viewport())
        height = self._row_height
        for number, (row, layout) in enumerate(zip(self._page.rows, self._page.layouts, strict=True)):
            y = _MARGIN // 2 + number * height
            if y > event.rect().bottom():
                break
            frame = Frame(y, height, _LEFT - self.horizontalScrollBar().value(), self.viewport().width())
            hovered = self._hovered.link if self._hovered is not None and self._hovered.row == row.start else None
            self._painter.paint(painter, layout, frame, hovered)
            self._paint_selection(painter, row, layout, frame)
            self._paint_mark(painter, row, QRect(0, y, self.viewport().width(), height))
        painter.end()

    def _paint_selection(self, painter: QPainter, row: Row, layout: Layout, frame: Frame) -> None:
        selection = self._selection
        within = selection.within(row, len(layout.line.text)) if selection is not None else None
        if selection is None or within is None:
            return
        first, end = layout.column_of(within[0]), float(layout.column_of(within[1]))
        if selection.goes_on_after(row):
            end = (frame.width - frame.left) / self._painter.cell
        if end > first:
            self._painter.paint_selected(painter, layout, frame, (first, end))

    def _renew_horizontal_bar(self) -> None:
        bar = self.horizontalScrollBar()
        bar.setRange(0, max(0, round(self._widest * self._painter.cell) + 2 * _MARGIN - self.viewport().width()))
        bar.setPageStep(self.viewport().width())
        bar.setSingleStep(round(self._painter.cell * 4))

    def _paint_mark(self, painter: QPainter, row: Row, line: QRect) -> None:
        """Mark what came from standard error with a bar and what Clockhand noted with a dotted one."""
        stream = next((stream for first, end, stream in self._streams if first < row.end and end > row.start), None)
        if stream is None or stream is Stream.STDOUT:
            return
        colour = self._theme.colour("bad" if stream is Stream.STDERR else "warning")
        left = _MARGIN // 2
        if stream is Stream.STDERR:
            painter.fillRect(QRect(left, line.y(), _MARK_WIDTH, line.height()), colour)
        else:
            for y in range(line.y(), line.bottom(), 6):
                painter.fillRect(QRect(left, y, _MARK_WIDTH, 3), colour)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  (Qt names it so)
        """Scroll by whole rows; what a touch pad gives in small pieces adds up."""
        if event.angleDelta().x() and not event.angleDelta().y():
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - event.angleDelta().x())
            return
        self._wheel -= event.angleDelta().y() * _WHEEL_ROWS
        rows, self._wheel = (
            int(self._wheel / _WHEEL_NOTCH),
            self._wheel - int(self._wheel / _WHEEL_NOTCH) * _WHEEL_NOTCH,
        )
        if rows:
            self._move_by(rows)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Scroll, copy and select by the keyboard."""
        keys = {
            Qt.Key.Key_Up: lambda: self._move_by(-1),
            Qt.Key.Key_Down: lambda: self._move_by(1),
            Qt.Key.Key_PageUp: lambda: self._move_by(1 - self._page_rows),
            Qt.Key.Key_PageDown: lambda: self._move_by(max(1, self._page_rows - 1)),
            Qt.Key.Key_Home: lambda: self._go_to(0),
            Qt.Key.Key_End: lambda: self.set_following(True),
        }
        if (action := keys.get(Qt.Key(event.key()))) is not None:
            action()
        elif event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            bar = self.horizontalScrollBar()
            sign = 1 if event.key() == Qt.Key.Key_Right else -1
            bar.setValue(bar.value() + sign * bar.singleStep())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Begin a selection, or extend it with Shift."""
        if event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        place = event.position().toPoint()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._pressed = self._link_at(place)
            if self._pressed is not None:
                return
        spot = self._spot_at(place)
        if spot is None:
            self._selection = None
        elif self._selection is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._selection = self._selection.to(spot)
        else:
            self._selection = Selection(spot, spot)
        self._repaint()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Select a word."""
        place = event.position().toPoint()
        number = self._number_at(place)
        if number is not None:
            layout = self._page.layouts[number]
            index = layout.index_at(self._column_at(place))
            self._selection = word_around(self._page.rows[number], layout.line.text, index)
            self._repaint()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Take the end of a selection, so that nobody else does; open a link that was pressed with Ctrl."""
        event.accept()
        pressed, self._pressed = self._pressed, None
        if pressed is not None and pressed == self._link_at(event.position().toPoint()):
            self.links.open(pressed.link.address)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Extend the selection; beyond the edge it scrolls. Without a button, show the link below."""
        if not event.buttons():
            self._hover(self._link_at(event.position().toPoint()))
            return
        if self._pressed is not None or not event.buttons() & Qt.MouseButton.LeftButton or self._selection is None:
            return
        y = round(event.position().y())
        if y < 0:
            self._move_by(-1)
        elif y > self.viewport().height():
            self._move_by(1)
        clamped = min(max(y, 0), self._page_rows * self._row_height)
        spot = self._spot_at(QPoint(round(event.position().x()), clamped))
        if spot is not None:
            self._selection = self._selection.to(spot)
            self._repaint()

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802  (Qt names it so)
        """Tell where a link leads; let go of it when the mouse leaves."""
        if event.type() is QEvent.Type.Leave:
            self._hover(None)
        elif isinstance(event, QHelpEvent):
            found = self._link_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if found is None else self.links.tool_tip(found.link.address), self)
            return True
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802  (Qt names it so)
        """Offer what can be done with the text, and with the link below or, by keyboard, with those in view."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.actions())
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.links.offer(menu, self._page.addresses(self._selection))
        elif (found := self._link_at(event.pos())) is not None:
            self.links.offer(menu, [found.link.address])
        menu.popup(event.globalPos())

    def _hover(self, link: PlacedLink | None) -> None:
        if link != self._hovered:
            self._hovered = link
            shape = Qt.CursorShape.IBeamCursor if link is None else Qt.CursorShape.PointingHandCursor
            self.viewport().setCursor(shape)
            self._repaint()

    def _link_at(self, place: QPoint) -> PlacedLink | None:
        number = self._number_at(place)
        return None if number is None else self._page.link_at(number, self._column_at(place))

    def _spot_at(self, place: QPoint) -> Spot | None:
        number = self._number_at(place)
        if number is None:
            # Below the last row: all of it.
            return Spot(self._page.rows[-1].start, len(self._page.layouts[-1].line.text)) if self._page.rows else None
        return Spot(self._page.rows[number].start, self._page.layouts[number].index_at(self._column_at(place)))

    def _column_at(self, place: QPoint) -> float:
        return (place.x() - _LEFT + self.horizontalScrollBar().value()) / self._painter.cell

    def _number_at(self, place: QPoint) -> int | None:
        number = max(0, place.y() - _MARGIN // 2) // self._row_height
        return number if number < len(self._page.rows) else None
