"""Pauses and skips that can't come true any more go, with what they speak of or with the history, and come back so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.catalog.specs import Kind
from core.errors import ConflictError
from core.model import Pause, Skip
from core.queue.retention import Retention
from core.queue.scopes import EVERYTHING, PauseScope
from core.settings import RETENTION_DAYS
from core.workspace import Workspace
from tests.core.dispatch.helpers import due_times, jobs, make_schedule, skips, wake
from tests.support import FakeClock

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WHO = "the user"
LIMITS = Retention(age=30 * DAY, jobs_per_command=0)


def wanted(workspace: Workspace) -> list[datetime]:
    with workspace.database.reading() as connection:
        return list(connection.execute(select(Skip.due_at).order_by(Skip.due_at)).scalars())


def pauses(workspace: Workspace) -> list[Any]:
    with workspace.database.reading() as connection:
        return list(connection.execute(select(Pause.__table__).order_by(Pause.id)))


def test_a_skip_is_used_up_by_the_run_that_it_skips(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *", environments=["a", "b"])
    first, second = (workspace.queue.skip_next(schedule, origin=WHO).result() for _ in range(2))
    assert wanted(workspace) == [first, second]
    clock.advance(HOUR)
    wake(workspace)
    assert wanted(workspace) == [second]
    assert [skip.due_at for skip in skips(workspace)] == [first] * 2


def test_a_skip_of_a_waiting_run_outlives_the_next_due_time(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *", jitter=DAY)
    clock.advance(HOUR)
    wake(workspace)
    assert jobs(workspace)[0].scheduled_at - clock.now() > 2 * HOUR
    due = workspace.queue.skip_next(schedule, origin=WHO).result()
    clock.advance(HOUR)
    wake(workspace)
    workspace.queue.prune_bars(LIMITS).result()
    assert wanted(workspace) == [due]
    clock.set(jobs(workspace)[0].scheduled_at)
    wake(workspace)
    assert wanted(workspace) == []
    assert [skip.due_at for skip in skips(workspace) if "this run alone" in skip.reason] == [due]


def test_a_skip_of_a_time_at_which_nothing_is_due_any_more_goes_with_the_edit(
    workspace: Workspace, clock: FakeClock
) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    for _ in range(3):
        last = workspace.queue.skip_next(schedule, origin=WHO).result()
    cron = workspace.catalog.crons()[0]
    workspace.catalog.revise(cron.id, cron.spec, replace(cron.spec, expression=f"0 {last.hour} * * *"))
    assert wanted(workspace) == [last]
    assert workspace.queue.unskip(schedule, origin=WHO).result() == last
    with pytest.raises(ConflictError):
        workspace.queue.unskip(schedule, origin=WHO).result()


def test_a_skip_survives_that_its_schedule_is_disabled_and_enabled(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    workspace.queue.skip_next(schedule, origin=WHO).result()
    for enabled in (False, True):
        workspace.catalog.switch(Kind.SCHEDULE, [schedule], enabled)
    for _ in range(2):
        clock.advance(HOUR)
        wake(workspace)
    assert due_times(workspace) == ["08:00:00"]


@pytest.mark.parametrize("kind", [Kind.SCHEDULE, Kind.COMMAND, Kind.CRON, Kind.ENVIRONMENT])
def test_what_is_deleted_is_paused_again_when_it_comes_back(workspace: Workspace, clock: FakeClock, kind: Kind) -> None:
    schedule = make_schedule(workspace, ["0 * * * *", "30 * * * *"], environments=["a", "b"])
    workspace.queue.pause(PauseScope.cell(schedule, 1, 1), origin=WHO).result()
    if kind in {Kind.SCHEDULE, Kind.COMMAND}:
        workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    if kind is Kind.CRON:
        workspace.queue.skip_next(schedule, 1, origin=WHO).result()
    before = (pauses(workspace), wanted(workspace))
    clock.advance(timedelta(minutes=10))
    _, snapshot = workspace.catalog.delete_with_snapshot(kind, [1])
    assert {row.ended_at for row in pauses(workspace)} == {clock.now()}
    assert wanted(workspace) == []
    clock.advance(timedelta(minutes=10))
    workspace.catalog.restore(snapshot)
    assert (pauses(workspace), wanted(workspace)) == before


def test_the_pause_of_a_deleted_schedule_is_over(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    workspace.queue.pause(PauseScope.schedule(schedule), until=clock.now() + DAY, origin=WHO).result()
    clock.advance(HOUR)
    workspace.catalog.delete(Kind.SCHEDULE, schedule)
    assert wake(workspace).next_at is None
    assert skips(workspace)[0].reason.endswith("to 2026-11-24 07:00:00 UTC")


def test_old_pauses_go_with_the_history_and_those_that_due_times_wait_for_stay(
    workspace: Workspace, clock: FakeClock
) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    other = make_schedule(workspace, "0 * * * *", name="other")
    for scope in (PauseScope.schedule(schedule), EVERYTHING, PauseScope.schedule(other)):
        workspace.queue.pause(scope, origin=WHO).result()
        clock.advance(HOUR)
    workspace.queue.resume(EVERYTHING, origin=WHO).result()
    workspace.queue.resume(PauseScope.schedule(other), origin=WHO).result()
    clock.advance(40 * DAY)
    assert workspace.queue.prune_bars(LIMITS).result() == 0
    wake(workspace)
    assert workspace.queue.prune_bars(Retention(age=None, jobs_per_command=0)).result() == 0
    # The first schedule accounts for its due times at the end of its pause, and some of them lie in the second one.
    assert workspace.queue.prune_bars(LIMITS).result() == 1
    assert [row.schedule_id for row in pauses(workspace)] == [schedule, None]
    workspace.queue.resume(PauseScope.schedule(schedule), origin=WHO).result()
    wake(workspace)
    assert workspace.queue.prune_bars(LIMITS).result() == 1
    assert [row.schedule_id for row in pauses(workspace)] == [schedule]


def test_housekeeping_prunes_them(workspace: Workspace, clock: FakeClock) -> None:
    workspace.settings.set(RETENTION_DAYS, 30)
    workspace.queue.pause(origin=WHO).result()
    clock.advance(HOUR)
    workspace.queue.resume(origin=WHO).result()
    clock.advance(29 * DAY)
    workspace.housekeeper().keep_house()
    assert len(pauses(workspace)) == 1
    clock.advance(2 * DAY)
    workspace.housekeeper().keep_house()
    assert pauses(workspace) == []
