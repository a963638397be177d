"""What is not kept of an output past its limit is one mark to every reader, and everything else is where it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.output.choosing import ListedRows
from core.output.exporting import export
from core.output.gaps import KeptBytes
from core.output.index import Stream
from core.output.line_numbers import LineNumbers
from core.output.reader import LiveReader
from core.output.rows import SEGMENT_BYTES, RowFinder
from core.output.spool import Spool

MARK = b"[Clockhand: %s bytes are missing here: the output is larger than its limit]\n"


class Gapping:
    """A source with a gap that reads as nonsense."""

    def __init__(self, head: bytes, missing: int, tail: bytes) -> None:
        self.head, self.tail = head, tail
        self.range = (len(head), len(head) + missing)

    def size(self) -> int:
        return self.range[1] + len(self.tail)

    def read(self, offset: int, length: int) -> bytes:
        data = self.head + b"?\n" * (self.range[1] - self.range[0])
        return (data[: self.range[1]] + self.tail)[offset : offset + length]

    def gap(self) -> tuple[int, int] | None:
        return self.range


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """A run that has printed 100,000 lines of 10 bytes, of which 5,000 bytes are kept at either end."""
    made = Spool(tmp_path, 1, 1, limit_bytes=10_000, started_at_us=0)
    for number in range(0, 100_000, 100):
        made.write(Stream.STDOUT, b"".join(b"%09d\n" % each for each in range(number, number + 100)), 1)
    yield made
    made.close()


@pytest.fixture
def reader(spool: Spool) -> Iterator[LiveReader]:
    with spool.live() as opened:
        assert opened.size() == 1_000_000
        assert opened.gap() == (5000, 995_000)
        yield opened


parts = st.lists(st.sampled_from([b"one\n", b"two", b"\r", b"x" * 3000, b"y" * SEGMENT_BYTES]), max_size=8).map(
    b"".join
)


@settings(max_examples=80)
@given(parts, st.integers(1, 9000), parts)
def test_the_gap_is_one_row_with_the_rows_of_either_side_as_if_nothing_were_beyond(
    head: bytes, missing: int, tail: bytes
) -> None:
    finder = RowFinder(Gapping(head, missing, tail))
    rows = finder.rows(0, 1000)
    (gap,) = (row for row in rows if row.is_gap)
    assert (gap.start, gap.end, gap.data) == (len(head), len(head) + missing, MARK % f"{missing:,}".encode())
    assert rows[0].start == 0
    assert rows[-1].end == finder.size()
    assert all(one.end == other.start for one, other in pairwise(rows))
    position = finder.size()
    for row in reversed(rows):
        assert finder.row_start(row.end - 1) == row.start
        position = finder.start_above(position, 1)
        assert position == row.start
        assert finder.rows(row.start, 1) == [row]
    assert [row.data for row in rows if row.end <= len(head)] == [
        row.data for row in RowFinder(Bytes(head)).rows(0, 999)
    ]


class Bytes:
    """A source without a gap."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


@settings(max_examples=80)
@given(st.binary(max_size=30), st.integers(1, 50), st.binary(max_size=30), st.integers(0, 200), st.integers(0, 200))
def test_what_is_kept_reads_in_one_piece_from_any_place_and_leads_back(
    head: bytes, missing: int, tail: bytes, offset: int, length: int
) -> None:
    source = Gapping(head, missing, tail)
    kept = KeptBytes(source)
    whole = head + b"\n" + MARK % str(missing).encode() + tail
    assert kept.size() == len(whole)
    assert kept.read(offset, length) == whole[offset : offset + length]
    for place in range(len(whole)):
        if whole[place : place + 1] != source.read(kept.place_of(place), 1):
            assert kept.place_of(place) == len(head)
    assert kept.place_of(len(whole)) == source.size()


def test_what_is_overwritten_before_it_is_read_is_nothing_that_could_be_found(spool: Spool, reader: LiveReader) -> None:
    kept = KeptBytes(reader)
    spool.write(Stream.STDOUT, b"x" * 1000, 2)
    assert kept.read(kept.size() - 5000, 5000) == b"\n" * 1000 + reader.read(996_000, 4000)


@pytest.mark.parametrize("as_printed", [False, True])
def test_a_copy_has_one_mark_and_the_kept_bytes(reader: LiveReader, tmp_path: Path, as_printed: bool) -> None:
    export(RowFinder(reader), reader, tmp_path / "copy", as_printed=as_printed)
    lines = (tmp_path / "copy").read_bytes().replace(b"\n\n", b"\n").splitlines(keepends=True)
    assert lines[:500] == [b"%09d\n" % number for number in range(500)]
    assert lines[500] == MARK % b"990,000"
    assert lines[501:] == [b"%09d\n" % number for number in range(99_500, 100_000)]


def test_listed_rows_that_are_not_kept_any_more_are_left_out(reader: LiveReader) -> None:
    rows = ListedRows(RowFinder(reader), [0, 20_000, 30_000, 999_990])
    assert [row.data for row in rows.rows(0, 10)] == [b"000000000\n", b"000099999\n"]


def test_lines_behind_a_gap_have_no_number(reader: LiveReader) -> None:
    numbers = LineNumbers(reader)
    for _ in range(10):
        numbers.advance()
    assert numbers.number_at(4990) == 500
    assert numbers.number_at(500_000) is None
    assert numbers.number_at(999_990) is None
    assert numbers.counted <= 5000
