"""The plan of one attempt: everything that is needed to start its process, decided before it starts."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from pathlib import Path

from core.errors import ClockhandError, InvalidError, NotFoundError
from core.execution.definitions import (
    Base,
    CommandDefinition,
    EnvironmentDefinition,
    FileVariables,
    JobFacts,
    Shell,
    has_terminals,
)
from core.execution.effective import EffectiveVariable, effective
from core.execution.environment import JOB_VARIABLES, clockhand_variables, utc_text, validate_variable
from core.execution.secret_forms import secret_forms, without_secrets
from core.execution.shells import argv, find_program
from core.execution.template import TemplateError, compile_template

__all__ = ["CannotStart", "Plan", "find_folder", "make_plan", "why_no_folder"]

# execve(2): one argument or variable holds at most 32 pages on Linux, its closing NUL included.
_LONGEST_STRING_BYTES = 131_071 if sys.platform == "linux" else None
# All of them together, with a pointer to each: a quarter of the stack's limit, which sysconf knows, and 6 MB at most.
# A page is left for what is added to a plan.
_MOST_BYTES = min(os.sysconf("SC_ARG_MAX"), 6 * 1024 * 1024) - 4096 if sys.platform == "linux" else None
_POINTER_BYTES = 8

TERMINAL_NAME = "xterm-256color"
"""What a command's terminal is called (terminfo(5)): the panes show its colours and styles."""


