"""Trials: processes without a job, which leave no trace and end with the workers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.execution.definitions import CommandDefinition, JobFacts, Shell
from core.execution.outcome import Cancelled, CouldNotStart, Failed, Succeeded
from core.execution.plan import Plan
from core.workspace import Workspace
from desktop.agent import Agent
from desktop.worker.process import WorkerProcess
from tests.support.disk import mounted_small_disk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell")

PATIENCE_MS = 15_000


def plan_of(workspace: Workspace, text: str) -> Plan:
    command = CommandDefinition(id=0, name="tried", run=text, shell=Shell.SH)
    facts = JobFacts(id=0, attempt=1, due_at=None, scheduled_at=workspace.clock.now())
    return workspace.launcher.draft(command, None, facts, to_be_started=True)


def wait_for_end(qtbot: QtBot, process: WorkerProcess) -> None:
    qtbot.waitUntil(lambda: process.outcome is not None, timeout=PATIENCE_MS)


def text_of(process: WorkerProcess) -> bytes:
    with process.spool.live() as reader:
        return reader.read(0, 1000)


def test_a_trial_runs_with_its_output_and_makes_no_job(workspace: Workspace, agent: Agent, qtbot: QtBot) -> None:
    process = agent.pool.trials.run(plan_of(workspace, "echo $CLOCKHAND_COMMAND; exit 3"))
    with qtbot.waitSignal(agent.pool.trials.ended, timeout=PATIENCE_MS) as signal:
        pass
    assert signal.args == [process]
    assert process.outcome == Failed(3)
    assert text_of(process) == b"tried\n"
    assert workspace.runs.page(limit=1) == []
    assert list(workspace.folder.output.rglob("*.log")) == []


def test_the_output_of_a_forgotten_trial_is_deleted(workspace: Workspace, agent: Agent, qtbot: QtBot) -> None:
    trials = agent.pool.trials
    process = trials.run(plan_of(workspace, "head -c 300000 /dev/zero"))
    wait_for_end(qtbot, process)
    path = process.spool.path
    assert path is not None
    assert path.exists()
    qtbot.waitUntil(lambda: trials.is_idle, timeout=PATIENCE_MS)
    trials.forget(process)
    qtbot.waitUntil(lambda: not path.exists(), timeout=PATIENCE_MS)


def test_a_trial_is_stopped_with_its_tree(workspace: Workspace, agent: Agent, qtbot: QtBot, tmp_path: Path) -> None:
    beaten = tmp_path / "alive"
    process = agent.pool.trials.run(plan_of(workspace, f"sleep 300 & echo $! > '{beaten}'; wait"))
    qtbot.waitUntil(lambda: beaten.exists() and bool(beaten.read_text()), timeout=PATIENCE_MS)
    process.stop(Cancelled("the user"))
    wait_for_end(qtbot, process)
    assert process.outcome == Cancelled("the user")
    child = Path("/proc", beaten.read_text().strip())
    qtbot.waitUntil(lambda: not child.exists(), timeout=PATIENCE_MS)


def test_a_program_that_is_gone_ends_the_trial(
    workspace: Workspace, agent: Agent, qtbot: QtBot, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.write_text("no program at all")
    program.chmod(0o755)
    command = CommandDefinition(id=0, name="tried", run=str(program), shell=Shell.NONE)
    facts = JobFacts(id=0, attempt=1, due_at=None, scheduled_at=workspace.clock.now())
    plan = workspace.launcher.draft(command, None, facts, to_be_started=True)
    program.unlink()
    process = agent.pool.trials.run(plan)
    wait_for_end(qtbot, process)
    assert isinstance(process.outcome, CouldNotStart)


def test_an_agent_that_stops_ends_its_trials_first(workspace: Workspace, agent: Agent, qtbot: QtBot) -> None:
    running = agent.pool.trials.run(plan_of(workspace, "sleep 300"))
    qtbot.waitUntil(lambda: running.started_at is not None, timeout=PATIENCE_MS)
    with qtbot.waitSignal(agent.stopped, timeout=PATIENCE_MS):
        agent.stop(reason="the test asks")
        late = agent.pool.trials.run(plan_of(workspace, "sleep 300"))
    assert running.outcome == late.outcome == Cancelled("Clockhand, which was closed")


def test_trials_run_while_the_queue_is_full(workspace: Workspace, agent: Agent, qtbot: QtBot) -> None:
    processes = [agent.pool.trials.run(plan_of(workspace, "true")) for _ in range(5)]
    for process in processes:
        wait_for_end(qtbot, process)
        assert process.outcome == Succeeded(0)


def test_what_a_trial_left_in_a_crash_is_deleted_with_the_next(
    workspace: Workspace, agent: Agent, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = tmp_path / f"clockhand-trial-{gone.pid}-x" / "0000"
    left.mkdir(parents=True)
    os.utime(left.parent, (0, 0))
    agent.pool.trials.run(plan_of(workspace, "true"))
    qtbot.waitUntil(lambda: agent.pool.trials.is_idle and not left.parent.exists(), timeout=PATIENCE_MS)


@pytest.mark.parametrize("ending", ["", "; sleep 1.5"], ids=["ends at once", "goes on"])
def test_a_disk_that_is_full_is_said_once_for_each_trial(
    workspace: Workspace, agent: Agent, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, ending: str
) -> None:
    said: list[str] = []
    agent.refused.connect(said.append)
    with mounted_small_disk(tmp_path / "temporary") as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        process = agent.pool.trials.run(plan_of(workspace, "head -c 400000 /dev/zero" + ending))
        if ending:
            qtbot.waitUntil(lambda: bool(said), timeout=PATIENCE_MS)
            assert process.outcome is None
        qtbot.waitUntil(lambda: agent.pool.trials.is_idle, timeout=PATIENCE_MS)
        assert process.outcome == Succeeded(0)
        assert [sentence.partition(". ")[0] for sentence in said] == [
            "The output of what is tried can't be written: No space left on device"
        ]
        agent.pool.trials.forget(process)
        qtbot.waitUntil(lambda: list(disk.iterdir()) == [], timeout=PATIENCE_MS)


def test_a_trial_without_a_place_for_its_output_says_why_it_could_not_start(
    workspace: Workspace, agent: Agent, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    process = agent.pool.trials.run(plan_of(workspace, "echo hello"))
    wait_for_end(qtbot, process)
    assert process.outcome == CouldNotStart("no folder could be made for its output: No such file or directory")
    agent.pool.trials.forget(process)
