"""What differs in every run and says nothing: times, ids and numbers, found in a line and taken for equal."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

__all__ = ["BY_DEFAULT", "Ignorable", "Ignoring", "Token"]


class Ignorable(StrEnum):
    """A kind of text that may be taken for equal.

    `TIMES`: dates, times of day, durations with a unit, seconds since the epoch. `IDS`: UUIDs, addresses and digests
    in hexadecimal (seven digits or more), names in folders for temporary files, process ids. `NUMBERS`: any number.
    """

    TIMES = "times"
    IDS = "ids"
    NUMBERS = "numbers"


BY_DEFAULT = frozenset({Ignorable.TIMES, Ignorable.IDS})
"""Numbers are often what a person looks for: how many were imported, how many failed."""

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
_CLOCK = r"[0-2]?\d:[0-5]\d(?::[0-6]\d(?:[.,]\d{1,9})?)?(?: ?[AaPp][Mm]\b)?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|CES?T|[+-]\d\d:?\d\d)\b)?"
_DATE = rf"\d{{4}}-\d\d-\d\d|\d{{4}}/\d\d/\d\d|\d\d?[./]\d\d?[./]\d{{4}}|\d\d?[ -]{_MONTH}[ -]\d{{4}}"
_UNIT = r"(?:ns|us|\u00b5s|\u03bcs|ms|msecs?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)"
# No alternative can match across a line feed, so that many lines are done at once. Each kind looks first whether it can
# begin here at all, since nearly everywhere it can't, and the looking is most of the work.
_PATTERNS = {
    Ignorable.TIMES: (
        r"(?<![\w.])(?=[0-9ADFJMNOSTW])(?:"
        rf"(?:{_DAY},? )?(?:(?:{_DATE})(?:[T ]{_CLOCK}{_ZONE})?|{_MONTH} {{1,2}}\d\d?,?(?: {_CLOCK}{_ZONE})?"
        rf"(?: \d{{4}}\b)?|{_CLOCK}{_ZONE})(?!\w)"
        r"|1[4-9]\d{8}(?:\.\d{1,9}|\d{3}|\d{6}|\d{9})?(?![\w.])"
        rf"|(?:\d+(?:[.,]\d+)? ?{_UNIT} ?)*\d+(?:[.,]\d+)? ?{_UNIT}\b)"
    ),
    Ignorable.IDS: (
        r"\b(?=[0-9a-fA-FpP])(?:"
        r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
        r"|0x[0-9a-fA-F]+\b"
        r"|(?=[a-fA-F]*\d)(?=\d*[a-fA-F])[0-9a-fA-F]{7,128}\b"
        r"|(?:[Pp]id|PID|[Pp]rocess)[ =:#]{1,3}\d+\b)"
        r"|/(?<![\w/]/)(?:private/)?(?:(?:var/)?tmp/[^\s/\"'<>|:;,()\[\]]+|var/folders/[^\s\"'<>|:;,()\[\]]+)"
        r"|\[(?<=\w\[)\d{1,8}\](?=:)"
    ),
    Ignorable.NUMBERS: r"\d+(?:[.,]\d+)*",
}
# Noncharacters of Unicode, which no text may hold.
_STANDS_FOR = {Ignorable.TIMES: "\ufdd0", Ignorable.IDS: "\ufdd1", Ignorable.NUMBERS: "\ufdd2"}
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


class Token(NamedTuple):
    """A word, a stretch of blanks, a mark or something ignored at [start, end) of a line; equal ones have one `key`."""

    start: int
    end: int
    key: str


class Ignoring:
    """Tells which lines, and which words in them, are equal but for what is ignored."""

    def __init__(self, kinds: Collection[Ignorable] = BY_DEFAULT) -> None:
        self.kinds = frozenset(kinds)
        self._regex = _compile(self.kinds)

    def keys(self, lines: Sequence[str]) -> list[str]:
        """Return a key for each line: two lines are the same when their keys are equal. No line holds a line feed."""
        if self._regex is None or not lines:
            return list(lines)
        return self._regex.sub(_stand_in, "\n".join(lines)).split("\n")

    def tokens(self, line: str) -> list[Token]:
        """Return the parts of a line, without a gap; their keys together are the key of the line."""
        found: list[Token] = []
        position = 0
        for match in self._regex.finditer(line) if self._regex is not None else ():
            if match.end() == match.start():
                continue
            found += _words(line, position, match.start())
            found.append(Token(match.start(), match.end(), _stand_in(match)))
            position = match.end()
        found += _words(line, position, len(line))
        return found


@lru_cache(maxsize=8)
def _compile(kinds: frozenset[Ignorable]) -> re.Pattern[str] | None:
    # Times come first: what is left of them would be numbers.
    groups = [f"(?P<{kind}>{_PATTERNS[kind]})" for kind in Ignorable if kind in kinds]
    return re.compile("|".join(groups)) if groups else None


def _stand_in(match: re.Match[str]) -> str:
    assert match.lastgroup is not None, "every alternative is in a group"
    return _STANDS_FOR[Ignorable(match.lastgroup)]


def _words(line: str, start: int, end: int) -> Iterator[Token]:
    for match in _WORD.finditer(line, start, end):
        yield Token(match.start(), match.end(), match[0])
