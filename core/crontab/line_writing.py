"""Writes one line of a crontab: the time, the command with its percent signs, and the variables that it needs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from core.catalog.layering import definition_of
from core.catalog.specs import CommandSpec, EnvironmentSpec
from core.catalog.storing import resolve_cron
from core.crontab.fields import NAMES, to_expression
from core.crontab.lines import join_percent, write_setting
from core.crontab.reading import read_crontab
from core.crontab.shell_text import from_shell_text, program_of, shell_of
from core.crontab.wants import Part
from core.errors import ClockhandError
from core.execution.definitions import Base, EnvironmentDefinition, Shell
from core.execution.effective import effective
from core.execution.environment import base_environment

__all__ = ["Body", "NotSaidError", "body_of", "line_of"]

_OPEN_STEP = re.compile(r"(?<![-\w*])(\w+)/")
_TO_SUNDAY = re.compile(r"(?<=-)sun\b", re.IGNORECASE)
_HIGH = ("59", "23", "31", "12", "6")
_NO_TEXT = "It is a text of several lines, or has a backslash before a percent sign. Put it into a script file."


class NotSaidError(ClockhandError):
    """A crontab has no way to say this; the sentence says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a line says: its time in crontab(5), the command, its input, and the variables that must be in force.

    `variables` always has PATH and SHELL.
    """

    time: str
    command: str
    stdin: str | None
    variables: Mapping[str, str]


def body_of(part: Part, environments: Mapping[str, EnvironmentSpec], session: Mapping[str, str]) -> Body:
    """Return what the line of `part` says. Raises NotSaidError.

    `environments` holds all of them by name, `session` the variables that references and PATH fall back to.
    """
    shell = Shell(part.command.shell)
    try:
        program = program_of(shell)
        command, stdin = from_shell_text(part.command.run, shell)
    except ClockhandError as error:
        raise NotSaidError(f"The command's text is for Clockhand alone: {error}") from error
    variables, folder = {"PATH": session.get("PATH", "/usr/bin:/bin")}, None
    if part.environment is not None:
        definition = definition_of(part.environment, environments)
        variables = _variables(definition, session)
        folder = _folder(definition)
    own = variables.get("SHELL", program)
    variables["SHELL"] = own if shell_of(own) is shell else program
    command = _within(part.command, folder, variables) + command.lstrip(" \t").rstrip("\n")
    return Body(time=_time(resolve_cron(part.cron).expression), command=command, stdin=stdin, variables=variables)


def line_of(body: Body, unset: list[str]) -> str:
    """Return the line; the variables in `unset` are in force where it stands, and not for its command.

    Raises NotSaidError where cron would read another line than is meant.
    """
    command = (f"unset {' '.join(unset)}; " if unset else "") + body.command
    text = join_percent(command, body.stdin)
    if text is None:
        raise NotSaidError(_NO_TEXT)
    line = f"{body.time} {text}"
    read = read_crontab(f"{line}\n")
    if [(job.written, job.command, job.stdin) for job in read.jobs] != [(body.time, command, body.stdin)]:
        raise NotSaidError("Cron would read the line otherwise than it is meant. Put the command into a script file.")
    return line


def _time(expression: str) -> str:
    fields = expression.lower().split() if expression.lstrip().startswith("@") else expression.split()
    if len(fields) == 6:
        if fields[0] != "0":
            raise NotSaidError(f"The expression {expression} has seconds, which cron does not know.")
        del fields[0]
    if len(fields) == 5:
        fields = [_OPEN_STEP.sub(rf"\1-{high}/", field) for field, high in zip(fields, _HIGH, strict=True)]
        fields[4] = _TO_SUNDAY.sub("7", fields[4])
    written = " ".join(fields)
    try:
        to_expression(written)
    except ClockhandError as error:
        raise NotSaidError(f"The expression {expression} is no crontab(5): {error}") from error
    if len(fields) == 1 and written not in NAMES:
        raise NotSaidError(f"The expression {expression} is no crontab(5).")
    return written


def _variables(definition: EnvironmentDefinition, session: Mapping[str, str]) -> dict[str, str]:
    if any(layer.env_file for layer in definition.layers):
        raise NotSaidError(f"The environment “{definition.name}” reads a file of variables at each run.")
    base = base_environment(Base.CLEAN, session=session) if definition.base is Base.CLEAN else dict(session)
    found = {"PATH": base.get("PATH", "/usr/bin:/bin")}
    for variable in effective(definition, base, {}, with_base=False):
        if variable.secret or variable.masks:
            raise NotSaidError(f"It needs the secret {variable.name}, and a crontab keeps its variables in plain text.")
        if variable.problem:
            raise NotSaidError(f"The variable {variable.name} has no value: {variable.problem}")
        if variable.value is not None:
            if write_setting(variable.name, variable.value) is None:
                raise NotSaidError(f"Cron's quoting can't carry the value of {variable.name}.")
            found[variable.name] = variable.value
    return found


def _folder(definition: EnvironmentDefinition) -> str | None:
    named = [layer.working_directory for layer in definition.layers if layer.working_directory is not None]
    return named[-1] if named else None


def _within(command: CommandSpec, folder: str | None, variables: Mapping[str, str]) -> str:
    """Return what goes to the folder of the command, before it; nothing where cron is there already: in HOME."""
    named = command.working_directory
    if named is not None and named.startswith("./"):
        named = f"{folder or '~'}/{named[2:]}"
    named = named or folder or "~"
    if named == variables.get("HOME", "~"):
        return ""
    home, _, rest = named.partition("/")
    if home.startswith("~"):
        # Quotes would keep the shell from reading the tilde.
        return f"cd {home}/{shlex.quote(rest) if rest else ''} || exit; "
    return f"cd {shlex.quote(named)} || exit; "
