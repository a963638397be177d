"""What a command gets in an environment as it is written now, and how that differs from a login shell."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from core.catalog.catalog import Catalog
from core.catalog.layering import definition_of
from core.catalog.specs import EnvironmentSpec
from core.errors import ClockhandError
from core.exchange.env_file import read_env_files
from core.execution.definitions import Base
from core.execution.effective import EffectiveVariable, effective
from core.execution.environment import JOB_VARIABLES, base_environment, without_bundle_variables
from core.execution.login_shell import BOOKKEEPING, LoginShell

__all__ = [
    "Contrast",
    "Difference",
    "Result",
    "compare",
    "find_result",
    "own_session",
    "to_copy",
]


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


def find_result(
    spec: EnvironmentSpec, catalog: Catalog, session: Mapping[str, str], login: LoginShell, *, compares: bool
) -> Result:
    """Return what a command gets; the login shell is asked where the base needs it, or where one `compares` with it.

    Files of variables are read as at a run. May take as long as the login shell does. Raises StorageError.
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
    files: dict[str, dict[str, str]] = {}
    try:
        files = read_env_files(definition, base, Path.home())
    except ClockhandError as error:
        failure = failure or str(error)
    # What refers to one of these differs from job to job, too, and says so.
    own = {name: f"${{{name}}}" for name in JOB_VARIABLES}
    return Result(spec, effective(definition, base, {}, own, files=files), found, failure)


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
