"""Where a launch gets the values of secrets from; none ever leaves a process except into a job's environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from core.execution.definitions import EnvironmentDefinition

__all__ = ["NoSecrets", "SecretSource", "SecretValues"]


class SecretValues(dict[str, str]):
    """Plain values by variable name, which show themselves in no message and no log."""

    def __repr__(self) -> str:
        return f"<values of {', '.join(sorted(self)) or 'no secrets'}>"

    __str__ = __repr__


class SecretSource(Protocol):
    """What a launch asks for the values of an environment's secrets. May take seconds: never on a window's thread."""

    def values(self, environment: EnvironmentDefinition) -> Mapping[str, str]:
        """Return the plain values of the environment's secrets by variable name; one that has no value is missing.

        Raises KeyUnavailableError where there are values that can't be opened now, SecretUnreadableError where they
        never can be again, and StorageError.
        """
        ...


class NoSecrets:
    """The source of a program that keeps no secrets: a command that needs one could not start, and says so."""

    def values(self, environment: EnvironmentDefinition) -> Mapping[str, str]:  # noqa: ARG002 (the protocol's)
        """Return nothing."""
        return {}
