"""Jobs that need a secret: they wait for the key, start when it is there, and never run without it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from keyring.errors import KeyringLocked
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, EnvironmentSpec, QueueSpec
from core.execution.outcome import CouldNotStart
from core.execution.plan import Plan
from core.launching import NotYet
from core.output.reader import Reader
from core.queue.jobs import ClaimedJob
from core.queue.states import JobState, Origin
from core.secrets.key_facts import KeyKind
from core.secrets.rekeying import change_key
from core.workspace import Workspace
from desktop.agent import Agent
from tests.support.keyrings import HeldKeyring, held_access

VALUE = "correct horse battery"
PASSPHRASE = "several good words"
LIMIT_S = 0.2
RunIt = Callable[[int | None], int]


@pytest.fixture
def keyring() -> HeldKeyring:
    return HeldKeyring()


@pytest.fixture
def vault(tmp_path: Path, keyring: HeldKeyring) -> int:
    """Return the id of an environment with a secret that has a value, written by a program that has ended."""
    with Workspace(tmp_path / "data", keyring=held_access(keyring)) as before:
        vault = before.catalog.create(EnvironmentSpec(name="vault", secrets=("TOKEN",)))
        before.secrets.set(vault, "TOKEN", VALUE)
    keyring.reads = 0
    keyring.threads.clear()
    return vault


@pytest.fixture
def workspace(tmp_path: Path, keyring: HeldKeyring, vault: int) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data", keyring=held_access(keyring, limit_s=LIMIT_S)) as opened:
        yield opened


@pytest.fixture
def another(tmp_path: Path, keyring: HeldKeyring, vault: int) -> Iterator[Workspace]:
    """Return the same data folder as another program has it open, which can get the key."""
    with Workspace(tmp_path / "data", keyring=held_access(keyring)) as opened:
        yield opened


@pytest.fixture
def run_it(workspace: Workspace, agent: Agent) -> RunIt:
    """Return a function that enqueues a command in an environment and returns the job's id."""
    command = workspace.catalog.create(
        CommandSpec(name="tell", run='test "$TOKEN" = "correct horse battery"', shell="sh", overlap="allow")
    )
    return lambda environment: workspace.queue.run(command, environment, origin=Origin.MANUAL).result().job_id


def wait_for_end(qtbot: QtBot, workspace: Workspace, job: int) -> str | None:
    qtbot.waitUntil(lambda: not workspace.runs.get(job).is_live, timeout=20_000)
    return workspace.runs.get(job).outcome


def wait_for_snooze(qtbot: QtBot, workspace: Workspace, job: int, reason: str) -> None:
    qtbot.waitUntil(lambda: workspace.runs.get(job).reason == reason, timeout=20_000)
    assert workspace.runs.get(job).state is JobState.SCHEDULED


def test_a_job_gets_its_secret(workspace: Workspace, run_it: RunIt, vault: int, qtbot: QtBot) -> None:
    assert wait_for_end(qtbot, workspace, run_it(vault)) == "succeeded"


def test_a_job_waits_while_the_keyring_is_locked_and_plain_work_goes_on(
    workspace: Workspace, run_it: RunIt, vault: int, keyring: HeldKeyring, qtbot: QtBot
) -> None:
    keyring.error = KeyringLocked("it is locked")
    job = run_it(vault)
    wait_for_snooze(qtbot, workspace, job, "keyring locked")
    assert wait_for_end(qtbot, workspace, run_it(None)) == "failed", "it has no secret, and runs"
    keyring.error = None
    workspace.secrets.keys.unlock()
    assert wait_for_end(qtbot, workspace, job) == "succeeded"
    assert [(event.kind, event.reason) for event in workspace.runs.events(job)] == [
        ("queued", None),
        ("snoozed", "keyring locked"),
        ("started", None),
        ("succeeded", None),
    ]
    assert workspace.runs.get(job).attempt == 1, "waiting has used up no attempt"


