"""Changes the key of a data folder's secrets: another one of the same kind, of another kind, or a new beginning."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import update

from core.changes import Changes
from core.database import Database
from core.errors import ConflictError, InvalidError, StorageError
from core.model import Variable
from core.secrets.key_facts import KeyFacts, KeyKind, read_key_facts, write_key_facts
from core.secrets.keys import Keys
from core.secrets.rows import read_secrets, write_sealed
from core.secrets.sealing import SealingKey, key_id_of, open_sealed, seal
from core.writer import Transaction

__all__ = ["change_key", "start_over"]


def change_key(database: Database, keys: Keys, kind: KeyKind | None = None, *, passphrase: str | None = None) -> int:
    """Seal every value with a new key, in one transaction, and return how many there are.

    `kind` None keeps the kind; a passphrase belongs to its kind alone. The old key is deleted from the keyring after
    that. Raises KeyUnavailableError where the old key can't be had or the new one not be kept, InvalidError for a
    passphrase that won't do, and ConflictError; nothing is changed then.
    """
    old = keys.facts()
    kind = kind or (KeyKind.KEYRING if old is None else old.kind)
    if kind is KeyKind.PASSPHRASE and passphrase is None:
        raise InvalidError.single("", "Enter the new passphrase.", field="passphrase")
    old_key = (
        None if old is None or (old.kind is KeyKind.MEMORY and not _is_needed(database, old)) else keys.key(old.id)
    )

    def work(transaction: Transaction) -> int:
        if read_key_facts(transaction.connection) != old:
            raise ConflictError("The key of the secrets was changed elsewhere meanwhile. Nothing was changed here.")
        count = 0 if old_key is None else _seal_all(transaction, old_key, key)
        write_key_facts(transaction, facts)
        return count

    facts, key = keys.make(kind, passphrase)
    return keys.put_in_place((facts, key), work, instead_of=old)


def start_over(database: Database, keys: Keys, kind: KeyKind, *, passphrase: str | None = None) -> int:
    """Forget every value, and take a new key; return how many values there were.

    It is the way on where the old key is lost. Raises KeyUnavailableError and InvalidError; nothing is changed then.
    """

    def work(transaction: Transaction) -> int:
        had = Variable.sealed.is_not(None)
        count = transaction.connection.execute(update(Variable).where(had).values(sealed=None)).rowcount
        write_key_facts(transaction, facts)
        transaction.changed(Changes(catalog=True))
        return count

    old = None
    # A damaged record: its entry in the keyring stays, and is no use to anybody.
    with suppress(StorageError), database.reading() as connection:
        old = read_key_facts(connection)
    facts, key = keys.make(kind, passphrase)
    count = keys.put_in_place((facts, key), work, instead_of=old)
    keys.forget_all_but(key)  # an undo must not bring back what was to be forgotten
    return count


def _is_needed(database: Database, facts: KeyFacts) -> bool:
    with database.reading() as connection:
        return any(row.sealed and key_id_of(row.sealed) == facts.id for row in read_secrets(connection))


def _seal_all(transaction: Transaction, old: SealingKey, new: SealingKey) -> int:
    count = 0
    for row in read_secrets(transaction.connection):
        # What an earlier key sealed can't be opened, and is left as it is.
        if row.sealed is not None and key_id_of(row.sealed) == old.id:
            value = open_sealed(old, row.sealed, environment_id=row.environment_id, name=row.name)
            write_sealed(transaction, row.id, seal(new, value, environment_id=row.environment_id, name=row.name))
            count += 1
    return count
