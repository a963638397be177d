"""The process that compares for the window: what comes home, and that none is left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QProcess
from pytestqt.qtbot import QtBot

from core.comparison.ignoring import BY_DEFAULT
from core.comparison.lines import Kind, Row
from core.workspace import Workspace
from desktop.cli.compare import ROWS_PER_LINE
from desktop.compare_process import CompareProcess
from desktop.models.compared import Compared, CompareRequest
from tests.support.comparisons import plan, ran
from tests.support.window import PATIENCE_MS


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def process(qtbot: QtBot, workspace: Workspace) -> Iterator[CompareProcess]:
    made = CompareProcess(workspace.folder.root)
    yield made
    made.close()
    made.deleteLater()


class Told:
    """What a process has told."""

    def __init__(self, process: CompareProcess) -> None:
        self.heads: list[Compared] = []
        self.slices: list[list[Row]] = []
        process.headed.connect(self.heads.append)
        process.rows_read.connect(self.slices.append)

    @property
    def rows(self) -> list[Row]:
        return [row for rows in self.slices for row in rows]


def request(job: int, other: int | None = None) -> CompareRequest:
    return CompareRequest(job, other, BY_DEFAULT)


def test_all_of_a_comparison_comes_home(qtbot: QtBot, workspace: Workspace, process: CompareProcess) -> None:
    good = ran(workspace, b"07:30 begin\nit is f\xc3\xbcne\n", what=plan(URL="a"), seconds=4)
    job = ran(workspace, b"07:31 begin\nit is not\n", what=plan(URL="b"), seconds=44, fails=True)
    told = Told(process)
    with qtbot.waitSignal(process.ended, timeout=PATIENCE_MS):
        process.start(request(job))
    assert not process.is_running
    (head,) = told.heads
    assert (head.before_id, head.after_id, head.differs, head.problem) == (good, job, True, None)
    assert head.took is not None
    assert head.usual is not None
    assert (head.took.total_seconds(), head.usual.total_seconds()) == (44, 4)
    assert [(variable.name, variable.before, variable.after) for variable in head.variables] == [("URL", "a", "b")]
    assert head.output_rows == len(told.rows) == 2
    assert told.rows == [
        Row(Kind.IGNORED, 1, "07:30 begin", 1, "07:31 begin"),
        Row(Kind.CHANGED, 2, "it is f\u00fcne", 2, "it is not"),
    ]


def test_many_rows_come_in_small_slices(qtbot: QtBot, workspace: Workspace, process: CompareProcess) -> None:
    lines = b"".join(b"line %d\n" % number for number in range(5 * ROWS_PER_LINE + 1))
    ran(workspace, lines)
    job = ran(workspace, lines)
    told = Told(process)
    with qtbot.waitSignal(process.ended, timeout=PATIENCE_MS):
        process.start(request(job))
    assert [len(rows) for rows in told.slices] == [ROWS_PER_LINE] * 5 + [1]
    assert all(row.kind is Kind.SAME and row.before is row.after for row in told.rows)


def test_what_is_wrong_is_told_in_the_words_of_the_program(
    qtbot: QtBot, workspace: Workspace, process: CompareProcess
) -> None:
    job = ran(workspace, b"x\n")
    with qtbot.waitSignal(process.failed, timeout=PATIENCE_MS) as failed:
        process.start(request(job))
    assert failed.args == [f"No run of “print” before job {job} succeeded. Name a job to compare it with."]
    assert not process.is_running


def test_a_comparison_that_is_stopped_leaves_no_process_and_says_nothing(
    qtbot: QtBot, workspace: Workspace, process: CompareProcess
) -> None:
    ran(workspace, b"x\n")
    job = ran(workspace, b"x\n")
    told = Told(process)
    process.start(request(job))
    (child,) = process.findChildren(QProcess)
    qtbot.waitUntil(lambda: child.state() is QProcess.ProcessState.Running, timeout=PATIENCE_MS)
    number = child.processId()
    process.stop()
    assert not process.is_running
    qtbot.waitUntil(lambda: not psutil.pid_exists(number), timeout=PATIENCE_MS)
    assert told.heads == []
    with qtbot.waitSignal(process.ended, timeout=PATIENCE_MS):
        process.start(request(job))
    assert len(told.heads) == 1


def test_a_new_comparison_ends_the_one_before(qtbot: QtBot, workspace: Workspace, process: CompareProcess) -> None:
    first, second, third = (ran(workspace, b"%d\n" % number) for number in range(3))
    told = Told(process)
    process.start(request(second))
    with qtbot.waitSignal(process.ended, timeout=PATIENCE_MS):
        process.start(request(third, first))
    assert [(head.before_id, head.after_id) for head in told.heads] == [(first, third)]


def test_a_program_that_is_killed_is_told(
    qtbot: QtBot, process: CompareProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    monkeypatch.setattr("desktop.own_process.program", lambda: [sys.executable, "-c", script])
    with qtbot.waitSignal(process.failed, timeout=PATIENCE_MS) as failed:
        process.start(request(1))
    assert failed.args == ["The comparison ended unexpectedly (code -1)."]
