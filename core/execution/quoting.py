"""Puts values into a shell's text so that no value can become shell syntax, wherever in the text it stands.

What a program does with an argument is beyond this: `eval`, `sh -c`, and `[[ … -eq … ]]` of bash read their
arguments as code again, so a value belongs there as an environment variable that the code itself quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.errors import ClockhandError
from core.execution.definitions import Shell
from core.execution.places import MARK, Context, Place
from core.execution.posix_reading import read_posix
from core.execution.windows_reading import PWSH_DOUBLE_QUOTES, PWSH_SINGLE_QUOTES, read_cmd, read_pwsh

__all__ = ["QuotingError", "Secret", "fill", "quote"]

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_CONTROL_ASCII = re.compile(r"[\x01-\x1f\x7f]")
_ANSI_SPECIAL = re.compile(r"[\x01-\x1f\x7f'\\]")
_PWSH_SINGLE = re.compile(f"([{PWSH_SINGLE_QUOTES}])")
_PWSH_DOUBLE = re.compile(f"([`${PWSH_DOUBLE_QUOTES}])")
_CMD_UNSAFE = re.compile(r'[%"\x00-\x1f\x7f]')
_CMD_TRAILING_BACKSLASHES = re.compile(r"\\+\Z")


class QuotingError(ClockhandError):
    """A value can't stand where its placeholder stands. The sentence says why and what to write instead.

    `number` is that of the placeholder's mark, where a whole text was filled.
    """

    number: int | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """A placeholder that must become a reference to the process's variable of this name, never its value."""

    name: str


def fill(text: str, values: Sequence[str | Secret], shell: Shell) -> str:
    """Return `text` with its marks replaced by the values, each quoted for `shell` at its place.

    Raises QuotingError when a value can't be carried there safely.
    """
    places = iter(_places(text, shell))

    def put(found: re.Match[str]) -> str:
        try:
            return _put(values[int(found[1])], next(places), shell)
        except QuotingError as error:
            error.number = int(found[1])
            raise

    return MARK.sub(put, text)


def quote(value: str, shell: Shell) -> str:
    """Return `value` as one word of `shell`, for a place outside of any quotes.

    Always in quotes, because a bare word may be a keyword, an assignment or (zsh's `=word`) an expansion.
    Raises QuotingError for what the shell can't carry.
    """
    return _put(value, Place(Context.PLAIN), shell)


@lru_cache(maxsize=1024)
def _places(text: str, shell: Shell) -> tuple[Place, ...]:
    if shell.is_posix:
        return read_posix(text, shell)
    return read_pwsh(text) if shell is Shell.PWSH else read_cmd(text)


def _put(value: str | Secret, place: Place, shell: Shell) -> str:
    if place.context is Context.REFUSED:
        raise QuotingError(f"A placeholder can't stand {place.advice}.")
    if isinstance(value, str) and "\0" in value:
        raise QuotingError("A value holds a NUL character, which no command line can carry. Take it out.")
    if shell.is_posix:
        return _put_posix(value, place.context, shell)
    return _PUT_WINDOWS[shell](value, place.context)


def _put_posix(value: str | Secret, context: Context, shell: Shell) -> str:
    if context is Context.COMMENT:
        return _CONTROL.sub(" ", value) if isinstance(value, str) else f"${value.name}"
    if context is Context.ARITHMETIC:
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            return value
        raise QuotingError(
            "Only whole numbers can be put into $((…)), because shells run code that stands in other text there."
        )
    if isinstance(value, Secret):
        word = f'"${value.name}"'
        if context is Context.DOUBLE:
            return f"${{{value.name}}}"
    else:
        word = _word(value, shell)
    before, behind = _AROUND[context]
    return f"{before}{word}{behind}"


def _word(value: str, shell: Shell) -> str:
    if shell is not Shell.SH and _CONTROL_ASCII.search(value):
        # A text with a fault in an array, `x=( |`, makes bash go on with the next line even within quotes, so that a
        # value with line feeds of its own would run there.
        return "$'" + _ANSI_SPECIAL.sub(_escape_ansi, value) + "'"
    return "'" + value.replace("'", "'\\''") + "'"


def _escape_ansi(found: re.Match[str]) -> str:
    character = found[0]
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", "'": "\\'"}.get(character, f"\\x{ord(character):02x}")


# The quotes around the placeholder are closed before the value and opened again behind it: all of it stays one word.
_AROUND = {Context.PLAIN: ("", ""), Context.DOUBLE: ('"', '"'), Context.SINGLE: ("'", "'"), Context.ANSI: ("'", "$'")}


def _put_pwsh(value: str | Secret, context: Context) -> str:
    if isinstance(value, Secret):
        if context is Context.SINGLE:
            raise QuotingError(
                f"The secret {value.name} can't stand in single quotes in PowerShell, where variables are not read."
                " Use double quotes."
            )
        reference = f"${{env:{value.name}}}"
        return reference if context is Context.DOUBLE else f'"{reference}"'
    if context is Context.DOUBLE:
        return _PWSH_DOUBLE.sub(r"`\1", value)
    doubled = _PWSH_SINGLE.sub(r"\1\1", value)
    return doubled if context is Context.SINGLE else f"'{doubled}'"


def _put_cmd(value: str | Secret, context: Context) -> str:
    if isinstance(value, Secret):
        raise QuotingError(
            f"cmd puts the value of the secret {value.name} into its text before it reads it, so it can't be used"
            " safely there. Let the program read the environment variable, or choose PowerShell."
        )
    unsafe = _CMD_UNSAFE.search(value)
    if unsafe:
        raise QuotingError(
            f"cmd can't carry the character {unsafe[0]!r} in a value safely. Let the program read the environment"
            " variable, or choose PowerShell or no shell."
        )
    # Before a closing quote programs read backslashes in pairs (CommandLineToArgvW).
    safe = _CMD_TRAILING_BACKSLASHES.sub(lambda found: found[0] * 2, value)
    return safe if context is Context.DOUBLE else f'"{safe}"'


_PUT_WINDOWS: dict[Shell, Callable[[str | Secret, Context], str]] = {Shell.PWSH: _put_pwsh, Shell.CMD: _put_cmd}
