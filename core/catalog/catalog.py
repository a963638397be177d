"""The door to what is to be run: reading and writing commands, environments, crons, schedules and queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from core.catalog import editing, reading, removal, revising, undo
from core.catalog.due import Moment
from core.catalog.outlook import with_outlook
from core.catalog.records import (
    CommandRecord,
    CronRecord,
    EnvironmentRecord,
    QueueRecord,
    Record,
    ScheduleRecord,
)
from core.catalog.secret_values import NO_EDGES, Edges, NoValues, SecretValueKeeper, leave_behind
from core.catalog.specs import EnvironmentSpec, Kind, QueueSpec
from core.catalog.storing import RowSpec
from core.catalog.validation import Known
from core.clock import Clock
from core.database import Database
from core.errors import NotFoundError
from core.writer import Transaction

__all__ = ["Catalog"]

_NONE: Mapping[str, bytes] = MappingProxyType({})
_AS_BEFORE: Mapping[str, str] = MappingProxyType({})


class Catalog:
    """Every read is one short transaction; every write returns after its commit and announces what it touched.

    Where a method takes `ref`, that is an id or a name; a name is matched exactly, and otherwise without regard to
    case if that leaves exactly one. Every method may raise StorageError. For writing several things at once, the
    functions behind these methods take a transaction: `core.catalog.editing` and `core.catalog.removal`.
    """

    def __init__(self, database: Database, clock: Clock, values: SecretValueKeeper | None = None) -> None:
        self._database = database
        self._clock = clock
        self._values = values or NoValues()

    def commands(self) -> list[CommandRecord]:
        """Return all commands, sorted by name."""
        with self._database.reading() as connection:
            return reading.read_commands(connection)

    def environments(self) -> list[EnvironmentRecord]:
        """Return all environments, sorted by name."""
        with self._database.reading() as connection:
            return reading.read_environments(connection)

    def crons(self) -> list[CronRecord]:
        """Return all crons, sorted by name."""
        with self._database.reading() as connection:
            return reading.read_crons(connection)

    def schedules(self) -> list[ScheduleRecord]:
        """Return all schedules, sorted by name, with their next due times."""
        with self._database.reading() as connection:
            return reading.read_schedules(connection)

    def queues(self) -> list[QueueRecord]:
        """Return all queues, sorted by name; the default one is always among them."""
        with self._database.reading() as connection:
            return reading.read_queues(connection)

    def command(self, ref: int | str) -> CommandRecord:
        """Return one command. Raises NotFoundError with a suggestion."""
        record = self.get(Kind.COMMAND, ref)
        assert isinstance(record, CommandRecord)
        return record

    def environment(self, ref: int | str) -> EnvironmentRecord:
        """Return one environment. Raises NotFoundError with a suggestion."""
        record = self.get(Kind.ENVIRONMENT, ref)
        assert isinstance(record, EnvironmentRecord)
        return record

    def cron(self, ref: int | str) -> CronRecord:
        """Return one cron. Raises NotFoundError with a suggestion."""
        record = self.get(Kind.CRON, ref)
        assert isinstance(record, CronRecord)
        return record

    def schedule(self, ref: int | str) -> ScheduleRecord:
        """Return one schedule. Raises NotFoundError with a suggestion."""
        record = self.get(Kind.SCHEDULE, ref)
        assert isinstance(record, ScheduleRecord)
        return record

    def queue(self, name: str) -> QueueRecord:
        """Return one queue by its exact name. Raises NotFoundError with a suggestion."""
        queues = {queue.spec.name: queue for queue in self.queues()}
        if name not in queues:
            raise NotFoundError(Kind.QUEUE, name, queues)
        return queues[name]

    def get(self, kind: Kind, ref: int | str) -> Record:
        """Return one thing of a kind that has ids (all but queues), with its outlook.

        Raises NotFoundError with a suggestion.
        """
        moment = Moment.of(self._clock)
        with self._database.reading() as connection:
            (record,) = with_outlook(connection, [editing.record_of(connection, kind, ref)], moment)
            return record

    def known(self) -> Known:
        """Return the names that a definition may refer to, for `core.catalog.validation.problems`."""
        with self._database.reading() as connection:
            return editing.read_known(connection)

    def create(self, spec: RowSpec, *, edges: Edges = NO_EDGES) -> int:
        """Save a new command, environment, cron or schedule and return its id; `edges` are done in the same write.

        Raises InvalidError, and what the edges raise; nothing is saved then.
        """
        moment = Moment.of(self._clock)

        def work(transaction: Transaction) -> int:
            row_id = editing.create(transaction, spec, moment)
            for edge in edges:
                edge(transaction, row_id)
            return row_id

        return self._database.write(work)

    def change(self, row_id: int, spec: RowSpec) -> bool:
        """Make what was saved under this id what `spec` says, and return whether anything differed.

        Due times move only where the edit concerns time, and then from now on. Raises InvalidError and NotFoundError.
        """
        moment = Moment.of(self._clock)
        return self._database.write(lambda transaction: editing.change(transaction, row_id, spec, moment))

    def set_enabled(self, kind: Kind, row_id: int, enabled: bool) -> bool:
        """Enable or disable something, and return whether that was new. Raises NotFoundError."""
        moment = Moment.of(self._clock)
        return self._database.write(lambda transaction: editing.set_enabled(transaction, kind, row_id, enabled, moment))

    def duplicate(self, kind: Kind, row_id: int) -> int:
        """Save a copy under a new name and return its id; a schedule's copy is disabled. Raises NotFoundError.

        An environment's copy has the values of its secrets, too; where their key can't be had there is no copy, and
        this raises KeyUnavailableError, after some seconds where a keyring does not answer.
        """
        moment = Moment.of(self._clock)
        follow = self._values.to_a_copy(row_id) if kind is Kind.ENVIRONMENT else leave_behind
        return self._database.write(
            lambda transaction: editing.duplicate(transaction, kind, row_id, moment, follow=follow)
        )

    def revise(self, row_id: int, expected: RowSpec, spec: RowSpec) -> RowSpec:
        """Replace a definition that is still what the caller has seen (`expected`); return it as it is saved now.

        Raises StaleError where it is not that any more, NotFoundError and InvalidError.
        """
        moment = Moment.of(self._clock)
        return self._database.write(lambda transaction: editing.revise(transaction, row_id, expected, spec, moment))

    def revise_environment(
        self,
        row_id: int,
        expected: EnvironmentSpec,
        spec: EnvironmentSpec,
        *,
        renamed: Mapping[str, str] = _AS_BEFORE,
        sealed: Mapping[str, bytes] = _NONE,
        edges: Edges = NO_EDGES,
    ) -> revising.Revised:
        """Do what `revise` does, with the values of secrets: those of `renamed` ones, by new names to old, follow.

        A secret that became a plain variable loses its value, and one that is gone as well: they are handed out,
        sealed, and whoever undoes the change gives them back as `sealed`. Raises KeyUnavailableError where a renamed
        secret has a value and the key can't be had, and what `edges` raise, which are done first and last in the same
        write; nothing is changed then.
        """
        moment = Moment.of(self._clock)
        follow = self._values.to_other_names(row_id, renamed) if renamed else leave_behind
        put_back = self._values.to_put_back(sealed.values())

        def work(transaction: Transaction) -> revising.Revised:
            first, last = edges
            first(transaction, row_id)
            found = revising.revise_environment(
                transaction, row_id, expected, spec, moment, follow=follow, sealed=sealed, put_back=put_back
            )
            last(transaction, row_id)
            return found

        return self._database.write(work)

    def switch(self, kind: Kind, row_ids: Sequence[int], enabled: bool) -> list[int]:
        """Enable or disable several things at once; return the ids for which that was new. Raises NotFoundError."""
        moment = Moment.of(self._clock)
        return self._database.write(lambda transaction: editing.switch(transaction, kind, row_ids, enabled, moment))

    def records(self, kind: Kind) -> tuple[list[Record], Known]:
        """Return all records of one kind with their outlook, sorted by name, and the names that may be referred to."""
        moment = Moment.of(self._clock)
        with self._database.reading() as connection:
            records = with_outlook(connection, reading.read_kind(connection, kind), moment)
            return records, editing.read_known(connection)

    def deletion_effects(self, kind: Kind, row_ids: int | Sequence[int]) -> removal.DeletionEffects:
        """Return what deleting these together would do to the rest, without doing it. Raises NotFoundError."""
        ids = [row_ids] if isinstance(row_ids, int) else row_ids
        with self._database.reading() as connection:
            return removal.deletion_effects(connection, kind, ids)

    def delete(self, kind: Kind, row_id: int) -> removal.DeletionEffects:
        """Delete something and return what else that did. Raises NotFoundError and ConflictError."""
        moment = Moment.of(self._clock)
        return self._database.write(lambda transaction: removal.delete_row(transaction, kind, row_id, moment))

    def delete_with_snapshot(self, kind: Kind, row_ids: Sequence[int]) -> tuple[removal.DeletionEffects, undo.Snapshot]:
        """Delete several things at once; return what else that did and what `restore` needs to bring it back.

        Raises NotFoundError, and ConflictError for environments that others extend; nothing is deleted then.
        """
        moment = Moment.of(self._clock)
        return self._database.write(lambda transaction: undo.delete_with_snapshot(transaction, kind, row_ids, moment))

    def restore(self, snapshot: undo.Snapshot) -> None:
        """Bring back what a deletion took, under the same ids. Raises ConflictError where a name was taken.

        Raises KeyUnavailableError where values are to be sealed with a key that was changed since and can't be had.
        """
        moment = Moment.of(self._clock)
        put_back = self._values.to_put_back(snapshot.sealed)
        self._database.write(lambda transaction: undo.restore(transaction, snapshot, moment, put_back=put_back))

    def put_queue(self, spec: QueueSpec) -> None:
        """Make the queue of that name what `spec` says, new or not. Raises InvalidError."""
        self._database.write(lambda transaction: editing.put_queue(transaction, spec))

    def delete_queue(self, name: str) -> None:
        """Delete a queue that nothing uses. Raises NotFoundError and ConflictError."""
        self._database.write(lambda transaction: removal.delete_queue(transaction, name))
