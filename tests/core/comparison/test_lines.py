"""The rows of a comparison: nothing of either text is lost, and nothing is hidden that is not ignored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.comparison.ignoring import Ignorable, Ignoring
from core.comparison.lines import Kind, Row, compare_lines

NOTHING = Ignoring(())
PIECES = ["07:30:01", "2026-11-24", "12", "4.3 s", "a3f09b2c77", "failed", "item", "/tmp/x.y/log", "pid 77", " ", ": "]
line = st.lists(st.sampled_from(PIECES), max_size=5).map("".join) | st.text(
    st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=12
)
text = st.lists(line, max_size=12)
kinds = st.sets(st.sampled_from(Ignorable)).map(frozenset)


def shown(rows: tuple[Row, ...]) -> list[str]:
    marks = {Kind.SAME: "=", Kind.IGNORED: "~", Kind.CHANGED: "!", Kind.REMOVED: "-", Kind.ADDED: "+"}
    return [f"{marks[row.kind]}{row.before or ''}|{row.after or ''}" for row in rows]


@given(text, text, kinds)
def test_the_diff_applied_to_the_one_text_gives_the_other(
    before: list[str], after: list[str], ignored: frozenset[Ignorable]
) -> None:
    rows = compare_lines(before, after, Ignoring(ignored)).rows
    made = list(before)
    shift = 0
    for row in rows:
        if row.kind is Kind.ADDED:
            assert row.after is not None
            assert row.after_number is not None
            made.insert(row.after_number - 1, row.after)
            shift += 1
        elif row.kind is Kind.REMOVED:
            assert row.before_number is not None
            assert made.pop(row.before_number - 1 + shift) == row.before
            shift -= 1
        else:
            assert row.before_number is not None
            assert row.after is not None
            assert made[row.before_number - 1 + shift] == row.before
            made[row.before_number - 1 + shift] = row.after
    assert made == after
    assert [row.before for row in rows if row.before_number] == before
    assert [row.after_number for row in rows if row.after_number] == list(range(1, len(after) + 1))


@given(text, text, kinds)
def test_what_is_not_ignored_is_never_hidden(
    before: list[str], after: list[str], ignored: frozenset[Ignorable]
) -> None:
    ignoring = Ignoring(ignored)
    for row in compare_lines(before, after, ignoring).rows:
        if row.before is not None and row.after is not None:
            is_alike = ignoring.keys([row.before]) == ignoring.keys([row.after])
            assert (row.kind in {Kind.SAME, Kind.IGNORED}) is is_alike
            assert (row.kind is Kind.SAME) is (row.before == row.after)


def test_lines_that_are_alike_stand_side_by_side() -> None:
    before = ["begin", "copied 3 files to disk", "an old line", "end"]
    after = ["begin", "something new", "copied 5 files to disk", "end"]
    assert shown(compare_lines(before, after, NOTHING).rows) == [
        "=begin|begin",
        "+|something new",
        "!copied 3 files to disk|copied 5 files to disk",
        "-an old line|",
        "=end|end",
    ]


def test_what_is_ignored_is_told_from_what_is_the_same() -> None:
    rows = compare_lines(["at 07:30 it ran", "x"], ["at 08:30 it ran", "x"], Ignoring()).rows
    assert [row.kind for row in rows] == [Kind.IGNORED, Kind.SAME]
    rows = compare_lines(["at 07:30 it ran", "x"], ["at 08:30 it ran", "x"], NOTHING).rows
    assert [row.kind for row in rows] == [Kind.CHANGED, Kind.SAME]


def test_lines_without_words_are_compared_by_their_characters() -> None:
    assert shown(compare_lines(["-----"], ["----"], NOTHING).rows) == ["!-----|----"]
    assert shown(compare_lines(["====="], ["----"], NOTHING).rows) == ["-=====|", "+|----"]


def test_numbers_count_from_where_the_text_begins() -> None:
    (row,) = compare_lines(["a"], ["a"], NOTHING, first_numbers=(10, 20)).rows
    assert (row.before_number, row.after_number) == (10, 20)
