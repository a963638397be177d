"""Seals values with a key and opens them again; knows nothing of where either is kept."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass, field

from core.secrets.errors import SecretUnreadableError

__all__ = [
    "SCRYPT_COST",
    "SealingKey",
    "check_of",
    "derive_key",
    "fits",
    "key_id_of",
    "new_key",
    "new_key_id",
    "new_salt",
    "open_sealed",
    "seal",
]

SCRYPT_COST = 2**17
"""scrypt's N, with r = 8 and p = 1 (RFC 7914): 128 MB and some tenths of a second for each passphrase that is tried."""

_HIGHEST_COST = 2**20  # 1 GB: a file that asks for more is no file of ours
_VERSION = b"\x01"
_ID_BYTES = 8
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2: 96 bits
_KEY_BYTES = 32
_SALT_BYTES = 16
_CHECK = "clockhand"


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A key of AES-256; `id` tells by which key something was sealed, and says nothing about the key."""

    id: bytes
    material: bytes = field(repr=False)


def new_key_id() -> bytes:
    """Return an id that no other key has."""
    return os.urandom(_ID_BYTES)


def new_salt() -> bytes:
    """Return a salt for `derive_key`."""
    return os.urandom(_SALT_BYTES)


def new_key() -> SealingKey:
    """Return a random key."""
    return SealingKey(new_key_id(), os.urandom(_KEY_BYTES))


def derive_key(passphrase: str, *, salt: bytes, key_id: bytes, cost: int = SCRYPT_COST) -> SealingKey:
    """Return the key that a passphrase stands for (scrypt, RFC 7914); takes some tenths of a second on purpose.

    The same letters count as the same, however a keyboard composes them (Unicode's NFC). Raises
    SecretUnreadableError for a cost that no version of Clockhand has chosen.
    """
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    if not 2 <= cost <= _HIGHEST_COST or cost & (cost - 1):
        raise SecretUnreadableError("The record of the key is damaged: it names a cost that can't be right.")
    # Not a word of it may end up in an error, so that all that can be typed or read is taken.
    text = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    return SealingKey(key_id, Scrypt(salt=salt, length=_KEY_BYTES, n=cost, r=8, p=1).derive(text))


def seal(key: SealingKey, value: str, *, environment_id: int, name: str) -> bytes:
    """Return a value as it may lie anywhere: version, key id, nonce, and what AES-256-GCM made of it.

    It opens for this environment and this name alone, so that no row can be made to speak for another.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    head = _VERSION + key.id
    nonce = os.urandom(_NONCE_BYTES)
    # A variable may hold bytes that are no UTF-8 (PEP 383).
    plain = value.encode("utf-8", "surrogateescape")
    return head + nonce + AESGCM(key.material).encrypt(nonce, plain, _bound_to(head, environment_id, name))


def open_sealed(key: SealingKey, sealed: bytes, *, environment_id: int, name: str) -> str:
    """Return the value. Raises SecretUnreadableError for another key, environment or name, or changed bytes."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if key_id_of(sealed) != key.id:
        raise SecretUnreadableError(f"The value of {name} was sealed with a key that is no more. Set it anew.")
    head, rest = sealed[: 1 + _ID_BYTES], sealed[1 + _ID_BYTES :]
    nonce, encrypted = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    try:
        plain = AESGCM(key.material).decrypt(nonce, encrypted, _bound_to(head, environment_id, name))
    except (InvalidTag, ValueError) as error:
        raise SecretUnreadableError(f"The value of {name} can't be opened: it was changed. Set it anew.") from error
    return plain.decode("utf-8", "surrogateescape")


def key_id_of(sealed: bytes) -> bytes | None:
    """Return the id of the key that sealed a value, or None where it is not of a form that this version knows."""
    return sealed[1 : 1 + _ID_BYTES] if sealed[:1] == _VERSION and len(sealed) > _ID_BYTES + _NONCE_BYTES else None


def check_of(key: SealingKey) -> bytes:
    """Return what is kept to tell the right key from a wrong one."""
    return seal(key, _CHECK, environment_id=0, name="")


def fits(key: SealingKey, check: bytes) -> bool:
    """Return whether `check` was made by this key."""
    try:
        return open_sealed(key, check, environment_id=0, name="") == _CHECK
    except SecretUnreadableError:
        return False


def _bound_to(head: bytes, environment_id: int, name: str) -> bytes:
    return head + environment_id.to_bytes(8, "big", signed=True) + name.encode("utf-8", "surrogateescape")
