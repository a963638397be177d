"""Writes what is saved as a bundle file that reads back as the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import tomli_w
from sqlalchemy import Connection

from core.catalog.reading import read_kind, read_queues
from core.catalog.specs import DEFAULT_QUEUE, Kind, QueueSpec, Spec
from core.database import Database
from core.exchange.schema import TABLES, VERSION, defaults_of, written

__all__ = ["export_bundle", "write_specs"]

_WIDTH = 110
# TOML 1.0, “String”: control characters other than tab are not permitted in a literal string.
_NOT_LITERAL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def export_bundle(database: Database) -> str:
    """Return the catalog as a bundle: sorted by name, each key in the same place, durations in their shortest form.

    Applied to an empty database it gives the same catalog and the same export. Secrets are named, never given. A
    queue without a limit that a command names needs no table of its own, and gets none. Raises StorageError.
    """
    with database.reading() as connection:
        return write_specs({kind: _specs(connection, kind) for kind in TABLES})


def _specs(connection: Connection, kind: Kind) -> list[Spec]:
    if kind is not Kind.QUEUE:
        return [record.spec for record in read_kind(connection, kind)]
    queues = [queue for queue in read_queues(connection) if queue.spec.limit is not None or not queue.commands]
    return [queue.spec for queue in queues if queue.spec != QueueSpec(name=DEFAULT_QUEUE)]


def write_specs(specs: Mapping[Kind, Iterable[Spec]]) -> str:
    """Return the text of a bundle file with these definitions, in the order in which they are given."""
    parts = [f"version = {VERSION}\n"]
    for kind in TABLES:
        parts += [_entry(kind, spec) for spec in specs.get(kind, ())]
    return "\n".join(parts)


def _entry(kind: Kind, spec: Spec) -> str:
    values = written(kind, spec)
    defaults = written(kind, type(spec)(**{**defaults_of(kind), **_required(kind, spec)}))
    lines = [f"[[{kind.plural}]]\n"]
    tables = []
    for key in TABLES[kind]:
        value = values[key.name]
        if value is None or (not key.always and value == defaults[key.name]):
            continue
        line = f"{key.name} = {_value(value, long=True)}\n"
        if isinstance(value, dict) and len(line) > _WIDTH:
            # A sub-table must come after the entry's own keys.
            tables.append(f"\n[{kind.plural}.{key.name}]\n{_pairs(value)}")
        elif isinstance(value, list) and len(line) > _WIDTH:
            lines.append(f"{key.name} = [\n" + "".join(f"    {_value(one)},\n" for one in value) + "]\n")
        else:
            lines.append(line)
    return "".join([*lines, *tables])


def _required(kind: Kind, spec: Spec) -> dict[str, Any]:
    defaults = defaults_of(kind)
    return {key.name: getattr(spec, key.name) for key in TABLES[kind] if key.name not in defaults}


def _pairs(table: Mapping[str, str]) -> str:
    return "".join(f"{_name(name)} = {_value(value, long=True)}\n" for name, value in table.items())


def _value(value: Any, *, long: bool = False) -> str:
    """Return `value` as TOML; a text of several lines stands as such where `long` allows it."""
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{_name(name)} = {_value(one)}" for name, one in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, str) and ('"' in value or "\\" in value or "\n" in value):
        literal = _literal(value, long=long)
        if literal is not None:
            return literal
    # A carriage return before a line feed would be lost between the long quotes (TOML 1.0, “String”).
    lines = long and isinstance(value, str) and "\n" in value and "\r" not in value
    return tomli_w.dumps({"x": value}, multiline_strings=lines).removeprefix("x = ").removesuffix("\n")


def _literal(text: str, *, long: bool) -> str | None:
    """Return `text` between single quotes, where nothing needs a backslash; None where TOML can't write it so."""
    if _NOT_LITERAL.search(text):
        return None
    if "\n" not in text:
        return None if "'" in text else f"'{text}'"
    if not long or "'''" in text:
        return None
    return f"'''\n{text}'''"


def _name(name: str) -> str:
    return tomli_w.dumps({name: 0}).removesuffix(" = 0\n")
