"""The bundle goes in and out: an export reads back as the same, and applying is idempotent and all or nothing."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.catalog.catalog import Catalog
from core.catalog.specs import (
    CommandSpec,
    CronSpec,
    EnvironmentSpec,
    Kind,
    QueueSpec,
    ScheduleSpec,
    Spec,
)
from core.catalog.validation import problems
from core.database import Database
from core.errors import InvalidError
from core.exchange.bundle import Action, Change, Difference, apply_bundle, export_bundle, read_bundle
from core.exchange.bundle_writing import write_specs
from core.exchange.schema import TABLES
from core.execution.definitions import Shell
from core.execution.template import compile_template
from core.model import Variable
from core.queue.manual import run_command
from core.queue.states import Origin
from core.timing.cron import parse
from core.timing.occurrences import Occurrences
from core.writer import Transaction
from resources import sample
from tests.support import FakeClock

DESIGN = """\
version = 1

[[environments]]
name = "common"
base = "clean"
enabled = true
variables = {}
secrets = []

[[environments]]
name = "production"
extends = "common"
base = "session"
enabled = false
variables = { API_URL = "https://api.example" }
secrets = ["API_TOKEN"]

[[environments]]
name = "staging"
extends = "common"
base = "session"
enabled = true
variables = { API_URL = "https://staging.example", RETRIES = "3" }
secrets = ["API_TOKEN"]

[[crons]]
name = "weekday mornings"
expression = "30 7 * * 1-5"
timezone = "Europe/Berlin"

[[commands]]
name = "sync orders"
run = "curl -fsS {{ API_URL }}/orders | ./import.sh"
shell = "bash"
working_directory = "~/work/orders"
timeout = "10m"
max_attempts = 3
overlap = "skip"
queue = "default"
priority = 0
success_exit_codes = [0]
tags = ["orders"]

[[schedules]]
name = "orders each morning"
command = "sync orders"
environments = ["staging", "production"]
crons = ["weekday mornings"]
catch_up = "once"
catch_up_limit = 10
catch_up_max_age = "7d"
enabled = true

