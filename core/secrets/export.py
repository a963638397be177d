"""Takes the values of secrets to another machine: a file sealed with a passphrase that is told on another way."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass

from core.database import Database
from core.errors import InvalidError
from core.secrets.errors import SecretUnreadableError, WrongPassphraseError
from core.secrets.keys import check_passphrase
from core.secrets.rows import read_secrets
from core.secrets.sealing import SCRYPT_COST, derive_key, new_key_id, new_salt, open_sealed, seal
from core.secrets.store import SecretStore, check_value

__all__ = ["Imported", "export_secrets", "import_secrets", "open_export"]

_FORMAT = "clockhand-secrets"
_VERSION = 1
_DAMAGED = "This is no file of secrets that Clockhand has written, or it is damaged. Export it again."
_WRONG = "The passphrase is wrong, or the file was changed. Enter the one that was chosen for this file."

Names = tuple[str, str]
"""An environment and a secret of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of each value of a file, by environment and secret."""

    done: tuple[Names, ...] = ()
    kept: tuple[Names, ...] = ()
    """They had a value already, which was left."""
    unknown: tuple[Names, ...] = ()
    """There is no such environment, or no such secret in it."""


def export_secrets(
    database: Database, store: SecretStore, passphrase: str, *, cost: int = SCRYPT_COST
) -> tuple[bytes, int]:
    """Return the file with every value that there is, and how many these are.

    Raises InvalidError for a passphrase that is too short, KeyUnavailableError, and SecretUnreadableError.
    """
    check_passphrase(passphrase)
    with database.reading() as connection:
        rows = [row for row in read_secrets(connection) if row.sealed is not None]
    values = [
        {"environment": row.environment, "name": row.name, "value": store.reveal(row.environment_id, row.name)}
        for row in rows
    ]
    salt = new_salt()
    key = derive_key(passphrase, salt=salt, key_id=new_key_id(), cost=cost)
    sealed = seal(key, json.dumps(values), environment_id=0, name=_FORMAT)
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "scrypt": {"n": cost, "r": 8, "p": 1, "salt": base64.b64encode(salt).decode()},
        "id": base64.b64encode(key.id).decode(),
        "sealed": base64.b64encode(sealed).decode(),
    }
    return (json.dumps(content, indent=2) + "\n").encode(), len(values)


def open_export(data: bytes, passphrase: str) -> dict[Names, str]:
    """Return the values of a file, by environment and secret.

    Raises InvalidError for anything that is no such file, and WrongPassphraseError.
    """
    try:
        content = json.loads(data)
        if content["format"] != _FORMAT or content["version"] != _VERSION:
            raise InvalidError.single("", _DAMAGED, field="file")
        parts = {name: base64.b64decode(content[name], validate=True) for name in ("id", "sealed")}
        salt = base64.b64decode(content["scrypt"]["salt"], validate=True)
        cost = int(content["scrypt"]["n"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise InvalidError.single("", _DAMAGED, field="file") from error
    try:
        key = derive_key(passphrase, salt=salt, key_id=parts["id"], cost=cost)
        text = open_sealed(key, parts["sealed"], environment_id=0, name=_FORMAT)
    except SecretUnreadableError as error:
        raise WrongPassphraseError(_WRONG) from error
    return {(each["environment"], each["name"]): each["value"] for each in json.loads(text)}


def import_secrets(
    database: Database, store: SecretStore, values: Mapping[Names, str], *, replace: bool = False
) -> Imported:
    """Give secrets the values of a file; with `replace` also those that have one.

    The environments and their secrets must be there already: `clockhand apply` brings them. Raises InvalidError for a
    value that no secret may have, and KeyUnavailableError; environments that were done before stay done.
    """
    for (_environment, name), value in values.items():
        check_value(name, value)
    with database.reading() as connection:
        rows = {(row.environment, row.name): row for row in read_secrets(connection)}
    known = {names: rows[names] for names in values if names in rows}
    kept = tuple(names for names, row in known.items() if row.sealed is not None and not replace)
    by_environment: dict[int, dict[str, str]] = {}
    done: list[Names] = []
    for names, row in known.items():
        if names not in kept:
            by_environment.setdefault(row.environment_id, {})[row.name] = values[names]
            done.append(names)
    for environment_id, some in by_environment.items():
        store.set_many(environment_id, some)
    return Imported(done=tuple(done), kept=kept, unknown=tuple(names for names in values if names not in rows))
