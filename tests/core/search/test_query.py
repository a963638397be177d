"""What can be looked for, and by which bytes lines are ruled out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.search.literals import keys_of_regex
from core.search.query import LONGEST_TEXT, Pattern, SearchQuery, SearchTextError


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", None, "Nothing is given"),
        ("a\nb", 1, "line feed"),
        ("ab\udc80", 2, "not a character"),
        ("x" * (LONGEST_TEXT + 1), LONGEST_TEXT, "longer than 1,000"),
    ],
)
def test_a_text_that_can_not_be_in_a_line_is_refused(text: str, position: int | None, words: str) -> None:
    with pytest.raises(SearchTextError, match=words) as caught:
        Pattern(SearchQuery(text=text))
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("text", "position"), [("a(b", 1), ("a**", 2), ("[a", 0), (r"a\q", 1), ("x{2,1}", 2), ("(?P<1>a)", 4)]
)
@pytest.mark.parametrize("whole_words", [False, True])
def test_a_wrong_expression_is_refused_with_its_place(text: str, position: int, whole_words: bool) -> None:
    with pytest.raises(SearchTextError, match="not right") as caught:
        Pattern(SearchQuery(text=text, is_regex=True, whole_words=whole_words))
    assert caught.value.position == position


def test_a_number_that_is_too_large_for_an_expression_is_refused() -> None:
    with pytest.raises(SearchTextError, match="too large"):
        Pattern(SearchQuery(text="a{99999999999999999999}", is_regex=True))


def test_an_expression_of_which_python_warns_is_taken_as_it_is() -> None:
    assert Pattern(SearchQuery(text="[[a]", is_regex=True)).regex.search("[")


def test_flags_at_the_beginning_of_an_expression_go_with_whole_words() -> None:
    regex = Pattern(SearchQuery(text="(?i)error", is_regex=True, whole_words=True)).regex
    assert regex.search("an ERROR.")
    assert not regex.search("errors")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("timeout", (b"timeout",)),
        (r"timeout after \d+ms", (b"timeout after ",)),
        (r"error|failed|fatal", (b"error", b"failed", b"fatal")),
        (r"(?:connection|request) refused", (b" refused",)),
        (r"(x|yy) (lost|refused)", (b"lost", b"refused")),
        (r"(abc)+", (b"abc",)),
        (r"(abc)*", ()),
        (r"error|\d+", ()),
        (r"[ab]c", ()),
        (r"(?i)Error", (b"error",)),
        (r"(?i:Error) now", (b" now",)),
        (r"(?!error)x", ()),
        (r"(?x) er ror", (b"error",)),
        ("\u00fcber", ("\u00fcber".encode(),)),
        (r"(?i)\u00fcber", (b"ber",)),
    ],
)
def test_the_bytes_that_rule_lines_out_are_read_from_an_expression(text: str, keys: tuple[bytes, ...]) -> None:
    assert keys_of_regex(re.compile(text)) == keys or set(keys_of_regex(re.compile(text))) == set(keys)


pieces = st.sampled_from(["ab", "abc", "bca", "c?", "a+", "[bc]", ".", "K", "s", "(?=ab)", "^", r"\b"])
expressions = st.recursive(
    st.lists(pieces, min_size=1, max_size=4).map("".join),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        inner.map(lambda one: f"({one})+"),
        inner.map(lambda one: f"(?:{one})*"),
        inner.map(lambda one: f"(?i:{one})"),
        st.tuples(inner, inner).map("".join),
    ),
    max_leaves=6,
)


@given(expressions, st.text("abcABCks", max_size=12), st.booleans())
def test_no_line_that_matches_is_ruled_out(text: str, line: str, ignore_case: bool) -> None:
    pattern = Pattern(SearchQuery(text=text, is_regex=True, ignore_case=ignore_case))
    if pattern.regex.search(line):
        data = line.encode()
        compared = pattern.as_compared(data)
        assert pattern.needs_every_line(data) or any(key in compared for key in pattern.keys)


def test_all_other_letters_that_python_takes_for_an_ascii_one_are_known() -> None:
    beyond = "".join(map(chr, [*range(0x80, 0xD800), *range(0xE000, 0x110000)]))
    for letter in "abcdefghijklmnopqrstuvwxyz":
        for odd in set(re.findall(letter, beyond, re.IGNORECASE)):
            assert Pattern(SearchQuery(text=letter, ignore_case=True)).needs_every_line(odd.encode())
