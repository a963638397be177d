"""What a waking costs: with ten thousand and with a hundred thousand schedules, of which one hundred are due.

Target: the same cost for both, and less than 30 ms.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec
from core.dispatch.dispatcher import Dispatcher
from core.model import Schedule, ScheduleCron, ScheduleEnvironment
from core.workspace import Workspace
from core.writer import Transaction
from tests.benchmarks._support import interleaved, median_ms, print_table, work_folder

SIZES = (10_000, 100_000)
DUE = 100
ROUNDS = 15
START = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ZONE = ZoneInfo("UTC")


class Sleeper:
    """A data folder with `size` schedules, of which the first DUE are due every minute and the others once a year."""

    def __init__(self, folder: Path, size: int) -> None:
        self.workspace = Workspace(folder / str(size))
        catalog = self.workspace.catalog
        catalog.create(CommandSpec(name="sync", run="true", overlap="allow"))
        catalog.create(EnvironmentSpec(name="staging"))
        # Different expressions, as people have them: the cache of parsed ones must not make it look cheap.
        for number in range(DUE):
            catalog.create(CronSpec(name=f"often {number}", expression=f"* * * * 0-6,{number % 7}", timezone="UTC"))
        catalog.create(CronSpec(name="yearly", expression="0 0 1 1 *", timezone="UTC"))
        self.workspace.database.write(lambda tx: self._fill(tx, size))
        self.dispatcher = Dispatcher(self.workspace.database)
        self.now = START

    def _fill(self, transaction: Transaction, size: int) -> None:
        run = transaction.connection.execute
        schedule = {
            "command_id": 1,
            "catch_up": "once",
            "catch_up_limit": 10,
            "catch_up_max_age": timedelta(days=7),
            "enabled": True,
            "created_at": START,
            "updated_at": START,
        }
        ids = range(1, size + 1)
        run(insert(Schedule), [{**schedule, "id": number, "name": f"schedule {number}"} for number in ids])
        run(insert(ScheduleEnvironment), [{"schedule_id": n, "environment_id": 1, "position": 0} for n in ids])
        run(
            insert(ScheduleCron),
            [
                {
                    "schedule_id": number,
                    "cron_id": number if number <= DUE else DUE + 1,
                    "position": 0,
                    "watermark_at": START,
                    "next_due_at": START + MINUTE if number <= DUE else datetime(2027, 1, 1, tzinfo=UTC),
                }
                for number in ids
            ],
        )

    def wake(self) -> None:
        """Let a minute pass and wake."""
        self.now += MINUTE
        answer = self.dispatcher.wake(self.now, ZONE)
        assert answer.jobs == DUE, answer

    def wake_for_nothing(self) -> None:
        """Wake once more at the same time."""
        answer = self.dispatcher.wake(self.now, ZONE)
        assert answer.jobs == 0, answer


def main() -> None:
    """Measure and print."""
    with work_folder() as folder:
        sleepers = {size: Sleeper(folder, size) for size in SIZES}
        due = interleaved({str(size): sleeper.wake for size, sleeper in sleepers.items()}, rounds=ROUNDS)
        idle = interleaved({str(size): sleeper.wake_for_nothing for size, sleeper in sleepers.items()}, rounds=ROUNDS)
        for sleeper in sleepers.values():
            sleeper.workspace.close()
    first = median_ms(due[str(SIZES[0])])
    print_table(
        f"A waking with {DUE} due (median of {ROUNDS}; target: the same cost, below 30 ms)",
        ["schedules", "ms", "ratio", "ms, nothing due"],
        [
            [f"{size:,}", median_ms(due[str(size)]), median_ms(due[str(size)]) / first, median_ms(idle[str(size)])]
            for size in SIZES
        ],
    )


if __name__ == "__main__":
    main()
