"""The program with its window, started as a process of its own: how it begins and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.queue.states import JobState, Origin
from core.workspace import Workspace
from tests.support import wait_until
from tests.support.window import add_command

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and shells of POSIX")

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30
CODE = "import sys; from pathlib import Path; from desktop.application import main; sys.exit(main(Path(sys.argv[1])))"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts the window on a data folder; what still runs is ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start_it(folder: Path, **environ: str | None) -> subprocess.Popen[str]:
        wanted = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **environ}
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(folder)],
            cwd=ROOT,
            env={name: value for name, value in wanted.items() if value is not None},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start_it
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE_S)


def wait_for_window(folder: Path) -> None:
    with Workspace(folder) as workspace:
        wait_until(workspace.agent_lock().is_held_elsewhere, timeout_s=PATIENCE_S, message="the window takes the lock")


def end(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    process.send_signal(number)
    _out, errors = process.communicate(timeout=PATIENCE_S)
    return process.returncode, errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order_and_in_silence(start: Start, tmp_path: Path, number: int) -> None:
    process = start(tmp_path)
    wait_for_window(tmp_path)
    assert end(process, number) == (0, "")
    with Workspace(tmp_path) as workspace:
        assert not workspace.agent_lock().is_held_elsewhere()


def test_a_second_signal_ends_at_once_what_the_first_one_waits_for(start: Start, tmp_path: Path) -> None:
    with Workspace(tmp_path) as workspace:
        stubborn = "trap '' TERM; while true; do sleep 1; done"
        command_id = add_command(workspace, "stubborn", stubborn, grace=timedelta(hours=1))
        job_id = workspace.queue.run(command_id, None, origin=Origin.MANUAL).result().job_id
        process = start(tmp_path)
        wait_until(lambda: workspace.runs.get(job_id).pid, timeout_s=PATIENCE_S, message="the command runs")
        # Two different ones: of the same signal a second one that comes at once is none.
        process.send_signal(signal.SIGINT)
        code, errors = end(process, signal.SIGTERM)
        assert (code, errors) == (0, "")
        assert workspace.runs.get(job_id).state is not JobState.EXECUTING


def test_a_folder_that_another_agent_has_is_refused(start: Start, tmp_path: Path) -> None:
    first = start(tmp_path)
    wait_for_window(tmp_path)
    second = start(tmp_path)
    message = second.stderr.readline() if second.stderr else ""
    code, _errors = end(second, signal.SIGTERM)
    assert code == 5
    assert message.startswith("Another agent")
    assert end(first, signal.SIGTERM) == (0, "")


def test_a_database_that_is_none_is_refused_and_left_as_it_is(start: Start, tmp_path: Path) -> None:
    (tmp_path / "clockhand.db").write_bytes(b"This is not a database. " * 100)
    process = start(tmp_path)
    message = process.stderr.readline() if process.stderr else ""
    code, _errors = end(process, signal.SIGTERM)
    assert code == 5
    assert "is not a database" in message
    assert (tmp_path / "clockhand.db").read_bytes() == b"This is not a database. " * 100


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_it_says_so_and_what_to_do(start: Start, tmp_path: Path) -> None:
    process = start(tmp_path, QT_QPA_PLATFORM=None, DISPLAY=None, WAYLAND_DISPLAY=None)
    _out, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert errors.startswith("There is no display here")
    assert "clockhand agent" in errors
    assert list(tmp_path.iterdir()) == []
