"""What is looked for, checked before anything is read, and as an expression that is quick to rule lines out."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field

from core.errors import InvalidError, Problem
from core.history.runs import RunFilter
from core.search.literals import keys_of_regex, keys_of_text

__all__ = ["LONGEST_TEXT", "MOST_CONTEXT_LINES", "MOST_HITS", "MOST_HITS_PER_OUTPUT", "Pattern", "SearchQuery"]
__all__ += ["SearchTextError"]

LONGEST_TEXT = 1000
"""How many characters can be looked for."""
MOST_HITS = 10_000
MOST_HITS_PER_OUTPUT = 1000
MOST_CONTEXT_LINES = 20

# Python's re, ignoring case, takes these for i, k and s: dotted capital I, dotless small i, the Kelvin sign, long s.
_ODD_CASES = tuple(character.encode() for character in "\u0130\u0131\u212a\u017f")
_ODD_STARTS = tuple({case[:1] for case in _ODD_CASES})  # looking for one byte is many times as fast as for two
_GLOBAL_FLAGS = re.compile(r"\(\?[aiLmsux]+\)")


class SearchTextError(InvalidError):
    """What is to be looked for can't be; `position` is the character of the text at fault, where there is one."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__([Problem("the text to look for", message, field="text")])
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What is looked for, and in which runs. Each line is searched for itself, as a terminal would show it.

    `context_lines` are shown before and after a hit. `most_hits_per_output` counts for one attempt of a run.
    """

    text: str
    is_regex: bool = False
    """`text` is a regular expression of Python's re, else it is meant letter by letter."""
    ignore_case: bool = False
    whole_words: bool = False
    which: RunFilter = field(default_factory=RunFilter)
    context_lines: int = 1
    most_hits: int = MOST_HITS
    most_hits_per_output: int = MOST_HITS_PER_OUTPUT


class Pattern:
    """A query's text, compiled. `regex` decides on the visible text of a line.

    Every line that matches contains at least one of `keys` (in lower case with `folds_case`). Where there are none,
    every line has to be looked at.
    """

    def __init__(self, query: SearchQuery) -> None:
        """Raise SearchTextError for a text that can't be looked for."""
        text = query.text
        if not text:
            raise SearchTextError("Nothing is given. Write what the line is to contain.")
        if len(text) > LONGEST_TEXT:
            raise SearchTextError(f"It is longer than {LONGEST_TEXT:,} characters.", LONGEST_TEXT)
        broken = next((place for place, each in enumerate(text) if each == "\n" or "\ud800" <= each <= "\udfff"), None)
        if broken is not None:
            what = "a line feed, but" if text[broken] == "\n" else "what is not a character;"
            raise SearchTextError(f"It contains {what} a search looks at one line of text at a time.", broken)
        flags = re.IGNORECASE if query.ignore_case else re.NOFLAG
        self.is_regex = query.is_regex
        bare_regex = self.regex = _compile(text if query.is_regex else re.escape(text), flags)
        self.folds_case = bool(self.regex.flags & re.IGNORECASE)
        if query.whole_words:
            start = found.end() if query.is_regex and (found := _GLOBAL_FLAGS.match(text)) else 0
            bare = text[start:] if query.is_regex else re.escape(text)
            self.regex = _compile(rf"{text[:start]}(?<!\w)(?:{bare})(?!\w)", flags)
        if query.is_regex:
            self.keys = keys_of_regex(bare_regex)
        else:
            self.keys = keys_of_text(text, ignore_case=query.ignore_case)

    def as_compared(self, data: bytes) -> bytes:
        """Return `data` as it is compared with `keys`."""
        return data.lower() if self.folds_case else data

    def needs_every_line(self, data: bytes) -> bool:
        """Return whether `keys` say nothing about the lines in `data`."""
        if not self.keys:
            return True
        return (
            self.folds_case and any(start in data for start in _ODD_STARTS) and any(odd in data for odd in _ODD_CASES)
        )


def _compile(text: str, flags: re.RegexFlag) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a later Python might read differently
            return re.compile(text, flags)
    except re.error as error:
        raise SearchTextError(f"The regular expression is not right: {error.msg}.", error.pos) from error
    except (OverflowError, RecursionError) as error:
        raise SearchTextError("The regular expression is too large.") from error
