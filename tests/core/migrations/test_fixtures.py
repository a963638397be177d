"""What earlier versions saved can be opened, read and worked with."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from core.execution.references import substitute
from core.migrations import HEAD
from core.queue.states import JobState, Origin
from core.settings import RETENTION_DAYS
from core.workspace import Workspace
from tests.data.make_fixture import FOLDER, OUTPUT, fixtures
from tests.support import FakeClock

REVISIONS = sorted(path.stem.removeprefix("clockhand-") for path in FOLDER.glob("clockhand-*.db"))


@pytest.fixture(params=REVISIONS)
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a data folder as that version left it."""
    folder = tmp_path / "data"
    folder.mkdir()
    for source, name in zip(fixtures(request.param), ("clockhand.db", "outputs.db"), strict=True):
        shutil.copyfile(source, folder / name)
    return folder


def test_this_version_has_its_fixture() -> None:
    assert HEAD in REVISIONS, "make it: python -m tests.data.make_fixture"


def test_every_table_of_a_fixture_holds_something(saved: Path) -> None:
    with closing(sqlite3.connect(saved / "clockhand.db")) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        empty = [table for table in tables if not connection.execute(f"SELECT 1 FROM {table}").fetchone()]
    assert len(tables) > 10
    assert empty == []


def test_the_catalog_is_read(saved: Path, clock: FakeClock) -> None:
    with Workspace(saved, clock=clock) as workspace:
        assert workspace.database.check_integrity() == []
        command = workspace.catalog.command("sync orders").spec
        assert (command.run, command.max_attempts, command.tags) == (
            "curl {{ API_URL }} | ./import.sh",
            2,
            ("orders",),
        )
        staging = workspace.catalog.environment("staging").spec
        assert (staging.extends, dict(staging.variables), staging.secrets) == (
            "common",
            {"API_URL": "https://x"},
            ("API_TOKEN",),
        )
        assert workspace.catalog.cron("each morning").spec.timezone == "Europe/Berlin"
        assert workspace.catalog.schedule("orders").spec.environments == ("staging",)
        assert workspace.settings.get(RETENTION_DAYS) == 30


def test_a_pause_of_the_first_version_was_one_of_everything(tmp_path: Path, clock: FakeClock) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(FOLDER / "clockhand-0001.db", folder / "clockhand.db")
    with closing(sqlite3.connect(folder / "clockhand.db")) as connection:
        old = connection.execute("SELECT id, started_at, ended_at, origin FROM pauses").fetchall()
        links = connection.execute("SELECT id, watermark_at, next_due_at FROM schedule_crons").fetchall()
    with Workspace(folder, clock=clock) as workspace:
        assert workspace.catalog.schedule("orders").spec.jitter == timedelta()
    with closing(sqlite3.connect(folder / "clockhand.db")) as connection:
        new = connection.execute(
            "SELECT id, started_at, ended_at, origin, scope, schedule_id, until_at FROM pauses"
        ).fetchall()
        assert connection.execute("SELECT id, watermark_at, next_due_at, held FROM schedule_crons").fetchall() == [
            (*link, 0) for link in links
        ]
    assert len(old) == len(links) == 1
    assert new == [(*row, "everything", None, None) for row in old]


def test_a_value_that_was_text_stays_text_where_it_would_be_a_reference_now(tmp_path: Path, clock: FakeClock) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(FOLDER / "clockhand-0004.db", folder / "clockhand.db")
    with closing(sqlite3.connect(folder / "clockhand.db")) as connection, connection:
        connection.execute("UPDATE variables SET value = 'a$b ${HOME} $${X} ${x:-y}' WHERE name = 'API_URL'")
    with Workspace(folder, clock=clock) as workspace:
        value = workspace.catalog.environment("staging").spec.variables["API_URL"]
    assert value == "a$b $${HOME} $$$${X} ${x:-y}"
    assert substitute(value, lambda _: "wrong") == "a$b ${HOME} $${X} ${x:-y}"


def test_the_history_and_its_outputs_are_read(saved: Path, clock: FakeClock) -> None:
    with Workspace(saved, clock=clock) as workspace:
        run = workspace.runs.get(1)
        assert (run.state, run.attempt, run.exit_code, run.output) == (JobState.COMPLETED, 2, 0, "inline")
        assert [event.kind for event in workspace.runs.events(1)] == [
            "queued",
            "started",
            "failed",
            "started",
            "succeeded",
        ]
        assert workspace.runs.plan(1) == {"argv": ["sh", "-c", "true"], "environment": {"REGION": "eu"}}
        for attempt in (1, 2):
            kept = workspace.outputs.load(1, attempt)
            assert kept is not None
            assert kept[0] == OUTPUT
        *_newer, skipped = [run for run in workspace.runs.page() if run.state is JobState.SKIPPED]
        assert skipped.skipped_count == 2
        assert "paused by the user" in (skipped.reason or "")


def test_work_goes_on(saved: Path) -> None:
    clock = FakeClock()
    with Workspace(saved, clock=clock) as workspace:
        job = workspace.queue.retry(1).result().job_id
        agent = workspace.queue.register_agent("agent").result()
        assert job in [claimed.id for claimed in workspace.queue.claim(agent).result()]
        assert workspace.queue.run(1, None, origin=Origin.MANUAL).result().job_id > job
