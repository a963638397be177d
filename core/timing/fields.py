"""Reads one field of a cron expression into the explicit values that it stands for (CRON.md, R1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b

from core.timing.errors import CronError
from core.timing.kinds import DAY_OF_MONTH, Kind
from core.timing.refusals import explain, shorten

__all__ = ["Field", "read_field"]

_RANGE = re.compile(r"(?:(?P<star>\*)|(?P<first>[0-9A-Z]+)(?:-(?P<last>[0-9A-Z]+))?)(?:/(?P<step>[0-9]+))?")
_HASH = re.compile(r"H(?:\((?P<first>[0-9A-Z]+)-(?P<last>[0-9A-Z]+)\))?(?:/(?P<step>[0-9]+))?")
_NTH = re.compile(r"(?P<day>[0-9A-Z]+)#(?P<nth>[0-9]+)")
_LAST = re.compile(r"(?:L(?P<after>[0-9]|[A-Z]{3})|(?P<before>[0-9]|[A-Z]{3})L)")
_ENOUGH_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Field:
    """One field, expanded.

    `text` is what the user wrote, `resolved` the same with every `H` replaced. `values` are sorted and distinct, with
    Sunday as 0. The rest is for the day fields: `last` (`L`), `last_workday` (`LW`), `last_weekdays` (`5L`) and `nth`
    (`5#2` as `(5, 2)`).
    """

    kind: Kind
    text: str
    resolved: str
    values: tuple[int, ...] = ()
    last: bool = False
    last_workday: bool = False
    last_weekdays: tuple[int, ...] = ()
    nth: tuple[tuple[int, int], ...] = ()

    @property
    def starts_with_star(self) -> bool:
        """Whether the field counts as unrestricted in R2 and as wildcard in R3 (crontab(5): “starts with *”)."""
        return self.resolved.startswith("*")


class _Reader:
    """Collects the values of one field while its items are read."""

    def __init__(self, kind: Kind, identity: str) -> None:
        self.kind = kind
        self.values: set[int] = set()
        self.last = False
        self.last_workday = False
        self.last_weekdays: set[int] = set()
        self.nth: set[tuple[int, int]] = set()
        # The hash is ours and not Python's, so that an H stands for the same value on every machine and version.
        digest = blake2b(f"{identity}\0{kind.name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self._hash = int.from_bytes(digest, "big")

    def item(self, text: str, position: int) -> str:
        """Add what one item stands for; return the item with an `H` resolved."""
        word = text.upper()
        if match := _HASH.fullmatch(word):
            resolved = self._resolve(match, text, position)
            self._range(resolved, position)
            return resolved
        if not (self._day_form(word, text, position) or self._range(word, position)):
            raise CronError(explain(self.kind, text), field=self.kind.name, position=position)
        return text

    def _resolve(self, match: re.Match[str], text: str, position: int) -> str:
        low, high = self.kind.low, self.kind.spread
        if match["first"]:
            low = self._value(match["first"], position)
            high = self._value(match["last"], position, ends_range=low > 0)
            self._check_order(low, high, text, position)
        if match["step"] is None:
            return str(low + self._hash % (high - low + 1))
        step = self._step(match["step"], text, position)
        return f"{low + self._hash % min(step, high - low + 1)}-{high}/{match['step']}"

    def _day_form(self, word: str, text: str, position: int) -> bool:
        """Read `L`, `LW`, `5L`, `L5` and `5#2`; return whether the item was one of them."""
        if self.kind is DAY_OF_MONTH and word.startswith("L"):
            if word not in {"L", "LW"}:
                raise self._error(explain(self.kind, text), position)
            self.last = self.last or word == "L"
            self.last_workday = self.last_workday or word == "LW"
            return True
        if not self.kind.is_day_of_week:
            return False
        if match := _LAST.fullmatch(word):
            self.last_weekdays.add(self._value(match["after"] or match["before"], position) % 7)
            return True
        if match := _NTH.fullmatch(word):
            nth = _number(match["nth"])
            if not 1 <= nth <= 5:
                raise self._error(
                    f"“{shorten(text)}” names no week of a month. Write a number from 1 to 5 after #, such as "
                    f"{match['day']}#1, or {match['day']}L for the last one.",
                    position,
                )
            self.nth.add((self._value(match["day"], position) % 7, nth))
            return True
        if "L" in word or "#" in word:
            raise self._error(explain(self.kind, text), position)
        return False

    def _range(self, word: str, position: int) -> bool:
        """Read `*`, `n`, `a-b`, each with an optional step; return whether the item was one of them."""
        match = _RANGE.fullmatch(word)
        if match is None:
            return False
        step = self._step(match["step"], word, position) if match["step"] else 1
        if match["star"]:
            first, last = self.kind.low, self.kind.high
        else:
            first = self._value(match["first"], position)
            if match["last"]:
                last = self._value(match["last"], position + word.index("-") + 1, ends_range=first > 0)
                self._check_order(first, last, word, position)
            else:
                last = self.kind.high if match["step"] else first
        self.values.update(value % 7 if self.kind.is_day_of_week else value for value in range(first, last + 1, step))
        return True

    def _check_order(self, first: int, last: int, text: str, position: int) -> None:
        if first <= last:
            return
        hint = "" if "(" in text else f", or {self._around(first, last)}"
        raise self._error(f"The range “{shorten(text)}” runs backwards. Write the smaller value first{hint}.", position)

    def _around(self, first: int, last: int) -> str:
        """Return how to write a range that goes past the end of the field and begins anew: `5-6,0-1`."""
        low, high = self.kind.low, self.kind.high
        if self.kind.is_day_of_week:
            if first == high:
                return _span(low, last)
            high -= 1
        return f"two ranges: {_span(first, high)},{_span(low, last)}"

    def _value(self, word: str, position: int, *, ends_range: bool = False) -> int:
        """Return the number that a number or a name stands for; `SUN` is 7 where it ends a range (`MON-SUN`)."""
        kind = self.kind
        if word in kind.names:
            return 7 if kind.is_day_of_week and ends_range and word == "SUN" else kind.low + kind.names.index(word)
        if not word.isdigit():
            raise self._error(explain(kind, word), position)
        number = _number(word)
        if not kind.low <= number <= kind.high:
            raise self._error(
                f"{shorten(word)} is outside the {kind.name} field. Write a number from {kind.low} to {kind.high}.",
                position,
            )
        return number

    def _step(self, digits: str, text: str, position: int) -> int:
        step = _number(digits)
        if step == 0:
            raise self._error(
                f"The step of “{shorten(text)}” is 0, which would never move on. Write a step of 1 or more.", position
            )
        return step

    def _error(self, message: str, position: int) -> CronError:
        return CronError(message, field=self.kind.name, position=position)


def read_field(kind: Kind, text: str, *, position: int = 0, identity: str = "") -> Field:
    """Return the field that `text` (upper or lower case, no blanks) stands for.

    `position` is where the text begins in the user's expression, `identity` seeds `H`. Raises CronError.
    """
    reader = _Reader(kind, identity)
    resolved = []
    at = position
    for item in text.split(","):
        if not item:
            raise CronError(
                f"The {kind.name} field has a comma with nothing beside it. Write a value on each side of the comma "
                "or leave the comma out.",
                field=kind.name,
                position=at,
            )
        resolved.append(reader.item(item, at))
        at += len(item) + 1
    return Field(
        kind=kind,
        text=text,
        resolved=",".join(resolved),
        values=tuple(sorted(reader.values)),
        last=reader.last,
        last_workday=reader.last_workday,
        last_weekdays=tuple(sorted(reader.last_weekdays)),
        nth=tuple(sorted(reader.nth)),
    )


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _number(digits: str) -> int:
    """Return the number; one with absurdly many digits comes back as a large one, which is all that matters."""
    significant = digits.lstrip("0")
    return int(significant[:_ENOUGH_DIGITS] or "0")
