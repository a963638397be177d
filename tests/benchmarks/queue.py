"""The queue's speed: whole lives per second beside sqlite3 alone, the steps one by one, and claiming with a long past.

Target: at least as many lives per second as sqlite3 doing the same statements one by one at synchronous=FULL, by
claiming ten at a time and committing together; and a claim that costs the same at ten thousand and at a million rows.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.catalog.specs import CommandSpec, QueueSpec
from core.execution.outcome import Succeeded
from core.queue.engine import JobQueue
from core.queue.jobs import ClaimedJob, Finished, Started
from core.queue.states import Origin
from core.workspace import Workspace
from tests.benchmarks._raw import RawQueue
from tests.benchmarks._support import interleaved, median_ms, print_table, rate, work_folder

JOBS = 300
AT_ONCE = 10
ROUNDS = 7
STEPS = 100
PLAN = {"argv": ["/bin/true"], "shell": "none", "working_directory": "/"}
HISTORY = """
INSERT INTO jobs (state, queue, priority, scheduled_at, origin, command_id, command_name, overlap, attempt,
    max_attempts, backoff_base, backoff_cap, created_at, started_at, finished_at, outcome, exit_code,
    stdout_bytes, stderr_bytes)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
SELECT 'completed', 'default', 0, i * 1000000, 'schedule', i % 50, 'sync', 'allow', 1, 1, 30000000, 3600000000,
    i * 1000000, i * 1000000, i * 1000000, 'succeeded', 0, 0, 0 FROM n
"""


def open_workspace(folder: Path, history: int = 0) -> Workspace:
    """Open a folder with one command whose jobs may run ten at a time, and that many finished jobs."""
    workspace = Workspace(folder)
    workspace.catalog.create(CommandSpec(name="sync", run="true", overlap="allow"))
    workspace.catalog.put_queue(QueueSpec(name="default", limit=AT_ONCE))
    if history:
        workspace.database.write(lambda tx: tx.connection.exec_driver_sql(HISTORY.format(count=history)).close())
    return workspace


def started(job: ClaimedJob) -> Started:
    """Return the facts of a process that nobody starts here."""
    now = datetime.now(UTC)
    return Started(job_id=job.id, attempt=job.attempt, at=now, pid=4242, process_started_at=now, plan=PLAN)


def finished(job: ClaimedJob) -> Finished:
    """Return the facts of its end."""
    return Finished(job=job, outcome=Succeeded(), at=datetime.now(UTC), duration=timedelta(milliseconds=1))


def life_cycle(queue: JobQueue, count: int) -> None:
    """Put `count` jobs in ten by ten, then claim, start and finish ten by ten; each step is on disk before the next."""
    for _ in range(count // AT_ONCE):
        wait([queue.run(1, None, origin=Origin.MANUAL) for _ in range(AT_ONCE)])
    done = 0
    while done < count:
        jobs = queue.claim(1).result()
        assert jobs, "some were put in and are not done"
        queue.record(1, started=[started(job) for job in jobs]).result()
        done += len(queue.record(1, finished=[finished(job) for job in jobs]).result())


def measure_lives(folder: Path) -> None:
    """Print whole lives per second."""
    with open_workspace(folder / "ours") as ours, open_workspace(folder / "raw") as theirs:
        raw = RawQueue(theirs.folder.database)
        seconds = interleaved(
            {"raw": lambda: raw.life_cycle(JOBS), "ours": lambda: life_cycle(ours.queue, JOBS)}, rounds=ROUNDS
        )
        raw.close()
    plain, mine = rate(seconds["raw"], JOBS), rate(seconds["ours"], JOBS)
    print_table(
        f"Lives per second (put in, claimed, started, finished; {ROUNDS} rounds of {JOBS}; target: ratio of 1.00)",
        ["", "jobs/s", "ratio"],
        [["sqlite3 alone, one by one", plain, 1.0], [f"the queue, {AT_ONCE} at a time", mine, mine / plain]],
    )


def each(work: Callable[[], object]) -> float:
    """Return the median milliseconds of one call."""
    seconds = []
    for _ in range(STEPS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1000


def measure_steps(folder: Path) -> None:
    """Print how long one step takes until it is on disk."""
    jobs: list[ClaimedJob] = []
    with open_workspace(folder / "steps") as workspace:
        workspace.catalog.put_queue(QueueSpec(name="default", limit=1000))
        queue = workspace.queue
        rows = [
            ["put in", each(lambda: queue.run(1, None, origin=Origin.MANUAL).result())],
            ["claim (all that wait)", median_ms([_timed_claim(queue, jobs)])],
            ["claim, nothing waits", each(lambda: queue.claim(1).result())],
        ]
        waiting, running = iter(jobs), iter(jobs)
        rows += [
            ["start", each(lambda: queue.record(1, started=[started(next(waiting))]).result())],
            ["finish", each(lambda: queue.record(1, finished=[finished(next(running))]).result())],
        ]
    print_table(f"One step alone until it is on disk (median of {STEPS})", ["", "ms"], rows)


def _timed_claim(queue: JobQueue, jobs: list[ClaimedJob]) -> float:
    began = time.perf_counter()
    jobs += queue.claim(1).result()
    return time.perf_counter() - began


def measure_history(folder: Path) -> None:
    """Print what a claim costs with little and with much history."""
    sizes = (10_000, 1_000_000)
    workspaces = {size: open_workspace(folder / str(size), size) for size in sizes}

    def claim_ten(queue: JobQueue) -> None:
        wait([queue.run(1, None, origin=Origin.MANUAL) for _ in range(AT_ONCE)])
        began = time.perf_counter()
        jobs = queue.claim(1).result()
        claims[queue].append(time.perf_counter() - began)
        assert len(jobs) == AT_ONCE
        queue.record(1, finished=[finished(job) for job in jobs]).result()

    claims: dict[JobQueue, list[float]] = {workspace.queue: [] for workspace in workspaces.values()}
    for _ in range(30):
        for workspace in workspaces.values():
            claim_ten(workspace.queue)
    medians = {size: median_ms(claims[workspace.queue]) for size, workspace in workspaces.items()}
    for workspace in workspaces.values():
        workspace.close()
    print_table(
        "A claim of ten, with a history of so many rows (target: flat)",
        ["rows", "ms", "ratio"],
        [[f"{size:,}", medians[size], medians[size] / medians[sizes[0]]] for size in sizes],
    )


def main() -> None:
    """Measure and print."""
    with work_folder() as folder:
        measure_lives(folder)
        measure_steps(folder)
        measure_history(folder)


if __name__ == "__main__":
    main()
