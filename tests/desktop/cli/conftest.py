"""Two ways to call the command line: in this process, which is quick, and as the program that users start."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.workspace import Workspace
from desktop.cli import main
from tests.support import wait_until

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 60

BUNDLE = """
version = 1

[[environments]]
name = "dev"
variables = { GREETING = "hello" }

[[commands]]
name = "greet"
run = "echo {{ GREETING }}; echo oops >&2"
shell = "sh"

[[commands]]
name = "three"
run = "exit 3"
shell = "sh"

[[commands]]
name = "slow"
run = "echo begin; exec sleep 60"
shell = "sh"

[[commands]]
name = "limited"
run = "exec sleep 60"
shell = "sh"
timeout = "200ms"

[[commands]]
name = "killed"
run = "kill -9 $$"
shell = "sh"

[[commands]]
name = "nowhere"
run = "true"
shell = "sh"
working_directory = "/nonexistent"

[[commands]]
name = "alone"
run = "true"
shell = "sh"
overlap = "skip"

[[commands]]
name = "bytes"
run = "printf 'a\\\\377b\\\\n'"
shell = "sh"

[[commands]]
name = "twice"
run = "echo attempt {{ job.attempt }}; test {{ job.attempt }} = 2"
shell = "sh"
max_attempts = 2
backoff_base = "100ms"
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Answer]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data folder of the test, which does not exist yet."""
    folder = tmp_path / "data"
    monkeypatch.setenv("CLOCKHAND_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def ask(data_dir: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call the command line in this process."""

    def call(*arguments: str, stdin: bytes = b"") -> Answer:
        capfd.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(arguments)
        captured = capfd.readouterr()
        # An event loop without a window would stay, and no test of the window could make its own.
        loops = sys.modules.get("PySide6.QtCore")
        loop = loops.QCoreApplication.instance() if loops is not None else None
        assert type(loop).__name__ != "QCoreApplication", "what needs an event loop is called with `program`"
        return Answer(code, captured.out, captured.err)

    return call


@pytest.fixture
def start(data_dir: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the program as users do, and see to it that it ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def popen(*arguments: str, **options: Any) -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [sys.executable, "-m", "desktop", *arguments]
        process = subprocess.Popen(command, cwd=ROOT, text=True, errors="replace", **{**pipes, **options})
        started.append(process)
        return process

    yield popen
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE_S)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def program(start: Callable[..., subprocess.Popen[str]]) -> Call:
    """Call the program as users do, and wait for its end."""

    def call(*arguments: str, **options: Any) -> Answer:
        process = start(*arguments, **options)
        out, err = process.communicate(timeout=PATIENCE_S)
        return Answer(process.returncode, out or "", err or "")

    return call


@pytest.fixture
def filled(data_dir: Path, ask: Call) -> Path:
    """Return the data folder with some commands in it."""
    assert ask("apply", "-", stdin=BUNDLE.encode()).code == 0
    return data_dir


@pytest.fixture
def workspace(filled: Path) -> Iterator[Workspace]:
    """Open the filled data folder beside the command line, as another process would."""
    with Workspace(filled) as opened:
        yield opened


@pytest.fixture
def agent(
    filled: Path, workspace: Workspace, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> Iterator[subprocess.Popen[str]]:
    """Run an agent on the filled data folder, and end it in good order."""
    log = tmp_path / "agent.err"
    with log.open("w") as errors:
        process = start("agent", stderr=errors)
        wait_until(workspace.agent_lock().is_held_elsewhere, timeout_s=PATIENCE_S, message="the agent takes its lock")
        yield process
        if process.poll() is None:
            process.terminate()
        process.wait(PATIENCE_S)
    assert "Traceback" not in log.read_text()


def environ(**changes: str) -> dict[str, str]:
    """Return this process's environment with changes."""
    return {**os.environ, **changes}
