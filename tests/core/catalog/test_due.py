"""Next due times follow the catalog, and no edit makes the past due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from core.catalog.catalog import Catalog
from core.catalog.due import refresh_system_zone
from core.catalog.records import CronLink
from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, Kind, ScheduleSpec
from core.changes import Changes
from core.database import Database
from core.model import Cron, ScheduleCron
from tests.support import FakeClock

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def ids(catalog: Catalog) -> dict[str, int]:
    """Save one schedule of one command, one environment and two crons, at 06:00 UTC."""
    return {
        "command": catalog.create(CommandSpec(name="sync", run="true")),
        "environment": catalog.create(EnvironmentSpec(name="staging")),
        "noon": catalog.create(CronSpec(name="noon", expression="0 12 * * *", timezone="UTC")),
        "hourly": catalog.create(CronSpec(name="hourly", expression="0 * * * *", timezone="UTC")),
        "schedule": catalog.create(
            ScheduleSpec(name="daily", command="sync", environments=("staging",), crons=("noon", "hourly"))
        ),
    }


def link(catalog: Catalog, cron: str = "noon") -> CronLink:
    (found,) = [link for link in catalog.schedule("daily").links if link.cron == cron]
    return found


def test_a_new_schedule_counts_from_now(catalog: Catalog, clock: FakeClock, ids: dict[str, int]) -> None:
    assert link(catalog).watermark_at == clock.now()
    assert link(catalog).next_due_at == NOON
    assert link(catalog, "hourly").next_due_at == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert catalog.schedule("daily").next_due_at == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert catalog.command("sync").next_due_at == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert catalog.cron("noon").next_due_at == NOON


@pytest.mark.parametrize("kind", [Kind.COMMAND, Kind.SCHEDULE])
def test_disabling_a_command_or_schedule_ends_its_due_times_and_enabling_starts_anew(
    catalog: Catalog, clock: FakeClock, ids: dict[str, int], kind: Kind
) -> None:
    assert catalog.set_enabled(kind, ids[kind], False)
    assert link(catalog).next_due_at is None
    assert catalog.schedule("daily").next_due_at is None
    clock.advance(timedelta(days=3))
    assert catalog.set_enabled(kind, ids[kind], True)
    assert link(catalog).watermark_at == clock.now()
    assert link(catalog).next_due_at == NOON + timedelta(days=3)


def test_disabling_a_cron_leaves_the_other_cron_alone(catalog: Catalog, ids: dict[str, int]) -> None:
    other = link(catalog, "hourly")
    catalog.set_enabled(Kind.CRON, ids["noon"], False)
    assert link(catalog).next_due_at is None
    assert link(catalog, "hourly") == other


def test_what_is_enabled_under_something_disabled_stays_without_due_times(
    catalog: Catalog, ids: dict[str, int]
) -> None:
    catalog.set_enabled(Kind.COMMAND, ids["command"], False)
    catalog.set_enabled(Kind.SCHEDULE, ids["schedule"], False)
    catalog.set_enabled(Kind.SCHEDULE, ids["schedule"], True)
    assert link(catalog).next_due_at is None
    assert link(catalog, "hourly").next_due_at is None


def test_disabling_an_environment_leaves_due_times_alone(catalog: Catalog, ids: dict[str, int]) -> None:
    before = catalog.schedule("daily").links
    catalog.set_enabled(Kind.ENVIRONMENT, ids["environment"], False)
    assert catalog.schedule("daily").links == before


def test_another_expression_counts_from_now(catalog: Catalog, clock: FakeClock, ids: dict[str, int]) -> None:
    clock.advance(timedelta(hours=2))
    catalog.change(ids["noon"], CronSpec(name="noon", expression="0 7 * * *", timezone="UTC"))
    assert link(catalog).watermark_at == clock.now()
    assert link(catalog).next_due_at == datetime(2026, 11, 25, 7, 0, tzinfo=UTC)


def test_another_zone_counts_from_now(catalog: Catalog, clock: FakeClock, ids: dict[str, int]) -> None:
    clock.advance(timedelta(hours=1))
    catalog.change(ids["noon"], CronSpec(name="noon", expression="0 12 * * *", timezone="Asia/Tokyo"))
    assert link(catalog).watermark_at == clock.now()
    assert link(catalog).next_due_at == datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def test_renames_and_other_edits_leave_due_times_alone(catalog: Catalog, clock: FakeClock, ids: dict[str, int]) -> None:
    before = [(link.id, link.watermark_at, link.next_due_at) for link in catalog.schedule("daily").links]
    clock.advance(timedelta(hours=8))
    catalog.change(ids["noon"], replace(catalog.cron("noon").spec, name="midday"))
    catalog.change(ids["command"], replace(catalog.command("sync").spec, name="sync orders", run="false"))
    catalog.change(ids["environment"], EnvironmentSpec(name="test", variables={"A": "1"}))
    schedule = catalog.schedule("daily").spec
    assert schedule.command == "sync orders"
    catalog.change(
        ids["schedule"],
        replace(schedule, name="each day", crons=("hourly", "midday"), catch_up="all", catch_up_limit=3),
    )
    after = catalog.schedule("each day")
    assert after.spec.crons == ("hourly", "midday")
    assert sorted((link.id, link.watermark_at, link.next_due_at) for link in after.links) == sorted(before)


def test_a_cron_that_is_added_counts_from_now_and_the_others_go_on(
    catalog: Catalog, clock: FakeClock, ids: dict[str, int]
) -> None:
    catalog.create(CronSpec(name="evening", expression="0 20 * * *", timezone="UTC"))
    kept = link(catalog)
    clock.advance(timedelta(hours=1))
    catalog.change(ids["schedule"], replace(catalog.schedule("daily").spec, crons=("noon", "evening")))
    assert [link.cron for link in catalog.schedule("daily").links] == ["noon", "evening"]
    assert link(catalog) == kept
    assert link(catalog, "evening").watermark_at == clock.now()
    assert link(catalog, "evening").next_due_at == datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize("edit", [{"command": "other"}, {"environments": ("staging", "production")}])
def test_another_command_or_environment_does_not_inherit_what_was_missed(
    catalog: Catalog, clock: FakeClock, ids: dict[str, int], edit: dict[str, object]
) -> None:
    catalog.create(CommandSpec(name="other", run="true"))
    catalog.create(EnvironmentSpec(name="production"))
    clock.advance(timedelta(days=2))
    catalog.change(ids["schedule"], replace(catalog.schedule("daily").spec, **edit))  # type: ignore[arg-type]  # both fit
    assert {link.watermark_at for link in catalog.schedule("daily").links} == {clock.now()}


def test_taking_an_environment_away_leaves_due_times_alone(
    catalog: Catalog, clock: FakeClock, ids: dict[str, int]
) -> None:
    before = catalog.schedule("daily").links
    clock.advance(timedelta(days=2))
    catalog.change(ids["schedule"], replace(catalog.schedule("daily").spec, environments=()))
    assert catalog.schedule("daily").links == before


def test_a_new_machine_zone_moves_the_crons_that_follow_it_and_no_others(
    catalog: Catalog, database: Database, clock: FakeClock, ids: dict[str, int]
) -> None:
    catalog.create(CronSpec(name="breakfast", expression="0 8 * * *"))
    catalog.change(ids["schedule"], replace(catalog.schedule("daily").spec, crons=("noon", "breakfast")))
    assert link(catalog, "breakfast").next_due_at == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    other = link(catalog)
    now = clock.advance(timedelta(minutes=1))
    new, old = ZoneInfo("America/New_York"), ZoneInfo("UTC")
    database.write(lambda transaction: refresh_system_zone(transaction, new, now, before=old))
    assert link(catalog, "breakfast").next_due_at == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    assert link(catalog, "breakfast").watermark_at == now
    assert link(catalog) == other


def test_a_cron_of_the_machines_zone_uses_the_zone_at_saving(catalog: Catalog, clock: FakeClock) -> None:
    clock.move_to("Asia/Kathmandu")
    catalog.create(CommandSpec(name="sync", run="true"))
    catalog.create(CronSpec(name="noon", expression="0 12 * * *"))
    catalog.create(ScheduleSpec(name="daily", command="sync", crons=("noon",)))
    assert link(catalog).next_due_at == datetime(2026, 11, 24, 6, 15, tzinfo=UTC)


def test_a_reboot_cron_has_no_next_due_time(catalog: Catalog) -> None:
    catalog.create(CommandSpec(name="sync", run="true"))
    catalog.create(CronSpec(name="start", expression="@reboot"))
    catalog.create(ScheduleSpec(name="daily", command="sync", crons=("start",)))
    assert link(catalog, "start").next_due_at is None


@pytest.mark.expects_log
def test_a_cron_that_became_unreadable_does_not_stop_the_others(
    catalog: Catalog, database: Database, clock: FakeClock, ids: dict[str, int]
) -> None:
    def break_noon(transaction: object) -> None:
        transaction.connection.execute(  # type: ignore[attr-defined]  # a Transaction
            update(Cron).where(Cron.name == "noon").values(timezone="Atlantis/Capital")
        )

    database.write(break_noon)
    catalog.set_enabled(Kind.SCHEDULE, ids["schedule"], False)
    clock.advance(timedelta(hours=3))
    catalog.set_enabled(Kind.SCHEDULE, ids["schedule"], True)
    assert link(catalog).next_due_at is None
    assert link(catalog, "hourly").next_due_at == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def test_a_write_that_moves_due_times_says_so(catalog: Catalog, published: list[Changes], ids: dict[str, int]) -> None:
    published.clear()
    catalog.set_enabled(Kind.CRON, ids["noon"], False)
    assert published == [Changes(catalog=True, due_times=True)]
    published.clear()
    catalog.change(ids["command"], replace(catalog.command("sync").spec, name="x"))
    assert published == [Changes(catalog=True)]


def test_due_times_agree_with_the_index_that_the_dispatcher_reads(
    catalog: Catalog, database: Database, ids: dict[str, int]
) -> None:
    with database.reading() as connection:
        rows = connection.execute(ScheduleCron.__table__.select()).all()
    assert {row.id: row.next_due_at for row in rows} == {
        link.id: link.next_due_at for link in catalog.schedule("daily").links
    }
