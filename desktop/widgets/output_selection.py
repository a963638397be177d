"""Which part of an output is selected, in rows and columns, and the text of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from core.output.choosing import Rows
from core.output.rows import Row
from desktop.widgets.output_text import RowTexts

__all__ = ["LONGEST_COPY_BYTES", "Selection", "Spot", "selected_text", "word_around"]

LONGEST_COPY_BYTES = 16 * 1000 * 1000
_ROWS_AT_ONCE = 1000
# What people copy by a double click: names, numbers, paths, addresses.
_WORD = re.compile(r"[\w./:@%+~=-]+")


class Spot(NamedTuple):
    """A place between two characters: the first byte of its row, and the number of characters before it."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Selection:
    """From where the mouse was pressed to where it is now."""

    anchor: Spot
    head: Spot

    @property
    def first(self) -> Spot:
        """Return the end that comes first in the output."""
        return min(self.anchor, self.head)

    @property
    def last(self) -> Spot:
        """Return the other end."""
        return max(self.anchor, self.head)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing lies between the ends."""
        return self.anchor == self.head

    def to(self, head: Spot) -> Selection:
        """Return the selection from the same anchor to here."""
        return replace(self, head=head)

    def within(self, row: Row, length: int) -> tuple[int, int] | None:
        """Return the selected columns (first, end) of a row of this length, None where it is not touched."""
        if not self.first.row <= row.start <= self.last.row or self.is_empty:
            return None
        start = self.first.column if row.start == self.first.row else 0
        end = self.last.column if row.start == self.last.row else length
        return min(start, length), min(end, length)

    def goes_on_after(self, row: Row) -> bool:
        """Return whether the end of the row is selected together with the beginning of the next one."""
        return self.first.row <= row.start < self.last.row


def selected_text(finder: Rows, texts: RowTexts, selection: Selection) -> tuple[str, bool]:
    """Return the selected text as it is shown, with the line feeds, and whether it is whole.

    What is longer than LONGEST_COPY_BYTES is cut, since no clipboard holds everything. Raises StorageError.
    """
    pieces: list[str] = []
    position, length = selection.first.row, 0
    while position <= selection.last.row:
        if length >= LONGEST_COPY_BYTES:
            return "".join(pieces), False
        rows = finder.rows(position, _ROWS_AT_ONCE)
        if not rows:
            break
        for row in rows:
            text = texts.line(row).text
            columns = selection.within(row, len(text))
            if columns is None:
                break
            pieces.append(text[columns[0] : columns[1]])
            if selection.goes_on_after(row) and row.data.endswith(b"\n"):
                pieces.append("\n")
            length += len(row.data)
        position = rows[-1].end
    return "".join(pieces), True


def word_around(row: Row, text: str, column: int) -> Selection:
    """Return the word at this column of the row, of which `text` is the text; nothing between two words."""
    found = next((match for match in _WORD.finditer(text) if match.start() <= column <= match.end()), None)
    start, end = found.span() if found is not None else (column, column)
    return Selection(Spot(row.start, start), Spot(row.start, end))
