"""What readers are told of an output past its limit while its run writes on, or ends, between two looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.output.index import Stream
from core.output.reader import Reader
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


def test_who_follows_more_slowly_than_the_run_is_told_what_is_missing(tmp_path: Path) -> None:
    run = Run(tmp_path, 20_000)
    run.print(150)
    with run.out.live() as reader:
        followed = Followed(reader)
        for number, _ in enumerate(followed.look()):
            if number == 110:
                run.print(400)
        followed.check(printed=55_000)
        assert followed.missed
    run.out.close()


def test_a_follower_may_be_outrun_any_number_of_times(tmp_path: Path) -> None:
    run = Run(tmp_path, 2_000)
    run.print(31)
    with run.out.live() as reader:
        followed = Followed(reader)
        times = 0
        for stream in followed.look():
            if stream is Stream.NOTE and times < 1_100:
                times += 1
                run.print(11)
        assert times == 1_100
        followed.check(printed=3_100 + 1_100 * 1_100)
    run.out.close()


class Followed:
    """What came to somebody who follows."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._offset = 0
        self.text: list[tuple[Stream, bytes]] = []
        self.missed = 0

    def look(self) -> Iterator[Stream]:
        for offset, _, stream, data in self._reader.news(self._offset):
            self._offset = offset
            if stream is Stream.NOTE:
                self.missed += int(data.split()[1].replace(b",", b""))
            else:
                self.text.append((stream, data))
            yield stream

    def check(self, *, printed: int) -> None:
        """Check that what came and what was missed is all, and that nothing came of another stream."""
        assert sum(len(data) for _, data in self.text) + self.missed == printed
        for stream, data in self.text:
            assert set(data.replace(b"\n", b"")) == set(own(stream).pop())
