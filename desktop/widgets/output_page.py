"""The rows of an output that are in view, laid out, and what is found in them."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from core.output.choosing import Rows
from core.output.rows import Row
from core.output.terminal.layout import Layout, Link
from core.output.terminal.line import Line
from desktop.widgets.output_scroll import Place
from desktop.widgets.output_selection import Selection
from desktop.widgets.output_text import RowTexts

__all__ = ["Effort", "Page", "PlacedLink", "read_page"]

_LONGEST_S = 0.006  # of the thread's own time: what other programs take says nothing about the work
_ROWS_AT_ONCE = 8
_START = Place(0)
_EMPTY = Layout(Line("", ()))


class Effort:
    """How much may be done before the event loop gets its turn again; the rest is done by the next call.

    What is at hand costs nothing, and something is done each time, so that all of it is done in the end.
    """

    def __init__(self) -> None:
        self._end = time.thread_time() + _LONGEST_S
        self._is_begun = False
        self.is_short = False
        """Whether something was left for the next call."""

    def is_spent(self) -> bool:
        """Return whether the rest has to be left; this counts as leaving it."""
        is_spent = self._is_begun and time.thread_time() > self._end
        self._is_begun = True
        self.is_short = self.is_short or is_spent
        return is_spent


class PlacedLink(NamedTuple):
    """A link in the row that begins at the byte `row`."""

    row: int
    link: Link


@dataclass(frozen=True, slots=True)
class Page:
    """Rows one below the other, a layout for each of them, and on which line of the screen it begins.

    The first row may begin above the screen, on a line below 0.
    """

    rows: list[Row] = field(default_factory=list)
    layouts: list[Layout] = field(default_factory=list)
    tops: list[int] = field(default_factory=list)
    end: int = 0
    """The line on which the next row would begin."""
    place: Place = _START
    """From where it was read."""
    is_whole: bool = True
    """Whether nothing of it is missing because the work would have kept the window too long."""

    @property
    def width(self) -> int:
        """Return the cells that the widest row takes."""
        return max((layout.width for layout in self.layouts), default=0)

    def number_at(self, line: int) -> int | None:
        """Return the number of the row that is seen on this line of the screen."""
        return bisect_right(self.tops, max(0, line)) - 1 if self.rows and line < self.end else None

    def link_at(self, number: int, column: float) -> PlacedLink | None:
        """Return the link at a column of the row of this number."""
        layout = self.layouts[number]
        if not 0 <= column < layout.width:
            return None
        link = layout.link_at(layout.index_in(int(column)))
        return None if link is None else PlacedLink(self.rows[number].start, link)

    def addresses(self, selection: Selection | None) -> list[str]:
        """Return the addresses of the links that are selected; of all where none is."""
        found: list[str] = []
        chosen: list[str] = []
        for row, layout in zip(self.rows, self.layouts, strict=True):
            within = None if selection is None else selection.within(row, len(layout.line.text))
            for link in layout.links():
                found.append(link.address)
                if within is not None and link.first < within[1] and link.end > within[0]:
                    chosen.append(link.address)
        return chosen or found


def read_page(
    rows: Rows,
    texts: RowTexts,
    top: Place,
    count: int,
    *,
    end: int,
    lines_of: Callable[[Row], int] | None,
    effort: Effort,
    before: Page,
) -> Page:
    """Return the rows for `count` lines from `top` on. Raises StorageError.

    Where they take long to be read or laid out, some come with the next call, to which this page is the one `before`.
    """
    page = Page([], [], [])
    line, position = -top.line, top.row
    known = [] if before.is_whole or before.place != top else before.rows
    while line < count:
        found = _settled(known, position, end) or _read(rows, position, count - line, end, effort)
        for row in found:
            page.rows.append(row)
            page.layouts.append(_EMPTY if not texts.knows(row) and effort.is_spent() else texts.layout(row))
            page.tops.append(line)
            line += 1 if lines_of is None else lines_of(row)
            position = row.end
            if line >= count:
                break
        if not found:
            break
    return Page(page.rows, page.layouts, page.tops, line, top, not effort.is_short)


def _settled(known: list[Row], position: int, end: int) -> list[Row]:
    """Return those of the rows from a position on that stay as they are when the output grows."""
    return [row for row in known if row.start >= position and (row.end < end or row.data.endswith(b"\n"))]


def _read(rows: Rows, position: int, count: int, end: int, effort: Effort) -> list[Row]:
    return [] if effort.is_spent() else rows.rows(position, min(count, _ROWS_AT_ONCE), end=end)
