"""Rescue by fact: an agent that was killed, with and without the process that it had started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select, update

from core.model import Agent, Job, Observation
from core.processes import own_start
from core.queue.rescue import find_orphans
from core.queue.states import JobState
from core.workspace import Workspace
from tests.core.queue.helpers import claim, job_row, kinds, open_queue, put, register, start, state_of
from tests.support import FakeClock, wait_until

ROOT = Path(__file__).parents[3]

# An agent as far as this matters: it claims a job, starts a process for it and, if it is told to, records that.
AGENT = """
import os, subprocess, sys, time
from datetime import UTC, datetime
from pathlib import Path
from core.processes import ATTEMPT_VARIABLE, carries_token, process_started_at
from core.queue.jobs import Started
from core.workspace import Workspace

folder, records = Path(sys.argv[1]), sys.argv[2] == "records"
with Workspace(folder) as workspace:
    agent = workspace.queue.register_agent("agent").result()
    (job,) = workspace.queue.claim(agent).result()
    token = workspace.queue.attempt_token(job.id, job.attempt)
    child = subprocess.Popen(["sleep", "60"], env={ATTEMPT_VARIABLE: token, "PATH": os.environ["PATH"]},
                             start_new_session=True, stdout=subprocess.DEVNULL)
    while not carries_token(child.pid, token):  # the kernel shows the environment a moment after the program began
        time.sleep(0.001)
    if records:
        at = process_started_at(child.pid)
        started = Started(job_id=job.id, attempt=job.attempt, at=datetime.now(UTC), pid=child.pid,
                          process_started_at=at, plan={})
        workspace.queue.record(agent, started=[started]).result()
    print(agent, child.pid, flush=True)
    time.sleep(60)
