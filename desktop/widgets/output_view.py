"""A view of an output of any size under the hands: scrolled, selected, copied, with links that lead somewhere."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from core.output.index import Stream
from core.output.rows import Source
from desktop.theme import Theme
from desktop.widgets.output_area import OutputArea
from desktop.widgets.output_canvas import MARGIN
from desktop.widgets.output_copying import Copying
from desktop.widgets.output_hands import Hands
from desktop.widgets.output_links import Links
from desktop.widgets.output_page import PlacedLink
from desktop.widgets.output_scroll import Place
from desktop.widgets.output_selection import Selection, Spot, word_around

__all__ = ["OutputView"]


class OutputView(OutputArea):
    """`menu_wanted` carries the context menu, for others to add to it."""

    menu_wanted = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.links = Links(self)
        self.copying = Copying(self)
        self._hands = Hands(self)
        self.empty_text = ""  # what is said in the middle while there are no rows
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.viewport().setMouseTracking(True)
        self._add(self.tr("&Copy"), QKeySequence.StandardKey.Copy, self.copy)
        self._add(self.tr("Select &all"), QKeySequence.StandardKey.SelectAll, self.select_all)

    def _add(self, text: str, keys: QKeySequence.StandardKey, do: Callable[[], None]) -> None:
        action = QAction(text, self)
        action.setShortcut(keys)
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(do)
        self.addAction(action)

    def show_source(self, source: Source | None, *, follow: bool, keep_place: bool = False) -> None:
        """Show another output, or nothing; with `keep_place` the same bytes are somewhere else now."""
        self._hands.forget()
        super().show_source(source, follow=follow, keep_place=keep_place)

    def say_when_empty(self, text: str) -> None:
        """Say this in the middle while there are no rows."""
        if text != self.empty_text:
            self.empty_text = text
            self._repaint()

    @property
    def selection(self) -> Selection | None:
        """Return what is selected."""
        return self._selection

    @property
    def has_selection(self) -> bool:
        """Return whether something is selected."""
        return self._selection is not None and not self._selection.is_empty

    @property
    def has_selection_in_row(self) -> bool:
        """Return whether something is selected, and that lies in one row."""
        selection = self._selection
        return selection is not None and self.has_selection and selection.first.row == selection.last.row

    def reveal(self, offset: int) -> None:
        """Show the row in which the byte at `offset` lies, selected, with some of those above it."""
        row = self._row_of(offset)
        if row is not None:
            self._selection = Selection(Spot(row.start, 0), Spot(row.start, self._length_of(row)))
            self.horizontalScrollBar().setValue(0)
            self.go_to_row(row.start)

    def go_to_stream(self, stream: Stream, by: int) -> None:
        """Select the next row, or the one before (-1), of which a part came from the stream."""
        rows, timeline = self._rows, self.gutter.timeline
        here = self._row_of(self._selection.head.row if self._selection is not None else self.top)
        if rows is None or here is None:
            return
        # Without a selection the topmost row is as good as the next one.
        after = here.end if self._selection is not None else here.start
        found = timeline.next_of(stream, after) if by > 0 else timeline.last_of(stream, here.start)
        if found is not None:
            self.reveal(found)

    # Selecting

    def select(self, selection: Selection | None) -> None:
        """Select something else."""
        self._selection = selection
        self._repaint()

    def selected_bytes(self) -> tuple[int, int]:
        """Return where the first selected row begins and the last one ends."""
        selection = self._selection
        if selection is None:
            return 0, 0
        last = self._row_of(selection.last.row)
        is_in_last = selection.last.column > 0 or selection.is_empty
        return selection.first.row, last.end if last is not None and is_in_last else selection.last.row

    def select_all(self) -> None:
        """Select everything."""
        last = self._row_of(self._size - 1)
        if last is not None:
            ends_line = last.data.endswith(b"\n")
            end = Spot(last.end, 0) if ends_line else Spot(last.start, self._length_of(last))
            self.select(Selection(Spot(0, 0), end))

    def extend(self, rows: int, columns: int) -> None:
        """Move the end of the selection by rows or by characters, and show it."""
        selection = self._selection or Selection(Spot(self._top.row, 0), Spot(self._top.row, 0))
        head = self._attempt(lambda: self._moved(selection.head, rows, columns), selection.head)
        self.select(selection.to(head))
        self.go_to_row(head.row)

    def extend_to_edge(self, *, to_end: bool) -> None:
        """Select from where the selection began to the beginning or the end, and go there."""
        anchor = self._selection.anchor if self._selection is not None else Spot(self._top.row, 0)
        self.select_all()
        if self._selection is not None:
            self.select(Selection(anchor, self._selection.head if to_end else self._selection.anchor))
        self._go_to(Place(self._size if to_end else 0))

    def _moved(self, spot: Spot, rows: int, columns: int) -> Spot:
        finder = self._rows
        if finder is None:
            return spot
        here = finder.rows(spot.row, 1, end=self._size)
        length = self._length_of(here[0]) if here else 0
        column = min(spot.column, length) + columns
        if column < 0 or rows < 0:
            start = finder.start_above(spot.row, max(1, -rows))
            above = finder.rows(start, 1) if start < spot.row else []
            return Spot(start, self._length_of(above[0]) if column < 0 else column) if above else spot
        if column > length or rows > 0:
            found = finder.rows(spot.row, max(1, rows) + 1, end=self._size)
            return Spot(found[-1].start, 0 if columns else column) if len(found) > 1 else Spot(spot.row, length)
        return Spot(spot.row, column)

    def copy(self) -> None:
        """Put the selected text on the clipboard."""
        if self._rows is not None and self._source is not None and self._selection is not None:
            self.copying.copy(self._rows, self._source, self._selection)

    def selected_text(self) -> str:
        """Return the selected text, or its beginning where it is too long to be copied."""
        rows, source, selection = self._rows, self._source, self._selection
        if rows is None or source is None or selection is None:
            return ""
        return str(self._attempt(lambda: self.copying.text(rows, source, selection)[0], ""))

    # Where the mouse is

    def spot_at(self, place: QPoint) -> Spot | None:
        """Return the place in the text that is nearest to a point."""
        number = self._number_at(place)
        if number is None:
            # Below the last row: all of it.
            return Spot(self._page.rows[-1].start, len(self._page.layouts[-1].line.text)) if self._page.rows else None
        return Spot(self._page.rows[number].start, self._page.layouts[number].index_at(self._column_at(place)))

    def word_at(self, place: QPoint) -> Selection | None:
        """Return the word at a point."""
        number = self._number_at(place)
        if number is None:
            return None
        layout = self._page.layouts[number]
        return word_around(self._page.rows[number], layout.line.text, layout.index_at(self._column_at(place)))

    def row_at(self, place: QPoint) -> Selection | None:
        """Return the row at a point."""
        number = self._number_at(place)
        if number is None:
            return None
        start = self._page.rows[number].start
        return Selection(Spot(start, 0), Spot(start, len(self._page.layouts[number].line.text)))

    def link_at(self, place: QPoint) -> PlacedLink | None:
        """Return the link at a point."""
        number = self._number_at(place)
        return None if number is None else self._page.link_at(number, self._column_at(place))

    def tool_tip_at(self, place: QPoint) -> str:
        """Return where the link at a point leads, or when the row was written before which the point lies."""
        number = self._number_at(place)
        if number is not None and place.x() < self._left:
            return self.gutter.tool_tip(self._page.rows[number])
        found = self.link_at(place)
        return "" if found is None else self.links.tool_tip(found.link.address)

    def clamped(self, place: QPoint) -> QPoint:
        """Return the nearest point at which there may be text."""
        bottom = self.viewport().height()
        return place if 0 <= place.y() <= bottom else QPoint(place.x(), 0 if place.y() < 0 else bottom - MARGIN)

    def _number_at(self, place: QPoint) -> int | None:
        return self._page.number_at(self._canvas.line_at(place))

    def _column_at(self, place: QPoint) -> float:
        return self._canvas.column_at(place, self._scene, self._left)

    def _hover(self, link: PlacedLink | None) -> None:
        if link != self._hovered:
            self._hovered = link
            shape = Qt.CursorShape.IBeamCursor if link is None else Qt.CursorShape.PointingHandCursor
            self.viewport().setCursor(shape)
            self._repaint()

    # What Qt calls

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt names it so)
        """Paint the rows in view, or why there are none."""
        super().paintEvent(event)
        if self.empty_text and not self._page.rows:
            painter = QPainter(self.viewport())
            self._canvas.paint_words(painter, self.empty_text, self.viewport().rect())
            painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  (Qt names it so)
        """Scroll or zoom."""
        if not self._hands.wheel(event):
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Scroll and select by the keyboard."""
        if not self._hands.key(event):
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Begin a selection, or extend it with Shift."""
        if not self._hands.press(event):
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Select a word."""
        self._hands.double_click(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """End a selection."""
        self._hands.release(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Extend the selection; without a button, show the link below."""
        if event.buttons():
            self._hands.drag(event)
        else:
            self._hover(self.link_at(event.position().toPoint()))

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802  (Qt names it so)
        """Tell where a link leads; let go of it when the mouse leaves."""
        if event.type() is QEvent.Type.Leave:
            self._hover(None)
        elif isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tool_tip_at(event.pos()), self)
            return True
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802  (Qt names it so)
        """Offer what can be done with the text, and with the link below or, by keyboard, with those in view."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.actions())
        self.menu_wanted.emit(menu)
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.links.offer(menu, self._page.addresses(self._selection))
        elif (found := self.link_at(event.pos())) is not None:
            self.links.offer(menu, [found.link.address])
        menu.popup(event.globalPos())
