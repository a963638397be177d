"""What the checks find in a data folder, and that they change nothing there."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.catalog.specs import CommandSpec, CronSpec, ScheduleSpec
from core.diagnosis.finding import Finding, Health
from core.diagnosis.storage import check_storage
from core.paths import DataFolder
from core.workspace import Workspace
from tests.support import FakeClock


@pytest.fixture
def workspace(tmp_path: Path, clock: FakeClock) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data", clock=clock) as opened:
        opened.catalog.create(CommandSpec(name="x", run="true"))
        opened.catalog.create(CronSpec(name="hourly", expression="@hourly"))
        opened.catalog.create(ScheduleSpec(name="each hour", command="x", crons=("hourly",)))
        yield opened


def findings(folder: Path, clock: FakeClock) -> dict[str, Finding]:
    """Return the findings by check, the worst where a check has several."""
    order = list(Health)
    found = sorted(check_storage(DataFolder(folder), clock), key=lambda finding: order.index(finding.health))
    return {finding.check: finding for finding in found}


def break_database(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "clockhand.db") as connection:
        connection.execute(statement)
    connection.close()


def test_a_sound_folder_has_nothing_to_mend_but_the_missing_agent(workspace: Workspace, clock: FakeClock) -> None:
    found = findings(workspace.folder.root, clock)
    assert {name: finding.health for name, finding in found.items() if name != "disk space"} == {
        "data folder": Health.OK,
        "database": Health.OK,
        "agent": Health.WARNING,
        "crons": Health.OK,
    }


def test_a_folder_that_does_not_exist_is_fine_and_stays_away(tmp_path: Path, clock: FakeClock) -> None:
    found = findings(tmp_path / "a" / "b", clock)
    assert [finding.health for finding in found.values()] == [Health.OK]
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_blocks(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "data").touch()
    assert findings(tmp_path / "data", clock)["data folder"].blocks


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_a_folder_open_to_others_is_worth_a_warning(workspace: Workspace, clock: FakeClock) -> None:
    workspace.folder.root.chmod(0o755)
    found = findings(workspace.folder.root, clock)["data folder"]
    assert (found.health, found.mend) == (Health.WARNING, f"Close it with: chmod 700 '{workspace.folder.root}'")


def test_a_damaged_database_blocks_and_stays_as_it_is(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "clockhand.db").write_bytes(b"not a database, " * 1000)
    found = findings(tmp_path, clock)["database"]
    assert (found.health, found.blocks) == (Health.FAULT, True)
    assert "not a database" in found.message
    assert (tmp_path / "clockhand.db").read_bytes() == b"not a database, " * 1000


def test_what_a_crash_left_beside_the_database_stays_for_the_next_start(
    workspace: Workspace, clock: FakeClock, tmp_path: Path
) -> None:
    crashed = tmp_path / "crashed"
    crashed.mkdir(mode=0o700)
    for name in ("clockhand.db", "clockhand.db-wal"):
        shutil.copy(workspace.folder.root / name, crashed / name)
    before = (crashed / "clockhand.db-wal").read_bytes()
    assert before
    assert findings(crashed, clock)["crons"].message == "All 1 that are enabled can be computed."
    assert (crashed / "clockhand.db-wal").read_bytes() == before


def test_a_database_of_a_newer_version_blocks(workspace: Workspace, clock: FakeClock) -> None:
    break_database(workspace.folder.root, "UPDATE alembic_version SET version_num = '9999'")
    found = findings(workspace.folder.root, clock)["database"]
    assert found.blocks
    assert "newer version" in found.message


def test_the_database_of_another_program_blocks(tmp_path: Path, clock: FakeClock) -> None:
    break_database(tmp_path, "CREATE TABLE theirs (x)")
    found = findings(tmp_path, clock)["database"]
    assert found.blocks
    assert "not Clockhand's" in found.message


def test_a_row_that_refers_to_nothing_is_damage(workspace: Workspace, clock: FakeClock) -> None:
    break_database(workspace.folder.root, "DELETE FROM crons")
    found = findings(workspace.folder.root, clock)["database"]
    assert "refers to nothing in crons" in found.message


def test_damaged_small_outputs_are_a_fault_that_blocks_nothing(workspace: Workspace, clock: FakeClock) -> None:
    workspace.folder.outputs.write_bytes(b"not a database, " * 1000)
    found = findings(workspace.folder.root, clock)["small outputs"]
    assert (found.health, found.blocks) == (Health.FAULT, False)


def test_a_cron_that_can_not_be_read_is_a_fault(workspace: Workspace, clock: FakeClock) -> None:
    break_database(workspace.folder.root, "UPDATE crons SET expression = '61 * * * *'")
    found = findings(workspace.folder.root, clock)["crons"]
    assert found.health is Health.FAULT
    assert "The cron “hourly” can't be used: 61 is outside" in found.message


def test_a_cron_that_was_set_aside_is_a_fault(workspace: Workspace, clock: FakeClock) -> None:
    break_database(workspace.folder.root, "UPDATE schedule_crons SET next_due_at = NULL")
    found = findings(workspace.folder.root, clock)["crons"]
    assert found.health is Health.FAULT
    assert "of the schedule “each hour” was set aside" in found.message


def test_what_is_disabled_is_not_looked_at(workspace: Workspace, clock: FakeClock) -> None:
    break_database(workspace.folder.root, "UPDATE schedule_crons SET next_due_at = NULL")
    break_database(workspace.folder.root, "UPDATE schedules SET enabled = 0")
    assert findings(workspace.folder.root, clock)["crons"].health is Health.OK


def test_a_working_agent_is_named_and_a_silent_one_is_worth_a_warning(workspace: Workspace, clock: FakeClock) -> None:
    workspace.queue.register_agent("agent").result()
    working = findings(workspace.folder.root, clock)["agent"]
    assert (working.health, f"process {os.getpid()}" in working.message) == (Health.OK, True)
    clock.advance(timedelta(minutes=5))
    silent = findings(workspace.folder.root, clock)["agent"]
    assert (silent.health, "no sign of life for 5 min" in silent.message) == (Health.WARNING, True)
