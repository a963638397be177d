"""The real program as a subprocess, in a data folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.queue.agents import running_agents
from core.workspace import Workspace
from tests.support import wait_until

EXPECTED = ("The agent works on ", "There are no schedules yet", "Ending", "Schedules:")
"""What an agent says to a person on standard error."""

PROGRAM = [sys.executable, "-m", "desktop"]


@dataclass
class Program:
    """The command line of one data folder; agents that it started are ended with the test."""

    folder: Path
    environment: dict[str, str]
    agents: list[subprocess.Popen[str]] = field(default_factory=list)

    def call(self, *arguments: str, code: int = 0, stdin: str | None = None) -> str:
        """Run a verb to its end and return its standard output."""
        done = subprocess.run(
            [*PROGRAM, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, f"{arguments}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """Run a verb and return what its JSON says."""
        return json.loads(self.call(*arguments, "--json"))

    def start_agent(self) -> subprocess.Popen[str]:
        """Start `clockhand agent`, which is ended with the test."""
        agent = subprocess.Popen(
            [*PROGRAM, "agent"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        self.agents.append(agent)
        return agent

    def wait_for_agent(self, agent: subprocess.Popen[str]) -> None:
        """Wait until the agent has entered itself in the database."""
        with Workspace(self.folder) as workspace:

            def is_up() -> bool:
                with workspace.database.reading() as connection:
                    return any(row.pid == agent.pid for row in running_agents(connection))

            wait_until(is_up, timeout_s=20, message="the agent works")

    def stop_agent(self, agent: subprocess.Popen[str], number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        agent.send_signal(number)
        _output, errors = agent.communicate(timeout=30)
        if number == signal.SIGTERM:
            strange = [line for line in errors.splitlines() if not line.startswith(EXPECTED)]
            assert not strange, errors
        return agent.returncode


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    folder = tmp_path / "data"
    environment = {**os.environ, "CLOCKHAND_DATA_DIR": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    opened = Program(folder, environment)
    yield opened
    for agent in opened.agents:
        if agent.poll() is None:
            agent.kill()
            agent.communicate()


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that writes a bundle to a file and returns its path."""

    def write(text: str) -> str:
        path = tmp_path / "bundle.toml"
        path.write_text(text)
        return str(path)

    return write
