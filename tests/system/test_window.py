"""The real program under a real X server: it schedules, shows, and ends in order."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.exchange.bundle import apply_bundle, read_bundle
from core.history.runs import Run, RunFilter
from core.queue.states import JobState
from core.workspace import Workspace
from resources import DEMO, sample
from tests.support import wait_until

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


@pytest.fixture
def display() -> Iterator[str]:
    """Start an X server of its own, which chooses a free number, and give its name."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a data folder with the sample in it."""
    with Workspace(tmp_path / "data") as workspace:
        apply_bundle(workspace.database, workspace.clock, read_bundle(sample(), DEMO))
    return tmp_path / "data"


def succeeded(workspace: Workspace) -> list[Run]:
    return workspace.runs.page(RunFilter(states=[JobState.COMPLETED]), limit=10)


def test_the_sample_runs_in_the_window_and_a_signal_ends_it_without_an_orphan(display: str, folder: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("QT_", "WAYLAND"))}
    program = subprocess.Popen(
        [sys.executable, "-m", "desktop"],
        cwd=ROOT,
        env={**environ, "DISPLAY": display, "CLOCKHAND_DATA_DIR": str(folder), "QT_QPA_PLATFORM": "xcb"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with Workspace(folder) as workspace:
            wait_until(lambda: succeeded(workspace), timeout_s=PATIENCE_S, message="a scheduled command succeeds")
            run = succeeded(workspace)[-1]
            assert run.origin == "schedule"
            assert run.exit_code == 0
            assert run.duration is not None
            assert workspace.output(run.id).size() == run.output_bytes > 0
            children = psutil.Process(program.pid).children(recursive=True)
            program.send_signal(signal.SIGTERM)
            _out, errors = program.communicate(timeout=PATIENCE_S)
            assert program.returncode == 0
            assert errors == ""
            _gone, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
            assert alive == []
            assert not workspace.agent_lock().is_held_elsewhere()
            assert (folder / "window.ini").exists()
    finally:
        if program.poll() is None:
            program.kill()
            program.communicate()
