"""An agent that is killed at any moment loses nothing and runs nothing twice.

CLOCKHAND_KILLS sets how often (12 by default; a long run asks for 1,000).
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from core.processes import process_started_at
from core.workspace import Workspace
from tests.support import wait_until
from tests.system.conftest import Program

KILLS = int(os.environ.get("CLOCKHAND_KILLS", "12"))

BUSY = """
version = 1
[[queues]]
name = "default"
limit = 4
[[crons]]
name = "each second"
expression = "* * * * * *"
timezone = "UTC"
[[commands]]
name = "quick"
run = "echo {{ job.id }} {{ job.attempt }} >> STARTS; echo done"
overlap = "allow"
[[schedules]]
name = "busy"
command = "quick"
environments = []
crons = ["each second"]
"""


def test_killing_the_agent_at_any_moment_loses_no_job_and_runs_no_due_time_twice(
    program: Program, bundle: Callable[[str], str], tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    program.call("apply", bundle(BUSY.replace("STARTS", str(starts))))
    chance = random.Random(20261124)
    acknowledged = []
    for _ in range(KILLS):
        agent = program.start_agent()
        acknowledged.append(program.json("run", "quick")["id"])
        # Not waiting for anything: a kill is to come at whatever moment it does.
        time.sleep(chance.uniform(0.0, 1.5))
        agent.send_signal(signal.SIGKILL)
        agent.communicate()
    agent = program.start_agent()
    program.wait_for_agent(agent)
    with Workspace(program.folder) as workspace:
        wait_until(
            lambda: all(not workspace.runs.get(job).is_live for job in acknowledged),
            timeout_s=60,
            message="every acknowledged job comes to an end",
        )
    assert program.stop_agent(agent) == 0
    with Workspace(program.folder) as workspace:
        assert workspace.database.check_integrity() == []
        runs = workspace.runs.page(limit=100_000)
        due = Counter((run.schedule_id, run.due_at) for run in runs if run.due_at and run.skipped_count is None)
        assert max(due.values()) == 1
        assert {run.state.value for run in runs if run.id in acknowledged} <= {"completed", "discarded"}
    attempts = Counter(starts.read_text().splitlines())
    assert max(attempts.values()) == 1, "an attempt was started twice"


def test_a_job_whose_process_lives_is_not_started_again_and_is_lost_when_it_has_ended(
    program: Program, bundle: Callable[[str], str], tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    text = f'version = 1\n[[commands]]\nname = "long"\nrun = "echo $$ >> {pid}; exec sleep 300"\nmax_attempts = 2\n'
    program.call("apply", bundle(text))
    agent = program.start_agent()
    job = program.json("run", "long")["id"]
    wait_until(lambda: pid.exists() and pid.read_text().strip(), timeout_s=20)
    with Workspace(program.folder) as workspace:
        wait_until(lambda: workspace.runs.get(job).pid, message="the process is noted")
        program.stop_agent(agent, signal.SIGKILL)
        process = int(pid.read_text())
        assert process_started_at(process) is not None
        agent = program.start_agent()
        program.wait_for_agent(agent)
        assert workspace.runs.get(job).state == "executing"
        os.kill(process, signal.SIGKILL)
        wait_until(lambda: workspace.runs.get(job).state == "retryable", timeout_s=40)
        assert [event.kind for event in workspace.runs.events(job)] == ["queued", "started", "lost"]
        assert len(pid.read_text().splitlines()) == 1
        program.call("cancel", str(job))
    assert program.stop_agent(agent) == 0
