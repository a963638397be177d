"""Run now, run later and retry: each makes a job that says where it came from."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.catalog.specs import CommandSpec, EnvironmentSpec, Kind
from core.errors import ConflictError, NotFoundError
from core.execution.outcome import Failed
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from tests.core.queue.helpers import claim, finish, job_row, put, state_of
from tests.support import FakeClock


@pytest.fixture
def command(workspace: Workspace) -> int:
    return workspace.catalog.create(
        CommandSpec(name="sync", run="true", max_attempts=3, overlap="allow", queue="net", priority=2)
    )


@pytest.fixture
def staging(workspace: Workspace) -> int:
    return workspace.catalog.create(EnvironmentSpec(name="staging"))


def test_run_now_takes_everything_from_the_command(workspace: Workspace, command: int, staging: int) -> None:
    enqueued = workspace.queue.run(command, staging, origin=Origin.MANUAL).result()
    assert enqueued.state is JobState.AVAILABLE
    row = job_row(workspace, enqueued.job_id)
    assert (row["command_name"], row["environment_name"], row["origin"]) == ("sync", "staging", "manual")
    assert (row["max_attempts"], row["overlap"], row["queue"], row["priority"]) == (3, "allow", "net", 2)
    assert (row["schedule_id"], row["due_at"], row["due_key"], row["retry_of"]) == (None, None, None, None)


def test_a_new_queue_is_there_as_soon_as_a_command_names_it(workspace: Workspace, command: int) -> None:
    job = workspace.queue.run(command, None, origin=Origin.COMMAND_LINE).result().job_id
    assert [claimed.id for claimed in claim(workspace)] == [job]


def test_run_in_ten_minutes_waits(workspace: Workspace, clock: FakeClock, command: int) -> None:
    at = clock.now() + timedelta(minutes=10)
    enqueued = workspace.queue.run(command, None, origin=Origin.MANUAL, at=at).result()
    assert enqueued.state is JobState.SCHEDULED
    assert job_row(workspace, enqueued.job_id)["scheduled_at"] == at


def test_a_time_that_has_passed_means_now(workspace: Workspace, clock: FakeClock, command: int) -> None:
    at = clock.now() - timedelta(minutes=10)
    enqueued = workspace.queue.run(command, None, origin=Origin.MANUAL, at=at).result()
    assert job_row(workspace, enqueued.job_id)["scheduled_at"] == clock.now()


def test_a_disabled_command_runs_when_a_person_asks_for_it(workspace: Workspace, command: int) -> None:
    workspace.catalog.set_enabled(Kind.COMMAND, command, False)
    assert workspace.queue.run(command, None, origin=Origin.MANUAL).result().state is JobState.AVAILABLE


def test_what_was_deleted_can_not_be_run(workspace: Workspace, command: int) -> None:
    with pytest.raises(NotFoundError):
        workspace.queue.run(command, 99, origin=Origin.MANUAL).result()
    with pytest.raises(NotFoundError):
        workspace.queue.run(99, None, origin=Origin.MANUAL).result()


def test_a_retry_remembers_its_job(workspace: Workspace, clock: FakeClock, command: int, staging: int) -> None:
    old = workspace.queue.run(command, staging, origin=Origin.MANUAL).result().job_id
    finish(workspace, *claim(workspace), outcome=Failed(1))
    workspace.queue.cancel(old, by="the user").result()
    clock.advance(timedelta(days=1))
    new = workspace.queue.retry(old).result().job_id
    row = job_row(workspace, new)
    assert (row["retry_of"], row["origin"], row["attempt"], row["environment_name"]) == (old, "retry", 0, "staging")
    assert row["scheduled_at"] == clock.now()
    assert state_of(workspace, old) is JobState.CANCELLED


def test_a_retry_of_a_due_time_keeps_the_due_time_and_may_be_made_again(
    workspace: Workspace, clock: FakeClock, command: int
) -> None:
    due = clock.now() - timedelta(hours=1)
    old = put(
        workspace, command_id=command, queue="net", schedule_id=3, schedule_name="daily", due_at=due, due_key="3:1:0:9"
    )
    finish(workspace, *claim(workspace))
    rows = [job_row(workspace, workspace.queue.retry(old).result().job_id) for _ in range(2)]
    assert [(row["due_at"], row["due_key"], row["schedule_name"]) for row in rows] == [(due, None, "daily")] * 2


def test_only_what_has_ended_can_be_repeated(workspace: Workspace, command: int) -> None:
    job = workspace.queue.run(command, None, origin=Origin.MANUAL).result().job_id
    with pytest.raises(ConflictError, match="has not ended yet: it is available"):
        workspace.queue.retry(job).result()
    claim(workspace)
    with pytest.raises(ConflictError, match="it is executing"):
        workspace.queue.retry(job).result()


def test_what_was_deleted_can_not_be_repeated(workspace: Workspace, command: int, staging: int) -> None:
    job = workspace.queue.run(command, staging, origin=Origin.MANUAL).result().job_id
    finish(workspace, *claim(workspace))
    workspace.catalog.delete(Kind.ENVIRONMENT, staging)
    with pytest.raises(ConflictError, match="its environment “staging” was deleted"):
        workspace.queue.retry(job).result()
    workspace.catalog.delete(Kind.COMMAND, command)
    with pytest.raises(ConflictError, match="its command “sync” was deleted"):
        workspace.queue.retry(job).result()
