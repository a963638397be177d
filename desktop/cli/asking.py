"""Asks for what nobody may see: passphrases and values, without echo, on the terminal or out of a file."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConflictError, InvalidError
from desktop.cli.printing import note

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.secrets.key_facts import KeyFacts
    from core.secrets.keys import Keys
    from core.workspace import Workspace

__all__ = [
    "PassphraseFile",
    "ask_for_value",
    "enter_passphrase",
    "may_ask",
    "passphrase_from",
    "read_value",
    "refuse_memory",
]

_TRIES = 3
_UNKNOWN = (
    "The passphrase of the secrets is not known here, so what needs a secret waits. CLOCKHAND_PASSPHRASE_FILE may name "
    "a file that holds it."
)

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="Read the passphrase from FILE, which you alone can read; by default it is asked for on the terminal.",
        show_default=False,
    ),
]


def may_ask() -> bool:
    """Return whether there is a terminal to ask on, also where standard input is something else."""
    if sys.platform == "win32":
        return sys.stdin is not None and sys.stdin.isatty()
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        # What runs in the background would be stopped by asking (tty_ioctl(4), SIGTTIN).
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def passphrase_from(file: Path | None, question: str, *, twice: bool) -> str:
    """Return the passphrase of a file, or what is typed; `twice` for one that is chosen now.

    Raises InvalidError where the file can't be read or the two differ, and ConflictError where nobody can be asked.
    """
    from core.secrets.passphrase_file import read_passphrase_file

    return read_passphrase_file(file.expanduser()) if file is not None else _ask(question, twice=twice)


def ask_for_value(name: str) -> str:
    """Return a value that is typed twice on the terminal."""
    return _ask(f"Value of {name}", twice=True)


def read_value() -> str:
    """Return standard input as a value: without one line feed at its end, with all else as it is."""
    data = b"" if sys.stdin is None else sys.stdin.buffer.read()
    return data.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "surrogateescape")


def enter_passphrase(workspace: Workspace, file: Path | None = None, *, optional: bool = False) -> None:
    """Get the passphrase into the memory of this program, where the secrets have one and it is not known yet.

    Without a file and a terminal nothing is asked: whoever needs the key says what is missing. `optional` lets a
    person answer with nothing, and says what that means. Raises WrongPassphraseError.
    """
    from core.secrets.errors import WrongPassphraseError
    from core.secrets.key_facts import KeyKind
    from core.secrets.passphrase_file import named_passphrase_file, read_passphrase_file

    keys = workspace.secrets.keys
    facts = keys.facts()
    if facts is None or facts.kind is not KeyKind.PASSPHRASE:
        return
    if file is not None:
        keys.enter_passphrase(read_passphrase_file(file.expanduser()))
        return
    if named_passphrase_file(os.environ) is not None:
        if optional:
            _try_named_file(keys, facts)
        return
    if not may_ask():
        if optional:
            note(_UNKNOWN)
        return
    for left in reversed(range(_TRIES)):
        text = _ask("Passphrase of the secrets" + (" (Enter: go on without)" if optional else ""), twice=False)
        if not text and optional:
            note(_UNKNOWN)
            return
        try:
            keys.enter_passphrase(text)
        except WrongPassphraseError as error:
            if not left:
                raise
            note(str(error))
        else:
            return


def refuse_memory(workspace: Workspace) -> None:
    """Raise ConflictError where values are kept in the memory of another program."""
    from core.secrets.key_facts import KeyKind

    facts = workspace.secrets.keys.facts()
    if facts is not None and facts.kind is KeyKind.MEMORY:
        raise ConflictError(
            "Values are kept in the memory of the running Clockhand alone, so they can be set in its window only. "
            "Choose another key with “clockhand secret key” to set them here."
        )


def _try_named_file(keys: Keys, facts: KeyFacts) -> None:
    """Say it at once where the file that is named for nobody's terminal is of no use."""
    from core.secrets.errors import KeyUnavailableError

    try:
        keys.key(facts.id, fresh=True)
    except KeyUnavailableError as error:
        note(f"{error} Until then, what needs a secret waits.")


def _ask(question: str, *, twice: bool) -> str:
    if not may_ask():
        raise ConflictError("There is no terminal here to ask on. Name a file with --passphrase-file, or pipe it in.")
    try:
        text = getpass.getpass(f"{question}: ")
        if twice and getpass.getpass("The same again: ") != text:
            raise InvalidError.single("", "The two are not the same. Nothing was changed.")
    except (EOFError, KeyboardInterrupt) as error:
        raise ConflictError("Nothing was entered, and nothing was changed.") from error
    return text
