"""Reads a text as PowerShell and cmd do, as far as it takes to know the quoting at each placeholder.

PowerShell's rules are those of about_Quoting_Rules and about_Parsing, cmd's those of `cmd /?`.
"""

from __future__ import annotations

import re

from core.execution.places import MARK, Context, Place

__all__ = ["PWSH_DOUBLE_QUOTES", "PWSH_SINGLE_QUOTES", "read_cmd", "read_pwsh"]

# PowerShell takes typographic quotes for quotes (language specification, 2.3.5.2).
PWSH_SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b"
PWSH_DOUBLE_QUOTES = '"\u201c\u201d\u201e'
_BACKTICK = "right after a backtick. Take the backtick away; a value needs none"
_HERE_STRING = "inside a here-string. Use an ordinary string, or $env:NAME"
_SUBEXPRESSION = "inside or behind $(…) within double quotes. Put it into a variable of its own first: $x = {{ … }}"
_COMMENT = "in a comment. Take it out of there"
_VERBATIM = "behind “--%”, where nothing can be quoted. Use $env:NAME"
_CARET = "right after “^”. Take the caret away; a value needs none"
_HERE_STRING_START = re.compile(rf"@([{PWSH_SINGLE_QUOTES}{PWSH_DOUBLE_QUOTES}])[ \t]*\r?\n")
_CMD_REMARK = re.compile(r"(?:^|[&|(])[\s@]*(?:rem\b|::)", re.IGNORECASE)


def read_pwsh(text: str) -> tuple[Place, ...]:
    """Return the place of each mark in a PowerShell text, in order."""
    return _PwshReading(text).run()


class _PwshReading:
    """One pass over a text; `_advice` is set where placeholders are refused."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._context = Context.PLAIN
        self._places: list[Place] = []
        self._refused_until = 0
        self._advice = ""

    def run(self) -> tuple[Place, ...]:
        while self._at < len(self._text):
            if self._take_mark():
                continue
            if self._at < self._refused_until:
                self._at += 1
            elif self._context is Context.PLAIN:
                self._in_plain()
            else:
                self._in_quotes(PWSH_SINGLE_QUOTES if self._context is Context.SINGLE else PWSH_DOUBLE_QUOTES)
        return tuple(self._places)

    def _take_mark(self) -> bool:
        found = MARK.match(self._text, self._at)
        if found is None:
            return False
        if self._at < self._refused_until:
            place = Place(Context.REFUSED, self._advice)
        elif self._text[self._at - 1 : self._at] == "`" and self._context is not Context.SINGLE:
            place = Place(Context.REFUSED, _BACKTICK)
        else:
            place = Place(self._context)
        self._places.append(place)
        self._at = found.end()
        return True

    def _in_plain(self) -> None:
        first = self._text[self._at]
        here = _HERE_STRING_START.match(self._text, self._at)
        if here:
            end = re.compile("\n" + _any_of(here[1]) + "@").search(self._text, here.end() - 1)
            self._refuse(end.end() if end else len(self._text), _HERE_STRING)
        elif self._text.startswith("<#", self._at):
            end_of_comment = self._text.find("#>", self._at)
            self._refuse(end_of_comment + 2 if end_of_comment >= 0 else len(self._text), _COMMENT)
        elif first == "#" and (self._at == 0 or self._text[self._at - 1] in " \t\n;|&(){},"):
            end_of_line = self._text.find("\n", self._at)
            self._refuse(end_of_line if end_of_line >= 0 else len(self._text), _COMMENT)
        elif first in PWSH_SINGLE_QUOTES:
            self._enter(Context.SINGLE)
        elif first in PWSH_DOUBLE_QUOTES:
            self._enter(Context.DOUBLE)
        elif self._text.startswith("--%", self._at):
            self._refuse(len(self._text), _VERBATIM)
        else:
            self._step_over(first)

    def _in_quotes(self, quotes: str) -> None:
        first = self._text[self._at]
        if first in quotes:
            if self._text[self._at + 1 : self._at + 2] in tuple(quotes):
                self._at += 2
            else:
                self._enter(Context.PLAIN)
        elif self._context is Context.DOUBLE and self._text.startswith("$(", self._at):
            # Quotes nest in there, and reading them wrongly would let a value out of its own.
            self._refuse(len(self._text), _SUBEXPRESSION)
        elif self._context is Context.DOUBLE:
            self._step_over(first)
        else:
            self._at += 1

    def _step_over(self, first: str) -> None:
        escapes = first == "`" and not MARK.match(self._text, self._at + 1)
        self._at += 2 if escapes else 1

    def _enter(self, context: Context) -> None:
        self._context = context
        self._at += 1

    def _refuse(self, until: int, advice: str) -> None:
        self._refused_until = until
        self._advice = advice
        self._at += 1


def _any_of(quote: str) -> str:
    return f"[{PWSH_SINGLE_QUOTES if quote in PWSH_SINGLE_QUOTES else PWSH_DOUBLE_QUOTES}]"


def read_cmd(text: str) -> tuple[Place, ...]:
    """Return the place of each mark in a text for cmd, in order."""
    places: list[Place] = []
    for found in MARK.finditer(text):
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        in_double = line.count('"') % 2 == 1
        if _CMD_REMARK.search(line):
            places.append(Place(Context.REFUSED, _COMMENT))
        elif line.endswith("^") and not in_double:
            places.append(Place(Context.REFUSED, _CARET))
        else:
            places.append(Place(Context.DOUBLE if in_double else Context.PLAIN))
    return tuple(places)
