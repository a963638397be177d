"""Rows of output as they are shown, from wherever one comes to them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.output.reader import InlineReader
from core.output.rows import SEGMENT_BYTES, Row, RowFinder
from core.output.terminal.carrying import BLOCK_BYTES
from core.output.terminal.style import Style
from desktop.widgets.output_text import RowTexts


def rows_of(data: bytes) -> list[Row]:
    return RowFinder(InlineReader(data, b"")).rows(0, 100_000)


def test_a_colour_holds_in_the_rows_behind_whether_one_scrolls_or_jumps_there() -> None:
    data = b"\x1b[35mbegin\n" + b"line\n" * 1000
    texts, rows = RowTexts(InlineReader(data, b"")), rows_of(data)
    jumped = texts.layout(rows[900]).line
    scrolled = [RowTexts(InlineReader(data, b"")).layout(row).line for row in rows][900]
    assert jumped == scrolled
    assert jumped.spans[0].style == Style(foreground=5)


def test_a_colour_that_was_set_long_ago_is_forgotten_in_the_same_row_for_everyone() -> None:
    data = b"\x1b[35mbegin\n" + b"a line of text\n" * (4 * BLOCK_BYTES // 15)
    rows = rows_of(data)
    scrolling = RowTexts(InlineReader(data, b""))
    scrolled = [scrolling.layout(row).line for row in rows]
    assert scrolled[-1].spans[0].style == Style()
    for number in range(0, len(rows), 97):
        assert RowTexts(InlineReader(data, b"")).layout(rows[number]).line == scrolled[number]


def test_a_sequence_across_the_border_of_two_rows_of_a_long_line_is_swallowed() -> None:
    data = b"x" * (2 * SEGMENT_BYTES - 3) + b"\x1b[31mred" + b"y" * 50
    texts = RowTexts(InlineReader(data, b""))
    lines = [texts.layout(row).line for row in rows_of(data)]
    assert "".join(line.text for line in lines) == "x" * (2 * SEGMENT_BYTES - 3) + "red" + "y" * 50
    assert lines[-1].spans[0].style == Style(foreground=1)


@given(
    st.lists(st.one_of(st.binary(max_size=5), st.sampled_from([b"\x1b[31m", b"\n", b"\r", b"\x1b]8;;", b"\x1b[0m"])))
)
@settings(max_examples=80)
def test_no_control_character_is_shown(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    texts = RowTexts(InlineReader(data, b""))
    shown = "".join(texts.layout(row).line.text for row in rows_of(data))
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in shown)


def test_of_rows_with_very_many_pieces_no_more_layouts_are_kept_than_are_needed() -> None:
    row = b"".join(b"\x1b[3%dmx" % (number % 8) for number in range(600)) + b"\n"
    data = row * 200
    texts = RowTexts(InlineReader(data, b""))
    texts.least_kept = 40
    rows = rows_of(data)
    for each in rows:
        texts.layout(each)
    assert [texts.knows(each) for each in rows] == [False] * 159 + [True] * 41
