"""Finds what a person means by a few typed letters, and which letters of a text they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Match", "Query"]

_AT_START = 120
_AT_WORD = 100
_INITIALS = 80
_INSIDE = 60
_SCATTERED = 20
_BESIDE = 10
_WORD_STARTS = re.compile(r"(?<![^\W_])[^\W_]")


@dataclass(frozen=True, slots=True)
class Match:
    """How well a text matches (more is better), and the indices of the letters that do, in rising order."""

    score: int
    positions: tuple[int, ...]


class Query:
    """What was typed: every word must be found, in any order, without regard to case; its letters may have gaps."""

    def __init__(self, text: str) -> None:
        self._words = _fold(text).split()

    def match(self, text: str, beside: str = "") -> Match | None:
        """Return how the words match, or None. `beside` is looked at for whole beginnings of words and not marked."""
        folded, folded_beside = _fold(text), _fold(beside)
        if not all(_has_letters(word, folded) or word in folded_beside for word in self._words):
            return None  # most texts, and quickly told
        score = 0
        found: set[int] = set()
        for word in self._words:
            match = _find(word, folded)
            if match is not None:
                score += match.score
                found.update(match.positions)
            elif _word_start(word, folded_beside) is not None:
                score += _BESIDE
            else:
                return None
        # The length tells apart only what differs much: else numbers of different lengths would.
        return Match(score * 10 - min(len(text) // 16, 9) if self._words else 0, tuple(sorted(found)))


def _find(word: str, text: str) -> Match | None:
    start = _word_start(word, text)
    if start is not None:
        return Match(_AT_WORD if start else _AT_START, tuple(range(start, start + len(word))))
    start = text.find(word)
    inside = Match(_INSIDE, tuple(range(start, start + len(word)))) if start >= 0 else None
    return _find_initials(word, text) or inside or _find_scattered(word, text)


def _has_letters(word: str, text: str) -> bool:
    """Return whether all letters are there in their order."""
    at = -1
    for letter in word:
        at = text.find(letter, at + 1)
        if at < 0:
            return False
    return True


def _word_start(word: str, text: str) -> int | None:
    start = text.find(word)
    while start >= 0:
        if _begins_word(text, start):
            return start
        start = text.find(word, start + 1)
    return None


def _find_initials(word: str, text: str) -> Match | None:
    starts = [start.start() for start in _WORD_STARTS.finditer(text)]
    first = "".join(text[position] for position in starts).find(word)
    return Match(_INITIALS, tuple(starts[first : first + len(word)])) if first >= 0 else None


def _find_scattered(word: str, text: str) -> Match | None:
    """Find the letters in their order; going back from where they end, they stand as close as they can."""
    if not _has_letters(word, text):
        return None
    end = -1
    for letter in word:
        end = text.find(letter, end + 1)
    positions: list[int] = []
    at = end + 1
    for letter in reversed(word):
        at = text.rfind(letter, 0, at)
        positions.insert(0, at)
    gaps = positions[-1] - positions[0] + 1 - len(word)
    starts = sum(_begins_word(text, position) for position in positions)
    return Match(max(1, _SCATTERED + 4 * starts - gaps), tuple(positions))


def _begins_word(text: str, position: int) -> bool:
    return position == 0 or not text[position - 1].isalnum()


def _fold(text: str) -> str:
    # A letter that becomes two in lower case would move all that follow.
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
