"""One cell of a schedule, run by hand: it is a job of the schedule like any other."""

from __future__ import annotations

import pytest

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, ScheduleSpec
from core.errors import ConflictError, NotFoundError
from core.queue.cells import run_cell
from core.queue.states import JobState, Origin, Overlap
from core.workspace import Workspace


def add_schedule(workspace: Workspace, *, bare: bool = False, overlap: str = "queue") -> int:
    catalog = workspace.catalog
    catalog.create(CommandSpec(name="sync", run="true", overlap=overlap, max_attempts=3))
    catalog.create(EnvironmentSpec(name="home"))
    catalog.create(EnvironmentSpec(name="work"))
    catalog.create(CronSpec(name="morning", expression="0 9 * * *", timezone="UTC"))
    environments, crons = ((), ()) if bare else (("home",), ("morning",))
    return catalog.create(ScheduleSpec(name="keep in step", command="sync", environments=environments, crons=crons))


def test_the_job_knows_its_schedule_its_cron_and_its_environment(workspace: Workspace) -> None:
    schedule_id = add_schedule(workspace)
    enqueued = run_cell(workspace.database, workspace.clock, schedule_id, 1, 1)
    run = workspace.runs.get(enqueued.job_id)
    assert (run.command, run.environment, run.schedule, run.cron) == ("sync", "home", "keep in step", "morning")
    assert (run.schedule_id, run.origin, run.state) == (schedule_id, Origin.MANUAL, JobState.AVAILABLE)
    assert (run.due_at, run.max_attempts) == (None, 3)


def test_a_schedule_without_environments_and_crons_runs_too(workspace: Workspace) -> None:
    schedule_id = add_schedule(workspace, bare=True)
    run = workspace.runs.get(run_cell(workspace.database, workspace.clock, schedule_id, None, None).job_id)
    assert (run.environment, run.schedule, run.cron) == (None, "keep in step", None)


def test_the_overlap_policy_of_the_command_holds(workspace: Workspace) -> None:
    schedule_id = add_schedule(workspace, overlap=Overlap.SKIP)
    run_cell(workspace.database, workspace.clock, schedule_id, 1, 1)
    second = run_cell(workspace.database, workspace.clock, schedule_id, 1, 1)
    assert second.state is JobState.SKIPPED
    assert second.reason


@pytest.mark.parametrize(("environment_id", "cron_id"), [(2, 1), (None, 1), (1, 9), (1, None)])
def test_a_cell_that_the_schedule_does_not_have_is_refused(
    workspace: Workspace, environment_id: int | None, cron_id: int | None
) -> None:
    schedule_id = add_schedule(workspace)
    with pytest.raises(ConflictError, match="“keep in step” does not have this"):
        run_cell(workspace.database, workspace.clock, schedule_id, environment_id, cron_id)
    assert workspace.runs.page() == []


def test_a_schedule_that_is_gone_is_said_to_be(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError):
        run_cell(workspace.database, workspace.clock, 7, None, None)
