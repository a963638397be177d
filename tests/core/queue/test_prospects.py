"""What will really run next, for lists, grids and the overview: nothing that a pause, a mute or a skip swallows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.catalog.records import CommandRecord, CronRecord, ScheduleRecord
from core.catalog.specs import Kind
from core.history.glance import read_glance
from core.history.grid import Cell, Grid, read_grid
from core.queue.prospects import Hindrance, Outlook
from core.queue.scopes import EVERYTHING, PauseScope
from core.workspace import Workspace
from tests.core.dispatch.helpers import make_schedule, wake
from tests.support import FakeClock

HOUR = timedelta(hours=1)
WHO = "the user"


def at(hour: int, minute: int = 0, *, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def outlook(workspace: Workspace, schedule_id: int = 1) -> Outlook:
    found = workspace.catalog.schedule(schedule_id).outlook
    assert found is not None
    return found


def grid(workspace: Workspace, schedule_id: int = 1) -> Grid:
    found = read_grid(workspace.database, workspace.clock, schedule_id)
    assert found is not None
    return found


def upcoming(workspace: Workspace, limit: int = 10) -> list[tuple[str, datetime]]:
    glance = read_glance(workspace.database, workspace.clock, upcoming=limit)
    return [(each.schedule, each.at) for each in glance.upcoming]


@pytest.mark.parametrize("scope", [EVERYTHING, PauseScope.schedule(1)])
def test_a_pause_without_an_end_promises_nothing(workspace: Workspace, clock: FakeClock, scope: PauseScope) -> None:
    make_schedule(workspace, "0 * * * *", environments=["a", "b"])
    span = workspace.queue.pause(scope, origin=WHO).result()
    found = outlook(workspace)
    assert (found.next_run_at, found.start_at, found.pause) == (None, None, span)
    assert found.hindrance == (Hindrance.ALL_PAUSED if scope is EVERYTHING else Hindrance.PAUSED)
    assert upcoming(workspace) == []
    shown = grid(workspace)
    assert (shown.pause or shown.all_paused) == span
    assert shown.crons[0].next_run_at is None
    assert {cell.next_run_at for cell in shown.prospects.values()} == {None}


@pytest.mark.parametrize("scope", [EVERYTHING, PauseScope.schedule(1)])
def test_behind_the_end_of_a_pause_there_is_a_next_run(
    workspace: Workspace, clock: FakeClock, scope: PauseScope
) -> None:
    make_schedule(workspace, "0 * * * *")
    workspace.queue.pause(scope, until=at(9), origin=WHO).result()
    for _ in range(4):
        assert outlook(workspace).next_run_at == at(9)
        assert upcoming(workspace) == [("s", at(9))]
        assert outlook(workspace).hindrance is not None, "it says why nothing runs before"
        clock.advance(HOUR / 2)
        wake(workspace)
    clock.set(at(9))
    assert outlook(workspace).pause is None, "it is over whether or not somebody has noted it"
    wake(workspace)
    assert upcoming(workspace) == [("s", at(10))]


def test_a_mute_concerns_its_cell_alone(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, ["0 * * * *", "30 * * * *"], environments=["a", "b"])
    mute = workspace.queue.pause(PauseScope.cell(1, 1, 1), until=at(8, 15), origin=WHO).result()
    shown = grid(workspace)
    assert shown.prospects[Cell(1, 1)].mute == mute
    assert shown.prospects[Cell(1, 1)].hindrance is Hindrance.MUTED
    assert shown.prospects[Cell(1, 1)].next_run_at == at(9)
    assert shown.prospects[Cell(2, 1)].next_run_at == at(7)
    assert shown.prospects[Cell(1, 2)].next_run_at == at(6, 30)
    assert (shown.crons[0].next_run_at, shown.pause, shown.all_paused) == (at(7), None, None)
    assert (outlook(workspace).muted, outlook(workspace).hindrance) == (1, None)
    workspace.queue.pause(PauseScope.cell(1, 2, 1), origin=WHO).result()
    assert grid(workspace).crons[0].next_run_at == at(9)
    assert upcoming(workspace) == [("s", at(6, 30)), ("s", at(9))]


def test_a_skipped_run_is_not_promised_and_is_told(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *")
    workspace.queue.skip_next(1, origin=WHO).result()
    assert (outlook(workspace).next_run_at, outlook(workspace).skipped) == (at(8), (at(7),))
    assert grid(workspace).crons[0].skipped == (at(7),)
    assert upcoming(workspace) == [("s", at(8))]
    clock.advance(HOUR)
    wake(workspace)
    assert outlook(workspace).skipped == ()


def test_why_nothing_comes_is_told(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", environments=["a", "b"])
    make_schedule(workspace, "@reboot", name="start")
    make_schedule(workspace, [], name="bare")
    assert outlook(workspace, 2).hindrance is Hindrance.AT_START
    assert outlook(workspace, 3).hindrance is Hindrance.NO_CRON
    for kind, hindrance in (
        (Kind.ENVIRONMENT, Hindrance.ENVIRONMENT_DISABLED),
        (Kind.CRON, Hindrance.CRON_DISABLED),
        (Kind.SCHEDULE, Hindrance.SCHEDULE_DISABLED),
        (Kind.COMMAND, Hindrance.COMMAND_DISABLED),
    ):
        workspace.catalog.set_enabled(kind, 1, False)
        if kind is Kind.ENVIRONMENT:
            assert outlook(workspace).hindrance is None, "it runs in the other one"
            workspace.catalog.set_enabled(kind, 2, False)
        assert (outlook(workspace).hindrance, outlook(workspace).next_run_at) == (hindrance, None)
    assert upcoming(workspace) == []


def test_a_pause_is_told_of_a_schedule_without_crons(workspace: Workspace, clock: FakeClock) -> None:
    schedule = make_schedule(workspace, [])
    span = workspace.queue.pause(PauseScope.schedule(schedule), origin=WHO).result()
    assert outlook(workspace, schedule).pause == span


def test_commands_and_crons_have_the_outlook_of_all_their_schedules(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", name="early")
    make_schedule(workspace, "30 8 * * *", name="late")
    workspace.queue.pause(PauseScope.schedule(1), origin=WHO).result()
    for kind in (Kind.COMMAND, Kind.CRON, Kind.SCHEDULE):
        records, _ = workspace.catalog.records(kind)
        found = {}
        for record in records:
            assert isinstance(record, CommandRecord | CronRecord | ScheduleRecord)
            assert record.outlook is not None
            found[record.id] = record.outlook.next_run_at
        assert found == {1: None, 2: at(8, 30)}


def test_with_jitter_the_start_is_told_beside_the_due_time(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace, "0 * * * *", jitter=timedelta(minutes=10))
    found = outlook(workspace)
    offset = grid(workspace).jitter_offset
    assert offset > timedelta()
    assert (found.next_run_at, found.start_at) == (at(7), at(7) + offset)
    (next_,) = read_glance(workspace.database, clock).upcoming
    assert (next_.at, next_.jitter_offset) == (at(7), offset)


def test_what_is_due_and_not_yet_dealt_with_does_not_hide_what_comes_next(
    workspace: Workspace, clock: FakeClock
) -> None:
    make_schedule(workspace, "0 * * * *")
    clock.advance(3 * HOUR + HOUR / 2)
    assert outlook(workspace).next_run_at == at(10)
    assert workspace.queue.skip_next(1, origin=WHO).result() == at(10)


@pytest.mark.parametrize("chunk", [1, 4, 32])
def test_what_comes_next_is_the_same_however_much_is_asked_for(
    workspace: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """Many are paused, muted or skipped; the first few are those of a look at all."""
    monkeypatch.setattr("core.history.upcoming._LEAST", chunk)
    for number in range(60):
        make_schedule(workspace, f"{number} * * * *", name=f"s{number:02}")
    for number in range(0, 60, 3):
        until = None if number % 2 else clock.now() + timedelta(minutes=7 * number + 1)
        workspace.queue.pause(PauseScope.schedule(number + 1), until=until, origin=WHO).result()
    for number in (1, 8, 22, 29, 43, 50):
        workspace.queue.skip_next(number + 1, origin=WHO).result()
    everything = upcoming(workspace, 1000)
    assert len(everything) == 50
    assert everything == sorted(everything, key=lambda each: each[1])
    for limit in (1, 5, 20, 49):
        assert [at for _, at in upcoming(workspace, limit)] == [at for _, at in everything[:limit]]
    clock.advance(HOUR)
    wake(workspace)
    again = upcoming(workspace, 1000)
    assert [at for _, at in upcoming(workspace, 7)] == [at for _, at in again[:7]]
    assert all(when > clock.now() for _, when in again)


def test_paused_schedules_are_told_at_a_glance(workspace: Workspace, clock: FakeClock) -> None:
    for number in range(3):
        make_schedule(workspace, "0 * * * *", name=f"s{number}")
    spans = workspace.queue.pause_each([PauseScope.schedule(1), PauseScope.schedule(3)], origin=WHO).result()
    glance = read_glance(workspace.database, clock)
    assert glance.paused_schedules == tuple(spans)
    workspace.catalog.delete(Kind.SCHEDULE, 1)
    assert read_glance(workspace.database, clock).paused_schedules == (spans[1],)


def test_behind_a_pause_of_everything_few_are_looked_at(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for hour in range(7, 19):
        make_schedule(workspace, f"0 {hour} * * *", name=f"at {hour}")
    workspace.queue.pause(until=at(15, 30), origin=WHO).result()
    monkeypatch.setattr("core.history.upcoming._LEAST", 1)
    monkeypatch.setattr("core.history.upcoming._MOST", 3)
    assert upcoming(workspace, 1) == [("at 16", at(16))]
    assert upcoming(workspace, 2) == [("at 16", at(16)), ("at 17", at(17))]
