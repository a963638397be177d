"""The rows of an output that are in view, laid out, and what is found in them."""

from __future__ import annotations

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

__all__ = ["Page", "PlacedLink", "read_page"]

_MOST_ESCAPES = 4000  # some 10 ms
_EMPTY = Layout(Line("", ()))


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
    is_partial: bool = False
    """Whether some rows are empty, because the work for them would have kept the window too long."""

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
    rows: Rows, texts: RowTexts, top: Place, count: int, *, end: int, lines_of: Callable[[Row], int] | None
) -> Page:
    """Return the rows for `count` lines from `top` on. Raises StorageError.

    Where a page is made of escapes alone, some of its rows come with the next call, or the one after it.
    """
    page = Page([], [], [])
    line, escapes, is_partial = -top.line, 0, False
    for row in rows.rows(top.row, count, end=end):
        if line >= count:
            break
        is_late = escapes > _MOST_ESCAPES and not texts.knows(row)
        is_partial = is_partial or is_late
        if not is_late and not texts.knows(row):
            escapes += row.data.count(b"\x1b")
        page.rows.append(row)
        page.layouts.append(_EMPTY if is_late else texts.layout(row))
        page.tops.append(line)
        line += 1 if lines_of is None or is_late else lines_of(row)
    return Page(page.rows, page.layouts, page.tops, line, is_partial)
