"""The statements that several verbs share: jobs and events as tables, literals, and the writing of events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, insert, literal_column
from sqlalchemy.sql.elements import ColumnElement

from core.model import Event, Job
from core.queue.states import EventKind, JobState

__all__ = ["EVENTS", "JOBS", "event", "in_states", "is_state", "write_events"]

JOBS = cast("Table", Job.__table__)
EVENTS = cast("Table", Event.__table__)

_COLUMNS = [column.name for column in EVENTS.columns if column.name != "id"]
_BLANK: dict[str, Any] = dict.fromkeys(_COLUMNS)
_INSERT_EVENTS = insert(EVENTS).values({name: bindparam(name) for name in _COLUMNS})


def is_state(state: JobState) -> ColumnElement[bool]:
    """Return `state = 'x'` with the state as a literal: with a parameter SQLite can't use the partial indexes."""
    return JOBS.c.state == literal_column(f"'{state}'")


def in_states(*states: JobState) -> ColumnElement[bool]:
    """Return `state IN ('x', 'y')` with literals, in the order of the partial indexes' conditions."""
    return JOBS.c.state.in_([literal_column(f"'{state}'") for state in states])


def event(job_id: int, attempt: int, kind: EventKind | str, at: datetime, **columns: Any) -> dict[str, Any]:
    """Return one row for `write_events`; the columns that are not given stay null."""
    return {**_BLANK, "job_id": job_id, "attempt": attempt, "kind": kind, "at": at, **columns}


def write_events(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the events, in order."""
    if rows:
        connection.execute(_INSERT_EVENTS, rows)
