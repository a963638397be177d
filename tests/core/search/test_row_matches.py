"""Matches in the rows of a pane: counted and placed in what is shown, however the bytes are handed over."""

from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.output.reader import InlineReader
from core.output.rows import SEGMENT_BYTES, RowFinder
from core.output.terminal.line import read_line
from core.search.query import Pattern, SearchQuery
from core.search.row_matches import CONTEXT_BYTES, RowMatches, Stretch, _shown
from core.search.row_service import RowClient, serve


def matches_of(text: str, *, is_regex: bool = False, ignore_case: bool = False) -> RowMatches:
    return RowMatches(Pattern(SearchQuery(text=text, is_regex=is_regex, ignore_case=ignore_case)))


def counted(data: bytes, matches: RowMatches, *, step: int = 1 << 30) -> list[tuple[int, int]]:
    """Return the counts of all rows, handed over in stretches of about `step` bytes."""
    finder = RowFinder(InlineReader(data, b""))
    found: list[tuple[int, int]] = []
    start = 0
    while start < len(data):
        end = len(data) if start + step >= len(data) else finder.row_start(start + step)
        if end <= start:
            end = finder.rows(start, 1)[0].end
        before, after = data[max(0, start - CONTEXT_BYTES) : start], data[end : end + CONTEXT_BYTES]
        found += matches.counts(Stretch(start, data[start:end], before, after))
        start = end
    return found


def test_each_match_in_a_row_counts() -> None:
    assert counted(b"one two one\nnone\ntwo\n", matches_of("one")) == [(0, 2), (12, 1)]


def test_colours_do_not_part_what_is_seen_together() -> None:
    data = b"plain\n\x1b[31mre\x1b[1md\x1b[0m\n"
    assert matches_of("red").spans(Stretch(0, data)) == [(6, [(0, 3)])]


def test_what_a_bar_has_overwritten_is_not_found_and_what_it_shows_is() -> None:
    data = b"10%\r20%\rdone\n"
    assert counted(data, matches_of("20%")) == []
    assert counted(data, matches_of("done")) == [(0, 1)]


def test_a_tab_is_found_as_the_spaces_that_it_is_shown_as() -> None:
    assert matches_of("a       b").spans(Stretch(0, b"a\tb\n")) == [(0, [(0, 9)])]


@pytest.mark.parametrize(("expression", "found"), [("^b", 1), ("b$", 1), ("^$", 0), ("x*", 0), ("(?<=a)b", 1)])
def test_anchors_mean_the_line_and_nothing_is_no_match(expression: str, found: int) -> None:
    assert (
        sum(number for _, number in counted(b"ab\nb\n\n"[:3] + b"ba\n", matches_of(expression, is_regex=True))) == found
    )


def test_a_match_across_the_border_of_two_rows_of_a_long_line_belongs_to_the_first() -> None:
    data = b"x" * (SEGMENT_BYTES - 3) + b"needle" + b"y" * SEGMENT_BYTES
    assert matches_of("needle").spans(Stretch(0, data)) == [(0, [(SEGMENT_BYTES - 3, SEGMENT_BYTES)])]
    assert counted(data, matches_of("^y", is_regex=True)) == []


def test_case_is_ignored_where_that_is_wanted() -> None:
    assert counted(b"Error\nerror\n", matches_of("ERROR", ignore_case=True)) == [(0, 1), (6, 1)]
    assert counted(b"Error\nerror\n", matches_of("ERROR")) == []


PARTS = [b"needle\n", b"x" * 5000, b"\x1b[1mnee\x1b[mdle", b"ab\rneedle\n", b"\t", "ä".encode(), b"\n", b"needle"]
lines = st.sampled_from([*PARTS, b"NEEDLE\r\n", b"\r"])


@settings(max_examples=60)
@given(st.lists(lines, max_size=12).map(b"".join), st.sampled_from([100, 5000, 20_000]))
def test_it_does_not_matter_where_the_stretches_end(data: bytes, step: int) -> None:
    matches = matches_of("needle", ignore_case=True)
    assert counted(data, matches, step=step) == counted(data, matches)


odd = [
    b"\xe2\x80\xa8a\r\n",
    b"a\tb",
    b"\x1b[31m\ta",
    b"\x0b",
    b"\xff\xc3",
    "日本\tö".encode(),
    b"\x08",
    b"\x1b]0;t\x07",
    b"12 a\r\n",
    b"\xc2\x9b",
    b"x*",
]
expressions = st.sampled_from([r"\w+", r"(a)|b", r"x*", r"^\s*a", r"[^a]$", r" +b", r"(?<=a)\S*", r"needle|12", r"."])


@settings(max_examples=150)
@given(st.lists(st.sampled_from([*PARTS, *odd, b"\n"]), max_size=14).map(b"".join), expressions)
def test_all_lines_looked_at_together_are_what_each_is_by_itself(data: bytes, expression: str) -> None:
    matches = matches_of(expression, is_regex=True)
    finder = RowFinder(InlineReader(data, b""))
    expected = []
    for row in finder.rows(0, 10_000):
        stretch = Stretch(row.start, row.data, data[: row.start], data[row.end :])
        expected += [(start, len(spans)) for start, spans in matches.spans(stretch)]
    assert counted(data, matches) == expected


@settings(max_examples=60)
@given(st.text("a\t ö日\u0301", max_size=40))
def test_a_line_with_tabs_shows_what_a_terminal_does(text: str) -> None:
    line = f"{text}\n".encode()
    assert _shown(line) == read_line(line)[0].text


@settings(max_examples=60)
@given(st.lists(lines, max_size=12).map(b"".join))
def test_spans_lie_in_the_text_that_the_row_shows(data: bytes) -> None:
    shown = {row.start: read_line(row.data)[0].text for row in RowFinder(InlineReader(data, b"")).rows(0, 10_000)}
    for start, spans in matches_of("needle").spans(Stretch(0, data)):
        for first, end in spans:
            assert "needle".startswith(shown[start][first:end])


def test_the_service_answers_as_the_matches_do_until_its_requests_end() -> None:
    (ask_end, ask), (answer_end, answer) = os.pipe(), os.pipe()
    with (
        os.fdopen(ask_end, "rb") as requests,
        os.fdopen(answer, "wb") as answers,
        os.fdopen(answer_end, "rb") as replies,
        os.fdopen(ask, "wb") as questions,
    ):
        thread = threading.Thread(target=serve, args=(requests, answers))
        thread.start()
        client = RowClient(questions, replies)
        client.use("o+", is_regex=True, ignore_case=False)
        stretch = Stretch(0, b"foo boo\nbar\nso\n")
        assert client.counts(stretch) == [(0, 2), (12, 1)]
        assert client.spans(stretch) == [(0, [(1, 3), (5, 7)]), (12, [(1, 2)])]
        questions.close()
        thread.join()
