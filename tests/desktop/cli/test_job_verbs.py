"""`jobs`, `events`, `retry`, `cancel`, and `run` without waiting."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.history.contract import run_as_json
from core.workspace import Workspace
from desktop.cli.printing import visible
from tests.desktop.cli.conftest import Call, environ

CONTRACT = [
    *("id", "command", "environment", "schedule", "cron", "origin", "state", "attempt", "max_attempts", "due_at"),
    *("scheduled_at", "started_at", "finished_at", "duration_ms", "outcome", "exit_code", "signal", "reason"),
    *("retry_of", "output_bytes"),
]


def test_without_data_there_are_no_jobs_and_no_folder_is_made(ask: Call, data_dir: Path) -> None:
    text, json = ask("jobs"), ask("jobs", "--json")
    assert (text.code, text.out, json.code, json.json) == (0, "", 0, [])
    assert "no data yet" in text.err
    assert not data_dir.exists()


def test_a_new_job_is_answered_by_its_number_alone(ask: Call, filled: Path) -> None:
    answer = ask("run", "greet", "--env", "dev")
    assert (answer.code, answer.out) == (0, "1\n")
    assert "No agent is running" in answer.err


def test_a_job_in_json_has_the_keys_of_the_contract_in_its_order(ask: Call, filled: Path) -> None:
    job = ask("run", "greet", "--env", "dev", "--json").json
    assert list(job) == CONTRACT
    assert (job["command"], job["environment"], job["origin"], job["state"]) == (
        *("greet", "dev", "command-line", "available"),
    )
    assert job["scheduled_at"].endswith("Z")
    assert job["outcome"] is None
    assert ask("jobs", "--json").json == [job]


def test_a_job_may_wait_for_a_time(ask: Call, workspace: Workspace) -> None:
    job = ask("run", "three", "--in", "10m", "--json").json
    assert job["state"] == "scheduled"
    expected = workspace.clock.now() + timedelta(minutes=10)
    assert abs(datetime.fromisoformat(job["scheduled_at"]) - expected) < timedelta(minutes=2)
    at = ask("run", "three", "--at", "2999-01-01T00:00:00+01:00", "--json").json
    assert at["scheduled_at"] == "2998-12-31T23:00:00Z"


def test_a_job_that_the_overlap_policy_skips_is_refused_with_the_reason(ask: Call, filled: Path) -> None:
    assert ask("run", "alone").code == 0
    answer = ask("run", "alone")
    assert (answer.code, answer.out) == (4, "2\n")
    assert "skipped" in answer.err


def test_jobs_are_listed_newest_first_and_filtered(ask: Call, filled: Path) -> None:
    for arguments in (("greet",), ("greet", "--env", "dev"), ("three",), ("three", "--in", "1h")):
        ask("run", *arguments)

    def ids(*arguments: str) -> list[int]:
        return [job["id"] for job in ask("jobs", "--json", *arguments).json]

    assert ids() == [4, 3, 2, 1]
    assert ids("--limit", "2") == [4, 3]
    assert ids("--state", "scheduled") == [4]
    assert ids("--state", "scheduled", "--state", "available", "--command", "three") == [4, 3]
    assert ids("--env", "dev") == [2]
    assert ids("--since", "1h") == [4, 3, 2, 1]
    assert ids("--since", "2999-01-01") == []


def test_the_table_shows_each_job_in_a_line(ask: Call, filled: Path) -> None:
    ask("run", "greet", "--env", "dev")
    header, row = ask("jobs").out.splitlines()
    assert header.split()[:3] == ["Job", "State", "Command"]
    assert row.split()[:5] == ["1", "available", "greet", "dev", "command-line"]


def test_a_cancelled_job_can_be_retried_and_the_new_one_remembers_it(ask: Call, filled: Path) -> None:
    ask("run", "three")
    assert ask("cancel", "1").code == 0
    job = ask("retry", "1", "--json").json
    assert (job["id"], job["retry_of"], job["origin"], job["state"]) == (2, 1, "retry", "available")


def test_the_life_of_a_job_is_told(ask: Call, workspace: Workspace) -> None:
    ask("run", "three")
    ask("cancel", "1")
    life = ask("events", "1", "--json").json
    assert [event["kind"] for event in life["events"]] == ["queued", "cancelled"]
    assert life["job"] == run_as_json(workspace.runs.get(1))
    assert life["plan"] is None
    assert "cancelled by the command line" in ask("events", "1").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("cancel", "9"), 3, "no job named “9”"),
        (("retry", "9"), 3, "no job named “9”"),
        (("events", "9"), 3, "no job named “9”"),
        (("log", "9"), 3, "no job named “9”"),
        (("cancel", "nine"), 2, "JOB"),
        (("retry", "1"), 4, "has not ended yet"),
        (("log", "1", "--attempt", "2"), 3, "Job 1 has no attempt 2"),
        (("run", "gret"), 3, "Did you mean “greet”?"),
        (("run", "greet", "--env", "prod"), 3, "no environment named “prod”"),
        (("run", "greet", "--in", "soon"), 2, "“soon” is not a duration"),
        (("run", "greet", "--in", "5m", "--at", "2999-01-01"), 2, "not both"),
        (("jobs", "--since", "soon"), 2, "“soon” is not a time"),
        (("jobs", "--state", "done"), 2, "--state"),
        (("jobs", "--command", "nope"), 3, "no command named “nope”"),
        (("pause", "--queue", "nope"), 3, "no queue named “nope”"),
        (("resume",), 4, "not paused"),
        (("frobnicate",), 2, "frobnicate"),
    ],
)
def test_what_can_not_be_done_gets_a_sentence_and_its_exit_code(
    ask: Call, filled: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ask("run", "three")
    answer = ask(*arguments)
    assert (answer.code, answer.out) == (code, "")
    assert words in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.skipif(os.name != "posix", reason="a terminal as POSIX has it")
def test_a_terminal_gets_a_table_without_control_characters(filled: Path, ask: Call, program: Call) -> None:
    ask("run", "greet", "--env", "dev")
    import pty

    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as reader, os.fdopen(theirs, "wb") as terminal:
        settings = environ(TERM="dumb", COLUMNS="120")
        assert program("jobs", stdout=terminal, env=settings).code == 0
        lines = reader.read(10_000).decode().splitlines()
    assert lines[0].split()[:3] == ["Job", "State", "Command"]
    assert lines[1].split()[:4] == ["1", "available", "greet", "dev"]
    assert visible("a\x1b[31mb\n") == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}"


def test_a_run_without_an_environment_names_those_that_its_schedules_use(ask: Call, filled: Path) -> None:
    text = (
        'version = 1\n[[schedules]]\nname = "s"\ncommand = "greet"\nenvironments = ["dev"]\ncrons = ["each minute"]\n'
        '[[crons]]\nname = "each minute"\nexpression = "* * * * *"\n'
    )
    assert ask("apply", "-", stdin=text.encode()).code == 0
    assert "Its schedules name “dev”; --env NAME chooses one." in ask("run", "greet").err
    assert "--env" not in ask("run", "greet", "--env", "dev").err
    assert "--env" not in ask("run", "three").err
