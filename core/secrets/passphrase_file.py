"""The passphrase for a program that nobody sits before: read from a file that its owner alone can read."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from core.errors import InvalidError

__all__ = ["PASSPHRASE_FILE_VARIABLE", "named_passphrase_file", "read_passphrase_file"]

PASSPHRASE_FILE_VARIABLE = "CLOCKHAND_PASSPHRASE_FILE"  # noqa: S105 (a variable's name)
# systemd.exec(5), LoadCredential=: the folder is readable by the service alone and lies in memory.
_SYSTEMD_VARIABLE = "CREDENTIALS_DIRECTORY"
_SYSTEMD_NAME = "clockhand-passphrase"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LONGEST_BYTES = 64 * 1024


def named_passphrase_file(environment: Mapping[str, str]) -> Path | None:
    """Return the file that CLOCKHAND_PASSPHRASE_FILE names, else the credential “clockhand-passphrase” of systemd."""
    if named := environment.get(PASSPHRASE_FILE_VARIABLE):
        return Path(named).expanduser()
    folder = environment.get(_SYSTEMD_VARIABLE)
    credential = Path(folder, _SYSTEMD_NAME) if folder else None
    return credential if credential is not None and credential.exists() else None


def read_passphrase_file(path: Path, *, only_regular: bool = False) -> str:
    """Return what the file holds, without one line feed at its end.

    `only_regular` refuses what might be waited for, such as a pipe, which a person may well hand over. Raises
    InvalidError where it can't be read, or where others than its owner may read it, too.
    """
    try:
        with open(path, "rb", opener=_open_at_once if only_regular else None) as file:
            mode = os.fstat(file.fileno()).st_mode
            if only_regular and not stat.S_ISREG(mode):
                message = f"The passphrase file {path} is no regular file, but something that may be waited for. "
                raise InvalidError.single("", f"{message}Name a file that stays.", field="passphrase")
            data = file.read(_LONGEST_BYTES)
    except OSError as error:
        message = f"The passphrase file {path} can't be read: {error.strerror}. Name another one."
        raise InvalidError.single("", message, field="passphrase") from error
    if os.name == "posix" and stat.S_ISREG(mode) and mode & _OTHERS:
        message = f"Others can read the passphrase file {path}. Take that from them: chmod 600 {path}"
        raise InvalidError.single("", message, field="passphrase")
    return data.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")


def _open_at_once(name: str, flags: int) -> int:
    # Opening a pipe waits for somebody who writes (open(2)); Windows has none in its file system.
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
