"""How the scheduler is, told from what is really saved: nobody has dealt with what was due, and why that may be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.history.glance import read_glance
from core.queue.scopes import PauseScope
from core.workspace import Workspace
from desktop.models.scheduler_state import SchedulerState, scheduler_state
from tests.core.dispatch.helpers import make_schedule, wake
from tests.support import FakeClock

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
WHO = "the user"


@pytest.fixture
def agent_id(workspace: Workspace) -> int:
    return workspace.queue.register_agent("window").result()


def state(workspace: Workspace, agent_id: int) -> SchedulerState:
    workspace.queue.beat(agent_id).result()
    return scheduler_state(read_glance(workspace.database, workspace.clock), agent_id, workspace.clock.now())


def test_a_scheduler_that_lets_due_times_pass_is_late(workspace: Workspace, clock: FakeClock, agent_id: int) -> None:
    make_schedule(workspace, "30 * * * *", name="each half")
    make_schedule(workspace, "0 * * * *", name="each hour")
    clock.advance(HOUR + timedelta(seconds=20) - HOUR / 2)
    assert state(workspace, agent_id).words == "Scheduling"
    clock.advance(4 * MINUTE + timedelta(seconds=40))
    late = state(workspace, agent_id)
    assert (late.words, late.tone) == ("The scheduler is 5 min late", "warning")
    assert "“each half” should have begun at" in late.advice
    wake(workspace)
    assert state(workspace, agent_id).words == "Scheduling"


def test_a_jitter_does_not_make_it_late(workspace: Workspace, clock: FakeClock, agent_id: int) -> None:
    make_schedule(workspace, "0 * * * *", jitter=50 * MINUTE)
    clock.advance(HOUR)
    wake(workspace)
    clock.advance(5 * MINUTE)
    assert state(workspace, agent_id).words == "Scheduling"


def test_what_is_barred_does_not_make_it_late(workspace: Workspace, clock: FakeClock, agent_id: int) -> None:
    paused = make_schedule(workspace, "0 * * * *", name="paused")
    muted = make_schedule(workspace, "0 * * * *", name="muted")
    skipped = make_schedule(workspace, "0 * * * *", name="skipped")
    make_schedule(workspace, "0 * * * *", name="off", enabled=False)
    workspace.queue.pause(PauseScope.schedule(paused), origin=WHO).result()
    workspace.queue.pause(PauseScope.cell(muted, None, 2), origin=WHO).result()
    workspace.queue.skip_next(skipped, origin=WHO).result()
    clock.advance(HOUR + 5 * MINUTE)
    assert state(workspace, agent_id).words == "Scheduling"


def test_while_all_is_paused_nothing_is_late(workspace: Workspace, clock: FakeClock, agent_id: int) -> None:
    make_schedule(workspace, "0 * * * *")
    workspace.queue.pause(origin=WHO).result()
    clock.advance(HOUR + 5 * MINUTE)
    assert state(workspace, agent_id).words.startswith("Paused")


def test_the_list_knows_what_is_overdue(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *")
    due = clock.advance(HOUR)
    clock.advance(MINUTE)
    outlook = workspace.catalog.schedule(1).outlook
    assert outlook is not None
    assert (outlook.overdue_since, outlook.next_run_at) == (due, due + HOUR)
    wake(workspace)
    outlook = workspace.catalog.schedule(1).outlook
    assert outlook is not None
    assert outlook.overdue_since is None
