"""Lines from bytes, wherever the reads ended."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.output.lines import LineSplitter

TEXTS = st.text(st.sampled_from("ab\n\n é漢🎉\r\t"), max_size=40).map(str.encode)
BYTES = st.one_of(TEXTS, st.binary(max_size=40), st.lists(st.sampled_from([b"\xf0\x9f", b"\n", b"a"])).map(b"".join))


def lines_of(pieces: list[bytes], limit: int = 100) -> list[str]:
    splitter = LineSplitter(max_characters=limit)
    lines = [line for piece in pieces for line in splitter.feed(piece)]
    return lines + splitter.feed(b"", final=True)


def test_every_cut_into_two_gives_the_same_lines() -> None:
    data = "één\nzwei 漢字\n\n🎉 no line feed".encode() + b"\xff\xf0\x9f"
    expected = ["één", "zwei 漢字", "", "🎉 no line feed\ufffd\ufffd"]
    assert all(lines_of([data[:cut], data[cut:]]) == expected for cut in range(len(data) + 1))


@given(data=BYTES, limit=st.integers(1, 8), cuts=st.lists(st.integers(0, 40)))
def test_any_cutting_gives_the_same_lines(data: bytes, limit: int, cuts: list[int]) -> None:
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    pieces = [data[start:end] for start, end in itertools.pairwise(places)]
    assert lines_of(pieces, limit) == lines_of([data], limit) == lines_of([bytes([byte]) for byte in data], limit)


@given(data=BYTES)
def test_lines_put_together_are_the_text(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    lines = lines_of([data], limit=1000)
    assert "\n".join(lines) + ("\n" if text.endswith("\n") else "") == text


@given(data=BYTES, limit=st.integers(1, 8))
def test_no_line_is_longer_than_allowed(data: bytes, limit: int) -> None:
    assert all(len(line) <= limit for line in lines_of([data], limit))


def test_a_line_without_an_end_does_not_grow_in_memory() -> None:
    splitter = LineSplitter(max_characters=10)
    for _ in range(1000):
        splitter.feed(b"x" * 7)
        assert len(splitter._rest) <= 10


def test_a_line_needs_room() -> None:
    with pytest.raises(ValueError, match="room"):
        LineSplitter(max_characters=0)
