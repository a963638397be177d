"""That the value of a secret never reaches the disk by what a job or a trial prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, EnvironmentSpec
from core.execution.definitions import CommandDefinition, EnvironmentDefinition, JobFacts, Shell
from core.queue.states import Origin
from core.workspace import Workspace
from desktop.agent import Agent

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell")

VALUE = "canary/of the+mine"
PATIENCE_MS = 20_000
# None of these lines holds the value or a part of it, so that every find is a leak.
PRINTS_IT = """
printf '%s\\n' "$TOKEN"
printf '%.9s' "$TOKEN"; sleep 0.3; printf '%s\\n' "${TOKEN#?????????}"
printf '%s\\n' "$TOKEN" >&2
printf '%s' "user:$TOKEN" | base64
printf '%s\\n' "$TOKEN" | sed 's#/#%2f#; s#+#%2b#; s# #+#'
"""


class FixedSecrets:
    """A source that knows one value for every secret."""

    def values(self, environment: EnvironmentDefinition) -> Mapping[str, str]:
        return {each.name: VALUE for layer in environment.layers for each in layer.variables if each.secret}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data", secrets=FixedSecrets()) as opened:
        yield opened


@pytest.fixture
def environment_id(workspace: Workspace) -> int:
    return workspace.catalog.create(EnvironmentSpec(name="with a secret", secrets=("TOKEN",)))


def holds(folder: Path, data: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and data in path.read_bytes()]


@pytest.mark.parametrize("terminal", [False, True], ids=["pipes", "terminal"])
@pytest.mark.parametrize("ending", ["", "sleep 1.5", "yes | head -c 300000"])
def test_no_byte_on_disk_holds_the_secret_that_a_job_prints(
    workspace: Workspace, agent: Agent, environment_id: int, qtbot: QtBot, ending: str, *, terminal: bool
) -> None:
    spec = CommandSpec(name="prints it", run=PRINTS_IT + ending, terminal=terminal)
    command_id = workspace.catalog.create(spec)
    job_id = workspace.queue.run(command_id, environment_id, origin=Origin.MANUAL).result().job_id
    qtbot.waitUntil(lambda: not workspace.runs.get(job_id).is_live, timeout=PATIENCE_MS)
    with workspace.output(job_id) as reader:
        lines = reader.read(0, 200).splitlines()
    assert lines.count(b"***") == 4
    assert any(line.startswith(b"dXNlcjp***") for line in lines)
    for form in (b"canary", b"mine", b"Y2FuYXJ5", b"jYW5hcnk", b"NhbmFyeS"):
        assert holds(workspace.folder.root, form) == []


@pytest.mark.parametrize("pause", ["", "sleep 1.5; "], ids=["at once", "after a pause"])
def test_no_byte_on_disk_holds_half_of_the_secret_that_a_job_printed_when_it_was_killed(
    workspace: Workspace, agent: Agent, environment_id: int, qtbot: QtBot, pause: str
) -> None:
    spec = CommandSpec(name="prints half", run=f"printf 'it is %.8s' \"$TOKEN\"; {pause}kill -9 $$")
    command_id = workspace.catalog.create(spec)
    job_id = workspace.queue.run(command_id, environment_id, origin=Origin.MANUAL).result().job_id
    qtbot.waitUntil(lambda: not workspace.runs.get(job_id).is_live, timeout=PATIENCE_MS)
    with workspace.output(job_id) as reader:
        assert reader.read(0, 200) == (b"it is ca***" if pause else b"it is ***")
    assert holds(workspace.folder.root, VALUE[:4].encode()) == []


def test_a_trial_is_masked_like_a_job(workspace: Workspace, agent: Agent, environment_id: int, qtbot: QtBot) -> None:
    command = CommandDefinition(id=0, name="tried", run='echo "$TOKEN"', shell=Shell.SH)
    facts = JobFacts(id=0, attempt=1, due_at=None, scheduled_at=workspace.clock.now())
    plan = workspace.launcher.draft(command, environment_id, facts, to_be_started=True)
    assert VALUE not in repr(plan)
    process = agent.pool.trials.run(plan)
    qtbot.waitUntil(lambda: process.outcome is not None, timeout=PATIENCE_MS)
    with process.spool.live() as reader:
        assert reader.read(0, 100) == b"***\n"
