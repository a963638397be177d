"""The pieces of a tail that are kept, in as little memory as on disk: there may be hundreds of thousands."""

from __future__ import annotations

from collections.abc import Iterator

from core.output.index import RECORD_BYTES, Piece, parse_records

__all__ = ["PieceQueue"]

_FEWEST_TO_DROP = 4096


class PieceQueue:
    """Pieces in order: new ones come behind the last, and the first ones go."""

    def __init__(self) -> None:
        self._records = bytearray()
        self._first = 0

    def __len__(self) -> int:
        return len(self._records) // RECORD_BYTES - self._first

    def __iter__(self) -> Iterator[Piece]:
        return parse_records(bytes(memoryview(self._records)[self._first * RECORD_BYTES :]))

    @property
    def second_offset(self) -> int:
        """Return where the second piece begins, which has to exist."""
        at = (self._first + 1) * RECORD_BYTES
        return int.from_bytes(self._records[at : at + RECORD_BYTES // 2], "little")

    def append(self, piece: Piece) -> None:
        """Add the piece behind the last one."""
        self._records += piece.pack()

    def drop_first(self) -> None:
        """Let the first piece go, which has to exist."""
        self._first += 1
        # Not each time: what follows has to be moved in memory.
        if self._first > max(_FEWEST_TO_DROP, len(self)):
            del self._records[: self._first * RECORD_BYTES]
            self._first = 0

    def clear(self) -> None:
        """Let all go."""
        self._records.clear()
        self._first = 0
