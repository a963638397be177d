"""Jobs that were put back: brought back at once, and told once in the history."""

from __future__ import annotations

from datetime import timedelta

from core.catalog.specs import CommandSpec
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from tests.core.queue.helpers import claim
from tests.support import FakeClock

SOON = timedelta(seconds=30)


def put_back(workspace: Workspace, clock: FakeClock, reason: str) -> int:
    (job,) = claim(workspace)
    workspace.queue.snooze(job, until=clock.now() + SOON, reason=reason).result()
    return job.id


def test_a_job_is_woken_for_its_reason_alone(workspace: Workspace, clock: FakeClock) -> None:
    command = workspace.catalog.create(CommandSpec(name="greet", run="true", overlap="allow"))
    ids = []
    for reason in ("keyring locked", "no keyring", "keyring silent"):
        workspace.queue.run(command, None, origin=Origin.MANUAL).result()
        ids.append(put_back(workspace, clock, reason))
    assert workspace.queue.wake(["keyring locked", "keyring silent"]).result() == 2
    workspace.queue.stage().result()
    assert [workspace.runs.get(job).state for job in ids] == [
        JobState.AVAILABLE,
        JobState.SCHEDULED,
        JobState.AVAILABLE,
    ]


def test_a_job_for_later_keeps_its_time(workspace: Workspace, clock: FakeClock) -> None:
    command = workspace.catalog.create(CommandSpec(name="greet", run="true"))
    later = clock.now() + timedelta(hours=1)
    job = workspace.queue.run(command, None, origin=Origin.MANUAL, at=later).result().job_id
    assert workspace.queue.wake(["keyring locked"]).result() == 0
    assert workspace.runs.get(job).scheduled_at == later


def test_waiting_for_the_same_is_told_once(workspace: Workspace, clock: FakeClock) -> None:
    command = workspace.catalog.create(CommandSpec(name="greet", run="true"))
    workspace.queue.run(command, None, origin=Origin.MANUAL).result()
    for reason in ("keyring locked", "keyring locked", "keyring silent"):
        job = put_back(workspace, clock, reason)
        clock.advance(SOON)
        workspace.queue.stage().result()
    told = [(event.kind, event.reason) for event in workspace.runs.events(job)]
    assert told == [("queued", None), ("snoozed", "keyring locked"), ("snoozed", "keyring silent")]
    assert workspace.runs.get(job).attempt == 0
