"""The zone changed or the clock was set back while nothing of ours ran: the first waking notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from core.dispatch.dispatcher import Dispatcher
from core.model import Cron
from core.timing.flow import Steady, SteppedBack
from core.workspace import Workspace
from tests.core.dispatch.helpers import due_times, jobs, link, make_schedule, observed, skips, wake
from tests.support import FakeClock

HOUR = timedelta(hours=1)


def at(hour: int, minute: int = 0, *, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def look_at_zone(workspace: Workspace, clock: FakeClock, zone: str) -> None:
    clock.move_to(zone)
    Dispatcher(workspace.database).follow_zone(clock.now(), clock.zone())


def test_the_first_zone_is_noted_once_and_moves_nothing(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 8 * * *", timezone="system")
    before = link(workspace)
    for _ in range(2):
        look_at_zone(workspace, clock, "UTC")
    assert link(workspace) == before
    assert observed(workspace) == [("zone-changed", {"before": None, "after": "UTC"})]


def test_a_zone_that_changed_while_nothing_ran_moves_what_follows_it(workspace: Workspace, clock: FakeClock) -> None:
    system = make_schedule(workspace, "0 12 * * *", name="system", timezone="system")
    fixed = make_schedule(workspace, "0 12 * * *", name="fixed", timezone="UTC")
    look_at_zone(workspace, clock, "UTC")
    look_at_zone(workspace, clock, "Europe/Berlin")
    assert link(workspace, system) == (at(6), at(11))
    assert link(workspace, fixed) == (at(6), at(12))
    assert observed(workspace)[-1] == ("zone-changed", {"before": "UTC", "after": "Europe/Berlin"})


def test_what_was_missed_meanwhile_is_caught_up_by_the_new_zone(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 12 * * *", timezone="system")
    look_at_zone(workspace, clock, "UTC")
    clock.advance(5 * HOUR + timedelta(minutes=30))  # 11:30 in UTC, 12:30 in Berlin
    look_at_zone(workspace, clock, "Europe/Berlin")
    wake(workspace)
    assert [(job.origin, job.due_at) for job in jobs(workspace)] == [("catch-up", at(11))]
    assert link(workspace)[1] == at(11, day=25)


@pytest.mark.expects_log
def test_a_cron_that_can_not_be_read_does_not_stop_the_others(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 12 * * *", name="broken", timezone="system")
    sound = make_schedule(workspace, "0 12 * * *", name="sound", timezone="system")
    workspace.database.write(
        lambda tx: tx.connection.execute(update(Cron).where(Cron.id == 1).values(expression="61 * * * *"))
    )
    look_at_zone(workspace, clock, "UTC")
    look_at_zone(workspace, clock, "Europe/Berlin")
    assert link(workspace, sound)[1] == at(11)
    clock.set(at(20))
    wake(workspace, flow=SteppedBack(4 * HOUR))
    assert link(workspace, sound)[0] == at(20)


def test_the_first_waking_knows_a_clock_that_was_set_back(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *")
    dispatcher = Dispatcher(workspace.database)
    assert isinstance(dispatcher.flow_at_start(clock.now()), Steady)
    assert isinstance(dispatcher.flow_at_start(clock.now() + 100 * HOUR), Steady)
    assert dispatcher.flow_at_start(clock.now() - 5 * HOUR) == SteppedBack(5 * HOUR)


def test_without_any_schedule_the_clock_is_taken_as_it_is(workspace: Workspace, clock: FakeClock) -> None:
    assert isinstance(Dispatcher(workspace.database).flow_at_start(clock.now()), Steady)


def test_a_clock_that_was_years_ahead_does_not_silence_its_schedules(workspace: Workspace, clock: FakeClock) -> None:
    clock.set(datetime(2031, 5, 1, tzinfo=UTC))
    make_schedule(workspace, "0 * * * *")
    clock.advance(HOUR)
    wake(workspace)
    clock.set(at(6, 30))
    dispatcher = Dispatcher(workspace.database)
    wake(workspace, flow=dispatcher.flow_at_start(clock.now()), dispatcher=dispatcher)
    clock.set(at(7))
    assert wake(workspace).jobs == 1
    assert due_times(workspace) == ["01:00:00", "07:00:00"]
    assert skips(workspace) == []


@pytest.mark.parametrize("expression", ["*/10 * * * *", "0 7 * * *"])
def test_a_job_keeps_its_due_time_when_that_lies_ahead_again(
    workspace: Workspace, clock: FakeClock, expression: str
) -> None:
    make_schedule(workspace, expression)
    other = make_schedule(workspace, expression, name="other", timezone="Europe/Berlin")
    clock.set(at(7))
    wake(workspace)
    before = [(job.id, job.due_at) for job in jobs(workspace)]
    clock.set(at(1))
    wake(workspace, flow=SteppedBack(6 * HOUR))
    assert [(job.id, job.due_at) for job in jobs(workspace)] == before
    assert link(workspace, other)[0] == at(1)
    again = Dispatcher(workspace.database)
    clock.set(at(7))
    assert again.wake(clock.now(), ZoneInfo("UTC")).jobs > 0
    keys = [job.due_key for job in jobs(workspace) if job.due_key]
    assert len(keys) == len(set(keys))
