"""What exactly is run, decided before it starts."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.execution.definitions import (
    Base,
    CommandDefinition,
    EnvironmentDefinition,
    JobFacts,
    Layer,
    Shell,
    VariableDefinition,
    has_terminals,
)
from core.execution.plan import CannotStart, Plan, make_plan, why_no_folder

DUE = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
BASE = {"PATH": os.defpath, "HOME": "/root", "CLOCKHAND_JOB_ID": "stale", "SESSION_KEY": "canary-session"}


def plan_of(
    run: str,
    folder: Path,
    variables: Mapping[str, str] | None = None,
    secrets: Mapping[str, str | None] | None = None,
    *,
    base: Mapping[str, str] = BASE,
    **more: Any,
) -> Plan:
    own = [VariableDefinition(name=name, value=value) for name, value in (variables or {}).items()]
    hidden = [VariableDefinition(name=name, value=None, secret=True) for name in secrets or ()]
    return make_plan(
        CommandDefinition(id=1, name="sync", run=run, **{"shell": Shell.SH} | more),
        EnvironmentDefinition(
            id=1,
            name="staging",
            base=Base.SESSION,
            layers=(Layer(environment_name="staging", variables=(*own, *hidden)),),
        ),
        JobFacts(id=42, attempt=2, due_at=DUE, scheduled_at=DUE, schedule_name="each morning", origin="schedule"),
        base=base,
        secrets={name: value for name, value in (secrets or {}).items() if value is not None},
        local_zone=UTC,
        home=folder,
    )


def refusal(run: str, folder: Path, **more: Any) -> CannotStart:
    with pytest.raises(CannotStart) as raised:
        plan_of(run, folder, **more)
    return raised.value


def run(plan: Plan) -> str:
    done = subprocess.run(
        plan.argv, env=dict(plan.environment), cwd=plan.working_directory, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_plan_runs_as_it_says(tmp_path: Path) -> None:
    plan = plan_of(
        "echo {{ URL }}/orders {{ job.id }} {{ schedule.name }}; echo $CLOCKHAND_ATTEMPT; pwd",
        tmp_path,
        {"URL": "https://x y"},
    )
    assert plan.shown == "echo 'https://x y'/orders '42' 'each morning'; echo $CLOCKHAND_ATTEMPT; pwd"
    assert plan.argv == ("/bin/sh", "-c", plan.shown)
    assert run(plan) == f"https://x y/orders 42 each morning\n2\n{tmp_path}\n"


def test_the_commands_settings_are_carried(tmp_path: Path) -> None:
    plan = plan_of(
        "true",
        tmp_path,
        timeout=timedelta(minutes=10),
        grace=timedelta(seconds=3),
        success_exit_codes=(0, 3),
        interactive=True,
    )
    assert (plan.timeout, plan.grace) == (timedelta(minutes=10), timedelta(seconds=3))
    assert (plan.success_exit_codes, plan.interactive) == ((0, 3), True)


def test_a_terminal_has_its_name_and_no_size_that_could_not_change(tmp_path: Path) -> None:
    base = {**BASE, "TERM": "dumb", "COLUMNS": "80", "LINES": "24"}
    plan = plan_of("true", tmp_path, base=base, terminal=True)
    assert plan.terminal
    assert plan.environment["TERM"] == "xterm-256color"
    assert not {"COLUMNS", "LINES"} & plan.environment.keys()
    own = plan_of("true", tmp_path, {"TERM": "vt100", "COLUMNS": "40"}, base=base, terminal=True)
    assert (own.environment["TERM"], own.environment["COLUMNS"]) == ("vt100", "40")
    assert plan_of("true", tmp_path, base=base).environment["TERM"] == "dumb"


def test_where_there_are_no_terminals_nothing_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.execution.plan.has_terminals", lambda: has_terminals("win32"))
    error = refusal("true", tmp_path, terminal=True)
    assert (error.reason, error.permanent) == (
        "Windows has no terminals to give to a command. Run it without one.",
        True,
    )


def test_the_environment_is_base_then_layers_then_clockhands(tmp_path: Path) -> None:
    plan = plan_of("env", tmp_path, {"A": "1", "HOME": "/elsewhere"})
    expected = {"PATH": os.defpath, "SESSION_KEY": "canary-session", "A": "1", "HOME": "/elsewhere"}
    assert {name: plan.environment[name] for name in expected} == expected
    assert plan.environment["CLOCKHAND_JOB_ID"] == "42"
    assert plan.environment["CLOCKHAND_DUE_AT"] == "2026-11-24T06:30:00Z"


def test_a_run_without_an_environment_has_the_base_and_clockhands(tmp_path: Path) -> None:
    plan = make_plan(
        CommandDefinition(id=1, name="sync", run="echo {{ environment.name | default('none') }}", shell=Shell.SH),
        None,
        JobFacts(id=1, attempt=1, due_at=None, scheduled_at=DUE),
        base=BASE,
        secrets={},
        local_zone=UTC,
        home=tmp_path,
    )
    assert set(plan.environment) == {
        "PATH",
        "HOME",
        "SESSION_KEY",
        "CLOCKHAND_JOB_ID",
        "CLOCKHAND_ATTEMPT",
        "CLOCKHAND_COMMAND",
    }
    assert plan.shown == "echo 'none'"


def test_a_secret_reaches_the_process_and_nothing_that_is_shown_or_kept(tmp_path: Path) -> None:
    plan = plan_of("printf %s {{ TOKEN }}", tmp_path, secrets={"TOKEN": "canary $(x)"})
    assert run(plan) == "canary $(x)"
    assert plan.secret_values == ("canary $(x)",)
    for text in (plan.shown, repr(plan), json.dumps(plan.record()), *plan.argv):
        assert "canary" not in text


def test_the_record_is_json_and_names_secrets_only(tmp_path: Path) -> None:
    record = plan_of(
        "echo {{ A }} {{ TOKEN }}", tmp_path, {"A": "1"}, {"TOKEN": "canary"}, timeout=timedelta(seconds=90)
    ).record()
    assert json.loads(json.dumps(record)) == record
    assert record | {"variables": None} == {
        "shell": "sh",
        "program": "/bin/sh",
        "text": "echo '1' \"$TOKEN\"",
        "working_directory": str(tmp_path),
        "timeout_ms": 90_000,
        "grace_ms": 10_000,
        "success_exit_codes": [0],
        "interactive": False,
        "terminal": False,
        "base": "session",
        "variables": None,
    }
    variables = record["variables"]
    assert variables == [
        {"name": "A", "origin": "environment “staging”", "value": "1"},
        {"name": "TOKEN", "origin": "environment “staging”", "secret": True},
    ]


def test_the_working_directory_is_the_home_by_default_and_tilde_means_it(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    wanted = {None: tmp_path, "": tmp_path, "~": tmp_path, "~/work": tmp_path / "work", "work": tmp_path / "work"}
    for text, folder in wanted.items():
        assert plan_of("true", tmp_path, working_directory=text).working_directory == folder
    assert plan_of("true", tmp_path, working_directory="/").working_directory == Path("/")


@pytest.mark.skipif(sys.platform == "win32", reason="~user is POSIX's")
def test_the_home_of_another_user_is_found(tmp_path: Path) -> None:
    user = pwd.getpwuid(os.getuid())
    assert plan_of("true", tmp_path, working_directory=f"~{user.pw_name}").working_directory == Path(user.pw_dir)


def test_a_working_directory_that_can_not_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    missing = refusal("true", tmp_path, working_directory="~/gone")
    assert str(missing) == f"The working directory {tmp_path}/gone does not exist. Create it, or choose another."
    assert not missing.permanent
    assert "is not a folder" in str(refusal("true", tmp_path, working_directory="file"))
    assert "no such user" in str(refusal("true", tmp_path, working_directory="~nobody-has-this-name/x"))
    assert "NUL" in str(refusal("true", tmp_path, working_directory="a\0b"))


def test_an_unknown_variable_is_never_an_empty_string(tmp_path: Path) -> None:
    error = refusal("echo\necho {{ URL }}", tmp_path, variables={"URI": "x"})
    assert error.permanent
    assert str(error) == "unknown variable URL. Did you mean “URI”? (line 2, column 9)"


def test_only_the_environments_own_variables_are_template_names(tmp_path: Path) -> None:
    assert "unknown variable CLOCKHAND_JOB_ID" in str(refusal("echo {{ CLOCKHAND_JOB_ID }}", tmp_path))
    assert "unknown variable SESSION_KEY" in str(refusal("echo {{ SESSION_KEY }}", tmp_path))


def test_a_secret_without_a_value_keeps_everything_from_running_without_it(tmp_path: Path) -> None:
    error = refusal("true", tmp_path, secrets={"TOKEN": None})
    assert error.permanent
    assert "The secret TOKEN of environment “staging” has no value" in str(error)


def test_a_variable_that_no_process_can_have_is_told(tmp_path: Path) -> None:
    assert "digit" in str(refusal("true", tmp_path, variables={"1A": "x"}))
    assert "NUL" in str(refusal("true", tmp_path, variables={"A": "x\0"}))


def test_an_empty_text_and_a_text_with_a_nul_are_told(tmp_path: Path) -> None:
    assert "empty" in str(refusal(" \n", tmp_path))
    assert "empty" in str(refusal(" \n", tmp_path, shell=Shell.NONE))
    assert "NUL" in str(refusal("echo a\0b", tmp_path))


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_what_is_too_long_for_the_system_is_told_and_what_fits_runs(tmp_path: Path) -> None:
    longest = 131_071
    assert len(run(plan_of("echo " + "x" * (longest - 5), tmp_path))) == longest - 4
    assert "text is longer than" in str(refusal("echo " + "x" * (longest - 4), tmp_path))
    assert run(plan_of("echo ${#A}", tmp_path, {"A": "x" * (longest - 2)})) == f"{longest - 2}\n"
    assert "variable A is longer than" in str(refusal("true", tmp_path, variables={"A": "x" * (longest - 1)}))


def test_a_shell_that_is_not_there_is_told(tmp_path: Path) -> None:
    error = refusal("dir", tmp_path, shell=Shell.CMD)
    assert (str(error), error.permanent) == (
        "The shell cmd is not on this machine. Install it, or choose another.",
        True,
    )


class TestWithoutAShell:
    def test_the_program_comes_from_path_and_values_stay_arguments(self, tmp_path: Path) -> None:
        plan = plan_of("printf '%s;' a {{ V }} $HOME", tmp_path, {"V": "b  'c'"}, shell=Shell.NONE)
        assert Path(plan.argv[0]).is_absolute()
        assert run(plan) == "a;b  'c';$HOME;"
        assert plan.shown == """printf '%s;' a 'b  '"'"'c'"'"'' '$HOME'"""

    def test_a_path_is_relative_to_the_working_directory(self, tmp_path: Path) -> None:
        script = tmp_path / "work" / "script"
        script.parent.mkdir()
        script.write_text("#!/bin/sh\necho ran\n")
        script.chmod(0o755)
        assert run(plan_of("./script", tmp_path, working_directory="work", shell=Shell.NONE)) == "ran\n"

    def test_a_program_in_the_working_directory_is_not_found_by_its_bare_name(self, tmp_path: Path) -> None:
        (tmp_path / "no-such-tool").write_text("#!/bin/sh\n")
        (tmp_path / "no-such-tool").chmod(0o755)
        error = refusal("no-such-tool", tmp_path, variables={"PATH": f".:{os.defpath}"}, shell=Shell.NONE)
        assert "“no-such-tool” was not found in PATH" in str(error)

    def test_a_file_that_can_not_be_run_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "script").write_text("")
        assert "not an executable file" in str(refusal("./script", tmp_path, shell=Shell.NONE))
        assert "does not exist" in str(refusal("/nowhere/script", tmp_path, shell=Shell.NONE))

    def test_a_secret_as_an_argument_is_refused(self, tmp_path: Path) -> None:
        error = refusal("prog {{ TOKEN }}", tmp_path, secrets={"TOKEN": "canary"}, shell=Shell.NONE)
        assert "other users could read it" in str(error)
        assert "canary" not in str(error)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_what_is_too_much_for_the_system_together_is_told_and_what_fits_runs(tmp_path: Path) -> None:
    size = 100_000
    most = min(os.sysconf("SC_ARG_MAX"), 6 * 1024 * 1024) // size
    many = {f"V{number}": "ä" * (size // 2) for number in range(most)}
    fits = {name: value for name, value in many.items() if name != "V0"}
    assert run(plan_of("echo ${#V1}", tmp_path, fits, shell=Shell.BASH)).strip() in {str(size), str(size // 2)}
    more = many | {"MORE": "x" * size}
    error = refusal("true", tmp_path, variables=more)
    assert "variables of the environment come to" in str(error)
    assert error.permanent


def test_a_folder_that_is_not_there_is_told_without_a_plan(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert why_no_folder(None, tmp_path) == why_no_folder("~", tmp_path) == why_no_folder(str(tmp_path), tmp_path) == ""
    assert why_no_folder("~/later", tmp_path).endswith("later does not exist. Create it, or choose another.")
    assert why_no_folder(str(tmp_path / "file"), tmp_path).endswith("is not a folder. Choose another.")
    assert "can't be looked at: File name too long" in why_no_folder("/" + "x" * 5000, tmp_path)


def layered(run: str, folder: Path, *layers: Layer, working_directory: str | None = None, **more: Any) -> Plan:
    return make_plan(
        CommandDefinition(id=1, name="sync", run=run, shell=Shell.SH, working_directory=working_directory),
        EnvironmentDefinition(id=1, name="staging", layers=layers),
        JobFacts(id=42, attempt=2, due_at=DUE, scheduled_at=DUE),
        base=BASE,
        secrets=more.get("secrets", {}),
        local_zone=UTC,
        home=folder,
    )


@pytest.mark.parametrize(
    ("own", "expected"),
    [(None, "home/tree"), ("./deep", "home/tree/deep"), ("~/deep", "home/deep"), ("~", "home")],
)
def test_the_environments_folder_counts_where_the_command_names_no_full_one(
    own: str | None, expected: str, tmp_path: Path
) -> None:
    for folder in ("home/tree/deep", "home/deep", "far"):
        (tmp_path / folder).mkdir(parents=True)
    far = Layer(environment_name="far", working_directory=str(tmp_path / "far"))
    near = Layer(environment_name="near", working_directory="~/tree")
    plan = layered("pwd", tmp_path / "home", far, near, Layer(environment_name="staging"), working_directory=own)
    assert run(plan) == f"{tmp_path / expected}\n"


def test_what_an_environment_unsets_is_in_no_process(tmp_path: Path) -> None:
    layer = Layer(environment_name="staging", unset=("SESSION_KEY", "NEVER_THERE"))
    plan = layered('echo "${SESSION_KEY-gone}"', tmp_path, layer)
    assert run(plan) == "gone\n"
    assert plan.record()["variables"] == []


def test_a_circle_is_an_outcome_for_good_and_a_missing_secret_is_named_by_its_own_name(tmp_path: Path) -> None:
    circle = tuple(VariableDefinition(name=name, value=f"${{{other}}}") for name, other in ("AB", "BA"))
    with pytest.raises(CannotStart, match="in a circle: A → B → A") as raised:
        layered("true", tmp_path, Layer(environment_name="staging", variables=circle))
    assert raised.value.permanent
    url = VariableDefinition(name="A_URL", value="https://${TOKEN}")
    token = VariableDefinition(name="TOKEN", value=None, secret=True)
    with pytest.raises(CannotStart, match="The secret TOKEN of environment “staging” has no value"):
        layered("true", tmp_path, Layer(environment_name="staging", variables=(url, token)))


def test_what_refers_to_a_secret_is_masked_recorded_without_its_value_and_put_in_by_reference(tmp_path: Path) -> None:
    url = VariableDefinition(name="URL", value="https://u:${TOKEN}@h")
    token = VariableDefinition(name="TOKEN", value=None, secret=True)
    layer = Layer(environment_name="staging", variables=(url, token))
    plan = layered("echo {{ URL }}", tmp_path, layer, secrets={"TOKEN": "canary"})
    assert plan.shown == 'echo "$URL"'
    assert run(plan) == "https://u:canary@h\n"
    assert set(plan.secret_values) == {"canary", "https://u:canary@h"}
    assert "canary" not in json.dumps(plan.record())


def test_a_path_that_holds_a_secret_is_not_told(tmp_path: Path) -> None:
    found = refusal(
        "no-such-program",
        tmp_path,
        variables={"PATH": "/opt/${TOKEN}/bin"},
        secrets={"TOKEN": "canary"},
        shell=Shell.NONE,
    )
    assert "was not found in PATH (which holds a secret)" in found.reason
    plain = refusal("no-such-program", tmp_path, variables={"PATH": "/opt/x/bin"}, shell=Shell.NONE)
    assert "(/opt/x/bin)" in plain.reason


def test_a_secret_that_comes_into_a_reason_by_chance_is_masked_there(tmp_path: Path) -> None:
    folder = str(tmp_path / "canary-folder")
    found = refusal("true", tmp_path, secrets={"TOKEN": "canary-folder"}, working_directory=folder)
    assert (found.reason.split(" does")[0], found.permanent) == (
        f"The working directory {tmp_path / '***'}",
        False,
    )
    assert found.__cause__ is None
