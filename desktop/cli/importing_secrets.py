"""Tells which of the variables that `env import` takes become secrets, and gets what seals their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import ConflictError, NotFoundError
from core.execution.references import references, substitute
from core.execution.secret_forms import SHORTEST_SECRET
from core.execution.secret_names import holds_credentials, looks_secret
from desktop.cli.asking import enter_passphrase, refuse_memory

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.catalog.secret_values import Edges
    from core.workspace import Workspace

__all__ = ["Split", "gives", "makes", "split"]

_PLAIN_INSTEAD = "Nothing was imported. Without secrets it goes with --no-secrets, which keeps them as plain text."


@dataclass(frozen=True, slots=True)
class Split:
    """Variables as an environment has them, and the values of secrets; `unfit` are guessed, but can be no secrets."""

    plain: dict[str, str]
    secrets: dict[str, str] = field(repr=False)
    unfit: tuple[str, ...]


def split(variables: Mapping[str, str], keep_plain: Collection[str]) -> Split:
    """Tell what looks like a secret from the rest, but for the names in `keep_plain`.

    What refers to other variables stays a variable: a secret's value refers to nothing. So does what is too short to
    be masked. Raises NotFoundError for a name of `keep_plain` that is not there.
    """
    for name in keep_plain:
        if name not in variables:
            raise NotFoundError("variable to be taken over", name, variables)
    plain, secrets, unfit = {}, {}, []
    for name, value in variables.items():
        if name in keep_plain or not (looks_secret(name) or holds_credentials(value)):
            plain[name] = value
        elif references(value) or len(text := substitute(value, str)) < SHORTEST_SECRET:
            plain[name] = value
            unfit += [name] if value else []
        else:
            secrets[name] = text
    return Split(plain, secrets, tuple(unfit))


def gives(workspace: Workspace, values: Mapping[str, str]) -> Edges:
    """Return what gives an environment that is there the values. Raises ConflictError where there is no key now."""
    return _edges(workspace, values, is_new=False)


def makes(workspace: Workspace, values: Mapping[str, str]) -> Edges:
    """Return what gives a new environment the values. Raises ConflictError where there is no key now."""
    return _edges(workspace, values, is_new=True)


def _edges(workspace: Workspace, values: Mapping[str, str], *, is_new: bool) -> Edges:
    from core.catalog.secret_values import NO_EDGES
    from core.secrets.errors import KeyUnavailableError
    from core.secrets.giving import GivenValues

    if not values:
        return NO_EDGES
    refuse_memory(workspace)
    given = GivenValues(workspace.secrets.keys, values)
    enter_passphrase(workspace)
    try:
        return given.making() if is_new else given.giving()
    except KeyUnavailableError as error:
        names = ", ".join(values)
        raise ConflictError(f"{names} can't be sealed. {error} {_PLAIN_INSTEAD}") from error
