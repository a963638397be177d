"""What the catalog lets be done about the values of secrets when it copies or renames what they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from core.writer import Transaction

__all__ = ["NO_EDGES", "Edges", "Follow", "NoValues", "SecretValueKeeper", "leave_behind"]

Follow = Callable[[Transaction, int], None]
"""Done inside the write, with the id of the environment that gets the values."""


Edges = tuple[Follow, Follow]
"""What is done at the beginning and at the end of a write that changes an environment."""


class SecretValueKeeper(Protocol):
    """Prepares, outside of a write, what moves the values inside of it; may take seconds, and raise ClockhandError."""

    def to_a_copy(self, environment_id: int) -> Follow:
        """Return what gives the copy of an environment its values."""
        ...

    def to_other_names(self, environment_id: int, renamed: Mapping[str, str]) -> Follow:
        """Return what moves values, by new names to old ones, once the variables have the new ones."""
        ...


class NoValues:
    """The keeper of a program that keeps no values: copies have the names alone."""

    def to_a_copy(self, environment_id: int) -> Follow:  # noqa: ARG002 (the protocol's)
        """Move nothing."""
        return leave_behind

    def to_other_names(self, environment_id: int, renamed: Mapping[str, str]) -> Follow:  # noqa: ARG002 (the protocol's)
        """Move nothing."""
        return leave_behind


def leave_behind(_transaction: Transaction, _target_id: int) -> None:
    """Move nothing."""


NO_EDGES: Edges = (leave_behind, leave_behind)
