"""Each wrong field of a definition gets one sentence, and what a form may leave open stays open."""

from __future__ import annotations

import dataclasses
import os
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, QueueSpec, ScheduleSpec, Spec
from core.catalog.validation import Known, kind_of, problems, unknown_variables
from core.execution.definitions import has_terminals


@pytest.mark.parametrize(
    "spec",
    [
        CommandSpec(name="x", run="true"),
        EnvironmentSpec(name="x"),
        CronSpec(name="x", expression="@daily"),
        ScheduleSpec(name="x", command="y"),
        QueueSpec(name="x"),
    ],
    ids=lambda spec: kind_of(spec).value,
)
def test_the_defaults_are_right(spec: Spec) -> None:
    assert problems(spec) == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "a\nb", "control character U+000A"),
        ("run", "x" * 100_001, "script file"),
        ("run", "echo\n{{ ", "Line 2 of the text: “{{” opens a placeholder that is never closed"),
        ("timeout", timedelta(days=3651), "Write a duration from 1ms to 3650d"),
        ("grace", timedelta(seconds=-1), "Write a duration from 0s to 1h"),
        ("backoff_base", timedelta(0), "Write a duration from 1ms"),
        ("backoff_cap", timedelta(seconds=1), "shorter than backoff_base (30s)"),
        ("concurrency_group", "", "It is empty"),
        ("queue", " ", "It is empty"),
        ("working_directory", "", "not a full path"),
        ("working_directory", "/a\0b", "U+0000"),
        ("success_exit_codes", (0, 0), "stands there twice"),
        ("tags", ("a", "a"), "stands there twice"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: Any, words: str) -> None:
    spec = dataclasses.replace(CommandSpec(name="x", run="true"), **{field: value})
    (found,) = problems(spec)
    assert found.field == field
    assert words in found.message


def test_a_terminal_is_refused_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = CommandSpec(name="x", run="true", terminal=True)
    assert problems(spec) == []
    monkeypatch.setattr("core.catalog.validation.has_terminals", lambda: has_terminals("win32"))
    (found,) = problems(spec)
    assert (found.field, "Windows has no terminals" in found.message) == ("terminal", True)


def test_a_text_without_a_shell_must_split_into_arguments() -> None:
    (found,) = problems(CommandSpec(name="x", run="echo 'a", shell="none"))
    assert "a quote is not closed" in found.message


@pytest.mark.parametrize("folder", ["/", "~", "~/work", "~anna/work", "C:\\work", "\\\\server\\share"])
def test_a_full_path_is_a_working_directory(folder: str) -> None:
    assert problems(CommandSpec(name="x", run="true", working_directory=folder)) == []


def test_a_variable_that_no_environment_has_is_told_apart_from_a_fault() -> None:
    command = CommandSpec(name="x", run="echo {{ API_URI }} {{ job.id }}\n{{ OTHER|default('') }}")
    assert problems(command) == []
    (found,) = unknown_variables(command, Known(variables={"API_URL"}))
    assert (found.field, found.where) == ("run", "commands “x”: run")
    assert found.message.startswith(
        "Line 1 of the text names “API_URI”, which no environment has as a variable. Did you"
    )
    assert unknown_variables(command, Known(variables={"API_URI"})) == []
    assert unknown_variables(CommandSpec(name="x", run="{{ "), Known()) == []


def test_references_are_checked_where_the_names_are_known() -> None:
    schedule = ScheduleSpec(name="x", command="sync", environments=("staging",), crons=("daily",))
    assert problems(schedule) == []
    assert problems(schedule, Known(commands={"sync"}, crons={"daily"}, environments={"staging": None})) == []
    assert [problem.field for problem in problems(schedule, Known())] == ["command", "environments", "crons"]


def test_an_environment_below_a_circle_is_not_blamed_for_it() -> None:
    parents = {"a": "b", "b": "a", "c": "a"}
    assert problems(EnvironmentSpec(name="c", extends="a"), Known(environments=parents)) == []
    (found,) = problems(EnvironmentSpec(name="a", extends="b"), Known(environments=parents))
    assert "“a” → “b” → “a”" in found.message


@given(st.text(), st.text(), st.text())
def test_any_text_is_judged_without_a_crash(name: str, first: str, second: str) -> None:
    for spec in (
        CommandSpec(name=name, run=first, shell=second, working_directory=first, queue=second, tags=(first, second)),
        EnvironmentSpec(name=name, variables={first: second}, secrets=(second,), base=first, extends=second),
        CronSpec(name=name, expression=first, timezone=second),
        ScheduleSpec(name=name, command=first, environments=(second,), crons=(first,), catch_up=second),
    ):
        assert all(found.message and found.field for found in problems(spec, Known()))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("unset", ("A",), "“A” stands under variables as well"),
        ("unset", ("S",), "“S” stands under secrets as well"),
        ("unset", ("X", "X"), "stands there twice"),
        ("unset", ("1X",), "begins with no digit"),
        ("unset", ("CLOCKHAND_X",), "belong to Clockhand"),
        ("working_directory", "work", "“work” is not a full path"),
        ("env_file", ".env", "“.env” is not a full path"),
        ("path", ("bin",), "or with ${NAME} for what a variable says"),
        ("path", ("",), "“” is not a full path"),
        ("path", ("/a", "/a"), "stands there twice"),
        ("path", (f"/a{os.pathsep}/b",), "Write each folder by itself"),
        ("variables", {"A": "${B}", "B": "${A}"}, "in a circle: A → B → A. Write a value into one of them."),
    ],
)
def test_a_wrong_part_of_an_environment_is_named(key: str, value: Any, words: str) -> None:
    right = EnvironmentSpec(
        name="e",
        variables={"A": "${HOME}/${S}", "B": "${B}$"},
        secrets=("S",),
        unset=("GONE",),
        working_directory="~/work",
        path=("${A}/bin", "/x", "~"),
        env_file="/x.env",
    )
    assert problems(right) == []
    (found,) = problems(dataclasses.replace(right, **{key: value}))
    assert (found.field, words in found.message) == (key, True), found


def test_a_circle_that_an_edit_closes_in_what_builds_on_it_is_refused_there() -> None:
    child = EnvironmentSpec(name="child", extends="parent", variables={"A": "${B}"})
    parent = EnvironmentSpec(name="parent", variables={"B": "${A}"})
    known = Known(environments={"child": "parent", "parent": None}, specs={"child": child})
    assert problems(parent) == []
    (found,) = problems(parent, known)
    assert found.message.startswith(
        "Variables refer to each other in a circle in “child”, which builds on it: B → A → B."
    )


def test_where_a_file_brings_variables_no_name_in_a_text_is_unknown() -> None:
    command = CommandSpec(name="x", run="echo {{ SOMETHING }}")
    assert unknown_variables(command, Known(specs={"e": EnvironmentSpec(name="e")}))
    assert unknown_variables(command, Known(specs={"e": EnvironmentSpec(name="e", env_file="~/x")})) == []
