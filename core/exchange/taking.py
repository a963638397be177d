"""What `.env` text would do to the variables of an environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.errors import Problem
from core.exchange.dotenv import read_dotenv

__all__ = ["Taken", "take"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a text would do to the variables that are there."""

    added: dict[str, str]
    changed: dict[str, str]
    same: tuple[str, ...]
    problems: tuple[Problem, ...]
    wrong: tuple[Problem, ...] = ()
    """Those of the problems that are faults of the text."""
    secrets: tuple[str, ...] = ()
    """The names whose values were not taken, because they are secrets here."""

    @property
    def variables(self) -> dict[str, str]:
        """Return what is to be written."""
        return {**self.added, **self.changed}


def take(text: str, variables: Mapping[str, str], secrets: Iterable[str]) -> Taken:
    """Compare the `.env` text with what is there; `${NAME}` in it becomes a reference.

    The value of a secret is not taken: it would be kept in plain text.
    """
    found = read_dotenv(text, variables, keep_references=True)
    secret = set(secrets)
    refused = [
        Problem(f"variable “{name}”", "It is a secret here; its value is not taken from a text.")
        for name in found.variables
        if name in secret
    ]
    taken = {name: value for name, value in found.variables.items() if name not in secret}
    return Taken(
        added={name: value for name, value in taken.items() if name not in variables},
        changed={name: value for name, value in taken.items() if variables.get(name, value) != value},
        same=tuple(name for name, value in taken.items() if variables.get(name) == value),
        problems=(*found.problems, *refused),
        wrong=found.wrong,
        secrets=tuple(name for name in found.variables if name in secret),
    )
