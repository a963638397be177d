"""Numbers the lines of an output, counting in slices what is before them."""

from __future__ import annotations

from array import array
from typing import Protocol

__all__ = ["LineNumbers"]

_STEP_BYTES = 64 * 1024
_SLICE_STEPS = 4


class _Source(Protocol):
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes: ...


class LineNumbers:
    """Knows how many line feeds of `source` are before each multiple of 64 KiB up to `counted` (8 bytes for each)."""

    def __init__(self, source: _Source) -> None:
        self.source = source
        self._counts = array("Q", [0])

    @property
    def counted(self) -> int:
        """Return up to which byte lines can be numbered."""
        return (len(self._counts) - 1) * _STEP_BYTES

    def advance(self) -> bool:
        """Count some more, and return whether there may be more to count. Raises StorageError."""
        data = self.source.read(self.counted, _STEP_BYTES * _SLICE_STEPS)
        for start in range(0, len(data) - _STEP_BYTES + 1, _STEP_BYTES):
            self._counts.append(self._counts[-1] + data.count(b"\n", start, start + _STEP_BYTES))
        return len(data) == _STEP_BYTES * _SLICE_STEPS

    def number_at(self, offset: int) -> int | None:
        """Return the number, from 1, of the line in which the byte lies; None where it is not counted so far.

        Raises StorageError.
        """
        step = offset // _STEP_BYTES
        if step >= len(self._counts):
            return None
        base = step * _STEP_BYTES
        return self._counts[step] + self.source.read(base, offset - base).count(b"\n") + 1
