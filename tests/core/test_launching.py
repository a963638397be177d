"""From a claimed job to its plan: what was deleted or can't be filled in ends as a value, never as an error."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.catalog.definitions import DefinitionCache
from core.catalog.specs import CommandSpec, EnvironmentSpec, Kind
from core.errors import NotFoundError
from core.execution.definitions import CommandDefinition, EnvironmentDefinition, JobFacts, Shell
from core.execution.login_shell import LoginShell
from core.execution.outcome import CouldNotStart
from core.execution.plan import CannotStart, Plan
from core.execution.template import TemplateError
from core.launching import Launcher
from core.processes import ATTEMPT_VARIABLE
from core.queue.jobs import ClaimedJob
from core.queue.states import Origin
from core.secrets import NoSecrets
from core.workspace import Workspace
from tests.core.queue.helpers import claim
from tests.support import FakeClock


@pytest.fixture
def staging(workspace: Workspace) -> int:
    return workspace.catalog.create(EnvironmentSpec(name="staging", variables={"GREETING": "hello you"}))


def claimed(workspace: Workspace, run: str, environment: int | None = None, *, shell: str = "sh") -> ClaimedJob:
    command = workspace.catalog.create(CommandSpec(name="greet", run=run, shell=shell))
    workspace.queue.run(command, environment, origin=Origin.MANUAL).result()
    (job,) = claim(workspace)
    return job


def planned(workspace: Workspace, job: ClaimedJob) -> Plan:
    plan = workspace.launcher.prepare(job)
    assert isinstance(plan, Plan), plan
    return plan


def refused(workspace: Workspace, job: ClaimedJob) -> CouldNotStart:
    outcome = workspace.launcher.prepare(job)
    assert isinstance(outcome, CouldNotStart), outcome
    return outcome


def test_a_plan_has_the_variables_and_the_token_of_its_attempt(workspace: Workspace, staging: int) -> None:
    job = claimed(workspace, "echo {{ GREETING }}", staging)
    plan = planned(workspace, job)
    assert "'hello you'" in " ".join(plan.argv)
    assert plan.environment["GREETING"] == "hello you"
    assert plan.environment["CLOCKHAND_JOB_ID"] == str(job.id)
    assert plan.environment[ATTEMPT_VARIABLE] == workspace.queue.attempt_token(job.id, 1)


def test_attempts_have_different_tokens(workspace: Workspace) -> None:
    job = claimed(workspace, "true")
    tokens = {planned(workspace, replace(job, attempt=n)).environment[ATTEMPT_VARIABLE] for n in (1, 2)}
    assert len(tokens) == 2


def test_a_command_that_was_deleted_since_can_not_start(workspace: Workspace) -> None:
    job = claimed(workspace, "true")
    workspace.catalog.delete(Kind.COMMAND, job.command_id)
    outcome = refused(workspace, job)
    assert (outcome.reason, outcome.permanent) == ("the command “greet” was deleted", True)


def test_an_environment_that_was_deleted_since_can_not_start(workspace: Workspace, staging: int) -> None:
    job = claimed(workspace, "true", staging)
    workspace.catalog.delete(Kind.ENVIRONMENT, staging)
    outcome = refused(workspace, job)
    assert (outcome.reason, outcome.permanent) == ("the environment “staging” was deleted", True)


def test_an_edit_counts_from_the_next_plan_on(workspace: Workspace, staging: int) -> None:
    job = claimed(workspace, "echo {{ GREETING }}", staging)
    planned(workspace, job)
    workspace.catalog.change(staging, EnvironmentSpec(name="staging", variables={"GREETING": "bye"}))
    assert planned(workspace, job).environment["GREETING"] == "bye"


def test_an_unknown_variable_can_not_start(workspace: Workspace, staging: int) -> None:
    workspace.catalog.create(EnvironmentSpec(name="bare"))
    job = claimed(workspace, "echo {{ GREETING }}", 2)
    assert "GREETING" in refused(workspace, job).reason


@pytest.mark.expects_log
def test_an_error_of_ours_fails_this_job_alone(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    job = claimed(workspace, "true")

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(workspace.launcher, "_plan", fail)
    assert "an error inside Clockhand: ZeroDivisionError" in refused(workspace, job).reason


def test_a_login_shell_that_fails_is_not_asked_again_for_each_job(
    workspace: Workspace, clock: FakeClock, tmp_path: Path
) -> None:
    calls, shell = tmp_path / "calls", tmp_path / "shell"
    shell.write_text(f"#!/bin/sh\necho called >> {calls}\nexit 1\n")
    shell.chmod(0o755)
    launcher = Launcher(
        definitions=DefinitionCache(workspace.database),
        queue=workspace.queue,
        secrets=NoSecrets(),
        clock=clock,
        session={"SHELL": str(shell)},
    )
    environment = workspace.catalog.create(EnvironmentSpec(name="login", base="login"))
    job = claimed(workspace, "true", environment)
    for attempt in (1, 2, 3):
        outcome = launcher.prepare(replace(job, attempt=attempt))
        assert isinstance(outcome, CouldNotStart)
        assert "ended with exit code 1" in outcome.reason
    assert calls.read_text().splitlines() == ["called"]
    # Somebody may have mended it meanwhile.
    clock.advance(timedelta(minutes=2))
    launcher.prepare(job)
    assert len(calls.read_text().splitlines()) == 2


class NoticedSecrets:
    """A source that keeps who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def values(self, environment: EnvironmentDefinition) -> Mapping[str, str]:
        self.asked.append(environment.name)
        return {"TOKEN": "the plain value"}


def drafting(workspace: Workspace, secrets: NoticedSecrets) -> Launcher:
    cache = DefinitionCache(workspace.database)
    return Launcher(definitions=cache, queue=workspace.queue, secrets=secrets, clock=workspace.clock)


