"""The pool: limits, cancelling, draining, and a database that refuses."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, QueueSpec
from core.errors import AlreadyRunningError
from core.processes import process_started_at
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from desktop.agent import Agent
from desktop.bridge import Bridge

Enqueue = Callable[..., int]


def test_no_more_jobs_run_at_once_than_the_queue_allows(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot
) -> None:
    workspace.catalog.put_queue(QueueSpec(name="default", limit=2))
    most = 0

    def watch(_process: object) -> None:
        nonlocal most
        most = max(most, len(agent.pool.running))

    agent.pool.began.connect(watch)
    jobs = [enqueue("sleep 0.1") for _ in range(6)]
    qtbot.waitUntil(lambda: all(not workspace.runs.get(job).is_live for job in jobs), timeout=20_000)
    assert most == 2


def test_jobs_of_one_command_and_environment_take_turns(workspace: Workspace, agent: Agent, qtbot: QtBot) -> None:
    command = workspace.catalog.create(CommandSpec(name="turns", run="sleep 0.1"))
    jobs = [workspace.queue.run(command, None, origin=Origin.MANUAL).result().job_id for _ in range(3)]
    qtbot.waitUntil(lambda: all(not workspace.runs.get(job).is_live for job in jobs), timeout=20_000)
    runs = [workspace.runs.get(job) for job in jobs]
    for before, after in pairwise(runs):
        assert before.finished_at is not None
        assert after.started_at is not None
        assert before.finished_at <= after.started_at


def test_a_running_job_is_cancelled_with_its_tree(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    job = enqueue(f"sleep 300 & echo $! > {pid}; wait")
    qtbot.waitUntil(lambda: pid.exists() and pid.read_text() != "", timeout=10_000)
    assert workspace.queue.cancel(job, by="the test").result() == "requested"
    qtbot.waitUntil(lambda: not workspace.runs.get(job).is_live, timeout=10_000)
    run = workspace.runs.get(job)
    assert (run.state, run.outcome, run.reason) == (JobState.CANCELLED, "cancelled", "by the test")
    qtbot.waitUntil(lambda: process_started_at(int(pid.read_text())) is None, timeout=5000)
    kinds = [event.kind for event in workspace.runs.events(job)]
    assert kinds == ["queued", "started", "cancel-requested", "cancelled"]


def test_stopping_waits_for_running_jobs(workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot) -> None:
    job = enqueue("sleep 0.5; echo done")
    qtbot.waitUntil(lambda: agent.pool.find(job) is not None, timeout=10_000)
    waiting = enqueue("true", queue="default", priority=9)
    with qtbot.waitSignal(agent.stopped, timeout=10_000):
        agent.stop(reason="the test", grace_s=10)
    assert workspace.runs.get(job).outcome == "succeeded"
    assert workspace.runs.get(waiting).state in {JobState.AVAILABLE, JobState.COMPLETED}


def test_stopping_ends_what_does_not_end_in_time_and_says_so(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot
) -> None:
    job = enqueue("sleep 300", grace=timedelta(seconds=1))
    qtbot.waitUntil(lambda: agent.pool.find(job) is not None, timeout=10_000)
    with qtbot.waitSignal(agent.stopped, timeout=10_000):
        agent.stop(reason="the test", grace_s=0)
    run = workspace.runs.get(job)
    assert (run.state, run.reason) == (JobState.CANCELLED, "by Clockhand, which was closed")


def test_a_second_agent_on_the_same_folder_is_refused(workspace: Workspace, agent: Agent, bridge: Bridge) -> None:
    second = Agent(workspace, bridge, "agent")
    with pytest.raises(AlreadyRunningError, match="already works on the data folder"):
        second.start()


def test_an_agent_can_start_after_another_has_stopped(
    workspace: Workspace, agent: Agent, bridge: Bridge, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(agent.stopped, timeout=10_000):
        agent.stop(reason="the test")
    second = Agent(workspace, bridge, "agent")
    second.start()
    with qtbot.waitSignal(second.stopped, timeout=10_000):
        second.stop(reason="the test")


@pytest.mark.expects_log
def test_an_end_that_the_database_refuses_is_recorded_when_it_takes_it_again(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = enqueue("sleep 0.3; echo kept")
    qtbot.waitUntil(lambda: workspace.runs.get(job).pid is not None, timeout=10_000)
    refused: list[str] = []
    agent.refused.connect(refused.append)
    real = workspace.outputs.save_many
    failures = 2

    def full_disk(rows: object) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise workspace.outputs._explain(sqlite3.OperationalError("database or disk is full"))
        real(rows)  # type: ignore[arg-type]

    monkeypatch.setattr(workspace.outputs, "save_many", full_disk)
    qtbot.waitUntil(lambda: not workspace.runs.get(job).is_live, timeout=10_000)
    assert len(refused) == 2
    assert [event.kind for event in workspace.runs.events(job)] == ["queued", "started", "succeeded"]
    reader = workspace.output(job)
    assert reader.read(0, 100) == b"kept\n"


def test_a_job_of_another_process_is_noticed(workspace: Workspace, agent: Agent, qtbot: QtBot, tmp_path: Path) -> None:
    import subprocess
    import sys

    workspace.catalog.create(CommandSpec(name="elsewhere", run="echo from elsewhere"))
    code = (
        "import sys; from pathlib import Path; from core.workspace import Workspace; "
        "from core.queue.states import Origin\n"
        "with Workspace(Path(sys.argv[1])) as w:\n"
        "    c = w.catalog.command('elsewhere')\n"
        "    print(w.queue.run(c.id, None, origin=Origin.COMMAND_LINE).result().job_id)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(workspace.folder.root)], capture_output=True, text=True, check=True
    )
    job = int(done.stdout)
    qtbot.waitUntil(lambda: not workspace.runs.get(job).is_live, timeout=10_000)
    assert workspace.runs.get(job).outcome == "succeeded"
