"""Lines in a stream, cut anywhere, and the pen in the middle of a large output."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from core.output.terminal.carrying import BLOCK_BYTES, LineReader, block_before, pen_after
from core.output.terminal.line import START, Pen, read_line
from core.output.terminal.style import Style

_PIECES = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.sampled_from(
            [
                b"\x1b[31m",
                b"\x1b[1;4m",
                b"\x1b[0m",
                b"\x1bc",
                b"\n",
                b"\r",
                b"\x1b]8;;http://x\x1b\\",
                b"\x1b]0;open",
                b"\x1b[",
                b"\x1b",
                "ä漢👩\u200d👩\u009b32m\u009d0;t".encode(),
            ]
        ),
    ),
    max_size=16,
).map(b"".join)


@given(_PIECES, st.lists(st.integers(0, 120), max_size=6), st.sampled_from([7, 20, 4096]))
@settings(max_examples=200)
def test_any_cuts_give_the_same_lines(data: bytes, cuts: list[int], longest: int) -> None:
    whole, parts = LineReader(longest_bytes=longest), LineReader(longest_bytes=longest)
    expected = whole.feed(data) + whole.finish()
    borders = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    found = [line for first, end in pairwise(borders) for line in parts.feed(data[first:end])]
    assert found + parts.finish() == expected


@given(_PIECES)
@settings(max_examples=200)
def test_the_pen_found_by_looking_back_is_the_one_that_was_carried(data: bytes) -> None:
    pen = START
    for line in data.splitlines(keepends=True) if b"\r" not in data else _lines(data):
        _, pen = read_line(line, pen)
    assert pen_after(data) == pen


def _lines(data: bytes) -> list[bytes]:
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


def test_a_line_without_an_end_is_cut_between_characters_and_keeps_nothing() -> None:
    reader = LineReader(longest_bytes=10)
    lines = reader.feed("äöü".encode() * 1000)
    assert "".join(line.text for line in lines + reader.finish()) == "äöü" * 1000
    assert all(len(line.text.encode()) <= 10 for line in lines)


def test_looking_back_reads_two_blocks_at_most_from_a_border() -> None:
    for offset in (0, 1, BLOCK_BYTES, 5 * BLOCK_BYTES + 17):
        base = block_before(offset)
        assert base % BLOCK_BYTES == 0
        assert offset - base <= 2 * BLOCK_BYTES
    assert pen_after(b"x" * 9000 + b"\x1b[35m" + b"y" * 9000) == Pen(Style(foreground=5))
