"""What job lines become, which names they get, and what is shared."""

from __future__ import annotations

from datetime import timedelta

from core.catalog.reading import read_kind
from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, Kind, ScheduleSpec
from core.catalog.validation import Known
from core.crontab.becoming import Existing, Plan, become
from core.crontab.reading import read_crontab
from core.database import Database
from core.exchange.bundle import Action, apply_bundle
from tests.support import FakeClock

KINDS = (Kind.ENVIRONMENT, Kind.CRON, Kind.COMMAND, Kind.SCHEDULE)


def plan(text: str, existing: Existing | None = None) -> Plan:
    return become(read_crontab(text), existing or {}, "test")


def saved(database: Database) -> Existing:
    with database.reading() as connection:
        return {kind: {record.spec.name: record.spec for record in read_kind(connection, kind)} for kind in KINDS}


def test_a_line_becomes_a_command_an_environment_a_cron_and_a_schedule() -> None:
    text = "A=${B}\nSHELL=/bin/bash\nCRON_TZ=Europe/Berlin\nRANDOM_DELAY=5\n# Nightly\n30 2 * * * make all\n"
    (each,) = plan(text).becomings
    assert each.command == CommandSpec(name="Nightly", run="make all", shell="bash", overlap="allow")
    variables = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/bash", "A": "$${B}"}
    assert each.environment == EnvironmentSpec(name="crontab", base="clean", variables=variables)
    assert each.cron == CronSpec(name="30 2 * * * Europe/Berlin", expression="30 2 * * *", timezone="Europe/Berlin")
    assert each.schedule == ScheduleSpec(
        name="Nightly",
        command="Nightly",
        environments=("crontab",),
        crons=("30 2 * * * Europe/Berlin",),
        jitter=timedelta(minutes=5),
    )


def test_equal_environments_crons_and_commands_are_shared_and_schedules_never() -> None:
    bundle = plan("0 1 * * * a\n0 1 * * * a\nA=1\n0 1 * * * b\nMAILTO=x\n0 2 * * * b\n").bundle
    assert [spec.name for spec in bundle.environments] == ["crontab", "crontab (2)"]
    assert [spec.name for spec in bundle.crons] == ["0 1 * * *", "0 2 * * *"]
    assert [spec.name for spec in bundle.commands] == ["a", "b"]
    assert [spec.name for spec in bundle.schedules] == ["a", "a (2)", "b", "b (2)"]


def test_a_name_that_is_taken_by_something_else_is_left_alone() -> None:
    existing = {Kind.COMMAND: {"a": CommandSpec(name="a", run="other")}, Kind.CRON: {}}
    (each,) = plan("0 1 * * * a\n", existing).becomings
    assert (each.command.name, each.command.run, each.schedule.command) == ("a (2)", "a", "a (2)")


def test_lines_with_the_same_name_and_other_commands_get_numbers() -> None:
    becomings = plan("#ex\n0 1 * * * a\n#ex\n0 1 * * * b\n").becomings
    assert [(each.command.name, each.command.run) for each in becomings] == [("ex", "a"), ("ex (2)", "b")]


def test_importing_the_same_crontab_again_changes_nothing(database: Database, clock: FakeClock) -> None:
    text = "A=1\n5~50 1 * * * a\n0 1 * * * a\n@daily docker ps --format '{{.Names}}'\n0 1 * * * cat%x\n@reboot z\n"
    first = apply_bundle(database, clock, plan(text).bundle)
    assert {change.action for change in first} == {Action.CREATE}
    again = plan(text, saved(database))
    assert all(each.exists for each in again.becomings)
    second = apply_bundle(database, clock, again.bundle)
    assert {change.action for change in second} == {Action.UNCHANGED}


def test_what_can_not_be_taken_over_is_among_the_bad_lines() -> None:
    found = plan("0 1 * * * a\n0 1 * * * " + "x" * 100_001 + "\nfoo\n0 0 30 2 * b\n")
    assert [error.line for error in found.errors] == [2, 3, 4]
    assert [each.job.line for each in found.becomings] == [1]
    assert found.bundle.problems(Known()) == []
