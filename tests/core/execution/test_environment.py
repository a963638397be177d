"""Which variables a process gets, and where they come from."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ClockhandError, InvalidError
from core.execution.definitions import (
    Base,
    CommandDefinition,
    EnvironmentDefinition,
    JobFacts,
    Layer,
    VariableDefinition,
)
from core.execution.effective import EffectiveVariable, effective
from core.execution.environment import (
    JOB_VARIABLES,
    base_environment,
    clockhand_variables,
    utc_text,
    validate_variable,
    without_bundle_variables,
)
from core.execution.login_shell import capture_login
from tests.support import wait_until

SESSION = {
    "PATH": "/x:/bin",
    "HOME": "/home/ada",
    "USER": "ada",
    "LANG": "de_DE.UTF-8",
    "SHELL": "/bin/sh",
    "TOOL": "1",
}
DUE = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


def variable(name: str, value: str | None = "x", *, secret: bool = False) -> VariableDefinition:
    return VariableDefinition(name=name, value=value, secret=secret)


def environment(*layers: Layer, base: Base = Base.SESSION) -> EnvironmentDefinition:
    return EnvironmentDefinition(id=1, name=layers[-1].environment_name, base=base, layers=layers)


def facts(due_at: datetime | None = DUE, schedule_name: str | None = "each morning") -> JobFacts:
    return JobFacts(id=42, attempt=2, due_at=due_at, scheduled_at=DUE, schedule_name=schedule_name)


def test_the_session_is_taken_whole_and_a_clean_base_has_the_user_alone() -> None:
    assert base_environment(Base.SESSION, session=SESSION) == SESSION
    clean = base_environment(Base.CLEAN, session=SESSION)
    assert set(clean) == {"PATH", "HOME", "USER", "LOGNAME", "LANG", "SHELL"}
    assert clean["LOGNAME"] == "ada"
    assert "/x" not in clean["PATH"].split(":")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such accounts")
def test_a_clean_base_knows_the_user_where_the_session_does_not() -> None:
    import pwd

    account = pwd.getpwuid(os.getuid())
    clean = base_environment(Base.CLEAN, session={"TOOL": "1"})
    found = {name: value for name, value in clean.items() if name != "PATH"}
    wanted = {"HOME": account.pw_dir, "USER": account.pw_name, "LOGNAME": account.pw_name, "SHELL": account.pw_shell}
    assert found == wanted


def test_the_login_shells_environment_stands_for_the_sessions() -> None:
    assert base_environment(Base.LOGIN, session=SESSION, login={"A": "1"}) == {"A": "1"}
    with pytest.raises(ValueError, match="not captured"):
        base_environment(Base.LOGIN, session=SESSION)


@pytest.mark.parametrize("base", Base)
def test_the_variables_of_another_job_are_not_passed_on(base: Base) -> None:
    session = SESSION | dict.fromkeys(JOB_VARIABLES, "stale") | {"CLOCKHAND_DATA_DIR": "/data"}
    found = base_environment(base, session=session, login=session)
    assert not set(JOB_VARIABLES) & set(found)
    assert ("CLOCKHAND_DATA_DIR" in found) is (base is not Base.CLEAN)


def test_a_clean_base_on_windows_has_what_programs_need_there() -> None:
    session = {"SystemRoot": r"C:\Windows", "Path": r"C:\bin", "TOOL": "1"}
    assert base_environment(Base.CLEAN, session=session, platform="win32") == {
        "SystemRoot": r"C:\Windows",
        "Path": r"C:\bin",
    }


def test_the_nearest_layer_wins_and_says_what_it_overrides() -> None:
    chain = environment(
        Layer(environment_name="common", variables=(variable("A", "far"), variable("B", "far"))),
        Layer(environment_name="staging", variables=(variable("A", "near"), variable("PATH", "/near"))),
    )
    found = {
        entry.name: entry for entry in effective(chain, {"PATH": "/bin", "C": "base"}, {}, {"CLOCKHAND_JOB_ID": "1"})
    }
    assert list(found) == ["A", "B", "C", "CLOCKHAND_JOB_ID", "PATH"]
    assert found["A"] == EffectiveVariable(
        name="A", value="near", origin="environment “staging”", overrides=("environment “common”",)
    )
    assert (found["B"].value, found["B"].origin) == ("far", "environment “common”")
    assert (found["C"].origin, found["C"].overrides) == ("session", ())
    assert (found["PATH"].value, found["PATH"].overrides) == ("/near", ("session",))
    assert found["CLOCKHAND_JOB_ID"].origin == "Clockhand"


@pytest.mark.parametrize(("base", "origin"), [(Base.LOGIN, "login shell"), (Base.CLEAN, "clean")])
def test_the_base_is_named_as_the_origin(base: Base, origin: str) -> None:
    assert effective(environment(Layer(environment_name="e"), base=base), {"A": "1"}, {})[0].origin == origin


def test_a_secret_gets_its_value_from_outside_and_shows_it_in_no_repr() -> None:
    layer = Layer(
        environment_name="e", variables=(variable("TOKEN", None, secret=True), variable("KEY", None, secret=True))
    )
    key, token = effective(environment(layer), {}, {"TOKEN": "s3cret"})
    assert (token.value, token.secret) == ("s3cret", True)
    assert "s3cret" not in repr(token)
    assert (key.value, key.secret) == (None, True)


NAMES = st.sampled_from("ABC")
LAYERS = st.lists(st.dictionaries(NAMES, st.text(max_size=3)), min_size=1, max_size=4)


@given(base=st.dictionaries(NAMES, st.text(max_size=3)), layers=LAYERS)
def test_the_effective_result_is_the_layers_laid_over_each_other(
    base: dict[str, str], layers: list[dict[str, str]]
) -> None:
    expected = dict(base)
    for layer in layers:
        expected.update(layer)
    chain = environment(
        *(
            Layer(environment_name=str(number), variables=tuple(variable(*item) for item in layer.items()))
            for number, layer in enumerate(layers)
        )
    )
    found = effective(chain, base, {})
    assert {entry.name: entry.value for entry in found} == expected
    setters = {name: sum(name in layer for layer in [base, *layers]) for name in expected}
    assert {entry.name: len(entry.overrides) + 1 for entry in found} == setters


@pytest.mark.parametrize("name", ["A", "_", "a1", "PATH", "X_Y_Z"])
def test_a_posix_name_is_taken(name: str) -> None:
    validate_variable(name, "any value\nwith a line feed")
    validate_variable(name, None)


@pytest.mark.parametrize(
    ("name", "value", "word", "field"),
    [
        ("", "x", "needs a name", "name"),
        ("1A", "x", "begins with no digit", "name"),
        ("A-B", "x", "letters, digits and underscores", "name"),
        ("A=B", "x", "letters, digits and underscores", "name"),
        ("Ä", "x", "letters, digits and underscores", "name"),
        ("A\n", "x", "letters, digits and underscores", "name"),
        ("CLOCKHAND_X", "x", "belong to Clockhand", "name"),
        ("A", "x\0y", "NUL", "value"),
    ],
)
def test_a_variable_that_no_process_can_have_is_refused(name: str, value: str, word: str, field: str) -> None:
    with pytest.raises(InvalidError, match=word) as refused:
        validate_variable(name, value)
    assert refused.value.problems[0].field == field


def test_a_job_tells_the_process_who_it_is() -> None:
    command = CommandDefinition(id=1, name="sync orders", run="true")
    chain = environment(Layer(environment_name="staging"))
    assert clockhand_variables(command, chain, facts(), ZoneInfo("Europe/Berlin")) == {
        "CLOCKHAND_JOB_ID": "42",
        "CLOCKHAND_ATTEMPT": "2",
        "CLOCKHAND_DUE_AT": "2026-11-24T06:30:00Z",
        "CLOCKHAND_DUE_AT_LOCAL": "2026-11-24T07:30:00+01:00",
        "CLOCKHAND_COMMAND": "sync orders",
        "CLOCKHAND_ENVIRONMENT": "staging",
        "CLOCKHAND_SCHEDULE": "each morning",
    }


def test_what_a_job_does_not_have_is_left_out() -> None:
    command = CommandDefinition(id=1, name="sync", run="true")
    found = clockhand_variables(command, None, facts(due_at=None, schedule_name=None), UTC)
    assert set(found) == {"CLOCKHAND_JOB_ID", "CLOCKHAND_ATTEMPT", "CLOCKHAND_COMMAND"}


def test_times_are_utc_with_a_z() -> None:
    assert utc_text(DUE.astimezone(ZoneInfo("Asia/Tokyo"))) == "2026-11-24T06:30:00Z"
    assert utc_text(DUE + timedelta(milliseconds=21)) == "2026-11-24T06:30:00.021000Z"


def test_children_of_a_bundle_get_the_library_paths_of_the_system() -> None:
    bundled = {"LD_LIBRARY_PATH": "/bundle", "LD_LIBRARY_PATH_ORIG": "/own", "DYLD_LIBRARY_PATH": "/bundle", "A": "1"}
    bundled |= {"_MEIPASS2": "/bundle", "_PYI_ARCHIVE_FILE": "/bundle/x"}
    assert without_bundle_variables(bundled, frozen=True) == {"LD_LIBRARY_PATH": "/own", "A": "1"}
    assert without_bundle_variables(bundled, frozen=False) == bundled


def profile(tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / ".profile").write_text(text)
    return {"SHELL": "/bin/sh", "HOME": str(tmp_path), "PATH": os.defpath}


@pytest.mark.skipif(os.name != "posix", reason="Windows has no login shell")
class TestCaptureLogin:
    def test_it_reads_what_the_profile_sets(self, tmp_path: Path) -> None:
        session = profile(tmp_path, "echo Welcome; echo TRAP=1; export TOOL='two\nlines'; export TOKEN=a=b")
        found = capture_login(session)
        assert (found["TOOL"], found["TOKEN"], found["HOME"]) == ("two\nlines", "a=b", str(tmp_path))
        assert not {"TRAP", "_", "SHLVL", "PWD"} & set(found)

    def test_a_profile_that_fails_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(ClockhandError, match="exit code 3 before it told"):
            capture_login(profile(tmp_path, "exit 3"))

    def test_a_profile_that_waits_is_ended_with_all_it_started(self, tmp_path: Path) -> None:
        session = profile(tmp_path, 'sleep 600 & echo $! >"$HOME/started"; sleep 600')
        with pytest.raises(ClockhandError, match=r"did not end within 2\.0 s"):
            capture_login(session, timeout=timedelta(seconds=2))
        started = int((tmp_path / "started").read_text())
        wait_until(lambda: not psutil.pid_exists(started) or psutil.Process(started).status() == psutil.STATUS_ZOMBIE)

    def test_a_shell_that_is_not_there_is_told(self) -> None:
        with pytest.raises(ClockhandError, match="/nowhere/sh can't be started: No such file"):
            capture_login({"SHELL": "/nowhere/sh"})
