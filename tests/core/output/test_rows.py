"""Rows of an output: found the same from every side, whatever the bytes are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.output.rows import REWRITTEN_BYTES, SEGMENT_BYTES, Row, RowFinder
from core.output.terminal.line import read_line


class Bytes:
    """A source in memory that notes how much was read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.bytes_read = 0

    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        piece = self.data[offset : offset + length]
        self.bytes_read += len(piece)
        return piece


def all_rows(data: bytes) -> list[Row]:
    return RowFinder(Bytes(data)).rows(0, len(data) + 1)


pieces = st.one_of(
    st.binary(max_size=40),
    st.just(b"\n"),
    st.builds(lambda char, count: char * count, st.sampled_from([b"x", "ä".encode(), "𝄞".encode(), b"\n", b"\r"]),
              st.integers(0, 3 * SEGMENT_BYTES)),
)  # fmt: skip
outputs = st.lists(pieces, max_size=8).map(b"".join)


@given(outputs)
def test_the_rows_together_are_the_output(data: bytes) -> None:
    position = 0
    for row in all_rows(data):
        assert row.start == position < row.end
        assert data[row.start : row.end].endswith(row.data)
        assert len(row.data) == row.end - row.start or row.data.startswith(b"\r")
        position = row.end
    assert position == len(data)


@given(outputs, st.data())
def test_every_byte_of_a_row_leads_to_its_beginning(data: bytes, draw: st.DataObject) -> None:
    finder = RowFinder(Bytes(data))
    for row in all_rows(data):
        offset = draw.draw(st.integers(row.start, row.end - 1))
        assert finder.row_start(offset) == row.start


@given(outputs)
def test_going_up_row_by_row_meets_the_same_rows_as_going_down(data: bytes) -> None:
    finder = RowFinder(Bytes(data))
    starts = [row.start for row in all_rows(data)]
    position = len(data)
    for start in reversed(starts):
        position = finder.start_above(position, 1)
        assert position == start


@given(outputs)
def test_no_row_is_longer_than_two_segments(data: bytes) -> None:
    assert all(len(row.data) <= 2 * SEGMENT_BYTES + 3 for row in all_rows(data))


@given(st.text(min_size=1, max_size=3), st.integers(1, 4 * SEGMENT_BYTES))
def test_no_character_is_cut(pattern: str, count: int) -> None:
    data = (pattern * count).encode()
    for row in all_rows(data):
        assert row.data.decode().encode() == row.data


def test_short_lines_are_rows() -> None:
    assert [row.data for row in all_rows(b"one\n\ntwo\nrest")] == [b"one\n", b"\n", b"two\n", b"rest"]


def test_a_page_from_the_middle_of_a_large_output_reads_little() -> None:
    line = b"%07d and some more text\n"
    source = Bytes(b"".join(line % number for number in range(200_000)))
    finder = RowFinder(source)
    start = finder.row_start(len(source.data) // 2)
    rows = finder.rows(start, 60)
    assert len(rows) == 60
    assert rows[0].data.startswith(b"0100000") or rows[0].data.startswith(b"0099999")
    assert source.bytes_read < 100_000


def test_the_last_page_of_one_endless_line_reads_little() -> None:
    source = Bytes(b"x" * 5_000_000)
    finder = RowFinder(source)
    start = finder.last_page(50)
    assert len(finder.rows(start, 100)) == 50
    assert source.bytes_read < 2_000_000


def progress(count: int) -> bytes:
    return b"".join(b"\r%6d of %d [%-40s]" % (number, count, b"#" * (number * 40 // count)) for number in range(count))


def test_a_line_that_is_written_over_and_over_is_one_row_and_shows_its_end() -> None:
    data = b"before\n" + progress(4000) + b"\r\x1b[Kdone\n" + b"after\n"
    rows = all_rows(data)
    assert [read_line(row.data)[0].text for row in rows] == ["before", "done", "after"]
    assert len(rows[1].data) <= SEGMENT_BYTES
    finder = RowFinder(Bytes(data))
    assert finder.row_start(len(data) // 2) == rows[1].start
    assert finder.start_above(len(data), 2) == rows[1].start


def test_an_unfinished_bar_shows_how_it_stands_now() -> None:
    shown = [read_line(row.data)[0].text for row in all_rows(progress(4000))]
    assert shown == ["  3999 of 4000 [" + "#" * 39 + " ]"]


def test_a_line_that_is_written_over_for_ever_is_read_in_bounded_steps() -> None:
    source = Bytes(progress(100_000))
    finder = RowFinder(source)
    start = finder.row_start(len(source.data) - 1)
    assert start % REWRITTEN_BYTES == 0
    assert len(finder.rows(start, 1)) == 1
    assert source.bytes_read < 4 * REWRITTEN_BYTES


def test_a_carriage_return_and_its_line_feed_are_never_parted() -> None:
    data = b"x" * (SEGMENT_BYTES - 1) + b"\r\nnext\n"
    assert [row.end for row in all_rows(data)] == [SEGMENT_BYTES + 1, len(data)]
