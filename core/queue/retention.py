"""Deletes old history in small steps: by age and by number per command; nothing unfinished is ever touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, select, update
from sqlalchemy.sql.elements import ColumnElement

from core.changes import Changes
from core.model import PlanRecord
from core.output.files import DELETED, deleted_at, is_file
from core.queue.rows import EVENTS, JOBS
from core.queue.states import FINISHED
from core.writer import Transaction

__all__ = [
    "CHUNK",
    "KeptOutput",
    "Pruned",
    "Retention",
    "finished_among",
    "forget_outputs",
    "known_among",
    "oldest_outputs",
    "prune",
    "prune_plans",
]

CHUNK = 500
"""Jobs per transaction: other writers wait no longer than that takes."""

_FINISHED = JOBS.c.state.in_(sorted(FINISHED))


@dataclass(frozen=True, slots=True)
class Retention:
    """How much history is kept. An age of None and 0 jobs per command mean no such limit."""

    age: timedelta | None
    jobs_per_command: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What one step deleted: the jobs, and the outputs that lie in files of their own and are to be deleted now."""

    job_ids: list[int]
    outputs: list[str]

    @property
    def more(self) -> bool:
        """Return whether another step may find something."""
        return len(self.job_ids) >= CHUNK


def prune(transaction: Transaction, retention: Retention, *, now: datetime) -> Pruned:
    """Delete up to CHUNK finished jobs that are too old or too many, with their events; call again while `more`."""
    connection = transaction.connection
    job_ids: list[int] = []
    if retention.age is not None:
        job_ids += connection.execute(
            select(JOBS.c.id)
            .where(JOBS.c.finished_at.is_not(None), JOBS.c.finished_at < now - retention.age, _FINISHED)
            .order_by(JOBS.c.finished_at)
            .limit(CHUNK)
        ).scalars()
    if retention.jobs_per_command and len(job_ids) < CHUNK:
        seen = set(job_ids)
        surplus = _surplus(transaction, retention.jobs_per_command)
        job_ids += [job_id for job_id in surplus if job_id not in seen]
        job_ids = job_ids[:CHUNK]
    if not job_ids:
        return Pruned([], [])
    outputs = [
        location
        for location in connection.execute(
            select(EVENTS.c.output).where(EVENTS.c.job_id.in_(job_ids), EVENTS.c.output.is_not(None))
        ).scalars()
        if is_file(location)
    ]
    connection.execute(delete(EVENTS).where(EVENTS.c.job_id.in_(job_ids)))
    connection.execute(delete(JOBS).where(JOBS.c.id.in_(job_ids)))
    transaction.changed(Changes(jobs=True))
    return Pruned(job_ids, outputs)


@dataclass(frozen=True, slots=True)
class KeptOutput:
    """The outputs of one finished job: all its attempts that lie in files or in the small outputs' database."""

    job_id: int
    locations: list[str]
    size_bytes: int


def oldest_outputs(connection: Connection, *, most: int = CHUNK) -> list[KeptOutput]:
    """Return the outputs of the jobs that finished first, as far as there is something to delete."""
    rows = connection.execute(
        select(EVENTS.c.job_id, EVENTS.c.output, EVENTS.c.stdout_bytes, EVENTS.c.stderr_bytes)
        .join(JOBS, JOBS.c.id == EVENTS.c.job_id)
        .where(JOBS.c.finished_at.is_not(None), EVENTS.c.output.is_not(None), ~EVENTS.c.output.startswith(DELETED))
        .order_by(JOBS.c.finished_at, JOBS.c.id)
        .limit(most)
    )
    kept: dict[int, KeptOutput] = {}
    for row in rows:
        before = kept.get(row.job_id, KeptOutput(row.job_id, [], 0))
        size_bytes = before.size_bytes + (row.stdout_bytes or 0) + (row.stderr_bytes or 0)
        kept[row.job_id] = KeptOutput(row.job_id, [*before.locations, row.output], size_bytes)
    return list(kept.values())


def finished_among(connection: Connection, job_ids: Sequence[int], *, before: datetime) -> set[int]:
    """Return those of the jobs that finished before a time."""
    rows = connection.execute(
        select(JOBS.c.id).where(JOBS.c.id.in_(job_ids), JOBS.c.finished_at < before, _FINISHED)
    ).scalars()
    return set(rows)


def known_among(connection: Connection, job_ids: Sequence[int]) -> set[int]:
    """Return those of the jobs that there are."""
    return set(connection.execute(select(JOBS.c.id).where(JOBS.c.id.in_(job_ids))).scalars())


def forget_outputs(transaction: Transaction, job_ids: Sequence[int], *, now: datetime) -> None:
    """Note that the outputs of these jobs are no longer kept; the jobs, their events and counts stay."""
    connection = transaction.connection
    gone = deleted_at(now)
    connection.execute(
        update(EVENTS).where(EVENTS.c.job_id.in_(job_ids), EVENTS.c.output.is_not(None)).values(output=gone)
    )
    connection.execute(update(JOBS).where(JOBS.c.id.in_(job_ids), JOBS.c.output.is_not(None)).values(output=gone))
    transaction.changed(Changes(jobs=True))


def prune_plans(transaction: Transaction) -> int:
    """Delete the plans that no job refers to any more; return how many."""
    used: ColumnElement[bool] = exists().where(JOBS.c.plan == PlanRecord.digest)
    return transaction.connection.execute(delete(PlanRecord).where(~used)).rowcount


def _surplus(transaction: Transaction, keep: int) -> list[int]:
    """Return finished jobs beyond the newest `keep` of their command, at most CHUNK."""
    connection = transaction.connection
    surplus: list[int] = []
    command_id: int | None = -1
    while len(surplus) < CHUNK:
        # Skip from one command to the next by the index instead of counting all rows.
        command_id = connection.execute(
            select(JOBS.c.command_id).where(JOBS.c.command_id > command_id).order_by(JOBS.c.command_id).limit(1)
        ).scalar()
        if command_id is None:
            break
        surplus += connection.execute(
            select(JOBS.c.id)
            .where(JOBS.c.command_id == command_id, _FINISHED)
            .order_by(JOBS.c.id.desc())
            .offset(keep)
            .limit(CHUNK - len(surplus))
        ).scalars()
    return surplus
