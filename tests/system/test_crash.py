"""An agent that is killed at any moment loses nothing and runs nothing twice.

CLOCKHAND_KILLS sets how often (12 by default; a long run asks for 1,000).
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from core.output.files import find_live
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


PRINTING = """
import os, sys, time
with open(sys.argv[1] + os.environ["CLOCKHAND_JOB_ID"], "w") as told:
    began = time.time()
    while True:
        line = "%.6f" % time.time()
        print(line, flush=True)
        print(line, file=told, flush=True)
        # Then it is silent for a while: nothing but the time brings to disk what it has printed by then.
        time.sleep(0.02 if not 0.1 < time.time() - began < 1.9 else 1.8)
"""
LOST_AT_MOST_S = 1.0
LATE_S = 0.5
"""How late a busy machine may let the agent come to its work."""


@pytest.mark.parametrize("age_s", [LOST_AT_MOST_S + LATE_S + 0.1, 3.7], ids=["silent", "printing"])
def test_killing_the_agent_loses_the_last_second_of_an_output_at_most(
    program: Program, bundle: Callable[[str], str], tmp_path: Path, age_s: float
) -> None:
    script, told = tmp_path / "printing.py", tmp_path / "told"
    script.write_text(PRINTING)
    run = f"exec {sys.executable} {script} {told}"
    text = f'version = 1\n[[commands]]\nname = "printing"\nrun = "{run}"\noverlap = "allow"\n'
    program.call("apply", bundle(text + '[[queues]]\nname = "default"\nlimit = 4\n'))
    agent = program.start_agent()
    jobs = [program.json("run", "printing")["id"] for _ in range(4)]
    printed = {job: tmp_path / f"told{job}" for job in jobs}
    # What they have printed by now was printed before the agent is killed.
    wait_until(
        lambda: all(stamps(each) and time.time() - stamps(each)[0] > age_s for each in printed.values()), timeout_s=40
    )
    until = time.time() - LOST_AT_MOST_S - LATE_S
    before = {job: [stamp for stamp in stamps(each) if stamp < until] for job, each in printed.items()}
    agent.send_signal(signal.SIGKILL)
    agent.communicate()
    for job in jobs:
        path = find_live(program.folder / "output", job, 1)
        assert before[job]
        assert path is not None
        assert set(before[job]) <= set(stamps(path))


def stamps(path: Path) -> list[float]:
    """Return the times that stand in a file, in whole lines."""
    return [float(line) for line in path.read_text().splitlines(keepends=True)[:-1]] if path.exists() else []
