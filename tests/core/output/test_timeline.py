"""How spans of time read beside an output."""

from __future__ import annotations

import pytest

from core.output.index import Piece, Stream
from core.output.timeline import Timeline, span_text


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "+0.000"),
        (41_999, "+0.041"),
        (59_999_999, "+59.999"),
        (60_000_000, "+1:00.000"),
        (3_723_004_000, "+1:02:03.004"),
        (360_000_000_000, "+100:00:00.000"),
        (-5_000_000, "+0.000"),
    ],
)
def test_a_span_is_written_to_the_millisecond(us: int, text: str) -> None:
    assert span_text(us) == text


def test_of_what_came_behind_the_last_look_neither_the_stream_nor_the_time_is_known() -> None:
    pieces = [Piece(0, 1, Stream.STDOUT), Piece(10, 2, Stream.STDERR)]
    timeline = Timeline(pieces, end=20)
    assert (timeline.at_us(19), timeline.at_us(20)) == (2, None)
    assert timeline.streams(15, 30) == {Stream.STDERR}
    assert timeline.streams(20, 30) == {Stream.STDOUT}
    assert timeline.next_of(Stream.STDERR, 20) is None
    assert timeline.last_of(Stream.STDERR, 100) == 19
    timeline.extend([Piece(10, 2, Stream.STDERR), Piece(20, 3, Stream.STDOUT)], end=40)
    assert (timeline.at_us(20), timeline.at_us(39), timeline.at_us(40)) == (3, 3, None)
    assert timeline.next_of(Stream.STDOUT, 12) == 20
    assert not timeline.has(Stream.STDOUT, 40, 50)


def test_before_the_first_look_no_byte_is_of_any_stream() -> None:
    timeline = Timeline(end=0)
    assert timeline.next_of(Stream.STDOUT, 0) is None
    assert timeline.last_of(Stream.STDOUT, 100) is None
    assert timeline.streams(0, 10) == {Stream.STDOUT}
    timeline.extend([], end=10)
    assert timeline.next_of(Stream.STDOUT, 3) == 3  # an output without an index
