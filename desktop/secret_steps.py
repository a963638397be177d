"""Saving an environment together with the values of its secrets: one step for whoever undoes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.database import Database
from core.secrets.snapshots import put_sealed_values, sealed_values
from core.secrets.store import SecretStore
from desktop.steps import Creation, Revision

__all__ = ["SecretEdits", "Vault", "WithValues"]


@dataclass(frozen=True, slots=True)
class SecretEdits:
    """What a form says of secrets beside the definition: written values by name, and the old names of renamed ones."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vault:
    """Where the values of secrets are kept: the store, and the database that it seals them into."""

    store: SecretStore
    database: Database


class WithValues:
    """A step that makes or changes an environment, and gives secrets the values that were written.

    Without the key nothing is saved at all. The written values are forgotten as soon as they are sealed: what an undo
    and a redo put back is sealed.
    """

    is_empty = False

    def __init__(self, step: Creation | Revision, vault: Vault, values: Mapping[str, str]) -> None:
        self._step = step
        self._store = vault.store
        self._database = vault.database
        self._values: Mapping[str, str] | None = values
        self._before: Mapping[str, bytes | None] = {}
        self._after: Mapping[str, bytes | None] = {}
        self.page = step.page
        self.ids = step.ids
        self.what = step.what

    def do(self) -> Any:
        """Save both, or neither. Raises KeyUnavailableError, and what the step raises."""
        if self._values is not None:
            self._store.keys.key_to_seal()  # before anything is written
        result = self._step.do()
        self.ids = self._step.ids
        environment_id = self.ids[0]
        if self._values is None:
            put_sealed_values(self._database, environment_id, self._after)
            return result
        try:
            self._before = sealed_values(self._database, environment_id, self._values)
            self._store.set_many(environment_id, self._values)
        except Exception:
            self._step.undo()
            raise
        self._after = sealed_values(self._database, environment_id, self._values)
        self._values = None
        return result

    def undo(self) -> None:
        """Let the secrets hold what they held, and the environment say what it said."""
        put_sealed_values(self._database, self.ids[0], self._before)
        self._step.undo()
        self.ids = self._step.ids
