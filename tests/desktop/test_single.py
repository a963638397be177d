"""One job, run to its end in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.catalog.specs import CommandSpec
from core.output.index import Stream
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from desktop.single import run_one


@pytest.fixture
def workspace(tmp_path: Path, qapp: object) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data") as opened:
        yield opened


def enqueue(workspace: Workspace, run: str) -> int:
    command = workspace.catalog.create(CommandSpec(name="one", run=run))
    return workspace.queue.run(command, None, origin=Origin.COMMAND_LINE).result().job_id


def test_the_job_is_run_and_its_output_handed_on(workspace: Workspace) -> None:
    seen = {Stream.STDOUT: b"", Stream.STDERR: b""}

    def on_output(stream: Stream, data: bytes) -> None:
        seen[stream] += data

    run = run_one(workspace, enqueue(workspace, "echo out; echo err >&2; exit 4"), on_output=on_output)
    assert (run.outcome, run.exit_code) == ("failed", 4)
    assert seen == {Stream.STDOUT: b"out\n", Stream.STDERR: b"err\n"}


def test_a_job_that_ended_before_anybody_listened_is_noticed(workspace: Workspace) -> None:
    job = enqueue(workspace, "true")
    workspace.queue.cancel(job, by="the test").result()
    assert run_one(workspace, job).state is JobState.CANCELLED
