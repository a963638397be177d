"""`pause`, `resume` and `skip-next`: of everything, a queue, a schedule and a part of one."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.queue.pauses import open_pause
from core.queue.scopes import PauseScope
from core.workspace import Workspace
from tests.desktop.cli.conftest import BUNDLE, Call

SCHEDULES = """
[[environments]]
name = "live"

[[crons]]
name = "hourly"
expression = "0 * * * *"
timezone = "UTC"

[[crons]]
name = "nightly"
expression = "30 3 * * *"
timezone = "UTC"

[[schedules]]
name = "greet all"
command = "greet"
environments = ["dev", "live"]
crons = ["hourly", "nightly"]
jitter = "5m"

[[schedules]]
name = "bare"
command = "three"
"""


@pytest.fixture
def filled(data_dir: Path, ask: Call) -> Path:
    """Return the data folder with schedules in it."""
    assert ask("apply", "-", stdin=(BUNDLE + SCHEDULES).encode()).code == 0
    return data_dir


def is_paused(workspace: Workspace, scope: PauseScope) -> bool:
    with workspace.database.reading() as connection:
        return open_pause(connection, workspace.clock.now(), scope) is not None


def test_schedules_are_paused_once_and_resumed(ask: Call, filled: Path) -> None:
    first = ask("pause")
    assert (first.code, first.out) == (0, "")
    assert "until “clockhand resume”" in first.err
    again = ask("pause")
    assert (again.code, "paused already" in again.err) == (4, True)
    assert ask("resume").code == 0
    assert ask("resume").code == 4


def test_a_queue_is_paused_and_resumed(ask: Call, workspace: Workspace) -> None:
    assert ask("pause", "--queue", "default").code == 0
    assert workspace.catalog.queue("default").paused_at is not None
    (queue,) = ask("resume", "--queue", "default", "--json").json
    assert (queue["scope"], queue["queue"], queue["started_at"]) == ("queue", "default", None)
    assert workspace.catalog.queue("default").paused_at is None


def test_a_pause_for_a_time_says_when_it_ends(ask: Call, workspace: Workspace) -> None:
    (pause,) = ask("pause", "--for", "2h", "--json").json
    assert list(pause) == ["scope", "schedule", "environment", "cron", "by", "started_at", "until_at", "ended_at"]
    assert (pause["scope"], pause["schedule"], pause["by"], pause["ended_at"]) == (
        *("everything", None, "the command line", None),
    )
    length = datetime.fromisoformat(pause["until_at"]) - datetime.fromisoformat(pause["started_at"])
    assert abs(length - timedelta(hours=2)) < timedelta(seconds=1)
    (longer,) = ask("pause", "--until", "2999-01-01T00:00Z", "--json").json
    assert (longer["started_at"], longer["until_at"]) == (pause["started_at"], "2999-01-01T00:00:00Z")


def test_one_schedule_is_paused_and_resumed(ask: Call, workspace: Workspace) -> None:
    answer = ask("pause", "--schedule", "greet all")
    assert "clockhand resume --schedule 'greet all'" in answer.err
    assert is_paused(workspace, PauseScope.schedule(1))
    assert ask("pause", "--schedule", "greet all").code == 4
    (pause,) = ask("resume", "--schedule", "greet all", "--json").json
    assert (pause["scope"], pause["schedule"]) == ("schedule", "greet all")
    assert pause["ended_at"] is not None
    assert not is_paused(workspace, PauseScope.schedule(1))


def test_a_cell_a_row_or_a_column_of_a_schedule_is_muted(ask: Call, workspace: Workspace) -> None:
    cell = ("--schedule", "greet all", "--environment", "live", "--cron", "nightly")
    (pause,) = ask("pause", *cell, "--json").json
    assert (pause["scope"], pause["environment"], pause["cron"]) == ("cell", "live", "nightly")
    assert ask("pause", *cell).code == 4
    row = ask("pause", "--schedule", "greet all", "--env", "live", "--json").json
    assert [pause["cron"] for pause in row] == ["hourly"], "the other one is muted already"
    assert ask("pause", "--schedule", "greet all", "--env", "live").code == 4
    column = ask("pause", "--schedule", "greet all", "--cron", "hourly", "--for", "1h", "--json").json
    assert [(pause["environment"], pause["until_at"] is None) for pause in column] == [("dev", False), ("live", False)]
    ended = ask("resume", "--schedule", "greet all", "--env", "live", "--json").json
    assert [pause["cron"] for pause in ended] == ["hourly", "nightly"]
    assert ask("resume", "--schedule", "greet all", "--env", "live").code == 4
    assert is_paused(workspace, PauseScope.cell(1, 1, 1))


def test_the_next_run_is_skipped_and_taken_back(ask: Call, workspace: Workspace) -> None:
    first, second = ask("skip-next", "greet all"), ask("skip-next", "greet all")
    assert first.code == second.code == 0
    assert datetime.fromisoformat(first.out.strip()) < datetime.fromisoformat(second.out.strip())
    assert "is skipped" in first.err
    undone = ask("skip-next", "greet all", "--undo", "--json").json
    assert undone == {"schedule": "greet all", "due_at": second.out.strip(), "skipped": False}
    night = ask("skip-next", "greet all", "--cron", "nightly", "--json").json
    assert night["due_at"].endswith("T03:30:00Z")
    for _ in range(2):
        assert ask("skip-next", "greet all", "--undo").code == 0
    assert ask("skip-next", "greet all", "--undo").code == 4


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("pause", "--schedule", "greet al"), 3, "Did you mean “greet all”"),
        (("pause", "--schedule", "greet all", "--env", "lve"), 3, "Did you mean “live”"),
        (
            ("pause", "--schedule", "greet all", "--cron", "never"),
            3,
            "no cron of the schedule “greet all” named “never”",
        ),
        (("pause", "--env", "live"), 2, "Give --schedule as well"),
        (("resume", "--cron", "hourly"), 2, "Give --schedule as well"),
        (("pause", "--queue", "default", "--schedule", "greet all"), 2, "not both"),
        (("pause", "--queue", "default", "--for", "1h"), 2, "until it is resumed"),
        (("pause", "--for", "1h", "--until", "2999-01-01"), 2, "not both"),
        (("pause", "--for", "soon"), 2, "is not a duration"),
        (("pause", "--until", "tomorrow"), 2, "is not a time"),
        (("pause", "--until", "2001-01-01"), 4, "has passed. Choose a later time"),
        (("resume", "--schedule", "greet all"), 4, "The schedule “greet all” is not paused"),
        (("pause", "--schedule", "bare", "--env", "dev"), 3, "named “dev”"),
        (("skip-next", "bare"), 4, "has no cron"),
        (("skip-next", "nothing"), 3, "no schedule named “nothing”"),
        (("skip-next", "greet all", "--cron", "never"), 3, "named “never”"),
    ],
)
def test_what_can_not_be_done_gets_a_sentence_and_its_exit_code(
    ask: Call, filled: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    answer = ask(*arguments)
    assert (answer.code, answer.out) == (code, "")
    assert words in " ".join(answer.err.split())
    assert "Traceback" not in answer.err


def test_an_end_that_has_passed_does_not_end_a_pause(ask: Call, workspace: Workspace) -> None:
    ask("pause")
    answer = ask("pause", "--until", "2001-01-01")
    assert (answer.code, "has passed" in answer.err) == (4, True)
    assert is_paused(workspace, PauseScope())


def test_jitter_is_exported_and_applied(ask: Call, workspace: Workspace) -> None:
    text = ask("export").out
    assert text.count('jitter = "5m"') == 1, "and where there is none, none is written"
    assert ask("apply", "-", stdin=text.replace('jitter = "5m"', 'jitter = "90s"').encode()).out.splitlines() == [
        "~ schedule “greet all”",
        "    jitter: 5m → 1m30s",
    ]
    assert workspace.catalog.schedule(1).spec.jitter == timedelta(seconds=90)
    refused = ask("apply", "-", stdin=text.replace('jitter = "5m"', 'jitter = "2d"').encode())
    assert (refused.code, "jitter" in refused.err) == (4, True)
