"""Why an item of a field is refused, and what to write instead (CRON.md, R1)."""

from __future__ import annotations

import re

from core.errors import suggest
from core.timing.kinds import DAY_OF_MONTH, Kind

__all__ = ["explain", "shorten"]

_SHOWN_LENGTH = 40
# Forms of other crons, tried in this order on the item in capitals, and what to say about each.
_FOREIGN = (
    (
        re.compile(r".*\?.*"),
        "“?” has no meaning here. Write * in the {name} field.",
    ),
    (
        re.compile(r".*~.*"),
        (
            "“{shown}” asks for a random value, which would change at each start. "
            "Write H(a-b) instead: a value from a to b that stays the same."
        ),
    ),
    (
        re.compile(r"R(\(.*\))?(/.*)?"),
        (
            "“{shown}” asks for a random value, which would change at each start. "
            "Write H instead: a value that stays the same."
        ),
    ),
    (
        re.compile(r"[0-9]+W|W[0-9]*|[0-9]*WL"),
        (
            "“{shown}” asks for the workday nearest to a date, which is not supported. "
            "Write LW in day-of-month for the last workday of the month, or name the days."
        ),
    ),
    (
        re.compile(r"H.*"),
        "“{shown}” is not understood. Write H, H/n, H(a-b) or H(a-b)/n.",
    ),
    (
        re.compile(r".*/[^0-9]*"),
        "The step in “{shown}” is no number. Write one after the slash, such as */5.",
    ),
)


def shorten(text: str) -> str:
    """Return the text as a message may quote it."""
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"


def explain(kind: Kind, text: str) -> str:
    """Return the sentence for an item that fits no form of its field."""
    word = text.upper()
    shown = shorten(text)
    if kind.names and re.fullmatch(r"[A-Z]+", word) and word not in {"L", "LW", "W", "R"}:
        names = f"{kind.names[0]} to {kind.names[-1]}"
        hint = suggest(word, kind.names)
        return (
            f"“{shown}” is no {kind.name}.{hint} Write a number from {kind.low} to {kind.high} or a name from {names}."
        )
    for form, message in _FOREIGN:
        if form.fullmatch(word):
            return message.format(shown=shown, name=kind.name)
    return f"“{shown}” {_misplaced(kind, word)}"


def _misplaced(kind: Kind, word: str) -> str:
    """Return what is wrong with an item of our own forms that is not well formed or stands in the wrong field."""
    allowed = (
        f"Write *, a number from {kind.low} to {kind.high}, a range such as {kind.low}-{kind.high}, "
        "or a step such as */5."
    )
    if kind is DAY_OF_MONTH and "L" in word:
        return "is not understood. Write L for the last day of the month or LW for its last workday."
    if kind.is_day_of_week and "#" in word:
        return "is not understood. Write one day before # and a number after it, such as 1#2,3#2."
    if kind.is_day_of_week and "L" in word:
        return "is not understood. Write one day before L, such as 5L for the last Friday of the month."
    if "L" in word or "#" in word:
        return f"stands in the {kind.name} field, but L belongs to the day fields and # to day-of-week. {allowed}"
    return f"is not understood in the {kind.name} field. {allowed}"
