"""The verb `search`, on real stores; with real runs where the program itself is asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.execution.outcome import Failed
from core.output.index import Stream
from core.search.query import SearchQuery
from core.search.searching import OutputSearch
from core.workspace import Workspace
from desktop.cli import search
from desktop.cli.search_lines import LinePrinter
from tests.desktop.cli.conftest import PATIENCE_S, Call
from tests.support.outputs import begin_run, print_and_end, printed

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def two(workspace: Workspace) -> tuple[int, int]:
    """Return two runs; the second has failed."""
    first = printed(workspace, b"start\nan error here\nthe end\n", command="first")
    second = printed(workspace, b"\x1b[31mError\x1b[0m: errors\nfine\n", command="second", in_file=True, fails=True)
    return first, second


def test_lines_are_found_as_grep_would_print_them(ask: Call, two: tuple[int, int]) -> None:
    answer = ask("search", "error")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines() == [f"{two[1]}:1:Error: errors", f"{two[0]}:2:an error here"]


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (("Error",), [1]),
        (("ERROR",), []),
        (("-i", "ERROR"), [1, 0]),
        (("--word", "error"), [0]),
        (("--word", "-i", "error"), [1, 0]),
        (("--regex", "^Err.r:"), [1]),
        (("error", "--command", "first"), [0]),
        (("error", "--state", "discarded"), [1]),
        (("error", "--since", "1h"), [1, 0]),
        (("error", "--until", "1h"), []),
        (("error", "--limit", "1"), [1]),
    ],
)
def test_options_say_what_is_found(
    ask: Call, two: tuple[int, int], options: tuple[str, ...], numbers: list[int]
) -> None:
    answer = ask("search", *options)
    assert [int(line.split(":")[0]) for line in answer.out.splitlines()] == [two[number] for number in numbers]
    assert answer.code == (0 if numbers else 1)


def test_context_is_marked_and_groups_are_parted(ask: Call, workspace: Workspace) -> None:
    job = printed(workspace, b"".join(b"%d\n" % number for number in range(1, 20)) + b"needle 20\n21\nneedle 22\n")
    answer = ask("search", "--regex", r"^5$|needle", "-C", "1")
    assert answer.out.splitlines() == [
        f"{job}-4-4",
        f"{job}:5:5",
        f"{job}-6-6",
        "--",
        f"{job}-19-19",
        f"{job}:20:needle 20",
        f"{job}-21-21",
        f"{job}:22:needle 22",
    ]


def test_an_attempt_before_the_last_is_told_by_its_number(ask: Call, workspace: Workspace) -> None:
    job = begin_run(workspace, "twice")
    print_and_end(workspace, job, [(Stream.STDERR, b"first needle\n")], outcome=Failed(1))
    workspace.database.write(
        lambda tx: tx.connection.exec_driver_sql("UPDATE jobs SET attempt = 2 WHERE id = ?", (job.id,))
    )
    assert ask("search", "needle").out == f"{job.id}.1:1:first needle\n"


def test_each_hit_is_a_line_of_json(ask: Call, two: tuple[int, int]) -> None:
    lines = [json.loads(line) for line in ask("search", "error", "--json", "-C", "1").out.splitlines()]
    assert [line["job"] for line in lines] == [two[1], two[0]]
    assert {name: value for name, value in lines[0].items() if name not in {"at", "started_at"}} == {
        "job": two[1],
        "attempt": 1,
        "is_latest": True,
        "command": "second",
        "environment": None,
        "outcome": "failed",
        "stream": "stdout",
        "line": 1,
        "offset": 0,
        "match_offset": 16,
        "text": "Error: errors",
        "matches": [[7, 12]],
        "cut_before": False,
        "cut_after": False,
        "before": [],
        "after": ["fine"],
    }


def answers(ask: Call, **asked: object) -> list[dict[str, Any]]:
    message = {"is_regex": False, "ignore_case": False, "whole_words": False, "context_lines": 1, "states": [], **asked}
    answer = ask("search-for-the-window", stdin=json.dumps(message).encode() + b"\n")
    assert answer.err == ""
    return [json.loads(line) for line in answer.out.splitlines()]


def test_the_window_that_asks_for_nothing_gets_nothing(ask: Call, two: tuple[int, int]) -> None:
    answer = ask("search-for-the-window")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_the_window_can_narrow_the_search(ask: Call, two: tuple[int, int]) -> None:
    found = answers(ask, text="ERROR", ignore_case=True, command="first", states=["completed"], since="1h")
    assert [answer["job"] for answer in found if "job" in answer] == [two[0]]


def test_progress_is_told_between_the_hits(ask: Call, two: tuple[int, int]) -> None:
    lines = answers(ask, text="error")
    assert [line["job"] for line in lines if "job" in line] == [two[1], two[0]]
    last = lines[-1]["progress"]
    assert (last["is_over"], last["hits"], last["outputs"]) == (True, 2, 2)
    assert last["done_bytes"] == last["total_bytes"] > 0


def test_the_text_can_come_from_standard_input(ask: Call, two: tuple[int, int]) -> None:
    assert ask("search", "--stdin", "--word", stdin=b"error\n").out == f"{two[0]}:2:an error here\n"


def test_control_characters_do_not_reach_the_terminal(ask: Call, workspace: Workspace) -> None:
    job = printed(workspace, b"needle\x07\x00\ttab\n")
    assert ask("search", "needle").out == f"{job}:1:needle\ufffd\ufffd\ttab\n"


def test_long_lines_are_cut_around_the_match(ask: Call, workspace: Workspace) -> None:
    job = printed(workspace, b"x" * 5000 + b" needle " + b"y" * 5000)
    line = ask("search", "needle").out.rstrip("\n")
    assert line.startswith(f"{job}:1:…xxx")
    assert line.endswith("yyy…")
    assert len(line) < 350


def test_too_many_lines_are_said_to_be_so(ask: Call, workspace: Workspace) -> None:
    printed(workspace, b"needle\n" * 1500)
    answer = ask("search", "needle")
    assert len(answer.out.splitlines()) == 1000
    assert answer.err == "Of one run only the first 1,000 lines are shown.\n"
    answer = ask("search", "needle", "--limit", "7")
    assert (len(answer.out.splitlines()), answer.code) == (7, 0)
    assert answer.err == "There may be more: it stopped at 7 lines (--limit).\n"


def test_an_output_that_is_gone_is_told_to_the_person(ask: Call, workspace: Workspace, data_dir: Path) -> None:
    job = printed(workspace, b"needle", in_file=True)
    for path in (data_dir / "output").rglob("*.log"):
        path.unlink()
    answer = ask("search", "needle")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(f"Job {job}, attempt 1: The output file ")
    assert answers(ask, text="needle")[0]["problem"] == answer.err.strip()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ((), 2, "Say what to look for"),
        (("",), 4, "Nothing is given"),
        (("--regex", "a("), 4, "missing ), unterminated subpattern"),
        (("x", "--command", "firts"), 3, "Did you mean “first”?"),
        (("x", "--since", "yesterdayish"), 2, "is not a time"),
        (("x", "-C", "99"), 2, "less than or equal to 20"),
    ],
)
def test_what_can_not_be_searched_says_why(
    ask: Call, two: tuple[int, int], options: tuple[str, ...], code: int, words: str
) -> None:
    answer = ask("search", *options)
    assert (answer.code, answer.out) == (code, "")
    assert words in answer.err


def test_without_data_nothing_is_found_and_nothing_is_made(ask: Call, data_dir: Path) -> None:
    answer = ask("search", "needle")
    assert (answer.code, answer.out) == (1, "")
    assert "There is no data yet" in answer.err
    assert not data_dir.exists()


def test_colours_mark_the_match_where_they_are_wanted(
    workspace: Workspace, two: tuple[int, int], capfd: pytest.CaptureFixture[str]
) -> None:
    found = OutputSearch(workspace.database, workspace.outputs, workspace.folder.output)
    printer = LinePrinter(context_lines=0, in_colour=True)
    capfd.readouterr()
    for step in found.run(SearchQuery(text="an error", context_lines=0)):
        for hit in step.hits:
            printer.show(hit)
    mark = "\x1b[36m:\x1b[m"
    assert capfd.readouterr().out == (
        f"\x1b[35m{two[0]}\x1b[m{mark}\x1b[32m2\x1b[m{mark}\x1b[1;31man error\x1b[m here\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")
def test_what_a_real_run_printed_is_found(program: Call, filled: Path) -> None:
    assert program("run", "greet", "--env", "dev", "--wait").code == 0
    answer = program("search", "oops")
    assert (answer.code, answer.out, answer.err) == (0, "1:2:oops\n", "")


@pytest.mark.skipif(os.name != "posix", reason="there is no such timer")
def test_an_expression_without_end_is_ended(ask: Call, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    printed(workspace, b"a" * 4000 + b"!\n")
    monkeypatch.setattr(search, "SLICE_LIMIT_S", 0.2)
    answer = ask("search", "--regex", "(a+)+$")
    assert (answer.code, answer.out) == (4, "")
    assert "make it simpler" in answer.err
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.skipif(os.name != "posix", reason="Windows has other signals")
def test_an_interrupt_ends_it_without_a_word(start: Start, workspace: Workspace) -> None:
    printed(workspace, b"needle aaaaaaaaaaaaaaaaaaaaaaaa\n")
    printed(workspace, b"a" * 4000 + b"!\n")
    for _ in range(3):
        printed(workspace, b"hay\n")
    # The newest are searched first: the line tells that it is at work, what comes then would never end.
    process = start("search", "--regex", "hay|(a+)+$|needle")
    assert process.stdout is not None
    assert "hay" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (130, "")
    assert "Traceback" not in out