[[queues]]
name = "default"
limit = 2
"""


def apply(database: Database, clock: FakeClock, text: str, **options: bool) -> dict[tuple[str, str], Action]:
    changes = apply_bundle(database, clock, read_bundle(text, "demo.toml"), **options)
    return {(change.kind.value, change.name): change.action for change in changes}


def test_the_file_of_the_contract_comes_back_byte_for_byte(database: Database, clock: FakeClock) -> None:
    assert set(apply(database, clock, DESIGN).values()) == {Action.CREATE, Action.CHANGE}
    assert export_bundle(database) == DESIGN


def test_the_sample_is_right_and_comes_back_with_the_same_data(database: Database, clock: FakeClock) -> None:
    apply(database, clock, sample())
    expected = tomllib.loads(sample())
    for entries in expected.values():
        if isinstance(entries, list):
            entries.sort(key=lambda entry: entry["name"])
    assert tomllib.loads(export_bundle(database)) == expected


def test_the_sample_does_something_every_ten_seconds() -> None:
    start = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    crons = [parse(cron.expression) for cron in read_bundle(sample(), "demo.toml").crons]
    due = {at for cron in crons for at in Occurrences(cron, ZoneInfo("UTC")).upcoming(start, 10)}
    assert {start + timedelta(seconds=10 * step) for step in range(1, 7)} <= due


@pytest.mark.parametrize(
    ("name", "attempt", "exit_code", "words"),
    [
        ("disk space", 1, 0, "Mounted on"),
        ("fails twice, then succeeds", 2, 1, "Attempt 2\nNot this time"),
        ("fails twice, then succeeds", 3, 0, "Attempt 3\nThe third attempt succeeds"),
        ("floods the output", 1, 0, "line 1\nline 2\n"),
    ],
)
def test_the_samples_commands_do_what_they_say(name: str, attempt: int, exit_code: int, words: str) -> None:
    (command,) = [command for command in read_bundle(sample(), "demo.toml").commands if command.name == name]
    values = {"FOLDER": "/", "WARN_ABOVE": "90", "job.attempt": str(attempt)}
    script = compile_template(command.run, Shell(command.shell)).render(values)
    done = subprocess.run(
        ["/bin/sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == exit_code
    assert words in done.stdout


def test_applying_again_changes_nothing_and_leaves_due_times_alone(
    database: Database, catalog: Catalog, clock: FakeClock
) -> None:
    apply(database, clock, DESIGN)
    before = (catalog.commands(), catalog.environments(), catalog.crons(), catalog.schedules())
    clock.advance(timedelta(days=40))
    assert set(apply(database, clock, DESIGN).values()) == {Action.UNCHANGED}
    assert set(apply(database, clock, DESIGN, prune=True).values()) == {Action.UNCHANGED}
    assert (catalog.commands(), catalog.environments(), catalog.crons(), catalog.schedules()) == before


def test_one_change_touches_that_alone(database: Database, catalog: Catalog, clock: FakeClock) -> None:
    apply(database, clock, DESIGN)
    before = catalog.schedules()
    clock.advance(timedelta(days=40))
    text = DESIGN.replace('timeout = "10m"', 'timeout = "1h30m"').replace('RETRIES = "3"', 'RETRIES = "4"')
    changes = apply_bundle(database, clock, read_bundle(text, "demo.toml"))
    assert [change for change in changes if change.action is not Action.UNCHANGED] == [
        Change(Kind.ENVIRONMENT, "staging", Action.CHANGE, (("variables.RETRIES", "3", "4"),)),  # type: ignore[arg-type]  # a Difference is such a tuple
        Change(Kind.COMMAND, "sync orders", Action.CHANGE, (("timeout", "10m", "1h30m"),)),  # type: ignore[arg-type]  # as above
    ]
    assert catalog.schedules() == before
    assert export_bundle(database) == text


def test_a_dry_run_says_the_same_and_writes_nothing(database: Database, clock: FakeClock) -> None:
    planned = apply(database, clock, DESIGN, dry_run=True)
    assert export_bundle(database) == "version = 1\n"
    assert apply(database, clock, DESIGN) == planned


def test_nothing_is_deleted_without_prune(database: Database, clock: FakeClock) -> None:
    apply(database, clock, DESIGN)
    assert apply(database, clock, "version = 1\n") == {}
    assert export_bundle(database) == DESIGN


def test_prune_deletes_what_the_file_does_not_name(database: Database, catalog: Catalog, clock: FakeClock) -> None:
    apply(database, clock, DESIGN + '\n[[queues]]\nname = "slow"\nlimit = 1\n')
    kept = '[[environments]]\nname = "production"\n'
    assert apply(database, clock, f"version = 1\n{kept}", prune=True) == {
        ("environment", "production"): Action.CHANGE,
        ("environment", "common"): Action.DELETE,
        ("environment", "staging"): Action.DELETE,
        ("cron", "weekday mornings"): Action.DELETE,
        ("command", "sync orders"): Action.DELETE,
        ("schedule", "orders each morning"): Action.DELETE,
        ("queue", "slow"): Action.DELETE,
    }
    assert [record.spec for record in catalog.environments()] == [EnvironmentSpec(name="production")]
    assert (catalog.commands(), catalog.crons(), catalog.schedules()) == ([], [], [])
    assert [queue.spec for queue in catalog.queues()] == [QueueSpec(name="default", limit=2)]


def test_prune_keeps_a_queue_that_still_has_work(database: Database, catalog: Catalog, clock: FakeClock) -> None:
    queues = "".join(f'[[queues]]\nname = "{name}"\nlimit = 1\n' for name in ("busy", "idle", "named"))
    apply(database, clock, f'version = 1\n[[commands]]\nname = "a"\nrun = "true"\nqueue = "busy"\n{queues}')
    command_id = catalog.command("a").id

    def run_now(transaction: Transaction) -> None:
        run_command(transaction, command_id, None, at=clock.now(), now=clock.now(), origin=Origin.MANUAL)

    database.write(run_now)
    apply(database, clock, 'version = 1\n[[commands]]\nname = "b"\nrun = "true"\nqueue = "named"\n', prune=True)
    assert [queue.spec.name for queue in catalog.queues()] == ["busy", "default", "named"]


def test_with_prune_a_reference_must_point_into_the_file(database: Database, clock: FakeClock) -> None:
    apply(database, clock, DESIGN)
    text = 'version = 1\n[[schedules]]\nname = "s"\ncommand = "sync orders"\n'
    with pytest.raises(InvalidError, match="no command named “sync orders”"):
        apply(database, clock, text, prune=True)
    assert export_bundle(database) == DESIGN
    assert apply(database, clock, text) == {("schedule", "s"): Action.CREATE}


def test_a_failure_half_way_undoes_everything(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("half way")

    with monkeypatch.context() as patch:
        patch.setattr("core.catalog.storing._update_crons", fail)
        with pytest.raises(RuntimeError, match="half way"):
            apply(database, clock, DESIGN)
    assert export_bundle(database) == "version = 1\n"


def test_environments_may_stand_before_what_they_extend_and_turn_around(database: Database, clock: FakeClock) -> None:
    def text(**extends: str) -> str:
        entries = (
            f'[[environments]]\nname = "{n}"\n' + (f'extends = "{e}"\n' if e else "") for n, e in extends.items()
        )
        return "version = 1\n" + "".join(entries)

    apply(database, clock, text(a="b", b="c", c=""))
    apply(database, clock, text(a="", b="a", c="b"))
    entries = tomllib.loads(export_bundle(database))["environments"]
    assert {entry["name"]: entry.get("extends") for entry in entries} == {"a": None, "b": "a", "c": "b"}


def test_a_secret_keeps_its_value_while_its_name_stays(database: Database, clock: FakeClock) -> None:
    text = 'version = 1\n[[environments]]\nname = "a"\nvariables = { X = "1" }\nsecrets = ["S", "T"]\n'
    apply(database, clock, text)

    def seal(transaction: Transaction) -> None:
        transaction.connection.execute(update(Variable).where(Variable.secret).values(value="sealed"))

    database.write(seal)
    assert "sealed" not in export_bundle(database)
    apply(database, clock, text.replace('{ X = "1" }', '{ Y = "2", Z = "3" }').replace('"T"', '"U"'))
    with database.reading() as connection:
        rows = connection.execute(select(Variable.name, Variable.value, Variable.secret)).all()
    assert {tuple(row) for row in rows} == {
        ("Y", "2", False),
        ("Z", "3", False),
        ("S", "sealed", True),
        ("U", None, True),
    }


def test_h_is_resolved_when_applied_and_stays_the_same(database: Database, catalog: Catalog, clock: FakeClock) -> None:
    text = 'version = 1\n[[crons]]\nname = "spread"\nexpression = "H H(1-5) * * *"\n'
    apply(database, clock, text)
    assert re.fullmatch(r"\d+ [1-5] \* \* \*", catalog.cron("spread").spec.expression)
    assert set(apply(database, clock, text).values()) == {Action.UNCHANGED}
    exported = export_bundle(database)
    assert set(apply(database, clock, exported).values()) == {Action.UNCHANGED}


def test_what_h_became_is_shown(database: Database, catalog: Catalog, clock: FakeClock) -> None:
    bundle = read_bundle('version = 1\n[[crons]]\nname = "spread"\nexpression = " H 7 * * *"\n', "x")
    (dry,) = apply_bundle(database, clock, bundle, dry_run=True)
    (done,) = apply_bundle(database, clock, bundle)
    saved = catalog.cron("spread").spec.expression
    assert re.fullmatch(r"\d+ 7 \* \* \*", saved)
    assert dry == done == Change(Kind.CRON, "spread", Action.CREATE, (Difference("expression", " H 7 * * *", saved),))


def test_a_queue_that_a_command_names_exists(database: Database, catalog: Catalog, clock: FakeClock) -> None:
    text = 'version = 1\n[[commands]]\nname = "a"\nrun = "b"\nqueue = "slow"\n'
    apply(database, clock, text)
    assert [queue.spec.name for queue in catalog.queues()] == ["default", "slow"]
    assert "queues" not in tomllib.loads(export_bundle(database))


@pytest.mark.parametrize(
    "run",
    [
        "one line", "two\nlines\n", "\nfirst line empty", "windows\r\nlines", "old\rmac", "back\\slash\n\\", "'''\n",
        '"""\n', "ends in '", "ends\nin '", '"quoted"\n', "tab\there\n", "\x01\x7f\n",
        "it's \"both\"", "{% raw %}{{}}{% endraw %}", "ä→😀\n", "trailing \\\n   blanks", "  \n x \n  ",
    ],
)  # fmt: skip
def test_any_text_of_a_command_comes_back_as_it_was(run: str) -> None:
    text = write_specs({Kind.COMMAND: [CommandSpec(name="x", run=run)]})
    assert read_bundle(text, "x").commands[0].run == run


