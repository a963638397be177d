"""Compares two texts line by line, and puts what belongs together side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from core.comparison.ignoring import Ignoring
from core.comparison.matching import match

__all__ = ["Kind", "LineComparison", "Row", "compare_lines"]

_LIKENESS = 0.5
_LOOK_AHEAD = 4
_LOOK_BUDGET = 100_000
_WORD = re.compile(r"\w+")


class Kind(StrEnum):
    """What has become of a line. `IGNORED`: only what is ignored is another; `GAP`: here some were not read."""

    SAME = "same"
    IGNORED = "ignored"
    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"
    GAP = "gap"

    @property
    def differs(self) -> bool:
        """Return whether it is a difference; a gap is one where the bytes in it differ."""
        return self in {Kind.CHANGED, Kind.REMOVED, Kind.ADDED}


class Row(NamedTuple):
    """A line of the one text, of the other, or of both: its number (from 1) and its text, None where it has none."""

    kind: Kind
    before_number: int | None = None
    before: str | None = None
    after_number: int | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class LineComparison:
    """`is_rough`: the texts are so different that not all was found that they have in common."""

    rows: tuple[Row, ...]
    is_rough: bool = False


def compare_lines(
    before: Sequence[str], after: Sequence[str], ignoring: Ignoring, *, first_numbers: tuple[int, int] = (1, 1)
) -> LineComparison:
    """Return the rows that hold every line of both, each in its order. `first_numbers`: those of the first lines."""
    keys = ignoring.keys(before), ignoring.keys(after)
    numbers: dict[str, int] = {}
    here, there = ([numbers.setdefault(key, len(numbers)) for key in side] for side in keys)
    matching = match(here, there)
    builder = _Builder((before, after), keys, first_numbers)
    place = other = 0
    for run in matching.runs:
        builder.replace(place, run.before, other, run.after)
        for step in range(run.length):
            builder.equal(run.before + step, run.after + step)
        place, other = run.before + run.length, run.after + run.length
    builder.replace(place, len(before), other, len(after))
    return LineComparison(tuple(builder.rows), matching.is_rough)


class _Builder:
    def __init__(
        self, texts: tuple[Sequence[str], Sequence[str]], keys: tuple[list[str], list[str]], first: tuple[int, int]
    ) -> None:
        self._before, self._after = texts
        self._keys_before, self._keys_after = keys
        self._first, self._other_first = first
        self._looks = _LOOK_BUDGET
        self._words: dict[str, frozenset[str]] = {}
        self.rows: list[Row] = []

    def equal(self, place: int, other: int) -> None:
        text, text_after = self._before[place], self._after[other]
        same = text == text_after
        # One text for both saves half of the memory.
        self._both(Kind.SAME if same else Kind.IGNORED, place, other, text, text if same else text_after)

    def replace(self, first: int, last: int, start: int, end: int) -> None:
        """Add lines that have nothing equal: those that are alike side by side, the others one above the other."""
        self._words.clear()
        for place, other in self._alike(first, last, start, end):
            self._remove(first, place)
            self._add(start, other)
            self._both(Kind.CHANGED, place, other, self._before[place], self._after[other])
            first, start = place + 1, other + 1
        self._remove(first, last)
        self._add(start, end)

    def _alike(self, first: int, last: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        while first < last and start < end:
            steps = self._next_alike(first, last, start, end)
            if steps is None:
                first, start = first + 1, start + 1
                continue
            first, start = first + steps[0], start + steps[1]
            yield first, start
            first, start = first + 1, start + 1

    def _next_alike(self, first: int, last: int, start: int, end: int) -> tuple[int, int] | None:
        """Return how many lines to leave out on both sides to come to two that are alike: as few as possible."""
        ahead = _LOOK_AHEAD if self._looks > 0 else 0
        for both in range(ahead + 1):
            for here in range(both + 1):
                place, other = first + here, start + both - here
                if place < last and other < end and self._are_alike(place, other):
                    return here, both - here
        return None

    def _are_alike(self, place: int, other: int) -> bool:
        self._looks -= 1
        here, there = self._words_of(self._keys_before[place]), self._words_of(self._keys_after[other])
        return 2 * len(here & there) >= _LIKENESS * (len(here) + len(there))

    def _words_of(self, key: str) -> frozenset[str]:
        words = self._words.get(key)
        if words is None:
            # A line without words is known by its characters.
            words = self._words[key] = frozenset(_WORD.findall(key)) or frozenset(key)
        return words

    def _both(self, kind: Kind, place: int, other: int, before: str, after: str) -> None:
        self.rows.append(Row(kind, self._first + place, before, self._other_first + other, after))

    def _remove(self, first: int, last: int) -> None:
        self.rows += [Row(Kind.REMOVED, self._first + place, self._before[place]) for place in range(first, last)]

    def _add(self, first: int, last: int) -> None:
        self.rows += [
            Row(Kind.ADDED, after_number=self._other_first + place, after=self._after[place])
            for place in range(first, last)
        ]
