"""`@reboot`: once per start of the agent, without a next due time, and never caught up (CRON.md, R1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.catalog.specs import Kind
from core.dispatch.dispatcher import Dispatcher
from core.workspace import Workspace
from tests.core.dispatch.helpers import jobs, link, make_schedule, skips, wake
from tests.support import FakeClock, wait_until


def test_a_start_of_the_agent_makes_one_job_in_each_environment(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "@reboot", environments=["staging", "production"])
    dispatcher = Dispatcher(workspace.database)
    assert dispatcher.start(clock.now()) == 2
    assert [(job.environment_name, job.origin, job.due_at) for job in jobs(workspace)] == [
        ("staging", "schedule", clock.now()),
        ("production", "schedule", clock.now()),
    ]
    assert link(workspace)[1] is None


def test_the_same_start_makes_nothing_twice_and_the_next_one_makes_a_job_again(
    workspace: Workspace, clock: FakeClock
) -> None:
    make_schedule(workspace, "@reboot")
    dispatcher = Dispatcher(workspace.database)
    assert [dispatcher.start(clock.now()), dispatcher.start(clock.now())] == [1, 0]
    assert dispatcher.start(clock.advance(timedelta(days=3))) == 1
    assert len(jobs(workspace)) == 2


def test_a_waking_makes_nothing_of_it(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "@reboot")
    clock.advance(timedelta(days=3))
    answer = wake(workspace)
    assert (answer.jobs, answer.skipped, answer.next_at) == (0, 0, None)


@pytest.mark.parametrize("kind", [Kind.COMMAND, Kind.CRON, Kind.SCHEDULE])
def test_what_is_disabled_does_not_run_at_the_start(workspace: Workspace, clock: FakeClock, kind: Kind) -> None:
    make_schedule(workspace, "@reboot")
    workspace.catalog.set_enabled(kind, 1, False)
    assert Dispatcher(workspace.database).start(clock.now()) == 0


def test_a_start_while_schedules_are_paused_is_recorded_as_skipped(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "@reboot")
    workspace.queue.pause(origin="the test").result()
    assert Dispatcher(workspace.database).start(clock.now()) == 0
    (skipped,) = skips(workspace)
    assert skipped.reason == "schedules were paused by the test from 2026-11-24 06:00:00 UTC, when the agent started"


def test_the_timekeeper_starts_it_once(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "@reboot")
    timekeeper = workspace.timekeeper(workspace.queue.register_agent("agent").result())
    timekeeper.start()
    try:
        wait_until(lambda: len(jobs(workspace)) == 1, message="the job of the start")
        timekeeper.poke()
    finally:
        timekeeper.stop()
    assert len(jobs(workspace)) == 1
