"""Some rows of an output: the listed ones, and those of one stream, from every side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from hypothesis import example, given
from hypothesis import strategies as st

from core.output.choosing import ListedRows, Rows, StreamRows
from core.output.index import Piece, Stream
from core.output.listed_streams import ListedStreamRows
from core.output.reader import InlineReader
from core.output.rows import Row, RowFinder
from core.output.timeline import Timeline

T = TypeVar("T")
streams = st.sampled_from([Stream.STDOUT, Stream.STDERR])
outputs = st.lists(st.tuples(streams, st.sampled_from([b"one\n", b"two", b"\n", b"x" * 5000])), max_size=25)


def laid_out(parts: list[tuple[Stream, bytes]]) -> tuple[bytes, Timeline]:
    data, pieces = b"", []
    for number, (stream, part) in enumerate(parts):
        pieces.append(Piece(len(data), 1_000_000 * (number + 1), stream))
        data += part
    return data, Timeline(pieces)


def met_upwards(rows: Rows, count: int) -> list[int]:
    found, position = [], rows.size() + 1
    for _ in range(count):
        position = rows.start_above(position, 1)
        found.append(position)
    return found[::-1]


@given(outputs, streams)
def test_the_rows_of_a_stream_are_met_from_above_and_from_below(
    parts: list[tuple[Stream, bytes]], stream: Stream
) -> None:
    data, timeline = laid_out(parts)
    all_rows = RowFinder(InlineReader(data, b""))
    wanted = [row for row in all_rows.rows(0, 10_000) if timeline.has(stream, row.start, row.end)]
    rows = StreamRows(all_rows, timeline, stream)
    assert rows.rows(0, 10_000) == wanted
    assert met_upwards(rows, len(wanted)) == [row.start for row in wanted]
    assert all(rows.row_start(row.end - 1) == row.start for row in wanted)


@given(outputs, st.sets(st.integers(0, 30)))
def test_listed_rows_are_met_from_above_and_from_below(parts: list[tuple[Stream, bytes]], numbers: set[int]) -> None:
    data, _timeline = laid_out(parts)
    all_rows = RowFinder(InlineReader(data, b""))
    wanted = [row for number, row in enumerate(all_rows.rows(0, 10_000)) if number in numbers]
    rows = ListedRows(all_rows, [row.start for row in wanted])
    assert rows.rows(0, 10_000) == wanted
    assert met_upwards(rows, len(wanted)) == [row.start for row in wanted]
    assert all(rows.row_start(row.end - 1) == row.start for row in wanted)
    if wanted:
        assert rows.last_page(1) == wanted[-1].start


class Counted(RowFinder):
    """Counts the rows that are read."""

    reads = 0

    def rows(self, start: int, count: int, *, end: int | None = None) -> list[Row]:
        self.reads += count
        return super().rows(start, count, end=end)


def asked_again(rows: ListedStreamRows, ask: Callable[[], T]) -> T:
    """Return the answer that is not cut short."""
    for _ in range(1000):
        answer = ask()
        if not rows.was_cut():
            return answer
    raise AssertionError("It goes on for ever.")


OUT, ERR = Stream.STDOUT, Stream.STDERR


@given(outputs, streams, st.sets(st.integers(0, 30)), st.sampled_from([1, 2, None]))
@example([(OUT, b"two"), (ERR, b"\n"), (OUT, b"\n"), (ERR, b"\n"), (OUT, b"\n")], ERR, {0, 1}, 1)
def test_the_listed_rows_of_a_stream_are_met_from_above_and_from_below(
    parts: list[tuple[Stream, bytes]], stream: Stream, numbers: set[int], most_reads: int | None
) -> None:
    data, timeline = laid_out(parts)
    all_rows = RowFinder(InlineReader(data, b""))
    listed = [row for number, row in enumerate(all_rows.rows(0, 10_000)) if number in numbers]
    wanted = [row for row in listed if timeline.has(stream, row.start, row.end)]
    starts = [row.start for row in listed]
    rows = ListedStreamRows(all_rows, starts, timeline, stream, most_reads=most_reads)
    assert asked_again(rows, lambda: rows.rows(0, 10_000)) == wanted
    assert rows.at_leisure().rows(0, 10_000) == wanted
    fresh = ListedStreamRows(all_rows, starts, timeline, stream, most_reads=most_reads)
    position, met = len(data) + 1, []
    for _ in wanted:
        position = asked_again(fresh, lambda: fresh.start_above(position, 1))  # noqa: B023  (called at once)
        met.append(position)
    assert met[::-1] == [row.start for row in wanted]
    assert all(asked_again(rows, partial(rows.row_start, row.end - 1)) == row.start for row in wanted)


def test_rows_of_one_stream_among_many_others_are_found_in_small_steps() -> None:
    parts = [(Stream.STDERR, b"b\n"), *[(Stream.STDOUT, b"a\n"), (Stream.STDERR, b"b\n")] * 3000]
    data, timeline = laid_out([*parts, (Stream.STDOUT, b"a"), (Stream.STDERR, b"b\n")])
    finder = Counted(InlineReader(data, b""))
    rows = ListedStreamRows(finder, [*range(2, len(data), 4), len(data)], timeline, Stream.STDERR)
    for ask in (lambda: rows.rows(0, 50), lambda: rows.last_page(50), lambda: rows.row_start(0)):
        before = finder.reads
        ask()
        assert finder.reads - before <= 20
    assert asked_again(rows, lambda: [row.data for row in rows.rows(0, 50)]) == [b"ab\n"]
    read = finder.reads
    rows.rows(0, 50)
    assert finder.reads - read <= 3


def test_listed_rows_of_a_stream_ask_for_nothing_that_the_timeline_knows() -> None:
    parts = [(Stream.STDOUT, b"a\n" * 1000), (Stream.STDERR, b"b\n"), (Stream.STDOUT, b"a\n" * 1000)]
    data, timeline = laid_out(parts)
    finder = Counted(InlineReader(data, b""))
    rows = ListedStreamRows(finder, list(range(0, len(data), 2)), timeline, Stream.STDERR)
    assert [row.data for row in rows.rows(0, 50)] == [b"b\n"]
    assert rows.last_page(50) == 2000
    assert not rows.was_cut()
    assert finder.reads <= 3


def test_what_nothing_is_known_of_is_standard_output_of_an_unknown_time() -> None:
    timeline = Timeline()
    assert timeline.streams(0, 5) == {Stream.STDOUT}
    assert timeline.at_us(3) is None
    assert timeline.start_us is None
    assert timeline.last_of(Stream.STDOUT, 3) == 2


def test_a_timeline_takes_only_what_is_new() -> None:
    timeline = Timeline([Piece(0, 10, Stream.STDOUT), Piece(4, 20, Stream.STDERR)])
    assert timeline.extend([Piece(4, 20, Stream.STDERR), Piece(9, 30, Stream.STDOUT)]) == 1
    assert [timeline.at_us(offset) for offset in (0, 3, 4, 8, 9)] == [10, 10, 20, 20, 30]
    assert timeline.next_of(Stream.STDERR, 0) == 4
    assert timeline.next_of(Stream.STDERR, 9) is None
    assert timeline.last_of(Stream.STDERR, 20) == 8
