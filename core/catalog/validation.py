"""Says what is wrong with a definition, one clear sentence per field, before anything of it is saved."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePosixPath, PureWindowsPath

from core.catalog.layering import circle_among
from core.catalog.specs import (
    SYSTEM_ZONE,
    CommandSpec,
    CronSpec,
    EnvironmentSpec,
    Kind,
    QueueSpec,
    ScheduleSpec,
    Spec,
)
from core.durations import format_duration
from core.errors import ClockhandError, InvalidError, Problem, suggest
from core.execution.definitions import Base, Shell, has_terminals
from core.execution.environment import validate_variable
from core.execution.shells import split
from core.execution.template import FACT_NAMES, TemplateError, compile_template
from core.queue.states import Overlap
from core.timing.cron import parse
from core.timing.due import CatchUp
from core.timing.errors import CronError, ZoneError
from core.timing.zones import load_zone

__all__ = ["Known", "kind_of", "place", "problems", "unknown_variables"]

LONGEST_NAME = 200
LONGEST_RUN = 100_000
HIGHEST_EXIT_CODE = 4_294_967_295 if os.name == "nt" else 255
PRIORITIES = (-100, 100)
ATTEMPTS = (1, 100)
CATCH_UP_LIMITS = (1, 1000)
QUEUE_LIMITS = (1, 1000)
_LONGEST_SHOWN = 60
_MILLISECOND = timedelta(milliseconds=1)
_LONGEST_GRACE = timedelta(hours=1)
_LONGEST_JITTER = timedelta(days=1)
_LONGEST = timedelta(days=3650)
# C0, DEL and C1 would garble every list and log that shows the name; lone surrogates can't be written to a file.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that a definition may refer to; `environments` maps each to the one that it extends."""

    commands: Collection[str] = frozenset()
    crons: Collection[str] = frozenset()
    environments: Mapping[str, str | None] = field(default_factory=dict)
    variables: Collection[str] = frozenset()
    """The names of the variables and secrets of all environments."""
    specs: Mapping[str, EnvironmentSpec] = field(default_factory=dict)
    """The environments themselves; circles of references are looked for among these."""


_KINDS: dict[type[Spec], Kind] = {
    CommandSpec: Kind.COMMAND,
    EnvironmentSpec: Kind.ENVIRONMENT,
    CronSpec: Kind.CRON,
    ScheduleSpec: Kind.SCHEDULE,
    QueueSpec: Kind.QUEUE,
}


def kind_of(spec: Spec) -> Kind:
    """Return which kind of thing the spec defines."""
    return _KINDS[type(spec)]


