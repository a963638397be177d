"""The process that searches for the window: what comes home, and that none is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QProcess
from pytestqt.qtbot import QtBot

from core.workspace import Workspace
from desktop.models.search_found import FoundLine, SearchState
from desktop.models.search_request import SearchRequest
from desktop.search_process import SearchProcess
from tests.support.outputs import printed
from tests.support.window import PATIENCE_MS


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def process(qtbot: QtBot, workspace: Workspace) -> Iterator[SearchProcess]:
    made = SearchProcess(workspace.folder.root)
    yield made
    made.close()
    made.deleteLater()


class Told:
    """What a process has told."""

    def __init__(self, process: SearchProcess) -> None:
        self.hits: list[FoundLine] = []
        self.slices: list[int] = []
        self.states: list[SearchState] = []
        self.unreadable: list[str] = []
        process.found.connect(self._on_found)
        process.progressed.connect(self.states.append)
        process.unreadable.connect(self.unreadable.append)

    def _on_found(self, hits: list[FoundLine]) -> None:
        self.hits += hits
        self.slices.append(len(hits))


def test_hits_and_progress_come_home(qtbot: QtBot, workspace: Workspace, process: SearchProcess) -> None:
    job = printed(workspace, "before\na n\u00fceedle\tand a n\u00fceedle\nafter\n".encode(), command="print")
    told = Told(process)
    with qtbot.waitSignal(process.ended, timeout=PATIENCE_MS):
        process.start(SearchRequest(text="N\u00dcEEDLE"))
        assert process.is_running
    (hit,) = told.hits
    assert (hit.job_id, hit.number, hit.text, hit.command) == (job, 2, "a n\u00fceedle and a n\u00fceedle", "print")
    assert hit.spans == ((2, 9), (16, 23))
    assert (hit.before, hit.after, hit.place, hit.outcome) == (("before",), ("after",), 9, "succeeded")
    assert told.states[-1].is_over
    assert told.states[-1].hits == 1


def test_many_hits_come_in_small_slices(qtbot: QtBot, workspace: Workspace, process: SearchProcess) -> None:
    printed(workspace, b"needle\n" * 900)
    told = Told(process)
    with qtbot.waitSignal(process.ended, timeout=PATIENCE_MS):
        process.start(SearchRequest(text="needle"))
    assert [hit.number for hit in told.hits] == list(range(1, 901))
    assert max(told.slices) <= 15


def test_a_process_that_waits_already_is_asked(qtbot: QtBot, workspace: Workspace, process: SearchProcess) -> None:
    printed(workspace, b"needle\n")
    process.prepare()
    (ready,) = process.findChildren(QProcess)
    process.prepare()
    assert process.findChildren(QProcess) == [ready]
    told = Told(process)
    with qtbot.waitSignal(process.ended, timeout=PATIENCE_MS):
        process.start(SearchRequest(text="needle"))
        assert process.findChildren(QProcess) == [ready]
    assert len(told.hits) == 1


def test_a_process_that_waited_and_died_is_replaced(qtbot: QtBot, workspace: Workspace, process: SearchProcess) -> None:
    printed(workspace, b"needle\n")
    process.prepare()
    (ready,) = process.findChildren(QProcess)
    qtbot.waitUntil(lambda: ready.processId() > 0, timeout=PATIENCE_MS)
    with qtbot.waitSignal(ready.finished, timeout=PATIENCE_MS):
        psutil.Process(ready.processId()).kill()
    told = Told(process)
    with qtbot.waitSignal(process.ended, timeout=PATIENCE_MS):
        process.start(SearchRequest(text="needle"))
    assert len(told.hits) == 1


def test_stopping_ends_the_process_and_its_answers(qtbot: QtBot, workspace: Workspace, process: SearchProcess) -> None:
    printed(workspace, b"a" * 4000 + b"!\n")
    printed(workspace, b"hay\n")
    told = Told(process)
    # The newest is searched first; what comes then has no end.
    process.start(SearchRequest(text="hay|(a+)+$", is_regex=True))
    qtbot.waitUntil(lambda: bool(told.hits), timeout=PATIENCE_MS)
    (running,) = process.findChildren(QProcess)
    with qtbot.waitSignal(running.destroyed, timeout=PATIENCE_MS), qtbot.assertNotEmitted(process.ended):
        process.stop()
        assert not process.is_running


def test_closing_leaves_no_process(qtbot: QtBot, workspace: Workspace, process: SearchProcess) -> None:
    printed(workspace, b"a" * 4000 + b"!\n")
    process.start(SearchRequest(text="(a+)+$", is_regex=True))
    process.prepare()
    qtbot.waitUntil(
        lambda: all(each.state() is QProcess.ProcessState.Running for each in process.findChildren(QProcess)),
        timeout=PATIENCE_MS,
    )
    numbers = [each.processId() for each in process.findChildren(QProcess)]
    assert len(numbers) == 2
    process.close()
    assert not any(psutil.pid_exists(number) for number in numbers)


def test_a_process_that_is_silent_for_too_long_is_ended(
    qtbot: QtBot, workspace: Workspace, process: SearchProcess
) -> None:
    printed(workspace, b"a" * 4000 + b"!\n")
    process._silence.setInterval(50)
    with qtbot.waitSignal(process.failed, timeout=PATIENCE_MS) as failed:
        process.start(SearchRequest(text="(a+)+$", is_regex=True))
    assert "Make the expression simpler" in failed.args[0]
    assert not process.is_running


def test_what_the_program_refuses_is_told(qtbot: QtBot, workspace: Workspace, process: SearchProcess) -> None:
    with qtbot.waitSignal(process.failed, timeout=PATIENCE_MS) as failed:
        process.start(SearchRequest(text="x", command="nobody"))
    assert failed.args == ["There is no command named “nobody”."]


def test_a_program_that_can_not_be_started_is_told(
    qtbot: QtBot, process: SearchProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.own_process.program", lambda: ["/nonexistent/program"])
    with qtbot.waitSignal(process.failed, timeout=PATIENCE_MS) as failed:
        process.start(SearchRequest(text="x"))
    assert failed.args[0].startswith("The search could not be started: ")
    assert not process.is_running


def test_an_output_that_is_gone_is_told(qtbot: QtBot, workspace: Workspace, process: SearchProcess) -> None:
    job = printed(workspace, b"needle", in_file=True)
    for path in workspace.folder.output.rglob("*.log"):
        path.unlink()
    told = Told(process)
    with qtbot.waitSignal(process.ended, timeout=PATIENCE_MS):
        process.start(SearchRequest(text="needle"))
    assert [sentence.split(":")[0] for sentence in told.unreadable] == [f"Job {job}, attempt 1"]
