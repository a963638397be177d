"""An area that paints the rows of an output that are seen, and holds nothing else of the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QFontDatabase, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from core.errors import StorageError
from core.output.choosing import Rows
from core.output.line_numbers import LineNumbers
from core.output.rows import Row, RowFinder, Source
from desktop.theme import Theme
from desktop.widgets.output_canvas import MARGIN, Canvas, Scene
from desktop.widgets.output_gutter import Gutter
from desktop.widgets.output_marks import RowMarks
from desktop.widgets.output_page import Effort, Page, PlacedLink, read_page
from desktop.widgets.output_scroll import Place, Scroller, Track
from desktop.widgets.output_selection import Selection
from desktop.widgets.output_text import RowTexts

__all__ = ["OutputArea"]

_COUNT_MS = 5
_SMALLEST_PT, _LARGEST_PT = 5, 40


class OutputArea(QAbstractScrollArea):
    """Anchored at the byte where its topmost row begins, so that what is read does not move while the output grows.

    `following` says whether it stays at the end; scrolling up lets go, reaching the end takes hold again. `moved`
    carries the first and the last byte in view. `failed` carries a StorageError. `gutter` and `marks` are for others to
    change; `renew` shows it.
    """

    following_changed = Signal(bool)
    moved = Signal(object, object)
    failed = Signal(object)
    zoomed = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source: Source | None = None
        self._rows: Rows | None = None
        self._choose: Callable[[Rows], Rows] | None = None
        self._texts: RowTexts | None = None
        self._top = Place(0)
        self._size = 0
        self._following = False
        self._wraps = False
        self._page = Page()
        self._effort = Effort()
        self._is_going_on = False
        self._gutter_texts: list[str] = []
        self._selection: Selection | None = None
        self._widest = 0
        self._sets_bar = False
        self._hovered: PlacedLink | None = None
        self.gutter = Gutter()
        self.marks = RowMarks()
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._usual_pt = max(_SMALLEST_PT, self.font().pointSize())
        self._canvas = Canvas(theme, self.font(), self.gutter, self.marks)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(0)
        self._rest.timeout.connect(self._go_on)
        self._counting = QTimer(self)
        self._counting.setInterval(_COUNT_MS)
        self._counting.timeout.connect(self._count_lines)
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
        return self._top.row

    @property
    def known_bytes(self) -> int:
        """Return the bytes that are known to be there."""
        return self._size

    @property
    def rows_in_view(self) -> list[Row]:
        """Return the rows of which something is seen."""
        return self._page.rows

    @property
    def page_rows(self) -> int:
        """Return how many lines there is room for."""
        return max(1, (self.viewport().height() - MARGIN) // self._canvas.row_height)

    @property
    def cells(self) -> tuple[int, int]:
        """Return how many columns and rows there is room for."""
        width = self.viewport().width() - self._left - MARGIN
        return max(1, int(width / self._canvas.painter.cell)), self.page_rows

    @property
    def cell(self) -> float:
        """Return the width of one character in pixels."""
        return self._canvas.painter.cell

    @property
    def row_height(self) -> int:
        """Return the height of a line in pixels."""
        return self._canvas.row_height

    @property
    def point_size(self) -> int:
        """Return the size of the font in points, 0 for the system's."""
        size = self.font().pointSize()
        return 0 if size == self._usual_pt else size

    @property
    def wraps(self) -> bool:
        """Return whether long rows go on in the next line."""
        return self._wraps

    @property
    def shows_part(self) -> bool:
        """Return whether not all rows are shown, but those that were chosen."""
        return self._choose is not None

    def chosen(self, rows: Rows) -> Rows:
        """Return those of the rows that are shown."""
        return rows if self._choose is None else self._choose(rows)

    # What is shown

    def show_source(self, source: Source | None, *, follow: bool, keep_place: bool = False) -> None:
        """Show another output, or nothing; with `keep_place` the same bytes are somewhere else now."""
        self._source = source
        self._texts = RowTexts(source) if source is not None else None
        self._hovered = None
        self._size = 0
        if not keep_place:
            self._top = Place(0)
            self._widest = 0
            self._selection = None
            self.marks.clear()
            self.horizontalScrollBar().setValue(0)
            self._renew_horizontal_bar()
        self._set_rows()
        self._renew_numbers()
        self._set_following(follow)
        self.grow()
        self._layout()

    def grow(self) -> None:
        """Look whether there is more by now; cheap when there is not."""
        if self._source is None or self._rows is None:
            return
        size = self._attempt(self._source.size, self._size)
        if size == self._size:
            return
        self._size = size
        if self.gutter.has_numbers:
            self._counting.start()
        self._layout()

    def show_only(self, choose: Callable[[Rows], Rows] | None) -> None:
        """Show those rows that `choose` makes of all of them, from the same place on; None shows all."""
        self._choose = choose
        shown = self._page.rows
        self._set_rows()
        if self._rows is not None and shown:
            rows = self._rows
            self._top = Place(self._attempt(lambda: rows.row_start(shown[0].start), 0))
        self._layout()

    def forget_choice(self) -> None:
        """Let the next source show all its rows."""
        self._choose = None

    def renew(self) -> None:
        """Show what has changed in the gutter, in the marks, or among the rows that were chosen."""
        self._renew_numbers()
        self._layout()

    def set_wraps(self, wraps: bool) -> None:
        """Let long rows go on in the next line, or be scrolled."""
        self._wraps = wraps
        self._top = Place(self._top.row)
        self.horizontalScrollBar().setValue(0)
        self._renew_horizontal_bar()
        self._layout()

    def set_point_size(self, size: int) -> None:
        """Write in this size in points; 0 is the system's."""
        font = self.font()
        font.setPointSize(min(max(size or self._usual_pt, _SMALLEST_PT), _LARGEST_PT))
        self.setFont(font)
        self._canvas.use(font)
        self._renew_horizontal_bar()
        self._layout()
        self.zoomed.emit(self.point_size)

    def zoom(self, steps: int) -> None:
        """Make the font larger, or smaller where `steps` is negative; 0 makes it as it was at first."""
        self.set_point_size(self.font().pointSize() + steps if steps else 0)

    def _set_rows(self) -> None:
        self._page = Page()
        rows: Rows | None = None if self._source is None else RowFinder(self._source)
        self._rows = None if rows is None else self.chosen(rows)

    def _renew_numbers(self) -> None:
        if not self.gutter.has_numbers or self._source is None:
            self.gutter.numbers = None
            self._counting.stop()
        elif self.gutter.numbers is None or self.gutter.numbers.source is not self._source:
            self.gutter.numbers = LineNumbers(self._source)
            self._counting.start()

    def _count_lines(self) -> None:
        numbers = self.gutter.numbers
        if numbers is None or not self._attempt(numbers.advance, False):
            self._counting.stop()
            self._layout()

    # Going about

    def set_following(self, following: bool) -> None:
        """Go to the end and stay there, or stay here."""
        self._set_following(following)
        self._layout()

    def go_to_row(self, start: int) -> None:
        """Show the row that begins at this byte with some of those above it, unless it is in view."""
        scroller = self._scroller
        if scroller is None:
            return
        below = [*self._page.tops[1:], self._page.end]
        ends = {row.start: end for row, end in zip(self._page.rows, below, strict=False)}
        self._set_following(False)
        if not 0 < ends.get(start, 0) <= self.page_rows:
            self._top = self._attempt(lambda: scroller.up(Place(start), self.page_rows // 3), self._top)
        self._layout()

    def show_columns(self, row_start: int, span: tuple[int, int]) -> None:
        """Scroll sideways so that these characters of a row in view are seen."""
        found = (
            layout for row, layout in zip(self._page.rows, self._page.layouts, strict=True) if row.start == row_start
        )
        layout = next(found, None)
        if layout is None:
            return
        cell, bar = self._canvas.painter.cell, self.horizontalScrollBar()
        first, end = round(layout.column_of(span[0]) * cell), round(layout.column_of(span[1]) * cell)
        room = self.viewport().width() - self._left - MARGIN
        if not bar.value() <= first <= end <= bar.value() + room:
            bar.setValue(0 if end <= room else max(0, min(first, end - room // 2)))

    def move_by(self, lines: int) -> None:
        """Scroll by lines of the screen, up where the number is negative."""
        scroller, top, end = self._scroller, self._top, self._size
        if scroller is not None:
            step = (lambda: scroller.up(top, -lines)) if lines < 0 else (lambda: scroller.down(top, lines, end))
            self._go_to(self._attempt(step, top))

    def move_to_start(self) -> None:
        """Scroll to the beginning."""
        self._go_to(Place(0))

    def _go_to(self, top: Place) -> None:
        if self._rows is None:
            return
        up = top < self._top
        self._top = top
        if up:
            self._set_following(False)
        self._layout()
        if not up and self.verticalScrollBar().value() >= self.verticalScrollBar().maximum():
            self._set_following(True)

    def _on_scrolled(self, value: int) -> None:
        rows = self._rows
        if rows is not None and not self._sets_bar:
            at_end = value >= self.verticalScrollBar().maximum()
            offset = self._size if at_end else self._track.offset_at(value)
            self._go_to(Place(self._attempt(lambda: rows.row_start(offset), self._top.row)))

    def _set_following(self, following: bool) -> None:
        if following != self._following:
            self._following = following
            self.following_changed.emit(following)

    def visible_text(self) -> list[str]:
        """Return the texts of the rows in view."""
        return [layout.line.text for layout in self._page.layouts]

    # Where things are

    @property
    def _left(self) -> int:
        return self._canvas.left(self._size)

    @property
    def _track(self) -> Track:
        source = self._source
        gap = None if source is None else self._attempt(RowFinder(source).gap, None)
        return Track(self._size, gap)

    @property
    def _columns(self) -> int:
        return self.cells[0] if self._wraps else 0

    @property
    def _lines_of(self) -> Callable[[Row], int] | None:
        texts, columns, effort = self._texts, self._columns, self._effort
        if texts is None or not columns:
            return None
        return lambda row: _lines(texts, row, columns, effort)

    @property
    def _scroller(self) -> Scroller | None:
        self._effort = Effort()
        return None if self._rows is None else Scroller(self._rows, self._lines_of)

    @property
    def _scene(self) -> Scene:
        scrolled = self.horizontalScrollBar().value()
        return Scene(self._page, self._gutter_texts, self._selection, self._hovered, self._columns, scrolled)

    def _row_of(self, offset: int) -> Row | None:
        rows, end = self._rows, self._size
        found: list[Row] = (
            [] if rows is None else self._attempt(lambda: rows.rows(rows.row_start(offset), 1, end=end), [])
        )
        return found[0] if found else None

    def _length_of(self, row: Row) -> int:
        texts = self._texts
        return 0 if texts is None else self._attempt(lambda: len(texts.line(row).text), 0)

    def _layout(self) -> None:
        """Read the rows in view and set the scroll bars; the one place where the anchor meets the size."""
        scroller, last_page = self._scroller, Place(0)
        if self._texts is not None:
            self._texts.least_kept = (2 if self._wraps else 1) * (self.page_rows + 1)  # this page, and the last one
        if scroller is not None:
            last_page = self._attempt(lambda: scroller.last_page(self.page_rows), last_page)
        is_rough = self._effort.is_short
        if self._following or (self._top > last_page and not is_rough) or self._rows is None:
            self._top = last_page
        self._read_page()
        self._set_vertical_bar(last_page)
        if self._page.rows:
            self.moved.emit(self._page.rows[0].start, self._page.rows[-1].end)
        was_cut = self._rows is not None and self._rows.was_cut()
        is_done = not (was_cut or is_rough) and self._page.is_whole
        if not is_done:
            self._rest.start()
        elif QAccessible.isActive():
            self.setAccessibleDescription("\n".join(self.visible_text()))
        if is_done or not self._is_going_on:
            self._repaint()

    def _go_on(self) -> None:
        """Do some more of what takes long; it is painted when all of it is there."""
        self._is_going_on = True
        self._layout()
        self._is_going_on = False

    def _set_vertical_bar(self, last_page: Place) -> None:
        bar, track = self.verticalScrollBar(), self._track
        # Its signals are not blocked: by them Qt learns whether the bar is to be seen at all.
        self._sets_bar = True
        bar.setRange(0, track.value_of(last_page.row) if self._rows is not None else 0)
        bar.setPageStep(max(1, track.value_of(self._size) - track.value_of(last_page.row)))
        bar.setValue(track.value_of(self._top.row))
        self._sets_bar = False

    def _read_page(self) -> None:
        rows, texts = self._rows, self._texts
        before, self._page, self._gutter_texts = self._page, Page(), []
        if rows is None or texts is None:
            return
        effort = self._effort = Effort()
        top, count, end, lines_of = self._top, self.page_rows + 1, self._size, self._lines_of
        self._page = self._attempt(
            lambda: read_page(rows, texts, top, count, end=end, lines_of=lines_of, effort=effort, before=before), Page()
        )
        shown = self._page.rows
        above = (lambda: rows.start_above(shown[0].start, 1)) if top.row > 0 else (lambda: None)
        self._gutter_texts = self._attempt(lambda: self.gutter.texts(shown, end, above), [""] * len(shown))
        self._widest = max(self._widest, self._page.width)
        self._renew_horizontal_bar()

    def _attempt(self, read: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return read()
        except StorageError as error:
            self._rows = None
            self.failed.emit(error)
            return otherwise

    def _repaint(self) -> None:
        self.viewport().update()

    def _renew_horizontal_bar(self) -> None:
        bar, cell = self.horizontalScrollBar(), self._canvas.painter.cell
        room = self.viewport().width() - self._left - MARGIN
        bar.setRange(0, 0 if self._wraps else max(0, round(self._widest * cell) - room))
        bar.setPageStep(self.viewport().width())
        bar.setSingleStep(round(cell * 4))

    # What Qt calls

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Show more or fewer rows."""
        super().resizeEvent(event)
        self._renew_horizontal_bar()
        self._layout()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  (Qt names it so)
        """Paint the rows in view."""
        painter = QPainter(self.viewport())
        self._canvas.paint(painter, self._scene, self.viewport().rect(), self._left)
        painter.end()


def _lines(texts: RowTexts, row: Row, columns: int, effort: Effort) -> int:
    """Return how many lines a row takes; one, until the effort for its layout can be made."""
    return 1 if not texts.knows(row) and effort.is_spent() else max(1, -(-texts.layout(row).width // columns))