class CannotStart(ClockhandError):  # noqa: N818  (it is an outcome that is raised: “could not start”)
    """No process can be started for this attempt. `permanent`: the same definitions would fail the same way again."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        self.reason = reason
        self.permanent = permanent
        super().__init__(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What exactly will be run.

    `argv[0]` is absolute. `environment` is the whole environment of the process, secrets included, and therefore
    never shown; `variables` says where what was added to the base comes from. `shown` is the text exactly as it will
    run, without a secret's value; `secret_values` are to be masked in the output, in all the `masked_forms`.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    working_directory: Path
    timeout: timedelta | None
    grace: timedelta
    success_exit_codes: tuple[int, ...]
    interactive: bool
    terminal: bool
    shell: Shell
    shown: str
    base: Base
    variables: tuple[EffectiveVariable, ...] = field(default=(), repr=False)
    secret_values: tuple[str, ...] = field(default=(), repr=False)
    masked_forms: tuple[bytes, ...] = field(default=(), repr=False)

    def record(self) -> dict[str, object]:
        """Return what is kept with the job, fit for JSON; durations are in milliseconds.

        Of the environment it holds what was added to the base (the base is the user's session, which may hold
        anything), of secrets the names alone; a value or a text that holds one all the same is masked. What Clockhand
        adds follows from the job, and would make every record a different one.
        """
        return {
            "shell": self.shell.value,
            "program": without_secrets(self.argv[0], self.masked_forms),
            "text": without_secrets(self.shown, self.masked_forms),
            "working_directory": without_secrets(str(self.working_directory), self.masked_forms),
            "timeout_ms": _milliseconds(self.timeout),
            "grace_ms": _milliseconds(self.grace),
            "success_exit_codes": list(self.success_exit_codes),
            "interactive": self.interactive,
            "terminal": self.terminal,
            "base": self.base.value,
            "variables": [
                {"name": variable.name, "origin": variable.origin}
                | ({"secret": True} if self._is_secret(variable) else {"value": variable.value})
                for variable in self.variables
                if variable.name not in JOB_VARIABLES and not variable.unset
            ],
        }

    def _is_secret(self, variable: EffectiveVariable) -> bool:
        value = variable.value or ""
        return variable.secret or without_secrets(value, self.masked_forms) != value


def make_plan(
    command: CommandDefinition,
    environment: EnvironmentDefinition | None,
    facts: JobFacts,
    *,
    base: Mapping[str, str],
    secrets: Mapping[str, str],
    local_zone: tzinfo,
    home: Path,
    files: Mapping[str, FileVariables] | None = None,
) -> Plan:
    """Return the plan of one attempt.

    `base` is what `base_environment` returned for the environment's base; `secrets` holds plain values by variable
    name, `files` what `read_env_files` returned. Looks at the file system (the working directory, the program) and
    changes nothing. Raises CannotStart.
    """
    if command.terminal and not has_terminals():
        raise CannotStart("Windows has no terminals to give to a command. Run it without one.", permanent=True)
    own = clockhand_variables(command, environment, facts, local_zone)
    clean_base = {name: value for name, value in base.items() if name not in JOB_VARIABLES}
    if command.terminal:
        clean_base = _in_a_terminal(clean_base)
    used = environment or EnvironmentDefinition(id=0, name="")
    # Only what lies above the base is described: the base is the same for all jobs, and large.
    added = effective(used, clean_base, secrets, own, files=files, with_base=False)
    masked_forms = secret_forms(_masks(added))
    try:
        return _plan(
            command,
            used,
            added,
            base=clean_base,
            own=own,
            facts=_facts(command, environment, facts),
            home=home,
            masked_forms=masked_forms,
        )
    except CannotStart as error:
        # A value may have come into a reason by a way that nobody thought of.
        reason = without_secrets(error.reason, masked_forms)
        if reason == error.reason:
            raise
        raise CannotStart(reason, permanent=error.permanent) from None  # what it came from holds the value, too


def _plan(
    command: CommandDefinition,
    used: EnvironmentDefinition,
    added: Sequence[EffectiveVariable],
    *,
    base: Mapping[str, str],
    own: Mapping[str, str],
    facts: Mapping[str, str],
    home: Path,
    masked_forms: tuple[bytes, ...],
) -> Plan:
    _refuse_missing(added, may_mend=any(layer.env_file for layer in used.layers))
    process_environment = dict(base) | _values(added, own)
    for variable in added:
        if variable.unset:
            process_environment.pop(variable.name, None)
    folder = find_folder(command.working_directory, home, used.working_directory)
    secret_names = frozenset(variable.name for variable in added if variable.secret)
    values = {
        variable.name: variable.value
        for variable in added
        if variable.value is not None and not variable.secret and variable.name not in own
    } | dict(facts)
    try:
        arguments, shown = _arguments(command, values, secret_names, process_environment, folder)
    except TemplateError as error:
        raise CannotStart(_with_line(error, command.run), permanent=True) from error
    _check_sizes(arguments, process_environment)
    return Plan(
        argv=arguments,
        environment=process_environment,
        working_directory=folder,
        timeout=command.timeout,
        grace=command.grace,
        success_exit_codes=command.success_exit_codes,
        interactive=command.interactive,
        terminal=command.terminal,
        shell=command.shell,
        shown=shown,
        base=used.base,
        variables=tuple(added),
        secret_values=_masks(added),
        masked_forms=masked_forms,
    )


def _masks(added: Sequence[EffectiveVariable]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mask for variable in added for mask in variable.masks))


def _in_a_terminal(base: Mapping[str, str]) -> dict[str, str]:
    """Return the base with what a terminal emulator sets.

    A size among the variables would be believed before the terminal's own (ncurses(3), use_env), which may change.
    """
    return {name: value for name, value in base.items() if name not in {"COLUMNS", "LINES"}} | {"TERM": TERMINAL_NAME}


def _values(added: Sequence[EffectiveVariable], own: Mapping[str, str]) -> dict[str, str]:
    values = {}
    for variable in added:
        if variable.value is None:
            continue
        if variable.name not in own:
            try:
                validate_variable(variable.name, variable.value)
            except InvalidError as error:
                raise CannotStart(str(error), permanent=True) from error
        values[variable.name] = variable.value
    return values


def _refuse_missing(added: Sequence[EffectiveVariable], *, may_mend: bool) -> None:
    """Raise CannotStart where a variable has no value, with the cause rather than with what follows from it.

    A problem of the definitions `may_mend` by itself where a file that is read at each run has a part in them.
    """
    for variable in added:
        if variable.problem:
            raise CannotStart(variable.problem, permanent=not may_mend)
    missing = [variable for variable in added if variable.value is None and not variable.unset]
    for variable in sorted(missing, key=lambda each: len(each.refers_to)):
        what = "secret" if variable.secret else "variable"
        raise CannotStart(f"The {what} {variable.name} of {variable.origin} has no value. Set it.", permanent=True)


def _facts(command: CommandDefinition, environment: EnvironmentDefinition | None, facts: JobFacts) -> dict[str, str]:
    found = {
        "job.id": str(facts.id),
        "job.attempt": str(facts.attempt),
        "job.due_at": utc_text(facts.due_at) if facts.due_at else None,
        "schedule.name": facts.schedule_name,
        "environment.name": environment.name if environment else None,
        "command.name": command.name,
    }
    return {name: value for name, value in found.items() if value is not None}


def why_no_folder(wanted: str | None, home: Path, inherited: str | None = None) -> str:
    """Return why a command with this working directory could not start at the moment; empty where it could.

    `inherited` is the working directory of its environment. It asks the file system, which may take seconds where a
    network folder does not answer.
    """
    try:
        find_folder(wanted, home, inherited)
    except CannotStart as error:
        return str(error)
    except OSError as error:
        return f"The working directory {wanted} can't be looked at: {error.strerror}. Choose another."
    return ""


def find_folder(wanted: str | None, home: Path, inherited: str | None) -> Path:
    """Return the folder of a process: the command's (`wanted`), else its environment's (`inherited`), else `home`.

    A relative one is below the next in this order, so that one command serves the same tree in several places. Raises
    CannotStart.
    """
    folder = home
    for text in filter(None, (inherited, wanted)):
        try:
            folder = folder / _expand(text, home)
        except RuntimeError as error:
            raise CannotStart(
                f"The working directory {text} can't be found: there is no such user.", permanent=True
            ) from error
    if "\0" in str(folder):
        raise CannotStart("The working directory holds a NUL character. Take it out.", permanent=True)
    if not folder.exists():
        # Not permanent: a disk or a network folder may come back.
        raise CannotStart(
            f"The working directory {folder} does not exist. Create it, or choose another.", permanent=False
        )
    if not folder.is_dir():
        raise CannotStart(f"The working directory {folder} is not a folder. Choose another.", permanent=True)
    return folder


def _expand(wanted: str, home: Path) -> Path:
    """Return `wanted` with its leading ~ or ~user replaced. Raises RuntimeError for an unknown user."""
    if wanted == "~" or wanted.startswith("~/"):
        return home / wanted[2:]
    return Path(wanted).expanduser()


def _arguments(
    command: CommandDefinition,
    values: Mapping[str, str],
    secret_names: frozenset[str],
    environment: Mapping[str, str],
    folder: Path,
) -> tuple[tuple[str, ...], str]:
    template = compile_template(command.run, command.shell)
    if command.shell is Shell.NONE:
        words = template.render_argv(values, secret_names)
        program = _program(words[0], environment, folder, shows_path="PATH" not in secret_names)
        return (str(program), *words[1:]), shlex.join(words)
    text = template.render(values, secret_names)
    if not text.strip():
        raise CannotStart("The command's text is empty. Write what to run.", permanent=True)
    try:
        return argv(command.shell, text, environment), text
    except NotFoundError as error:
        raise CannotStart(
            f"The shell {command.shell} is not on this machine. Install it, or choose another.", permanent=True
        ) from error


def _program(name: str, environment: Mapping[str, str], folder: Path, *, shows_path: bool) -> Path:
    """Return the file that a command without a shell starts.

    A name with a slash is a path, relative to the working directory; a bare name is looked for in PATH and never in
    the current directory.
    """
    if "/" in name or os.sep in name:
        path = folder / Path(name).expanduser()
        if not path.exists():
            raise CannotStart(f"The program {path} does not exist. Check its path.", permanent=True)
        if not path.is_file() or not os.access(path, os.X_OK):
            raise CannotStart(f"The program {path} is not an executable file. Check its permissions.", permanent=True)
        return path
    found = find_program(name, environment)
    if found is None:
        path_text = environment.get("PATH", "which is not set") if shows_path else "which holds a secret"
        raise CannotStart(
            f"The program “{name}” was not found in PATH ({path_text})."
            " Write its full path, or add its folder to PATH in the environment.",
            permanent=True,
        )
    return found


def _check_sizes(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    for text in arguments:
        _check_text(text, "The command's text")
    for name, value in environment.items():
        if _LONGEST_STRING_BYTES and len(value) * 4 > _LONGEST_STRING_BYTES - len(name):
            _check_text(f"{name}={value}", f"The variable {name}")
    texts = [*arguments, *environment.keys(), *environment.values()]
    # Four bytes a character at most: hardly any plan has to be encoded to know that it is small enough.
    if _MOST_BYTES is None or sum(map(len, texts)) * 4 + len(texts) * (_POINTER_BYTES + 1) < _MOST_BYTES:
        return
    count = len(arguments) + len(environment)
    # Each text has its NUL, each variable its “=”, and the program's path stands there once more.
    size = sum(len(os.fsencode(text)) for text in texts) + len(environment) + len(arguments[0]) + 1
    if size + count * (_POINTER_BYTES + 1) > _MOST_BYTES:
        raise CannotStart(
            f"The arguments and the {len(environment)} variables of the environment come to {size} bytes together, and"
            f" the system takes {_MOST_BYTES}. Put large values into files.",
            permanent=True,
        )


def _check_text(text: str, what: str) -> None:
    if "\0" in text:
        raise CannotStart(f"{what} holds a NUL character, which no process can be given. Take it out.", permanent=True)
    if _LONGEST_STRING_BYTES and len(os.fsencode(text)) > _LONGEST_STRING_BYTES:
        raise CannotStart(
            f"{what} is longer than the {_LONGEST_STRING_BYTES} bytes that the system takes. Put it into a file.",
            permanent=True,
        )


def _with_line(error: TemplateError, text: str) -> str:
    """Return the error's sentence, with the place where the text has more than one line."""
    return f"{error.message} (line {error.line}, column {error.column})" if "\n" in text.strip() else error.message


def _milliseconds(duration: timedelta | None) -> int | None:
    return None if duration is None else round(duration / timedelta(milliseconds=1))
