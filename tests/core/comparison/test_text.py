"""The lines of an output as they are compared, whatever its size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comparison import text as module
from core.comparison.text import LONGEST_LINE, Gap, OutputText, read_text, visible_line
from core.output.reader import InlineReader


def read(data: bytes, **limits: int) -> OutputText:
    return read_text(InlineReader(data, b""), **limits)


def test_colours_and_what_was_written_over_are_left_out() -> None:
    assert read(b"\x1b[31mred\x1b[0m\r\n 10%\r 50%\r100%\nlong line\rshort\n").head == ("red", "100%", "shortline")
    assert read(b"a long line\r\x1b[Kdone\nwait |\b/\bready\n").head == ("done", "wait ready")
    assert visible_line(b"\xff|\xc3\xa9") == "\ufffd|\u00e9"


def test_the_last_line_needs_no_line_feed() -> None:
    assert read(b"").head == ()
    assert read(b"a").head == ("a",)
    assert read(b"a\n\nb\n").head == ("a", "", "b")


def test_a_progress_bar_of_megabytes_is_the_line_that_is_left() -> None:
    data = b"".join(b"\r%5d %s" % (number, b"#" * (number % 40)) for number in range(100_000)) + b"\rdone\nnext\n"
    assert read(data).head == (f"done 99999 {'#' * 39}"[:4] + f"{99999:5d} {'#' * 39}"[4:], "next")


def test_a_very_long_line_comes_in_parts_and_nothing_is_lost() -> None:
    line = "".join(chr(0x100 + number % 500) for number in range(200_000))
    found = read(line.encode() + b"\nend")
    assert "".join(found.head[:-1]) == line
    assert found.head[-1] == "end"
    assert max(map(len, found.head)) <= LONGEST_LINE


def test_of_a_large_output_the_beginning_and_the_end_are_read() -> None:
    lines = [b"line %d" % number for number in range(1, 1001)]
    data = b"\n".join(lines) + b"\n"
    for limits in ({"most_bytes": 1000}, {"most_lines": 100}):
        found = read(data, **limits)
        assert found.gap is not None
        assert found.head == tuple(line.decode() for line in lines[: len(found.head)])
        assert found.tail == tuple(line.decode() for line in lines[1000 - len(found.tail) :])
        assert len(found.head) + found.gap.lines + len(found.tail) == 1000
        assert found.first_of_tail == 1001 - len(found.tail)
        assert data[found.gap.start : found.gap.end].count(b"\n") == found.gap.lines
        assert 80 <= len(found.head) + len(found.tail) <= 150


def test_a_line_of_which_the_middle_is_not_read_has_a_gap_too() -> None:
    found = read(b"a\n" + b"x" * 1_000_000 + b"\nb\n", most_bytes=100_000)
    assert found.head[0] == "a"
    assert found.tail[-1] == "b"
    assert isinstance(found.gap, Gap)


@given(
    st.lists(
        st.sampled_from([b"a", b"\n", b"\r", b"\x1b[1m", b"\xc3\xa9", b"\xff", b"word ", b"\x1b", b"\r\n"]), max_size=60
    ).map(b"".join),
    st.integers(1, 9),
)
def test_where_a_read_ends_makes_no_difference(data: bytes, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK_BYTES", chunk)
        cut = read(data)
    expected = data.removesuffix(b"\n").split(b"\n") if data else []
    assert cut.head == read(data).head == tuple(visible_line(line) for line in expected)


@given(st.binary(max_size=400), st.integers(2, 60), st.integers(2, 12))
def test_any_bytes_and_any_limits_are_read(data: bytes, most_bytes: int, most_lines: int) -> None:
    found = read(data, most_bytes=most_bytes, most_lines=most_lines)
    assert len(found.head) + len(found.tail) <= most_lines
    if found.gap is not None:
        assert 0 <= found.gap.start < found.gap.end <= len(data)
