"""Makes the database fixture of this revision: a data folder with a little of everything, as this version saves it.

Usage: python -m tests.data.make_fixture

Run once per revision of the tables; the files are then kept as they are, because later versions must open what this
one has saved. It refuses to replace a fixture.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, QueueSpec, ScheduleSpec
from core.dispatch.dispatcher import Dispatcher
from core.execution.outcome import Failed, Succeeded
from core.migrations import HEAD
from core.queue.jobs import ClaimedJob, Finished, OutputFacts, Started
from core.queue.scopes import PauseScope
from core.queue.states import Origin
from core.settings import RETENTION_DAYS
from core.workspace import Workspace
from tests.support import FakeClock

__all__ = ["FOLDER", "fixtures", "main"]

FOLDER = Path(__file__).parent
OUTPUT = "Grüße, 世界\n".encode()


def fixtures(revision: str) -> tuple[Path, Path]:
    """Return the files of a revision: the database, and the small outputs' database."""
    return FOLDER / f"clockhand-{revision}.db", FOLDER / f"outputs-{revision}.db"


def fill(workspace: Workspace, clock: FakeClock) -> None:
    """Write something into every table."""
    catalog, queue = workspace.catalog, workspace.queue
    catalog.create(
        CommandSpec(name="sync orders", run="curl {{ API_URL }} | ./import.sh", max_attempts=2, tags=("orders",))
    )
    catalog.create(EnvironmentSpec(name="common", variables={"REGION": "eu"}))
    catalog.create(
        EnvironmentSpec(name="staging", extends="common", variables={"API_URL": "https://x"}, secrets=("API_TOKEN",))
    )
    catalog.create(CronSpec(name="each morning", expression="30 7 * * 1-5", timezone="Europe/Berlin"))
    catalog.create(
        ScheduleSpec(
            name="orders",
            command="sync orders",
            environments=("staging",),
            crons=("each morning",),
            jitter=timedelta(minutes=5),
        )
    )
    catalog.put_queue(QueueSpec(name="default", limit=2))
    workspace.settings.set(RETENTION_DAYS, 30)
    agent = queue.register_agent("agent").result()
    queue.run(1, 2, origin=Origin.MANUAL).result()
    queue.run(1, 1, origin=Origin.COMMAND_LINE, at=clock.now() + timedelta(days=1)).result()
    (job,) = queue.claim(agent).result()
    run(workspace, clock, agent, job, succeeds=False)
    clock.advance(timedelta(minutes=5))
    queue.stage().result()
    (job,) = queue.claim(agent).result()
    run(workspace, clock, agent, job, succeeds=True)
    queue.pause(origin="the user").result()
    clock.advance(timedelta(days=2))
    queue.resume(origin="the user").result()
    Dispatcher(workspace.database).wake(clock.now(), clock.zone())
    queue.pause(PauseScope.schedule(1), until=clock.now() + timedelta(hours=1), origin="the user").result()
    queue.pause(PauseScope.cell(1, 2, 1), origin="the user").result()
    clock.advance(timedelta(hours=2))
    Dispatcher(workspace.database).wake(clock.now(), clock.zone())
    queue.resume(PauseScope.cell(1, 2, 1), origin="the user").result()
    queue.skip_next(1, origin="the user").result()
    queue.pause(PauseScope.cell(1, 2, 1), origin="the user").result()
    queue.stop_agent(agent, reason="quit").result()


def run(workspace: Workspace, clock: FakeClock, agent: int, job: ClaimedJob, *, succeeds: bool) -> None:
    """Record one attempt with a small output."""
    plan = {"argv": ["sh", "-c", "true"], "environment": {"REGION": "eu"}}
    started = Started(
        job_id=job.id, attempt=job.attempt, at=clock.now(), pid=4242, process_started_at=clock.now(), plan=plan
    )
    finished = Finished(
        job=job,
        outcome=Succeeded() if succeeds else Failed(3),
        at=clock.advance(timedelta(seconds=2)),
        duration=timedelta(seconds=2),
        output=OutputFacts(len(OUTPUT), 0, "inline"),
    )
    workspace.outputs.save_many([(job.id, job.attempt, OUTPUT, b"")])
    workspace.queue.record(agent, started=[started], finished=[finished]).result()


def forget_machine(path: Path) -> None:
    """Let the fixture name no machine on which it happened to be made."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE agents SET host = 'workstation', pid = 4240, process_started_at = started_at")
        connection.execute("UPDATE events SET host = 'workstation' WHERE host IS NOT NULL")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def main() -> int:
    """Make the fixture; return the exit code."""
    database, outputs = fixtures(HEAD)
    if database.exists():
        print(f"{database} is there already and must stay as it is: old versions have saved databases like it.")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        clock = FakeClock()
        with Workspace(Path(folder), clock=clock) as workspace:
            fill(workspace, clock)
        forget_machine(Path(folder, "clockhand.db"))
        shutil.copyfile(Path(folder, "clockhand.db"), database)
        shutil.copyfile(Path(folder, "outputs.db"), outputs)
    print(f"Made {database} and {outputs}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
