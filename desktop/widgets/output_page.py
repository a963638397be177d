"""The rows of an output that are in view, laid out, and what is found in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from core.output.rows import Row, RowFinder
from core.output.terminal.layout import Layout, Link
from desktop.widgets.output_selection import Selection
from desktop.widgets.output_text import RowTexts

__all__ = ["Page", "PlacedLink", "read_page"]


class PlacedLink(NamedTuple):
    """A link in the row that begins at the byte `row`."""

    row: int
    link: Link


@dataclass(frozen=True, slots=True)
class Page:
    """Rows one below the other, and a layout for each of them."""

    rows: list[Row] = field(default_factory=list)
    layouts: list[Layout] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Return the cells that the widest row takes."""
        return max((layout.width for layout in self.layouts), default=0)

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


def read_page(finder: RowFinder, texts: RowTexts, top: int, count: int, *, end: int) -> Page:
    """Return up to `count` rows from the one that begins at `top`. Raises StorageError."""
    rows = finder.rows(top, count, end=end)
    return Page(rows, [texts.layout(row) for row in rows])
