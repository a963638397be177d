"""What is left of an output when the program that takes it is killed, or its disk fills up."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import core
from core.output.files import companions, find_live
from core.output.index import Stream
from core.output.reader import FileReader
from core.output.sink import FileSink
from core.output.spool import INLINE_LIMIT_US, Spool
from core.output.tail import Tail
from tests.support.disk import free_bytes, mounted_small_disk

START = 1_795_500_000_000_000
# Prints the number of each line only after the spool has it; the time that the spool is told is the real one.
WRITER = """
import sys, time
from pathlib import Path
from core.output.spool import Spool, Stream
def now(): return time.time_ns() // 1000
out = Spool(Path(sys.argv[1]), 7, 1, limit_bytes=int(sys.argv[2]), started_at_us=now())
for number in range(10**9):
    out.write(Stream(1 + number % 2), b"%09d\\n" % number, now())
    out.tick(now())
    print(number, flush=True)
"""


def killed_while_writing(folder: Path, limit: int, seconds: float) -> int:
    """Return the number of the last line that a spool had taken when its process was killed."""
    arguments = [sys.executable, "-c", WRITER, str(folder), str(limit)]
    with subprocess.Popen(arguments, cwd=Path(core.__file__).parents[1], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        last = ""
        began = None
        for line in writer.stdout:
            began = began or time.monotonic()
            last = line
            if time.monotonic() - began > seconds:
                break
        writer.send_signal(signal.SIGKILL)
        # Those that were on their way.
        for line in writer.stdout:
            last = line if line.endswith("\n") else last
    return int(last)


def lines_of(path: Path) -> list[bytes]:
    with FileReader(path) as reader:
        assert b"".join(data for _, _, data in reader.pieces()) == reader.read(0, reader.size())
        return reader.read(0, reader.size()).splitlines()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("limit", [100_000_000, 40_000])
def test_nothing_that_was_printed_for_a_second_is_lost_when_the_program_is_killed(tmp_path: Path, limit: int) -> None:
    last = killed_while_writing(tmp_path, limit, 1.5)
    path = find_live(tmp_path, 7, 1)
    assert path is not None
    for is_folded in (False, True):
        lines = lines_of(path)
        assert lines[0] == b"000000000"
        # Written at once and not after a second: the very last line is there.
        assert lines[-1] in (b"%09d" % last, b"%09d" % (last + 1))
        # As after the end of a run: the head, the mark of the gap, the tail.
        sink = FileSink.reopen(path)
        assert (sink is None) == (is_folded or limit > 1_000_000)
        if sink is not None:
            sink.finish(START)
            assert sink.fault is None
    if limit == 40_000:
        whole = path.read_bytes()
        assert whole.startswith(b"".join(b"%09d\n" % number for number in range(2000)) + b"\n[Clockhand: ")
        assert len(whole) < 41_000
        with FileReader(path) as reader:
            streams = {data[:9]: stream for _, stream, data in reader.pieces() if len(data) == 10}
        assert all(stream == 1 + int(text) % 2 for text, stream in streams.items() if text.isdigit())
        assert sorted(each.name for each in path.parent.iterdir()) == ["7-1.log", "7-1.log.idx"]


class Crash(BaseException):
    """Not an error that anybody handles."""


def test_a_crash_anywhere_in_the_end_of_an_output_leaves_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Spool(tmp_path / "whole", 7, 1, limit_bytes=40, started_at_us=START)
    for number in range(20):
        out.write(Stream(1 + number % 2), b"%03d\n" % number, START + INLINE_LIMIT_US + number * 60_000)
    assert out.path is not None
    left = tmp_path / "left"
    shutil.copytree(tmp_path / "whole", left)
    record = out.close()
    expected = (tmp_path / "whole" / record.location).read_bytes()
    with FileReader(tmp_path / "whole" / record.location) as reader:
        pieces = list(reader.pieces())
    for count in range(40):
        again = tmp_path / f"again {count}"
        shutil.copytree(left, again)
        path = again / record.location
        with monkeypatch.context() as crashing:
            calls = iter(range(count))
            for name in ("write", "unlink", "ftruncate"):
                crashing.setattr(os, name, crash_after(calls, name))
            try:
                sink = FileSink.reopen(path)
                assert sink is not None
                sink.finish(START)
            except Crash:
                sink = None
        again_sink = FileSink.reopen(path)
        if again_sink is not None:
            again_sink.finish(START)
        assert path.read_bytes() == expected
        with FileReader(path) as reader:
            assert list(reader.pieces()) == pieces
        if sink is not None:
            return
    pytest.fail("it never came to the end")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="nothing says what is open")
@pytest.mark.parametrize("place", ["7-1.log", "7-1.log.idx"])
def test_an_output_whose_end_can_t_be_put_in_order_leaves_nothing_open(place: str, tmp_path: Path) -> None:
    tail = Tail(tmp_path / "7-1.log.tail", base=0, limit_bytes=100, max_pieces=10)
    tail.write(Stream.STDOUT, b"the end", START, base=0)
    tail.close()
    (tmp_path / place).mkdir()
    before = os.listdir("/proc/self/fd")  # noqa: PTH208  (names are all that is wanted)
    with pytest.raises(IsADirectoryError):
        FileSink.reopen(tmp_path / "7-1.log")
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208  (names are all that is wanted)


def crash_after(calls: Iterator[int], name: str) -> Callable[..., object]:
    """Return what does as `os.name` until `calls` are used up, and then stands for the end of the process."""
    real = getattr(os, name)

    def call(*arguments: object) -> object:
        if next(calls, None) is None:
            raise Crash
        return real(*arguments)

    return call


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted_small_disk(tmp_path / "disk") as place:
        yield place


def test_a_disk_that_is_really_full_is_told_and_written_again_when_there_is_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    out = Spool(small_disk / "output", 7, 1, started_at_us=START)
    written = 0
    for number in range(60):
        out.write(Stream(1 + number % 2), b"%09d " % number * 500, START + INLINE_LIMIT_US + number * 60_000)
        written += 5000
        if number == 5:
            free = free_bytes(small_disk)
            ballast.write_bytes(b"x" * (free - 16_384))
        if number == 30:
            assert out.fault is not None
            ballast.unlink()
    record = out.close()
    assert record.fault == "No space left on device"
    assert record.kept_bytes + record.dropped_bytes == written
    assert record.dropped_bytes > 0
    with FileReader(small_disk / "output" / record.location) as reader:
        pieces = list(reader.pieces())
    assert b"bytes are missing here: they could not be written (No space left" in b"".join(
        data for _, stream, data in pieces if stream is Stream.NOTE
    )
    assert sum(len(data) for _, stream, data in pieces if stream is not Stream.NOTE) == record.kept_bytes
    for _, stream, data in pieces:
        if stream is not Stream.NOTE and len(data) == 5000:
            assert stream == 1 + int(data[:9]) % 2
    # The last lines came after there was room again.
    assert b"000000059 " in pieces[-1][2]


def test_a_tail_that_finds_no_room_at_the_end_waits_for_it_beside_the_head(small_disk: Path) -> None:
    out = Spool(small_disk / "output", 7, 1, limit_bytes=160_000, started_at_us=START)
    text = b"".join(b"%09d\n" % number for number in range(30_000))
    for at in range(0, len(text), 10_000):
        out.write(Stream.STDOUT, text[at : at + 10_000], START + INLINE_LIMIT_US)
    ballast = small_disk / "ballast"
    free = free_bytes(small_disk)
    ballast.write_bytes(b"x" * max(0, free - 8192))
    record = out.close()
    path = small_disk / "output" / record.location
    assert record.fault == "No space left on device"
    assert (record.kept_bytes, record.dropped_bytes) == (160_000, len(text) - 160_000)
    assert lines_of(path)[-1] == b"000029999"
    ballast.unlink()
    sink = FileSink.reopen(path)
    assert sink is not None
    sink.finish(START)
    assert sink.fault is None
    assert path.read_bytes().endswith(text[-80_000:])
    assert [each for each in companions(path) if each.exists()] == [path.with_name("7-1.log.idx"), path]
