"""`run --wait` of commands that are answered: from a pipe, from a file, and at a person's terminal."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.catalog.specs import CommandSpec
from core.workspace import Workspace
from tests.desktop.cli.conftest import PATIENCE_S, ROOT, Call
from tests.support import wait_until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")

Start = Callable[..., subprocess.Popen[str]]
PASSWORD = "stty -echo; printf 'Password: '; read p; stty echo; echo; test \"$p\" = canary && echo right"


@pytest.fixture
def define(filled: Path, workspace: Workspace) -> Callable[..., None]:
    """Return a function that makes an interactive command of this text."""

    def make(run: str, *, terminal: bool = False, interactive: bool = True, attempts: int = 1) -> None:
        spec = CommandSpec(
            name="ask",
            run=run,
            shell="sh",
            terminal=terminal,
            interactive=interactive,
            max_attempts=attempts,
            backoff_base=timedelta(seconds=0.1),
        )
        workspace.catalog.create(spec)

    return make


class Person:
    """Somebody at a terminal of their own, in which the program runs in the foreground."""

    def __init__(self, *arguments: str) -> None:
        self.near, far = os.openpty()
        termios.tcsetwinsize(self.near, (21, 91))
        self.usual = termios.tcgetattr(far)
        self._far = far
        # As a shell does it: the program leads a session whose terminal this is.
        take = 'exec 0<>"$0" 1>&0 2>&0; exec "$@"'
        command = ["/bin/sh", "-c", take, os.ttyname(far), sys.executable, "-m", "desktop", *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
        self.seen = b""

    def wait_for(self, text: bytes) -> None:
        end = time.monotonic() + PATIENCE_S
        while text not in self.seen:
            assert time.monotonic() < end, self.seen
            self._look()

    def _look(self) -> None:
        if select.select([self.near], [], [], 0.05)[0]:
            self.seen += os.read(self.near, 65536)

    def type(self, keys: bytes) -> None:
        os.write(self.near, keys)

    def wait_for_end(self) -> int:
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < end, self.seen
            self._look()
        self._look()
        return self.process.returncode

    @property
    def has_its_usual_keys(self) -> bool:
        return termios.tcgetattr(self._far) == self.usual

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        os.close(self.near)
        os.close(self._far)


@pytest.fixture
def sit_down(define: Callable[..., None]) -> Iterator[Callable[..., Person]]:
    """Return a function that defines a command and runs it at a person's terminal."""
    people: list[Person] = []

    def begin(run: str, *, terminal: bool = False, attempts: int = 1) -> Person:
        define(run, terminal=terminal, attempts=attempts)
        people.append(Person("run", "ask", "--wait"))
        return people[-1]

    yield begin
    for person in people:
        person.close()


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_what_is_piped_in_is_read(define: Callable[..., None], start: Start, tmp_path: Path, *, terminal: bool) -> None:
    define("read a; echo got $a; cat; echo end", terminal=terminal)
    process = start("run", "ask", "--wait", stdin=subprocess.PIPE)
    out, _ = process.communicate("one\ntwo\nthree", timeout=PATIENCE_S)
    echo = "one\ntwo\nthree" if terminal else ""
    assert process.returncode == 0
    assert sorted(out.replace("\r", "")) == sorted(f"{echo}got one\ntwo\nthreeend\n")


def test_a_large_file_goes_through_whole(define: Callable[..., None], program: Call, tmp_path: Path) -> None:
    define("sleep 0.2; cksum")
    path = tmp_path / "large"
    path.write_bytes(os.urandom(3_000_000))
    with path.open("rb") as large:
        answer = program("run", "ask", "--wait", stdin=large)
    with path.open("rb") as large:
        done = subprocess.run(["cksum"], stdin=large, capture_output=True, text=True, check=True)
    assert answer.out == done.stdout


def test_a_command_that_takes_no_input_leaves_it_to_others(define: Callable[..., None], start: Start) -> None:
    define("cat; echo end", interactive=False)
    process = start("run", "ask", "--wait", stdin=subprocess.PIPE)
    out, _ = process.communicate("one\n", timeout=PATIENCE_S)
    assert out == "end\n"


def test_without_a_standard_input_it_runs_all_the_same(define: Callable[..., None], start: Start) -> None:
    define("sleep 0.1; echo ran")
    process = start("run", "ask", "--wait", preexec_fn=lambda: os.close(0), stdin=None)
    assert (process.wait(PATIENCE_S), process.stdout.read() if process.stdout else "") == (0, "ran\n")


def test_where_an_agent_runs_it_one_is_told(
    define: Callable[..., None], agent: subprocess.Popen[str], start: Start, workspace: Workspace
) -> None:
    define("cat")
    process = start("run", "ask", "--wait")
    assert process.stderr is not None
    assert "an agent runs it: it can be answered in Clockhand's window alone" in process.stderr.readline()
    wait_until(lambda: workspace.runs.get(1).started_at is not None, timeout_s=PATIENCE_S, message="it starts")
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 130


def test_a_person_types_into_the_commands_terminal(sit_down: Callable[..., Person]) -> None:
    person = sit_down("stty size; printf 'name? '; read a; echo got $a", terminal=True)
    person.wait_for(b"name? ")
    assert b"21 91" in person.seen
    assert not person.has_its_usual_keys
    person.type("Grüße\r".encode())
    assert person.wait_for_end() == 0
    assert person.seen.replace(b"\r", b"").endswith("name? Grüße\ngot Grüße\n".encode())
    assert person.has_its_usual_keys


def test_a_password_is_not_shown_at_the_persons_terminal(sit_down: Callable[..., Person]) -> None:
    person = sit_down(PASSWORD, terminal=True)
    person.wait_for(b"Password: ")
    person.type(b"canary\r")
    assert person.wait_for_end() == 0
    assert b"right" in person.seen
    assert b"canary" not in person.seen


def test_control_c_goes_to_the_command_in_its_terminal(sit_down: Callable[..., Person]) -> None:
    person = sit_down("trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.1; done", terminal=True)
    person.wait_for(b"ready")
    wait_until(lambda: not person.has_its_usual_keys, timeout_s=PATIENCE_S, message="the keys are passed on")
    person.type(b"\x03")
    assert person.wait_for_end() == 9
    assert b"caught" in person.seen
    assert person.has_its_usual_keys


def test_another_size_of_the_persons_terminal_is_passed_on(sit_down: Callable[..., Person]) -> None:
    person = sit_down("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.1; done", terminal=True)
    person.wait_for(b"ready")
    termios.tcsetwinsize(person.near, (33, 77))
    person.wait_for(b"33 77")
    assert person.wait_for_end() == 0


def test_a_person_who_ended_the_input_of_an_attempt_answers_the_next(sit_down: Callable[..., Person]) -> None:
    person = sit_down("echo attempt $CLOCKHAND_ATTEMPT; read a && echo got $a", attempts=2)
    person.wait_for(b"attempt 1")
    person.type(b"\x04")
    person.wait_for(b"attempt 2")
    person.type(b"it\n")
    person.wait_for(b"got it")
    assert person.wait_for_end() == 0


def test_without_a_terminal_of_its_own_control_c_cancels(sit_down: Callable[..., Person]) -> None:
    person = sit_down("printf 'name? '; read a; echo got $a; sleep 60")
    person.wait_for(b"name? ")
    person.type(b"it\n")
    person.wait_for(b"got it")
    person.type(b"\x03")
    assert person.wait_for_end() == 130
