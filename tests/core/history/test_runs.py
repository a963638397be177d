"""Questions to the past: runs, their events, their attempts and what exactly they ran."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import NotFoundError
from core.execution.outcome import CouldNotStart, Failed, Succeeded
from core.history.runs import RunFilter
from core.queue.jobs import ClaimedJob, Finished, OutputFacts
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from tests.core.queue.helpers import claim, finish, open_queue, put, start
from tests.support import FakeClock
from tests.support.jobs import write_history

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def default_queue(workspace: Workspace) -> None:
    open_queue(workspace)


def ids(workspace: Workspace, which: RunFilter, **options: int) -> list[int]:
    return [run.id for run in workspace.runs.page(which, **options)]


def fail_with_output(workspace: Workspace, job: ClaimedJob, location: str) -> None:
    ended = Finished(job=job, outcome=Failed(1), at=workspace.clock.now(), output=OutputFacts(5, 0, location))
    workspace.queue.record(1, finished=[ended]).result()


def next_attempt(workspace: Workspace, clock: FakeClock) -> ClaimedJob:
    clock.advance(HOUR)
    workspace.queue.stage().result()
    (job,) = claim(workspace)
    return job


def test_pages_follow_each_other_without_a_gap(workspace: Workspace) -> None:
    made = [put(workspace) for _ in range(7)]
    first = ids(workspace, RunFilter(), limit=3)
    second = ids(workspace, RunFilter(), limit=3, before_id=first[-1])
    third = ids(workspace, RunFilter(), limit=3, before_id=second[-1])
    assert first + second + third == made[::-1]


def test_every_condition_of_a_filter_holds(workspace: Workspace, clock: FakeClock) -> None:
    old = put(workspace, environment_id=1, environment_name="staging", schedule_id=9)
    finish(workspace, *claim(workspace))
    later = clock.advance(HOUR)
    young = put(workspace, environment_id=1, environment_name="staging")
    other = put(workspace, command_id=2)
    assert ids(workspace, RunFilter(states=[JobState.COMPLETED])) == [old]
    assert ids(workspace, RunFilter(states=[JobState.AVAILABLE, JobState.COMPLETED])) == [other, young, old]
    assert ids(workspace, RunFilter(command_id=1)) == [young, old]
    assert ids(workspace, RunFilter(environment_id=1, since=later)) == [young]
    assert ids(workspace, RunFilter(schedule_id=9)) == [old]
    assert ids(workspace, RunFilter(schedule_id=9, since=later)) == []
    assert ids(workspace, RunFilter(text="STAG")) == [young, old]


def test_a_single_run_is_held_against_a_filter(workspace: Workspace) -> None:
    job = put(workspace)
    assert workspace.runs.is_among(job, RunFilter())
    assert workspace.runs.is_among(job, RunFilter(states=[JobState.AVAILABLE], command_id=1))
    assert not workspace.runs.is_among(job, RunFilter(states=[JobState.COMPLETED]))
    assert not workspace.runs.is_among(job + 1, RunFilter())


def test_a_run_that_is_not_there_is_told(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="no job named “99”"):
        workspace.runs.get(99)
    with pytest.raises(NotFoundError):
        workspace.runs.attempt(99)
    assert workspace.runs.some([99]) == {}
    assert workspace.runs.events(99) == []
    assert workspace.runs.plan(99) is None


def test_events_come_in_order_and_after_a_given_one(workspace: Workspace) -> None:
    assert workspace.runs.last_event_id() == 0
    first = put(workspace)
    seen = workspace.runs.last_event_id()
    second = put(workspace)
    finish(workspace, *claim(workspace))
    after = workspace.runs.events_after(seen)
    assert [(event.job_id, event.kind) for event in after] == [
        (second, "queued"),
        (first, "succeeded"),
        (second, "succeeded"),
    ]
    assert workspace.runs.events_after(seen, limit=1) == after[:1]
    assert workspace.runs.events_after(after[-1].id) == []


def test_each_attempt_knows_where_its_output_lies(workspace: Workspace, clock: FakeClock) -> None:
    job = put(workspace, max_attempts=3)
    assert workspace.runs.attempt(job) is None
    (first,) = claim(workspace)
    running = workspace.runs.attempt(job)
    assert running is not None
    assert (running.number, running.output, running.ended) == (1, None, False)
    fail_with_output(workspace, first, "0000/1-1.log")
    second = next_attempt(workspace, clock)
    fail_with_output(workspace, second, "inline")
    answers = [workspace.runs.attempt(job, number) for number in (1, 2, None)]
    assert [(answer.number, answer.output, answer.ended) for answer in answers if answer is not None] == [
        (1, "0000/1-1.log", True),
        (2, "inline", True),
        (2, "inline", True),
    ]
    assert workspace.runs.attempt(job, 0) is None
    assert workspace.runs.attempt(job, 3) is None


def test_an_attempt_keeps_its_output_when_the_job_is_cancelled_before_the_next(
    workspace: Workspace, clock: FakeClock
) -> None:
    job = put(workspace, max_attempts=2)
    fail_with_output(workspace, claim(workspace)[0], "inline")
    workspace.queue.cancel(job, by="the user").result()
    answer = workspace.runs.attempt(job)
    assert answer is not None
    assert answer.output == "inline"


def test_the_plan_is_that_of_the_last_attempt(workspace: Workspace, clock: FakeClock) -> None:
    job = put(workspace, max_attempts=2)
    (first,) = claim(workspace)
    assert workspace.runs.plan(job) is None
    start(workspace, first)
    assert workspace.runs.plan(job) == {"argv": ["true"]}
    finish(workspace, first, outcome=Failed(1))
    second = next_attempt(workspace, clock)
    finish(workspace, second, outcome=CouldNotStart("no such program"))
    assert workspace.runs.plan(job) is None, "nothing was started this time"


def test_live_jobs_are_counted_and_ended_ones_are_not(workspace: Workspace) -> None:
    for _ in range(3):
        put(workspace)
    finish(workspace, claim(workspace)[0], outcome=Succeeded())
    put(workspace)
    assert workspace.runs.live_counts() == {JobState.AVAILABLE: 1, JobState.EXECUTING: 2}
    assert [run.is_live for run in workspace.runs.page()] == [True, True, True, False]


def test_a_filter_knows_origins_and_an_end(workspace: Workspace) -> None:
    now = workspace.clock.now()
    origins = (Origin.SCHEDULE, Origin.CATCH_UP, Origin.MANUAL)
    write_history(workspace, 3, lambda number: {"origin": origins[number], "created_at": now + number * HOUR})
    assert ids(workspace, RunFilter(origins=[Origin.SCHEDULE, Origin.CATCH_UP])) == [2, 1]
    assert ids(workspace, RunFilter(until=now + HOUR)) == [1]
    assert ids(workspace, RunFilter(since=now + HOUR, until=now + 2 * HOUR)) == [2]