def place(kind: Kind, name: str, key: str | None = None) -> str:
    """Return where a problem is, in the words of a bundle file: `commands “sync orders”: timeout`."""
    shown = _CONTROL.sub("\ufffd", name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…")
    return f"{kind.plural} “{shown}”" + (f": {key}" if key else "")


def problems(spec: Spec, known: Known | None = None) -> list[Problem]:
    """Return everything that is wrong with `spec`; references are checked only where `known` is given.

    Whether a template names a variable that no environment has is a question of its own: `unknown_variables`.
    """
    found = _Findings(kind_of(spec), spec.name)
    found.check_name("name", spec.name)
    match spec:
        case CommandSpec():
            _check_command(found, spec)
        case EnvironmentSpec():
            _check_environment(found, spec, known)
        case CronSpec():
            _check_cron(found, spec)
        case ScheduleSpec():
            _check_schedule(found, spec, known)
        case QueueSpec():
            if spec.limit is not None:
                found.check_range("limit", spec.limit, QUEUE_LIMITS)
    return found.problems


def unknown_variables(spec: CommandSpec, known: Known) -> list[Problem]:
    """Return one problem for each variable in the command's text that no environment has.

    A command may be written before its environments, so this is a warning in a form; in a file, where everything is
    at hand, it is a fault. An invalid template has none. Where an environment reads a file at each run nobody can know
    which names there are, and none is a problem.
    """
    if any(each.env_file for each in known.specs.values()):
        return []
    found = _Findings(Kind.COMMAND, spec.name)
    names = sorted({*known.variables, *FACT_NAMES})
    for name, line, _column in _unknown_names(spec, names):
        found.add(
            "run",
            f"Line {line} of the text names “{name}”, which no environment has as a variable.{suggest(name, names)} "
            "Add it to an environment, or correct the name.",
        )
    return found.problems


def _unknown_names(spec: CommandSpec, names: Collection[str]) -> list[tuple[str, int, int]]:
    try:
        return compile_template(spec.run, Shell(spec.shell)).unknown_names(names)
    except (TemplateError, ValueError):
        return []


class _Findings:
    """Collects the problems of one spec."""

    def __init__(self, kind: Kind, name: str) -> None:
        self._kind = kind
        self._name = name
        self.problems: list[Problem] = []

    def add(self, key: str, message: str) -> None:
        self.problems.append(Problem(place(self._kind, self._name, key), message, field=key))

    def check_name(self, key: str, name: str) -> None:
        if not name.strip():
            self.add(key, f"It is empty. Write a name of 1 to {LONGEST_NAME} characters.")
        elif name != name.strip():
            self.add(key, f"“{name.strip()}” has blanks before or after it. Remove them.")
        elif len(name) > LONGEST_NAME:
            self.add(key, f"It has {len(name)} characters. Write at most {LONGEST_NAME}.")
        elif control := _CONTROL.search(name):
            self.add(
                key, f"It holds the control character U+{ord(control[0]):04X}. Write it on one line, as plain text."
            )

    def check_writable(self, key: str, text: str) -> bool:
        if bad := _UNWRITABLE.search(text):
            self.add(key, f"It holds the character U+{ord(bad[0]):04X}, which no program can receive. Remove it.")
            return False
        return True

    def check_choice(self, key: str, value: str, choices: Iterable[str]) -> None:
        words = [str(choice) for choice in choices]
        if value not in words:
            self.add(key, f"“{value}” is none of {_either(words)}.{suggest(value, words)}")

    def check_range(self, key: str, value: int, bounds: tuple[int, int]) -> None:
        lowest, highest = bounds
        if not lowest <= value <= highest:
            self.add(key, f"{value} is out of range. Write a whole number from {lowest} to {highest}.")

    def check_duration(
        self, key: str, value: timedelta, *, shortest: timedelta = _MILLISECOND, longest: timedelta = _LONGEST
    ) -> None:
        if not shortest <= value <= longest:
            self.add(
                key,
                f"{value.total_seconds():g} s is out of range. "
                f"Write a duration from {format_duration(shortest)} to {format_duration(longest)}.",
            )
        elif value % _MILLISECOND:
            self.add(key, f"{value.total_seconds():g} s is finer than a millisecond. Write whole milliseconds.")

    def check_distinct(self, key: str, values: Iterable[object]) -> None:
        seen: set[object] = set()
        for value in values:
            if value in seen:
                self.add(key, f"“{value}” stands there twice. Remove one.")
            seen.add(value)

    def check_reference(self, key: str, kind: Kind, name: str, names: Collection[str]) -> None:
        if name not in names:
            self.add(key, f"There is no {kind} named “{name}”.{suggest(name, names)}")


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _check_command(found: _Findings, spec: CommandSpec) -> None:
    found.check_choice("shell", spec.shell, Shell)
    _check_run(found, spec)
    if spec.working_directory is not None:
        _check_full_path(found, "working_directory", spec.working_directory, or_begins="./")
    if spec.timeout is not None:
        found.check_duration("timeout", spec.timeout)
    found.check_duration("grace", spec.grace, shortest=timedelta(), longest=_LONGEST_GRACE)
    found.check_range("max_attempts", spec.max_attempts, ATTEMPTS)
    found.check_duration("backoff_base", spec.backoff_base)
    found.check_duration("backoff_cap", spec.backoff_cap)
    if spec.backoff_cap < spec.backoff_base:
        found.add(
            "backoff_cap",
            f"{format_duration(spec.backoff_cap)} is shorter than backoff_base ({format_duration(spec.backoff_base)}). "
            "Write at least as much.",
        )
    found.check_choice("overlap", spec.overlap, Overlap)
    if spec.concurrency_group is not None:
        found.check_name("concurrency_group", spec.concurrency_group)
    found.check_name("queue", spec.queue)
    found.check_range("priority", spec.priority, PRIORITIES)
    if not spec.success_exit_codes:
        found.add(
            "success_exit_codes", "It is empty, so no run could ever succeed. Write at least one code, such as 0."
        )
    for code in spec.success_exit_codes:
        found.check_range("success_exit_codes", code, (0, HIGHEST_EXIT_CODE))
    found.check_distinct("success_exit_codes", spec.success_exit_codes)
    if spec.terminal and not has_terminals():
        found.add(
            "terminal", "Windows has no terminals to give to a command. Leave it out; the command runs without one."
        )
    for tag in spec.tags:
        found.check_name("tags", tag)
    found.check_distinct("tags", spec.tags)


def _check_run(found: _Findings, spec: CommandSpec) -> None:
    if not spec.run.strip():
        found.add("run", "It is empty. Write what is to be run.")
        return
    if len(spec.run) > LONGEST_RUN:
        found.add("run", f"It has {len(spec.run)} characters. Put it into a script file and run that.")
        return
    if not found.check_writable("run", spec.run) or spec.shell not in set(Shell):
        return
    try:
        compile_template(spec.run, Shell(spec.shell))
        if spec.shell == Shell.NONE and "{{" not in spec.run and "{%" not in spec.run:
            split(spec.run)
    except TemplateError as error:
        where = f"Line {error.line} of the text: " if "\n" in spec.run.strip() else ""
        found.add("run", f"{where}{error}")
    except ClockhandError as error:
        found.add("run", str(error))
    for name, line, _column in _unknown_names(spec, FACT_NAMES):
        # A plain name may be a variable of an environment that is written later; these can only be facts of the job.
        if "." in name:
            facts = ", ".join(FACT_NAMES)
            found.add("run", f"Line {line} of the text names “{name}”, which does not exist. Write one of {facts}.")


def _check_full_path(found: _Findings, key: str, path: str, *, or_begins: str = "~") -> None:
    if not found.check_writable(key, path):
        return
    absolute = PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
    if not absolute and not path.startswith(("~", or_begins)):
        more = {
            "./": ", or with ./ for one below the environment's",
            "${": ", or with ${NAME} for what a variable says",
        }
        found.add(
            key,
            f"“{path}” is not a full path. Write one that begins with / (or a drive) or with ~ for the home folder"
            f"{more.get(or_begins, '')}.",
        )


def _check_environment(found: _Findings, spec: EnvironmentSpec, known: Known | None) -> None:
    found.check_choice("base", spec.base, Base)
    for name, value in spec.variables.items():
        _check_variable(found, "variables", name, value)
    for name in spec.secrets:
        _check_variable(found, "secrets", name, "")
        if name in spec.variables:
            found.add("secrets", f"“{name}” stands under variables as well. Remove it from one of the two.")
    found.check_distinct("secrets", spec.secrets)
    _check_unset(found, spec)
    if spec.working_directory is not None:
        _check_full_path(found, "working_directory", spec.working_directory)
    if spec.env_file is not None:
        _check_full_path(found, "env_file", spec.env_file)
    for folder in spec.path:
        _check_path_folder(found, folder)
    found.check_distinct("path", spec.path)
    if known is not None and spec.extends is not None:
        _check_extends(found, spec.name, spec.extends, known.environments)
    _check_references(found, spec, known.specs if known is not None else {})


def _check_unset(found: _Findings, spec: EnvironmentSpec) -> None:
    for name in spec.unset:
        _check_variable(found, "unset", name, "")
        for key in ("variables", "secrets"):
            if name in getattr(spec, key):
                found.add("unset", f"“{name}” stands under {key} as well. Remove it from one of the two.")
    found.check_distinct("unset", spec.unset)


def _check_path_folder(found: _Findings, folder: str) -> None:
    if os.pathsep in folder:
        found.add("path", f"“{folder}” holds “{os.pathsep}”, which parts folders. Write each folder by itself.")
    else:
        _check_full_path(found, "path", folder, or_begins="${")


def _check_references(found: _Findings, spec: EnvironmentSpec, specs: Mapping[str, EnvironmentSpec]) -> None:
    if bad := circle_among(spec, specs):
        name, circle = bad
        where = "" if name == spec.name else f" in “{name}”, which builds on it"
        found.add(
            "variables",
            f"Variables refer to each other in a circle{where}: {' → '.join(circle)}. Write a value into one of them.",
        )


def _check_variable(found: _Findings, key: str, name: str, value: str) -> None:
    try:
        validate_variable(name, value)
    except InvalidError as error:
        for problem in error.problems:
            found.add(key, f"“{name}”: {problem.message}")
    else:
        found.check_writable(key, value)


def _check_extends(found: _Findings, name: str, extends: str, parents: Mapping[str, str | None]) -> None:
    found.check_reference("extends", Kind.ENVIRONMENT, extends, parents)
    chain = [name]
    nearest: str | None = extends
    while nearest is not None and nearest not in chain:
        chain.append(nearest)
        nearest = parents.get(nearest)
    if nearest == name:
        circle = " → ".join(f"“{link}”" for link in [*chain, name])
        found.add("extends", f"It comes back to itself: {circle}. Let one of them extend another one, or none.")


def _check_cron(found: _Findings, spec: CronSpec) -> None:
    try:
        parse(spec.expression, identity=spec.name)
    except CronError as error:
        found.add("expression", error.message)
    if spec.timezone == SYSTEM_ZONE:
        return
    try:
        load_zone(spec.timezone)
    except ZoneError as error:
        found.add("timezone", error.message)


def _check_schedule(found: _Findings, spec: ScheduleSpec, known: Known | None) -> None:
    found.check_distinct("environments", spec.environments)
    found.check_distinct("crons", spec.crons)
    found.check_choice("catch_up", spec.catch_up, CatchUp)
    found.check_range("catch_up_limit", spec.catch_up_limit, CATCH_UP_LIMITS)
    found.check_duration("catch_up_max_age", spec.catch_up_max_age)
    found.check_duration("jitter", spec.jitter, shortest=timedelta(), longest=_LONGEST_JITTER)
    if known is None:
        return
    found.check_reference("command", Kind.COMMAND, spec.command, known.commands)
    for name in spec.environments:
        found.check_reference("environments", Kind.ENVIRONMENT, name, known.environments)
    for name in spec.crons:
        found.check_reference("crons", Kind.CRON, name, known.crons)
