"""What the builder of a cron can say about one field, and how that is read from the text and written back to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.timing.cron import CronError, parse
from core.timing.fields import Field, read_field
from core.timing.kinds import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND, Kind
from core.timing.phrases import runs

__all__ = ["FIELDS", "FieldChoice", "Mode", "join_fields", "read_choice", "split_fields", "write_choice"]

FIELDS = (SECOND, MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK)
_LAST_STEP = {SECOND: 59, MINUTE: 59, HOUR: 23, DAY_OF_MONTH: 31, MONTH: 12, DAY_OF_WEEK: 7}


class Mode(StrEnum):
    """The ways in which the builder describes a field."""

    EVERY = "every"
    STEP = "step"
    VALUES = "values"
    NTH = "nth"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """What is chosen for one field; which of the values matter depends on the mode.

    `nth` is the week of the month for `weekday`, or 0 for the last one. `text` is what the field says in an
    expression, and the whole choice where the builder has no other words for it (`Mode.TEXT`).
    """

    mode: Mode
    text: str
    step: int = 2
    values: tuple[int, ...] = ()
    last: bool = False
    last_workday: bool = False
    nth: int = 1
    weekday: int = 1


def split_fields(text: str) -> tuple[str, ...] | None:
    """Return the texts of the five or six fields; of a nickname, those that it stands for.

    None where there are none to show: `@reboot`, and what is not five or six words. The fields need not be valid.
    """
    words = text.strip(" \t").split()
    if len(words) == 1 and words[0].startswith("@"):
        try:
            words = [field.text for field in parse(text).fields]
        except CronError:
            return None
    return tuple(words) if len(words) in (5, 6) else None


def join_fields(texts: tuple[str, ...]) -> str:
    """Return the expression of these fields."""
    return " ".join(texts)


def read_choice(kind: Kind, text: str) -> FieldChoice:
    """Return how the builder shows a field; one that it can't express keeps its text."""
    plain = FieldChoice(Mode.TEXT, text)
    if text == "*":
        return FieldChoice(Mode.EVERY, text)
    try:
        field = read_field(kind, text)
    except CronError:
        return plain
    if field.resolved != field.text:
        return plain
    if field.starts_with_star:
        step = text.removeprefix("*/")
        in_reach = step.isdigit() and 2 <= int(step) <= _LAST_STEP[kind]
        return FieldChoice(Mode.STEP, text, step=int(step)) if in_reach else plain
    return _nth_choice(field) if field.nth or field.last_weekdays else _values_choice(field)


def _nth_choice(field: Field) -> FieldChoice:
    if field.values or len(field.nth) + len(field.last_weekdays) > 1:
        return FieldChoice(Mode.TEXT, field.text)
    weekday, nth = field.nth[0] if field.nth else (field.last_weekdays[0], 0)
    return FieldChoice(Mode.NTH, field.text, nth=nth, weekday=weekday)


def _values_choice(field: Field) -> FieldChoice:
    return FieldChoice(Mode.VALUES, field.text, values=field.values, last=field.last, last_workday=field.last_workday)


def write_choice(kind: Kind, choice: FieldChoice) -> str:
    """Return what the field says in an expression. Values that none is chosen of say `*`: a field is never empty."""
    match choice.mode:
        case Mode.EVERY:
            return "*"
        case Mode.STEP:
            return f"*/{choice.step}"
        case Mode.NTH:
            return f"{choice.weekday}#{choice.nth}" if choice.nth else f"{choice.weekday}L"
        case Mode.VALUES:
            return _values_text(kind, choice) or "*"
        case Mode.TEXT:
            # A blank would make two fields of one.
            return "".join(choice.text.split()) or "*"


def _values_text(kind: Kind, choice: FieldChoice) -> str:
    parts = []
    # Weekdays are shown from Monday, so that the weekend is one run: 6-7 instead of 0,6.
    whole_weekend = kind is DAY_OF_WEEK and {0, 6} <= set(choice.values) and 1 not in choice.values
    values = sorted(value or 7 for value in choice.values) if whole_weekend else choice.values
    for first, last in runs(values):
        if last - first >= 2 or (last > first and whole_weekend and last == 7):
            parts.append(f"{first}-{last}")
        else:
            parts += [str(value) for value in range(first, last + 1)]
    parts += [word for word, is_chosen in (("L", choice.last), ("LW", choice.last_workday)) if is_chosen]
    return ",".join(parts)
