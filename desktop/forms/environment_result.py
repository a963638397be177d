"""What a command gets in an environment as it is written now, and how that differs from a login shell."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.catalog.catalog import Catalog
from core.catalog.records import EnvironmentRecord
from core.catalog.specs import EnvironmentSpec
from core.errors import ClockhandError
from core.execution.definitions import Base, EnvironmentDefinition, Layer, VariableDefinition
from core.execution.environment import (
    JOB_VARIABLES,
    EffectiveVariable,
    base_environment,
    capture_login,
    effective,
    without_bundle_variables,
)

__all__ = [
    "Contrast",
    "Difference",
    "LoginShell",
    "Result",
    "compare",
    "definition_of",
    "find_result",
    "own_session",
    "to_copy",
]

_BOOKKEEPING = ("_", "SHLVL", "PWD", "OLDPWD")


@dataclass(frozen=True, slots=True)
class Result:
    """The variables of a process, sorted by name; `login` is None where the login shell was not asked or failed.

    `spec` is what was looked at. `failure` says why the login shell could not tell its variables.
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


class LoginShell:
    """Asks the login shell once and remembers what it said, or why it said nothing, until `forget`.

    From any thread, but never from a window's: it may take seconds.
    """

    def __init__(self, session: Mapping[str, str]) -> None:
        self._session = dict(session)
        self._answer: dict[str, str] | ClockhandError | None = None
        self._lock = threading.Lock()

    def variables(self) -> dict[str, str]:
        """Return what it sets up. Raises ClockhandError with a sentence."""
        with self._lock:
            if self._answer is None:
                try:
                    self._answer = capture_login(self._session)
                except ClockhandError as error:
                    # One that hangs takes its ten seconds: not again for each key that is typed in the form.
                    self._answer = error
            if isinstance(self._answer, ClockhandError):
                raise ClockhandError(str(self._answer))
            return self._answer

    @property
    def is_known(self) -> bool:
        """Return whether it need not be asked any more."""
        return self._answer is not None

    def forget(self) -> None:
        """Ask again the next time."""
        self._answer = None


def own_session() -> dict[str, str]:
    """Return the variables of this session as a job would get them."""
    return without_bundle_variables(dict(os.environ), frozen=getattr(sys, "frozen", False))


def definition_of(spec: EnvironmentSpec, records: Iterable[EnvironmentRecord]) -> EnvironmentDefinition:
    """Return the environment as if it were saved, with what it extends; a circle or a name without one ends it."""
    specs = {record.spec.name: record.spec for record in records}
    chain = [spec]
    while chain[-1].extends in specs and chain[-1].extends not in {each.name for each in chain}:
        chain.append(specs[chain[-1].extends])
    layers = tuple(Layer(environment_name=each.name, variables=_variables(each)) for each in reversed(chain))
    return EnvironmentDefinition(id=0, name=spec.name, base=Base(spec.base), layers=layers)


def find_result(
    spec: EnvironmentSpec, catalog: Catalog, session: Mapping[str, str], login: LoginShell, *, compares: bool
) -> Result:
    """Return what a command gets; the login shell is asked where the base needs it, or where one `compares` with it.

    May take as long as the login shell does. Raises StorageError.
    """
    definition = definition_of(spec, catalog.environments())
    found: dict[str, str] | None = None
    failure = ""
    if compares or definition.base is Base.LOGIN:
        try:
            found = login.variables()
        except ClockhandError as error:
            failure = str(error)
    base = base_environment(definition.base, session=session, login=found if found is not None else {})
    variables = effective(definition, base, {}, dict.fromkeys(JOB_VARIABLES, ""))
    return Result(spec, variables, found, failure)


def compare(result: Result) -> list[Contrast]:
    """Return what differs from the login shell: what is missing first, then other values, then what only is here.

    Clockhand's own variables are left out, they are in no shell; and what a shell keeps for itself.
    """
    left_out = {*JOB_VARIABLES, *_BOOKKEEPING}
    here = {variable.name: variable for variable in result.variables if variable.name not in left_out}
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


def _variables(spec: EnvironmentSpec) -> tuple[VariableDefinition, ...]:
    plain = [VariableDefinition(name=name, value=value) for name, value in spec.variables.items()]
    secret = [VariableDefinition(name=name, value=None, secret=True) for name in spec.secrets]
    return (*plain, *secret)
