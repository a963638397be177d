"""Compares a bundle with what is saved, and makes the catalog what the bundle says, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, select, update

from core.catalog.due import Moment
from core.catalog.editing import read_known
from core.catalog.reading import by_name, read_kind, read_queues
from core.catalog.records import Record
from core.catalog.removal import delete_queue, delete_row
from core.catalog.specs import DEFAULT_QUEUE, CronSpec, EnvironmentSpec, Kind, QueueSpec, Spec
from core.catalog.storing import NameIds, RowSpec, insert_spec, resolve_cron, save_queue, update_spec
from core.catalog.validation import Known
from core.clock import Clock
from core.database import Database
from core.errors import InvalidError
from core.exchange.bundle_reading import Bundle
from core.exchange.schema import TABLES, written
from core.model import Environment, Job
from core.queue.states import LIVE
from core.writer import Transaction

__all__ = ["Action", "Change", "Difference", "apply_bundle", "plan_apply"]

_ROW_KINDS = (Kind.ENVIRONMENT, Kind.CRON, Kind.COMMAND, Kind.SCHEDULE)
"""What has ids, in an order in which references always point backwards."""


class Action(StrEnum):
    """What applying a bundle does to one thing."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    UNCHANGED = "unchanged"


class Difference(NamedTuple):
    """One key that differs, with its values as they stand in a file; None where the key is left out."""

    key: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Change:
    """What applying does, or would do, to one thing.

    `differences` are those of a change. A new cron has one where its expression is saved otherwise than it stands in
    the file: H becomes a value, which has to be shown (CRON.md, R1).
    """

    kind: Kind
    name: str
    action: Action
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class _Saved:
    """What the database holds, by kind and name."""

    records: Mapping[Kind, Mapping[str, Record]]
    queues: Mapping[str, QueueSpec]

    @classmethod
    def read(cls, connection: Connection) -> _Saved:
        return cls(
            {kind: {record.spec.name: record for record in read_kind(connection, kind)} for kind in _ROW_KINDS},
            {queue.spec.name: queue.spec for queue in read_queues(connection)},
        )

    def specs(self, kind: Kind) -> dict[str, Spec]:
        if kind is Kind.QUEUE:
            return dict(self.queues)
        return {name: record.spec for name, record in self.records[kind].items()}


def plan_apply(connection: Connection, bundle: Bundle, *, prune: bool = False) -> list[Change]:
    """Return what applying `bundle` to the database would do, in the order of the file's tables; nothing is written.

    A key that the file leaves out means its default. Things are matched by name, so a new name is a new thing: with
    `prune`, which deletes what the file does not name, renaming is deleting and creating. Queues are pruned only when
    nothing uses them, the default one never. Raises InvalidError with every problem.
    """
    known = Known() if prune else read_known(connection)
    if found := bundle.problems(known):
        raise InvalidError(found)
    saved = _Saved.read(connection)
    changes: list[Change] = []
    for kind in TABLES:
        old = saved.specs(kind)
        changes += [_change(kind, old.get(spec.name), spec) for spec in bundle.specs(kind)]
        if prune:
            kept = {spec.name for spec in bundle.specs(kind)}
            gone = [name for name in old if name not in kept]
            if kind is Kind.QUEUE:
                gone = _unused_queues(connection, bundle, gone)
            changes += [Change(kind, name, Action.DELETE) for name in sorted(gone, key=by_name)]
    return changes


def apply_bundle(
    database: Database, clock: Clock, bundle: Bundle, *, prune: bool = False, dry_run: bool = False
) -> list[Change]:
    """Make the catalog what `bundle` says, in one transaction, and return what that did (see `plan_apply`).

    Applying the same file again changes nothing and writes nothing; the due times of what stays the same go on. A
    secret keeps its value as long as its name stays. With `dry_run` nothing is written and the answer is the same.
    Raises InvalidError with every problem, and StorageError; nothing is changed then.
    """
    with database.reading() as connection:
        planned = plan_apply(connection, bundle, prune=prune)
    if dry_run or all(change.action is Action.UNCHANGED for change in planned):
        return planned
    moment = Moment.of(clock)

    def write(transaction: Transaction) -> list[Change]:
        # Again, since the catalog may have changed in between.
        changes = plan_apply(transaction.connection, bundle, prune=prune)
        _write(transaction, bundle, changes, moment)
        return changes

    return database.write(write)


