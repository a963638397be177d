"""Finds the words that differ between two lines that are alike."""

from __future__ import annotations

from collections.abc import Sequence

from core.comparison.ignoring import Ignoring, Token
from core.comparison.matching import match

__all__ = ["Spans", "changed_words"]

Spans = tuple[tuple[int, int], ...]
"""Stretches [start, end) of a line, in order, in characters."""

_MOST_TOKENS = 400


def changed_words(before: str, after: str, ignoring: Ignoring) -> tuple[Spans, Spans]:
    """Return what differs in each of the lines; what is ignored does not. Very long lines are not taken apart."""
    here, there = ignoring.tokens(before), ignoring.tokens(after)
    keys: dict[str, int] = {}
    numbers, others = ([keys.setdefault(token.key, len(keys)) for token in side] for side in (here, there))
    if len(here) + len(there) > _MOST_TOKENS:
        head, tail = _ends(numbers, others)
        return _spans(here[head : len(here) - tail]), _spans(there[head : len(there) - tail])
    same_here: set[int] = set()
    same_there: set[int] = set()
    for run in match(numbers, others).runs:
        same_here.update(range(run.before, run.before + run.length))
        same_there.update(range(run.after, run.after + run.length))
    return (
        _spans([token for number, token in enumerate(here) if number not in same_here], before),
        _spans([token for number, token in enumerate(there) if number not in same_there], after),
    )


def _ends(before: Sequence[int], after: Sequence[int]) -> tuple[int, int]:
    most = min(len(before), len(after))
    head = next((place for place in range(most) if before[place] != after[place]), most)
    most -= head
    tail = next((place for place in range(most) if before[-1 - place] != after[-1 - place]), most)
    return head, tail


def _spans(tokens: Sequence[Token], line: str = "") -> Spans:
    """Return the stretches of the tokens; a blank between two of them is taken in."""
    found: list[tuple[int, int]] = []
    for token in tokens:
        if found and (token.start == found[-1][1] or line[found[-1][1] : token.start] == " "):
            found[-1] = (found[-1][0], token.end)
        else:
            found.append((token.start, token.end))
    return tuple(found)
