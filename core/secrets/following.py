"""Lets values follow what they belong to: a copy of an environment, and a secret under another name."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.catalog.secret_values import Follow, PutBack
from core.database import Database
from core.errors import ConflictError
from core.secrets.errors import SecretUnreadableError
from core.secrets.key_facts import read_key_facts
from core.secrets.keys import Keys
from core.secrets.rows import SecretRow, read_secrets, write_sealed
from core.secrets.sealing import SealingKey, key_id_of, open_sealed, seal
from core.writer import Transaction

__all__ = ["SecretFollower"]

_KEY_CHANGED = "The key of the secrets was changed meanwhile. Nothing was saved; try again."
_CHANGED = "The secret {name} was changed elsewhere meanwhile. Nothing was saved; try again."


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

    def to_put_back(self, sealed: Collection[bytes]) -> PutBack:
        """Return what seals values anew that were taken before a change of the key.

        It opens those whose key this program has had in its hands. Raises KeyUnavailableError where there are such
        and the present key can't be had.
        """
        facts = self._keys.facts()
        current_id = None if facts is None else facts.id
        former = {
            key.id: key
            for each in sealed
            if (key_id := key_id_of(each)) != current_id and (key := self._keys.remembered(key_id)) is not None
        }
        current = self._keys.key(current_id, fresh=True) if former and current_id is not None else None

        def put_back(transaction: Transaction, environment_id: int, name: str, value: bytes) -> bytes | None:
            facts = read_key_facts(transaction.connection)
            if (None if facts is None else facts.id) != current_id:
                raise ConflictError(_KEY_CHANGED)
            key_id = key_id_of(value)
            if key_id is not None and key_id == current_id:
                return value
            if current is None or key_id not in former:
                return None
            try:
                plain = open_sealed(former[key_id], value, environment_id=environment_id, name=name)
            except SecretUnreadableError:
                return None
            return seal(current, plain, environment_id=environment_id, name=name)

        return put_back

    def _follow(self, environment_id: int, old_names: Mapping[str, str]) -> Follow:
        """Return what seals the values of the old names, as they are now, for the new names and a given environment."""
        for _ in range(3):
            with self._database.reading() as connection:
                rows = {row.name: row for row in read_secrets(connection, [environment_id])}
                facts = read_key_facts(connection)
            source = {new: rows[old] for new, old in old_names.items() if old in rows}
            moving = {new: row for new, row in source.items() if facts and key_id_of(row.sealed or b"") == facts.id}
            if not moving or facts is None:
                return _Values(source.values(), None, {})
            try:
                return _Values(source.values(), self._keys.key(facts.id, fresh=True), moving)
            except SecretUnreadableError:  # the key was changed after the reading, and the rows with it
                continue
        raise ConflictError(_KEY_CHANGED)


class _Values:
    """Values that were read, with the key that opens those that move, on the way to other names."""

    def __init__(self, source: Collection[SecretRow], key: SealingKey | None, moving: Mapping[str, SecretRow]) -> None:
        self._source = source
        self._key = key
        self._moving = moving

    def expect(self, transaction: Transaction) -> None:
        if self._key is not None:
            facts = read_key_facts(transaction.connection)
            if facts is None or facts.id != self._key.id:
                raise ConflictError(_KEY_CHANGED)
        ids = {row.environment_id for row in self._source}
        now = {row.id: row for row in read_secrets(transaction.connection, ids)}
        for row in self._source:
            # Otherwise a value that was set since would be replaced by the one before it.
            if row.id not in now or (now[row.id].name, now[row.id].sealed) != (row.name, row.sealed):
                raise ConflictError(_CHANGED.format(name=row.name))

    def __call__(self, transaction: Transaction, target_id: int) -> None:
        if self._key is None:
            return
        targets = {row.name: row for row in read_secrets(transaction.connection, [target_id])}
        for name, row in self._moving.items():
            target = targets.get(name)
            if target is None:
                raise ConflictError(_CHANGED.format(name=name))
            value = open_sealed(self._key, row.sealed or b"", environment_id=row.environment_id, name=row.name)
            write_sealed(transaction, target.id, seal(self._key, value, environment_id=target_id, name=name))
