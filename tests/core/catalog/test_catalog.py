"""The catalog keeps what it is given, finds it again, and refuses what is wrong without saving any of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from core.catalog.catalog import Catalog
from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, Kind, QueueSpec, ScheduleSpec
from core.catalog.storing import RowSpec
from core.changes import Changes
from core.database import Database
from core.errors import ConflictError, InvalidError, NotFoundError
from core.model import Variable
from core.queue.manual import run_command
from core.queue.states import Origin
from core.writer import Transaction
from tests.support import FakeClock

COMMAND = CommandSpec(
    name="sync orders",
    run="curl {{ API_URL }}\n",
    shell="bash",
    working_directory="~/work",
    timeout=timedelta(minutes=10),
    grace=timedelta(seconds=3),
    max_attempts=3,
    backoff_base=timedelta(seconds=5),
    backoff_cap=timedelta(minutes=5),
    overlap="skip",
    concurrency_group="database",
    queue="slow",
    priority=-5,
    success_exit_codes=(0, 3),
    interactive=True,
    terminal=True,
    tags=("orders", "night"),
    enabled=False,
)


def run_sql(transaction: Transaction, statement: str) -> None:
    transaction.connection.execute(text(statement))


@pytest.fixture
def schedule_id(catalog: Catalog) -> int:
    catalog.create(replace(COMMAND, enabled=True))
    catalog.create(EnvironmentSpec(name="common"))
    catalog.create(EnvironmentSpec(name="staging", extends="common"))
    catalog.create(EnvironmentSpec(name="production"))
    catalog.create(CronSpec(name="hourly", expression="0 * * * *"))
    catalog.create(CronSpec(name="daily", expression="@daily"))
    return catalog.create(
        ScheduleSpec(
            name="orders",
            command="sync orders",
            environments=("staging", "production"),
            crons=("hourly", "daily"),
            catch_up="all",
            catch_up_limit=3,
            catch_up_max_age=timedelta(hours=12),
        )
    )


def test_what_is_saved_comes_back_whole(catalog: Catalog, clock: FakeClock) -> None:
    created = clock.now()
    catalog.create(EnvironmentSpec(name="common", variables={"A": "0"}))
    specs: list[tuple[Kind, RowSpec]] = [
        (
            Kind.ENVIRONMENT,
            EnvironmentSpec(
                name="staging",
                extends="common",
                base="clean",
                enabled=False,
                variables={"B": "2\n", "A": ""},
                secrets=("TOKEN", "KEY"),
                unset=("GONE", "ALSO"),
                working_directory="~/work",
                path=("${B}/bin", "/x"),
                env_file="~/x.env",
            ),
        ),
        (Kind.COMMAND, COMMAND),
        (Kind.CRON, CronSpec(name="hourly", expression="0  * * * *", timezone="Europe/Berlin", enabled=False)),
        (Kind.SCHEDULE, ScheduleSpec(name="s", command="sync orders", environments=("staging",), crons=("hourly",))),
    ]
    for kind, spec in specs:
        row_id = catalog.create(spec)
        record = catalog.get(kind, row_id)
        assert (record.id, record.spec, record.created_at) == (row_id, spec, created)
        assert record == catalog.get(kind, spec.name)
    assert list(catalog.environment("staging").spec.variables) == ["B", "A"]


def test_a_name_moves_between_set_secret_and_unset(catalog: Catalog) -> None:
    variants: list[dict[str, Any]] = [
        {"variables": {"A": "1"}},
        {"unset": ("A",)},
        {"secrets": ("A",)},
        {"unset": ("A",)},
        {"variables": {"A": ""}},
    ]
    row_id = catalog.create(EnvironmentSpec(name="e"))
    for variant in variants:
        spec = EnvironmentSpec(name="e", **variant)
        catalog.change(row_id, spec)
        assert catalog.environment("e").spec == spec
    catalog.change(row_id, EnvironmentSpec(name="e", unset=("A",)))
    assert "A" not in catalog.known().variables


def test_an_edit_of_an_ancestor_that_closes_a_circle_is_refused(catalog: Catalog) -> None:
    far = catalog.create(EnvironmentSpec(name="far", variables={"B": "1"}))
    catalog.create(EnvironmentSpec(name="near", extends="far", variables={"A": "${B}"}))
    with pytest.raises(InvalidError, match="in “near”, which builds on it: B → A → B"):
        catalog.change(far, EnvironmentSpec(name="renamed", variables={"B": "${A}"}))
    assert catalog.environment("far").spec.variables == {"B": "1"}


def test_lists_are_sorted_the_way_people_look_for_names(catalog: Catalog) -> None:
    for name in ("beta", "Alpha", "alpha", "Gamma"):
        catalog.create(CronSpec(name=name, expression="@daily"))
    assert [record.spec.name for record in catalog.crons()] == ["Alpha", "alpha", "beta", "Gamma"]


def test_a_list_tells_what_belongs_together(catalog: Catalog, schedule_id: int) -> None:
    assert catalog.command("sync orders").schedules == ("orders",)
    assert catalog.cron("daily").schedules == ("orders",)
    assert catalog.environment("common").extended_by == ("staging",)
    assert catalog.environment("staging").schedules == ("orders",)
    assert catalog.environment("common").schedules == ()
    assert catalog.queue("slow").commands == ("sync orders",)


def test_a_name_is_found_without_regard_to_case_if_that_leaves_one(catalog: Catalog) -> None:
    catalog.create(EnvironmentSpec(name="Staging"))
    assert catalog.environment("STAGING").spec.name == "Staging"
    catalog.create(EnvironmentSpec(name="staging"))
    assert catalog.environment("staging").spec.name == "staging"
    with pytest.raises(NotFoundError):
        catalog.environment("STAGING")


def test_what_is_not_there_is_answered_with_the_nearest(catalog: Catalog, schedule_id: int) -> None:
    with pytest.raises(NotFoundError, match=r"There is no command named “sync order”\. Did you mean “sync orders”"):
        catalog.command("sync order")
    with pytest.raises(NotFoundError, match="There is no schedule named “#99”"):
        catalog.schedule(99)
    with pytest.raises(NotFoundError, match=r"named “sloe”\. Did you mean “slow”"):
        catalog.queue("sloe")


def test_a_wrong_definition_is_refused_with_every_problem_and_not_saved(
    catalog: Catalog, published: list[Changes]
) -> None:
    with pytest.raises(InvalidError) as caught:
        catalog.create(ScheduleSpec(name="", command="x", environments=("y",), crons=("z",), catch_up="w"))
    assert {problem.field for problem in caught.value.problems} == {
        "name",
        "command",
        "environments",
        "crons",
        "catch_up",
    }
    assert catalog.schedules() == []
    assert published == []


def test_a_name_is_given_once_per_kind(catalog: Catalog) -> None:
    first = catalog.create(CronSpec(name="daily", expression="@daily"))
    second = catalog.create(CronSpec(name="nightly", expression="@daily"))
    message = "crons “daily”: name: There is another cron named “daily”. Choose another name."
    with pytest.raises(InvalidError, match=message):
        catalog.create(CronSpec(name="daily", expression="@hourly"))
    with pytest.raises(InvalidError, match=message):
        catalog.change(second, CronSpec(name="daily", expression="@hourly"))
    assert catalog.change(first, CronSpec(name="daily", expression="@hourly"))
    catalog.create(EnvironmentSpec(name="daily"))


def test_an_environment_cannot_come_to_extend_itself(catalog: Catalog) -> None:
    first = catalog.create(EnvironmentSpec(name="a"))
    catalog.create(EnvironmentSpec(name="b", extends="a"))
    catalog.create(EnvironmentSpec(name="c", extends="b"))
    with pytest.raises(InvalidError, match="comes back to itself: “a” → “c” → “b” → “a”"):
        catalog.change(first, EnvironmentSpec(name="a", extends="c"))
    with pytest.raises(InvalidError, match="comes back to itself: “x” → “c” → “b” → “x”"):
        catalog.change(first, EnvironmentSpec(name="x", extends="c"))
    assert catalog.change(first, EnvironmentSpec(name="x"))
    assert catalog.environment("b").spec.extends == "x"


def test_saving_the_same_again_writes_nothing(
    catalog: Catalog, schedule_id: int, published: list[Changes], clock: FakeClock
) -> None:
    before = catalog.schedule("orders")
    published.clear()
    clock.advance(timedelta(hours=1))
    assert not catalog.change(schedule_id, before.spec)
    assert not catalog.set_enabled(Kind.SCHEDULE, schedule_id, True)
    assert replace(catalog.schedule("orders"), outlook=before.outlook) == before, "only what comes next has moved on"
    assert published == []


def test_a_change_tells_when_it_was_made(catalog: Catalog, schedule_id: int, clock: FakeClock) -> None:
    created = clock.now()
    clock.advance(timedelta(hours=1))
    catalog.change(schedule_id, replace(catalog.schedule("orders").spec, catch_up="skip"))
    record = catalog.schedule("orders")
    assert (record.created_at, record.updated_at) == (created, clock.now())


def test_h_is_resolved_at_saving_by_the_name_and_not_again(catalog: Catalog) -> None:
    row_id = catalog.create(CronSpec(name="spread", expression="H H * * *"))
    resolved = catalog.cron(row_id).spec
    assert "H" not in resolved.expression
    catalog.change(row_id, replace(resolved, name="another name"))
    assert catalog.cron(row_id).spec.expression == resolved.expression


@pytest.mark.parametrize("expression", ["@reboot", " 0  7 * * * ", "\t@reboot\t"])
def test_outer_blanks_of_an_expression_are_not_saved(catalog: Catalog, expression: str) -> None:
    cron_id = catalog.create(CronSpec(name="a", expression=expression))
    assert catalog.cron("a").spec.expression == expression.strip()
    assert not catalog.change(cron_id, CronSpec(name="a", expression=expression))


def test_a_secret_keeps_its_row_and_becoming_plain_or_secret_drops_the_value(
    catalog: Catalog, database: Database
) -> None:
    row_id = catalog.create(EnvironmentSpec(name="e", variables={"A": "1"}, secrets=("S", "T")))
    database.write(lambda tx: run_sql(tx, "UPDATE variables SET value = 'sealed' WHERE secret"))
    catalog.change(row_id, EnvironmentSpec(name="e", variables={"T": "plain"}, secrets=("A", "S")))
    with database.reading() as connection:
        rows = connection.execute(select(Variable.name, Variable.value, Variable.secret).order_by(Variable.position))
        assert [tuple(row) for row in rows] == [("T", "plain", False), ("A", None, True), ("S", "sealed", True)]


def test_deleting_a_command_takes_its_schedules_along(
    catalog: Catalog, database: Database, clock: FakeClock, schedule_id: int
) -> None:
    command_id = catalog.command("sync orders").id

    def run_now(transaction: Transaction) -> None:
        run_command(transaction, command_id, None, at=clock.now(), now=clock.now(), origin=Origin.MANUAL)

    database.write(run_now)
    effects = catalog.deletion_effects(Kind.COMMAND, command_id)
    assert effects.sentences() == [
        "These schedules are deleted with it: “orders”.",
        "Unfinished jobs of it: 1. Those that wait can't start any more.",
    ]
    assert catalog.delete(Kind.COMMAND, command_id) == effects
    assert (catalog.commands(), catalog.schedules()) == ([], [])
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM schedule_crons")).scalar() == 0
    assert database.check_integrity() == []


def test_an_environment_that_others_extend_is_not_deleted(catalog: Catalog, schedule_id: int) -> None:
    common = catalog.environment("common").id
    assert catalog.deletion_effects(Kind.ENVIRONMENT, common).refused
    with pytest.raises(ConflictError, match="“common” can't be deleted, because “staging” extends it"):
        catalog.delete(Kind.ENVIRONMENT, common)
    assert catalog.environment("common").extended_by == ("staging",)


def test_a_schedule_goes_on_without_one_environment_and_is_disabled_without_any(
    catalog: Catalog, schedule_id: int
) -> None:
    before = catalog.schedule("orders")
    effects = catalog.delete(Kind.ENVIRONMENT, catalog.environment("staging").id)
    assert effects.sentences() == ["These schedules go on without it: “orders”."]
    assert catalog.schedule("orders").links == before.links
    assert catalog.schedule("orders").spec == replace(before.spec, environments=("production",))
    effects = catalog.delete(Kind.ENVIRONMENT, catalog.environment("production").id)
    assert effects.disabled_schedules == ("orders",)
    assert catalog.schedule("orders").spec == replace(before.spec, environments=(), enabled=False)
    assert catalog.schedule("orders").next_due_at is None


def test_a_schedule_loses_a_deleted_cron_and_keeps_the_others(catalog: Catalog, schedule_id: int) -> None:
    kept = catalog.schedule("orders").links[1]
    assert catalog.delete(Kind.CRON, catalog.cron("hourly").id).shortened_schedules == ("orders",)
    assert catalog.schedule("orders").links == (kept,)
    assert catalog.delete(Kind.CRON, catalog.cron("daily").id).idle_schedules == ("orders",)
    assert catalog.schedule("orders").next_due_at is None
    catalog.delete(Kind.SCHEDULE, schedule_id)
    with pytest.raises(NotFoundError):
        catalog.delete(Kind.SCHEDULE, schedule_id)


def test_an_id_is_never_used_again(catalog: Catalog) -> None:
    first = catalog.create(CronSpec(name="a", expression="@daily"))
    catalog.delete(Kind.CRON, first)
    assert catalog.create(CronSpec(name="a", expression="@daily")) > first


def test_a_copy_has_a_name_of_its_own_and_the_copy_of_a_schedule_is_disabled(
    catalog: Catalog, schedule_id: int
) -> None:
    original = catalog.schedule("orders")
    copy = catalog.schedule(catalog.duplicate(Kind.SCHEDULE, schedule_id))
    assert copy.spec == replace(original.spec, name="orders (copy)", enabled=False)
    assert copy.next_due_at is None
    assert catalog.schedule(catalog.duplicate(Kind.SCHEDULE, schedule_id)).spec.name == "orders (copy 2)"
    long = catalog.create(CommandSpec(name="x" * 200, run="true"))
    assert len(catalog.command(catalog.duplicate(Kind.COMMAND, long)).spec.name) == 200
    environment = catalog.environment("staging")
    copied = catalog.environment(catalog.duplicate(Kind.ENVIRONMENT, environment.id))
    assert copied.spec == replace(environment.spec, name="staging (copy)")


def test_a_queue_is_deleted_only_when_nothing_uses_it(
    catalog: Catalog, database: Database, clock: FakeClock, schedule_id: int
) -> None:
    catalog.put_queue(QueueSpec(name="slow", limit=2))
    assert catalog.queue("slow").spec.limit == 2
    with pytest.raises(ConflictError, match="these commands use it: “sync orders”"):
        catalog.delete_queue("slow")
    with pytest.raises(ConflictError, match="“default” can't be deleted"):
        catalog.delete_queue("default")
    command_id = catalog.command("sync orders").id

    def run_now(transaction: Transaction) -> None:
        run_command(transaction, command_id, None, at=clock.now(), now=clock.now(), origin=Origin.MANUAL)

    database.write(run_now)
    catalog.delete(Kind.COMMAND, command_id)
    with pytest.raises(ConflictError, match=r"it has unfinished jobs \(1\)"):
        catalog.delete_queue("slow")
    catalog.put_queue(QueueSpec(name="unused"))
    catalog.delete_queue("unused")
    with pytest.raises(NotFoundError):
        catalog.delete_queue("unused")
    with pytest.raises(InvalidError, match="from 1 to 1000"):
        catalog.put_queue(QueueSpec(name="x", limit=0))


def test_every_write_says_what_it_touched(catalog: Catalog, published: list[Changes]) -> None:
    catalog.create(CommandSpec(name="a", run="true"))
    assert published.pop() == Changes(catalog=True, queues=True, claimable=True)
    row_id = catalog.create(EnvironmentSpec(name="a"))
    assert published.pop() == Changes(catalog=True)
    catalog.delete(Kind.ENVIRONMENT, row_id)
    assert published.pop() == Changes(catalog=True)
    catalog.create(CronSpec(name="a", expression="@daily"))
    catalog.create(ScheduleSpec(name="a", command="a", crons=("a",)))
    assert published.pop() == Changes(catalog=True, due_times=True)
