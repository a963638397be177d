"""Says what each job line becomes here: a command, an environment, a cron and a schedule, under names of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar, cast

from core.catalog.specs import SYSTEM_ZONE, CommandSpec, CronSpec, EnvironmentSpec, Kind, ScheduleSpec, Spec
from core.catalog.storing import resolve_cron
from core.catalog.validation import kind_of, problems
from core.crontab.fields import to_expression
from core.crontab.naming import name_in_command, shortened
from core.crontab.reading import OWN_SETTINGS, BadLine, Crontab, JobLine
from core.crontab.shell_text import to_shell_text
from core.errors import InvalidError
from core.exchange.bundle import Bundle
from core.execution.environment import validate_variable
from core.execution.references import escape
from core.timing.errors import CronError

__all__ = ["CRON_VARIABLES", "Becoming", "Existing", "Plan", "become", "passed_on"]

CRON_VARIABLES: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
"""What cron gives to a job that no line sets otherwise (crontab(5); PATH is _PATH_DEFPATH of paths.h)."""

Existing = Mapping[Kind, Mapping[str, Spec]]
"""What is saved already, by kind and name."""

S = TypeVar("S", bound=Spec)

_ENVIRONMENT_NAME = "crontab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Becoming:
    """A job line with what it becomes; `exists` is whether that is saved already, so that nothing is to be done."""

    job: JobLine
    command: CommandSpec
    environment: EnvironmentSpec
    cron: CronSpec
    schedule: ScheduleSpec
    exists: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What importing would do: `bundle` is ready for `core.exchange.bundle.apply_bundle`.

    `errors` are the bad lines, those that can't be taken over included, in the order of the crontab.
    """

    becomings: tuple[Becoming, ...]
    errors: tuple[BadLine, ...]
    bundle: Bundle


def become(crontab: Crontab, existing: Existing, source_name: str) -> Plan:
    """Return what the lines of `crontab` become beside what exists; nothing that exists is changed.

    A name that is taken by something else gets a number; what exists and is the same is used, so that importing the
    same crontab again changes nothing. Environments and crons that are equal are shared. The programs run in
    a clean environment with what cron gives, and may overlap, as under cron; what was missed runs once afterwards.
    """
    names = _Names(existing)
    becomings: list[Becoming] = []
    errors = list(crontab.errors)
    for job in crontab.jobs:
        reason = _refusal(job)
        if reason is None:
            becomings.append(_become(job, names))
        else:
            errors.append(BadLine(job.line, job.text, reason))
    bundle = Bundle(
        source_name=source_name,
        environments=_distinct(each.environment for each in becomings),
        crons=_distinct(each.cron for each in becomings),
        commands=_distinct(each.command for each in becomings),
        schedules=_distinct(each.schedule for each in becomings),
    )
    return Plan(tuple(becomings), tuple(sorted(errors, key=lambda error: error.line)), bundle)


def passed_on(job: JobLine) -> dict[str, str]:
    """Return the variables of the crontab that the command gets here.

    Not among them are those that steer cron itself, unless the command names them, LOGNAME, which cron does not let
    a crontab change, and names that no shell can read.
    """
    return {name: value for name, value in job.environment.items() if _is_passed_on(job, name, value)}


def _is_passed_on(job: JobLine, name: str, value: str) -> bool:
    if name == "LOGNAME" or (name in OWN_SETTINGS and name not in job.command and name not in (job.stdin or "")):
        return False
    try:
        validate_variable(name, value)
    except InvalidError:
        return False
    return True


class _Names:
    """Gives out names, each to one thing."""

    def __init__(self, existing: Existing) -> None:
        self._existing = existing
        self._given: set[tuple[Kind, str]] = set()
        self._shared: dict[str, Spec] = {}
        self._last: dict[tuple[Kind, str], int] = {}

    def settle(self, spec: S) -> S:
        """Return `spec` under the first name that is free, or that the same thing has already."""
        kind = kind_of(spec)
        saved = self._existing.get(kind, {})
        # Among what exists the same thing may have any of the numbers.
        number = 0 if spec.name in saved else self._last.get((kind, spec.name), 0)
        while True:
            number += 1
            name = spec.name if number == 1 else f"{spec.name} ({number})"
            if (kind, name) in self._given:
                continue
            named = replace(spec, name=name)
            if name not in saved or saved[name] == _as_saved(named):
                self._given.add((kind, name))
                self._last[kind, spec.name] = number
                return named

    def exists(self, spec: Spec) -> bool:
        """Return whether the very same thing is saved under this name."""
        return self._existing.get(kind_of(spec), {}).get(spec.name) == _as_saved(spec)

    def share(self, spec: S) -> S:
        """Return what `settle` returned for the same thing before, or settle it now."""
        key = repr(spec)
        if key not in self._shared:
            self._shared[key] = self.settle(spec)
        return cast("S", self._shared[key])


def _as_saved(spec: Spec) -> Spec:
    return resolve_cron(spec) if isinstance(spec, CronSpec) else spec


def _become(job: JobLine, names: _Names) -> Becoming:
    name = job.name or name_in_command(job.command)
    environment = names.share(_environment(job, _ENVIRONMENT_NAME))
    cron = names.share(_cron(job, _cron_name(job)))
    command = names.share(_command(job, name))
    schedule = names.settle(
        ScheduleSpec(
            name=name,
            command=command.name,
            environments=(environment.name,),
            crons=(cron.name,),
            jitter=timedelta(minutes=job.delay_min),
        )
    )
    return Becoming(
        job=job,
        command=command,
        environment=environment,
        cron=cron,
        schedule=schedule,
        exists=names.exists(schedule),
    )


def _command(job: JobLine, name: str) -> CommandSpec:
    text = to_shell_text(job.command, job.stdin, job.shell)
    return CommandSpec(name=name, run=text.run, shell=text.shell.value, overlap="allow")


def _environment(job: JobLine, name: str) -> EnvironmentSpec:
    variables = {**CRON_VARIABLES, **passed_on(job)}
    home = variables.get("HOME", "")
    return EnvironmentSpec(
        name=name,
        base="clean",
        variables={key: escape(value) for key, value in variables.items()},
        # Cron changes to HOME before it runs the command (cron(8)).
        working_directory=home if home.startswith("/") else None,
    )


def _cron(job: JobLine, name: str) -> CronSpec:
    expression = to_expression(job.written, identity=name)
    return CronSpec(name=name, expression=expression.text, timezone=job.timezone)


def _cron_name(job: JobLine) -> str:
    return shortened(job.written if job.timezone == SYSTEM_ZONE else f"{job.written} {job.timezone}")


def _refusal(job: JobLine) -> str | None:
    """Return why the line can't be taken over, or None."""
    try:
        found = problems(_command(job, "x")) + problems(_environment(job, "x")) + problems(_cron(job, _cron_name(job)))
    except CronError as error:
        return error.message
    return found[0].message if found else None


def _distinct(specs: Iterable[S]) -> tuple[S, ...]:
    return tuple({spec.name: spec for spec in specs}.values())
