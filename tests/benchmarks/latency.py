"""How long after its due time a run starts, on an idle machine: a cron of every second, from due time to process.

Target: less than 100 ms in the median.
"""

from __future__ import annotations

import statistics

from core.catalog.specs import CommandSpec, CronSpec, ScheduleSpec
from core.history.runs import Run
from core.workspace import Workspace
from tests.benchmarks._agents import agent_in, loop_until
from tests.benchmarks._support import print_table, work_folder

RUNS = 25


def completed(workspace: Workspace) -> list[Run]:
    """Return the runs that have ended, the oldest first."""
    return [run for run in reversed(workspace.runs.page(limit=1000)) if run.finished_at is not None]


def delays_ms(runs: list[Run]) -> list[float]:
    """Return how many milliseconds after its due time each run's process was started."""
    found = []
    for run in runs:
        assert run.due_at is not None
        assert run.started_at is not None
        found.append((run.started_at - run.due_at).total_seconds() * 1000)
    return found


def main() -> None:
    """Measure and print."""
    with work_folder() as folder, agent_in(folder / "data") as (workspace, agent, _):
        workspace.catalog.create(CommandSpec(name="true", run="true", overlap="allow"))
        workspace.catalog.create(CronSpec(name="every second", expression="* * * * * *", timezone="UTC"))
        workspace.catalog.create(ScheduleSpec(name="often", command="true", crons=("every second",)))
        loop_until(lambda: len(completed(workspace)) >= RUNS, agent.pool.ledger.settled)
        delays = sorted(delays_ms(completed(workspace)))
    print_table(
        f"From a due time to the start of its process ({len(delays)} runs; target: a median below 100 ms)",
        ["", "ms"],
        [
            ["fastest", delays[0]],
            ["median", statistics.median(delays)],
            ["nine of ten", delays[int(len(delays) * 0.9)]],
            ["slowest", delays[-1]],
        ],
    )


if __name__ == "__main__":
    main()
