"""Claiming: the order, the queues' limits, pauses of queues, and jobs that run one after another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.execution.outcome import Failed
from core.queue.states import JobState, Overlap
from core.workspace import Workspace
from tests.core.queue.helpers import claim, finish, new_job, open_queue, put, state_of
from tests.support import FakeClock


def claimed_ids(workspace: Workspace) -> list[int]:
    return [job.id for job in claim(workspace)]


def test_the_order_is_priority_then_time_then_id(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    now = clock.now()
    late = put(workspace, scheduled_at=now - timedelta(seconds=1))
    early = put(workspace, scheduled_at=now - timedelta(seconds=2))
    urgent = put(workspace, priority=-1)
    patient = put(workspace, priority=1, scheduled_at=now - timedelta(days=1))
    same = put(workspace, scheduled_at=now - timedelta(seconds=1))
    assert claimed_ids(workspace) == [urgent, early, late, same, patient]


def test_a_queue_gives_out_no_more_than_its_limit(workspace: Workspace) -> None:
    open_queue(workspace, limit=2)
    jobs = [put(workspace) for _ in range(5)]
    first = claim(workspace)
    assert [job.id for job in first] == jobs[:2]
    assert claim(workspace) == []
    finish(workspace, first[1])
    assert claimed_ids(workspace) == [jobs[2]]


def test_a_queue_without_a_limit_gets_one_slot_per_core(workspace: Workspace) -> None:
    open_queue(workspace, limit=None)
    for _ in range(workspace.queue.default_limit + 1):
        put(workspace)
    assert len(claim(workspace)) == workspace.queue.default_limit


def test_a_full_queue_does_not_keep_another_from_running(workspace: Workspace) -> None:
    open_queue(workspace, limit=1)
    open_queue(workspace, "backup", limit=1)
    for _ in range(2):
        put(workspace)
    other = put(workspace, queue="backup")
    assert other in claimed_ids(workspace)


def test_a_paused_queue_gives_out_nothing_and_what_runs_goes_on(workspace: Workspace) -> None:
    open_queue(workspace)
    put(workspace)
    running = claim(workspace)
    waiting = put(workspace)
    workspace.queue.pause_queue("default", origin="the user").result()
    assert claim(workspace) == []
    assert finish(workspace, *running) == {running[0].id: JobState.COMPLETED}
    workspace.queue.resume_queue("default", origin="the user").result()
    assert claimed_ids(workspace) == [waiting]


@pytest.mark.parametrize("overlap", [Overlap.QUEUE, Overlap.REPLACE])
def test_jobs_of_one_pair_run_one_after_another(workspace: Workspace, clock: FakeClock, overlap: Overlap) -> None:
    open_queue(workspace)
    first = put(workspace, overlap=Overlap.QUEUE)
    (running,) = claim(workspace)
    second = put(workspace, overlap=overlap)
    other = put(workspace, command_id=2, overlap=Overlap.QUEUE)
    elsewhere = put(workspace, environment_id=5, environment_name="staging", overlap=Overlap.QUEUE)
    assert claimed_ids(workspace) == [other, elsewhere]
    finish(workspace, running)
    assert claimed_ids(workspace) == [second]
    assert state_of(workspace, first) is JobState.COMPLETED


def test_one_claim_takes_one_of_a_turn_and_the_first_in_line(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    put(workspace, overlap=Overlap.QUEUE)
    put(workspace, overlap=Overlap.QUEUE)
    urgent = put(workspace, overlap=Overlap.QUEUE, priority=-1)
    assert claimed_ids(workspace) == [urgent]
    assert claim(workspace) == []


def test_jobs_of_one_group_run_one_after_another_whatever_their_command(workspace: Workspace) -> None:
    open_queue(workspace)
    first = put(workspace, concurrency_group="disk")
    second = put(workspace, command_id=2, concurrency_group="disk")
    free = put(workspace, command_id=3)
    running = claim(workspace)
    assert [job.id for job in running] == [first, free]
    finish(workspace, *running)
    assert claimed_ids(workspace) == [second]


def test_a_failed_job_gives_its_turn_away_until_its_next_attempt(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    failing = put(workspace, overlap=Overlap.QUEUE, max_attempts=2)
    second = put(workspace, overlap=Overlap.QUEUE)
    finish(workspace, *claim(workspace), outcome=Failed(1))
    assert claimed_ids(workspace) == [second]
    clock.advance(timedelta(hours=1))
    workspace.queue.stage().result()
    assert state_of(workspace, failing) is JobState.AVAILABLE
    assert claim(workspace) == []


def test_one_job_can_be_claimed_out_of_order_and_beyond_the_limit_but_not_out_of_turn(workspace: Workspace) -> None:
    open_queue(workspace, limit=1)
    put(workspace)
    claim(workspace)
    beyond = put(workspace)
    (taken,) = workspace.queue.claim_job(beyond, 2).result()
    assert (taken.id, taken.attempt) == (beyond, 1)
    assert workspace.queue.claim_job(beyond, 2).result() == []
    put(workspace, command_id=9, overlap=Overlap.QUEUE)
    out_of_turn = put(workspace, command_id=9, overlap=Overlap.QUEUE)
    assert workspace.queue.claim_job(out_of_turn, 2).result() == []


def test_a_claimed_job_carries_what_its_run_needs(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace)
    due = clock.now() - timedelta(seconds=3)
    new = new_job(
        due,
        environment_id=4,
        environment_name="staging",
        schedule_id=5,
        schedule_name="daily",
        cron_id=6,
        cron_name="noon",
        due_at=due,
        max_attempts=3,
    )
    put(workspace, new)
    (job,) = claim(workspace)
    assert (job.command_name, job.environment_name, job.schedule_name) == ("command 1", "staging", "daily")
    assert (job.cron_name, job.due_at, job.scheduled_at, job.max_attempts) == ("noon", due, due, 3)
