"""`run --wait`, `log` and `agent` with real processes, with and without an agent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from core.queue.states import JobState, Origin
from core.workspace import Workspace
from tests.desktop.cli.conftest import PATIENCE_S, Call
from tests.support import wait_until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")

Start = Callable[..., subprocess.Popen[str]]
ENDS = [("three", 3), ("limited", 124), ("killed", 137), ("nowhere", 1)]


@pytest.mark.parametrize(("command", "code"), ENDS)
def test_waiting_ends_with_the_commands_own_code(program: Call, filled: Path, command: str, code: int) -> None:
    answer = program("run", command, "--wait")
    assert (answer.code, answer.out) == (code, "")
    assert f"“{command}”" in answer.err


def test_waiting_ends_so_with_an_agent_too(program: Call, agent: subprocess.Popen[str]) -> None:
    assert {command: program("run", command, "--wait").code for command, _ in ENDS} == dict(ENDS)


def test_output_comes_through_on_its_own_streams(program: Call, filled: Path) -> None:
    answer = program("run", "greet", "--env", "dev", "--wait")
    assert (answer.code, answer.out, answer.err) == (0, "hello\n", "oops\n")


def test_output_comes_through_from_an_agent_too(program: Call, agent: subprocess.Popen[str]) -> None:
    answer = program("run", "greet", "--env", "dev", "--wait")
    assert (answer.code, answer.out, answer.err) == (0, "hello\n", "oops\n")


def test_all_attempts_are_waited_for(program: Call, filled: Path) -> None:
    answer = program("run", "twice", "--wait")
    assert (answer.code, answer.out) == (0, "attempt 1\nattempt 2\n")


def test_waiting_with_json_answers_with_the_job_as_it_ended(program: Call, filled: Path) -> None:
    answer = program("run", "greet", "--env", "dev", "--wait", "--json")
    assert (answer.code, answer.json["state"], answer.json["output_bytes"]) == (0, "completed", 11)
    assert answer.err == "hello\noops\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_job_that_runs_here(
    start: Start, filled: Path, workspace: Workspace, number: signal.Signals
) -> None:
    process = start("run", "slow", "--wait")
    assert process.stdout is not None
    assert process.stdout.readline() == "begin\n"
    process.send_signal(number)
    assert process.wait(PATIENCE_S) == 130
    assert workspace.runs.get(1).state is JobState.CANCELLED


def test_a_signal_cancels_the_job_that_an_agent_runs(
    start: Start, agent: subprocess.Popen[str], workspace: Workspace
) -> None:
    process = start("run", "slow", "--wait")
    assert process.stdout is not None
    assert process.stdout.readline() == "begin\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 130
    assert workspace.runs.get(1).state is JobState.CANCELLED


def test_a_job_behind_one_that_nobody_runs_says_so_and_runs_when_that_is_gone(
    start: Start, workspace: Workspace, ask: Call
) -> None:
    ask("run", "three")
    process = start("run", "three", "--wait")
    assert process.stderr is not None
    assert "waits for its turn behind job 1" in process.stderr.readline()
    ask("cancel", "1")
    assert process.wait(PATIENCE_S) == 3


def test_the_command_runs_on_when_nobody_reads_its_output(start: Start, filled: Path, workspace: Workspace) -> None:
    process = start("run", "twice", "--wait")
    assert process.stdout is not None
    assert process.stdout.readline() == "attempt 1\n"
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 0
    assert workspace.runs.get(1).state is JobState.COMPLETED


def test_a_log_is_the_bytes_as_they_were(filled: Path, program: Call, tmp_path: Path) -> None:
    program("run", "bytes", "--wait")
    with (tmp_path / "log").open("wb") as log:
        assert program("log", "1", stdout=log).code == 0
    assert (tmp_path / "log").read_bytes() == b"a\xffb\n"


def test_a_log_in_json_tells_time_stream_and_text(filled: Path, program: Call) -> None:
    program("run", "greet", "--env", "dev", "--wait")
    lines = [json.loads(line) for line in program("log", "1", "--json").out.splitlines()]
    assert {line["stream"]: line["text"] for line in lines} == {"stdout": "hello\n", "stderr": "oops\n"}
    assert all(line["at"].endswith("Z") for line in lines)


def test_each_attempt_has_its_log(filled: Path, program: Call) -> None:
    program("run", "twice", "--wait")
    assert program("log", "1", "--attempt", "1").out == "attempt 1\n"
    assert program("log", "1").out == "attempt 2\n"
    assert program("log", "1", "--attempt", "3").code == 3


def test_a_log_is_followed_until_the_job_has_ended(
    start: Start, agent: subprocess.Popen[str], workspace: Workspace, ask: Call
) -> None:
    command = workspace.catalog.command("slow").id
    job = workspace.queue.run(command, None, origin=Origin.COMMAND_LINE).result().job_id
    process = start("log", str(job), "--follow")
    assert process.stdout is not None
    assert process.stdout.readline() == "begin\n"
    assert ask("cancel", str(job)).code == 0
    assert process.stdout.read() == ""
    assert process.wait(PATIENCE_S) == 0


def test_an_agent_tells_each_start_and_each_end_in_a_line(agent: subprocess.Popen[str], program: Call) -> None:
    program("run", "three", "--wait")
    assert agent.stdout is not None
    started, ended = agent.stdout.readline(), agent.stdout.readline()
    assert "“three”: started, process" in started
    assert "“three”: failed with exit code 3" in ended


def test_an_agent_tells_every_event_in_json(start: Start, filled: Path, workspace: Workspace, program: Call) -> None:
    process = start("agent", "--json")
    wait_until(workspace.agent_lock().is_held_elsewhere, timeout_s=PATIENCE_S)
    program("run", "three", "--wait")
    assert process.stdout is not None
    lines = [json.loads(process.stdout.readline()) for _ in range(3)]
    assert [line["event"]["kind"] for line in lines] == ["queued", "started", "failed"]
    assert lines[2]["job"]["exit_code"] == 3
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 0


def test_a_second_agent_on_the_same_folder_is_refused(agent: subprocess.Popen[str], program: Call) -> None:
    answer = program("agent")
    assert (answer.code, answer.out) == (5, "")
    assert "already works on the data folder" in answer.err


def test_the_life_of_a_job_shows_what_exactly_it_ran(filled: Path, program: Call, ask: Call) -> None:
    program("run", "greet", "--env", "dev", "--wait")
    life = ask("events", "1", "--json").json
    assert [event["kind"] for event in life["events"]] == ["queued", "started", "succeeded"]
    assert life["plan"]["text"] == "echo 'hello'; echo oops >&2"
    assert "echo 'hello'" in ask("events", "1").out
