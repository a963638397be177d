"""The secrets of a data folder: set, read, list and delete values, which lie sealed beside their variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from core.database import Database
from core.errors import ConflictError, InvalidError
from core.execution.definitions import EnvironmentDefinition
from core.execution.effective import secrets_needed
from core.execution.secret_forms import SHORTEST_SECRET
from core.secrets.errors import SecretUnreadableError
from core.secrets.key_facts import read_key_facts
from core.secrets.keys import Keys
from core.secrets.rows import SecretRow, chain_of, read_secrets, secret_of, write_sealed
from core.secrets.sealing import SealingKey, key_id_of, open_sealed, seal
from core.secrets.source import SecretValues
from core.writer import Transaction

__all__ = ["SecretState", "SecretStore", "check_value"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretState:
    """A secret without its value; `is_readable` is false where it has one that no key opens any more."""

    environment_id: int
    environment: str
    name: str
    has_value: bool
    is_readable: bool


class SecretStore:
    """What a launch, the window and the command line ask. Never from a window's thread: the keyring may take seconds.

    Every method that needs the key raises KeyUnavailableError where it can't be had, and changes nothing then.
    """

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self.keys = keys

    def values(self, environment: EnvironmentDefinition) -> SecretValues:
        """Return the plain values of the secrets that a process in this environment gets, by variable name.

        The nearest environment that sets a variable decides. Raises SecretUnreadableError for a value that no key
        opens, and StorageError.
        """
        wanted = secrets_needed(environment.layers)
        if not wanted:
            return SecretValues()

        def read(connection: Connection) -> list[SecretRow]:
            chain = chain_of(connection, environment.id)
            nearest: dict[str, SecretRow] = {}
            for row in sorted(read_secrets(connection, chain), key=lambda row: chain.index(row.environment_id)):
                nearest.setdefault(row.name, row)
            return [row for name, row in nearest.items() if name in wanted and row.sealed]

        return self._opened(read)

    def states(self, environment_id: int | None = None) -> list[SecretState]:
        """Return the secrets of one environment, or all, by environment and in their order; needs no key."""
        with self._database.reading() as connection:
            facts = read_key_facts(connection)
            rows = read_secrets(connection, None if environment_id is None else [environment_id])
        return [
            SecretState(
                environment_id=row.environment_id,
                environment=row.environment,
                name=row.name,
                has_value=row.sealed is not None,
                is_readable=row.sealed is not None and facts is not None and key_id_of(row.sealed) == facts.id,
            )
            for row in rows
        ]

    def has_value(self, environment_id: int, name: str) -> bool:
        """Return whether the secret was given a value. Raises NotFoundError."""
        with self._database.reading() as connection:
            return secret_of(connection, environment_id, name).sealed is not None

    def needs_key(self, environment_id: int) -> bool:
        """Return whether the environment, or what it extends, has values that would have to be opened."""
        with self._database.reading() as connection:
            return any(row.sealed for row in read_secrets(connection, chain_of(connection, environment_id)))

    def set(self, environment_id: int, name: str, value: str) -> None:
        """Give a secret its value, or another one.

        Raises NotFoundError where there is no such secret, and InvalidError for a value that can't be one.
        """
        self.set_many(environment_id, {name: value})

    def set_many(self, environment_id: int, values: Mapping[str, str]) -> None:
        """Give several secrets of an environment their values, all of them or none; raises as `set` does."""
        for name, value in values.items():
            check_value(name, value)
        with self._database.reading() as connection:
            for name in values:
                secret_of(connection, environment_id, name)  # before a key is made for nothing

        def work(transaction: Transaction, key: SealingKey) -> None:
            for name, value in values.items():
                row = secret_of(transaction.connection, environment_id, name)
                write_sealed(transaction, row.id, seal(key, value, environment_id=environment_id, name=name))

        self._sealing(work)

    def reveal(self, environment_id: int, name: str) -> str:
        """Return the plain value, for a person who asked. Raises NotFoundError, also where it has none."""

        def read(connection: Connection) -> list[SecretRow]:
            row = secret_of(connection, environment_id, name)
            if row.sealed is None:
                raise ConflictError(f"The secret {name} of “{row.environment}” has no value yet. Set it first.")
            return [row]

        return self._opened(read, fresh=True)[name]

    def clear(self, environment_id: int, name: str) -> bool:
        """Delete the value; the variable stays. Return whether there was one. Needs no key. Raises NotFoundError."""

        def work(transaction: Transaction) -> bool:
            row = secret_of(transaction.connection, environment_id, name)
            if row.sealed is not None:
                write_sealed(transaction, row.id, None)
            return row.sealed is not None

        return self._database.write(work)

    def _opened(self, read: Callable[[Connection], list[SecretRow]], *, fresh: bool = False) -> SecretValues:
        """Open what `read` finds, and read again where another key was put in place between the reading and that."""
        rows: list[SecretRow] | None = None
        while True:
            before = rows
            with self._database.reading() as connection:
                rows = read(connection)
            try:
                return SecretValues({row.name: self._open(row, fresh=fresh) for row in rows})
            except SecretUnreadableError:
                if rows == before:
                    raise

    def _open(self, row: SecretRow, *, fresh: bool = False) -> str:
        assert row.sealed is not None
        try:
            key = self.keys.key(key_id_of(row.sealed), fresh=fresh)
            return open_sealed(key, row.sealed, environment_id=row.environment_id, name=row.name)
        except SecretUnreadableError as error:
            raise SecretUnreadableError(
                f"The value of the secret {row.name} of the environment “{row.environment}” can't be opened: it was "
                "changed, or sealed with a key that is no more. Set it anew."
            ) from error

    def _sealing(self, work: Callable[[Transaction, SealingKey], T]) -> T:
        """Do `work` with the key that is in use at the commit; another process may change it meanwhile."""
        for _ in range(3):
            key = self.keys.key_to_seal()
            try:
                return self._database.write(partial(_with_current, key=key, work=work))
            except _KeyChangedError:
                continue
        raise ConflictError("The key of the secrets is being changed. Nothing was saved; try again.")


class _KeyChangedError(Exception):
    """The key was changed between fetching it and using it."""


def _with_current(transaction: Transaction, key: SealingKey, work: Callable[[Transaction, SealingKey], T]) -> T:
    facts = read_key_facts(transaction.connection)
    if facts is None or facts.id != key.id:
        raise _KeyChangedError
    return work(transaction, key)


def check_value(name: str, value: str) -> None:
    """Raise InvalidError with a sentence for a value that no secret may have."""
    where = f"secret {name}"
    if "\0" in value:
        message = "The value holds a NUL character, which no environment can carry. Take it out."
        raise InvalidError.single(where, message, field="value")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        # Qt hands a process its variables as UTF-16 (QProcessEnvironment), where bytes of another kind become U+FFFD.
        # Not “from” that error: it carries the value.
        message = "The value is not UTF-8 text, and a command would get another one. Keep it as base64, for example."
        raise InvalidError.single(where, message, field="value") from None
    if len(value) < SHORTEST_SECRET:
        message = (
            f"The value has fewer than {SHORTEST_SECRET} characters. It could not be masked in an output, where so few "
            "occur everywhere. Choose a longer one, or make it a plain variable."
        )
        raise InvalidError.single(where, message, field="value")
