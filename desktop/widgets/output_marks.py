"""What is marked in the rows of an output because it was found there."""

from __future__ import annotations

from core.output.rows import Row

__all__ = ["RowMarks"]

_MOST_ROWS = 5000


class RowMarks:
    """The spans (first character, end) in each row, and which one of them is the current match."""

    def __init__(self) -> None:
        self._spans: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self.current: tuple[int, int] | None = None
        """The row (its first byte) and the number of the span in it."""

    def clear(self) -> None:
        """Mark nothing."""
        self._spans.clear()
        self.current = None

    def put(self, row: tuple[int, int], spans: list[tuple[int, int]]) -> None:
        """Mark this in the row with this first byte and end."""
        if len(self._spans) >= _MOST_ROWS:
            self._spans.clear()
        self._spans[row] = spans

    def knows(self, row: Row) -> bool:
        """Return whether it is known what there is to be marked in the row."""
        return (row.start, row.end) in self._spans

    def of(self, row: Row) -> list[tuple[int, int]]:
        """Return the spans in a row."""
        return self._spans.get((row.start, row.end), [])

    def current_in(self, row: Row) -> tuple[int, int] | None:
        """Return the span of the current match where it is in this row."""
        if self.current is None or self.current[0] != row.start:
            return None
        spans = self.of(row)
        return spans[self.current[1]] if self.current[1] < len(spans) else None
