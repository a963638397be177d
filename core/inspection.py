"""What a command gets in an environment as it is written now, how a login shell differs, and what to take of one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from core.catalog.catalog import Catalog
from core.catalog.layering import definition_of
from core.catalog.specs import EnvironmentSpec
from core.errors import ClockhandError, InvalidError
from core.exchange.env_file import read_env_files
from core.execution.definitions import Base, EnvironmentDefinition, FileVariables
from core.execution.effective import BASE_ORIGINS, EffectiveVariable, effective
from core.execution.environment import JOB_VARIABLES, base_environment, validate_variable, without_bundle_variables
from core.execution.login_shell import BOOKKEEPING, LoginShell
from core.execution.references import escape
from core.execution.secret_names import holds_credentials, looks_secret

__all__ = [
    "Captured",
    "Contrast",
    "Difference",
    "Result",
    "capture",
    "compare",
    "inspect",
    "own_session",
    "to_copy",
]

# What belongs to one terminal, one login or one service, and would be wrong in any other.
_OF_ONE_SESSION = frozenset(
    {
        "COLORTERM", "COLUMNS", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "GPG_TTY", "INVOCATION_ID", "JOURNAL_STREAM",
        "LINES", "LS_COLORS", "MAIL", "MANAGERPID", "NOTIFY_SOCKET", "PROMPT", "PROMPT_COMMAND", "PS1", "PS2", "PS4",
        "SESSION_MANAGER", "STY", "TERM", "TMUX", "TMUX_PANE", "WAYLAND_DISPLAY", "WINDOW", "WINDOWID", "XAUTHORITY",
        *BOOKKEEPING,
    }
)  # fmt: skip
_PREFIXES_OF_ONE_SESSION = ("CLOCKHAND_", "GNOME_TERMINAL_", "KONSOLE_", "SSH_", "TERM_", "VTE_", "XDG_")


@dataclass(frozen=True, slots=True)
class Result:
    """The variables of a process, sorted by name; `login` is None where the login shell was not asked or failed.

    `spec` is what was looked at. `failure` says why the login shell could not tell its variables, or a file not be
    read.
    """

    spec: EnvironmentSpec
    variables: Sequence[EffectiveVariable] = field(repr=False)
    login: Mapping[str, str] | None = field(default=None, repr=False)
    failure: str = ""
    working_directory: str | None = None
    """Where commands run that name no folder, as it is written; None is the home folder."""

    @property
    def above_base(self) -> list[EffectiveVariable]:
        """Return what the environment itself and what it extends have a part in, without what is Clockhand's own."""
        bases = {*BASE_ORIGINS.values()}
        return [each for each in self.variables if each.origin not in bases and each.name not in JOB_VARIABLES]


class Difference(StrEnum):
    """How a variable of the environment stands to that of the login shell."""

    MISSING = "missing"
    OTHER = "other"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Contrast:
    """One variable that is not the same here (`here`) and in the login shell (`there`); None: it is not there."""

    name: str
    difference: Difference
    here: EffectiveVariable | None
    there: str | None = field(repr=False)


def own_session() -> dict[str, str]:
    """Return the variables of this session as a job would get them."""
    return without_bundle_variables(dict(os.environ), frozen=getattr(sys, "frozen", False))


def _no_secrets(_: EnvironmentDefinition) -> Mapping[str, str]:
    return {}


def inspect(
    spec: EnvironmentSpec,
    catalog: Catalog,
    session: Mapping[str, str],
    login: LoginShell,
    *,
    compares: bool,
    secrets: Callable[[EnvironmentDefinition], Mapping[str, str]] = _no_secrets,
) -> Result:
    """Return what a command gets; the login shell is asked where the base needs it, or where one `compares` with it.

    Files of variables are read as at a run. `secrets` gives plain values, or stand-ins for these, by name. May take as
    long as the login shell does. Raises StorageError, and what `secrets` raises.
    """
    definition = definition_of(spec, {record.spec.name: record.spec for record in catalog.environments()})
    found: dict[str, str] | None = None
    failure = ""
    if compares or definition.base is Base.LOGIN:
        try:
            found = login.variables()
        except ClockhandError as error:
            failure = str(error)
    base = base_environment(definition.base, session=session, login=found if found is not None else {})
    files: dict[str, FileVariables] = {}
    try:
        files = read_env_files(definition, base, Path.home())
    except ClockhandError as error:
        failure = failure or str(error)
    # What refers to one of these differs from job to job, too, and says so.
    own = {name: f"${{{name}}}" for name in JOB_VARIABLES}
    variables = effective(definition, base, secrets(definition), own, files=files)
    return Result(spec, variables, found, failure, definition.working_directory)


def compare(result: Result) -> list[Contrast]:
    """Return what differs from the login shell: what is missing first, then other values, then what only is here.

    Clockhand's own variables are left out, they are in no shell; and what a shell keeps for itself.
    """
    left_out = {*JOB_VARIABLES, *BOOKKEEPING}
    here = {each.name: each for each in result.variables if each.name not in left_out and not each.unset}
    there = {name: value for name, value in (result.login or {}).items() if name not in left_out}
    found = []
    for name in sorted(here.keys() | there.keys()):
        if name not in here:
            found.append(Contrast(name, Difference.MISSING, None, there[name]))
        elif name not in there:
            found.append(Contrast(name, Difference.ADDED, here[name], None))
        elif here[name].value != there[name]:
            found.append(Contrast(name, Difference.OTHER, here[name], there[name]))
    order = list(Difference)
    return sorted(found, key=lambda contrast: order.index(contrast.difference))


def to_copy(variables: Iterable[EffectiveVariable]) -> dict[str, str]:
    """Return what can be given on as text: no secrets, and nothing that differs from job to job."""
    return {
        variable.name: variable.value
        for variable in variables
        if variable.value is not None and not variable.secret and variable.name not in JOB_VARIABLES
    }


@dataclass(frozen=True, slots=True)
class Captured:
    """What an environment would take of a shell, fit to be its values; and the names that look secret, left out."""

    variables: Mapping[str, str] = field(repr=False)
    left_out: tuple[str, ...] = ()


def capture(shell: Mapping[str, str], here: Iterable[EffectiveVariable], only: Collection[str] = ()) -> Captured:
    """Return what makes a process that gets `here` have what `shell` has, without what belongs to one session alone.

    What is a secret here is left out, and so is what looks like one there, since a variable's value is kept as plain
    text: unless it is named in `only`, which takes these names and no others.
    """
    have = {each.name: each for each in here}
    taken: dict[str, str] = {}
    left_out: list[str] = []
    for name, value in sorted(shell.items()):
        named = name in only
        if (only and not named) or not _is_of_interest(name, value, named=named):
            continue
        before = have.get(name)
        if before is not None and (before.secret or before.value == value):
            continue
        if not named and (looks_secret(name) or holds_credentials(value)):
            left_out.append(name)
        else:
            taken[name] = escape(value)
    return Captured(taken, tuple(left_out))


def _is_of_interest(name: str, value: str, *, named: bool) -> bool:
    if not named and (name in _OF_ONE_SESSION or name.startswith(_PREFIXES_OF_ONE_SESSION)):
        return False
    try:
        validate_variable(name, value)
        value.encode()
    except (InvalidError, UnicodeEncodeError):
        # Functions that bash exports, names that only other shells know, and bytes that are no text.
        return False
    return True
