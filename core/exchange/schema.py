"""The tables and keys of a bundle file (version 1), each with how its value is read and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from typing import Any, NoReturn

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, Kind, QueueSpec, ScheduleSpec, Spec
from core.durations import format_duration, parse_duration

__all__ = ["SPECS", "TABLES", "VERSION", "ItemsError", "Key", "ValueType", "defaults_of", "written"]

VERSION = 1
"""Changes only when a file that was valid would mean something else (DESIGN, what programs read and write)."""


class ItemsError(ValueError):
    """Some items of a table are wrong; `sentences` has one for each, by the item's name."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self.sentences = sentences
        super().__init__(" ".join(sentences.values()))


@dataclass(frozen=True, slots=True)
class ValueType:
    """How a value stands in the file; `read` raises ValueError with a sentence, `write` is its inverse.

    Of a table, `read` raises ItemsError, so that each of its items is told with its own line.
    """

    expects: str
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table; the spec has a field of the same name.

    A key that is not `always` written appears in an export only where its value differs from the default.
    """

    name: str
    type: ValueType
    always: bool = True


def _refuse(value: Any, expects: str) -> NoReturn:
    names = {bool: "true or false", int: "a number", float: "a number with a point", str: "a text", list: "a list"}
    found = next((name for kind, name in names.items() if isinstance(value, kind)), None)
    raise ValueError(f"It is {found or ('a table' if isinstance(value, dict) else 'a date or time')}. Write {expects}.")


def _of_type(kind: type, expects: str) -> ValueType:
    def read(value: Any) -> Any:
        # bool is a kind of int in Python, not in TOML.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            _refuse(value, expects)
        return value

    return ValueType(expects, read, lambda value: value)


def _list_of(item: ValueType, expects: str) -> ValueType:
    def read(value: Any) -> Any:
        if not isinstance(value, list):
            _refuse(value, expects)
        try:
            return tuple(item.read(one) for one in value)
        except ValueError:
            raise ValueError(f"The list holds something else as well. Write {expects}.") from None

    return ValueType(expects, read, list)


def _read_duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        _refuse(value, DURATION.expects)
    return parse_duration(value)


def _read_variables(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        _refuse(value, VARIABLES.expects)
    wrong = [name for name, one in value.items() if not isinstance(one, str)]
    if wrong:
        raise ItemsError({name: f"The value of “{name}” is not a text. Write it in quotes." for name in wrong})
    return value


TEXT = _of_type(str, "a text in quotes")
FLAG = _of_type(bool, "true or false, without quotes")
NUMBER = _of_type(int, "a whole number, without quotes")
TEXTS = _list_of(TEXT, 'a list of texts, such as ["one", "two"]')
NUMBERS = _list_of(NUMBER, "a list of whole numbers, such as [0, 1]")
DURATION = ValueType('a duration in quotes, such as "30s" or "10m"', _read_duration, format_duration)
VARIABLES = ValueType('a table of texts, such as { NAME = "value" }', _read_variables, dict)

TABLES: Mapping[Kind, tuple[Key, ...]] = {
    Kind.ENVIRONMENT: (
        Key("name", TEXT),
        Key("extends", TEXT),
        Key("base", TEXT),
        Key("enabled", FLAG),
        Key("variables", VARIABLES),
        Key("secrets", TEXTS),
        Key("unset", TEXTS, always=False),
        Key("working_directory", TEXT),
        Key("path", TEXTS, always=False),
        Key("env_file", TEXT),
    ),
    Kind.CRON: (
        Key("name", TEXT),
        Key("expression", TEXT),
        Key("timezone", TEXT),
        Key("enabled", FLAG, always=False),
    ),
    Kind.COMMAND: (
        Key("name", TEXT),
        Key("run", TEXT),
        Key("shell", TEXT),
        Key("working_directory", TEXT),
        Key("timeout", DURATION),
        Key("grace", DURATION, always=False),
        Key("max_attempts", NUMBER),
        Key("backoff_base", DURATION, always=False),
        Key("backoff_cap", DURATION, always=False),
        Key("overlap", TEXT),
        Key("concurrency_group", TEXT),
        Key("queue", TEXT),
        Key("priority", NUMBER),
        Key("success_exit_codes", NUMBERS),
        Key("interactive", FLAG, always=False),
        Key("terminal", FLAG, always=False),
        Key("tags", TEXTS),
        Key("enabled", FLAG, always=False),
    ),
    Kind.SCHEDULE: (
        Key("name", TEXT),
        Key("command", TEXT),
        Key("environments", TEXTS),
        Key("crons", TEXTS),
        Key("catch_up", TEXT),
        Key("catch_up_limit", NUMBER),
        Key("catch_up_max_age", DURATION),
        Key("jitter", DURATION, always=False),
        Key("enabled", FLAG),
    ),
    Kind.QUEUE: (
        Key("name", TEXT),
        Key("limit", NUMBER),
    ),
}
"""The tables and their keys, both in the order in which they are written."""

SPECS: Mapping[Kind, type[Spec]] = {
    Kind.ENVIRONMENT: EnvironmentSpec,
    Kind.CRON: CronSpec,
    Kind.COMMAND: CommandSpec,
    Kind.SCHEDULE: ScheduleSpec,
    Kind.QUEUE: QueueSpec,
}


def defaults_of(kind: Kind) -> dict[str, Any]:
    """Return what each key means when it is not written; the keys that are missing here must be written."""
    found = {}
    for one in fields(SPECS[kind]):
        if one.default is not MISSING:
            found[one.name] = one.default
        elif one.default_factory is not MISSING:
            found[one.name] = one.default_factory()
    return found


def written(kind: Kind, spec: Spec) -> dict[str, Any]:
    """Return all values of `spec` as they stand in a file, in order; None stands for a key that is left out."""
    values = {key: getattr(spec, key.name) for key in TABLES[kind]}
    return {key.name: None if value is None else key.type.write(value) for key, value in values.items()}
