"""Full runs of /bin/true per second, everything recorded durably, beside a bare loop of posix_spawn and waitpid.

A run is put in, claimed, planned, started by the agent in Qt's event loop, read to its end, and recorded with its
events; the loop only starts and waits. Target: at least 0.6 of the loop.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from core.catalog.specs import CommandSpec, QueueSpec
from core.queue.enqueue import enqueue_all
from core.queue.jobs import NewJob
from core.queue.states import JobState, Origin, Overlap
from core.settings import RETENTION_JOBS_PER_COMMAND
from core.workspace import Workspace
from desktop.agent import Agent
from tests.benchmarks._agents import agent_in, loop_until
from tests.benchmarks._support import interleaved, print_table, rate, work_folder

RUNS = 400
ROUNDS = 7
AT_ONCE = (4, 16, 32)
PROGRAM = shutil.which("true") or "/bin/true"


def bare_loop() -> None:
    """Start the program RUNS times and wait for each."""
    for _ in range(RUNS):
        os.waitpid(os.posix_spawn(PROGRAM, [PROGRAM], os.environ), 0)


def full_runs(workspace: Workspace, agent: Agent, at_once: int) -> Callable[[], None]:
    """Return what puts RUNS jobs in and waits until the last end is on disk, with a limit of `at_once`."""

    def is_done() -> bool:
        return not agent.pool.running and agent.pool.ledger.is_empty and not workspace.runs.live_counts()

    def work() -> None:
        workspace.catalog.put_queue(QueueSpec(name="default", limit=at_once))
        now = workspace.clock.now()
        new = NewJob(command_id=1, command_name="true", scheduled_at=now, origin=Origin.MANUAL, overlap=Overlap.ALLOW)
        workspace.database.write(lambda tx: enqueue_all(tx, [new] * RUNS, now))
        loop_until(is_done, agent.pool.ledger.settled)

    return work


def check(workspace: Workspace) -> None:
    """Make sure that every run was recorded with its whole life."""
    runs = workspace.runs.page(limit=10**6)
    assert len(runs) == len(AT_ONCE) * (ROUNDS + 1) * RUNS
    assert {(run.state, run.exit_code) for run in runs} == {(JobState.COMPLETED, 0)}
    assert [event.kind for event in workspace.runs.events(runs[0].id)] == ["queued", "started", "succeeded"]


def main() -> None:
    """Measure and print."""
    with work_folder() as folder, agent_in(folder / "data") as (workspace, agent, _):
        workspace.catalog.create(CommandSpec(name="true", run=PROGRAM, shell="none", overlap="allow"))
        workspace.settings.set(RETENTION_JOBS_PER_COMMAND, 0)  # so that all can be counted at the end
        works = {f"full runs, {limit} at once": full_runs(workspace, agent, limit) for limit in AT_ONCE}
        seconds = interleaved({"posix_spawn and waitpid": bare_loop, **works}, rounds=ROUNDS)
        check(workspace)
    rates = {name: rate(each, RUNS) for name, each in seconds.items()}
    print_table(
        f"Runs of {PROGRAM} per second (median of {ROUNDS} rounds of {RUNS}; target: ratio of 0.60)",
        ["", "runs/s", "ratio"],
        [[name, speed, speed / rates["posix_spawn and waitpid"]] for name, speed in rates.items()],
    )


if __name__ == "__main__":
    main()
