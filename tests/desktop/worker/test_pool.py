"""The pool: limits, cancelling, draining, and a database that refuses."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from core.catalog.specs import CommandSpec, QueueSpec
from core.errors import AlreadyRunningError, StorageBusyError
from core.execution.outcome import CouldNotStart
from core.execution.plan import Plan
from core.launching import NotYet
from core.processes import process_started_at
from core.queue.jobs import ClaimedJob
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
    qtbot.waitUntil(lambda: workspace.runs.get(job).pid is not None, timeout=10_000)
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


def test_an_agent_that_ends_can_stay_until_all_has_ended(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    told: list[bool] = []
    agent.ending_changed.connect(told.append)
    assert not agent.stay()
    job = enqueue(f'while [ ! -e "{gate}" ]; do sleep 0.02; done')
    qtbot.waitUntil(lambda: agent.pool.find(job) is not None, timeout=10_000)
    agent.stop(reason="the test", grace_s=600)
    assert agent.is_ending
    waiting = enqueue("true")
    gate.touch()
    # It is idle in the pool's own signal, which is the last moment to stay.
    with qtbot.waitSignal(agent.pool.idle, timeout=10_000):
        pass
    assert workspace.runs.get(waiting).state is JobState.AVAILABLE
    assert agent.stay()
    qtbot.waitUntil(lambda: workspace.runs.get(waiting).outcome == "succeeded", timeout=10_000)
    assert agent.is_running
    assert told == [True, False]
    with qtbot.waitSignal(agent.stopped, timeout=10_000):
        agent.stop(reason="the test", grace_s=10)
    assert not agent.stay()


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
        real(rows)  # type: ignore[arg-type]  # handed on as it came

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


def test_a_job_that_is_cancelled_while_it_is_prepared_never_starts(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_preparing, may_go_on = threading.Event(), threading.Event()
    prepare = workspace.launcher.prepare

    def slow(job: ClaimedJob) -> Plan | CouldNotStart | NotYet:
        is_preparing.set()
        assert may_go_on.wait(10)
        return prepare(job)

    monkeypatch.setattr(workspace.launcher, "prepare", slow)
    job = enqueue("sleep 300")
    qtbot.waitUntil(is_preparing.is_set, timeout=10_000)
    assert workspace.queue.cancel(job, by="the test").result() == "requested"
    # The request has reached the pool, and been answered, before the job can start.
    qtbot.wait(50)
    may_go_on.set()
    qtbot.waitUntil(lambda: not workspace.runs.get(job).is_live, timeout=10_000)
    run = workspace.runs.get(job)
    assert (run.state, run.outcome, run.reason) == (JobState.CANCELLED, "cancelled", "by the test")
    assert [event.kind for event in workspace.runs.events(job)] == ["queued", "cancel-requested", "cancelled"]


def test_a_running_job_is_cancelled_while_another_is_prepared(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = enqueue("sleep 300")
    qtbot.waitUntil(lambda: agent.pool.find(running) is not None, timeout=10_000)
    is_preparing, may_go_on = threading.Event(), threading.Event()
    prepare = workspace.launcher.prepare

    def slow(job: ClaimedJob) -> Plan | CouldNotStart | NotYet:
        is_preparing.set()
        assert may_go_on.wait(20)
        return prepare(job)

    monkeypatch.setattr(workspace.launcher, "prepare", slow)
    other = enqueue("true")
    qtbot.waitUntil(is_preparing.is_set, timeout=10_000)
    workspace.queue.cancel(running, by="the test").result()
    try:
        qtbot.waitUntil(lambda: not workspace.runs.get(running).is_live, timeout=10_000)
    finally:
        may_go_on.set()
    qtbot.waitUntil(lambda: not workspace.runs.get(other).is_live, timeout=10_000)


@pytest.mark.expects_log
def test_a_cancellation_that_could_not_be_read_is_asked_for_again(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = enqueue("sleep 300")
    qtbot.waitUntil(lambda: agent.pool.find(job) is not None, timeout=10_000)
    ask = workspace.queue.requested_cancellations
    refused = 0

    def refuse_once(agent_id: int) -> Future[dict[tuple[int, int], str]]:
        nonlocal refused
        if refused:
            return ask(agent_id)
        refused += 1
        future: Future[dict[tuple[int, int], str]] = Future()
        future.set_exception(StorageBusyError("The database is locked."))
        return future

    monkeypatch.setattr(workspace.queue, "requested_cancellations", refuse_once)
    workspace.queue.cancel(job, by="the test").result()
    qtbot.waitUntil(lambda: not workspace.runs.get(job).is_live, timeout=10_000)
    assert (refused, workspace.runs.get(job).outcome) == (1, "cancelled")


def test_stopping_twice_ends_what_runs_at_once_and_says_who_did_it(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot
) -> None:
    job = enqueue("trap '' TERM; while :; do sleep 0.1; done", max_attempts=3, grace=timedelta(hours=1))
    qtbot.waitUntil(lambda: workspace.runs.get(job).pid is not None, timeout=10_000)
    with qtbot.waitSignal(agent.stopped, timeout=10_000):
        agent.stop(reason="the test", grace_s=3600)
        agent.stop(reason="the test, impatient")
    run = workspace.runs.get(job)
    assert (run.state, run.outcome, run.reason) == (JobState.CANCELLED, "cancelled", "by Clockhand, which was closed")


def test_a_process_that_is_killed_before_it_has_told_its_number_is_killed_all_the_same(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot
) -> None:
    # `began` comes between start() and the event that tells the process id.
    agent.pool.began.connect(lambda _process: agent.pool.kill_all("the test"))
    job = enqueue("sleep 300")
    qtbot.waitUntil(lambda: not workspace.runs.get(job).is_live, timeout=10_000)
    assert workspace.runs.get(job).reason == "by the test"


@pytest.mark.expects_log
def test_an_agent_ends_also_where_the_database_takes_nothing_more(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = enqueue("sleep 0.2")
    qtbot.waitUntil(lambda: workspace.runs.get(job).pid is not None, timeout=10_000)

    def refuse(*_: object, **__: object) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(StorageBusyError("The database can't grow, because the disk is full."))
        return future

    with monkeypatch.context() as full:
        full.setattr(workspace.queue, "record", refuse)
        full.setattr(workspace.queue, "stop_agent", refuse)
        with qtbot.waitSignal(agent.refused, timeout=10_000):
            agent.stop(reason="the test", grace_s=3600)
        qtbot.waitUntil(lambda: not agent.pool.running, timeout=10_000)
        assert agent.is_running, "what could not be recorded yet is waited for"
        with qtbot.waitSignal(agent.stopped, timeout=10_000):
            agent.stop(reason="the test, impatient")
    assert workspace.runs.get(job).state is JobState.EXECUTING
    lock = workspace.agent_lock()
    lock.acquire()
    lock.release()


@pytest.mark.expects_log
def test_an_end_that_can_not_be_written_down_keeps_no_other_from_it(
    workspace: Workspace, agent: Agent, enqueue: Enqueue, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A lone surrogate, which no database takes as text.
    poison = CouldNotStart("no such folder: \udcff")
    prepare = workspace.launcher.prepare
    monkeypatch.setattr(
        workspace.launcher, "prepare", lambda job: poison if job.command_name == "command 1" else prepare(job)
    )
    bad, good = enqueue("true"), enqueue("true")
    qtbot.waitUntil(lambda: not any(workspace.runs.get(job).is_live for job in (bad, good)), timeout=10_000)
    assert workspace.runs.get(good).outcome == "succeeded"
    run = workspace.runs.get(bad)
    assert run.outcome == "lost"
    assert "UnicodeEncodeError" in (run.reason or "")
    # What is on disk is seen here before the ledger hears of it.
    qtbot.waitUntil(lambda: agent.pool.ledger.is_empty, timeout=10_000)


def test_asking_for_the_end_again_does_not_cut_it_short(
    workspace: Workspace, agent: Agent, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_leaving, may_leave = threading.Event(), threading.Event()
    stop_agent = workspace.queue.stop_agent

    def slow(agent_id: int, *, reason: str) -> Future[None]:
        is_leaving.set()
        assert may_leave.wait(10)
        return stop_agent(agent_id, reason=reason)

    monkeypatch.setattr(workspace.queue, "stop_agent", slow)
    told: list[bool] = []
    agent.stopped.connect(lambda: told.append(may_leave.is_set()))
    agent.stop(reason="the test")
    qtbot.waitUntil(is_leaving.is_set, timeout=10_000)
    agent.stop(reason="the test, impatient")
    assert told == []
    with qtbot.waitSignal(agent.stopped, timeout=10_000):
        may_leave.set()
    assert told == [True]
    assert not agent.is_running
