"""What the catalog lets be done about the values of secrets when it copies or renames what they belong to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from core.writer import Transaction

__all__ = ["NO_EDGES", "Edges", "Follow", "NoValues", "PutBack", "SecretValueKeeper", "as_it_was", "leave_behind"]


class Follow(Protocol):
    """Moves values inside of a write; both raise ConflictError where something has changed since it was prepared."""

    def expect(self, transaction: Transaction) -> None:
        """Make sure that the values are still those that were read, before anything is written."""
        ...

    def __call__(self, transaction: Transaction, target_id: int) -> None:
        """Give the values to the environment of that id, when its variables have been written."""
        ...


Edge = Callable[[Transaction, int], None]
Edges = tuple[Edge, Edge]
"""What is done at the beginning and at the end of a write that changes an environment."""


PutBack = Callable[[Transaction, int, str, bytes], bytes | None]
"""Done inside the write, for each value that comes back, with the id of the environment and the name of the secret.

Returns the value as it is to be kept now, or None where nothing opens it any more. Raises ConflictError.
"""


class SecretValueKeeper(Protocol):
    """Prepares, outside of a write, what moves the values inside of it; may take seconds, and raise ClockhandError."""

    def to_a_copy(self, environment_id: int) -> Follow:
        """Return what gives the copy of an environment its values."""
        ...

    def to_other_names(self, environment_id: int, renamed: Mapping[str, str]) -> Follow:
        """Return what moves values, by new names to old ones, once the variables have the new ones."""
        ...

    def to_put_back(self, sealed: Collection[bytes]) -> PutBack:
        """Return what seals such values anew where the key was changed since they were taken."""
        ...


class NoValues:
    """The keeper of a program that keeps no values: copies have the names alone."""

    def to_a_copy(self, environment_id: int) -> Follow:  # noqa: ARG002 (the protocol's)
        """Move nothing."""
        return leave_behind

    def to_other_names(self, environment_id: int, renamed: Mapping[str, str]) -> Follow:  # noqa: ARG002 (the protocol's)
        """Move nothing."""
        return leave_behind

    def to_put_back(self, sealed: Collection[bytes]) -> PutBack:  # noqa: ARG002 (the protocol's)
        """Put them back as they were."""
        return as_it_was


class _LeaveBehind:
    def expect(self, transaction: Transaction) -> None:
        pass

    def __call__(self, transaction: Transaction, target_id: int) -> None:
        pass


leave_behind: Follow = _LeaveBehind()
"""Moves nothing."""


def as_it_was(_transaction: Transaction, _environment_id: int, _name: str, sealed: bytes) -> bytes | None:
    """Return the value as it was taken."""
    return sealed


NO_EDGES: Edges = (leave_behind, leave_behind)
