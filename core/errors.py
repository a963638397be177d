"""The errors that Clockhand raises on purpose, each with a sentence for the person who meets it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "AlreadyRunningError",
    "ClockhandError",
    "ConflictError",
    "InvalidError",
    "NotFoundError",
    "Problem",
    "StaleError",
    "StorageBusyError",
    "StorageError",
    "TooLateError",
    "suggest",
]


class ClockhandError(Exception):
    """The root. `str()` is one or more full sentences: what happened, to what, and what to do."""


class NotFoundError(ClockhandError):
    """Something was named that does not exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str] = ()) -> None:
        self.kind = kind
        self.name = name
        super().__init__(f"There is no {kind} named “{name}”.{suggest(name, known)}")


class ConflictError(ClockhandError):
    """The request is well formed, but the state of the thing does not allow it."""


class StaleError(ConflictError):
    """What was to be replaced is not what it was any more: somebody else has changed it meanwhile."""


class TooLateError(ConflictError):
    """The time has passed at which it could be done; it will not become possible again."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one value.

    `where` names the place as the user knows it (`commands “sync”: timeout`, or a field of a form), `message` says
    what is wrong and what would be right, `line` counts from 1 where the value came from a file, `field` is the bare
    name of the field for a form to find.
    """

    where: str
    message: str
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        """Return `line 7, commands “sync”: timeout: …`."""
        place = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.where) if part)
        return f"{place}: {self.message}" if place else self.message


class InvalidError(ClockhandError):
    """Input was refused as a whole; `problems` lists every fault that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def single(cls, where: str, message: str, *, field: str | None = None, line: int | None = None) -> InvalidError:
        """Return an error with the one problem given."""
        return cls([Problem(where, message, line=line, field=field)])


class StorageError(ClockhandError):
    """The data folder or the database can't be used: unreadable, full, broken, or of a newer version."""


class StorageBusyError(StorageError):
    """The storage refuses for now (disk full, locked by another program); the same call may succeed later."""


class AlreadyRunningError(StorageError):
    """Another agent works on this data folder."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean “x”?` for the nearest of `known`, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean “{near[0]}”?" if near else ""
