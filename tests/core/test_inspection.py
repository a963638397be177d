"""What a command would get of an environment that is only written yet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.catalog.definitions import environment_definition
from core.catalog.layering import definition_of
from core.catalog.specs import EnvironmentSpec
from core.execution.effective import EffectiveVariable, effective
from core.execution.environment import base_environment
from core.execution.login_shell import LoginShell
from core.inspection import (
    Difference,
    Result,
    compare,
    inspect,
    to_copy,
)
from core.workspace import Workspace

SESSION = {"PATH": "/bin", "HOME": "/home/x", "EDITOR": "vi"}


def variable(name: str, value: str | None, origin: str = "session", *, secret: bool = False) -> EffectiveVariable:
    return EffectiveVariable(name=name, value=value, origin=origin, secret=secret)


def by_name(result: Result) -> dict[str, EffectiveVariable]:
    return {each.name: each for each in result.variables}


def test_a_written_environment_gives_what_a_job_gets_once_it_is_saved(tmp_path: Path) -> None:
    spec = EnvironmentSpec(name="staging", extends="common", base="clean", variables={"A": "2"}, secrets=("S",))
    with Workspace(tmp_path) as workspace:
        workspace.catalog.create(EnvironmentSpec(name="common", variables={"A": "1", "B": "1"}))
        written = inspect(spec, workspace.catalog, SESSION, LoginShell(SESSION), compares=False)
        row_id = workspace.catalog.create(spec)
        with workspace.database.reading() as connection:
            saved = environment_definition(connection, row_id)
    assert saved is not None
    job = effective(saved, base_environment(saved.base, session=SESSION), {})
    assert [each for each in written.variables if each.origin != "Clockhand"] == job
    assert by_name(written)["A"].overrides == ("environment “common”",)
    assert by_name(written)["CLOCKHAND_JOB_ID"].origin == "Clockhand"


def test_a_circle_of_names_ends(tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        workspace.catalog.create(EnvironmentSpec(name="b"))
        workspace.catalog.create(EnvironmentSpec(name="c", extends="b"))
        spec = EnvironmentSpec(name="b", extends="c")
        specs = {record.spec.name: record.spec for record in workspace.catalog.environments()}
        assert [layer.environment_name for layer in definition_of(spec, specs).layers] == ["c", "b"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no login shell")
def test_the_login_shell_is_asked_where_the_base_is_its_own_or_one_compares(tmp_path: Path) -> None:
    shell = tmp_path / "shell"
    shell.write_text('#!/bin/sh\nFROM_PROFILE=yes; export FROM_PROFILE\neval "$3"\n')
    shell.chmod(0o755)
    session = {**SESSION, "PATH": os.environ["PATH"], "SHELL": str(shell)}
    with Workspace(tmp_path / "data") as workspace:
        login = LoginShell(session)
        plain = inspect(EnvironmentSpec(name="a"), workspace.catalog, session, login, compares=False)
        assert plain.login is None
        assert not login.is_known
        compared = inspect(EnvironmentSpec(name="a"), workspace.catalog, session, login, compares=True)
        assert compared.login is not None
        assert [(each.name, each.difference) for each in compare(compared)] == [("FROM_PROFILE", Difference.MISSING)]
        based = inspect(EnvironmentSpec(name="a", base="login"), workspace.catalog, session, login, compares=False)
        assert by_name(based)["FROM_PROFILE"].origin == "login shell"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no login shell")
def test_a_login_shell_that_fails_is_a_sentence_and_the_rest_is_shown(tmp_path: Path) -> None:
    session = {**SESSION, "SHELL": str(tmp_path / "none")}
    with Workspace(tmp_path / "data") as workspace:
        spec = EnvironmentSpec(name="a", base="login", variables={"A": "1"})
        login = LoginShell(session)
        result = inspect(spec, workspace.catalog, session, login, compares=False)
        (tmp_path / "none").write_text('#!/bin/sh\neval "$3"\n')
        (tmp_path / "none").chmod(0o755)
        again = inspect(spec, workspace.catalog, session, login, compares=False)
        login.forget()
        mended = inspect(spec, workspace.catalog, session, login, compares=False)
    assert "can't be started" in result.failure
    assert again.failure == result.failure
    assert mended.failure == ""
    assert result.login is None
    assert by_name(result)["A"].value == "1"


def test_the_differences_are_told_in_the_order_of_their_weight() -> None:
    here = [variable("A", "1"), variable("B", "2"), variable("C", "x"), variable("PWD", "/"), variable("S", None)]
    own = variable("CLOCKHAND_JOB_ID", "", "Clockhand")
    result = Result(EnvironmentSpec(name="a"), [*here, own], {"A": "1", "B": "3", "Z": "9", "SHLVL": "1"})
    found = [(each.name, each.difference.value, each.there) for each in compare(result)]
    assert found == [("Z", "missing", "9"), ("B", "other", "3"), ("C", "added", None), ("S", "added", None)]


def test_secrets_and_what_differs_from_job_to_job_are_not_given_on() -> None:
    found = [
        variable("A", "1"),
        variable("S", "value", secret=True),
        variable("N", None, secret=True),
        variable("CLOCKHAND_JOB_ID", "", "Clockhand"),
    ]
    assert to_copy(found) == {"A": "1"}
