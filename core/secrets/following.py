"""Lets values follow what they belong to: a copy of an environment, and a secret under another name."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog.secret_values import Follow, leave_behind
from core.database import Database
from core.errors import ConflictError
from core.secrets.key_facts import read_key_facts
from core.secrets.keys import Keys
from core.secrets.rows import SecretRow, read_secrets, write_sealed
from core.secrets.sealing import SealingKey, key_id_of, open_sealed, seal
from core.writer import Transaction

__all__ = ["SecretFollower"]


class SecretFollower:
    """What the catalog asks before it writes: the key is fetched then, and the values are sealed anew inside the write.

    A value that no key opens any more is left behind; the copy has none.
    """

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def to_a_copy(self, environment_id: int) -> Follow:
        """Return what gives the copy of an environment its values. Raises KeyUnavailableError."""
        with self._database.reading() as connection:
            names = [row.name for row in read_secrets(connection, [environment_id])]
        return self._follow(environment_id, {name: name for name in names})

    def to_other_names(self, environment_id: int, renamed: Mapping[str, str]) -> Follow:
        """Return what moves values, by new names to old ones, once the variables have the new ones.

        Raises KeyUnavailableError.
        """
        return self._follow(environment_id, renamed)

    def _follow(self, environment_id: int, old_names: Mapping[str, str]) -> Follow:
        """Return what seals the values of the old names, as they are now, for the new names and a given environment."""
        with self._database.reading() as connection:
            rows = {row.name: row for row in read_secrets(connection, [environment_id]) if row.sealed is not None}
            current = self._keys.facts()
        moving = {new: rows[old] for new, old in old_names.items() if old in rows}
        moving = {new: row for new, row in moving.items() if current and key_id_of(row.sealed or b"") == current.id}
        if not moving or current is None:
            return leave_behind
        key = self._keys.key(current.id, fresh=True)

        def follow(transaction: Transaction, target_id: int) -> None:
            _seal_anew(transaction, key, moving, target_id)

        return follow


def _seal_anew(transaction: Transaction, key: SealingKey, moving: Mapping[str, SecretRow], target_id: int) -> None:
    facts = read_key_facts(transaction.connection)
    if facts is None or facts.id != key.id:
        raise ConflictError("The key of the secrets was changed meanwhile. Nothing was saved; try again.")
    targets = {row.name: row for row in read_secrets(transaction.connection, [target_id])}
    for name, row in moving.items():
        target = targets.get(name)
        if target is None:
            raise ConflictError(f"The secret {name} was changed elsewhere meanwhile. Nothing was saved; try again.")
        value = open_sealed(key, row.sealed or b"", environment_id=row.environment_id, name=row.name)
        write_sealed(transaction, target.id, seal(key, value, environment_id=target_id, name=name))
