"""Values that secrets are given by an edit of their environment, in the edit's own write, and how to take that back."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog.secret_values import Edges, leave_behind
from core.errors import ConflictError, StaleError
from core.secrets.errors import SecretUnreadableError
from core.secrets.key_facts import read_key_facts
from core.secrets.keys import Keys
from core.secrets.rows import read_secrets, write_sealed
from core.secrets.sealing import SealingKey, key_id_of, open_sealed, seal
from core.secrets.store import check_value
from core.writer import Transaction

__all__ = ["GivenValues"]

Sealed = dict[str, bytes | None]


class GivenValues:
    """One step of somebody who can undo it. The plain values are forgotten as soon as they are sealed.

    `giving` and `taking_back` fetch the key, which may take seconds, and return what is done at both edges of the
    write: what the secrets hold must be what the step has left, and then they hold what it wants.
    """

    def __init__(self, keys: Keys, values: Mapping[str, str]) -> None:
        """Raises InvalidError for a value that no secret may have."""
        for name, value in values.items():
            check_value(name, value)
        self._keys = keys
        self._plain: dict[str, str] | None = dict(values)
        self._names = tuple(values)
        self._before: Sealed = {}
        self._after: Sealed = {}

    def giving(self) -> Edges:
        """Return what gives the values, for the first time or again. Raises KeyUnavailableError."""
        key = self._keys.key_to_seal()
        plain = self._plain

        def first(transaction: Transaction, environment_id: int) -> None:
            _refuse_other_key(transaction, key)
            now = self._held(transaction, environment_id)
            if plain is None:
                self._refuse_other_values(environment_id, now, self._before)
            else:
                self._before = now

        def then(transaction: Transaction, environment_id: int) -> None:
            if plain is not None:
                # A new environment has no values yet, and was nothing at the first edge.
                self._after = {
                    name: seal(key, value, environment_id=environment_id, name=name) for name, value in plain.items()
                }
                self._plain = None
            self._put(transaction, environment_id, self._after, key)

        return first, then

    def taking_back(self) -> Edges:
        """Return what puts the former values back. Raises KeyUnavailableError where there are such."""
        key = self._keys.key_to_seal() if any(self._before.values()) else None

        def first(transaction: Transaction, environment_id: int) -> None:
            if key is not None:
                _refuse_other_key(transaction, key)
            self._refuse_other_values(environment_id, self._held(transaction, environment_id), self._after)

        def then(transaction: Transaction, environment_id: int) -> None:
            self._put(transaction, environment_id, self._before, key)

        return first, then

    def making(self) -> Edges:
        """Return what gives a new environment its values: nothing is there before it. Raises KeyUnavailableError."""
        _first, then = self.giving()
        return leave_behind, then

    def _held(self, transaction: Transaction, environment_id: int) -> Sealed:
        rows = read_secrets(transaction.connection, [environment_id])
        return {row.name: row.sealed for row in rows if row.name in self._names}

    def _put(self, transaction: Transaction, environment_id: int, values: Sealed, key: SealingKey | None) -> None:
        for row in read_secrets(transaction.connection, [environment_id]):
            if row.name in values:
                sealed = values[row.name]
                renewed = self._renewed(environment_id, row.name, sealed, key)
                values[row.name] = renewed
                write_sealed(transaction, row.id, renewed)

    def _renewed(self, environment_id: int, name: str, sealed: bytes | None, key: SealingKey | None) -> bytes | None:
        """Return the value sealed with the key that is in use: it may have been changed since."""
        if sealed is None or key is None or key_id_of(sealed) == key.id:
            return sealed
        try:
            value = self._open(environment_id, name, sealed)
        except SecretUnreadableError as error:
            raise ConflictError(
                f"The former value of {name} was sealed with a key that is no more, so it can't come back. Nothing was "
                "changed. Set the value anew."
            ) from error
        return seal(key, value, environment_id=environment_id, name=name)

    def _refuse_other_values(self, environment_id: int, now: Sealed, left: Sealed) -> None:
        for name, sealed in now.items():
            was = left.get(name)
            if sealed != was and not self._are_same(environment_id, name, sealed, was):
                raise StaleError(
                    f"The value of {name} was changed elsewhere meanwhile, so it was left as it is now. Set it anew if "
                    "another one is to replace it."
                )

    def _are_same(self, environment_id: int, name: str, one: bytes | None, other: bytes | None) -> bool:
        """Return whether it is one value under two keys."""
        if one is None or other is None:
            return one is other
        try:
            return self._open(environment_id, name, one) == self._open(environment_id, name, other)
        except SecretUnreadableError:
            return False

    def _open(self, environment_id: int, name: str, sealed: bytes) -> str:
        key = self._keys.key(key_id_of(sealed), fresh=True)
        return open_sealed(key, sealed, environment_id=environment_id, name=name)


def _refuse_other_key(transaction: Transaction, key: SealingKey) -> None:
    facts = read_key_facts(transaction.connection)
    if facts is None or facts.id != key.id:
        raise ConflictError("The key of the secrets is being changed. Nothing was saved; try again.")
