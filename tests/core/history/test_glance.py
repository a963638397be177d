"""The picture at a glance: counts, what runs, what comes next, pauses and agents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.catalog.specs import CommandSpec, CronSpec, ScheduleSpec
from core.history import glance as glance_module
from core.history.glance import Glance, read_glance, read_lately
from core.queue.states import JobState
from core.workspace import Workspace
from tests.support import FakeClock
from tests.support.jobs import write_history


def look(workspace: Workspace, **options: int) -> Glance:
    return read_glance(workspace.database, workspace.clock, **options)


def add_schedule(workspace: Workspace, name: str, expression: str) -> None:
    catalog = workspace.catalog
    catalog.create(CommandSpec(name=f"{name} command", run="true"))
    catalog.create(CronSpec(name=f"{name} cron", expression=expression, timezone="UTC"))
    catalog.create(ScheduleSpec(name=name, command=f"{name} command", environments=(), crons=(f"{name} cron",)))


def test_a_new_folder_has_nothing_to_tell(workspace: Workspace) -> None:
    glance = look(workspace)
    assert (glance.running, glance.waiting, glance.retrying, glance.upcoming) == ((), 0, 0, ())
    assert not glance.has_commands
    assert not glance.has_runs
    assert glance.paused is None
    assert glance.agents == ()


def test_live_jobs_are_counted_by_what_they_wait_for(workspace: Workspace) -> None:
    states = [JobState.EXECUTING] * 3 + [JobState.AVAILABLE] * 2 + [JobState.RETRYABLE, JobState.COMPLETED]
    write_history(workspace, len(states), lambda number: {"state": states[number], "finished_at": None})
    glance = look(workspace)
    assert [run.id for run in glance.running] == [1, 2, 3]
    assert (glance.running_count, glance.waiting, glance.retrying) == (3, 2, 1)
    assert glance.has_runs


def test_what_comes_next_is_sorted_by_time(workspace: Workspace, clock: FakeClock) -> None:
    add_schedule(workspace, "later", "30 9 * * *")
    add_schedule(workspace, "sooner", "5 7 * * *")
    glance = look(workspace)
    assert [(each.schedule, each.command, each.cron) for each in glance.upcoming] == [
        ("sooner", "sooner command", "sooner cron"),
        ("later", "later command", "later cron"),
    ]
    assert glance.upcoming[0].at == datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
    assert len(look(workspace, upcoming=1).upcoming) == 1


def test_a_pause_and_the_agents_are_told(workspace: Workspace, clock: FakeClock) -> None:
    agent_id = workspace.queue.register_agent("window").result()
    paused_at = clock.advance(timedelta(minutes=1))
    workspace.queue.pause(origin="a test").result()
    glance = look(workspace)
    assert [agent.id for agent in glance.agents] == [agent_id]
    assert glance.paused is not None
    assert glance.paused.started_at == paused_at
    workspace.queue.resume(origin="a test").result()
    workspace.queue.stop_agent(agent_id, reason="the test is over").result()
    assert look(workspace).paused is None
    assert look(workspace).agents == ()


def test_what_failed_lately_is_found_and_what_lies_far_back_is_not_looked_for(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glance_module, "_LOOK_BACK", 50)
    write_history(workspace, 100, lambda number: {"state": JobState.DISCARDED} if number % 10 == 0 else {})
    found = read_lately(workspace.database, JobState.DISCARDED, JobState.RETRYABLE, limit=3)
    assert [run.id for run in found] == [91, 81, 71]
    assert [run.id for run in read_lately(workspace.database, JobState.DISCARDED)] == [91, 81, 71, 61, 51]
    assert read_lately(workspace.database, JobState.SKIPPED) == []
