"""Reads a cron expression strictly, into explicit sets of values (CRON.md, R1 and R3).

No library's parser sees the user's text: croniter takes reversed ranges, reads `5-5` as the whole field and refuses
`1,5#2`, so what is accepted, and what it means, is decided here alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import suggest
from core.timing.days import MonthTable
from core.timing.errors import CronError
from core.timing.fields import Field, read_field
from core.timing.kinds import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND

__all__ = ["CronError", "Expression", "parse"]

_LONGEST = 1000
_BLANKS = " \t"
_FIVE = (MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK)
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_REBOOT = "@reboot"
_YEAR = re.compile(r"[0-9*?,/-]+")
# A line of a crontab whose command is a single path has as many words as an expression with seconds.
_COMMAND = re.compile(r"(?:\.{0,2}|~)/")


@dataclass(frozen=True, slots=True)
class Expression:
    """A valid expression.

    `text` is as the user wrote it; `resolved` has every `H` replaced by the value it stands for and equals `text`
    where there is none. `fields` are in the order of the text (five, or six with seconds first) and empty for
    `@reboot`, which is once per start of the agent and has no due time.
    """

    text: str
    resolved: str
    fields: tuple[Field, ...]

    @property
    def is_reboot(self) -> bool:
        """Whether it is `@reboot`."""
        return not self.fields

    @property
    def has_seconds(self) -> bool:
        """Whether it has six fields."""
        return len(self.fields) == 6

    @property
    def is_wildcard(self) -> bool:
        """Whether it follows the wall clock through a DST change (R3); otherwise it is fixed-time."""
        return any(field.starts_with_star for field in self.fields[:-3])

    @property
    def second(self) -> Field | None:
        """The seconds, or None with five fields (the second is then 0)."""
        return self.fields[0] if self.has_seconds else None

    @property
    def minute(self) -> Field:
        """The minutes. IndexError for `@reboot`, as for all fields below."""
        return self.fields[-5]

    @property
    def hour(self) -> Field:
        """The hours."""
        return self.fields[-4]

    @property
    def day_of_month(self) -> Field:
        """The days of the month."""
        return self.fields[-3]

    @property
    def month(self) -> Field:
        """The months."""
        return self.fields[-2]

    @property
    def day_of_week(self) -> Field:
        """The days of the week, Sunday as 0."""
        return self.fields[-1]


def parse(text: str, *, identity: str = "") -> Expression:
    """Return the expression that `text` stands for; `identity` seeds every `H` in it.

    Raises CronError with a sentence that says what to write instead.
    """
    _check_characters(text)
    trimmed = text.strip(_BLANKS)
    start = len(text) - len(text.lstrip(_BLANKS))
    if not trimmed:
        raise CronError("The expression is empty. Write five fields, such as 0 7 * * 1-5 for 07:00, Monday to Friday.")
    if trimmed.startswith("@"):
        return _nickname(text, trimmed, start)
    pieces = [(match.group(), match.start()) for match in re.finditer(r"[^ \t]+", text)]
    kinds = _FIVE if len(pieces) == 5 else (SECOND, *_FIVE)
    if len(pieces) != len(kinds) or (len(pieces) == 6 and _COMMAND.match(pieces[5][0])):
        raise _wrong_count(pieces)
    fields = tuple(
        read_field(kind, piece, position=position, identity=identity)
        for kind, (piece, position) in zip(kinds, pieces, strict=True)
    )
    _check_day_comes(fields, pieces[-3][1])
    return Expression(text=text, resolved=_resolved(text, fields, pieces), fields=fields)


def _check_characters(text: str) -> None:
    if len(text) > _LONGEST:
        raise CronError(
            f"The expression has {len(text):,} characters. Write at most {_LONGEST:,}; split it into several crons.",
            position=_LONGEST,
        )
    for position, character in enumerate(text):
        if character not in _BLANKS and not "!" <= character <= "~":
            shown = character if character.isprintable() and not character.isspace() else f"U+{ord(character):04X}"
            raise CronError(
                f"The character {shown} at position {position + 1} can't stand in an expression. Write plain letters, "
                "digits and signs, with spaces or tabs between the fields.",
                position=position,
            )


def _nickname(text: str, trimmed: str, position: int) -> Expression:
    name = trimmed.lower()
    if name == _REBOOT:
        return Expression(text=text, resolved=text, fields=())
    if name in _NICKNAMES:
        pieces = _NICKNAMES[name].split()
        fields = tuple(read_field(kind, piece) for kind, piece in zip(_FIVE, pieces, strict=True))
        return Expression(text=text, resolved=text, fields=fields)
    if name.startswith("@every"):
        raise CronError(
            "“@every” counts from the start of the program, so its times would change at each start. Write a step, "
            "such as */5 * * * * for every 5 minutes.",
            position=position,
        )
    known = (*_NICKNAMES, _REBOOT)
    shown = trimmed if len(trimmed) <= 20 else trimmed[:19] + "…"
    raise CronError(
        f"“{shown}” is no known name.{suggest(name, known)} Write one of {', '.join(known)}, or five fields.",
        position=position,
    )


def _wrong_count(pieces: list[tuple[str, int]]) -> CronError:
    count = len(pieces)
    order = "minute, hour, day-of-month, month, day-of-week"
    if count < 5:
        last, position = pieces[-1]
        found = "1 field" if count == 1 else f"{count} fields"
        return CronError(
            f"The expression has {found}. Write five ({order}), or six with the seconds first.",
            position=position + len(last),
        )
    if count == 7 and _YEAR.fullmatch(pieces[6][0]):
        return CronError(
            "The expression has 7 fields, but a year field is not supported. Leave the year out: write six fields with "
            "the seconds first, or five.",
            position=pieces[6][1],
        )
    return CronError(
        f"The expression has {count} fields. Write five ({order}), or six with the seconds first; the command is not "
        "part of the expression.",
        position=pieces[min(6, count - 1)][1],
    )


def _check_day_comes(fields: tuple[Field, ...], position: int) -> None:
    days, months, weekdays = fields[-3:]
    if not MonthTable(days, weekdays).ever_matches(months.values):
        raise CronError(
            f"The day “{days.text} {months.text} {weekdays.text}” (day-of-month, month, day-of-week) never comes. "
            "Write a day that one of the months has, or L for the last day of the month.",
            field=days.kind.name,
            position=position,
        )


def _resolved(text: str, fields: tuple[Field, ...], pieces: list[tuple[str, int]]) -> str:
    """Return the text with the fields replaced by their resolved form and the user's blanks kept."""
    parts = []
    at = 0
    for field, (piece, position) in zip(fields, pieces, strict=True):
        parts += [text[at:position], field.resolved]
        at = position + len(piece)
    return "".join([*parts, text[at:]])
