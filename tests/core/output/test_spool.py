"""What a spool keeps, where it lies, and that nothing is lost or invented."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.output.files import DELETED, delete_outputs, files_size
from core.output.index import Stream
from core.output.reader import FileReader, InlineReader, Reader
from core.output.spool import INLINE_LIMIT_BYTES, INLINE_LIMIT_US, TICK_MS, OutputRecord, Spool

START = 1_795_500_000_000_000
WRITES = st.lists(
    st.tuples(st.sampled_from([Stream.STDOUT, Stream.STDERR]), st.binary(max_size=40), st.integers(0, 400_000)),
    max_size=25,
)


def spool(folder: Path, limit_bytes: int = 100_000_000) -> Spool:
    return Spool(folder, 7, 1, limit_bytes=limit_bytes, started_at_us=START)


def reader_of(folder: Path, record: OutputRecord) -> Reader:
    if record.inline is not None:
        return InlineReader(record.inline, record.index)
    return InlineReader(b"", b"") if record.location == "none" else FileReader(folder / record.location)


def split_kept(reader: Reader) -> tuple[bytes, bytes]:
    """Return what the process wrote before the mark of a gap, and what after it."""
    before, behind = bytearray(), bytearray()
    part = before
    with reader:
        for _, stream, data in reader.pieces():
            if stream is Stream.NOTE:
                part = behind
            else:
                part += data
    return bytes(before), bytes(behind)


class Follower:
    """Reads an output in order while it is written."""

    def __init__(self, reader: Reader) -> None:
        self.text = b""
        self.missed = 0
        self._reader = reader
        self._offset = 0

    def look(self) -> None:
        for offset, _, stream, data in self._reader.news(self._offset):
            self._offset = offset
            if stream is Stream.NOTE:
                self.missed += int(data.split()[1])
            else:
                self.text += data


def content(out: Spool) -> bytes | None:
    """Return what another process sees of an output that is being written."""
    return out.path.read_bytes() if out.path else None


def test_a_short_small_output_is_kept_inline(tmp_path: Path) -> None:
    out = spool(tmp_path)
    out.write(Stream.STDOUT, b"hello\n", START + 10)
    out.write(Stream.STDERR, b"oh\n", START + 20)
    record = out.close()
    assert (record.location, record.inline) == ("inline", b"hello\noh\n")
    assert (record.stdout_bytes, record.stderr_bytes, record.kept_bytes, record.dropped_bytes) == (6, 3, 9, 0)
    assert list(tmp_path.iterdir()) == []
    assert list(reader_of(tmp_path, record).pieces()) == [
        (START + 10, Stream.STDOUT, b"hello\n"),
        (START + 20, Stream.STDERR, b"oh\n"),
    ]


def test_an_output_of_nothing_has_no_place(tmp_path: Path) -> None:
    out = spool(tmp_path)
    out.write(Stream.STDOUT, b"", START)
    out.tick(START + INLINE_LIMIT_US)
    assert out.close() == OutputRecord(location="none")
    assert list(tmp_path.iterdir()) == []


def test_an_output_over_64_kb_goes_to_a_file(tmp_path: Path) -> None:
    out = spool(tmp_path)
    out.write(Stream.STDOUT, b"a" * INLINE_LIMIT_BYTES, START)
    assert content(out) is None
    out.write(Stream.STDOUT, b"b", START)
    assert content(out) == b"a" * INLINE_LIMIT_BYTES + b"b"
    record = out.close()
    assert record.location == "0000/7-1.log"
    assert (tmp_path / record.location).read_bytes() == b"a" * INLINE_LIMIT_BYTES + b"b"
    assert record.inline is None


def test_no_crash_loses_more_than_the_last_second() -> None:
    assert INLINE_LIMIT_US + TICK_MS * 1000 <= 1_000_000


def test_a_run_that_takes_its_time_is_on_disk_for_others_to_follow(tmp_path: Path) -> None:
    out = spool(tmp_path)
    out.write(Stream.STDOUT, b"first", START)
    out.tick(START + INLINE_LIMIT_US - 1)
    assert content(out) is None
    out.tick(START + INLINE_LIMIT_US)
    assert content(out) == b"first"
    out.write(Stream.STDOUT, b" second", START + 2 * INLINE_LIMIT_US)
    assert content(out) == b"first second"
    out.close()


def test_a_late_first_write_goes_to_a_file_at_once(tmp_path: Path) -> None:
    out = spool(tmp_path)
    out.write(Stream.STDOUT, b"late", START + INLINE_LIMIT_US)
    assert content(out) == b"late"
    out.close()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    out = spool(tmp_path)
    out.write(Stream.STDOUT, b"x", START + INLINE_LIMIT_US)
    out.close()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {"0000": 0o700, "7-1.log": 0o600, "7-1.log.idx": 0o600}


def test_a_name_that_is_taken_is_never_reused(tmp_path: Path) -> None:
    locations = []
    for _ in range(3):
        out = spool(tmp_path)
        out.write(Stream.STDOUT, b"x", START + INLINE_LIMIT_US)
        locations.append(out.close().location)
    assert locations == ["0000/7-1.log", "0000/7-1-2.log", "0000/7-1-3.log"]


def test_jobs_are_spread_over_folders(tmp_path: Path) -> None:
    out = Spool(tmp_path, 1_234_567, 2, started_at_us=START)
    out.write(Stream.STDOUT, b"x", START + INLINE_LIMIT_US)
    assert out.close().location == "1234/1234567-2.log"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_head_and_tail_are_kept_at_all_small_sizes(size: int, tmp_path: Path) -> None:
    for limit in range(12):
        for total in range(30):
            data = bytes(65 + number for number in range(total))
            out = Spool(tmp_path, limit * 100 + total, 1, limit_bytes=limit, started_at_us=START)
            for start in range(0, total, size):
                out.write(Stream.STDOUT, data[start : start + size], START + start)
            record = out.close()
            head, tail = split_kept(reader_of(tmp_path, record))
            if total <= limit:
                assert head == data
                assert record.dropped_bytes == 0
            else:
                assert head == data[: limit - limit // 2]
                assert tail == (data[-(limit // 2) :] if limit // 2 else b"")
            assert record.kept_bytes == len(head) + len(tail)
            assert record.kept_bytes + record.dropped_bytes == total


def test_the_gap_is_marked_with_its_size_in_the_file(tmp_path: Path) -> None:
    out = spool(tmp_path, limit_bytes=10)
    for number in range(10):
        out.write(Stream.STDOUT, b"0123456789", START + number)
    assert out.is_large
    record = out.close()
    text = (tmp_path / record.location).read_text()
    assert text == "01234\n[Clockhand: 90 bytes are missing here: the output is larger than its limit]\n56789"
    assert sorted(path.name for path in (tmp_path / "0000").iterdir()) == ["7-1.log", "7-1.log.idx"]


def test_disk_use_is_bounded_while_a_flood_runs(tmp_path: Path) -> None:
    out = spool(tmp_path, limit_bytes=100_000)
    for number in range(200):
        out.write(Stream(1 + number % 2), bytes([number]) * 10_000, START + number * 100_000)
        used = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        assert used <= 100_000 + 16 * 1024
    assert out.recent(20_000) == bytes([198]) * 10_000 + bytes([199]) * 10_000
    record = out.close()
    assert record.kept_bytes == 100_000
    assert (tmp_path / record.location).stat().st_size < 101_000


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=WRITES, limit=st.one_of(st.integers(0, 60), st.integers(200, 2000)), ticks=st.booleans())
def test_every_byte_is_kept_in_order_or_counted(
    writes: list[tuple[Stream, bytes, int]], limit: int, ticks: bool, tmp_path: Path
) -> None:
    out = spool(tmp_path, limit)
    now = START
    printed = b""
    with out.live() as live, out.live() as followed:
        follower = Follower(followed)
        for stream, data, pause in writes:
            now += pause
            out.write(stream, data, now)
            printed += data
            if ticks:
                out.tick(now)
                follower.look()
            if limit > 1:
                check_what_is_live(live, printed, limit)
        assert printed.endswith(out.recent(limit // 2))
        record = out.close(now)
        follower.look()
        with reader_of(tmp_path, record) as final:
            check_what_is_kept(record, final, printed, limit)
            assert live.size() == final.size()
            assert live.read(0, live.size()) == final.read(0, final.size())
    # Who follows sees the head and the last bytes, and is told of all that it missed.
    head = limit - limit // 2
    assert follower.text[:head] == printed[:head]
    assert len(follower.text) + follower.missed == len(printed)
    assert printed.endswith(follower.text[head:][-(limit // 2) :] if limit > 1 else b"")


def check_what_is_live(live: Reader, printed: bytes, limit: int) -> None:
    assert live.size() == len(printed)
    head = limit - limit // 2
    assert live.read(0, head) == printed[:head]
    newest = min(limit // 2, len(printed))
    assert live.read(len(printed) - newest, newest + 10) == printed[len(printed) - newest :]
    assert b"".join(data for _, _, data in live.pieces()) == live.read(0, live.size())


def check_what_is_kept(record: OutputRecord, final: Reader, printed: bytes, limit: int) -> None:
    assert record.stdout_bytes + record.stderr_bytes == record.kept_bytes + record.dropped_bytes == len(printed)
    assert record.kept_bytes == min(limit, len(printed))
    assert b"".join(data for _, _, data in final.pieces()) == final.read(0, final.size())
    times = [at_us for at_us, _, _ in final.pieces()]
    assert times == sorted(times)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=WRITES, cut=st.integers(0, 1000))
def test_the_streams_can_be_told_apart_again(writes: list[tuple[Stream, bytes, int]], cut: int, tmp_path: Path) -> None:
    out = spool(tmp_path)
    now = START
    for stream, data, pause in writes:
        now += pause
        out.write(stream, data, now)
    final = reader_of(tmp_path, out.close())
    for wanted in (Stream.STDOUT, Stream.STDERR):
        expected = b"".join(data for stream, data, _ in writes if stream is wanted)
        assert b"".join(data for _, stream, data in final.pieces() if stream is wanted) == expected
    at = min(cut, final.size())
    assert b"".join(data for _, _, data in final.pieces(at)) == final.read(at, final.size())
    final.close()


def test_secrets_are_masked_in_each_stream_before_anything_is_kept(tmp_path: Path) -> None:
    out = Spool(tmp_path, 1, 1, started_at_us=START, masked=[b"s3cret"])
    live = out.live()
    for stream, data in (
        (Stream.STDOUT, b"one s3c"),
        (Stream.STDERR, b"two s3"),
        (Stream.STDOUT, b"ret."),
        (Stream.STDERR, b"cret!"),
    ):
        out.write(stream, data, START)
        assert b"s3" not in live.read(0, 100)
    record = out.close()
    assert record.inline == b"one two ***.***!"
    assert (record.stdout_bytes, record.stderr_bytes, record.kept_bytes) == (8, 8, 16)


def test_a_prompt_that_ends_like_a_secret_begins_appears_soon(tmp_path: Path) -> None:
    out = Spool(tmp_path, 1, 1, started_at_us=START, masked=[b"d: password"])
    out.write(Stream.STDOUT, b"Word", START)
    assert out.recent(100) == b"Wor"
    out.tick(START + 199_999)
    assert out.recent(100) == b"Wor"
    out.tick(START + 200_000)
    assert out.recent(100) == b"Word"
    assert out.close().inline == b"Word"


def test_a_prompt_that_is_the_beginning_of_a_secret_is_seen_after_a_second(tmp_path: Path) -> None:
    out = Spool(tmp_path, 1, 1, started_at_us=START, masked=[b"Password123!"])
    out.write(Stream.STDOUT, b"Pass", START)
    # What the other stream prints meanwhile does not keep it.
    out.write(Stream.STDERR, b".", START + 900_000)
    out.tick(START + 999_999)
    assert out.recent(100) == b"."
    out.tick(START + 1_000_000)
    assert out.recent(100) == b".Pas***"
    out.write(Stream.STDOUT, b"word123!\n", START + 2_000_000)
    assert out.recent(100) == b".Pas***\n"
    out.close()


def test_what_a_mask_still_holds_comes_at_the_end_unless_it_is_much_of_a_secret(tmp_path: Path) -> None:
    for attempt, (left, shown) in enumerate([(b"pa", b"pa"), (b"pass", b"***")]):
        out = Spool(tmp_path, 1, attempt, started_at_us=START, masked=[b"password"])
        out.write(Stream.STDOUT, b"a " + left, START)
        assert out.close().inline == b"a " + shown


def test_nothing_can_be_written_after_the_end(tmp_path: Path) -> None:
    out = spool(tmp_path)
    record = out.close()
    assert out.close() is record
    with pytest.raises(ValueError, match="closed"):
        out.write(Stream.STDOUT, b"x", START)


class FullDisk:
    """Stands before os.write as a disk that has room for `room` bytes more. (A real full disk needs root.)"""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room: int | None = None
        self.heals = False
        self._write = os.write
        monkeypatch.setattr("core.output.sink.os.write", self)

    def __call__(self, descriptor: int, data: bytes) -> int:
        if self.room is None:
            return self._write(descriptor, data)
        if self.room == 0:
            self.room = None if self.heals else 0
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self._write(descriptor, bytes(data)[: self.room])
        self.room -= written
        return written


def test_a_full_disk_never_reaches_the_worker_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FullDisk(monkeypatch)
    out = spool(tmp_path)
    out.write(Stream.STDOUT, b"before;", START + INLINE_LIMIT_US)
    disk.room = 3
    out.write(Stream.STDOUT, b"partly lost;", START + INLINE_LIMIT_US + 1)
    out.write(Stream.STDERR, b"lost;", START + INLINE_LIMIT_US + 2)
    disk.room = None
    out.write(Stream.STDOUT, b"after;", START + INLINE_LIMIT_US + 3)
    record = out.close()
    assert record.fault == "No space left on device"
    assert (record.kept_bytes, record.dropped_bytes) == (7 + 3 + 6, 9 + 5)
    mark = "\n[Clockhand: 14 bytes are missing here: they could not be written (No space left on device)]\n"
    assert (tmp_path / record.location).read_text() == f"before;par{mark}after;"
    with FileReader(tmp_path / record.location) as final:
        pieces = list(final.pieces())
    assert [(stream, data) for _, stream, data in pieces][-1] == (Stream.STDOUT, b"after;")


def test_after_a_fault_nothing_overtakes_what_went_to_the_tail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FullDisk(monkeypatch)
    out = spool(tmp_path, limit_bytes=20)
    out.write(Stream.STDOUT, b"01", START + INLINE_LIMIT_US)
    disk.room, disk.heals = 3, True
    out.write(Stream.STDOUT, b"23456789ab", START + INLINE_LIMIT_US)
    out.write(Stream.STDOUT, b"cd", START + INLINE_LIMIT_US)
    record = out.close()
    text = (tmp_path / record.location).read_text()
    assert text.replace("\n", "").split("[")[0] == "01234abcd"
    assert "5 bytes are missing here: they could not be written" in text
    assert (record.kept_bytes, record.dropped_bytes) == (9, 5)


@pytest.mark.parametrize("room", range(0, 60, 7))
def test_a_disk_that_fills_anywhere_leaves_a_readable_output(
    room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    out = spool(tmp_path, limit_bytes=40)
    disk.room = room
    for number in range(6):
        out.write(Stream(1 + number % 2), b"0123456789", START + INLINE_LIMIT_US + number)
    record = out.close()
    assert record.fault == "No space left on device"
    assert record.kept_bytes + record.dropped_bytes == 60
    with FileReader(tmp_path / record.location) as final:
        assert b"".join(data for _, _, data in final.pieces()) == final.read(0, 1000)


def test_where_no_file_can_be_made_memory_serves_on(tmp_path: Path) -> None:
    blocked = tmp_path / "output"
    blocked.write_text("a file is in the way")
    out = spool(blocked)
    out.write(Stream.STDOUT, b"a" * INLINE_LIMIT_BYTES, START + INLINE_LIMIT_US)
    out.write(Stream.STDOUT, b"lost", START + INLINE_LIMIT_US)
    record = out.close()
    assert record.location == "inline"
    assert (record.kept_bytes, record.dropped_bytes) == (INLINE_LIMIT_BYTES, 4)
    assert record.fault is not None
    assert record.inline is not None
    assert b"[Clockhand: 4 bytes are missing here" in record.inline


def test_a_file_is_tried_again_when_there_is_room(tmp_path: Path) -> None:
    blocked = tmp_path / "output"
    blocked.write_text("a file is in the way")
    out = spool(blocked)
    out.write(Stream.STDOUT, b"a" * INLINE_LIMIT_BYTES + b"lost", START + INLINE_LIMIT_US)
    blocked.unlink()
    out.write(Stream.STDOUT, b"end", START + INLINE_LIMIT_US)
    record = out.close()
    content = (blocked / record.location).read_bytes()
    assert content.startswith(b"a" * INLINE_LIMIT_BYTES + b"\n[Clockhand: 4 bytes are missing here")
    assert content.endswith(b"]\nend")
    assert (record.kept_bytes, record.dropped_bytes) == (INLINE_LIMIT_BYTES + 3, 4)


def test_deleting_takes_all_files_of_an_output(tmp_path: Path) -> None:
    out = spool(tmp_path)
    out.write(Stream.STDOUT, b"x" * 100, START + INLINE_LIMIT_US)
    record = out.close()
    size = files_size(tmp_path)
    assert size > 100
    assert delete_outputs(tmp_path, ["inline", "none", DELETED, None, record.location, record.location]) == size
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert files_size(tmp_path) == 0


def test_deleting_takes_the_tail_that_a_crash_left(tmp_path: Path) -> None:
    out = spool(tmp_path, limit_bytes=10)
    out.write(Stream.STDOUT, b"x" * 100, START)
    assert out.path is not None
    copies = {path: path.read_bytes() for path in out.path.parent.iterdir()}
    record = out.close()
    for path, data in copies.items():
        path.write_bytes(data)
    assert len(copies) == 4
    delete_outputs(tmp_path, [record.location])
    assert list((tmp_path / "0000").iterdir()) == []


def test_a_disk_that_refuses_at_the_very_end_is_told_and_does_not_reach_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Spool(tmp_path, 1, 1, limit_bytes=1000, started_at_us=0)
    out.write(Stream.STDOUT, b"x" * 5000, INLINE_LIMIT_US)
    # What can't be removed like a file.
    (tail,) = tmp_path.rglob("*.tail")
    tail.unlink()
    tail.mkdir()
    close = os.close

    def refuse(descriptor: int) -> None:
        close(descriptor)
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with monkeypatch.context() as full:
        full.setattr(os, "close", refuse)
        record = out.close()
    assert record.fault == os.strerror(errno.EDQUOT)
    assert record.kept_bytes == 1000
