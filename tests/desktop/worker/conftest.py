"""A workspace of its own, and an agent in it, for each test of the workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec
from core.history.runs import Run
from core.queue.states import Origin
from core.workspace import Workspace
from desktop.agent import Agent
from desktop.bridge import Bridge

RunCommand = Callable[..., Run]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def bridge(workspace: Workspace, qapp: object) -> Iterator[Bridge]:
    opened = Bridge(workspace.changes)
    yield opened
    opened.close()


@pytest.fixture
def agent(workspace: Workspace, bridge: Bridge, qtbot: QtBot) -> Iterator[Agent]:
    """Return a started agent, which is stopped in good order at the end."""
    started = Agent(workspace, bridge, "agent")
    started.start()
    yield started
    if started.is_running:
        with qtbot.waitSignal(started.stopped, timeout=20_000):
            started.stop(reason="the test is over", grace_s=0)


@pytest.fixture
def enqueue(workspace: Workspace) -> Callable[..., int]:
    """Return a function that makes a command of the text and settings given, and a job of it."""
    count = 0

    def make(run: str, **settings: Any) -> int:
        nonlocal count
        count += 1
        command_id = workspace.catalog.create(CommandSpec(name=f"command {count}", run=run, **settings))
        return workspace.queue.run(command_id, None, origin=Origin.MANUAL).result().job_id

    return make


@pytest.fixture
def run_to_end(agent: Agent, workspace: Workspace, enqueue: Callable[..., int], qtbot: QtBot) -> RunCommand:
    """Return a function that runs a command text and returns its job when it has finished."""

    def run(text: str, **settings: Any) -> Run:
        job_id = enqueue(text, **settings)
        qtbot.waitUntil(lambda: not workspace.runs.get(job_id).is_live, timeout=20_000)
        return workspace.runs.get(job_id)

    return run
