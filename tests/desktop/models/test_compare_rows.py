"""What of a comparison is listed, and where its differences are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comparison.lines import Kind, Row
from desktop.models.compare_rows import CompareRows

KINDS = {"=": Kind.SAME, "~": Kind.IGNORED, "!": Kind.CHANGED, "-": Kind.REMOVED, "+": Kind.ADDED, "g": Kind.GAP}


def made(marks: str) -> CompareRows:
    rows = CompareRows()
    rows.add([Row(KINDS[mark], number, f"a{number}", number, f"b{number}") for number, mark in enumerate(marks)])
    return rows


def listed(rows: CompareRows) -> str:
    found = [rows.at(place) for place in range(rows.count)]
    marks = {kind: mark for mark, kind in KINDS.items()}
    return "".join(f"[{each}]" if isinstance(each, int) else marks[each.kind] for each in found)


@pytest.mark.parametrize(
    ("marks", "folded"),
    [
        ("", ""),
        ("==========", "[10]"),
        ("=====!=====", "[2]===!===[2]"),
        ("====!====", "====!===="),
        ("!========g", "!===[2]===g"),
        ("!======!", "!======!"),
        ("~~~~~~-+", "[3]~~~-+"),
    ],
)
def test_what_is_alike_is_folded_away_but_for_the_lines_around(marks: str, folded: str) -> None:
    rows = made(marks)
    assert listed(rows) == marks
    rows.fold(True)
    assert listed(rows) == folded
    rows.fold(False)
    assert listed(rows) == marks


@given(st.text(st.sampled_from("====~!-+g"), max_size=60))
def test_every_row_has_its_place(marks: str) -> None:
    rows = made(marks)
    rows.fold(True)
    counts = [each if isinstance(each, int) else 1 for each in map(rows.at, range(rows.count))]
    assert sum(counts) == len(marks)
    for number in range(len(marks)):
        place = rows.place_of(number)
        assert rows.row_number(place) <= number < rows.row_number(place) + counts[place]
    if marks:
        assert rows.side(0, rows.count - 1, is_after=True) == [f"b{number}" for number in range(len(marks))]


def test_differences_are_gone_through_in_both_directions() -> None:
    rows = made("==!+==-=g")
    assert rows.differences == [(2, 3), (6, 6), (8, 8)]
    assert [rows.next_difference(number, 1) for number in (-1, 2, 3, 6, 8)] == [0, 1, 1, 2, None]
    assert [rows.next_difference(number, -1) for number in (9, 8, 6, 3, 2)] == [2, 1, 0, 0, None]
