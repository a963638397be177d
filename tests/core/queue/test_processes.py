"""Several processes work on one queue: each job is run once, and no limit is passed."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from core.queue.enqueue import enqueue_all
from core.queue.states import Overlap
from core.workspace import Workspace
from tests.core.queue.helpers import END_KINDS, kinds, new_job, open_queue, states
from tests.support import FakeClock

ROOT = Path(__file__).parents[3]

WORKER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from core.execution.outcome import Succeeded
from core.queue.jobs import Finished, Started
from core.workspace import Workspace

with Workspace(Path(sys.argv[1])) as workspace:
    queue = workspace.queue
    agent = queue.register_agent("agent").result()
    print("ready", flush=True)
    for _ in sys.stdin:
        jobs = queue.claim(agent).result()
        now = datetime.now(UTC)
        started = [
            Started(job_id=job.id, attempt=job.attempt, at=now, pid=1, process_started_at=None, plan={}) for job in jobs
        ]
        queue.record(agent, started=started).result()
        assert workspace.runs.live_counts().get("executing", 0) <= 5
        finished = [Finished(job=job, outcome=Succeeded(), at=now) for job in jobs]
        assert sorted(queue.record(agent, finished=finished).result()) == sorted(job.id for job in jobs)
        print(*(job.id for job in jobs), flush=True)
"""


def say(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()


def answer(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    line = worker.stdout.readline()
    assert line, "the worker has ended"
    return line.strip()


def test_several_processes_run_each_job_once(workspace: Workspace, clock: FakeClock) -> None:
    open_queue(workspace, limit=5)
    news = [
        new_job(clock.now(), command_id=number % 7, overlap=Overlap.QUEUE if number % 3 else Overlap.ALLOW)
        for number in range(150)
    ]
    workspace.database.write(lambda tx: enqueue_all(tx, news, clock.now()))
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(workspace.folder.root)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    assert [answer(worker) for worker in workers] == ["ready"] * 3
    ran: Counter[str] = Counter()
    worked = set()
    while any(state == "available" for state in states(workspace)):
        # All at the same moment, so that they are in each other's way.
        for worker in workers:
            say(worker)
        for worker in workers:
            jobs = answer(worker).split()
            ran.update(jobs)
            worked |= {worker.pid} if jobs else set()
    for worker in workers:
        worker.communicate(timeout=30)
    assert [worker.returncode for worker in workers] == [0] * 3
    assert len(ran) == 150
    assert set(ran.values()) == {1}
    assert len(worked) > 1, "more than one of them worked"
    assert states(workspace) == ["completed"] * 150
    for job in range(1, 151):
        story = kinds(workspace, job)
        assert story == ["queued", "started", "succeeded"]
        assert sum(kind in END_KINDS for kind in story) == 1
