"""What is read of pauses and skips: those that can still bar something, however many there were."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from core.catalog.specs import Kind
from core.model import ScheduleCron
from core.queue.bars import LinkBars, read_bars
from core.queue.scopes import EVERYTHING, PauseScope
from core.workspace import Workspace
from tests.core.dispatch.helpers import make_schedule, wake
from tests.support import FakeClock

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
WHO = "the user"


def bars(workspace: Workspace) -> dict[int, LinkBars]:
    with workspace.database.reading() as connection:
        rows = connection.execute(select(ScheduleCron.id, ScheduleCron.next_due_at)).all()
        due: dict[int, datetime | None] = {row.id: row.next_due_at for row in rows}
        return read_bars(connection, due)


def pause_often(workspace: Workspace, clock: FakeClock, times: int) -> None:
    for _ in range(times):
        for scope in (EVERYTHING, PauseScope.schedule(1), PauseScope.cell(1, None, 1)):
            workspace.queue.pause(scope, origin=WHO).result()
            clock.advance(MINUTE)
            workspace.queue.resume(scope, origin=WHO).result()


def test_pauses_that_are_over_are_not_read_for_what_is_due_after_them(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 0 1 1 *", name="each year")
    make_schedule(workspace, "@reboot", name="at each start")
    off = make_schedule(workspace, "* * * * *", name="off")
    workspace.catalog.switch(Kind.SCHEDULE, [off], False)
    pause_often(workspace, clock, 4)
    assert bars(workspace) == {}


def test_an_overdue_cron_gets_those_that_cover_its_due_times(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", name="each hour")
    make_schedule(workspace, "30 * * * *", name="each half")
    pause_often(workspace, clock, 2)
    clock.advance(HOUR - 8 * MINUTE)  # 06:58
    over_seven = workspace.queue.pause(origin=WHO).result()
    clock.advance(4 * MINUTE)
    ended = workspace.queue.resume(origin=WHO).result()
    assert ended.id == over_seven.id
    clock.advance(40 * MINUTE)
    found = bars(workspace)
    assert {link: [bar.pause.id for bar in each.common if bar.pause] for link, each in found.items()} == {
        1: [ended.id],
        2: [ended.id],
    }
    wake(workspace)
    assert bars(workspace) == {}


def test_a_pause_that_goes_on_counts_for_what_is_never_due(workspace: Workspace) -> None:
    make_schedule(workspace, "@reboot")
    span = workspace.queue.pause(origin=WHO).result()
    assert [bar.pause for bar in bars(workspace)[1].common] == [span]
