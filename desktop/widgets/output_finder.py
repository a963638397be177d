"""Finds in the output of a view what its bar asks for: marks it, goes from match to match, shows only its lines."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.output.choosing import ListedRows, Rows, StreamRows
from core.output.index import Stream
from core.output.listed_streams import ListedStreamRows
from core.output.rows import Source
from core.output.timeline import Timeline
from desktop.finding import MOST_ROWS, Expression, Finding
from desktop.widgets.output_find_bar import FindBar
from desktop.widgets.output_links import shortened
from desktop.widgets.output_view import OutputView

__all__ = ["OutputFinder"]

_PAUSE_MS = 120


class OutputFinder(QObject):
    """`rows_changed` says that other rows are chosen now: `choose` chooses them. `failed` carries a StorageError."""

    rows_changed = Signal()
    failed = Signal(object)

    def __init__(self, bar: FindBar, view: OutputView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bar = bar
        self._view = view
        self._source: Source | None = None
        self._index: int | None = None  # of the current match, from 0
        self._from: int | None = None  # the byte from which on the first match is wanted
        self._anchor = 0  # the byte from which on the last one was wanted
        self._was_settled = False  # whether all that was there has been searched once
        self._hint = ""
        self._is_to_be_seen = False  # the current match, as soon as it is known where in its row it is
        self.finding = Finding(self)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._begin)
        bar.changed.connect(self._on_changed)
        bar.stepped.connect(self.step)
        bar.only_changed.connect(self._on_only_changed)
        bar.closed.connect(self.close)
        view.moved.connect(self._on_moved)
        self.finding.progressed.connect(self._on_progressed)
        self.finding.marked.connect(self._on_marked)
        self.finding.silent.connect(self._on_silent)
        self.finding.failed.connect(self.failed)

    @property
    def is_open(self) -> bool:
        """Return whether one is finding."""
        return not self._bar.isHidden()

    @property
    def is_filtering(self) -> bool:
        """Return whether only rows with a match are wanted."""
        return self.is_open and self._bar.only.isChecked() and bool(self._bar.field.text())

    def show_source(self, source: Source | None, *, keep_place: bool = False) -> None:
        """Find in another output; with `keep_place` it has the bytes of the one before, and what was found counts."""
        self._source = source
        if keep_place and source is not None and self.finding.move_to(source):
            self.rows_changed.emit()
            self._want_marks()
        elif self.is_open:
            self._begin()
        else:
            self._forget()

    def open(self, *, only: bool = False) -> None:
        """Open the bar, with what is selected if that is short."""
        text = self._view.selected_text() if self._view.has_selection_in_row else ""
        self.finding.prepare()
        self._bar.open(text)
        if only:
            self._bar.only.setChecked(True)
        if self._bar.expression is not None and not self.finding.is_searching and not self.finding.starts:
            self._begin()

    @Slot()
    def close(self) -> None:
        """Close the bar and stay where one is: at the current match if that is seen, with other rows around it."""
        view, current = self._view, self._view.marks.current
        is_there = current is not None and any(row.start == current[0] for row in view.rows_in_view)
        self._bar.hide()
        self._bar.only.setChecked(False)
        self._forget()
        if current is not None and is_there and not view.following:
            view.go_to_row(current[0])
        view.setFocus()

    def rest(self) -> None:
        """End what runs in the background, until `show_source` or another expression."""
        self._pause.stop()
        self.finding.close()

    def choose(self, rows: Rows, timeline: Timeline, stream: Stream | None) -> Rows:
        """Return the rows of one stream where not all are wanted, and with a match where only these are wanted."""
        if not self.is_filtering:
            return rows if stream is None else StreamRows(rows, timeline, stream)
        starts = self.finding.starts
        return ListedRows(rows, starts) if stream is None else ListedStreamRows(rows, starts, timeline, stream)

    @Slot(int)
    def step(self, by: int) -> None:
        """Go to the next match, or to the one before (-1); beyond the last or the first it goes round."""
        if not self.is_open:
            self.open()
            return
        if self._pause.isActive():
            self._begin()  # what was found belongs to what was written before
        total = self._total
        if not total:
            return
        self._hint = ""
        index = self._first_from(self._view.top) - (1 if by > 0 else 0) if self._index is None else self._index
        index += by
        if index >= total and self.finding.is_searching:
            self._hint = self.tr("still searching")
            index = total - 1
        elif not 0 <= index < total:
            self._hint = self.tr("from the beginning") if by > 0 else self.tr("from the end")
            index %= total
        self._go_to(index)

    @property
    def _total(self) -> int:
        totals = self.finding.totals
        return totals[-1] if totals else 0

    def _forget(self) -> None:
        self._pause.stop()
        self.finding.stop()
        self._index = self._from = None
        self._was_settled = False
        self._hint = ""
        self._view.marks.clear()
        self._bar.tell("", self._bar.fault)
        self._tell_view()
        self.rows_changed.emit()

    @Slot(object)
    def _on_changed(self, _expression: Expression | None) -> None:
        self._pause.start()

    @Slot()
    def _begin(self) -> None:
        expression = self._bar.expression
        if (current := self._view.marks.current) is not None:
            self._anchor = current[0]
        elif self._view.rows_in_view:
            self._anchor = self._view.top
        self._forget()
        if expression is None or self._source is None:
            return
        self._from = self._anchor
        self.finding.start(self._source, expression)
        self.rows_changed.emit()
        self._want_marks()

    @Slot(bool)
    def _on_only_changed(self, _only: bool) -> None:
        self._tell_view()
        self.rows_changed.emit()
        if self.is_open:
            self._want_marks()

    @Slot(object, object)
    def _on_moved(self, _first: int, _end: int) -> None:
        self._want_marks()

    def _want_marks(self) -> None:
        unknown = [row for row in self._view.rows_in_view if not self._view.marks.knows(row)]
        if unknown:
            self.finding.want(unknown)

    @Slot(object)
    def _on_marked(self, found: list[tuple[tuple[int, int], list[tuple[int, int]]]]) -> None:
        for row, spans in found:
            self._view.marks.put(row, spans)
        self._show_current()
        self._view.viewport().update()

    def _first_from(self, offset: int) -> int:
        """Return the index of the first match at or behind a byte."""
        totals = self.finding.totals
        # Of the row that is just being found the start may be there before the total.
        number = min(bisect_left(self.finding.starts, offset), len(totals))
        return totals[number - 1] if number else 0

    @Slot()
    def _on_progressed(self) -> None:
        if self._pause.isActive():
            return  # something else is wanted by now
        self._was_settled = self._was_settled or not self.finding.is_searching
        if self._index is not None and self._index >= self._total:
            self._index = self._view.marks.current = None
        if self.is_filtering:
            self._view.renew()
        if self._from is not None and self._total:
            starts = self.finding.starts
            if starts[-1] >= self._from or not self.finding.is_searching:
                index = self._first_from(self._from)
                self._from = None
                if index >= self._total:
                    self._hint = self.tr("from the beginning")
                self._go_to(index % self._total, is_first=True)
        self._tell()

    def _go_to(self, index: int, *, is_first: bool = False) -> None:
        starts, totals = self.finding.starts, self.finding.totals
        number = bisect_right(totals, index)
        self._index = index
        self._view.marks.current = (starts[number], index - (totals[number - 1] if number else 0))
        self._is_to_be_seen = True
        if not (is_first and self._view.following):
            self._view.go_to_row(starts[number])
        self._show_current()
        self._view.viewport().update()
        self._tell()

    def _show_current(self) -> None:
        """Scroll sideways to the current match, once."""
        current = self._view.marks.current
        if current is None or not self._is_to_be_seen:
            return
        for row in self._view.rows_in_view:
            span = self._view.marks.current_in(row)
            if span is not None:
                self._is_to_be_seen = False
                self._view.show_columns(row.start, span)

    def _tell(self) -> None:
        total, goes_on = self._total, self.finding.is_searching and not (self._was_settled and not self._total)
        if len(self.finding.starts) >= MOST_ROWS:
            goes_on = True
        if total:
            number = f"{total:,}{'+' if goes_on else ''}"
            first = "-" if self._index is None else f"{self._index + 1:,}"
            text = self.tr("{number} of {total}").format(number=first, total=number)
            self._bar.tell(f"{text} · {self._hint}" if self._hint else text)
        elif goes_on:
            self._bar.tell(self.tr("Searching… {share:.0%}").format(share=self.finding.share))
        else:
            self._bar.tell(self.tr("No match"))
        self._tell_view()

    def _tell_view(self) -> None:
        """Let the view say why it shows nothing, where only rows with a match are wanted and there are none."""
        text = self._bar.problem.text()
        if not text and self._was_settled:
            text = (
                self.tr("No line matches “{text}”.")
                if self._bar.is_regex.isChecked()
                else self.tr("No line contains “{text}”.")
            )
            text = text.format(text=shortened(self._bar.field.text()))
        self._view.say_when_empty(text if self.is_filtering else "")

    @Slot()
    def _on_silent(self) -> None:
        if self._pause.isActive():
            return
        self._bar.tell(
            "",
            self.tr(
                "The expression takes too long, so the search was ended. Repeats of repeats, such as (a+)+, are the "
                "usual cause: make it simpler."
            ),
        )
        self._tell_view()
        self.rows_changed.emit()
