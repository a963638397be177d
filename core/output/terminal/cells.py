"""One line of cells with a cursor in it: what is written later lies over what was there, as in a terminal."""

from __future__ import annotations

from core.output.terminal.style import PLAIN, Style
from core.output.terminal.widths import clusters

__all__ = ["FARTHEST_MOVE", "Cells"]

# Programs ask for column 999 to learn the width or to come to the right edge; what was written may reach farther.
FARTHEST_MOVE = 1000
_TAB = 8


class Cells:
    """A line of any width. A wide character takes its cell and empty ones behind; half of one never stays."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._looks: list[tuple[Style, str]] = []
        self._cursor = 0

    def write(self, text: str, style: Style, link: str) -> None:
        """Write at the cursor, which moves behind it."""
        look = (style, link)
        if text.isascii():
            self._put(list(text), look)
            return
        cells: list[str] = []
        last = -1
        for cluster, width in clusters(text):
            if width:
                last = len(cells)
                cells += [cluster, *[""] * (width - 1)] if width > 1 else [cluster]
            elif last >= 0:
                cells[last] += cluster
            else:
                self._join(cluster)
        self._put(cells, look)

    def move_to(self, column: int) -> None:
        """Put the cursor at a column, counted from 0, as far as there is text or FARTHEST_MOVE."""
        self._cursor = max(0, min(column, max(len(self._texts), FARTHEST_MOVE)))

    def move_by(self, columns: int) -> None:
        """Move the cursor to the right, or to the left where it is negative."""
        self.move_to(self._cursor + columns)

    def tab(self) -> None:
        """Move to the next multiple of 8; what is stepped over stays, as in a terminal."""
        self._cursor += _TAB - self._cursor % _TAB
        self._reach(self._cursor)

    def erase(self, mode: int) -> None:
        """Erase from the cursor to the end (0), from the beginning up to the cursor (1), or everything (2)."""
        if mode == 0:
            self._halve(self._cursor)
            del self._texts[self._cursor :]
            del self._looks[self._cursor :]
        elif mode == 1:
            self._blank(0, min(self._cursor + 1, len(self._texts)))
        elif mode == 2:
            self._texts.clear()
            self._looks.clear()

    def erase_some(self, count: int) -> None:
        """Erase so many cells from the cursor on."""
        self._blank(self._cursor, min(self._cursor + count, len(self._texts)))

    def runs(self) -> list[tuple[str, Style, str]]:
        """Return (text, style, link) of each stretch that looks alike."""
        found: list[tuple[str, Style, str]] = []
        start, looks = 0, self._looks
        for end in range(1, len(looks) + 1):
            if end == len(looks) or looks[end] != looks[start]:
                found.append(("".join(self._texts[start:end]), *looks[start]))
                start = end
        return found

    def _put(self, cells: list[str], look: tuple[Style, str]) -> None:
        start, end = self._cursor, self._cursor + len(cells)
        texts = self._texts
        if start > len(texts):
            self._reach(start)
        for border in (start, end):
            if border < len(texts) and not texts[border]:
                self._halve(border)
        self._texts[start:end] = cells
        self._looks[start:end] = [look] * len(cells)
        self._cursor = end

    def _join(self, mark: str) -> None:
        """Add what has no width to the character before the cursor; without one there is nothing to be seen."""
        place = min(self._cursor, len(self._texts)) - 1
        while place > 0 and not self._texts[place]:
            place -= 1
        if place >= 0:
            self._texts[place] += mark

    def _reach(self, column: int) -> None:
        missing = column - len(self._texts)
        if missing > 0:
            self._texts += [" "] * missing
            self._looks += [(PLAIN, "")] * missing

    def _blank(self, start: int, end: int) -> None:
        if start < end:
            self._halve(start)
            self._halve(end)
            self._texts[start:end] = [" "] * (end - start)
            self._looks[start:end] = [(PLAIN, "")] * (end - start)

    def _halve(self, column: int) -> None:
        """Turn a wide character that lies across the border before `column` into spaces."""
        if column >= len(self._texts) or self._texts[column]:
            return
        start, end = column, column
        while start > 0 and not self._texts[start]:
            start -= 1
        while end < len(self._texts) and not self._texts[end]:
            end += 1
        self._texts[start:end] = [" "] * (end - start)
