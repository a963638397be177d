"""Signs in the place of secrets' values, to look at an environment with: no key is asked for, and no value read."""

from __future__ import annotations

from collections.abc import Collection

from core.execution.definitions import EnvironmentDefinition
from core.execution.references import references

__all__ = ["stand_ins"]


def stand_ins(definition: EnvironmentDefinition, held: Collection[tuple[str, str]], sign: str) -> dict[str, str]:
    """Return the sign for each secret that has a value where it is set; the nearest environment decides.

    `held` are the environments and names of secrets that have a value.
    """
    found: dict[str, str] = {}
    for layer in definition.layers:
        for variable in layer.variables:
            if variable.name in references(variable.value or ""):
                continue  # it goes on with what it inherits
            found.pop(variable.name, None)
            if variable.secret and (layer.environment_name, variable.name) in held:
                found[variable.name] = sign
    return found
