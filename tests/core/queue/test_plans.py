"""How SQLite carries out the hot statements: by the partial indexes, however much history there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert

from core.dispatch.dispatcher import Dispatcher
from core.execution.outcome import Failed
from core.model import Pause
from core.queue.retention import Retention
from core.queue.scopes import PauseScope
from core.queue.states import JobState, Overlap
from core.workspace import Workspace
from tests.core.dispatch.helpers import make_schedule
from tests.core.queue.helpers import claim, finish, insert_finished, new_job, open_queue, put, start
from tests.support import FakeClock


@contextmanager
def statements(*engines: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Give a list that fills with the statements that are carried out meanwhile, transactions left out."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT", "ROLLBACK")):
            seen.append((statement, parameters))

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def engines(workspace: Workspace) -> tuple[Engine, Engine]:
    return workspace.database._write_engine, workspace.database._read_engine


def plan_of(workspace: Workspace, statement: str, parameters: Any) -> list[str]:
    """Return the steps of SQLite's plan (https://sqlite.org/eqp.html)."""
    one = parameters[0] if isinstance(parameters, list) else parameters
    with workspace.database.reading() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", one)]


def plans(workspace: Workspace, work: Callable[[], object]) -> list[str]:
    """Do `work` and return the steps of the plans of all that it carried out."""
    with statements(*engines(workspace)) as seen:
        work()
    return [step for statement, parameters in seen for step in plan_of(workspace, statement, parameters)]


@pytest.fixture(autouse=True)
def history(workspace: Workspace, clock: FakeClock) -> None:
    """Make enough finished jobs that a scan would look dear, and let SQLite know nothing about them."""
    open_queue(workspace)
    insert_finished(workspace, 2000, at=clock.now() - timedelta(days=1))


def assert_no_scan(steps: list[str], *, of: tuple[str, ...] = ("jobs", "events", "schedule_crons")) -> None:
    scans = [step for step in steps if step.startswith("SCAN") and step.split()[1] in of and "INDEX" not in step]
    assert steps
    assert scans == []


def uses(steps: list[str], index: str) -> bool:
    return any(f"INDEX {index}" in step for step in steps)


def test_claiming_uses_the_indexes_of_what_waits_and_of_what_runs(workspace: Workspace) -> None:
    for overlap in (Overlap.ALLOW, Overlap.QUEUE):
        put(workspace, overlap=overlap)
    steps = plans(workspace, lambda: claim(workspace))
    assert_no_scan(steps)
    assert uses(steps, "ix_jobs_available")
    assert uses(steps, "ix_jobs_executing")
    assert uses(steps, "ix_jobs_turn")
    assert uses(steps, "ix_jobs_turn_taken")
    assert not any("TEMP B-TREE" in step for step in steps), "the order comes from the index"


def test_starting_and_finishing_find_their_job_by_its_id(workspace: Workspace) -> None:
    put(workspace, max_attempts=2)
    jobs = claim(workspace)
    assert_no_scan(plans(workspace, lambda: start(workspace, *jobs)))
    assert_no_scan(plans(workspace, lambda: finish(workspace, *jobs, outcome=Failed(1))))


def test_staging_uses_the_index_of_what_is_scheduled(workspace: Workspace, clock: FakeClock) -> None:
    for overlap in Overlap:
        put(workspace, overlap=overlap, scheduled_at=clock.now() + timedelta(minutes=1))
    clock.advance(timedelta(minutes=1))
    steps = plans(workspace, lambda: workspace.queue.stage().result())
    assert_no_scan(steps)
    assert uses(steps, "ix_jobs_scheduled")
    assert uses(steps, "ix_jobs_live_command")


@pytest.mark.parametrize("overlap", list(Overlap))
def test_enqueueing_asks_the_live_jobs_only(workspace: Workspace, clock: FakeClock, overlap: Overlap) -> None:
    steps = plans(workspace, lambda: put(workspace, new_job(clock.now(), overlap=overlap, due_key="1:1:0:1")))
    assert_no_scan(steps or ["nothing was asked"])


def test_a_waking_finds_what_is_due_by_the_index(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, environments=["staging"])
    clock.advance(timedelta(minutes=5))
    dispatcher = Dispatcher(workspace.database)
    steps = plans(workspace, lambda: dispatcher.wake(clock.now(), clock.zone()))
    assert_no_scan(steps, of=("jobs", "events", "schedule_crons", "schedules", "commands", "crons", "environments"))
    assert uses(steps, "ix_schedule_crons_next_due_at")
    assert uses(steps, "ix_jobs_scheduled")


def test_cancelling_and_its_requests_use_indexes(workspace: Workspace) -> None:
    put(workspace)
    (job,) = claim(workspace)
    assert_no_scan(plans(workspace, lambda: workspace.queue.cancel(job.id, by="the user").result()))
    steps = plans(workspace, lambda: workspace.queue.requested_cancellations(1).result())
    assert_no_scan(steps)
    assert uses(steps, "ix_jobs_executing")