"""


@dataclass
class Killed:
    """An agent that was killed by SIGKILL; its child lives on."""

    id: int
    child: int
    lives: bool = field(default=True)

    def end_child(self) -> None:
        if self.lives:
            with suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
            wait_until(lambda: not psutil.pid_exists(self.child) or _is_zombie(self.child))
            self.lives = False


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def kill_an_agent(workspace: Workspace, cleanup: ExitStack, *, records: bool) -> Killed:
    argv = [sys.executable, "-c", AGENT, str(workspace.folder.root), "records" if records else "forgets"]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline().split()
        process.kill()
    killed = Killed(int(line[0]), int(line[1]))
    cleanup.callback(killed.end_child)
    return killed


@pytest.mark.parametrize("records", [True, False], ids=["recorded", "unrecorded"])
def test_a_job_whose_process_lives_on_is_not_started_a_second_time(
    workspace: Workspace, cleanup: ExitStack, records: bool
) -> None:
    open_queue(workspace)
    job = put(workspace, max_attempts=2)
    killed = kill_an_agent(workspace, cleanup, records=records)
    assert workspace.queue.rescue().result() == {}
    assert state_of(workspace, job) is JobState.EXECUTING
    with workspace.database.reading() as connection:
        (orphan,) = find_orphans(connection, str(workspace.folder.root))
    assert (orphan.job.id, orphan.agent_id, orphan.living_pid) == (job, killed.id, killed.child)

    killed.end_child()
    assert workspace.queue.rescue().result() == {job: JobState.RETRYABLE}
    assert kinds(workspace, job)[-1] == "lost"
    assert workspace.queue.rescue().result() == {}


def test_a_lost_job_without_an_attempt_left_is_discarded(workspace: Workspace, cleanup: ExitStack) -> None:
    open_queue(workspace)
    job = put(workspace)
    killed = kill_an_agent(workspace, cleanup, records=True)
    killed.end_child()
    assert workspace.queue.rescue().result() == {job: JobState.DISCARDED}
    row = job_row(workspace, job)
    assert row["outcome"] == "lost"
    assert "its process has ended since" in row["reason"]


def test_an_agent_that_is_gone_is_noted_once(workspace: Workspace, cleanup: ExitStack) -> None:
    open_queue(workspace)
    put(workspace)
    killed = kill_an_agent(workspace, cleanup, records=True)
    for _ in range(2):
        workspace.queue.rescue().result()
    with workspace.database.reading() as connection:
        agent = connection.execute(select(Agent.stopped_at, Agent.heartbeat_at, Agent.stop_reason)).one()
        observed = list(connection.execute(select(Observation.kind).order_by(Observation.id)).scalars())
    assert agent.stopped_at == agent.heartbeat_at
    assert agent.stop_reason == "its process ended without a word"
    assert observed == ["agent-started", "agent-gone"]
    assert killed.id == 1


def test_the_jobs_of_a_living_agent_are_left_alone(workspace: Workspace) -> None:
    open_queue(workspace)
    agent = register(workspace)
    put(workspace)
    claim(workspace, agent)
    assert workspace.queue.rescue().result() == {}


def test_a_job_claimed_for_an_agent_that_was_never_there_is_lost(workspace: Workspace) -> None:
    open_queue(workspace)
    job = put(workspace)
    claim(workspace, 77)
    assert workspace.queue.rescue().result() == {job: JobState.DISCARDED}


def test_an_agent_that_stopped_in_order_leaves_its_job_to_its_living_process(
    workspace: Workspace, cleanup: ExitStack
) -> None:
    open_queue(workspace)
    agent = register(workspace)
    job = put(workspace)
    (claimed,) = claim(workspace, agent)
    process = cleanup.enter_context(closing(_Sleeper()))
    start(workspace, claimed, agent_id=agent, pid=process.pid)
    _set_process_start(workspace, job, process)
    workspace.queue.stop_agent(agent, reason="quit").result()
    assert workspace.queue.rescue().result() == {}
    process.close()
    assert workspace.queue.rescue().result() == {job: JobState.DISCARDED}


class _Sleeper:
    """A process that does nothing; `token` marks it as an attempt's."""

    def __init__(self, token: str = "") -> None:
        environment = {**os.environ, "CLOCKHAND_ATTEMPT_TOKEN": token}
        self._process = subprocess.Popen(["sleep", "60"], env=environment)
        self.pid = self._process.pid

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def _set_process_start(workspace: Workspace, job: int, process: _Sleeper, *, off_by: timedelta = timedelta()) -> None:
    from core.processes import process_started_at

    at = process_started_at(process.pid)
    assert at is not None
    workspace.database.write(
        lambda tx: tx.connection.execute(update(Job).where(Job.id == job).values(process_started_at=at + off_by))
    )


def test_a_number_that_another_process_has_got_since_is_not_the_job(workspace: Workspace, cleanup: ExitStack) -> None:
    open_queue(workspace)
    job = put(workspace)
    (claimed,) = claim(workspace)
    other = cleanup.enter_context(closing(_Sleeper()))
    start(workspace, claimed, pid=other.pid)
    _set_process_start(workspace, job, other, off_by=timedelta(minutes=-5))
    assert workspace.queue.rescue().result() == {job: JobState.DISCARDED}


def test_a_set_clock_does_not_make_a_living_process_another_one(workspace: Workspace, cleanup: ExitStack) -> None:
    """Linux tells a process's start relative to the wall clock, so setting the clock moves what it tells."""
    open_queue(workspace)
    job = put(workspace)
    (claimed,) = claim(workspace)
    process = cleanup.enter_context(closing(_Sleeper(workspace.queue.attempt_token(job, 1))))
    start(workspace, claimed, pid=process.pid)
    _set_process_start(workspace, job, process, off_by=timedelta(hours=1))
    assert workspace.queue.rescue().result() == {}


def test_a_set_clock_does_not_make_an_agent_lose_itself(
    workspace: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_queue(workspace)
    agent = register(workspace)
    put(workspace)
    claim(workspace, agent)
    told = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: told(process) + 3600)
    clock.step(timedelta(hours=1))
    assert workspace.queue.rescue().result() == {}
    assert own_start() == own_start()