def test_a_text_of_several_lines_is_written_as_such() -> None:
    run = 'if [ "$A" = \'b\' ]; then\n  printf "\\n"\nfi\n'
    assert f"run = '''\n{run}'''\n" in write_specs({Kind.COMMAND: [CommandSpec(name="x", run=run)]})


NAMES = st.text(min_size=1, max_size=12).filter(lambda name: not problems(QueueSpec(name=name)))
VARIABLES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: not name.startswith("CLOCKHAND_")
)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0{\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4\ufdd5"), max_size=40
)
DURATIONS = st.integers(1, 10**9).map(lambda ms: timedelta(milliseconds=ms))


@st.composite
def catalogs(draw: st.DrawFn) -> dict[Kind, list[Spec]]:
    """Draw a whole catalog that holds together."""

    def some(names: list[str]) -> tuple[str, ...]:
        return tuple(draw(st.lists(st.sampled_from(names), unique=True, max_size=3))) if names else ()

    def names() -> list[str]:
        return draw(st.lists(NAMES, unique=True, max_size=3))

    environments: list[Spec] = []
    for name in names():
        variables = draw(st.dictionaries(VARIABLES, TEXTS, max_size=4))
        environments.append(
            EnvironmentSpec(
                name=name,
                extends=draw(st.sampled_from([None, *(spec.name for spec in environments)])),
                base=draw(st.sampled_from(["session", "login", "clean"])),
                enabled=draw(st.booleans()),
                variables=variables,
                secrets=tuple(
                    name for name in draw(st.lists(VARIABLES, unique=True, max_size=2)) if name not in variables
                ),
                unset=draw(st.sampled_from([(), ("TAKEN_AWAY_HERE",)])),
                working_directory=draw(st.sampled_from([None, "~", "/srv/x"])),
                path=draw(st.sampled_from([(), ("${HOME}/bin", "/opt/ü")])),
                env_file=draw(st.sampled_from([None, None, "~/.env"])),
            )
        )
    crons: list[Spec] = [
        CronSpec(
            name=name,
            expression=draw(st.sampled_from(["* * * * *", "*/5 0 7 * * 1-5", "@daily", "0 0 L * 5#1"])),
            timezone=draw(st.sampled_from(["system", "UTC", "Europe/Berlin"])),
            enabled=draw(st.booleans()),
        )
        for name in names()
    ]
    commands: list[Spec] = [
        CommandSpec(
            name=name,
            run=draw(TEXTS.filter(lambda text: bool(text.strip()))),
            shell=draw(st.sampled_from(["sh", "bash", "zsh", "pwsh"])),
            working_directory=draw(st.none() | TEXTS.map(lambda text: f"/{text}")),
            timeout=draw(st.none() | DURATIONS),
            grace=draw(st.sampled_from([timedelta(), timedelta(seconds=10), timedelta(minutes=2)])),
            max_attempts=draw(st.integers(1, 100)),
            overlap=draw(st.sampled_from(["allow", "skip", "queue", "replace"])),
            concurrency_group=draw(st.none() | NAMES),
            queue=draw(st.sampled_from(["default"]) | NAMES),
            priority=draw(st.integers(-100, 100)),
            success_exit_codes=tuple(draw(st.lists(st.integers(0, 255), unique=True, min_size=1, max_size=30))),
            interactive=draw(st.booleans()),
            terminal=draw(st.booleans()),
            tags=tuple(draw(st.lists(NAMES, unique=True, max_size=12))),
            enabled=draw(st.booleans()),
        )
        for name in names()
    ]
    schedules: list[Spec] = [
        ScheduleSpec(
            name=name,
            command=draw(st.sampled_from([spec.name for spec in commands])),
            environments=some([spec.name for spec in environments]),
            crons=some([spec.name for spec in crons]),
            catch_up=draw(st.sampled_from(["skip", "once", "all"])),
            catch_up_limit=draw(st.integers(1, 1000)),
            catch_up_max_age=draw(DURATIONS),
            enabled=draw(st.booleans()),
        )
        for name in (names() if commands else [])
    ]
    queues: list[Spec] = [QueueSpec(name=name, limit=draw(st.none() | st.integers(1, 1000))) for name in names()]
    return {
        Kind.ENVIRONMENT: environments,
        Kind.CRON: crons,
        Kind.COMMAND: commands,
        Kind.SCHEDULE: schedules,
        Kind.QUEUE: queues,
    }


