"""Where the characters of a line stand in the grid of cells, which of them are drawn together, and what is a link."""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from core.output.terminal.line import Line, Span
from core.output.terminal.links import plain_addresses
from core.output.terminal.style import Style
from core.output.terminal.widths import clusters, stretches

__all__ = ["Layout", "Link", "Piece"]

_RIGHT_TO_LEFT = frozenset({"R", "AL"})
# Where there are letters that run from right to left (blocks of Unicode), each character is looked at by itself.
_LEFTWARD = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
# What may stand between two words that run from right to left without ending the run.
_BETWEEN = frozenset({"WS", "NSM", "CS", "ES", "ON", "AN"})
_ALONE = 0
_WHOLE = -1


class Piece(NamedTuple):
    """Text that is drawn from a column on and takes `width` cells; `first` is its first character in the line.

    `step` is the number of cells that each of its characters takes; 0 where they differ or are shaped together (joined
    letters of scripts that run from right to left), so that the piece must be drawn as a whole.
    """

    text: str
    first: int
    column: int
    width: int
    step: int
    style: Style
    link: str


class Link(NamedTuple):
    """The characters [first, end) of a line open an address."""

    first: int
    end: int
    address: str


class Layout:
    """The cells of one line. Characters are counted in code points, columns in cells, both from 0."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._firsts = array("I")
        self._columns = array("I")
        self._links: list[Link] | None = None  # looked for when somebody asks
        self.pieces: tuple[Piece, ...] = tuple(self._lay_out())
        self.width = self.pieces[-1].column + self.pieces[-1].width if self.pieces else 0

    def column_of(self, index: int) -> int:
        """Return the column at which the character begins; that of the end where there is none."""
        if not self._firsts:
            return min(index, self.width)
        if index >= len(self.line.text):
            return self.width
        return self._columns[bisect_right(self._firsts, index) - 1]

    def index_at(self, column: float) -> int:
        """Return the place between two characters that is nearest to a column."""
        if not self._firsts:
            return min(max(0, round(column)), len(self.line.text))
        place = max(0, bisect_right(self._columns, column) - 1)
        end = place + 1
        while end < len(self._columns) and self._columns[end] == self._columns[place]:
            end += 1
        right = self._columns[end] if end < len(self._columns) else self.width
        if column * 2 < self._columns[place] + right:
            return self._firsts[place]
        return self._firsts[end] if end < len(self._firsts) else len(self.line.text)

    def index_in(self, column: int) -> int:
        """Return the character that takes the column, or the last one."""
        if not self._firsts:
            return min(column, max(0, len(self.line.text) - 1))
        return self._firsts[max(0, bisect_right(self._columns, column) - 1)]

    def links(self) -> list[Link]:
        """Return the links in order: those that the program marked, and addresses in the rest of the text."""
        if self._links is None:
            self._links = self._find_links()
        return self._links

    def _find_links(self) -> list[Link]:
        found: list[Link] = []
        place = 0
        for span in self.line.spans:
            end = place + len(span.text)
            if span.link and found and found[-1].end == place and found[-1].address == span.link:
                found[-1] = found[-1]._replace(end=end)
            elif span.link:
                found.append(Link(place, end, span.link))
            place = end
        marked = tuple(found)
        for first, end, address in plain_addresses(self.line.text):
            if all(end <= link.first or first >= link.end for link in marked):
                found.append(Link(first, end, address))
        return sorted(found)

    def link_at(self, index: int) -> Link | None:
        """Return the link that the character belongs to."""
        return next((link for link in self.links() if link.first <= index < link.end), None)

    def _lay_out(self) -> Iterator[Piece]:
        first = column = 0
        is_simple = self.line.text.isascii()
        for span in self.line.spans:
            if is_simple:
                yield Piece(span.text, first, column, len(span.text), 1, span.style, span.link)
                first, column = first + len(span.text), column + len(span.text)
                continue
            for piece in self._pieces_of(span, first, column):
                yield piece
                column = piece.column + piece.width
            first += len(span.text)

    def _pieces_of(self, span: Span, first: int, column: int) -> Iterator[Piece]:
        """Yield the pieces of a span, noting where each character stands."""
        texts: list[str] = []
        kind = begin = start = 0
        for text, width, count in _parts(span.text):
            own = width if count > 1 else _kind(text, width)
            # Without a run of its own kind it stands alone: a mark, an emoji of several code points.
            joins = texts and (own == kind != _ALONE or (kind == _WHOLE and _is_between(text)))
            if texts and not joins:
                yield Piece("".join(texts), begin, start, column - start, max(0, kind), span.style, span.link)
                texts = []
            if not texts:
                kind, begin, start = own, first, column
            end, right = first + len(text), column + width * count
            self._firsts.extend(range(first, end) if count > 1 else (first,))
            self._columns.extend(range(column, right, width) if count > 1 else (column,))
            texts.append(text)
            first, column = end, right
        if texts:
            yield Piece("".join(texts), begin, start, column - start, max(0, kind), span.style, span.link)


def _parts(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (text, width of each character, number of characters) of the text from left to right."""
    if _LEFTWARD.search(text):
        for cluster, width in clusters(text):
            yield cluster, width, 1
        return
    for stretch, width, is_even in stretches(text):
        yield stretch, width, len(stretch) if is_even else 1


@lru_cache(maxsize=8192)
def _kind(text: str, width: int) -> int:
    """Return what a character may be drawn together with: others of its width, others that run to the left, or none."""
    if text[0] >= "\u0590" and unicodedata.bidirectional(text[0]) in _RIGHT_TO_LEFT:
        return _WHOLE
    return width if len(text) == 1 else _ALONE


@lru_cache(maxsize=8192)
def _is_between(text: str) -> bool:
    return unicodedata.bidirectional(text[0]) in _BETWEEN