def test_a_silent_keyring_holds_neither_the_window_nor_other_jobs(
    workspace: Workspace, run_it: RunIt, vault: int, keyring: HeldKeyring, qtbot: QtBot
) -> None:
    keyring.may_answer.clear()
    try:
        waiting = [run_it(vault) for _ in range(5)]
        for job in waiting:
            wait_for_snooze(qtbot, workspace, job, "keyring silent")
        assert wait_for_end(qtbot, workspace, run_it(None)) == "failed"
        assert keyring.reads == 1, "one call hangs, and no other beside it"
    finally:
        keyring.may_answer.set()
    # The late answer brings them back at once.
    assert [wait_for_end(qtbot, workspace, job) for job in waiting] == ["succeeded"] * 5
    assert keyring.threads == {"clockhand-keyring"}


def test_jobs_without_secrets_start_while_another_waits_for_the_keyring(
    workspace: Workspace,
    run_it: RunIt,
    vault: int,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace.catalog.put_queue(QueueSpec(name="default", limit=4))
    answers = threading.Event()
    prepare = workspace.launcher.prepare

    def slow(job: ClaimedJob) -> Plan | CouldNotStart | NotYet:
        if job.environment_id == vault:
            assert answers.wait(30)
        return prepare(job)

    monkeypatch.setattr(workspace.launcher, "prepare", slow)
    waiting = [run_it(vault), run_it(vault)]
    try:
        assert wait_for_end(qtbot, workspace, run_it(None)) == "failed"
        assert wait_for_end(qtbot, workspace, run_it(None)) == "failed", "nor is the next claim held up"
        assert all(workspace.runs.get(job).started_at is None for job in waiting)
        workspace.queue.cancel(waiting[0], by="the test").result()
        qtbot.wait(50)
    finally:
        answers.set()
    assert [wait_for_end(qtbot, workspace, job) for job in waiting] == ["cancelled", "succeeded"]


def test_a_secret_without_a_value_is_an_end_and_not_a_wait(
    workspace: Workspace, run_it: RunIt, vault: int, qtbot: QtBot
) -> None:
    workspace.secrets.clear(vault, "TOKEN")
    job = run_it(vault)
    assert wait_for_end(qtbot, workspace, job) == "could-not-start"
    run = workspace.runs.get(job)
    assert "The secret TOKEN of environment “vault” has no value" in (run.reason or "")
    assert run.state is JobState.DISCARDED


def test_a_lost_key_is_an_end_and_not_a_wait(
    workspace: Workspace, run_it: RunIt, vault: int, keyring: HeldKeyring, qtbot: QtBot
) -> None:
    keyring.entries.clear()
    job = run_it(vault)
    assert wait_for_end(qtbot, workspace, job) == "could-not-start"
    assert "not in the keyring any more" in (workspace.runs.get(job).reason or "")


def test_a_job_waits_for_the_passphrase_and_starts_when_it_is_entered(
    workspace: Workspace, another: Workspace, run_it: RunIt, vault: int, qtbot: QtBot
) -> None:
    change_key(another.database, another.secrets.keys, KeyKind.PASSPHRASE, passphrase=PASSPHRASE)
    job = run_it(vault)
    wait_for_snooze(qtbot, workspace, job, "passphrase not entered")
    workspace.secrets.keys.enter_passphrase(PASSPHRASE)
    assert wait_for_end(qtbot, workspace, job) == "succeeded"


def test_a_job_waits_for_values_that_were_in_memory_alone(
    workspace: Workspace, another: Workspace, run_it: RunIt, vault: int, qtbot: QtBot
) -> None:
    change_key(another.database, another.secrets.keys, KeyKind.MEMORY)
    assert another.secrets.reveal(vault, "TOKEN") == VALUE
    job = run_it(vault)
    wait_for_snooze(qtbot, workspace, job, "values not entered since the start")
    workspace.secrets.set(vault, "TOKEN", VALUE)
    assert wait_for_end(qtbot, workspace, job) == "succeeded"


def test_the_output_does_not_show_the_secret(workspace: Workspace, agent: Agent, vault: int, qtbot: QtBot) -> None:
    command = workspace.catalog.create(CommandSpec(name="print", run="echo $TOKEN", shell="sh"))
    job = workspace.queue.run(command, vault, origin=Origin.MANUAL).result().job_id
    assert wait_for_end(qtbot, workspace, job) == "succeeded"
    text = text_of(workspace.output(job))
    assert text
    assert "horse" not in text


def text_of(reader: Reader) -> str:
    with reader:
        return reader.read(0, reader.size()).decode()