def _resolved(spec: Spec) -> Spec:
    return resolve_cron(spec) if isinstance(spec, CronSpec) else spec


def _change(kind: Kind, old: Spec | None, spec: Spec) -> Change:
    new = _resolved(spec)
    if old is None:
        return Change(kind, new.name, Action.CREATE, _differences(kind, spec, new))
    if old == new:
        return Change(kind, new.name, Action.UNCHANGED)
    return Change(kind, new.name, Action.CHANGE, _differences(kind, old, new))


def _differences(kind: Kind, old: Spec, new: Spec) -> tuple[Difference, ...]:
    before, after = _flat(written(kind, old)), _flat(written(kind, new))
    return tuple(
        Difference(key, before.get(key), after.get(key))
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key)
    )


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with each variable as a key of its own: one that changed must not hide among the others."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= {f"{key}.{name}": one for name, one in value.items()} if isinstance(value, dict) else {key: value}
    return flat


def _unused_queues(connection: Connection, bundle: Bundle, names: Iterable[str]) -> list[str]:
    """Return the queues that may be pruned once only the commands of `bundle` are left."""
    used = {spec.queue for spec in bundle.commands} | {DEFAULT_QUEUE}
    states = [state.value for state in LIVE]
    used |= set(connection.execute(select(Job.queue).where(Job.state.in_(states)).distinct()).scalars())
    return [name for name in names if name not in used]


def _write(transaction: Transaction, bundle: Bundle, changes: list[Change], moment: Moment) -> None:
    saved = _Saved.read(transaction.connection)
    ids = NameIds.read(transaction.connection)
    actions = {(change.kind, change.name): change.action for change in changes}
    for queue in bundle.queues:
        if actions[Kind.QUEUE, queue.name] is not Action.UNCHANGED:
            save_queue(transaction, queue)
    for kind in _ROW_KINDS:
        specs = cast("tuple[RowSpec, ...]", tuple(map(_resolved, bundle.specs(kind))))
        new = [spec for spec in specs if actions[kind, spec.name] is Action.CREATE]
        for spec in _parents_first(new):
            insert_spec(transaction, spec, ids, moment)
        for spec in specs:
            if actions[kind, spec.name] is Action.CHANGE:
                update_spec(transaction, saved.records[kind][spec.name], spec, ids, moment)
    _prune(transaction, saved, [change for change in changes if change.action is Action.DELETE], moment)


def _parents_first(specs: Iterable[RowSpec]) -> list[RowSpec]:
    """Return the specs with each environment after the one that it extends; circles were refused before."""
    waiting = {spec.name: spec for spec in specs}
    done: list[RowSpec] = []

    def add(spec: RowSpec) -> None:
        if waiting.pop(spec.name, None) is None:
            return
        if isinstance(spec, EnvironmentSpec) and spec.extends in waiting:
            add(waiting[spec.extends])
        done.append(spec)

    for spec in list(waiting.values()):
        add(spec)
    return done


def _prune(transaction: Transaction, saved: _Saved, deleted: list[Change], moment: Moment) -> None:
    """Delete what the plan says; nothing that stays refers to it, for that would have been refused."""
    gone = {
        kind: [saved.records[kind][change.name].id for change in deleted if change.kind is kind] for kind in _ROW_KINDS
    }
    if gone[Kind.ENVIRONMENT]:
        # Environments that go together may extend each other.
        together = Environment.id.in_(gone[Kind.ENVIRONMENT])
        transaction.connection.execute(update(Environment).where(together).values(extends_id=None))
    for kind in reversed(_ROW_KINDS):
        for row_id in gone[kind]:
            delete_row(transaction, kind, row_id, moment)
    for change in deleted:
        if change.kind is Kind.QUEUE:
            delete_queue(transaction, change.name)
