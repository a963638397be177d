"""The words for pauses, and for what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.catalog.records import CommandRecord, CronRecord, ScheduleRecord
from core.catalog.specs import CommandSpec, CronSpec, Kind, ScheduleSpec
from core.queue.pauses import PauseSpan
from core.queue.scopes import EVERYTHING, PauseScope
from core.workspace import Workspace
from desktop.models.outlook_texts import next_icon, next_key, next_moment, next_text, next_tip, skips_ahead
from desktop.models.pause_texts import WINDOW, day_text, pause_sentence, pause_text, until_text
from tests.core.dispatch.helpers import wake
from tests.support import FakeClock

NOON = datetime(2026, 11, 24, 12, 0).astimezone(UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def span(scope: PauseScope, until: datetime | None = None, origin: str = WINDOW) -> PauseSpan:
    return PauseSpan(NOON - HOUR, None, origin, until, scope)


@pytest.mark.parametrize(
    ("after", "text", "brief"),
    [
        (HOUR, "13:00", "13:00"),
        (DAY, "tomorrow 12:00", "Wed 12:00"),
        (3 * DAY, "Fri 12:00", "Fri 12:00"),
        (6 * DAY, "Mon 12:00", "Mon 12:00"),
        (7 * DAY, "1 Dec 12:00", "1 Dec 12:00"),
        (-DAY, "23 Nov 12:00", "23 Nov 12:00"),
    ],
)
def test_a_time_is_said_as_people_say_it(after: timedelta, text: str, brief: str) -> None:
    assert until_text(NOON + after, NOON) == text
    assert day_text(NOON + after, NOON) == brief


def test_a_pause_says_until_when_by_whom_and_since_when() -> None:
    schedule, cell = PauseScope.schedule(1), PauseScope.cell(1, None, 1)
    assert pause_text(span(schedule), NOON) == "paused"
    assert pause_text(span(schedule, NOON + DAY), NOON) == "paused until Wed 12:00"
    assert pause_text(span(cell), NOON) == "muted"
    assert pause_text(span(cell, NOON + HOUR), NOON) == "muted until 13:00"
    assert pause_sentence(span(schedule, NOON + DAY), NOON) == "Paused until tomorrow 12:00 by you, since 11:00."
    assert pause_sentence(span(cell, origin="the command line"), NOON) == "Muted by the command line, since 11:00."
    assert pause_sentence(span(EVERYTHING), NOON) == "All schedules are paused by you, since 11:00."


@pytest.fixture
def workspace(tmp_path: Path, clock: FakeClock) -> Iterator[Workspace]:
    clock.set(NOON)
    with Workspace(tmp_path / "data", clock=clock) as opened:
        catalog = opened.catalog
        catalog.create(CommandSpec(name="sync", run="true"))
        catalog.create(CronSpec(name="hourly", expression="0 * * * *", timezone="UTC"))
        catalog.create(CronSpec(name="spare", expression="0 0 * * *", timezone="UTC"))
        catalog.create(ScheduleSpec(name="keep in step", command="sync", crons=("hourly",)))
        yield opened


def records(workspace: Workspace) -> list[ScheduleRecord | CommandRecord | CronRecord]:
    catalog = workspace.catalog
    return [catalog.schedule(1), catalog.command(1), catalog.cron(1)]


def said(workspace: Workspace) -> set[str]:
    return {next_text(record, NOON) for record in records(workspace)}


def test_every_list_says_when_it_really_runs(workspace: Workspace) -> None:
    assert said(workspace) == {"13:00"}
    assert {next_text(record, NOON + HOUR) for record in records(workspace)} == {"now"}
    assert [next_icon(record, NOON) for record in records(workspace)] == ["", "", ""]
    assert next_text(workspace.catalog.cron("spare"), NOON) == ""


def test_no_list_promises_a_time_while_it_is_paused(workspace: Workspace) -> None:
    workspace.queue.pause(until=NOON + 2 * HOUR + timedelta(minutes=30), origin=WINDOW).result()
    schedule = workspace.catalog.schedule(1)
    assert [next_text(record, NOON) for record in records(workspace)] == ["paused until 14:30", "paused", "paused"]
    assert next_icon(schedule, NOON) == "pause"
    assert next_tip(schedule, NOON).splitlines()[1] == "Then it runs at 15:00."
    assert next_moment(schedule, NOON) == NOON + 2 * HOUR + timedelta(minutes=30)
    workspace.queue.resume(origin=WINDOW).result()
    workspace.queue.pause(PauseScope.schedule(1), origin=WINDOW).result()
    assert said(workspace) == {"paused"}


def test_a_skipped_run_is_shown_beside_the_one_after_it(workspace: Workspace) -> None:
    workspace.queue.skip_next(1, origin=WINDOW).result()
    schedule = workspace.catalog.schedule(1)
    assert said(workspace) == {"14:00"}
    assert next_icon(schedule, NOON) == "skipped"
    assert "The run of 13:00 is skipped." in next_tip(schedule, NOON)
    assert next_moment(schedule, NOON) == NOON + HOUR
    assert next_icon(schedule, NOON + HOUR) == ""


def test_what_is_muted_or_disabled_says_so(workspace: Workspace) -> None:
    workspace.queue.pause(PauseScope.cell(1, None, 1), origin=WINDOW).result()
    schedule = workspace.catalog.schedule(1)
    assert (next_text(schedule, NOON), next_icon(schedule, NOON)) == ("muted", "mute")
    workspace.catalog.set_enabled(Kind.SCHEDULE, 1, False)
    assert [next_text(record, NOON) for record in records(workspace)] == ["disabled", *["schedule is disabled"] * 2]


def test_a_jitter_moves_the_time_and_the_tip_says_why(workspace: Workspace) -> None:
    workspace.catalog.change(1, replace(workspace.catalog.schedule(1).spec, jitter=timedelta(days=1)))
    schedule = workspace.catalog.schedule(1)
    assert schedule.outlook is not None
    assert schedule.outlook.start_at is not None
    assert schedule.outlook.start_at > NOON + HOUR
    assert next_text(schedule, NOON) == day_text(schedule.outlook.start_at, NOON)
    assert "because of its jitter" in next_tip(schedule, NOON)


def jittered(workspace: Workspace) -> ScheduleRecord:
    workspace.catalog.change(1, replace(workspace.catalog.schedule(1).spec, jitter=timedelta(minutes=50)))
    return workspace.catalog.schedule(1)


def test_the_start_counts_in_the_order_of_a_list_and_after_a_pause(workspace: Workspace) -> None:
    schedule = jittered(workspace)
    assert schedule.outlook is not None
    start_at = schedule.outlook.start_at
    assert start_at is not None
    assert next_key(schedule) == next_moment(schedule, NOON) == start_at > NOON + HOUR
    workspace.queue.pause(PauseScope.schedule(1), until=NOON + HOUR / 2, origin=WINDOW).result()
    paused = workspace.catalog.schedule(1)
    assert next_tip(paused, NOON).splitlines()[1] == f"Then it runs at {start_at.astimezone():%H:%M}."


def test_what_nobody_has_dealt_with_is_due_now_until_somebody_does(workspace: Workspace, clock: FakeClock) -> None:
    now = clock.advance(HOUR)
    schedule = workspace.catalog.schedule(1)
    assert next_text(schedule, now) == "now"
    assert next_moment(schedule, now) == NOON + HOUR
    wake(workspace)
    assert next_text(workspace.catalog.schedule(1), now) == "14:00"


def test_a_run_that_waits_for_its_start_is_skipped_and_runs_after_all(workspace: Workspace, clock: FakeClock) -> None:
    jittered(workspace)
    now = clock.advance(HOUR + timedelta(seconds=1))
    wake(workspace)
    schedule = workspace.catalog.schedule(1)
    assert schedule.outlook is not None
    assert schedule.outlook.next_run_at == NOON + HOUR
    assert workspace.queue.skip_next(1, origin=WINDOW).result() == NOON + HOUR
    skipping = workspace.catalog.schedule(1)
    assert skips_ahead(skipping, now) == [NOON + HOUR]
    assert next_icon(skipping, now) == "skipped"
    assert next_moment(skipping, now) == schedule.outlook.start_at
    assert skips_ahead(skipping, NOON + 2 * HOUR) == []
    assert workspace.queue.unskip(1, origin=WINDOW).result() == NOON + HOUR
    assert next_key(workspace.catalog.schedule(1)) == next_key(schedule)
