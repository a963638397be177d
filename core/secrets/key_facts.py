"""What the database keeps of the key: of which kind it is and how it is recognised; never the key."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from core.changes import Changes
from core.errors import StorageError
from core.model import Setting
from core.writer import Transaction

__all__ = ["KeyFacts", "KeyKind", "read_key_facts", "write_key_facts"]

_ROW = "secrets.key"


class KeyKind(StrEnum):
    """Where the key is kept; the values are the words of the database and the command line."""

    KEYRING = "keyring"
    """The system's keyring holds it."""
    PASSPHRASE = "passphrase"  # noqa: S105 (the word for a kind of key)
    """It is made of a passphrase, which a person enters once per start."""
    MEMORY = "memory"
    """It is in the memory of the program that made it alone, and ends with it; and with it the values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """The record of the one key of a data folder.

    `check` tells the right key from a wrong one; `salt` and `cost` (scrypt's N) belong to a passphrase.
    """

    kind: KeyKind
    id: bytes
    check: bytes
    salt: bytes = b""
    cost: int = 0

    @property
    def entry(self) -> str:
        """Return the name of the keyring's entry: each key has its own, so that no other is ever overwritten."""
        return self.id.hex()

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        texts = {name: base64.b64encode(getattr(self, name)).decode() for name in ("id", "check", "salt")}
        return {"kind": self.kind.value, "cost": self.cost, **texts}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> KeyFacts:
        """Return what `as_json` gave. Raises StorageError for anything else."""
        try:
            return cls(
                kind=KeyKind(value["kind"]),
                cost=int(value["cost"]),
                **{name: base64.b64decode(value[name], validate=True) for name in ("id", "check", "salt")},
            )
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise StorageError(
                "The record of the key of the secrets is damaged. Restore a copy of the database, or begin anew with "
                "“clockhand secret key --start-over”, which forgets the values."
            ) from error


def read_key_facts(connection: Connection) -> KeyFacts | None:
    """Return the record, or None where there never was a key. Raises StorageError where it is damaged."""
    kept = connection.execute(select(Setting.value).where(Setting.key == _ROW)).scalar()
    if kept is None:
        return None
    return KeyFacts.from_json(kept if isinstance(kept, dict) else {})


def write_key_facts(transaction: Transaction, facts: KeyFacts) -> None:
    """Keep the record instead of the one before."""
    transaction.connection.execute(delete(Setting).where(Setting.key == _ROW))
    transaction.connection.execute(insert(Setting).values(key=_ROW, value=facts.as_json()))
    transaction.changed(Changes(settings=True))
