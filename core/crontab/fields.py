"""Judges the time of a job line: what cron takes, and the expression that means the same here."""

from __future__ import annotations

import re

from core.timing.cron import Expression, parse
from core.timing.errors import CronError

__all__ = ["NAMES", "to_expression"]

NAMES = ("@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
"""The names that cron has for times; in lower case alone (load_entry in cron's entry.c compares them as they are)."""

_KINDS = ("minute", "hour", "day-of-month", "month", "day-of-week")
_LOW = (0, 0, 1, 1, 0)
_HIGH = (59, 23, 31, 12, 6)
_VALUE = r"(?:[0-9]+|[A-Za-z]{3})"
_ITEM = re.compile(rf"(?:\*|{_VALUE}(?:-{_VALUE})?|(?P<first>{_VALUE})?(?P<random>~)(?P<last>{_VALUE})?)(?:/[0-9]+)?")


def to_expression(written: str, *, identity: str = "") -> Expression:
    """Return what the time of a job line means here; `identity` settles what cron leaves to chance.

    `written` is five fields or a name with `@`. Cronie's and OpenBSD's `a~b`, a value chosen by chance when cron
    reads the file, becomes `H(a-b)`, chosen once when the cron is saved. Raises CronError for what cron refuses, too:
    `L`, `#` and `H` are no crontab(5).
    """
    if written.startswith("@"):
        if written not in NAMES:
            raise CronError(f"“{written[:20]}” is none of cron's names. They are {', '.join(NAMES)}.")
        return parse(written)
    fields = [_translated(number, field) for number, field in enumerate(written.split())]
    return parse(" ".join(fields), identity=identity)


def _translated(number: int, field: str) -> str:
    return ",".join(_item(number, item) for item in field.split(","))


def _item(number: int, item: str) -> str:
    found = _ITEM.fullmatch(item)
    if found is None:
        shown = item if len(item) <= 20 else f"{item[:19]}…"
        raise CronError(
            f"“{shown}” is nothing that cron reads in the {_KINDS[number]} field. It takes *, numbers, names of three "
            "letters, ranges a-b, lists a,b and steps /n.",
            field=_KINDS[number],
        )
    if found["random"] is None:
        return item
    step = item[item.index("/") :] if "/" in item else ""
    if found["first"] is None and found["last"] is None:
        return f"H{step}"
    return f"H({found['first'] or _LOW[number]}-{found['last'] or _HIGH[number]}){step}"