@given(catalogs())
def test_what_is_written_is_read_back_the_same_with_the_right_lines(specs: dict[Kind, list[Spec]]) -> None:
    text = write_specs(specs)
    bundle = read_bundle(text, "x")
    assert {kind: list(bundle.specs(kind)) for kind in TABLES} == specs
    lines = text.split("\n")
    for kind in TABLES:
        for index in range(len(specs[kind])):
            header = bundle.lines.line(kind.plural, index)
            assert header is not None
            assert lines[header - 1] == f"[[{kind.plural}]]"
            for key in ("name", "run", "expression", "enabled", "tags", "variables"):
                line = bundle.lines.line(kind.plural, index, key)
                assert line is not None
                assert line == header or re.match(rf"{key} = |\[\w+\.{key}\]", lines[line - 1])


@given(specs=catalogs())
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_export_applied_to_an_empty_database_exports_the_same(
    new_database: Callable[[], Database], clock: FakeClock, specs: dict[Kind, list[Spec]]
) -> None:
    first, second = new_database(), new_database()
    try:
        apply(first, clock, write_specs(specs))
        exported = export_bundle(first)
        apply(second, clock, exported)
        assert export_bundle(second) == exported
        assert set(apply(second, clock, exported, prune=True).values()) <= {Action.UNCHANGED}
    finally:
        first.close()
        second.close()
