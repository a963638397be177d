"""Which text in a value is a reference, and which is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.execution.references import escape, references, substitute

LITERAL = [
    "",
    "$",
    "$$",
    "$HOME",
    "$1",
    "$(id)",
    "`id`",
    "${",
    "${}",
    "${1X}",
    "${A-B}",
    "${A:-x}",
    "{A}",
    "pa$$word",
    "$$$",
]


@pytest.mark.parametrize("value", LITERAL)
def test_a_dollar_away_from_a_name_in_braces_is_a_dollar(value: str) -> None:
    assert references(value) == ()
    assert substitute(value, lambda name: f"<{name}>") == escape(value) == value


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("${A}", "<A>"),
        ("x${A}y${_b2}z", "x<A>y<_b2>z"),
        ("$${A}", "${A}"),
        ("$$${A}", "$<A>"),
        ("$$$${A}", "$${A}"),
        ("$A ${A}", "$A <A>"),
        ("${${A}}", "${<A>}"),
    ],
)
def test_a_name_in_braces_is_replaced_and_two_dollars_stand_for_one(value: str, result: str) -> None:
    assert substitute(value, lambda name: f"<{name}>") == result


def test_names_are_told_once_and_in_order() -> None:
    assert references("${B}${A}$${C}${B}") == ("B", "A")


def test_what_is_put_in_is_not_read_again() -> None:
    assert substitute("${A}", lambda _: "${A} $${B}") == "${A} $${B}"


@given(st.text(st.sampled_from("$${}AB1 ")))
def test_an_escaped_text_has_no_references_and_stands_for_itself(text: str) -> None:
    assert references(escape(text)) == ()
    assert substitute(escape(text), lambda _: "wrong") == text
