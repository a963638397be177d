"""The rows of one output as a terminal would show them, remembered for as long as they are likely to be seen."""

from __future__ import annotations

from core.output.rows import Row, Source
from core.output.terminal.carrying import BLOCK_BYTES, block_before, pen_after
from core.output.terminal.layout import Layout
from core.output.terminal.line import START, Line, Pen, read_line

__all__ = ["RowTexts"]

_KEPT_LAYOUTS = 600
_KEPT_PIECES = 20_000
_KEPT_PENS = 5000


class RowTexts:
    """Lines and layouts of the rows of one source, which may grow but never changes what was there.

    The pen at a row is taken over from the row before within a block, and found by looking back at the border of each,
    so that a row looks the same from wherever one comes.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._layouts: dict[tuple[int, int], Layout] = {}
        self._pieces = 0
        self.least_kept = 0
        """How many layouts are kept however large they are: as many as are needed at once."""
        self._pens: dict[int, Pen] = {0: START}

    def knows(self, row: Row) -> bool:
        """Return whether the layout of the row is at hand."""
        return (row.start, row.end) in self._layouts

    def layout(self, row: Row) -> Layout:
        """Return where the row's characters stand. Raises StorageError."""
        key = (row.start, row.end)
        found = self._layouts.pop(key, None)
        if found is None:
            found = Layout(self.line(row))
            self._pieces += len(found.pieces)
            self._make_room()
        self._layouts[key] = found  # as the one that was used last
        return found

    def _make_room(self) -> None:
        """Let go of what was not used for the longest time: Python's collector looks at every piece there is."""
        while len(self._layouts) >= _KEPT_LAYOUTS or (
            self._pieces > _KEPT_PIECES and len(self._layouts) > self.least_kept
        ):
            oldest = self._layouts.pop(next(iter(self._layouts)))
            self._pieces -= len(oldest.pieces)

    def line(self, row: Row) -> Line:
        """Return what the row shows. Raises StorageError."""
        line, behind = read_line(row.data, self._pen_at(row.end - len(row.data)))
        if row.end // BLOCK_BYTES == row.start // BLOCK_BYTES:
            self._remember(row.end, behind)
        return line

    def _pen_at(self, start: int) -> Pen:
        pen = self._pens.get(start)
        if pen is None:
            base = block_before(start)
            pen = pen_after(self._source.read(base, start - base))
            self._remember(start, pen)
        return pen

    def _remember(self, start: int, pen: Pen) -> None:
        if len(self._pens) >= _KEPT_PENS:
            self._pens.clear()
        self._pens[start] = pen
