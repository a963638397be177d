"""Many finished jobs at once, written as rows: a history for lists, without running anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import insert

from core.changes import Changes
from core.queue.rows import JOBS
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from core.writer import Transaction

__all__ = ["write_history"]

_BATCH = 20_000


def write_history(workspace: Workspace, count: int, change: Callable[[int], dict[str, Any]] | None = None) -> None:
    """Write `count` jobs that succeeded, the oldest first; `change` tells which columns differ for a number from 0."""
    now = workspace.clock.now()

    def row(number: int) -> dict[str, Any]:
        at = now - timedelta(seconds=count - number)
        return {
            "state": JobState.COMPLETED,
            "queue": "default",
            "priority": 0,
            "scheduled_at": at,
            "due_at": at,
            "origin": Origin.SCHEDULE,
            "command_id": 1,
            "command_name": "count sheep",
            "environment_id": None,
            "environment_name": None,
            "schedule_name": "each second",
            "overlap": "allow",
            "attempt": 1,
            "max_attempts": 1,
            "backoff_base": timedelta(seconds=30),
            "backoff_cap": timedelta(hours=1),
            "created_at": at,
            "started_at": at,
            "finished_at": at + timedelta(milliseconds=500),
            "duration": timedelta(milliseconds=500),
            "outcome": "succeeded",
            "exit_code": 0,
            "reason": None,
            "stdout_bytes": 12,
            "stderr_bytes": 0,
            **(change(number) if change is not None else {}),
        }

    for start in range(0, count, _BATCH):
        rows = [row(number) for number in range(start, min(count, start + _BATCH))]
        workspace.database.write(partial(_insert, rows=rows))


def _insert(transaction: Transaction, rows: list[dict[str, Any]]) -> None:
    transaction.connection.execute(insert(JOBS), rows)
    transaction.changed(Changes(jobs=True))
