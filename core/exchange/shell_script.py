"""Writes an environment as a script that a shell sources to get the same variables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.execution.definitions import Shell
from core.execution.effective import EffectiveVariable
from core.execution.shells import quote

__all__ = ["write_script"]


def write_script(name: str, variables: Sequence[EffectiveVariable], working_directory: str | None = None) -> str:
    """Return a script for any POSIX shell that exports these variables, unsets what is unset and goes to the folder.

    A secret, and what refers to one, is a placeholder: the script tells its name and ends where the shell that sources
    it has no value for it. What has no value because of a problem is a comment.
    """
    title = "".join(character if character.isprintable() else " " for character in name)
    lines = [f"# The environment “{title}” of Clockhand, for a POSIX shell: source it."]
    if secret := [each.name for each in variables if each.secret]:
        lines.append(f"# Secrets are not written here. Set these before: {', '.join(secret)}.")
    lines += map(_line, variables)
    if working_directory is not None:
        lines.append(f"cd {quote(str(Path(working_directory).expanduser()), Shell.SH)}")
    return "\n".join(lines) + "\n"


def _line(variable: EffectiveVariable) -> str:
    if variable.secret:
        return f': "${{{variable.name}:?is a secret, set it before}}"; export {variable.name}'
    if variable.unset:
        return f"unset {variable.name}"
    if variable.value is None:
        return f"# {variable.name} has no value. {variable.problem}"
    return f"export {variable.name}={quote(variable.value, Shell.SH)}"
