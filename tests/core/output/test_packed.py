"""Old outputs take little room and read as they did, whatever happens while they are packed."""

from __future__ import annotations

import gzip
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import StorageError
from core.output import packed as packed_module
from core.output.aging import fold_tail, pack_output, plain_outputs
from core.output.files import PACKED_SUFFIX, beside, delete_outputs, files_size
from core.output.index import Stream
from core.output.packed import FRAME_BYTES, PackedFile, pack
from core.output.reader import FileReader
from core.output.spool import INLINE_LIMIT_US, Spool

START = 1_795_500_000_000_000
SIZES = [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES, 5 * FRAME_BYTES + 77]


def always() -> bool:
    return True


def text_of(size: int) -> bytes:
    return b"".join(b"%09d line\n" % number for number in range(size // 15 + 1))[:size]


def make_output(folder: Path, lines: int = 60_000) -> Path:
    out = Spool(folder, 7, 1, started_at_us=START)
    for number in range(0, lines, 1000):
        text = b"".join(b"%09d line\n" % each for each in range(number, number + 1000))
        out.write(Stream(1 + number // 1000 % 2), text, START + INLINE_LIMIT_US + number * 1000)
    return folder / out.close().location


@pytest.mark.parametrize("size", SIZES)
def test_what_was_packed_reads_as_it_was_from_anywhere(size: int, tmp_path: Path) -> None:
    data = text_of(size)
    (tmp_path / "plain").write_bytes(data)
    assert pack(tmp_path / "plain", tmp_path / "packed", may_go_on=always)
    with closing(PackedFile(tmp_path / "packed")) as packed:
        assert packed.size == size
        for offset in (0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, size - 1, size, size + 10):
            for length in (0, 1, 2, 70_000, size + 1):
                start = max(0, offset)
                assert packed.read(start, length) == data[start : start + length]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=300),
    frame=st.integers(1, 40),
    per_member=st.integers(1, 5),
    places=st.lists(st.tuples(st.integers(0, 320), st.integers(0, 320)), max_size=5),
)
def test_any_bytes_in_frames_of_any_size(
    data: bytes, frame: int, per_member: int, places: list[tuple[int, int]], tmp_path: Path
) -> None:
    (tmp_path / "plain").write_bytes(data)
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(packed_module, "FRAME_BYTES", frame)
        changed.setattr(packed_module, "_SIZES_PER_MEMBER", per_member)
        pack(tmp_path / "plain", tmp_path / "packed", may_go_on=always)
        with closing(PackedFile(tmp_path / "packed")) as packed:
            for offset, length in places:
                assert packed.read(offset, length) == data[offset : offset + length]
    assert gzip.decompress((tmp_path / "packed").read_bytes()) == data


def test_a_page_that_lies_all_over_an_output_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_module, "FRAME_BYTES", 1000)
    monkeypatch.setattr(packed_module, "_MOST_BYTES_AT_HAND", 60_500)
    (tmp_path / "plain").write_bytes(text_of(200_000))
    pack(tmp_path / "plain", tmp_path / "packed", may_go_on=always)
    unpacked: list[int] = []
    real = zlib.decompress

    def decompress(data: bytes, *sizes: int) -> bytes:
        unpacked.append(1)
        return real(data, *sizes)

    monkeypatch.setattr(zlib, "decompress", decompress)
    with closing(PackedFile(tmp_path / "packed")) as packed:
        for _ in range(3):
            for number in range(60):
                packed.read(number * 2000, 10)
        assert len(unpacked) == 60
        packed.read(190_000, 10)
        packed.read(118_000, 10)  # the one that was used last before is still there, the first one is not
        packed.read(0, 10)
        assert len(unpacked) == 62


def test_other_programs_read_it_as_gzip(tmp_path: Path) -> None:
    path = make_output(tmp_path)
    plain = path.read_bytes()
    assert pack_output(path, may_go_on=always)
    assert gzip.decompress(beside(path, PACKED_SUFFIX).read_bytes()) == plain


def test_a_reader_sees_no_difference_also_when_it_was_open_before(tmp_path: Path) -> None:
    path = make_output(tmp_path)
    with FileReader(path) as before, FileReader(path) as idle:
        size, pieces, part = before.size(), list(before.pieces(100_000)), before.read(250_000, 100_000)
        on_disk = files_size(tmp_path)
        assert pack_output(path, may_go_on=always)
        assert sorted(each.name for each in path.parent.iterdir()) == ["7-1.log.gz", "7-1.log.idx.gz"]
        assert files_size(tmp_path) < on_disk / 3
        for reader in (before, idle, FileReader(path)):
            with reader:
                assert (reader.size(), list(reader.pieces(100_000)), reader.read(250_000, 100_000)) == (
                    size,
                    pieces,
                    part,
                )
                assert list(reader.news(size)) == []
                assert b"".join(data for *_, data in reader.news(size - 5)) == reader.read(size - 5, 5)
    assert delete_outputs(tmp_path, ["0000/7-1.log"]) > 0
    assert list(path.parent.iterdir()) == []
    with FileReader(path) as gone, pytest.raises(StorageError, match="is gone"):
        gone.size()


def test_a_name_whose_output_was_packed_is_not_taken_again(tmp_path: Path) -> None:
    path = make_output(tmp_path)
    pack_output(path, may_go_on=always)
    assert make_output(tmp_path).name == "7-1-2.log"


def test_one_that_is_told_to_stop_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = make_output(tmp_path)
    before = {each: each.read_bytes() for each in path.parent.iterdir()}
    for count in range(20):
        answers = iter([True] * count)
        with FileReader(path) as reader:
            whole = reader.read(0, reader.size())
        if pack_output(path, may_go_on=partial(next, answers, False)):
            break
        assert whole == before[path]
        assert not list(path.parent.glob("*.part"))
    else:
        pytest.fail("it never came to the end")


class Crash(BaseException):
    """Not an error that anybody handles."""


def crash_after(calls: Iterator[int], name: str) -> Callable[..., object]:
    real = getattr(os, name)

    def call(*arguments: object, **named: object) -> object:
        if next(calls, None) is None:
            raise Crash
        return real(*arguments, **named)

    return call


def test_a_crash_at_any_moment_leaves_every_byte_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_output(tmp_path / "source", 30_000)
    with FileReader(source) as reader:
        pieces = list(reader.pieces())
    for count in range(60):
        folder = tmp_path / f"again {count}"
        shutil.copytree(tmp_path / "source", folder)
        path = folder / "0000" / source.name
        is_done = False
        with monkeypatch.context() as crashing:
            calls = iter(range(count))
            for name in ("open", "unlink", "replace", "fsync", "close"):
                crashing.setattr(os, name, crash_after(calls, name))
            with suppress(Crash):
                is_done = pack_output(path, may_go_on=always)
        for _ in range(2):
            with FileReader(path) as reader:
                assert list(reader.pieces()) == pieces
            assert pack_output(path, may_go_on=always)
        assert sorted(each.name for each in path.parent.iterdir()) == ["7-1.log.gz", "7-1.log.idx.gz"]
        if is_done:
            return
    pytest.fail("it never came to the end")


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "foreign"])
def test_a_damaged_one_is_told_and_never_read_as_something_else(damage: str, tmp_path: Path) -> None:
    path = make_output(tmp_path)
    pack_output(path, may_go_on=always)
    packed = beside(path, PACKED_SUFFIX)
    data = bytearray(packed.read_bytes())
    data[len(data) // 3] ^= 0x55
    packed.write_bytes({"cut": bytes(data[:-7]), "empty": b"", "flipped": bytes(data), "foreign": b"x" * 500}[damage])
    with FileReader(path) as reader, pytest.raises(StorageError, match="damaged"):
        reader.read(0, reader.size())


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_no_bytes_make_reading_hang_or_raise_another_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(data)
    with pytest.raises(OSError, match="damaged"):
        PackedFile(tmp_path / "packed")


def test_plain_outputs_are_found_with_their_tails_and_small_ones_left_out(tmp_path: Path) -> None:
    assert list(plain_outputs(tmp_path / "nothing")) == []
    large = make_output(tmp_path)
    small = Spool(tmp_path, 8, 1, started_at_us=START)
    small.write(Stream.STDOUT, b"x", START + INLINE_LIMIT_US)
    small.close()
    living = Spool(tmp_path, 1009, 2, limit_bytes=100, started_at_us=START)
    living.write(Stream.STDOUT, b"x" * 500, START + INLINE_LIMIT_US)
    found = {each.job_id: each for each in plain_outputs(tmp_path)}
    assert {job_id: (each.has_tail, each.is_worth_packing) for job_id, each in found.items()} == {
        7: (False, True),
        1009: (True, False),
    }
    assert found[7].path == large
    copies = tmp_path / "copies"
    shutil.copytree(tmp_path / "0001", copies / "0001")
    living.close()
    (left,) = plain_outputs(copies)
    fold_tail(left.path, START)
    assert list(plain_outputs(copies)) == []
    assert left.path.read_bytes() == (tmp_path / "0001" / left.path.name).read_bytes()
    fold_tail(left.path, START)
