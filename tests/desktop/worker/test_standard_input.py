"""What this program reads is passed on no faster than it is taken."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.workspace import Workspace
from desktop.agent import Agent
from desktop.standard_input import StandardInput
from desktop.worker.process import WorkerProcess

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are of the POSIX shell")

PATIENCE_MS = 20_000
MOST_BYTES = 512 * 1024


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_what_waits_does_not_grow_with_what_is_to_be_read(
    workspace: Workspace, agent: Agent, enqueue: Callable[..., int], qtbot: QtBot, tmp_path: Path, *, terminal: bool
) -> None:
    (tmp_path / "large").write_bytes(b"a line of some length\n" * 100_000)
    began: list[WorkerProcess] = []
    waiting: list[int] = []
    agent.pool.began.connect(began.append)
    job_id = enqueue(
        f"stty -echo 2>/dev/null; until test -e '{tmp_path}/go'; do sleep 0.02; done; wc -l",
        terminal=terminal,
        interactive=True,
    )
    qtbot.waitUntil(lambda: bool(began), timeout=PATIENCE_MS)

    def is_over() -> bool:
        waiting.append(began[0].unsent_bytes)
        if waiting[-1] > MOST_BYTES // 8:
            (tmp_path / "go").touch()
        return not workspace.runs.get(job_id).is_live

    with (tmp_path / "large").open("rb") as large:
        passing = StandardInput(large.fileno())
        passing.attach(began[0])
        qtbot.waitUntil(is_over, timeout=PATIENCE_MS)
        passing.detach()
    with workspace.output(job_id) as reader:
        assert reader.read(0, 100).split()[-1] == b"100000"
    assert MOST_BYTES // 8 < max(waiting) < MOST_BYTES


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash can stop waiting for a line")
def test_a_process_that_comes_after_the_end_is_told_it_once(
    workspace: Workspace, agent: Agent, enqueue: Callable[..., int], qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "words").write_bytes(b"no end of a line")
    with (tmp_path / "words").open("rb") as words:
        passing = StandardInput(words.fileno())
        agent.pool.began.connect(passing.attach)
        agent.pool.ended.connect(lambda _process: passing.detach())
        # 1 says that it read the end, more than 128 that it stopped waiting.
        texts = ["cat", "read -t 20 a; echo first $?; read -t 1 b; test $? -gt 128 && echo waited"]
        for text in texts:
            job_id = enqueue(text, shell="bash", terminal=True, interactive=True)
            qtbot.waitUntil(lambda: not workspace.runs.get(job_id).is_live, timeout=PATIENCE_MS)  # noqa: B023  (at once)
    with workspace.output(job_id) as reader:
        assert reader.read(0, 100) == b"first 1\nwaited\n"
