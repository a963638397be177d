"""The verb `compare`, on real stores; with real runs where the program itself is asked."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path

import pytest

from core.comparison import comparing
from core.comparison.text import read_text
from core.workspace import Workspace
from desktop.cli import hidden
from desktop.cli.compare import ROWS_PER_LINE
from tests.desktop.cli.conftest import Call
from tests.support.comparisons import plan, ran

LINES = [f"07:30:{number:02} line {number}" for number in range(1, 21)]


def text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture
def pair(workspace: Workspace) -> tuple[int, int]:
    """Return a good run, and a later one that failed, took longer and printed something else."""
    good = ran(workspace, text(LINES), what=plan("echo begin\nimport", secrets=("TOKEN",), URL="a"), seconds=4)
    changed = [line.replace("07:30", "08:30") for line in LINES]
    changed[4:5] = ["08:30:05 line five\x1b[31m", "08:30:05 one more"]
    del changed[17]
    bad = ran(workspace, text(changed), what=plan("echo begin\nimport -v", URL="b"), seconds=44, fails=True)
    return good, bad


def test_what_differs_is_printed_as_a_diff(ask: Call, pair: tuple[int, int]) -> None:
    good, bad = pair
    answer = ask("compare", str(bad), "--context", "1")
    assert (answer.code, answer.err) == (1, "")
    assert answer.out.splitlines() == [
        f"--- job {good}, “print”: succeeded, after 4.0 s",
        f"+++ job {bad}, “print”: failed with exit code 1, after 44 s",
        "It took 40 s longer than usual (4.0 s).",
        "outcome: succeeded -> failed",
        "exit code: 0 -> 1",
        "@@ command @@",
        " echo begin",
        "-import",
        "+import -v",
        "@@ environment @@",
        "-TOKEN=(secret)   from live",
        "-URL=a   from live",
        "+URL=b   from live",
        "@@ -4,3 +4,4 @@",
        " 08:30:04 line 4",
        "-07:30:05 line 5",
        "+08:30:05 line five",
        "+08:30:05 one more",
        " 08:30:06 line 6",
        "@@ -16,3 +17,2 @@",
        " 08:30:16 line 16",
        "-07:30:17 line 17",
        " 08:30:18 line 18",
    ]


def test_runs_that_did_the_same_are_told_by_the_exit_code(ask: Call, workspace: Workspace) -> None:
    ran(workspace, b"at 07:30 it took 4 s\n", seconds=4)
    job = ran(workspace, b"at 07:31 it took 5 s\n", seconds=4.5)
    answer = ask("compare", str(job))
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines()[2:] == ["It took as long as usual (4.0 s)."]
    assert ask("compare", str(job), "--ignore", "none").code == 1
    assert ask("compare", str(job), "--ignore", "ids").code == 1
    assert ask("compare", str(job), "--ignore", "ids, Numbers").code == 0
    assert ask("compare", str(job), "--json").json["differs"] is False


def test_any_two_jobs_are_compared_in_the_order_that_is_asked_for(ask: Call, pair: tuple[int, int]) -> None:
    good, bad = map(str, pair)
    answer = ask("compare", good, bad, "--json")
    assert answer.code == 1
    assert (answer.json["before"]["id"], answer.json["after"]["id"]) == (int(bad), int(good))
    assert {row["kind"] for rows in answer.json["output"]["hunks"] for row in rows} == {
        "ignored",
        "changed",
        "removed",
        "added",
    }
    assert "same" not in {variable["change"] for variable in answer.json["variables"]}


def test_what_is_wrong_is_said_with_its_exit_code(ask: Call, pair: tuple[int, int]) -> None:
    good, bad = map(str, pair)
    answer = ask("compare", good)
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == (f"clockhand: No run of “print” before job {good} succeeded. Name a job to compare it with.\n")
    assert ask("compare", "99").code == 3
    assert ask("compare", bad, "99").code == 3
    wrong = ask("compare", bad, "--ignore", "dates")
    assert wrong.code == 2
    assert "“dates” is none of these: times, ids, numbers, none." in " ".join(wrong.err.split())


def test_an_output_that_is_gone_is_said(ask: Call, workspace: Workspace) -> None:
    ran(workspace, b"x\n", in_file=True)
    job = ran(workspace, b"x\n")
    for path in workspace.folder.output.rglob("*.log"):
        path.unlink()
    answer = ask("compare", str(job))
    assert answer.code == 1
    assert answer.err.startswith("The outputs can't be compared. The output file ")


def test_no_control_character_reaches_the_terminal(ask: Call, workspace: Workspace) -> None:
    ran(workspace, b"a\n")
    job = ran(workspace, b"b\x07\x9b31m\n", what=plan("echo \x1b[31m"))
    assert not {"\x07", "\x1b", "\x9b"} & set(ask("compare", str(job)).out)


def test_a_large_output_says_what_was_not_compared(
    ask: Call, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "read_text", partial(read_text, most_lines=10))
    good = ran(workspace, text(LINES))
    job = ran(workspace, text(LINES))
    answer = ask("compare", str(job))
    assert answer.code == 0
    assert answer.err.splitlines() == [
        *(
            f"Of job {each}'s output only the beginning and the end are compared, not 166 bytes, 10 lines between."
            for each in (good, job)
        ),
        "What is between is the same in both, byte for byte.",
    ]
    assert answer.out.splitlines()[-1].startswith(" 07:30:18")


def test_the_window_is_told_all_rows_in_small_lines(ask: Call, workspace: Workspace) -> None:
    count = ROWS_PER_LINE * 2 + 7
    good = ran(workspace, text([f"line {number}" for number in range(count)]))
    job = ran(workspace, text([f"line {number}" for number in range(count)] + ["end"]))
    answer = ask(hidden.COMPARE, stdin=json.dumps({"job": job, "other": good, "ignored": []}).encode() + b"\n")
    assert (answer.code, answer.err) == (0, "")
    head, *rows = map(json.loads, answer.out.splitlines())
    assert (head["before"]["id"], head["after"]["id"], head["output"]["counts"]) == (
        good,
        job,
        {"added": 1, "same": count},
    )
    assert list(map(len, rows)) == [ROWS_PER_LINE, ROWS_PER_LINE, 8]
    assert rows[0][0] == ["same", 1, "line 0", 1, "line 0"]
    assert rows[-1][-1] == ["added", None, None, count + 1, "end"]
    assert ask(hidden.COMPARE).out == ""


@pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")
def test_runs_of_the_program_are_compared_by_the_program(program: Call, filled: Path) -> None:
    for _ in range(2):
        assert program("run", "greet", "--env", "dev", "--wait").code == 0
    answer = program("compare", "2")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("--- job 1, “greet” in dev: succeeded, after ")
