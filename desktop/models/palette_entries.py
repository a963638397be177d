"""What the command palette offers, and in which order it answers what is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QIcon

from desktop.models.fuzzy import Query

__all__ = ["Entry", "Hit", "Remembered", "answer"]

_MOST_HITS = 200
_MOST_REMEMBERED = 30
_NEWEST_BONUS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the palette. `key` names it among those recently used, also in the next start.

    Choosing it calls `run`; one that has `choices` shows those instead, under the words of `heading`. One that
    `is_aside` is shown only where something is typed that it answers.
    """

    key: str
    title: str
    kind: str
    icon: QIcon
    run: Callable[[], None]
    hint: str = ""
    keys: str = ""
    heading: str = ""
    choices: Callable[[], Sequence[Entry]] | None = None
    is_aside: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry with the indices of the letters of its title that match."""

    entry: Entry
    positions: tuple[int, ...] = ()


class Remembered:
    """The keys of what was used, the newest first, as a text that can be kept."""

    def __init__(self, text: str) -> None:
        self._keys = [key for key in text.split("\n") if key]

    @property
    def text(self) -> str:
        """Return what is to be kept."""
        return "\n".join(self._keys)

    def add(self, key: str) -> None:
        """Make this the newest."""
        self._keys = [key, *(each for each in self._keys if each != key)][:_MOST_REMEMBERED]

    def rank(self, key: str) -> int | None:
        """Return how many others were used since; None for what was not used."""
        return self._keys.index(key) if key in self._keys else None


def answer(entries: Sequence[Entry], typed: str, remembered: Remembered) -> list[Hit]:
    """Return what matches, the best first; of equals the recently used first, then in the order of `entries`.

    Where nothing is typed, what was recently used comes before all others.
    """
    query = Query(typed)
    found: list[tuple[int, int, Hit]] = []
    for number, entry in enumerate(entries):
        if entry.is_aside and not typed.strip():
            continue
        match = query.match(entry.title, f"{entry.kind} {entry.hint}")
        if match is not None:
            rank = remembered.rank(entry.key)
            bonus = 0 if rank is None else _NEWEST_BONUS - rank
            found.append((-match.score - bonus, number, Hit(entry, match.positions)))
    found.sort(key=lambda item: item[:2])
    return [hit for _, _, hit in found[:_MOST_HITS]]
