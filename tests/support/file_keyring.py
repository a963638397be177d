"""A keyring in a file, for tests in which several programs share one; named by PYTHON_KEYRING_BACKEND."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

__all__ = ["FILE_VARIABLE", "FileKeyring"]

FILE_VARIABLE = "TESTS_KEYRING_FILE"


class FileKeyring(KeyringBackend):
    """Locked while there is a file of the same name that ends in `.locked`."""

    priority = 5
    name = "File Keyring"

    def get_password(self, service: str, username: str) -> str | None:
        return self._entries().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._entries(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        entries = self._entries()
        if entries.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("there is none")
        self._write(entries)

    def _entries(self) -> dict[str, str]:
        if self._path().with_suffix(".locked").exists():
            raise KeyringLocked("it is locked")
        found: dict[str, str] = json.loads(self._path().read_text()) if self._path().exists() else {}
        return found

    def _write(self, entries: dict[str, str]) -> None:
        self._path().write_text(json.dumps(entries))

    def _path(self) -> Path:
        return Path(os.environ[FILE_VARIABLE])
