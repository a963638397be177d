"""Finds what two sequences have in common, in their order, within a bounded amount of work.

The lines that occur once in both are the anchors (patience diff, Bram Cohen); what lies between them goes through the
greedy algorithm of E. W. Myers, “An O(ND) Difference Algorithm and Its Variations” (1986), as long as there are few
differences; where there are many, equal lines are paired by their turn. Every step is paid for out of one budget, so
that no input takes long: what is left when it is spent is compared place by place, and the result says so.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Matching", "Run", "match"]

_MOST_EDITS = 400
_EDIT_BUDGET = 3_000_000
_VISITS_PER_ELEMENT = 8
_LEAST_VISITS = 100_000


class Run(NamedTuple):
    """`length` elements from `before` on in the one sequence equal those from `after` on in the other."""

    before: int
    after: int
    length: int


@dataclass(frozen=True, slots=True)
class Matching:
    """The runs in order, none of them empty, no two of them touching. `is_rough`: with more work there were more."""

    runs: tuple[Run, ...]
    is_rough: bool


def match(before: Sequence[int], after: Sequence[int]) -> Matching:
    """Return what the two have in common. The work is in proportion to their lengths, whatever is in them."""
    matcher = _Matcher(before, after)
    matcher.work_off()
    return Matching(tuple(_joined(sorted(matcher.runs))), matcher.is_rough)


class _Matcher:
    def __init__(self, before: Sequence[int], after: Sequence[int]) -> None:
        self._before = before
        self._after = after
        self._edits = _EDIT_BUDGET
        self._visits = _VISITS_PER_ELEMENT * (len(before) + len(after)) + _LEAST_VISITS
        self._stack = [(0, len(before), 0, len(after))]
        self.runs: list[Run] = []
        self.is_rough = False

    def work_off(self) -> None:
        while self._stack:
            span = self._trim(*self._stack.pop())
            if span[0] < span[1] and span[2] < span[3]:
                self._divide(*span)

    def _trim(self, first: int, last: int, start: int, end: int) -> tuple[int, int, int, int]:
        """Take off what is equal at both ends; return what is left."""
        before, after = self._before, self._after
        most = min(last - first, end - start)
        head = 0
        while head < most and before[first + head] == after[start + head]:
            head += 1
        most -= head
        tail = 0
        while tail < most and before[last - tail - 1] == after[end - tail - 1]:
            tail += 1
        self._keep(first, start, head)
        self._keep(last - tail, end - tail, tail)
        return first + head, last - tail, start + head, end - tail

    def _divide(self, first: int, last: int, start: int, end: int) -> None:
        self._visits -= last - first + end - start
        if self._visits < 0:
            self._compare_in_place(first, last, start, end)
            return
        here, there = _places(self._before, first, last), _places(self._after, start, end)
        common = here.keys() & there.keys()
        if not common:
            return
        once = [
            (places[0], there[each][0])
            for each, places in here.items()
            if each in common and len(places) == len(there[each]) == 1
        ]
        if once:
            self._split_at(_rising(sorted(once)), (first, last, start, end))
            return
        kept_before = [place for place in range(first, last) if self._before[place] in common]
        kept_after = [place for place in range(start, end) if self._after[place] in common]
        pairs = self._edit(kept_before, kept_after)
        if pairs is not None:
            for place, other in pairs:
                self._keep(place, other, 1)
            return
        in_turn = sorted(pair for each in common for pair in zip(here[each], there[each], strict=False))
        self._split_at(_rising(in_turn), (first, last, start, end))

    def _split_at(self, anchors: list[tuple[int, int]], span: tuple[int, int, int, int]) -> None:
        first, last, start, end = span
        for place, other in anchors:
            self._keep(place, other, 1)
            self._stack.append((first, place, start, other))
            first, start = place + 1, other + 1
        self._stack.append((first, last, start, end))

    def _compare_in_place(self, first: int, last: int, start: int, end: int) -> None:
        self.is_rough = True
        for place, other in zip(range(first, last), range(start, end), strict=False):
            if self._before[place] == self._after[other]:
                self._keep(place, other, 1)

    def _edit(self, before: Sequence[int], after: Sequence[int]) -> list[tuple[int, int]] | None:
        """Return the pairs of the shortest edit of these places; None where it is too long for what may be spent."""
        here = [self._before[place] for place in before]
        there = [self._after[place] for place in after]
        most = min(_MOST_EDITS, len(here) + len(there))
        furthest = [0] * (2 * most + 3)  # by diagonal, the one number -most - 1 first
        trace: list[list[int]] = []
        for edits in range(most + 1):
            self._edits -= edits + 1
            if self._edits < 0:
                return None
            trace.append(furthest[most - edits : most + edits + 3])
            if _go_on(here, there, furthest, edits, most):
                pairs = _walk_back(trace, len(here), len(there))
                return [(before[one], after[other]) for one, other in pairs]
        return None

    def _keep(self, place: int, other: int, length: int) -> None:
        if length:
            self.runs.append(Run(place, other, length))


def _go_on(here: list[int], there: list[int], furthest: list[int], edits: int, most: int) -> bool:
    """Go as far as one more edit leads on every diagonal; return whether that is the end."""
    width, height = len(here), len(there)
    for diagonal in range(-edits, edits + 1, 2):
        slot = diagonal + most + 1
        if diagonal == -edits or (diagonal != edits and furthest[slot - 1] < furthest[slot + 1]):
            x = furthest[slot + 1]
        else:
            x = furthest[slot - 1] + 1
        y = x - diagonal
        while x < width and y < height and here[x] == there[y]:
            x += 1
            y += 1
        furthest[slot] = x
        if x >= width and y >= height:
            return True
    return False


def _walk_back(trace: list[list[int]], x: int, y: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs on the way from the end to the beginning; trace[d] has the diagonals from -d - 1 to d + 1."""
    for edits in range(len(trace) - 1, -1, -1):
        furthest = trace[edits]
        diagonal = x - y
        slot = diagonal + edits + 1
        goes_down = diagonal == -edits or (diagonal != edits and furthest[slot - 1] < furthest[slot + 1])
        from_x = furthest[slot + 1] if goes_down else furthest[slot - 1]
        from_y = from_x - (diagonal + 1 if goes_down else diagonal - 1)
        if edits == 0:
            from_x = from_y = 0
        while x > from_x and y > from_y and x > 0 and y > 0:
            x -= 1
            y -= 1
            yield x, y
        x, y = from_x, from_y


def _places(sequence: Sequence[int], first: int, last: int) -> dict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for place in range(first, last):
        found[sequence[place]].append(place)
    return found


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest part of the pairs (sorted by the first) in which the second rises, too."""
    ends: list[int] = []  # the least second at the end of a part of each length
    numbers: list[int] = []  # and the pair that it belongs to
    behind: list[int] = []
    for number, (_, other) in enumerate(pairs):
        length = bisect_left(ends, other)
        behind.append(numbers[length - 1] if length else -1)
        if length < len(ends):
            ends[length], numbers[length] = other, number
        else:
            ends.append(other)
            numbers.append(number)
    found: list[tuple[int, int]] = []
    number = numbers[-1] if numbers else -1
    while number >= 0:
        found.append(pairs[number])
        number = behind[number]
    return found[::-1]


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    last: Run | None = None
    for run in runs:
        if last is not None and (last.before + last.length, last.after + last.length) == (run.before, run.after):
            last = last._replace(length=last.length + run.length)
            continue
        if last is not None:
            yield last
        last = run
    if last is not None:
        yield last
