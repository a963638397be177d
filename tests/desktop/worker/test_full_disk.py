"""A disk without room for what runs print: it is said, nothing breaks, and it goes on when there is room."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.history.runs import Run
from core.queue.states import JobState
from core.workspace import Workspace
from desktop.agent import Agent
from tests.support.disk import mounted_small_disk

RunCommand = Callable[..., Run]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data") as opened, mounted_small_disk(opened.folder.output):
        yield opened


@pytest.mark.expects_log
def test_a_full_disk_is_said_while_the_job_runs_and_afterwards(
    workspace: Workspace, agent: Agent, run_to_end: RunCommand, qtbot: QtBot
) -> None:
    ballast = workspace.folder.output / "ballast"
    ballast.write_bytes(b"x" * 100_000)
    said: list[str] = []
    agent.refused.connect(said.append)
    full = run_to_end("head -c 400000 /dev/zero; sleep 1.5; echo end")
    assert (full.state, full.stdout_bytes) == (JobState.COMPLETED, 400_004)
    assert len(said) == 1
    assert said[0].startswith(f"The output of job {full.id} can't be written: No space left on device.")
    end = workspace.runs.events(full.id)[-1]
    assert end.reason is not None
    assert end.reason.endswith("bytes of its output were not kept: No space left on device")
    with workspace.database.reading() as connection:
        kinds = connection.exec_driver_sql("SELECT kind FROM observations").scalars().all()
    assert "output-not-kept" in kinds
    with workspace.output(full.id) as reader:
        assert b"".join(data for _, _, data in reader.pieces()) == reader.read(0, reader.size())
    ballast.unlink()
    for path in workspace.folder.output.rglob("*.log*"):
        path.unlink()
    after = run_to_end("head -c 150000 /dev/zero; echo end")
    with workspace.output(after.id) as reader:
        assert reader.read(0, 200_000) == bytes(150_000) + b"end\n"
    assert workspace.runs.events(after.id)[-1].reason is None
    assert len(said) == 1
