"""The door: a data folder opens, hands out its parts, and closes without a trace."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from core.catalog.specs import CommandSpec, EnvironmentSpec, Kind
from core.errors import NotFoundError, StorageError
from core.queue.states import Origin
from core.workspace import Workspace
from tests.core.dispatch.helpers import jobs, make_schedule
from tests.core.queue.helpers import claim, open_queue, put
from tests.support import FakeClock, wait_until


def test_a_folder_is_made_with_everything_in_it(tmp_path: Path, clock: FakeClock) -> None:
    with Workspace(tmp_path / "a" / "data", clock=clock) as workspace:
        assert workspace.folder.database.exists()
        assert workspace.catalog.commands() == []
        assert workspace.runs.page() == []
    left = {path.name for path in (tmp_path / "a" / "data").iterdir() if path.is_file()}
    assert left <= {"clockhand.db", "outputs.db"}, "nothing of an open database is left"


def test_the_folder_named_by_the_environment_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOCKHAND_DATA_DIR", str(tmp_path / "named"))
    with Workspace() as workspace:
        assert workspace.folder.root == tmp_path / "named"


def test_a_relative_folder_means_the_same_wherever_the_program_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    monkeypatch.chdir(tmp_path)
    with Workspace(Path("data"), clock=clock) as workspace:
        assert workspace.folder.root == tmp_path / "data"


def test_what_was_written_is_there_when_it_is_opened_again(data_folder: Path, clock: FakeClock) -> None:
    with Workspace(data_folder, clock=clock) as workspace:
        workspace.catalog.create(CommandSpec(name="sync", run="true"))
        job = workspace.queue.run(1, None, origin=Origin.MANUAL).result().job_id
    with Workspace(data_folder, clock=clock) as workspace:
        assert workspace.runs.get(job).command == "sync"


def test_two_may_be_open_on_one_folder(data_folder: Path, clock: FakeClock) -> None:
    with Workspace(data_folder, clock=clock) as first, Workspace(data_folder, clock=clock) as second:
        open_queue(first)
        job = put(first)
        assert [claimed.id for claimed in claim(second)] == [job]
        assert claim(first) == []
        told = threading.Event()
        first.changes.subscribe(lambda changes: told.set() if changes.catalog else None)
        second.catalog.create(CommandSpec(name="sync", run="true"))
        assert told.wait(10)


def test_an_edit_by_another_process_reaches_the_launcher(data_folder: Path, clock: FakeClock) -> None:
    with Workspace(data_folder, clock=clock) as agent, Workspace(data_folder, clock=clock) as editor:
        command = editor.catalog.create(CommandSpec(name="sync", run="echo one", shell="sh"))
        editor.queue.run(command, None, origin=Origin.MANUAL).result()
        (job,) = claim(agent)
        assert "echo one" in str(agent.launcher.prepare(job))
        editor.catalog.change(command, CommandSpec(name="sync", run="echo two", shell="sh"))
        wait_until(lambda: "echo two" in str(agent.launcher.prepare(job)))


def test_the_timekeeper_of_a_workspace_dispatches_and_beats(workspace: Workspace, clock: FakeClock) -> None:
    make_schedule(workspace)
    agent = workspace.queue.register_agent("agent").result()
    clock.advance(timedelta(minutes=5))
    keeper = workspace.timekeeper(agent)
    keeper.start()
    try:
        wait_until(lambda: jobs(workspace))
    finally:
        keeper.stop()


def test_an_attempt_that_was_not_made_has_no_output(workspace: Workspace) -> None:
    open_queue(workspace)
    job = put(workspace)
    with pytest.raises(NotFoundError, match=f"job {job}: it has not made an attempt yet"):
        workspace.output(job)
    with pytest.raises(NotFoundError, match="no job named “99”"):
        workspace.output(99)
    claim(workspace)
    with pytest.raises(NotFoundError, match="attempt 2"):
        workspace.output(job, 2)


def test_a_closed_workspace_writes_nothing_more(data_folder: Path, clock: FakeClock) -> None:
    workspace = Workspace(data_folder, clock=clock)
    environment = workspace.catalog.create(EnvironmentSpec(name="staging"))
    workspace.close()
    workspace.close()
    with pytest.raises((RuntimeError, StorageError)):
        workspace.catalog.delete(Kind.ENVIRONMENT, environment)
