"""Tells by its name, or by the shape of its value, whether a variable may hold a secret: a guess."""

from __future__ import annotations

import re

__all__ = ["holds_credentials", "looks_secret"]

_WORDS = frozenset(
    {
        "APIKEY", "AUTH", "CREDENTIAL", "CREDENTIALS", "CREDS", "KEY", "PASS", "PASSPHRASE", "PASSWD", "PASSWORD",
        "PAT", "PRIVATE", "PWD", "SECRET", "SECRETS", "TOKEN", "TOKENS",
    }
)  # fmt: skip
_HARMLESS = frozenset({"PWD", "OLDPWD"})
_PUBLIC = frozenset({"PUBLIC", "FILE", "PATH", "DIR", "URL", "ID", "NAME", "USER"})
# RFC 3986, 3.2.1: what stands between the colon and the “@” of the authority is a password.
_USER_AND_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#@\s:]*:[^/?#@\s]+@")


def looks_secret(name: str) -> bool:
    """Return whether one of the words of a name is one of those that secrets are called by: `API_TOKEN`, `DB_PASSWORD`.

    Not where the last word says that it is something else: `SSH_KEY_FILE`, `TOKEN_URL`, `PUBLIC_KEY`.
    """
    words = name.upper().replace("-", "_").replace(".", "_").split("_")
    if name.upper() in _HARMLESS or words[-1] in _PUBLIC or "PUBLIC" in words:
        return False
    return any(word in _WORDS or word.endswith(("TOKEN", "SECRET", "PASSWORD")) for word in words)


def holds_credentials(value: str) -> bool:
    """Return whether a value is an address with a password in it, such as `postgres://app:word@host/db`."""
    return _USER_AND_PASSWORD.search(value) is not None
