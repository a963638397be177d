"""Finds control sequences in text: what each asks for, and which one is unfinished at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["LONGEST_SEQUENCE", "Sequence", "sequences", "unfinished"]

LONGEST_SEQUENCE = 4096

# ECMA-48, with the eight-bit forms that UTF-8 text can hold (U+0080-U+009F). Each alternative takes what it can and
# gives way at the first character that does not belong to it: an escape always begins anew, and a string without an
# end swallows LONGEST_SEQUENCE characters at most. (A terminal would go on for ever.)
_STRING = rf"[^\x07\x1b\x90\x98\x9b-\x9f\n]{{0,{LONGEST_SEQUENCE}}}"
_END = r"(?:\x07|\x1b\\|\x9c)?"
_CONTROL = re.compile(
    r"(?:\x1b\[|\x9b)(?P<parameters>[0-?]{0,4096})(?P<between>[ -/]{0,16})(?P<final>[@-~])?"
    rf"|(?:\x1b\]|\x9d)(?P<osc>{_STRING}){_END}"
    rf"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f]){_STRING}{_END}"
    r"|\x1b[ -/]{0,16}(?P<escape>[0-~])?"
    r"|(?P<single>[\x00-\x1a\x1c-\x1f\x7f-\x8f\x91-\x97\x99\x9a\x9c])"
)
_UNFINISHED = re.compile(
    rf"(?:\x1b\[|\x9b)[0-?]{{0,4096}}[ -/]{{0,16}}|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f]){_STRING}\x1b?"
    r"|\x1b[ -/]{0,16}"
)
_BEGINNING = re.compile(r"[\x1b\x90\x98\x9b\x9d\x9e\x9f]")


class Sequence(NamedTuple):
    """A control at [start, end) of a text.

    `kind` is the final character of a control sequence (CSI, with its parameters as `body`), "]" for a string to the
    operating system (OSC, with its content as `body`), "ESC c" for a reset, a single control character for itself, and
    "" for what is to be swallowed.
    """

    start: int
    end: int
    kind: str
    body: str


def sequences(text: str, start: int = 0) -> Iterator[Sequence]:
    """Yield every control of the text in order; together with the text between them they are all of it."""
    for match in _CONTROL.finditer(text, start):
        kind = body = ""
        found = match.lastgroup  # none of the groups with a meaning has another behind it
        if found == "single":
            kind = match[0]
        elif found == "final":
            if not match["between"]:
                kind, body = match["final"], match["parameters"]
        elif found == "osc":
            kind, body = "]", match["osc"]
        elif found == "escape" and match["escape"] == "c":
            kind = "ESC c"
        yield Sequence(match.start(), match.end(), kind, body)


def unfinished(text: str) -> str:
    """Return the end of the text that is a sequence of which more may come, or ""."""
    tail = text[-LONGEST_SEQUENCE - len("\x1b]\x1b") :]
    # The last escape may be the first half of the end of a string.
    begins = [match.start() for match in _BEGINNING.finditer(tail)][-2:]
    for begin in begins:
        if _UNFINISHED.fullmatch(tail, begin):
            return tail[begin:]
    return ""
