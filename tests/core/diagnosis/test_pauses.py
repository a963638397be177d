"""What is paused is found, with its end and how to go on."""

from __future__ import annotations

from datetime import timedelta

from core.diagnosis.finding import Health
from core.diagnosis.pauses import check_pauses
from core.queue.scopes import PauseScope
from core.workspace import Workspace
from tests.core.dispatch.helpers import make_schedule
from tests.support import FakeClock


def found(workspace: Workspace, clock: FakeClock) -> list[tuple[Health, str, str]]:
    with workspace.database.reading() as connection:
        return [(each.health, each.check, each.message) for each in check_pauses(connection, clock)]


def test_where_nothing_is_paused_nothing_is_said(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace)
    assert found(workspace, clock) == []


def test_each_kind_of_pause_is_told_while_it_lasts(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, name="orders", environments=["a"])
    workspace.queue.pause(origin="the user").result()
    until = clock.now() + timedelta(hours=2)
    workspace.queue.pause(PauseScope.schedule(1), until=until, origin="the command line").result()
    workspace.queue.pause(PauseScope.cell(1, 1, 1), until=until, origin="the user").result()
    assert found(workspace, clock) == [
        (Health.WARNING, "pauses", "Every schedule is paused since 2026-11-24 06:00 by the user, until resumed."),
        (
            Health.OK,
            "paused schedules",
            "“orders” since 2026-11-24 06:00 by the command line, until 2026-11-24 08:00.",
        ),
        (Health.OK, "muted cells", "1 (an environment by a cron of a schedule)."),
    ]
    clock.advance(timedelta(hours=2))
    assert [check for _, check, _ in found(workspace, clock)] == ["pauses"]
