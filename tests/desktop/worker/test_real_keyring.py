"""An agent with GNOME Keyring itself: locked, away and silent, while plain work goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, EnvironmentSpec
from core.queue.states import JobState, Origin
from core.secrets.keyring_access import KeyringAccess
from core.workspace import Workspace
from desktop.agent import Agent
from tests.support.keyrings import PrivateBus, needs_gnome_keyring, private_bus

pytestmark = needs_gnome_keyring

PATIENCE_MS = 20_000


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    with private_bus(tmp_path / "bus") as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        started.start_keyring()
        yield started


@pytest.fixture
def workspace(tmp_path: Path, bus: PrivateBus) -> Iterator[Workspace]:
    """Open a folder with a secret whose key no program has in its memory."""
    with Workspace(tmp_path / "data") as before:
        vault = before.catalog.create(EnvironmentSpec(name="vault", secrets=("TOKEN",)))
        before.secrets.set(vault, "TOKEN", "correct horse battery")
        before.catalog.create(CommandSpec(name="tell", run='test "$TOKEN"', shell="sh", overlap="allow"))
    with Workspace(tmp_path / "data", keyring=KeyringAccess(limit_s=0.5)) as opened:
        yield opened


def be_locked(bus: PrivateBus) -> None:
    bus.lock()


def be_away(bus: PrivateBus) -> None:
    bus.stop_service()


def be_silent(bus: PrivateBus) -> None:
    bus.stop_service()
    bus.start_mute()


def enqueue(workspace: Workspace, environment: str | None) -> int:
    place = None if environment is None else workspace.catalog.environment(environment).id
    command = workspace.catalog.command("tell").id
    return workspace.queue.run(command, place, origin=Origin.MANUAL).result().job_id


@pytest.mark.parametrize(
    "case",
    [(be_locked, "keyring locked"), (be_away, "no keyring"), (be_silent, "keyring silent")],
    ids=["locked", "away", "silent"],
)
def test_a_job_waits_and_starts_when_the_keyring_is_open(
    workspace: Workspace, agent: Agent, bus: PrivateBus, qtbot: QtBot, case: tuple[Callable[[PrivateBus], None], str]
) -> None:
    trouble, reason = case
    trouble(bus)
    job = enqueue(workspace, "vault")
    qtbot.waitUntil(lambda: workspace.runs.get(job).reason == reason, timeout=PATIENCE_MS)
    assert workspace.runs.get(job).state is JobState.SCHEDULED
    plain = enqueue(workspace, None)
    qtbot.waitUntil(lambda: workspace.runs.get(plain).outcome == "failed", timeout=PATIENCE_MS)
    bus.stop_service()
    bus.start_keyring()

    def has_ended() -> bool:
        # As a person does in the window, as often as it takes: a call that still hangs has to end first.
        if workspace.runs.get(job).state is JobState.SCHEDULED:
            workspace.secrets.keys.state()
            workspace.queue.wake([reason]).result()
        return not workspace.runs.get(job).is_live

    qtbot.waitUntil(has_ended, timeout=PATIENCE_MS)
    assert workspace.runs.get(job).outcome == "succeeded"
    kinds = [event.kind for event in workspace.runs.events(job)]
    assert kinds[:2] == ["queued", "snoozed"]
    assert (kinds.count("started"), workspace.runs.get(job).attempt) == (1, 1)


def test_a_silent_keyring_does_not_hold_the_thread_of_the_window(
    workspace: Workspace, agent: Agent, bus: PrivateBus, qtbot: QtBot
) -> None:
    be_silent(bus)
    job = enqueue(workspace, "vault")
    beats: list[str | None] = []
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(workspace.runs.get(job).reason))
    timer.start(10)
    qtbot.waitUntil(lambda: workspace.runs.get(job).reason == "keyring silent", timeout=PATIENCE_MS)
    assert beats.count(None) > 1, "it went on while the keyring was waited for"