def draft(launcher: Launcher, run: str, environment: int | None, *, to_be_started: bool) -> Plan:
    facts = JobFacts(id=0, attempt=1, due_at=None, scheduled_at=datetime(2026, 11, 24, tzinfo=UTC))
    command = CommandDefinition(id=0, name="unsaved", run=run, shell=Shell.SH)
    return launcher.draft(command, environment, facts, to_be_started=to_be_started)


def test_a_draft_to_look_at_asks_for_no_secret(workspace: Workspace) -> None:
    spec = EnvironmentSpec(name="vault", variables={"WHO": "you"}, secrets=("TOKEN",))
    environment = workspace.catalog.create(spec)
    secrets = NoticedSecrets()
    launcher = drafting(workspace, secrets)
    shown = draft(launcher, "login {{ WHO }} {{ TOKEN }}", environment, to_be_started=False).shown
    assert shown == "login 'you' \"$TOKEN\""
    assert secrets.asked == []
    plan = draft(launcher, "login {{ WHO }} {{ TOKEN }}", environment, to_be_started=True)
    assert plan.environment["TOKEN"] == "the plain value"
    assert plan.shown == shown
    assert secrets.asked == ["vault"]


def test_a_draft_says_where_its_text_is_wrong(workspace: Workspace, staging: int) -> None:
    with pytest.raises(CannotStart) as caught:
        draft(drafting(workspace, NoticedSecrets()), "echo a\necho {{ GREETINGS }}", staging, to_be_started=False)
    cause = caught.value.__cause__
    assert isinstance(cause, TemplateError)
    assert (cause.line, cause.column) == (2, 9)


def test_a_draft_in_a_deleted_environment_is_refused(workspace: Workspace, staging: int) -> None:
    workspace.catalog.delete(Kind.ENVIRONMENT, staging)
    with pytest.raises(NotFoundError):
        draft(drafting(workspace, NoticedSecrets()), "true", staging, to_be_started=False)


def test_a_file_of_variables_is_read_at_each_run(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "x.env"
    environment = workspace.catalog.create(EnvironmentSpec(name="live", env_file=str(file), variables={"OWN": "${A}!"}))
    job = claimed(workspace, "echo {{ A }} {{ OWN }}", environment)
    missing = refused(workspace, job)
    assert (missing.permanent, f"{file}, which sets variables, does not exist" in missing.reason) == (False, True)
    file.write_text("A=1\n")
    assert planned(workspace, job).argv[-1] == "echo '1' '1!'"
    file.write_text("A=2\nPASSWORD=long-enough\n")
    plan = planned(workspace, job)
    assert plan.argv[-1] == "echo '2' '2!'"
    assert (plan.environment["PASSWORD"], plan.secret_values) == ("long-enough", ("long-enough",))
    assert "long-enough" not in str(plan.record())
    file.write_text("A=2\nwrong line\n")
    wrong = refused(workspace, job)
    assert (wrong.permanent, f"{file} can't be used: line 2: It is no NAME=value" in wrong.reason) == (False, True)


def test_a_secret_that_a_file_puts_into_another_value_stays_one(workspace: Workspace, tmp_path: Path) -> None:
    far, near = tmp_path / "far.env", tmp_path / "near.env"
    far.write_text("DB_PASSWORD=canary-one\nFROM_PW=x${DB_PASSWORD}y\nPLAIN=${HOME}\n")
    near.write_text("DEEP=${FROM_PW}!\nVAULTED=canary-two\nFROM_VAULTED=x${VAULTED}y\n")
    workspace.catalog.create(EnvironmentSpec(name="far", env_file=str(far), secrets=("VAULTED",)))
    environment = workspace.catalog.create(
        EnvironmentSpec(name="near", extends="far", env_file=str(near), variables={"OWN": "<${FROM_PW}>"})
    )
    plan = planned(workspace, claimed(workspace, "echo {{ FROM_PW }} {{ DEEP }} {{ FROM_VAULTED }}", environment))
    assert plan.environment["DEEP"] == "xcanary-oney!"
    assert plan.environment["OWN"] == "<xcanary-oney>"
    assert {each.name for each in plan.variables if not each.secret and each.name[:10] != "CLOCKHAND_"} == {"PLAIN"}
    assert "canary" not in f"{plan.record()}{plan.argv}"
    assert {"canary-one", "canary-two"} <= set(plan.secret_values)


def test_a_secret_that_stands_in_a_plain_value_is_recorded_nowhere(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "x.env").write_text("PASSWORD=canary-one\n")
    environment = workspace.catalog.create(
        EnvironmentSpec(name="twice", env_file=str(tmp_path / "x.env"), variables={"COPY": "<canary-one>"})
    )
    plan = planned(workspace, claimed(workspace, "echo canary-one", environment))
    assert "canary" not in str(plan.record())
    assert plan.record()["text"] == "echo ***"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no login shell")
def test_a_changed_profile_counts_at_the_next_run(
    workspace: Workspace, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    session = {"SHELL": "/bin/sh", "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    calls = tmp_path / "calls"
    login = LoginShell(session, elapsed=clock.elapsed)
    (tmp_path / ".profile").write_text(f"echo called >> {calls}; export X=1\n")
    assert [login.variables()["X"] for _ in range(3)] == ["1"] * 3
    (tmp_path / ".profile").write_text(f"echo called >> {calls}; export X=22\n")
    os.utime(tmp_path / ".profile", ns=(1, 1))
    assert login.variables()["X"] == "22"
    clock.advance(timedelta(hours=6))
    assert not login.is_known
    assert login.variables()["X"] == "22"
    assert calls.read_text().split() == ["called"] * 3
