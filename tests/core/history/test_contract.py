"""What other programs read: the keys and the forms of a job in JSON (DESIGN, what programs read and write)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.execution.outcome import Failed
from core.history.contract import as_utc_text, event_as_json, run_as_json
from core.queue.jobs import Finished, OutputFacts
from core.workspace import Workspace
from tests.core.queue.helpers import claim, new_job, open_queue, put, start
from tests.support import FakeClock

DUE = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (None, None),
        (DUE, "2026-11-24T06:30:00Z"),
        (DUE + timedelta(milliseconds=21), "2026-11-24T06:30:00.021Z"),
        (DUE + timedelta(microseconds=4_310_999), "2026-11-24T06:30:04.310Z"),
        (DUE.astimezone(timezone(timedelta(hours=-5))), "2026-11-24T06:30:00Z"),
    ],
)
def test_times_are_in_utc_with_a_z(instant: datetime | None, text: str | None) -> None:
    assert as_utc_text(instant) == text


def test_a_finished_job_has_every_key_of_the_contract(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    clock.set(DUE)
    put(
        workspace,
        new_job(
            DUE,
            command_name="sync orders",
            environment_id=1,
            environment_name="staging",
            schedule_id=1,
            schedule_name="orders each morning",
            cron_id=1,
            cron_name="weekday mornings",
            due_at=DUE,
        ),
    )
    clock.advance(timedelta(milliseconds=21))
    (job,) = claim(workspace)
    start(workspace, job)
    ended = clock.advance(timedelta(milliseconds=4289))
    finished = Finished(
        job=job,
        outcome=Failed(7),
        at=ended,
        duration=timedelta(milliseconds=4289),
        output=OutputFacts(1800, 34, "inline"),
    )
    workspace.queue.record(1, finished=[finished]).result()
    run = run_as_json(workspace.runs.get(job.id))
    assert run == {
        "id": job.id,
        "command": "sync orders",
        "environment": "staging",
        "schedule": "orders each morning",
        "cron": "weekday mornings",
        "origin": "manual",
        "state": "discarded",
        "attempt": 1,
        "max_attempts": 1,
        "due_at": "2026-11-24T06:30:00Z",
        "scheduled_at": "2026-11-24T06:30:00Z",
        "started_at": "2026-11-24T06:30:00.021Z",
        "finished_at": "2026-11-24T06:30:04.310Z",
        "duration_ms": 4289,
        "outcome": "failed",
        "exit_code": 7,
        "signal": None,
        "reason": None,
        "retry_of": None,
        "output_bytes": 1834,
    }
    assert json.loads(json.dumps(run)) == run


def test_what_is_missing_is_null_and_never_an_empty_text(workspace: Workspace) -> None:
    run = run_as_json(workspace.runs.get(put(workspace)))
    for key in ("environment", "schedule", "cron", "due_at", "started_at", "finished_at", "duration_ms", "outcome"):
        assert run[key] is None, key
    assert "" not in run.values()


def test_an_event_follows_the_same_conventions(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    job = put(workspace)
    start(workspace, *claim(workspace), pid=4242)
    queued, started = (event_as_json(event) for event in workspace.runs.events(job))
    assert (queued["kind"], queued["attempt"], queued["pid"]) == ("queued", 0, None)
    assert (started["kind"], started["attempt"], started["pid"]) == ("started", 1, 4242)
    assert started["at"] == as_utc_text(clock.now())
    assert json.loads(json.dumps(started)) == started
