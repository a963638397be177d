"""Every verb of the queue is a guarded transition: what may follow what, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.changes import Changes
from core.errors import ConflictError, NotFoundError
from core.execution.outcome import Cancelled, CouldNotStart, Failed, Lost, Outcome, Signalled, Succeeded, TimedOut
from core.queue.jobs import Finished, OutputFacts, Started
from core.queue.states import EventKind, JobState
from core.workspace import Workspace
from tests.core.queue import helpers
from tests.core.queue.helpers import claim, finish, job_row, kinds, put, start, state_of
from tests.support import FakeClock


@pytest.fixture(autouse=True)
def default_queue(workspace: Workspace) -> None:
    helpers.open_queue(workspace)


def test_a_job_for_now_is_available_and_tells_that_it_was_queued(
    workspace: Workspace, published: list[Changes]
) -> None:
    job = put(workspace)
    assert state_of(workspace, job) is JobState.AVAILABLE
    assert kinds(workspace, job) == [EventKind.QUEUED]
    assert published[-1] == Changes(jobs=True, claimable=True)


def test_a_job_for_later_waits_for_its_time(workspace: Workspace, clock: FakeClock, published: list[Changes]) -> None:
    job = put(workspace, scheduled_at=clock.now() + timedelta(minutes=10))
    assert state_of(workspace, job) is JobState.SCHEDULED
    assert published[-1] == Changes(jobs=True, due_times=True)
    assert claim(workspace) == []
    clock.advance(timedelta(minutes=10) - timedelta(microseconds=1))
    assert workspace.queue.stage().result() == 0
    clock.advance(timedelta(microseconds=1))
    assert workspace.queue.stage().result() == 1
    assert [claimed.id for claimed in claim(workspace)] == [job]


def test_a_run_tells_its_whole_life(workspace: Workspace, clock: FakeClock) -> None:
    job = put(workspace)
    clock.advance(timedelta(seconds=1))
    (claimed,) = claim(workspace, agent_id=7)
    assert (claimed.id, claimed.attempt, claimed.claimed_at) == (job, 1, clock.now())
    assert state_of(workspace, job) is JobState.EXECUTING
    started_at = clock.advance(timedelta(seconds=1))
    start(workspace, claimed, agent_id=7, pid=4242)
    ended_at = clock.advance(timedelta(seconds=1))
    assert finish(workspace, claimed, agent_id=7) == {job: JobState.COMPLETED}

    row = job_row(workspace, job)
    assert (row["started_at"], row["finished_at"], row["pid"], row["agent_id"]) == (started_at, ended_at, 4242, 7)
    assert (row["outcome"], row["exit_code"], row["duration"]) == ("succeeded", 0, timedelta(milliseconds=250))
    assert workspace.runs.plan(job) == {"argv": ["true"]}
    queued, began, ended = workspace.runs.events(job)
    assert (queued.kind, queued.attempt) == ("queued", 0)
    assert (began.kind, began.attempt, began.at, began.pid, began.agent_id) == ("started", 1, started_at, 4242, 7)
    assert began.host
    assert (ended.kind, ended.attempt, ended.at, ended.exit_code) == ("succeeded", 1, ended_at, 0)


@pytest.mark.parametrize(
    ("outcome", "state", "facts"),
    [
        (Succeeded(3), JobState.COMPLETED, (3, None, None)),
        (Failed(2), JobState.DISCARDED, (2, None, None)),
        (Signalled(11), JobState.DISCARDED, (None, 11, None)),
        (TimedOut(timedelta(minutes=10), signal=15), JobState.DISCARDED, (None, 15, "time limit of 10 min")),
        (Cancelled("the user"), JobState.CANCELLED, (None, None, "by the user")),
        (CouldNotStart("unknown variable X"), JobState.DISCARDED, (None, None, "unknown variable X")),
        (Lost("nobody saw the end"), JobState.DISCARDED, (None, None, "nobody saw the end")),
    ],
    ids=lambda value: value.kind if hasattr(value, "kind") else "",
)
def test_every_outcome_stands_in_the_row_and_in_the_event(
    workspace: Workspace, outcome: Outcome, state: JobState, facts: tuple[int | None, int | None, str | None]
) -> None:
    job = put(workspace)
    assert finish(workspace, *claim(workspace), outcome=outcome) == {job: state}
    row = job_row(workspace, job)
    end = workspace.runs.events(job)[-1]
    assert (row["state"], row["outcome"]) == (state, outcome.kind)
    assert (row["exit_code"], row["signal"], row["reason"]) == facts
    assert (end.kind, end.exit_code, end.signal, end.reason) == (outcome.kind, *facts)


def test_the_sizes_and_the_place_of_the_output_are_kept(workspace: Workspace, clock: FakeClock) -> None:
    job = put(workspace)
    (claimed,) = claim(workspace)
    output = OutputFacts(stdout_bytes=1834, stderr_bytes=7, location="inline")
    ended = Finished(job=claimed, outcome=Succeeded(), at=clock.now(), output=output)
    workspace.queue.record(1, finished=[ended]).result()
    run = workspace.runs.get(job)
    end = workspace.runs.events(job)[-1]
    assert (run.stdout_bytes, run.stderr_bytes, run.output, run.output_bytes) == (1834, 7, "inline", 1841)
    assert (end.stdout_bytes, end.stderr_bytes, end.output) == (1834, 7, "inline")


def test_a_failed_job_with_attempts_left_waits_for_the_next_one(workspace: Workspace, clock: FakeClock) -> None:
    base = timedelta(seconds=30)
    job = put(workspace, max_attempts=2, backoff_base=base)
    assert finish(workspace, *claim(workspace), outcome=Failed(1)) == {job: JobState.RETRYABLE}
    row = job_row(workspace, job)
    assert base * 0.9 <= row["scheduled_at"] - clock.now() <= base * 1.1
    assert row["finished_at"] is None
    assert workspace.runs.events(job)[-1].next_attempt_at == row["scheduled_at"]
    assert claim(workspace) == []

    clock.advance(base * 1.1)
    assert workspace.queue.stage().result() == 1
    (second,) = claim(workspace)
    assert (second.id, second.attempt) == (job, 2)
    assert job_row(workspace, job)["outcome"] is None
    assert finish(workspace, second, outcome=Failed(1)) == {job: JobState.DISCARDED}
    assert kinds(workspace, job) == ["queued", "failed", "failed"]


@pytest.mark.parametrize("outcome", [CouldNotStart("the command was deleted", permanent=True), Cancelled("the user")])
def test_what_would_end_the_same_way_again_is_not_tried_again(
    workspace: Workspace, outcome: CouldNotStart | Cancelled
) -> None:
    put(workspace, max_attempts=5)
    (state,) = finish(workspace, *claim(workspace), outcome=outcome).values()
    assert state in {JobState.DISCARDED, JobState.CANCELLED}


def test_the_second_end_of_an_attempt_does_nothing(workspace: Workspace) -> None:
    job = put(workspace)
    claimed = claim(workspace)
    finish(workspace, *claimed)
    before = job_row(workspace, job)
    assert finish(workspace, *claimed, outcome=Failed(1)) == {}
    assert job_row(workspace, job) == before
    assert kinds(workspace, job) == ["queued", "succeeded"]


def test_two_ends_of_one_attempt_in_one_call_are_one(workspace: Workspace) -> None:
    job = put(workspace)
    (claimed,) = claim(workspace)
    assert finish(workspace, claimed, claimed) == {job: JobState.COMPLETED}
    assert kinds(workspace, job) == ["queued", "succeeded"]


def test_an_end_of_an_earlier_attempt_does_not_touch_the_later_one(workspace: Workspace, clock: FakeClock) -> None:
    job = put(workspace, max_attempts=2)
    (first,) = claim(workspace)
    finish(workspace, first, outcome=Lost("its agent was gone"))
    clock.advance(timedelta(hours=1))
    workspace.queue.stage().result()
    claim(workspace)
    assert finish(workspace, first) == {}
    assert state_of(workspace, job) is JobState.EXECUTING


def test_what_nobody_claimed_can_not_start_or_end(workspace: Workspace, clock: FakeClock) -> None:
    job = put(workspace)
    (claimed,) = claim(workspace)
    finish(workspace, claimed, outcome=Cancelled("the user"))
    waiting = put(workspace, scheduled_at=clock.now() + timedelta(hours=1))
    never = replace(claimed, id=waiting)
    start(workspace, claimed, never)
    assert finish(workspace, claimed, never) == {}
    assert kinds(workspace, job) == ["queued", "cancelled"]
    assert kinds(workspace, waiting) == ["queued"]


def test_a_start_that_is_told_twice_is_recorded_once(workspace: Workspace) -> None:
    job = put(workspace)
    (claimed,) = claim(workspace)
    start(workspace, claimed, pid=10)
    start(workspace, claimed, pid=11)
    assert kinds(workspace, job) == ["queued", "started"]
    assert job_row(workspace, job)["pid"] == 10


def test_a_plan_is_kept_once_for_all_that_run_it(workspace: Workspace, clock: FakeClock) -> None:
    jobs = [put(workspace) for _ in range(3)]
    start(workspace, *claim(workspace))
    with workspace.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM plans").scalar() == 1
    assert {job_row(workspace, job)["plan"] for job in jobs} == {job_row(workspace, jobs[0])["plan"]}


def test_a_plan_is_kept_again_after_its_transaction_was_undone(workspace: Workspace, clock: FakeClock) -> None:
    """A digest that was rolled back must not count as being on disk."""
    job = put(workspace)
    (claimed,) = claim(workspace)
    started = Started(job_id=job, attempt=1, at=clock.now(), pid=1, process_started_at=None, plan={"argv": ["false"]})

    def refuse() -> None:
        raise ConflictError("not now")

    with pytest.raises(ConflictError):
        workspace.queue.record(1, started=[started], first=refuse).result()
    assert kinds(workspace, claimed.id) == ["queued"]
    workspace.queue.record(1, started=[started]).result()
    assert workspace.runs.plan(job) == {"argv": ["false"]}


def test_a_snoozed_job_comes_back_without_having_used_an_attempt(workspace: Workspace, clock: FakeClock) -> None:
    job = put(workspace)
    (claimed,) = claim(workspace)
    until = clock.now() + timedelta(minutes=1)
    assert workspace.queue.snooze(claimed, until=until, reason="the keyring is locked").result()
    row = job_row(workspace, job)
    assert (row["state"], row["attempt"], row["scheduled_at"]) == (JobState.SCHEDULED, 0, until)
    snoozed = workspace.runs.events(job)[-1]
    assert (snoozed.kind, snoozed.reason, snoozed.next_attempt_at) == ("snoozed", "the keyring is locked", until)
    clock.advance(timedelta(minutes=1))
    workspace.queue.stage().result()
    (again,) = claim(workspace)
    assert (again.id, again.attempt) == (job, 1)


def test_only_an_executing_attempt_can_be_snoozed(workspace: Workspace, clock: FakeClock) -> None:
    put(workspace)
    (claimed,) = claim(workspace)
    finish(workspace, claimed)
    assert not workspace.queue.snooze(claimed, until=clock.now(), reason="too late").result()


def test_a_waiting_job_is_cancelled_at_once(workspace: Workspace, clock: FakeClock) -> None:
    scheduled = put(workspace, scheduled_at=clock.now() + timedelta(hours=1))
    retryable = put(workspace, max_attempts=2)
    finish(workspace, *claim(workspace), outcome=Failed(1))
    available = put(workspace)
    for job in (scheduled, available, retryable):
        assert workspace.queue.cancel(job, by="the user").result() == "cancelled"
        row = job_row(workspace, job)
        assert (row["state"], row["outcome"], row["reason"]) == (JobState.CANCELLED, "cancelled", "by the user")
        assert (row["cancelled_by"], row["finished_at"]) == ("the user", clock.now())
        assert kinds(workspace, job)[-1] == EventKind.CANCELLED
    clock.advance(timedelta(days=1))
    workspace.queue.stage().result()
    assert claim(workspace) == []


def test_a_running_job_is_asked_to_end_and_its_agent_is_told(workspace: Workspace, published: list[Changes]) -> None:
    job = put(workspace)
    (claimed,) = claim(workspace, agent_id=3)
    assert workspace.queue.cancel(job, by="the user").result() == "requested"
    assert published[-1] == Changes(jobs=True, cancellations=True)
    assert state_of(workspace, job) is JobState.EXECUTING
    assert workspace.queue.requested_cancellations(3).result() == {(job, 1): "the user"}
    assert workspace.queue.requested_cancellations(4).result() == {}
    assert finish(workspace, claimed, outcome=Cancelled("the user")) == {job: JobState.CANCELLED}
    assert workspace.queue.requested_cancellations(3).result() == {}


def test_the_first_who_asked_to_cancel_is_remembered(workspace: Workspace, clock: FakeClock) -> None:
    job = put(workspace)
    claim(workspace)
    first = clock.now()
    workspace.queue.cancel(job, by="the user").result()
    clock.advance(timedelta(seconds=1))
    workspace.queue.cancel(job, by="Clockhand, which was closed").result()
    row = job_row(workspace, job)
    assert (row["cancelled_by"], row["cancel_requested_at"]) == ("the user", first)


@pytest.mark.parametrize("outcome", [Failed(1), Lost("its agent was gone"), Signalled(9)], ids=lambda o: o.kind)
def test_a_job_that_was_to_be_cancelled_is_not_tried_again(
    workspace: Workspace, outcome: Failed | Lost | Signalled
) -> None:
    job = put(workspace, max_attempts=3)
    (claimed,) = claim(workspace)
    workspace.queue.cancel(job, by="the user").result()
    assert finish(workspace, claimed, outcome=outcome) == {job: JobState.CANCELLED}
    row = job_row(workspace, job)
    assert (row["outcome"], row["cancelled_by"]) == (outcome.kind, "the user")
    assert workspace.runs.events(job)[-1].next_attempt_at is None


def test_a_job_that_was_to_be_cancelled_is_not_snoozed(workspace: Workspace, clock: FakeClock) -> None:
    job = put(workspace)
    (claimed,) = claim(workspace)
    workspace.queue.cancel(job, by="the user").result()
    assert workspace.queue.snooze(claimed, until=clock.now(), reason="the keyring is locked").result()
    row = job_row(workspace, job)
    assert (row["state"], row["outcome"], row["finished_at"]) == (JobState.CANCELLED, "cancelled", clock.now())
    assert kinds(workspace, job) == ["queued", "cancel-requested", "cancelled"]


def test_what_has_ended_can_not_be_cancelled(workspace: Workspace) -> None:
    job = put(workspace)
    finish(workspace, *claim(workspace))
    with pytest.raises(ConflictError, match=rf"Job {job} has already ended: it is completed"):
        workspace.queue.cancel(job, by="the user").result()


def test_a_job_that_does_not_exist_can_not_be_cancelled_or_repeated(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="no job named “99”"):
        workspace.queue.cancel(99, by="the user").result()
    with pytest.raises(NotFoundError, match="no job named “99”"):
        workspace.queue.retry(99).result()
