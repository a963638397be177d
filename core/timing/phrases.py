"""The English of values, weekdays, months and dates, for sentences about time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise

__all__ = ["MONTHS", "WEEKDAYS", "and_list", "date_words", "even_step", "ordinal", "runs", "values_words"]

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = (
    "",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}
_WORDS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}
_LONG_SERIES = 5


def ordinal(number: int, *, in_words: bool = False) -> str:
    """Return `1st`, `22nd`, `13th`; in words `first` to `fifth`."""
    if in_words:
        return _WORDS[number]
    suffix = "th" if 10 <= number % 100 <= 20 else _SUFFIXES.get(number % 10, "th")
    return f"{number}{suffix}"


def and_list(parts: Sequence[str], word: str = "and") -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def runs(values: Sequence[int]) -> list[tuple[int, int]]:
    """Return the runs of neighbours in sorted values: `1 2 3 7` is (1, 3) and (7, 7)."""
    found: list[tuple[int, int]] = []
    for value in values:
        if found and found[-1][1] == value - 1:
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return found


def even_step(values: Sequence[int], size: int) -> int | None:
    """Return n if the values are every nth from 0, more than one, and n divides `size`, so that it goes on evenly."""
    step = size // len(values) if len(values) > 1 else 0
    return step if step > 1 and list(values) == list(range(0, size, step)) and size % step == 0 else None


def values_words(values: Sequence[int], word: Callable[[int], str] = str) -> str:
    """Return `5`, `5 and 35`, `1 to 7 and 9`, or `0, 7, 14, … 56` for a long series of equal steps."""
    steps = {later - earlier for earlier, later in pairwise(values)}
    if len(values) >= _LONG_SERIES and len(steps) == 1 and steps != {1}:
        return f"{', '.join(word(value) for value in values[:3])}, … {word(values[-1])}"
    parts = []
    for first, last in runs(values):
        if last - first >= 2:
            parts.append(f"{word(first)} to {word(last)}")
        else:
            parts += [word(value) for value in range(first, last + 1)]
    return and_list(parts)


def date_words(day: datetime) -> str:
    """Return `Sunday 29 March 2026`."""
    return f"{WEEKDAYS[day.isoweekday() % 7]} {day.day} {MONTHS[day.month]} {day.year}"
