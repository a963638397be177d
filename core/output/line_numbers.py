"""Numbers the lines of an output, counting in slices what is before them."""

from __future__ import annotations

from array import array

from core.output.gaps import Gapped
from core.output.rows import Source

__all__ = ["LineNumbers"]

_STEP_BYTES = 64 * 1024
_SLICE_STEPS = 4


class LineNumbers:
    """Knows how many line feeds of `source` are before each multiple of 64 KiB up to `counted` (8 bytes for each).

    Behind a gap nobody knows how many there were.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._gap_of = source.gap if isinstance(source, Gapped) else None
        self._counts = array("Q", [0])

    @property
    def counted(self) -> int:
        """Return up to which byte lines can be numbered."""
        return (len(self._counts) - 1) * _STEP_BYTES

    def advance(self) -> bool:
        """Count some more, and return whether there may be more to count. Raises StorageError."""
        length = _STEP_BYTES * _SLICE_STEPS
        if (gap := self._gap()) is not None:
            length = min(length, gap[0] - self.counted)
        data = self.source.read(self.counted, length) if length > 0 else b""
        for start in range(0, len(data) - _STEP_BYTES + 1, _STEP_BYTES):
            self._counts.append(self._counts[-1] + data.count(b"\n", start, start + _STEP_BYTES))
        return len(data) == _STEP_BYTES * _SLICE_STEPS

    def number_at(self, offset: int) -> int | None:
        """Return the number, from 1, of the line in which the byte lies; None where it is not counted so far, or never.

        Raises StorageError.
        """
        step = offset // _STEP_BYTES
        gap = self._gap()
        if step >= len(self._counts) or (gap is not None and offset >= gap[0]):
            return None
        base = step * _STEP_BYTES
        return self._counts[step] + self.source.read(base, offset - base).count(b"\n") + 1

    def _gap(self) -> tuple[int, int] | None:
        return None if self._gap_of is None else self._gap_of()
