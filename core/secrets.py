"""Where the values of secrets come from; no value ever leaves a process except into the environment of a job's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from core.execution.definitions import EnvironmentDefinition

__all__ = ["NoSecrets", "SecretSource"]


class SecretSource(Protocol):
    """What a launch asks for the values of an environment's secrets. May take seconds: never on a window's thread."""

    def values(self, environment: EnvironmentDefinition) -> Mapping[str, str]:
        """Return the plain values of the environment's secrets by variable name; one that has no value is missing."""
        ...


class NoSecrets:
    """The source of a program that keeps no secrets: a command that needs one could not start, and says so."""

    def values(self, environment: EnvironmentDefinition) -> Mapping[str, str]:  # noqa: ARG002 (the protocol's)
        """Return nothing."""
        return {}
