"""An edit during a pause takes nothing away from what is recorded of the pause, and nothing is recorded twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from core.catalog.due import refresh_system_zone
from core.catalog.specs import EnvironmentSpec, Kind
from core.queue.scopes import EVERYTHING, PauseScope
from core.workspace import Workspace
from tests.core.dispatch.helpers import due_times, jobs, make_schedule, skips, wake
from tests.support import FakeClock

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
WHO = "the user"
Edit = Callable[[Workspace, int], object]


def edit_cron(workspace: Workspace, schedule: int) -> None:
    cron = workspace.catalog.crons()[0]
    workspace.catalog.revise(cron.id, cron.spec, replace(cron.spec, expression="30 * * * *"))


def switch(kind: Kind) -> Edit:
    def work(workspace: Workspace, schedule: int) -> None:
        for enabled in (False, True):
            workspace.catalog.switch(kind, [1], enabled)

    return work


def add_environment(workspace: Workspace, schedule: int) -> None:
    workspace.catalog.create(EnvironmentSpec(name="b"))
    record = workspace.catalog.schedule(schedule)
    workspace.catalog.revise(schedule, record.spec, replace(record.spec, environments=("a", "b")))


def swap_environment(workspace: Workspace, schedule: int) -> None:
    workspace.catalog.create(EnvironmentSpec(name="b"))
    record = workspace.catalog.schedule(schedule)
    workspace.catalog.revise(schedule, record.spec, replace(record.spec, environments=("b",)))


def take_cron_away(workspace: Workspace, schedule: int) -> None:
    record = workspace.catalog.schedule(schedule)
    workspace.catalog.revise(schedule, record.spec, replace(record.spec, crons=()))


def disable_environment(workspace: Workspace, schedule: int) -> None:
    workspace.catalog.switch(Kind.ENVIRONMENT, [1], False)


def delete(kind: Kind) -> Edit:
    def work(workspace: Workspace, schedule: int) -> None:
        workspace.catalog.delete(kind, 1)

    return work


EDITS: dict[str, Edit] = {
    "its cron is edited": edit_cron,
    "it is disabled and enabled": switch(Kind.SCHEDULE),
    "its command is disabled and enabled": switch(Kind.COMMAND),
    "its cron is disabled and enabled": switch(Kind.CRON),
    "an environment is added": add_environment,
    "its environment is another one": swap_environment,
    "its environment is disabled": disable_environment,
    "its cron is taken away": take_cron_away,
    "it is deleted": delete(Kind.SCHEDULE),
    "its command is deleted": delete(Kind.COMMAND),
    "its cron is deleted": delete(Kind.CRON),
    "its environment is deleted": delete(Kind.ENVIRONMENT),
}


@pytest.mark.parametrize("pauses", ["everything", "the schedule", "the cell"])
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_leaves_the_record_of_what_a_pause_swallowed(
    workspace: Workspace, clock: FakeClock, edit: str, pauses: str
) -> None:
    schedule = make_schedule(workspace, "0 * * * *", environments=["a"])
    scope = {
        "everything": EVERYTHING,
        "the schedule": PauseScope.schedule(schedule),
        "the cell": PauseScope.cell(schedule, 1, 1),
    }[pauses]
    workspace.queue.pause(scope, origin=WHO).result()
    for _ in range(10):
        clock.advance(30 * MINUTE)
        wake(workspace)
    EDITS[edit](workspace, schedule)
    clock.advance(10 * MINUTE)
    workspace.queue.resume_each([scope], origin=WHO).result()
    wake(workspace)
    assert jobs(workspace) == []
    (row,) = skips(workspace)
    assert (row.environment_name, row.skipped_count, f"{row.skipped_from:%H:%M}", f"{row.due_at:%H:%M}") == (
        "a",
        5,
        "07:00",
        "11:00",
    )
    assert row.reason.startswith(
        {"everything": "schedules were", "the schedule": "the schedule was", "the cell": "this environment was"}[pauses]
    )


def test_what_the_pause_swallows_after_the_edit_is_added_to_the_same_row(
    workspace: Workspace, clock: FakeClock
) -> None:
    schedule = make_schedule(workspace, "0 * * * *", environments=["a"])
    workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    clock.advance(2 * HOUR + 10 * MINUTE)
    edit_cron(workspace, schedule)
    clock.advance(2 * HOUR)
    workspace.queue.resume(PauseScope.schedule(schedule), origin=WHO).result()
    wake(workspace)
    assert [(skip.skipped_count, f"{skip.due_at:%H:%M}") for skip in skips(workspace)] == [(4, "09:30")]


def test_the_row_tells_when_the_pause_ended_although_nothing_was_due_after_the_edit(
    workspace: Workspace, clock: FakeClock
) -> None:
    schedule = make_schedule(workspace, "0 * * * *")
    workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    clock.advance(HOUR + 10 * MINUTE)
    edit_cron(workspace, schedule)
    clock.advance(MINUTE)
    workspace.queue.resume(PauseScope.schedule(schedule), origin=WHO).result()
    wake(workspace)
    (row,) = skips(workspace)
    assert row.reason.endswith("to 2026-11-24 07:11:00 UTC")


def test_another_zone_leaves_the_record_of_what_a_pause_swallowed(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, "30 8 * * *", timezone="system")
    workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    clock.advance(3 * HOUR)
    berlin = ZoneInfo("Europe/Berlin")
    workspace.database.write(lambda tx: refresh_system_zone(tx, berlin, clock.now(), before=ZoneInfo("UTC")))
    workspace.queue.resume(PauseScope.schedule(schedule), origin=WHO).result()
    wake(workspace)
    assert [(skip.skipped_count, f"{skip.due_at:%H:%M}") for skip in skips(workspace)] == [(1, "08:30")]


def test_a_due_time_that_waits_is_run_although_an_environment_is_taken_away(
    workspace: Workspace, clock: FakeClock
) -> None:
    schedule = make_schedule(workspace, "0 * * * *", environments=["a", "b"])
    workspace.queue.pause(PauseScope.cell(schedule, 2, 1), origin=WHO).result()
    clock.advance(HOUR)
    record = workspace.catalog.schedule(schedule)
    workspace.catalog.revise(schedule, record.spec, replace(record.spec, environments=("a",)))
    wake(workspace)
    assert due_times(workspace) == ["07:00:00"]
