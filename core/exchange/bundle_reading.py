"""Reads a bundle file into specs, and names everything that is wrong with it by key and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, Kind, QueueSpec, ScheduleSpec, Spec
from core.catalog.validation import Known, place, problems, unknown_variables
from core.errors import InvalidError, Problem, suggest
from core.exchange.schema import SPECS, TABLES, VERSION, ItemsError, Key, defaults_of
from core.exchange.toml_lines import TomlLines

__all__ = ["Bundle", "merged", "read_bundle"]

S = TypeVar("S", bound=Spec)

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_KINDS = {kind.plural: kind for kind in TABLES}
# Checks that compare a key with another one can say nothing where the other one is faulty.
_COMPARED = {"backoff_cap": "backoff_base", "run": "shell"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The definitions of one file, in its order, with the lines they came from."""

    source_name: str
    environments: tuple[EnvironmentSpec, ...] = ()
    crons: tuple[CronSpec, ...] = ()
    commands: tuple[CommandSpec, ...] = ()
    schedules: tuple[ScheduleSpec, ...] = ()
    queues: tuple[QueueSpec, ...] = ()
    lines: TomlLines = field(default_factory=TomlLines, repr=False, compare=False)

    def specs(self, kind: Kind) -> tuple[Spec, ...]:
        """Return the definitions of one kind."""
        found: tuple[Spec, ...] = getattr(self, kind.plural)
        return found

    def problems(self, known: Known) -> list[Problem]:
        """Return what is wrong, references included: they may point into the file or to what is `known`."""
        everything = merged(known, self)
        return [
            _in_file(problem, self.lines, kind, index, spec.name)
            for kind in TABLES
            for index, spec in enumerate(self.specs(kind))
            for problem in _problems(spec, everything)
        ]


def read_bundle(text: str, source_name: str, known: Known | None = None) -> Bundle:
    """Return the definitions in `text`; `source_name` is how the user knows the file.

    Where `known` names what is saved already, references are checked here too; applying checks them in any case.
    Raises InvalidError with every problem that was found, each with its line where that is certain.
    """
    text = text.removeprefix("\ufeff")
    data = _parse(text, source_name)
    reader = _Reader(TomlLines.of(text))
    reader.read(data, source_name)
    bundle = reader.bundle(source_name)
    found = reader.problems
    if known is not None:
        everything = merged(known, bundle, reader.named, reader.variables)
        for entry in reader.entries:
            fresh = entry.in_file(_problems(entry.spec, everything), reader.lines)
            found.extend(problem for problem in fresh if problem not in found)
    if found:
        raise InvalidError(sorted(found, key=lambda problem: problem.line or 0))
    return bundle


def merged(
    known: Known,
    bundle: Bundle,
    named: Mapping[Kind, Mapping[str, Any]] | None = None,
    more_variables: Iterable[str] = (),
) -> Known:
    """Return what may be referred to once `bundle` is applied.

    `named` and `more_variables` add names whose definitions are faulty.
    """
    named = named or {}
    variables = {name for spec in bundle.environments for name in (*spec.variables, *spec.secrets)}
    variables.update(more_variables)
    return Known(
        commands={*known.commands, *(spec.name for spec in bundle.commands), *named.get(Kind.COMMAND, ())},
        crons={*known.crons, *(spec.name for spec in bundle.crons), *named.get(Kind.CRON, ())},
        environments={
            **known.environments,
            **dict.fromkeys(named.get(Kind.ENVIRONMENT, ())),
            **{spec.name: spec.extends for spec in bundle.environments},
        },
        variables={*known.variables, *variables},
        specs={**known.specs, **{spec.name: spec for spec in bundle.environments}},
    )


def _problems(spec: Spec, known: Known) -> list[Problem]:
    found = problems(spec, known)
    # A command whose environment was deleted can be kept, disabled, and so come back from an export.
    if isinstance(spec, CommandSpec) and spec.enabled:
        found += unknown_variables(spec, known)
    return found


def _in_file(problem: Problem, lines: TomlLines, kind: Kind, index: int, name: str) -> Problem:
    where = problem.where if name.strip() else f"{kind.plural} number {index + 1}: {problem.field}"
    return replace(problem, where=where, line=lines.line(kind.plural, index, problem.field or "name"))


