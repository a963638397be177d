"""A run past its limit that ends while its output is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.output.reader import Reader
from core.output.spool import Spool
from core.output.tail import TailState, TailView

__all__ = ["ending_while_read"]


@contextmanager
def ending_while_read(spool: Spool, reader: Reader) -> Iterator[None]:
    """Let the run end right after the first reading from its tail; then others look at the output, and let go of it."""
    read = TailView.read
    ended: list[TailView] = []

    def read_and_end(view: TailView, state: TailState, position: int, length: int) -> bytes:
        data = read(view, state, position, length)
        if not ended:
            ended.append(view)
            spool.close()
            reader.size()
            reader.close()
        return data

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TailView, "read", read_and_end)
        yield
