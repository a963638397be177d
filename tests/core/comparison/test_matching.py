"""What two sequences have in common: always right, and never with unbounded work."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comparison.matching import Matching, match

few = st.lists(st.integers(0, 4), max_size=40)
many = st.lists(st.integers(0, 40), max_size=40)


def check(matching: Matching, before: Sequence[int], after: Sequence[int]) -> int:
    """Return how many elements are matched; every run is one, and they rise."""
    place = other = -1
    total = 0
    for run in matching.runs:
        assert run.length > 0
        assert run.before > place
        assert run.after > other
        assert (run.before, run.after) != (place + 1, other + 1) or total == 0, "two runs touch"
        assert before[run.before : run.before + run.length] == after[run.after : run.after + run.length]
        place, other = run.before + run.length - 1, run.after + run.length - 1
        total += run.length
    return total


def longest_common(before: Sequence[int], after: Sequence[int]) -> int:
    row = [0] * (len(after) + 1)
    for one in before:
        above = row
        row = [0]
        for column, other in enumerate(after):
            row.append(above[column] + 1 if one == other else max(above[column + 1], row[column]))
    return row[-1]


@given(st.tuples(few, few) | st.tuples(many, many))
def test_runs_are_equal_and_in_order(sides: tuple[list[int], list[int]]) -> None:
    assert check(match(*sides), *sides) <= longest_common(*sides)


@given(few, few)
def test_where_nothing_is_unique_the_match_is_the_longest(before: list[int], after: list[int]) -> None:
    # Nothing at the ends is equal, so that nothing is taken off there.
    before, after = [7, 7, *before, *before, 8], [9, 9, *after, *after, 6]
    assert check(match(before, after), before, after) == longest_common(before, after)


def test_edits_that_can_not_be_paid_for_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = [7, 7, 0, 0, 0, 1, 0, 2, 8], [9, 9, 2, 1, 1, 2, 0, 2, 6]
    assert check(match(before, after), before, after) == 3
    monkeypatch.setattr("core.comparison.matching._EDIT_BUDGET", 0)
    assert check(match(before, after), before, after) == 1


@given(many)
def test_a_sequence_matches_itself(sequence: list[int]) -> None:
    assert check(match(sequence, sequence), sequence, sequence) == len(sequence)


@given(many, st.data())
def test_what_was_put_in_is_all_that_differs(sequence: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(sequence)))
    longer = [*sequence[:place], 100, 101, *sequence[place:]]
    assert check(match(sequence, longer), sequence, longer) == len(sequence)


LENGTH = 20_000
_random = random.Random(1)


def _noise(symbols: int) -> list[int]:
    return [_random.randrange(symbols) for _ in range(LENGTH)]


ADVERSARIES: dict[str, Callable[[], tuple[Sequence[int], Sequence[int]]]] = {
    "two symbols": lambda: (_noise(2), _noise(2)),
    "some symbols": lambda: (_noise(300), _noise(300)),
    "shuffled": lambda: (_random.sample(range(LENGTH), LENGTH), _random.sample(range(LENGTH), LENGTH)),
    "reversed": lambda: (range(LENGTH), range(LENGTH)[::-1]),
    "reversed pairs": lambda: (
        [number // 2 for number in range(LENGTH)],
        [number // 2 for number in range(LENGTH)][::-1],
    ),
    "nested": lambda: (
        [number // 2 if number % 2 else LENGTH - number for number in range(LENGTH)],
        [LENGTH - number if number % 2 else number // 2 for number in range(LENGTH)],
    ),
    "one symbol": lambda: ([1] * LENGTH, [1] * (LENGTH - 1)),
    "nothing": lambda: (range(LENGTH), range(LENGTH, 2 * LENGTH)),
}


class Counted(list[int]):
    """Counts how often it is asked for an element."""

    asked = 0

    def __getitem__(self, place: Any) -> Any:
        self.asked += 1
        return super().__getitem__(place)


@pytest.mark.parametrize("name", ADVERSARIES)
def test_the_work_is_bounded_whatever_comes(name: str) -> None:
    before, after = map(Counted, ADVERSARIES[name]())
    matching = match(before, after)
    assert before.asked + after.asked < 40 * (len(before) + len(after)) + 400_000
    check(matching, list(before), list(after))


def test_a_result_that_more_work_would_make_better_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.comparison.matching._LEAST_VISITS", 0)
    monkeypatch.setattr("core.comparison.matching._VISITS_PER_ELEMENT", 0)
    matching = match([1, 2, 3, 4, 9], [2, 1, 3, 5, 8])
    assert matching.is_rough
    assert [tuple(run) for run in matching.runs] == [(2, 2, 1)]
    assert not match([1, 2], [1, 2]).is_rough
