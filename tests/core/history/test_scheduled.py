"""What waits for its time is found in the order of time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import event

from core.history import scheduled
from core.history.scheduled import read_scheduled
from core.queue.states import JobState
from core.workspace import Workspace
from tests.support.jobs import write_history


def test_scheduled_and_retryable_jobs_are_sorted_by_their_time(workspace: Workspace) -> None:
    now = workspace.clock.now()
    waits = {1: (JobState.SCHEDULED, 30), 2: (JobState.RETRYABLE, 10), 3: (JobState.SCHEDULED, 20)}
    write_history(
        workspace,
        4,
        lambda number: {
            "state": waits[number][0] if number in waits else JobState.COMPLETED,
            "scheduled_at": now + timedelta(minutes=waits[number][1] if number in waits else -5),
        },
    )
    assert [run.id for run in read_scheduled(workspace.database, limit=9)] == [3, 4, 2]
    assert [run.id for run in read_scheduled(workspace.database, limit=2)] == [3, 4]


def test_an_index_leads_to_them(workspace: Workspace) -> None:
    asked: list[tuple[str, Any]] = []
    with workspace.database.reading() as connection:
        event.listen(connection, "before_cursor_execute", lambda *args: asked.append(args[2:4]))
        connection.execute(scheduled._SCHEDULED, {"most": 3})
        sql, values = asked[0]
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert len(plan) == 1, plan
    assert "USING INDEX ix_jobs_scheduled" in plan[0]
