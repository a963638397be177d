"""What is left of a line that is written over is what a terminal shows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.output.terminal.line import read_line
from core.search.visible import final_text, may_rewrite, rewritten_lines

PARTS = [
    b"a",
    b"bc",
    b"\r",
    b"\r",
    b"\t",
    b"\x08",
    b"\x1b[K",
    b"\x1b[2K",
    b"\x1b[1m",
    b"\x1b[3G",
    b"\x1b[2D",
    b"\x1b[C",
]
PARTS += ["é".encode(), "日".encode(), b"\x07"]
lines = st.lists(st.sampled_from(PARTS), max_size=14).map(b"".join)


@settings(max_examples=400)
@given(lines)
def test_the_quick_ways_lead_to_what_the_interpreter_of_terminals_says(line: bytes) -> None:
    if may_rewrite(line):
        assert final_text(line) == read_line(line.rstrip(b"\r"))[0].text


def test_of_bytes_that_are_no_text_only_a_carriage_return_counts() -> None:
    assert final_text(b"12345\r\xff\x08b\x1b[3G") == "\ufffd\x08b45"


@given(st.lists(lines, max_size=5))
def test_the_lines_that_are_written_over_are_told(some: list[bytes]) -> None:
    data = b"\n".join(some)
    told = [data[start:end] for start, end in rewritten_lines(data)]
    assert told == [line for line in some if may_rewrite(line)]
    assert may_rewrite(data) == bool(told)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"10 %\r100 %\r", "100 %"),
        (b"a long line\rshort\x1b[K", "short"),
        (b"a long line\x1b[2K\rshort", "short"),
        (b"a long line of words\r\tand\x1b[K", "a long land"),
        (b"wait |\x08/\x08-\x08done", "wait done"),
        (b"50 %\x1b[1G60", "60 %"),
        (b"windows\r", "windows"),
        (b"\x1b[1mbold\x1b[m\x1b[K", "bold"),
    ],
)
def test_bars_and_spinners(line: bytes, text: str) -> None:
    assert final_text(line) == text
