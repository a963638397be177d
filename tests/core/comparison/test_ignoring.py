"""What is taken for equal, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comparison.ignoring import BY_DEFAULT, Ignorable, Ignoring
from core.comparison.words import changed_words

TIMES = Ignoring({Ignorable.TIMES})
IDS = Ignoring({Ignorable.IDS})
NUMBERS = Ignoring({Ignorable.NUMBERS})


def are_alike(ignoring: Ignoring, before: str, after: str) -> bool:
    one, other = ignoring.keys([before, after])
    return one == other


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-11-24T06:30:00Z done", "2026-11-25T07:31:59.123Z done"),
        ("2026-11-24 06:30:00,123 INFO", "2026-11-24 06:30:01,007 INFO"),
        ("[2026-11-24 06:30:00 +0100] x", "[2026-11-24 06:30:09 +0200] x"),
        ("Nov 24 06:30:00 host", "Nov  3 16:30:00 host"),
        ("Tue Nov 24 06:30:00 UTC 2026", "Wed Nov 25 06:30:07 CET 2026"),
        ("Tue, 24 Nov 2026 06:30:00 GMT", "Mon, 3 Aug 2026 16:30:00 GMT"),
        ("24.11.2026 6:30", "1.2.2026 16:59"),
        ("6:30 PM: x", "7:31 am: x"),
        ("took 4.3 s in all", "took 12 s in all"),
        ("took 980ms", "took 1.2s"),
        ("real 1m2.5s", "real 59.1s"),
        ("after 2 min 5 s", "after 3 h 2 min"),
        ("at 1764570000", "at 1764579999.25"),
    ],
)
def test_times_are_found(before: str, after: str) -> None:
    assert are_alike(TIMES, before, after)
    assert not are_alike(IDS, before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("id 123e4567-e89b-12d3-a456-426614174000.", "id 00000000-E89B-12d3-a456-426614174000."),
        ("commit a3f09b2", "commit 77bce01d9"),
        ("sha256:9f86d081884c7d659a2feaa0c55ad015", "sha256:0a04d1b0e8a8e1e5a9e9d8e0c5a8d0f1"),
        ("<Thing object at 0x7f3a>", "<Thing object at 0x55d0b>"),
        ("wrote /tmp/tmp.Xy12/out", "wrote /tmp/tmp.Ab34/out"),
        ("wrote '/var/tmp/abc'", "wrote '/var/tmp/xyz'"),
        ("pid 4711 began", "pid 12 began"),
        ("sshd[4711]: hello", "sshd[12]: hello"),
    ],
)
def test_ids_are_found(before: str, after: str) -> None:
    assert are_alike(IDS, before, after)
    assert not are_alike(TIMES, before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("imported 12 files", "imported 13 files"),
        ("error 404", "error 500"),
        ("version 1.2.3", "version 1.2.4"),
        ("defaced", "effaced"),
        ("1234567 bytes", "1234568 bytes"),
        ("items[3] = x", "items[4] = x"),
        ("ratio 16:9 of 3", "ratio 16:9 of 4"),
        ("a/tmp/x", "a/tmp/y"),
        ("Monday", "Tuesday"),
        ("", "07:30"),
    ],
)
def test_other_differences_are_not_ignored_by_default(before: str, after: str) -> None:
    assert not are_alike(Ignoring(), before, after)


def test_numbers_are_ignored_where_that_is_asked_for() -> None:
    assert Ignorable.NUMBERS not in BY_DEFAULT
    assert are_alike(NUMBERS, "imported 12 of 1,300 files", "imported 7 of 22.5 files")
    assert not are_alike(NUMBERS, "imported 12 files", "imported files")


@given(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])), st.sets(st.sampled_from(Ignorable)))
def test_the_keys_of_the_words_are_the_key_of_the_line(line: str, kinds: set[Ignorable]) -> None:
    ignoring = Ignoring(kinds)
    tokens = ignoring.tokens(line)
    assert [token.start for token in tokens[1:]] == [token.end for token in tokens[:-1]]
    assert "".join(line[token.start : token.end] for token in tokens) == line
    assert ["".join(token.key for token in tokens)] == ignoring.keys([line])


@given(st.lists(st.text(st.sampled_from("0123456789:- Tabc/tmp.s"), max_size=20), min_size=1))
def test_many_lines_are_done_as_each_alone(lines: list[str]) -> None:
    ignoring = Ignoring(list(Ignorable))
    assert ignoring.keys(lines) == [key for line in lines for key in ignoring.keys([line])]


def test_the_words_that_differ_are_marked_and_what_is_ignored_is_not() -> None:
    before, after = "07:30:01 took 3 of 9 steps", "07:31:09 took 4 of 9 long steps"
    here, there = changed_words(before, after, Ignoring())
    assert [before[start:end] for start, end in here] == ["3"]
    assert [after[start:end].strip() for start, end in there] == ["4", "long"]


def test_of_a_very_long_line_the_ends_that_are_equal_are_not_marked() -> None:
    before, after = "a " * 2000 + "x" + " b" * 2000, "a " * 2000 + "y z" + " b" * 2000
    here, there = changed_words(before, after, Ignoring())
    assert [before[start:end] for start, end in here] == ["x"]
    assert [after[start:end] for start, end in there] == ["y z"]
