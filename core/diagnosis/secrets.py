"""Checks of the secrets of a data folder: whether their key can be had, and which of them have no value."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from core.diagnosis.finding import Finding
from core.diagnosis.storage import reading_only
from core.errors import StorageError
from core.migrations import HEAD, revision_of
from core.paths import DataFolder
from core.secrets.errors import KeyUnavailableError
from core.secrets.key_facts import KeyFacts, KeyKind, read_key_facts
from core.secrets.keyring_access import KeyringAccess
from core.secrets.keys import key_from_file, key_in_keyring
from core.secrets.rows import SecretRow, read_secrets
from core.secrets.sealing import key_id_of

__all__ = ["check_secrets", "uses_keyring"]

_MOST_NAMED = 5
_START_OVER = "Bring it back, or begin anew with “clockhand secret key --start-over” and set the values again."


def check_secrets(folder: DataFolder, keyring: KeyringAccess, passphrase_file: Path | None = None) -> Iterator[Finding]:
    """Yield what is found; nothing where there are no secrets. Asks the keyring, and never anybody for a password.

    `passphrase_file` is the one that is named for programs that nobody sits before, where there is one; it is tried.
    """
    try:
        if not folder.database.exists():
            return
        with reading_only(folder.database) as connection:
            if revision_of(connection) == HEAD:
                yield from _check(connection, keyring, passphrase_file)
    except (DBAPIError, OSError):
        return  # the checks of the database say it better
    except StorageError as error:
        yield Finding.fault("secrets", str(error), _START_OVER)


def uses_keyring(folder: DataFolder) -> bool:
    """Return whether the key is in the keyring, or the first one would be; also where there is no saying."""
    try:
        if not folder.database.exists():
            return True
        with reading_only(folder.database) as connection:
            facts = read_key_facts(connection) if revision_of(connection) == HEAD else None
    except (DBAPIError, OSError, StorageError):
        return True
    return facts is None or facts.kind is KeyKind.KEYRING


def _check(connection: Connection, keyring: KeyringAccess, passphrase_file: Path | None) -> Iterator[Finding]:
    rows = read_secrets(connection)
    facts = read_key_facts(connection)
    if not rows:
        return
    if facts is not None:
        yield _check_key(facts, keyring, passphrase_file)
    empty = [row for row in rows if row.sealed is None or facts is None or key_id_of(row.sealed) != facts.id]
    if empty:
        yield Finding.warning(
            "secrets",
            f"{len(empty)} of {len(rows)} have no value that can be opened: {_named(empty)}. "
            "What needs them can't start.",
            "Set them: “clockhand secret set ENV NAME”.",
        )
    else:
        yield Finding.ok("secrets", "Each of them has a value.")


def _check_key(facts: KeyFacts, keyring: KeyringAccess, passphrase_file: Path | None) -> Finding:
    if facts.kind is KeyKind.PASSPHRASE:
        return _check_passphrase(facts, passphrase_file)
    if facts.kind is KeyKind.MEMORY:
        return Finding.ok("key of the secrets", "It is in the memory of the running Clockhand.")
    try:
        if key_in_keyring(keyring, facts) is None:
            missing = f"The keyring has no entry “{facts.entry}” of “clockhand” that fits, so no value can be opened."
            return Finding.fault("key of the secrets", missing, _START_OVER)
    except KeyUnavailableError as error:
        found = f"It can't be had now ({error.trouble}), so jobs that need a secret wait."
        return Finding.warning("key of the secrets", found, "See to the keyring; they start by themselves then.")
    return Finding.ok("key of the secrets", "It is in the keyring.")


def _check_passphrase(facts: KeyFacts, file: Path | None) -> Finding:
    if file is None:
        return Finding.ok("key of the secrets", "It is made of a passphrase.")
    try:
        key_from_file(file, facts)
    except KeyUnavailableError as error:
        mend = "Jobs that need a secret wait until then; they start by themselves."
        return Finding.warning("key of the secrets", str(error), mend)
    return Finding.ok("key of the secrets", f"It is made of a passphrase, which {file} holds.")


def _named(rows: list[SecretRow]) -> str:
    named = ", ".join(f"{row.name} of “{row.environment}”" for row in rows[:_MOST_NAMED])
    return named if len(rows) <= _MOST_NAMED else f"{named} and {len(rows) - _MOST_NAMED} more"