def _parse(text: str, source_name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at = _AT.search(message)
        reason = message[: at.start()] if at else message
        line = int(at[1]) if at and at[1] else text.count("\n") + 1
        column = f" in column {at[2]}" if at and at[2] else " at its end"
        raise InvalidError.single(source_name, f"The file is not valid TOML{column}: {reason}.", line=line) from error
    # Valid TOML that Python will not read.
    except ValueError as error:
        message = "The file holds a number of thousands of digits. Write a shorter one."
        raise InvalidError.single(source_name, message) from error
    except RecursionError as error:
        message = "The file holds lists or tables in one another, hundreds deep. Write them flat."
        raise InvalidError.single(source_name, message) from error


@dataclass(frozen=True, slots=True)
class _Entry:
    """One table of the file; in `spec` a key that is `faulty` has its default, or an empty text."""

    kind: Kind
    index: int
    spec: Spec
    faulty: frozenset[str]

    @property
    def is_whole(self) -> bool:
        return self.faulty <= defaults_of(self.kind).keys()

    def in_file(self, problems: Iterable[Problem], lines: TomlLines) -> list[Problem]:
        """Return what is wrong with the values that could be read, with its place."""
        return [
            _in_file(problem, lines, self.kind, self.index, self.spec.name)
            for problem in problems
            if self.faulty.isdisjoint({problem.field, _COMPARED.get(problem.field or "")})
        ]


class _Reader:
    """Goes through the data of one file and collects entries and problems."""

    def __init__(self, lines: TomlLines) -> None:
        self.lines = lines
        self.problems: list[Problem] = []
        self.entries: list[_Entry] = []
        self.named: dict[Kind, dict[str, int]] = {kind: {} for kind in TABLES}
        self.variables: set[str] = set()

    def bundle(self, source_name: str) -> Bundle:
        return Bundle(
            source_name=source_name,
            environments=tuple(self._of(EnvironmentSpec)),
            crons=tuple(self._of(CronSpec)),
            commands=tuple(self._of(CommandSpec)),
            schedules=tuple(self._of(ScheduleSpec)),
            queues=tuple(self._of(QueueSpec)),
            lines=self.lines,
        )

    def _of(self, kind: type[S]) -> Iterator[S]:
        return (entry.spec for entry in self.entries if isinstance(entry.spec, kind) and entry.is_whole)

    def read(self, data: Mapping[str, Any], source_name: str) -> None:
        self._read_version(data, source_name)
        for name, value in data.items():
            if name in _KINDS:
                self._read_table(_KINDS[name], value)
            elif name != "version":
                hint = suggest(name, ["version", *_KINDS])
                known = ", ".join(["version", *_KINDS])
                self._add(source_name, f"“{name}” is not part of a bundle.{hint} It may hold {known}.", name)

    def _read_version(self, data: Mapping[str, Any], source_name: str) -> None:
        version = data.get("version")
        if version is None:
            self._add(source_name, f"The version is missing. Write version = {VERSION} as the first line.")
        elif version != VERSION or isinstance(version, bool | float):
            self._add(
                f"{source_name}: version",
                f"{version!r} is not a version that this Clockhand reads. It reads version = {VERSION}; "
                "a file of a newer one needs a newer Clockhand.",
                "version",
            )

    def _read_table(self, kind: Kind, value: Any) -> None:
        table = kind.plural
        if not isinstance(value, list):
            self._add(table, f"Write [[{table}]], in two brackets, before the keys of each {kind}.", table)
            return
        for index, entry in enumerate(value):
            if isinstance(entry, dict):
                self._read_entry(kind, index, entry)
            else:
                self._add(table, f"Number {index + 1} is not a table. Write [[{table}]] and its keys.", table, index)

    def _read_entry(self, kind: Kind, index: int, entry: Mapping[str, Any]) -> None:
        name = entry.get("name")
        label = place(kind, name) if isinstance(name, str) and name else f"{kind.plural} number {index + 1}"
        self._check_twice(kind, index, label, name)
        keys = {key.name: key for key in TABLES[kind]}
        values: dict[str, Any] = {}
        for key_name, value in entry.items():
            path = (kind.plural, index, key_name)
            if key_name in keys:
                self._read_value(keys[key_name], value, values, label, path)
            else:
                hint = suggest(key_name, keys) or f" The keys of {kind.plural} are {', '.join(keys)}."
                self._add(f"{label}: {key_name}", f"There is no such key.{hint}", *path)
        if kind is Kind.ENVIRONMENT:
            self.variables.update(_variable_names(entry))
        required = [key for key in keys if key not in defaults_of(kind)]
        for key_name in required:
            if key_name not in entry:
                self._add(f"{label}: {key_name}", "It is missing, and has no default.", kind.plural, index)
        spec = SPECS[kind](**{**dict.fromkeys(required, ""), **values})
        faulty = frozenset(key for key in keys if key not in values and (key in entry or key in required))
        self.entries.append(_Entry(kind, index, spec, faulty))
        self.problems += self.entries[-1].in_file(problems(spec), self.lines)

    def _read_value(
        self, key: Key, value: Any, values: dict[str, Any], label: str, path: tuple[str | int, ...]
    ) -> None:
        try:
            values[key.name] = key.type.read(value)
        except ItemsError as error:
            for name, sentence in error.sentences.items():
                self._add(f"{label}: {key.name}", sentence, *path, name)
        except ValueError as error:
            self._add(f"{label}: {key.name}", str(error), *path)

    def _check_twice(self, kind: Kind, index: int, label: str, name: Any) -> None:
        if not isinstance(name, str):
            return
        if name not in self.named[kind]:
            self.named[kind][name] = index
            return
        first = self.lines.line(kind.plural, self.named[kind][name])
        where = f" (first in line {first})" if first else ""
        self._add(
            f"{label}: name",
            f"The file has this {kind} twice{where}. Remove or rename one.",
            kind.plural,
            index,
            "name",
        )

    def _add(self, where: str, message: str, *path: str | int) -> None:
        field_name = path[2] if len(path) > 2 and isinstance(path[2], str) else None
        self.problems.append(Problem(where, message, line=self.lines.line(*path) if path else None, field=field_name))


def _variable_names(entry: Mapping[str, Any]) -> set[str]:
    """Return the names of an environment's variables and secrets, whatever else is wrong with it."""
    return {name for key in ("variables", "secrets") for name in _iterable(entry.get(key)) if isinstance(name, str)}


def _iterable(value: Any) -> Iterable[Any]:
    return value if isinstance(value, dict | list) else ()
