"""What readers are told of an output past its limit while its run writes on, or ends, between two looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.output.index import Stream
from core.output.spool import Spool
from core.output.tail import TailState, TailView

START = 1_795_500_000_000_000
PAUSE_US = 100_000


class Run:
    """Prints lines of 100 bytes, alternately of `o` to one stream and of `E` to the other."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.out = Spool(folder, 1, 1, limit_bytes=limit_bytes, started_at_us=START)
        self._count = 0

    def print(self, lines: int) -> None:
        for _ in range(lines):
            self._count += 1
            stream, letter = (Stream.STDERR, b"E") if self._count % 2 else (Stream.STDOUT, b"o")
            self.out.write(stream, letter * 99 + b"\n", START + self._count * PAUSE_US)


def own(stream: Stream) -> set[bytes]:
    return {(b"E" if stream is Stream.STDERR else b"o") * 99}


@contextmanager
def after_look(number: int, run: Run) -> Iterator[None]:
    """Let the run print a few lines behind the look at the state of its tail that has this number."""
    state, count = TailView.state, 0

    def look(view: TailView) -> TailState | None:
        nonlocal count
        found = state(view)
        count += 1
        if count == number:
            run.print(3)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TailView, "state", look)
        yield


@pytest.mark.parametrize("number", range(1, 6))
def test_what_is_printed_during_a_look_is_of_its_own_stream(number: int, tmp_path: Path) -> None:
    run = Run(tmp_path, 20_000)
    run.print(150)
    with run.out.live() as reader:
        with after_look(number, run):
            pieces = list(reader.pieces())
        assert len(pieces) >= 150
        for _, stream, data in pieces:
            assert set(data.splitlines()) == own(stream)
    run.out.close()
