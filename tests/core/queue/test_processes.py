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
    sys.stdin.readline()
    idle = 0
    while idle < 20:
        jobs = queue.claim(agent).result()
        idle = 0 if jobs else idle + 1
        now = datetime.now(UTC)
        for job in jobs:
            print(job.id, job.attempt)
        queue.record(agent, started=[Started(job_id=j.id, attempt=j.attempt, at=now, pid=1, process_started_at=None,
                                             plan={}) for j in jobs]).result()
        running = workspace.runs.live_counts().get("executing", 0)
        assert running <= 5, running
        ended = queue.record(agent, finished=[Finished(job=j, outcome=Succeeded(), at=now) for j in jobs]).result()
        assert sorted(ended) == sorted(j.id for j in jobs)
"""


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
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    outputs = [worker.communicate(timeout=90)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 3
    ran = Counter(line for output in outputs for line in output.splitlines())
    assert len(ran) == 150
    assert sum(bool(output) for output in outputs) > 1, "more than one of them worked"
    assert set(ran.values()) == {1}
    assert states(workspace) == ["completed"] * 150
    for job in range(1, 151):
        story = kinds(workspace, job)
        assert story == ["queued", "started", "succeeded"]
        assert sum(kind in END_KINDS for kind in story) == 1
