"""Schedules as a crontab: what is read back is the same, and what can't be said is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, ScheduleSpec, Spec
from core.crontab.becoming import Plan, become
from core.crontab.reading import Crontab, read_crontab
from core.crontab.writing import Definitions, WrittenCrontab, write_crontab
from core.exchange.bundle import Bundle

SESSION = {"PATH": "/session/bin", "HOME": "/home/joe"}
COMMAND = CommandSpec(name="c", run="x", shell="sh", overlap="allow")
ENVIRONMENT = EnvironmentSpec(name="e", base="clean")
CRON = CronSpec(name="t", expression="30 7 * * 1-5")
SCHEDULE = ScheduleSpec(name="s", command="c", environments=("e",), crons=("t",), catch_up="skip")


def write(*specs: Spec, **changes: Any) -> WrittenCrontab:
    """Write one schedule, with `specs` in the place of what it is made of by default."""
    schedule = replace(SCHEDULE, **changes)
    return write_crontab(
        Definitions(
            schedules=[schedule],
            commands={spec.name: spec for spec in (COMMAND, *specs) if isinstance(spec, CommandSpec)},
            environments={spec.name: spec for spec in (ENVIRONMENT, *specs) if isinstance(spec, EnvironmentSpec)},
            crons={spec.name: spec for spec in (CRON, *specs) if isinstance(spec, CronSpec)},
        ),
        SESSION,
    )


def write_plan(plan: Plan) -> WrittenCrontab:
    return write_crontab(definitions_of(plan.bundle), SESSION)


def definitions_of(bundle: Bundle) -> Definitions:
    return Definitions(
        schedules=bundle.schedules,
        commands={spec.name: spec for spec in bundle.commands},
        environments={spec.name: spec for spec in bundle.environments},
        crons={spec.name: spec for spec in bundle.crons},
    )


def read(written: WrittenCrontab) -> Crontab:
    crontab = read_crontab(written.text)
    assert crontab.errors == ()
    return crontab


def meaning(bundle: Bundle) -> dict[str, tuple[Spec, ...]]:
    """Return each schedule with all that it is made of, without the names that an import gives to its parts."""
    commands = {spec.name: replace(spec, name="") for spec in bundle.commands}
    environments = {spec.name: replace(spec, name="") for spec in bundle.environments}
    crons = {spec.name: replace(spec, name="") for spec in bundle.crons}
    return {
        spec.name: (
            replace(spec, name="", command="", environments=(), crons=()),
            commands[spec.command],
            environments[spec.environments[0]],
            crons[spec.crons[0]],
        )
        for spec in bundle.schedules
    }


def test_a_schedule_is_a_line_below_its_name() -> None:
    written = write(replace(ENVIRONMENT, variables={"PATH": "/opt/bin", "A": " b "}), name="Sync orders")
    assert written.text.split("\n")[2:] == [
        "PATH=/opt/bin", 'A=" b "', "", "# Sync orders", "30 7 * * 1-5 x", "",
        "",
    ]  # fmt: skip
    assert written.remarks == ()


@pytest.mark.parametrize(
    ("specs", "changes", "line"),
    [
        ([replace(COMMAND, run="date +%F")], {}, "30 7 * * 1-5 date +\\%F"),
        ([replace(COMMAND, run="exec <<'END'\nhi\nyou\nEND\nmail joe")], {}, "30 7 * * 1-5 mail joe%hi%you"),
        ([replace(COMMAND, run="{% raw %}echo {{ x }}{% endraw %}")], {}, "30 7 * * 1-5 echo {{ x }}"),
        ([replace(COMMAND, run="x 'a b' $y", shell="none")], {}, "30 7 * * 1-5 x 'a b' '$y'"),
        ([replace(COMMAND, run="x\n")], {}, "30 7 * * 1-5 x"),
        ([replace(COMMAND, working_directory="/srv/a b")], {}, "30 7 * * 1-5 cd '/srv/a b' || exit; x"),
        ([replace(COMMAND, working_directory="~/a b")], {}, "30 7 * * 1-5 cd ~/'a b' || exit; x"),
        ([replace(CRON, expression="0 30 7 * * MON-SUN")], {}, "30 7 * * MON-7 x"),
        ([replace(CRON, expression="5/10  * * * *")], {}, "5-59/10 * * * * x"),
        ([replace(CRON, expression="@Daily")], {}, "@daily x"),
        ([replace(CRON, expression="*/5,1-9/2 * * * *")], {}, "*/5,1-9/2 * * * * x"),
    ],
)
def test_what_can_be_said_is(specs: list[Spec], changes: dict[str, Any], line: str) -> None:
    written = write(*specs, **changes)
    assert line in written.text.split("\n")
    assert written.remarks == ()


@pytest.mark.parametrize(
    ("specs", "changes", "words"),
    [
        ([replace(CRON, expression="*/5 * * * * *")], {}, "seconds"),
        ([replace(CRON, expression="0 0 L * *")], {}, "crontab(5)"),
        ([replace(CRON, expression="0 0 * * 5#2")], {}, "crontab(5)"),
        ([replace(COMMAND, run="a\nb")], {}, "several lines"),
        ([replace(COMMAND, run="a \\% b")], {}, "backslash"),
        ([replace(COMMAND, run="* x")], {}, "otherwise"),
        ([replace(COMMAND, run="echo {{ A }}")], {}, "for Clockhand alone"),
        ([replace(COMMAND, shell="pwsh")], {}, "pwsh"),
        ([replace(ENVIRONMENT, secrets=("TOKEN",))], {}, "TOKEN"),
        ([replace(ENVIRONMENT, env_file="/x.env")], {}, "file"),
        ([replace(ENVIRONMENT, variables={"A": "${NOWHERE}"})], {}, "NOWHERE"),
        ([replace(ENVIRONMENT, variables={"A": "a\nb"})], {}, "quoting"),
        ([], {"enabled": False}, "disabled"),
        ([replace(COMMAND, enabled=False)], {}, "disabled"),
        ([], {"crons": ()}, "no cron"),
    ],
)
def test_what_can_not_be_said_has_no_line_and_a_reason(specs: list[Spec], changes: dict[str, Any], words: str) -> None:
    written = write(*specs, **changes)
    assert read(written).jobs == ()
    (remark,) = written.remarks
    assert (remark.schedule, remark.left_out) == ("s", True)
    assert words in remark.text
    assert f"# - s: {' '.join(remark.text.split())}" in written.text


@pytest.mark.parametrize(
    ("specs", "changes", "words"),
    [
        ([replace(COMMAND, timeout=timedelta(minutes=10))], {}, "10m"),
        ([replace(COMMAND, overlap="skip")], {}, "Overlap"),
        ([replace(COMMAND, max_attempts=3)], {}, "Attempts (3)"),
        ([replace(COMMAND, success_exit_codes=(0, 1))], {}, "Exit codes"),
        ([replace(COMMAND, queue="slow")], {}, "Queue"),
        ([replace(COMMAND, tags=("orders",))], {}, "orders"),
        ([replace(COMMAND, run="echo a\\\\b")], {}, "Two backslashes"),
        ([replace(COMMAND, terminal=True)], {}, "Terminal"),
        ([replace(ENVIRONMENT, base="session")], {}, "session"),
        ([replace(CRON, timezone="Asia/Tokyo")], {}, "Asia/Tokyo"),
        ([], {"environments": ()}, "session"),
        ([], {"catch_up": "once"}, "Catch-up (once)"),
        ([], {"jitter": timedelta(seconds=90)}, "1m30s"),
        ([], {"jitter": timedelta(minutes=5)}, "RANDOM_DELAY"),
    ],
)
def test_what_cron_does_otherwise_stands_above_the_line_and_in_the_list(
    specs: list[Spec], changes: dict[str, Any], words: str
) -> None:
    written = write(*specs, **changes)
    assert [job.name for job in read(written).jobs] == ["s"]
    (remark,) = written.remarks
    assert not remark.left_out
    assert words in remark.text
    assert f"# ! {remark.text}" in written.text


def test_each_environment_and_cron_has_a_line() -> None:
    other = EnvironmentSpec(name="f", extends="e", base="clean", variables={"A": "1"})
    written = write(other, CronSpec(name="u", expression="@hourly"), environments=("e", "f"), crons=("t", "u"))
    jobs = read(written).jobs
    assert [(job.written, job.environment.get("A")) for job in jobs] == [
        ("30 7 * * 1-5", None), ("@hourly", None), ("30 7 * * 1-5", "1"), ("@hourly", "1"),
    ]  # fmt: skip
    assert sum("environments" in remark.text for remark in written.remarks) == 4


def test_a_variable_of_a_line_above_is_taken_away() -> None:
    one = EnvironmentSpec(name="e", base="clean", variables={"A": "1"})
    two = EnvironmentSpec(name="f", base="clean", variables={"B": "2"})
    jobs = read(write(one, two, environments=("e", "f"))).jobs
    assert [job.command for job in jobs] == ["x", "unset A; x"]


def test_references_are_resolved_and_folders_stand_before_path() -> None:
    environment = EnvironmentSpec(name="e", base="clean", variables={"A": "${HOME}/x", "B": "$${A}"}, path=("/mine",))
    (job,) = read(write(environment)).jobs
    assert (job.environment["A"], job.environment["B"]) == ("/home/joe/x", "${A}")
    assert job.environment["PATH"].startswith("/mine:/usr/local/bin:")


@pytest.mark.parametrize(
    "name", ["Sync", "0 5 * * * x", "m h dom mon dow command", "A=b", "--", "Ansible: x", "n" * 200]
)
def test_any_name_is_found_again(name: str) -> None:
    assert [job.name for job in read(write(name=name)).jobs] == [name]


NAMES = st.sampled_from(["Back up", "x", "sync", "0 5 * * * y", "A=1"])
TIMES = st.sampled_from(["30 7 * * 1-5", "*/5 * * * *", "@daily", "@reboot", "0 0 1,15 * sun", "1-9/2 0 * jan *"])
COMMANDS = st.text(st.sampled_from("ab %\\'\"${}#=\t")).filter(lambda text: text.strip(" \t\\%") != "")
VALUES = st.text(st.sampled_from("ab '$/{}#= "), max_size=8)
SETTINGS = st.one_of(
    st.tuples(st.sampled_from("ABC"), VALUES),
    st.tuples(st.just("PATH"), st.sampled_from(["/bin", "/opt/bin:/bin"])),
    st.tuples(st.just("SHELL"), st.sampled_from(["/bin/sh", "/bin/bash", "/usr/bin/zsh"])),
    st.tuples(st.just("HOME"), st.just("/srv")),
    st.tuples(st.just("CRON_TZ"), st.sampled_from(["Asia/Tokyo", "Europe/Berlin"])),
    st.tuples(st.just("RANDOM_DELAY"), st.sampled_from(["5", "0"])),
)


@st.composite
def crontabs(draw: st.DrawFn) -> str:
    """Return a crontab whose variables are all set above its lines, so that no line needs less than one above it."""
    lines = [f'{name}="{value}"' for name, value in draw(st.lists(SETTINGS, max_size=4))]
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            lines.append(f"# {draw(NAMES)}")
        lines.append(f"{draw(TIMES)} {draw(COMMANDS)}")
    return "".join(f"{line}\n" for line in lines)


@settings(max_examples=200, deadline=None)
@given(crontabs())
def test_export_and_import_are_the_identity(text: str) -> None:
    plan = become(read_crontab(text), {}, "test")
    written = write_plan(plan)
    assert not any(remark.left_out for remark in written.remarks)
    again = become(read(written), {}, "test")
    assert meaning(again.bundle) == meaning(plan.bundle)
    assert write_plan(again).text == written.text