def test_rescue_looks_at_what_is_executing_only(workspace: Workspace) -> None:
    put(workspace)
    claim(workspace, 77)
    steps = plans(workspace, lambda: workspace.queue.rescue().result())
    assert_no_scan(steps)
    assert uses(steps, "ix_jobs_executing")


def test_retention_finds_what_is_old_by_the_index(workspace: Workspace, clock: FakeClock) -> None:
    clock.advance(timedelta(days=100))
    limits = Retention(age=timedelta(days=90), jobs_per_command=10)
    steps = plans(workspace, lambda: workspace.queue.prune(limits).result())
    assert_no_scan(steps)
    assert uses(steps, "ix_jobs_finished")
    steps = plans(workspace, lambda: workspace.queue.prune_plans().result())
    assert not any(step.startswith("SCAN jobs") for step in steps)


def test_the_history_is_paged_by_key(workspace: Workspace) -> None:
    assert_no_scan(plans(workspace, lambda: workspace.runs.page(before_id=1500)))
    assert_no_scan(plans(workspace, lambda: workspace.runs.events(1500)))
    steps = plans(workspace, workspace.runs.live_counts)
    assert uses(steps, "ix_jobs_live_command")


@pytest.mark.parametrize("schedules", [120, 240])
def test_a_waking_costs_what_is_due_and_not_what_there_is(
    workspace: Workspace, clock: FakeClock, schedules: int
) -> None:
    for number in range(schedules):
        expression = "*/5 * * * *" if number < 100 else "0 12 * * *"
        make_schedule(workspace, expression, name=f"s{number}")
    clock.advance(timedelta(minutes=5))
    dispatcher = Dispatcher(workspace.database)
    with statements(*engines(workspace)) as seen:
        assert dispatcher.wake(clock.now(), clock.zone()).jobs == 100
    assert len(seen) <= 15 + 100, "one guarded statement for each due row, and a fixed number beside them"
    with statements(*engines(workspace)) as seen:
        assert dispatcher.wake(clock.now(), clock.zone()).jobs == 0
    assert len(seen) <= 7


@pytest.mark.parametrize("old", [1, 400])
def test_a_waking_does_not_look_at_paused_schedules_or_at_pauses_of_the_past(
    workspace: Workspace, clock: FakeClock, old: int
) -> None:
    for number in range(20):
        make_schedule(workspace, "*/5 * * * *", name=f"s{number}")
    ended = clock.now() - timedelta(hours=1)
    rows = [
        {"scope": scope, "schedule_id": schedule_id, "started_at": ended, "ended_at": ended, "origin": "a test"}
        for scope, schedule_id in (("everything", None), ("schedule", 1))
        for _ in range(old)
    ]
    workspace.database.write(lambda tx: tx.connection.execute(insert(Pause), rows))
    workspace.queue.pause_each([PauseScope.schedule(number) for number in range(2, 21)], origin="a test").result()
    clock.advance(timedelta(minutes=5))
    dispatcher = Dispatcher(workspace.database)
    with statements(*engines(workspace)) as seen:
        assert dispatcher.wake(clock.now(), clock.zone()).jobs == 1
    assert len(seen) <= 15 + 1
    asked = [(statement, parameters) for statement, parameters in seen if "pauses" in statement]
    steps = [step for statement, parameters in asked for step in plan_of(workspace, statement, parameters)]
    assert not [step for step in steps if step.startswith("SCAN pauses")]
    spans = [step for step in steps if step.startswith("SEARCH pauses USING INDEX ix_pauses_span")]
    assert spans
    assert all("ended_at" in step for step in spans), "or it would go through the past"
    due = [step for step in plans(workspace, lambda: wake_again(workspace)) if "schedule_crons" in step]
    assert due
    assert all("ix_schedule_crons_next_due_at" in step for step in due)


def wake_again(workspace: Workspace) -> None:
    Dispatcher(workspace.database).wake(workspace.clock.now(), workspace.clock.zone())


def test_a_claim_is_one_statement_per_queue_however_many_it_takes(workspace: Workspace) -> None:
    open_queue(workspace, "net", limit=50)
    for _ in range(40):
        put(workspace, queue="net")
    put(workspace)
    with statements(engines(workspace)[0]) as seen:
        assert len(claim(workspace)) == 41
    assert len([statement for statement, _ in seen if statement.startswith("UPDATE jobs")]) == 2
    assert len(seen) == 1 + 2 * 2


def test_what_starts_and_ends_together_is_a_fixed_number_of_statements(workspace: Workspace) -> None:
    counts = []
    for many in (2, 10):
        for _ in range(many):
            put(workspace)
        jobs = claim(workspace)
        with statements(engines(workspace)[0]) as seen:
            start(workspace, *jobs)
            states = finish(workspace, *jobs)
        assert set(states.values()) == {JobState.COMPLETED}
        counts.append(len(seen))
    assert counts[0] >= counts[1]
