"""Tells by its name whether a variable may hold a secret: a guess, to suggest something with."""

from __future__ import annotations

__all__ = ["looks_secret"]

_WORDS = frozenset(
    {
        "APIKEY", "AUTH", "CREDENTIAL", "CREDENTIALS", "CREDS", "KEY", "PASS", "PASSPHRASE", "PASSWD", "PASSWORD",
        "PAT", "PRIVATE", "PWD", "SECRET", "SECRETS", "TOKEN", "TOKENS",
    }
)  # fmt: skip
_HARMLESS = frozenset({"PWD", "OLDPWD"})
_PUBLIC = frozenset({"PUBLIC", "FILE", "PATH", "DIR", "URL", "ID", "NAME", "USER"})


def looks_secret(name: str) -> bool:
    """Return whether one of the words of a name is one of those that secrets are called by: `API_TOKEN`, `DB_PASSWORD`.

    Not where the last word says that it is something else: `SSH_KEY_FILE`, `TOKEN_URL`, `PUBLIC_KEY`.
    """
    words = name.upper().replace("-", "_").replace(".", "_").split("_")
    if name.upper() in _HARMLESS or words[-1] in _PUBLIC or "PUBLIC" in words:
        return False
    return any(word in _WORDS or word.endswith(("TOKEN", "SECRET", "PASSWORD")) for word in words)
