"""Turns what cron gives to a shell into a command's text here, and such a text back again."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.errors import ClockhandError
from core.execution.definitions import Shell
from core.execution.shells import split
from core.execution.template import compile_template

__all__ = ["ShellText", "from_shell_text", "program_of", "to_shell_text"]

_SHELLS = {"sh": Shell.SH, "dash": Shell.SH, "bash": Shell.BASH, "zsh": Shell.ZSH}
_FOLDERS = {"/bin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"}
_OPENINGS = re.compile(r"\{(?=[{%])")
_INPUT = re.compile(r"exec <<'(?P<end>\w+)'\n(?P<stdin>(?:.*\n)*?)(?P=end)\n(?P<command>[^\n]*)")


@dataclass(frozen=True, slots=True)
class ShellText:
    """A text with the shell that reads it, as a command has them."""

    shell: Shell
    run: str


def to_shell_text(command: str, stdin: str | None, program: str) -> ShellText:
    """Return what makes `program`, cron's SHELL, do here what cron has it do.

    Standard input becomes a here-document that the shell opens for itself, so that every command of the line reads
    from the same input, as under cron; its exit code stays that of the line. A shell that can't be chosen here is
    called as a program, as cron calls it: `program -c command`.
    """
    shell = shell_of(program)
    text = command
    if shell is None:
        text = f"{shlex.quote(program)} -c {shlex.quote(command)}"
        shell = Shell.SH if stdin else Shell.NONE
        if stdin:
            text = f"exec {text}"
    if stdin:
        end = _end_for(stdin)
        text = f"exec <<'{end}'\n{stdin}{end}\n{text}"
    return ShellText(shell, _literal(text, shell))


def from_shell_text(run: str, shell: Shell) -> tuple[str, str | None]:
    """Return the command and the standard input that a text stands for; the opposite of `to_shell_text`.

    Raises ClockhandError where the text has placeholders, which only Clockhand can fill in.
    """
    text = compile_template(run, shell).render({})
    if shell is Shell.NONE:
        return shlex.join(split(text)), None
    found = _INPUT.fullmatch(text)
    if found is not None and found["stdin"]:
        return found["command"], found["stdin"]
    return text, None


def shell_of(program: str) -> Shell | None:
    """Return the shell that a SHELL line means, or None where it can't be chosen here."""
    path = PurePosixPath(program)
    if str(path.parent) not in {*_FOLDERS, "."}:
        return None
    return _SHELLS.get(path.name)


def program_of(shell: Shell) -> str:
    """Return what a SHELL line says for the shell. Raises ClockhandError for those that cron can't use."""
    if shell in {Shell.PWSH, Shell.CMD}:
        raise ClockhandError(f"Cron can't run the shell {shell.value}, which takes other options than -c.")
    return "/bin/sh" if shell is Shell.NONE else f"/bin/{shell.value}"


def _end_for(stdin: str) -> str:
    lines = set(stdin.split("\n"))
    return next(end for end in ("END", *(f"END{number}" for number in range(len(lines) + 1))) if end not in lines)


def _literal(text: str, shell: Shell) -> str:
    """Return the template that is filled in as `text`, whatever braces are in it."""
    try:
        if compile_template(text, shell).render({}) == text:
            return text
    except ClockhandError:
        pass  # Something in it is read as a placeholder.
    whole = f"{{% raw %}}{text}{{% endraw %}}"
    if "{%" not in text:
        return whole
    return _OPENINGS.sub("{% raw %}{{% endraw %}", text)
