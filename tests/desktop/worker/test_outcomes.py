"""How attempts end, seen from the history, with real processes."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from core.clock import to_micros
from core.execution.definitions import Shell
from core.history.runs import Run
from core.processes import process_started_at
from core.queue.states import JobState
from core.workspace import Workspace
from desktop.agent import Agent

RunCommand = Callable[..., Run]


def kinds(workspace: Workspace, job_id: int) -> list[str]:
    return [event.kind for event in workspace.runs.events(job_id)]


def is_alive(pid: int) -> bool:
    """Return whether the process runs; one that nobody has reaped yet does not."""
    return process_started_at(pid) is not None


def read_all(workspace: Workspace, job_id: int, attempt: int | None = None) -> bytes:
    reader = workspace.output(job_id, attempt)
    try:
        return reader.read(0, reader.size())
    finally:
        reader.close()


def test_a_success_is_recorded_with_its_output_and_duration(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end("echo out; echo err >&2")
    assert (run.state, run.outcome, run.exit_code) == (JobState.COMPLETED, "succeeded", 0)
    assert kinds(workspace, run.id) == ["queued", "started", "succeeded"]
    started, ended = workspace.runs.events(run.id)[1:]
    assert started.pid is not None
    assert started.host
    assert ended.duration is not None
    assert (ended.stdout_bytes, ended.stderr_bytes) == (4, 4)
    assert sorted(read_all(workspace, run.id).splitlines()) == [b"err", b"out"]


@pytest.mark.skipif(sys.platform != "linux", reason="only GNU date knows microseconds")
def test_a_run_has_started_before_it_did_anything(workspace: Workspace, run_to_end: RunCommand) -> None:
    busy = QTimer()
    busy.timeout.connect(lambda: time.sleep(0.05))  # the event loop hears of the start when it is over
    busy.start(0)
    run = run_to_end("date +%s%6N")
    busy.stop()
    assert run.started_at is not None
    assert to_micros(run.started_at) <= int(read_all(workspace, run.id))


def test_streams_are_told_apart(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end("echo out; sleep 0.2; echo err >&2")
    reader = workspace.output(run.id)
    assert [(int(stream), data) for _at, stream, data in reader.pieces()] == [(1, b"out\n"), (2, b"err\n")]


def test_an_exit_code_that_counts_as_success_is_one(run_to_end: RunCommand) -> None:
    run = run_to_end("exit 3", success_exit_codes=(0, 3))
    assert (run.state, run.outcome, run.exit_code) == (JobState.COMPLETED, "succeeded", 3)


def test_a_failure_without_attempts_left_is_discarded(run_to_end: RunCommand) -> None:
    run = run_to_end("exit 7")
    assert (run.state, run.outcome, run.exit_code) == (JobState.DISCARDED, "failed", 7)


def test_a_failure_is_tried_again_and_keeps_the_output_of_each_attempt(
    workspace: Workspace, run_to_end: RunCommand
) -> None:
    run = run_to_end(
        "echo attempt $CLOCKHAND_ATTEMPT; test $CLOCKHAND_ATTEMPT = 2",
        max_attempts=3,
        backoff_base=timedelta(milliseconds=200),
    )
    assert (run.state, run.attempt) == (JobState.COMPLETED, 2)
    assert kinds(workspace, run.id) == ["queued", "started", "failed", "started", "succeeded"]
    assert workspace.runs.events(run.id)[2].next_attempt_at is not None
    assert read_all(workspace, run.id, 1) == b"attempt 1\n"
    assert read_all(workspace, run.id, 2) == b"attempt 2\n"


def test_a_signal_is_named(run_to_end: RunCommand) -> None:
    run = run_to_end("kill -SEGV $$")
    assert (run.outcome, run.signal, run.exit_code) == ("signalled", int(signal.SIGSEGV), None)


def test_a_program_that_is_missing_could_not_start(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end("/nowhere/program", shell=Shell.NONE)
    assert run.outcome == "could-not-start"
    assert "/nowhere/program" in (run.reason or "")
    assert kinds(workspace, run.id) == ["queued", "could-not-start"]


def test_a_working_directory_that_is_missing_could_not_start(run_to_end: RunCommand, tmp_path: Path) -> None:
    run = run_to_end("true", working_directory=str(tmp_path / "gone"))
    assert run.outcome == "could-not-start"
    assert "gone" in (run.reason or "")


def test_a_folder_whose_name_is_no_text_could_not_start(
    run_to_end: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "no \udcff text"))
    run = run_to_end("true", working_directory="~/gone")
    assert run.outcome == "could-not-start"
    assert "no \\udcff text/gone" in (run.reason or "")


def test_a_program_without_the_right_to_run_could_not_start(run_to_end: RunCommand, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/nowhere/interpreter\n")
    script.chmod(0o755)
    run = run_to_end(str(script), shell=Shell.NONE)
    assert run.outcome == "could-not-start"


def test_standard_input_is_empty(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end("cat; echo end")
    assert read_all(workspace, run.id) == b"end\n"


def test_a_time_limit_ends_the_whole_tree(run_to_end: RunCommand, tmp_path: Path, qtbot: QtBot) -> None:
    pids = tmp_path / "pids"
    run = run_to_end(
        # A child, a child of a child whose parent is gone, and one in a process group of its own.
        f"sleep 301 & echo $! > {pids}; (sleep 302 & echo $! >> {pids}); "
        f"bash -m -c 'sleep 303 & echo $! >> {pids}; exit'; sleep 304",
        shell=Shell.BASH,
        timeout=timedelta(milliseconds=700),
        grace=timedelta(seconds=1),
    )
    assert run.outcome == "timed-out"
    assert run.state is JobState.DISCARDED
    children = [int(line) for line in pids.read_text().split()]
    assert len(children) == 3
    qtbot.waitUntil(lambda: not any(map(is_alive, children)), timeout=3000)


def test_what_ignores_sigterm_is_killed_after_the_grace_period(run_to_end: RunCommand) -> None:
    run = run_to_end(
        "trap '' TERM; while :; do sleep 0.1; done",
        timeout=timedelta(milliseconds=300),
        grace=timedelta(milliseconds=300),
    )
    assert (run.outcome, run.signal) == ("timed-out", int(signal.SIGKILL))


def test_a_child_that_outlives_its_stopped_parent_gets_the_grace_period_and_is_killed(
    run_to_end: RunCommand, agent: Agent, qtbot: QtBot, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    run_to_end(
        f"sh -c 'trap \"\" TERM; echo $$ > {pid}; while :; do sleep 0.1; done' & wait",
        timeout=timedelta(milliseconds=500),
        grace=timedelta(milliseconds=500),
    )
    child = int(pid.read_text())
    qtbot.waitUntil(lambda: not is_alive(child), timeout=5000)


def test_a_grandchild_that_keeps_the_pipe_open_does_not_keep_the_job_open(
    workspace: Workspace, run_to_end: RunCommand, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    run = run_to_end(f"echo first; (sleep 300 & echo $! > {pid})")
    assert (run.outcome, read_all(workspace, run.id)) == ("succeeded", b"first\n")
    # What a job leaves running on purpose is not touched when it ends by itself.
    child = int(pid.read_text())
    assert is_alive(child)
    os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 3_000_000])
def test_every_byte_of_the_output_is_kept(workspace: Workspace, run_to_end: RunCommand, size: int) -> None:
    run = run_to_end(f"head -c {size} /dev/zero | tr '\\0' x")
    assert run.stdout_bytes == size
    assert read_all(workspace, run.id) == b"x" * size


def test_what_is_past_the_limit_is_left_out_and_marked(
    workspace: Workspace, run_to_end: RunCommand, agent: Agent, qtbot: QtBot
) -> None:
    from core.settings import OUTPUT_LIMIT_BYTES

    workspace.settings.set(OUTPUT_LIMIT_BYTES, 64 * 1024)
    qtbot.waitUntil(lambda: agent.pool.output_limit_bytes == 64 * 1024)
    run = run_to_end("echo begin; head -c 5000000 /dev/zero | tr '\\0' x; echo; echo end")
    output = read_all(workspace, run.id)
    assert output.startswith(b"begin\n")
    assert output.endswith(b"end\n")
    assert len(output) < 70_000
    assert run.stdout_bytes == 5_000_011


def test_the_plan_is_kept_as_it_ran(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end("echo {{ command.name }} {{ job.attempt }}")
    plan = workspace.runs.plan(run.id)
    assert plan is not None
    assert plan["text"] == "echo 'command 1' '1'"
    assert read_all(workspace, run.id) == b"command 1 1\n"
