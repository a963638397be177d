"""How output comes in: nothing is lost, and nobody who holds the pipe can keep a job."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import pytest

from core.history.runs import Run
from core.queue.states import JobState
from core.workspace import Workspace
from desktop.worker import capture as capture_module

RunCommand = Callable[..., Run]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell")


def read_all(workspace: Workspace, job_id: int) -> bytes:
    with workspace.output(job_id) as reader:
        return reader.read(0, reader.size())


def test_a_descendant_that_floods_the_pipe_does_not_keep_the_job(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end("yes flood & echo done >&2")
    assert run.state is JobState.COMPLETED
    assert b"done\n" in read_all(workspace, run.id)


def test_a_job_may_close_its_output_and_live_on(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end("echo before; exec >&- 2>&-; sleep 0.3; exit 7")
    assert (run.exit_code, read_all(workspace, run.id)) == (7, b"before\n")


def test_what_is_printed_last_is_there(workspace: Workspace, run_to_end: RunCommand) -> None:
    # As much as fits into a pipe, at once and just before the end.
    run = run_to_end("head -c 65536 /dev/zero; head -c 65536 /dev/zero >&2")
    assert (run.stdout_bytes, run.stderr_bytes) == (65536, 65536)


def test_no_descriptor_is_left_behind(run_to_end: RunCommand) -> None:
    run_to_end("echo")
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208  (the names alone)
    for _ in range(3):
        run_to_end("echo; echo >&2")
        run_to_end("/does/not/exist", shell="none")
    assert len(os.listdir("/dev/fd")) <= before  # noqa: PTH208  (the names alone)


def test_where_there_are_no_descriptor_files_the_output_comes_all_the_same(
    workspace: Workspace, run_to_end: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_module, "_OPEN_DESCRIPTORS", "/does/not/exist")
    run = run_to_end("echo out; echo err >&2; head -c 3000000 /dev/zero")
    assert (run.stdout_bytes, run.stderr_bytes) == (3_000_004, 4)
    assert read_all(workspace, run.id).count(b"\0") == 3_000_000
