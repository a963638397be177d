"""Rows of output as text: nothing invisible, nothing that could do harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.widgets.output_text import printable


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain\n", "plain"),
        ("ärger 𝄞\n".encode(), "ärger 𝄞"),
        (b"\x1b[1;31mred\x1b[0m text\n", "red text"),
        (b"\x1b]0;a title\x07rest\n", "rest"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n", "link"),
        (b"\x1b(Bcharset\n", "charset"),
        (b"cut \x1b[3", "cut "),
        (b" 10 %\r 20 %\r100 %\n", "100 %"),
        (b"long text\rabc\n", "abcg text"),
        (b"dos line\r\n", "dos line"),
        (b"a\tb\n", "a       b"),
        (b"bell\x07 null\x00 del\x7f\n", "bell␇ null␀ del␡"),
        (b"bad \xff\xfe byte\n", "bad \ufffd\ufffd byte"),
        (b"", ""),
    ],
)
def test_a_row_is_shown_as_a_terminal_would_without_its_colours(data: bytes, text: str) -> None:
    assert printable(data) == text


@given(st.binary(max_size=200))
def test_no_control_character_survives(data: bytes) -> None:
    text = printable(data.replace(b"\n", b""))
    assert not any(ord(character) < 0x20 or ord(character) == 0x7F for character in text)
