"""What a deletion took comes back under its ids, connected as it was, and with nothing of the past due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.catalog.catalog import Catalog
from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, Kind, ScheduleSpec
from core.database import Database
from core.errors import ConflictError, NotFoundError, StaleError
from core.queue.manual import run_command
from core.queue.states import Origin
from core.writer import Transaction
from tests.support import FakeClock

SCHEDULE = ScheduleSpec(
    name="orders", command="sync", environments=("staging", "production"), crons=("hourly", "daily"), catch_up="all"
)


@pytest.fixture
def schedule_id(catalog: Catalog) -> int:
    catalog.create(CommandSpec(name="sync", run="true", queue="slow", tags=("night",)))
    catalog.create(EnvironmentSpec(name="common", variables={"A": "1"}))
    catalog.create(EnvironmentSpec(name="staging", extends="common", variables={"B": "2"}, secrets=("TOKEN",)))
    catalog.create(EnvironmentSpec(name="production", extends="common"))
    catalog.create(CronSpec(name="hourly", expression="0 * * * *"))
    catalog.create(CronSpec(name="daily", expression="@daily"))
    return catalog.create(SCHEDULE)


def everything(catalog: Catalog) -> list[object]:
    return [catalog.commands(), catalog.environments(), catalog.crons(), catalog.schedules()]


def test_a_deleted_command_comes_back_with_its_schedules_and_its_history(
    catalog: Catalog, database: Database, clock: FakeClock, schedule_id: int
) -> None:
    command_id = catalog.command("sync").id
    before = everything(catalog)

    def run_now(transaction: Transaction) -> int:
        return run_command(transaction, command_id, None, at=clock.now(), now=clock.now(), origin=Origin.MANUAL).job_id

    job_id = database.write(run_now)
    effects, snapshot = catalog.delete_with_snapshot(Kind.COMMAND, [command_id])
    assert effects.deleted_schedules == ("orders",)
    assert (catalog.commands(), catalog.schedules()) == ([], [])
    catalog.restore(snapshot)
    assert everything(catalog) == before
    assert catalog.schedule("orders").id == schedule_id
    with database.reading() as connection:
        found = connection.execute(text(f"SELECT command_id FROM jobs WHERE id = {job_id}")).scalar()
    assert found == catalog.command("sync").id
    assert database.check_integrity() == []


def test_due_times_that_passed_while_it_was_gone_are_not_due(
    catalog: Catalog, clock: FakeClock, schedule_id: int
) -> None:
    _, snapshot = catalog.delete_with_snapshot(Kind.SCHEDULE, [schedule_id])
    clock.advance(timedelta(hours=30))
    catalog.restore(snapshot)
    for link in catalog.schedule("orders").links:
        assert link.watermark_at == clock.now()
        assert link.next_due_at is not None
        assert link.next_due_at > clock.now()


@pytest.mark.parametrize("names", [("staging", "production"), ("common", "staging", "production")])
def test_environments_that_extend_each_other_go_and_come_back_together(
    catalog: Catalog, schedule_id: int, names: tuple[str, ...]
) -> None:
    before = everything(catalog)
    ids = [catalog.environment(name).id for name in names]
    effects, snapshot = catalog.delete_with_snapshot(Kind.ENVIRONMENT, ids)
    assert effects.disabled_schedules == ("orders",)
    assert effects.sentences() == ["These schedules have no environment then, and are disabled: “orders”."]
    assert not catalog.schedule("orders").spec.enabled
    catalog.restore(snapshot)
    assert everything(catalog) == before


def test_a_parent_is_not_deleted_while_others_extend_it(catalog: Catalog, schedule_id: int) -> None:
    before = everything(catalog)
    ids = [catalog.environment(name).id for name in ("common", "staging")]
    with pytest.raises(ConflictError, match="“common”, “staging” can't be deleted, because “production” extends them"):
        catalog.delete_with_snapshot(Kind.ENVIRONMENT, ids)
    assert everything(catalog) == before


def test_a_schedule_that_was_edited_since_is_not_enabled_again(
    catalog: Catalog, clock: FakeClock, schedule_id: int
) -> None:
    ids = [catalog.environment(name).id for name in ("staging", "production")]
    _, snapshot = catalog.delete_with_snapshot(Kind.ENVIRONMENT, ids)
    clock.advance(timedelta(seconds=1))
    catalog.change(schedule_id, replace(catalog.schedule("orders").spec, catch_up="skip"))
    catalog.restore(snapshot)
    schedule = catalog.schedule("orders")
    assert schedule.spec == replace(SCHEDULE, catch_up="skip", enabled=False)
    assert schedule.next_due_at is None


def test_both_crons_of_a_schedule_come_back_in_their_order(catalog: Catalog, schedule_id: int) -> None:
    before = everything(catalog)
    ids = [catalog.cron(name).id for name in ("hourly", "daily")]
    effects, snapshot = catalog.delete_with_snapshot(Kind.CRON, ids)
    assert effects.idle_schedules == ("orders",)
    catalog.restore(snapshot)
    assert everything(catalog) == before


def test_a_name_that_was_taken_meanwhile_is_a_conflict(catalog: Catalog, schedule_id: int) -> None:
    _, snapshot = catalog.delete_with_snapshot(Kind.COMMAND, [catalog.command("sync").id])
    other = catalog.create(CommandSpec(name="sync", run="false"))
    with pytest.raises(ConflictError, match="“sync” can't come back, because there is another command of that name"):
        catalog.restore(snapshot)
    assert catalog.schedules() == []
    catalog.change(other, CommandSpec(name="another", run="false"))
    catalog.restore(snapshot)
    assert catalog.schedule("orders").spec == SCHEDULE


def test_a_schedule_without_its_command_is_a_conflict(catalog: Catalog, schedule_id: int) -> None:
    _, snapshot = catalog.delete_with_snapshot(Kind.SCHEDULE, [schedule_id])
    catalog.delete(Kind.COMMAND, catalog.command("sync").id)
    with pytest.raises(ConflictError, match="“orders” can't come back, because the command that it ran was deleted"):
        catalog.restore(snapshot)


def test_an_environment_without_its_parent_is_a_conflict(catalog: Catalog, schedule_id: int) -> None:
    ids = [catalog.environment(name).id for name in ("staging", "production")]
    _, snapshot = catalog.delete_with_snapshot(Kind.ENVIRONMENT, ids)
    catalog.delete(Kind.ENVIRONMENT, catalog.environment("common").id)
    with pytest.raises(ConflictError, match="can't come back, because the one that it extended was deleted"):
        catalog.restore(snapshot)
    assert catalog.environments() == []


def test_links_to_what_is_gone_are_left_out(catalog: Catalog, schedule_id: int) -> None:
    _, snapshot = catalog.delete_with_snapshot(Kind.SCHEDULE, [schedule_id])
    catalog.delete(Kind.CRON, catalog.cron("hourly").id)
    catalog.delete(Kind.ENVIRONMENT, catalog.environment("staging").id)
    catalog.restore(snapshot)
    assert catalog.schedule("orders").spec == replace(SCHEDULE, environments=("production",), crons=("daily",))


def test_a_schedule_that_comes_back_without_any_of_its_environments_is_disabled(
    catalog: Catalog, schedule_id: int
) -> None:
    _, snapshot = catalog.delete_with_snapshot(Kind.SCHEDULE, [schedule_id])
    for name in ("staging", "production"):
        catalog.delete(Kind.ENVIRONMENT, catalog.environment(name).id)
    catalog.restore(snapshot)
    schedule = catalog.schedule("orders")
    assert schedule.spec == replace(SCHEDULE, environments=(), enabled=False)
    assert schedule.next_due_at is None


def test_the_queue_of_a_command_comes_back_with_it(catalog: Catalog, schedule_id: int) -> None:
    _, snapshot = catalog.delete_with_snapshot(Kind.COMMAND, [catalog.command("sync").id])
    catalog.delete_queue("slow")
    catalog.restore(snapshot)
    assert catalog.queue("slow").commands == ("sync",)


def test_what_is_not_there_is_not_deleted_and_nothing_else_either(catalog: Catalog, schedule_id: int) -> None:
    before = everything(catalog)
    with pytest.raises(NotFoundError):
        catalog.delete_with_snapshot(Kind.CRON, [catalog.cron("hourly").id, 4711])
    assert everything(catalog) == before


def test_only_what_was_seen_is_replaced(catalog: Catalog, schedule_id: int) -> None:
    cron = catalog.cron("hourly")
    wanted = replace(cron.spec, expression="H * * * *")
    saved = catalog.revise(cron.id, cron.spec, wanted)
    assert saved == catalog.cron("hourly").spec != wanted
    with pytest.raises(StaleError, match="“hourly” was changed elsewhere"):
        catalog.revise(cron.id, cron.spec, replace(cron.spec, name="each hour"))
    assert catalog.cron("hourly").spec == saved


def test_switching_tells_for_which_it_was_new(catalog: Catalog, schedule_id: int) -> None:
    hourly, daily = catalog.cron("hourly").id, catalog.cron("daily").id
    catalog.set_enabled(Kind.CRON, daily, False)
    assert catalog.switch(Kind.CRON, [hourly, daily], False) == [hourly]
    assert catalog.schedule("orders").next_due_at is None
    with pytest.raises(NotFoundError):
        catalog.switch(Kind.CRON, [hourly, 4711], True)
    assert not catalog.cron("hourly").spec.enabled
