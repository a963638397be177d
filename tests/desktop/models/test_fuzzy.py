"""Finding what is meant by a few letters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.models.fuzzy import Query


def marked(typed: str, text: str, beside: str = "") -> str | None:
    """Return the text with every marked letter in brackets, or None where it does not match."""
    match = Query(typed).match(text, beside)
    if match is None:
        return None
    return "".join(f"[{letter}]" if number in match.positions else letter for number, letter in enumerate(text))


@pytest.mark.parametrize(
    ("typed", "text", "expected"),
    [
        ("bac", "backup", "[b][a][c]kup"),
        ("BAC", "Backup", "[B][a][c]kup"),
        ("kup", "backup", "bac[k][u][p]"),
        ("bkp", "backup", "[b]ac[k]u[p]"),
        ("night back", "backup each night", "[b][a][c][k]up each [n][i][g][h][t]"),
        ("kb", "backup", None),
        ("backups", "backup", None),
        ("", "backup", "backup"),
        ("   ", "backup", "backup"),
        ("straße", "Straße 5", "[S][t][r][a][ß][e] 5"),
        ("x", "İx", "İ[x]"),
    ],
)
def test_the_letters_that_match_are_known(typed: str, text: str, expected: str | None) -> None:
    assert marked(typed, text) == expected


def test_a_beginning_of_a_word_is_marked_before_an_earlier_inside() -> None:
    assert marked("up", "backup upload") == "backup [u][p]load"


def test_scattered_letters_stand_as_close_as_they_can() -> None:
    assert marked("dpy", "d deploy") == "d [d]e[p]lo[y]"


def test_what_stands_beside_is_found_by_whole_beginnings_alone_and_not_marked() -> None:
    assert marked("cron bac", "backup", "Cron 30 7") == "[b][a][c]kup"
    assert marked("ron", "backup", "Cron 30 7") is None


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("run", "run it", "I run"),
        ("run", "I run", "overrun"),
        ("run", "overrun", "rotate the sun"),
        ("nc", "new command", "sync"),
        ("back", "backup", "backup of everything"),
    ],
)
def test_the_better_match_has_the_higher_score(typed: str, better: str, worse: str) -> None:
    scores = [match.score for text in (better, worse) if (match := Query(typed).match(text)) is not None]
    assert len(scores) == 2
    assert scores[0] > scores[1]


@settings(max_examples=200)
@given(st.text(max_size=6), st.text(max_size=30))
def test_what_is_marked_is_what_was_typed(typed: str, text: str) -> None:
    match = Query(typed).match(text)
    if match is not None:
        assert list(match.positions) == sorted(set(match.positions))
        shown = {text[position].lower() for position in match.positions}
        assert shown == {letter for word in typed.lower().split() for letter in word}
