"""From a claimed job to its plan: what was deleted or can't be filled in ends as a value, never as an error."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.catalog.specs import CommandSpec, EnvironmentSpec, Kind
from core.execution.outcome import CouldNotStart
from core.execution.plan import Plan
from core.processes import ATTEMPT_VARIABLE
from core.queue.jobs import ClaimedJob
from core.queue.states import Origin
from core.workspace import Workspace
from tests.core.queue.helpers import claim


@pytest.fixture
def staging(workspace: Workspace) -> int:
    return workspace.catalog.create(EnvironmentSpec(name="staging", variables={"GREETING": "hello you"}))


def claimed(workspace: Workspace, run: str, environment: int | None = None, *, shell: str = "sh") -> ClaimedJob:
    command = workspace.catalog.create(CommandSpec(name="greet", run=run, shell=shell))
    workspace.queue.run(command, environment, origin=Origin.MANUAL).result()
    (job,) = claim(workspace)
    return job


def planned(workspace: Workspace, job: ClaimedJob) -> Plan:
    plan = workspace.launcher.prepare(job)
    assert isinstance(plan, Plan), plan
    return plan


def refused(workspace: Workspace, job: ClaimedJob) -> CouldNotStart:
    outcome = workspace.launcher.prepare(job)
    assert isinstance(outcome, CouldNotStart), outcome
    return outcome


def test_a_plan_has_the_variables_and_the_token_of_its_attempt(workspace: Workspace, staging: int) -> None:
    job = claimed(workspace, "echo {{ GREETING }}", staging)
    plan = planned(workspace, job)
    assert "'hello you'" in " ".join(plan.argv)
    assert plan.environment["GREETING"] == "hello you"
    assert plan.environment["CLOCKHAND_JOB_ID"] == str(job.id)
    assert plan.environment[ATTEMPT_VARIABLE] == workspace.queue.attempt_token(job.id, 1)


def test_attempts_have_different_tokens(workspace: Workspace) -> None:
    job = claimed(workspace, "true")
    tokens = {planned(workspace, replace(job, attempt=n)).environment[ATTEMPT_VARIABLE] for n in (1, 2)}
    assert len(tokens) == 2


def test_a_command_that_was_deleted_since_can_not_start(workspace: Workspace) -> None:
    job = claimed(workspace, "true")
    workspace.catalog.delete(Kind.COMMAND, job.command_id)
    outcome = refused(workspace, job)
    assert (outcome.reason, outcome.permanent) == ("the command “greet” was deleted", True)


def test_an_environment_that_was_deleted_since_can_not_start(workspace: Workspace, staging: int) -> None:
    job = claimed(workspace, "true", staging)
    workspace.catalog.delete(Kind.ENVIRONMENT, staging)
    outcome = refused(workspace, job)
    assert (outcome.reason, outcome.permanent) == ("the environment “staging” was deleted", True)


def test_an_edit_counts_from_the_next_plan_on(workspace: Workspace, staging: int) -> None:
    job = claimed(workspace, "echo {{ GREETING }}", staging)
    planned(workspace, job)
    workspace.catalog.change(staging, EnvironmentSpec(name="staging", variables={"GREETING": "bye"}))
    assert planned(workspace, job).environment["GREETING"] == "bye"


def test_an_unknown_variable_can_not_start(workspace: Workspace, staging: int) -> None:
    workspace.catalog.create(EnvironmentSpec(name="bare"))
    job = claimed(workspace, "echo {{ GREETING }}", 2)
    assert "GREETING" in refused(workspace, job).reason


@pytest.mark.expects_log
def test_an_error_of_ours_fails_this_job_alone(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    job = claimed(workspace, "true")

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(workspace.launcher, "_plan", fail)
    assert "an error inside Clockhand: ZeroDivisionError" in refused(workspace, job).reason
