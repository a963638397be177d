"""The overlap policies, for jobs of now and for jobs that were put in ahead of their time."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from core.errors import StorageError
from core.execution.outcome import Failed
from core.model import Job
from core.queue.enqueue import enqueue_all
from core.queue.states import JobState, Overlap
from core.workspace import Workspace
from tests.core.queue.helpers import claim, finish, job_row, kinds, new_job, open_queue, put, state_of, states
from tests.support import FakeClock

SOON = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def default_queue(workspace: Workspace) -> None:
    open_queue(workspace)


def skipped_reason(workspace: Workspace, job: int) -> str:
    row = job_row(workspace, job)
    assert row["state"] == JobState.SKIPPED
    assert row["finished_at"] == workspace.clock.now()
    assert kinds(workspace, job)[-1] == "skipped"
    assert workspace.runs.events(job)[-1].reason == row["reason"]
    return str(row["reason"])


def test_allow_runs_side_by_side(workspace: Workspace) -> None:
    jobs = [put(workspace) for _ in range(3)]
    assert [job.id for job in claim(workspace)] == jobs


def test_skip_does_not_run_while_one_waits(workspace: Workspace) -> None:
    first = put(workspace, overlap=Overlap.SKIP)
    second = put(workspace, overlap=Overlap.SKIP)
    assert skipped_reason(workspace, second) == (
        f"job {first} of the same command and environment is still waiting; the overlap policy is skip"
    )


def test_skip_does_not_run_while_one_runs_or_waits_for_its_next_attempt(workspace: Workspace) -> None:
    put(workspace, overlap=Overlap.SKIP, max_attempts=2)
    running = claim(workspace)
    assert "still running" in skipped_reason(workspace, put(workspace, overlap=Overlap.SKIP))
    finish(workspace, *running, outcome=Failed(1))
    assert "waiting for its next attempt" in skipped_reason(workspace, put(workspace, overlap=Overlap.SKIP))


def test_skip_runs_when_the_other_has_ended_or_is_another_pair(workspace: Workspace) -> None:
    put(workspace, overlap=Overlap.SKIP)
    elsewhere = put(workspace, overlap=Overlap.SKIP, environment_id=2, environment_name="staging")
    finish(workspace, *claim(workspace))
    assert state_of(workspace, elsewhere) is JobState.COMPLETED
    assert state_of(workspace, put(workspace, overlap=Overlap.SKIP)) is JobState.AVAILABLE


def test_the_database_itself_refuses_a_second_live_job_of_the_policy_skip(
    workspace: Workspace, clock: FakeClock
) -> None:
    for _ in range(2):
        put(workspace, overlap=Overlap.SKIP, scheduled_at=clock.now() + SOON)
    with pytest.raises(StorageError, match=r"UNIQUE constraint failed: jobs\.unique_key"):
        workspace.database.write(lambda tx: tx.connection.execute(update(Job).values(state="available")))
    assert states(workspace) == ["scheduled", "scheduled"]


def test_replace_cancels_what_waits_and_asks_what_runs_to_end(workspace: Workspace) -> None:
    running = put(workspace, overlap=Overlap.QUEUE)
    (claimed,) = claim(workspace, agent_id=1)
    waiting = put(workspace, overlap=Overlap.QUEUE)
    newest = put(workspace, overlap=Overlap.REPLACE)
    assert state_of(workspace, waiting) is JobState.CANCELLED
    by = "a newer job of the same command and environment"
    assert job_row(workspace, waiting)["cancelled_by"] == by
    assert workspace.queue.requested_cancellations(1).result() == {(running, 1): by}
    assert claim(workspace) == []
    finish(workspace, claimed)
    assert [job.id for job in claim(workspace)] == [newest]


def test_skip_is_judged_when_the_time_of_a_job_has_come(workspace: Workspace, clock: FakeClock) -> None:
    first = put(workspace, overlap=Overlap.SKIP, scheduled_at=clock.now() + SOON)
    second = put(workspace, overlap=Overlap.SKIP, scheduled_at=clock.now() + SOON)
    assert state_of(workspace, second) is JobState.SCHEDULED
    clock.advance(SOON)
    assert workspace.queue.stage().result() == 1
    assert state_of(workspace, first) is JobState.AVAILABLE
    assert "still waiting" in skipped_reason(workspace, second)


def test_replace_is_judged_when_the_time_of_a_job_has_come(workspace: Workspace, clock: FakeClock) -> None:
    ahead = put(workspace, overlap=Overlap.REPLACE, scheduled_at=clock.now() + SOON)
    waiting = put(workspace, overlap=Overlap.QUEUE)
    clock.advance(SOON)
    workspace.queue.stage().result()
    assert state_of(workspace, waiting) is JobState.CANCELLED
    assert state_of(workspace, ahead) is JobState.AVAILABLE


def test_an_old_job_that_was_snoozed_does_not_replace_a_newer_one(workspace: Workspace, clock: FakeClock) -> None:
    put(workspace, overlap=Overlap.REPLACE)
    (claimed,) = claim(workspace)
    workspace.queue.snooze(claimed, until=clock.now() + SOON, reason="the keyring is locked").result()
    newer = put(workspace, overlap=Overlap.QUEUE)
    clock.advance(SOON)
    assert workspace.queue.stage().result() == 1
    assert state_of(workspace, newer) is JobState.AVAILABLE


def test_a_failed_job_of_the_policy_skip_gets_its_next_attempt(workspace: Workspace, clock: FakeClock) -> None:
    job = put(workspace, overlap=Overlap.SKIP, max_attempts=2)
    finish(workspace, *claim(workspace), outcome=Failed(1))
    clock.advance(timedelta(hours=2))
    assert workspace.queue.stage().result() == 1
    assert state_of(workspace, job) is JobState.AVAILABLE


def test_a_due_time_makes_one_job_at_most(workspace: Workspace, clock: FakeClock) -> None:
    now = clock.now()
    for number, overlap in enumerate(Overlap, start=2):
        new = new_job(now, command_id=number, overlap=overlap, due_key=f"{overlap}:1")
        job = put(workspace, new)
        before = job_row(workspace, job)
        answers = workspace.database.write(partial(enqueue_all, new_jobs=[new, new], now=now))
        assert answers == []
        assert job_row(workspace, job) == before


def test_many_jobs_go_in_together_in_order_and_without_those_that_are_known(
    workspace: Workspace, clock: FakeClock
) -> None:
    now = clock.now()
    put(workspace, due_key="due:3")
    news = [new_job(now, due_key=f"due:{number}", priority=number) for number in range(6)]
    answers = workspace.database.write(lambda tx: enqueue_all(tx, news, now))
    assert [answer.state for answer in answers] == [JobState.AVAILABLE] * 5
    assert [job_row(workspace, answer.job_id)["priority"] for answer in answers] == [0, 1, 2, 4, 5]
    assert all(kinds(workspace, answer.job_id) == ["queued"] for answer in answers)
