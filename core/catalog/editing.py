"""Checks a definition against what is saved and writes it: the steps of the catalog, for use inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection, select

from core.catalog.due import Moment
from core.catalog.reading import ids_by_name, read_environments, read_kind
from core.catalog.records import Record
from core.catalog.secret_values import Follow, leave_behind
from core.catalog.specs import CronSpec, EnvironmentSpec, Kind, QueueSpec, ScheduleSpec
from core.catalog.storing import NameIds, RowSpec, insert_spec, resolve_cron, save_queue, update_spec
from core.catalog.validation import Known, kind_of, place, problems
from core.errors import InvalidError, NotFoundError, Problem, StaleError
from core.model import Environment, Variable
from core.writer import Transaction

__all__ = [
    "change",
    "create",
    "duplicate",
    "put_queue",
    "read_known",
    "record_of",
    "revise",
    "set_enabled",
    "switch",
]


def read_known(connection: Connection) -> Known:
    """Return the names that definitions may refer to, as they are saved."""
    rows = connection.execute(select(Environment.id, Environment.name, Environment.extends_id)).all()
    names = {row.id: row.name for row in rows}
    return Known(
        commands=frozenset(ids_by_name(connection, Kind.COMMAND)),
        crons=frozenset(ids_by_name(connection, Kind.CRON)),
        environments={row.name: names.get(row.extends_id) for row in rows},
        variables=frozenset(connection.execute(select(Variable.name).where(~Variable.unset).distinct()).scalars()),
        specs={record.spec.name: record.spec for record in read_environments(connection)},
    )


def record_of(connection: Connection, kind: Kind, ref: int | str) -> Record:
    """Return the record with this id or name.

    A name is matched exactly, and otherwise without regard to case if that leaves exactly one. Raises NotFoundError
    with a suggestion.
    """
    if isinstance(ref, int):
        found = read_kind(connection, kind, [ref])
        if not found:
            raise NotFoundError(kind, f"#{ref}")
        return found[0]
    ids = ids_by_name(connection, kind)
    near = [name for name in ids if name.casefold() == ref.casefold()]
    if ref in ids:
        return read_kind(connection, kind, [ids[ref]])[0]
    if len(near) == 1:
        return read_kind(connection, kind, [ids[near[0]]])[0]
    raise NotFoundError(kind, ref, ids)


def create(transaction: Transaction, spec: RowSpec, moment: Moment) -> int:
    """Save a new definition and return its id.

    A cron's expression is saved with H resolved. Raises InvalidError with every problem; nothing is saved then.
    """
    _refuse(transaction.connection, spec, None)
    if isinstance(spec, CronSpec):
        spec = resolve_cron(spec)
    return insert_spec(transaction, spec, NameIds.read(transaction.connection), moment)


def change(transaction: Transaction, row_id: int, spec: RowSpec, moment: Moment) -> bool:
    """Make the saved definition what `spec` says, and return whether anything differed.

    Due times move only where the edit concerns time (see `update_spec`), and then from now on. Raises NotFoundError,
    and InvalidError with every problem; nothing is changed then.
    """
    record = record_of(transaction.connection, kind_of(spec), row_id)
    _refuse(transaction.connection, spec, record)
    if isinstance(spec, CronSpec):
        spec = resolve_cron(spec)
    return update_spec(transaction, record, spec, NameIds.read(transaction.connection), moment)


def revise(transaction: Transaction, row_id: int, expected: RowSpec, spec: RowSpec, moment: Moment) -> RowSpec:
    """Replace a definition that is still what the caller has seen (`expected`), and return it as it is saved now.

    Raises StaleError where it is not that any more, NotFoundError, and InvalidError; nothing is changed then.
    """
    kind = kind_of(spec)
    if record_of(transaction.connection, kind, row_id).spec != expected:
        raise StaleError(
            f"The {kind} “{expected.name}” was changed elsewhere meanwhile, so it was left as it is now. "
            "Look at what it says now, and save again if yours is to replace it."
        )
    change(transaction, row_id, spec, moment)
    return record_of(transaction.connection, kind, row_id).spec


def switch(transaction: Transaction, kind: Kind, row_ids: Iterable[int], enabled: bool, moment: Moment) -> list[int]:
    """Enable or disable several things of a kind, and return the ids of those for which that was new.

    Raises NotFoundError; nothing is changed then.
    """
    return [row_id for row_id in row_ids if set_enabled(transaction, kind, row_id, enabled, moment)]


def set_enabled(transaction: Transaction, kind: Kind, row_id: int, enabled: bool, moment: Moment) -> bool:
    """Enable or disable a command, an environment, a cron or a schedule; return whether that was new.

    Enabling makes nothing of the past due: due times count from now on. Raises NotFoundError.
    """
    record = record_of(transaction.connection, kind, row_id)
    spec = replace(record.spec, enabled=enabled)
    return update_spec(transaction, record, spec, NameIds.read(transaction.connection), moment)


def duplicate(
    transaction: Transaction, kind: Kind, row_id: int, moment: Moment, *, follow: Follow = leave_behind
) -> int:
    """Save a copy named “… (copy)” and return its id. Raises NotFoundError.

    The copy of a schedule is disabled, or everything would run twice at once. The secrets of an environment's copy
    have the values that `follow` gives them.
    """
    if kind is Kind.ENVIRONMENT:
        follow.expect(transaction)
    record = record_of(transaction.connection, kind, row_id)
    spec = replace(record.spec, name=_free_name(record.spec.name, ids_by_name(transaction.connection, kind)))
    if isinstance(spec, ScheduleSpec):
        spec = replace(spec, enabled=False)
    new_id = insert_spec(transaction, spec, NameIds.read(transaction.connection), moment)
    if kind is Kind.ENVIRONMENT:
        follow(transaction, new_id)
    return new_id


def put_queue(transaction: Transaction, spec: QueueSpec) -> None:
    """Make the queue what `spec` says, new or not. Raises InvalidError."""
    if found := problems(spec):
        raise InvalidError(found)
    save_queue(transaction, spec)


def _refuse(connection: Connection, spec: RowSpec, record: Record | None) -> None:
    """Raise InvalidError if `spec` can't take the place of `record`, or be added where that is None."""
    kind = kind_of(spec)
    known = read_known(connection)
    if isinstance(spec, EnvironmentSpec):
        known = replace(known, environments=_with(known, spec, record), specs=_specs_with(known, spec, record))
    found = problems(spec, known)
    holder = ids_by_name(connection, kind).get(spec.name)
    if holder is not None and (record is None or record.id != holder):
        message = f"There is another {kind} named “{spec.name}”. Choose another name."
        found.append(Problem(place(kind, spec.name, "name"), message, field="name"))
    if found:
        raise InvalidError(found)


def _with(known: Known, spec: EnvironmentSpec, record: Record | None) -> dict[str, str | None]:
    """Return the environments as they would be with `spec` in the place of `record`."""
    old = record.spec.name if record else spec.name

    def now_named(name: str | None) -> str | None:
        return spec.name if name == old else name

    environments = {
        now_named(name) or "": now_named(parent) for name, parent in known.environments.items() if name != old
    }
    return {**environments, spec.name: now_named(spec.extends)}


def _specs_with(known: Known, spec: EnvironmentSpec, record: Record | None) -> dict[str, EnvironmentSpec]:
    """Return the definitions as they would be with `spec` in the place of `record`, under its name."""
    old = record.spec.name if record else spec.name
    others = (each for each in known.specs.values() if each.name != old)
    renamed = (replace(each, extends=spec.name) if each.extends == old else each for each in others)
    return {**{each.name: each for each in renamed}, spec.name: spec}


def _free_name(name: str, taken: Iterable[str]) -> str:
    names = set(taken)
    number = 1
    while True:
        suffix = " (copy)" if number == 1 else f" (copy {number})"
        # 200 characters are the limit of a name.
        candidate = name[: 200 - len(suffix)] + suffix
        if candidate not in names:
            return candidate
        number += 1
