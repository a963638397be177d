"""Commands that have a terminal: real programs find one, are answered through it, and lose nothing in it."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

import psutil
import pytest
from PySide6.QtCore import QProcess
from pytestqt.qtbot import QtBot

from core.history.runs import Run
from core.output.index import Stream
from core.queue.states import JobState
from core.workspace import Workspace
from desktop.agent import Agent
from desktop.worker.process import WorkerProcess
from desktop.worker.terminal import Terminal

RunCommand = Callable[..., Run]
Enqueue = Callable[..., int]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no terminals")

PATIENCE_MS = 20_000
ASK_PASSWORD = "stty -echo; printf 'Password: '; read p; stty echo; echo; test \"$p\" = canary && echo right"


@pytest.fixture
def begin(agent: Agent, enqueue: Enqueue, qtbot: QtBot) -> Callable[..., WorkerProcess]:
    """Return a function that starts an interactive command in a terminal and returns its process, which runs."""

    def start(text: str, **settings: object) -> WorkerProcess:
        job_id = enqueue(text, **{"terminal": True, "interactive": True, **settings})
        qtbot.waitUntil(lambda: (one := agent.pool.find(job_id)) is not None and one.accepts_input, timeout=PATIENCE_MS)
        process = agent.pool.find(job_id)
        assert process is not None
        return process

    return start


@pytest.fixture(autouse=True)
def no_zombies() -> Iterator[None]:
    """Fail where a child has ended that nobody asked for."""
    yield
    left = [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE]
    assert left == []


def read_all(workspace: Workspace, job_id: int) -> bytes:
    with workspace.output(job_id) as reader:
        return reader.read(0, reader.size())


def text_of(process: WorkerProcess) -> bytes:
    with process.spool.live() as reader:
        return reader.read(0, reader.size())


def wait_for_text(qtbot: QtBot, process: WorkerProcess, text: bytes) -> None:
    qtbot.waitUntil(lambda: text in text_of(process), timeout=PATIENCE_MS)


def wait_for_end(qtbot: QtBot, process: WorkerProcess) -> str:
    qtbot.waitUntil(lambda: process.outcome is not None, timeout=PATIENCE_MS)
    assert process.outcome is not None
    return process.outcome.kind


def open_descriptors() -> int:
    return len(os.listdir("/dev/fd"))  # noqa: PTH208  (the names alone)


def test_a_program_finds_its_terminal(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end("tty; stty size; echo $TERM; echo to-it >/dev/tty; echo err >&2", terminal=True, interactive=True)
    name, *rest = read_all(workspace, run.id).splitlines()
    assert name.startswith(b"/dev/")
    assert rest == [b"30 120", b"xterm-256color", b"to-it", b"err"]
    assert (run.state, run.stderr_bytes) == (JobState.COMPLETED, 0)


def test_without_input_a_terminal_gives_the_end_of_it_at_once(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end("cat; test -t 0 || test -t 1 && test -t 2 && stty size </dev/tty", terminal=True)
    assert (run.exit_code, read_all(workspace, run.id)) == (0, b"30 120\n")


def test_programs_print_their_colours(workspace: Workspace, run_to_end: RunCommand) -> None:
    plain = run_to_end("ls -d --color=auto /")
    coloured = run_to_end("ls -d --color=auto /", terminal=True)
    assert b"\x1b[" not in read_all(workspace, plain.id)
    assert b"\x1b[" in read_all(workspace, coloured.id)


def test_nothing_is_between_the_plan_and_the_program(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end('echo $0 $$ "{{ command.name }}"; ps -o pid=,sid=,tpgid=,comm= -p $$', terminal=True)
    first, second = read_all(workspace, run.id).decode().splitlines()
    _, pid, *name = first.split()
    assert second.split() == [pid, pid, pid, "sh"]
    assert name == ["command", "1"]
    assert workspace.runs.events(run.id)[1].pid == int(pid)


def test_variables_that_are_no_identifiers_come_through(
    workspace: Workspace, agent: Agent, run_to_end: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(workspace.launcher._session, "BASH_FUNC_greet%%", "() { echo hello; }")
    run = run_to_end("greet", shell="bash", terminal=True)
    assert read_all(workspace, run.id) == b"hello\n"


@pytest.mark.parametrize("count", [1, 4095, 4096, 8192, 12_000, 300_000])
def test_what_is_printed_last_is_there(workspace: Workspace, run_to_end: RunCommand, count: int) -> None:
    run = run_to_end(f"head -c {count} /dev/zero | tr '\\0' x; printf end", terminal=True)
    assert read_all(workspace, run.id) == b"x" * count + b"end"


def test_a_flood_is_limited_like_any_other(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end("seq 400000", terminal=True)
    data = read_all(workspace, run.id)
    assert data == b"".join(b"%d\n" % number for number in range(1, 400_001))


def test_a_flood_is_cancelled(workspace: Workspace, begin: Callable[..., WorkerProcess], qtbot: QtBot) -> None:
    process = begin("yes flood")
    wait_for_text(qtbot, process, b"flood\n" * 1000)
    workspace.queue.cancel(process.job.id, by="the test")
    assert wait_for_end(qtbot, process) == "cancelled"


def test_a_time_limit_ends_what_ignores_the_end_of_its_terminal(run_to_end: RunCommand) -> None:
    text = "trap '' HUP TERM; while :; do sleep 1; done"
    limits = {"timeout": timedelta(milliseconds=300), "grace": timedelta(milliseconds=100)}
    assert run_to_end(text, terminal=True, **limits).outcome == "timed-out"


@pytest.mark.parametrize("leave", ["sleep 600 &", "setsid sleep 600 &", "setsid yes &", "yes &", "nohup sleep 600 &"])
def test_who_holds_the_terminal_does_not_keep_the_job(workspace: Workspace, run_to_end: RunCommand, leave: str) -> None:
    run = run_to_end(f"{leave} echo $!; exit 3", terminal=True)
    assert run.exit_code == 3
    words = read_all(workspace, run.id).split()
    left = next(int(word) for word in words if word.isdigit())
    if psutil.pid_exists(left):
        psutil.Process(left).kill()


GIVE_UP_TERMINAL = """
import fcntl, signal, subprocess, termios
signal.signal(signal.SIGHUP, signal.SIG_IGN)
fcntl.ioctl(1, termios.TIOCNOTTY)
print(subprocess.Popen(["yes"]).pid, flush=True)
"""


def test_a_flood_into_a_terminal_that_nobody_closes_does_not_keep_the_job(
    workspace: Workspace, run_to_end: RunCommand, qtbot: QtBot
) -> None:
    run = run_to_end(f"exec {sys.executable} -c '{GIVE_UP_TERMINAL}'", terminal=True)
    assert run.state is JobState.COMPLETED
    found = re.search(rb"\d+", read_all(workspace, run.id))
    assert found is not None
    left = int(found[0])
    qtbot.waitUntil(lambda: not psutil.pid_exists(left), timeout=PATIENCE_MS)


def test_after_the_end_no_more_is_read_than_a_terminal_holds(qapp: object) -> None:
    process = QProcess()
    process.setProgram("/bin/true")
    terminal = Terminal(process, lambda: None, with_input=False)
    far = os.open(process.arguments()[-2], os.O_RDWR | os.O_NOCTTY)
    os.write(far, b"x" * 2000)
    terminal.finish()
    count = 0
    for _ in range(1000):
        os.write(far, b"x" * 500)
        data = terminal.read(Stream.STDOUT, 500)
        if not data:
            break
        count += len(data)
    os.close(far)
    terminal.close()
    assert count == 64 * 1024


def test_a_terminal_that_closes_is_told_to_those_in_the_background(
    workspace: Workspace, run_to_end: RunCommand, qtbot: QtBot
) -> None:
    run = run_to_end("sleep 600 & echo $!", terminal=True)
    left = int(read_all(workspace, run.id))
    qtbot.waitUntil(lambda: not psutil.pid_exists(left), timeout=PATIENCE_MS)


def test_a_job_may_let_go_of_its_terminal_and_live_on(workspace: Workspace, run_to_end: RunCommand) -> None:
    run = run_to_end("echo before; exec <&- >&- 2>&-; sleep 0.3; exit 7", terminal=True)
    assert (run.exit_code, read_all(workspace, run.id)) == (7, b"before\n")


def test_a_question_is_answered(begin: Callable[..., WorkerProcess], qtbot: QtBot, workspace: Workspace) -> None:
    process = begin(f'{sys.executable} -c \'print("got", input("name? "))\'')
    wait_for_text(qtbot, process, b"name? ")
    assert not process.hides_input
    process.write_line("Grüße")
    assert wait_for_end(qtbot, process) == "succeeded"
    assert text_of(process) == "name? Grüße\ngot Grüße\n".encode()
    assert not process.accepts_input
    process.write_line("too late")


def test_a_password_is_hidden_and_not_shown(begin: Callable[..., WorkerProcess], qtbot: QtBot) -> None:
    process = begin(ASK_PASSWORD)
    wait_for_text(qtbot, process, b"Password: ")
    assert process.hides_input
    process.write_line("canary")
    assert wait_for_end(qtbot, process) == "succeeded"
    assert text_of(process) == b"Password: \nright\n"


def test_the_shells_own_password_prompt_is_hidden(begin: Callable[..., WorkerProcess], qtbot: QtBot) -> None:
    process = begin("read -s -p 'Secret? ' s; echo; echo ${#s}", shell="bash")
    wait_for_text(qtbot, process, b"Secret? ")
    qtbot.waitUntil(lambda: process.hides_input, timeout=PATIENCE_MS)
    process.write_line("canary")
    wait_for_end(qtbot, process)
    assert text_of(process) == b"Secret? \n6\n"


def test_a_password_that_is_asked_for_at_the_terminal_itself_is_answered(
    begin: Callable[..., WorkerProcess], qtbot: QtBot
) -> None:
    ask = f"{sys.executable} -c 'import getpass; print(len(getpass.getpass()))' </dev/null"
    process = begin(ask)
    wait_for_text(qtbot, process, b"Password: ")
    assert process.hides_input
    process.write_line("canary")
    wait_for_end(qtbot, process)
    assert text_of(process) == b"Password: \n6\n"


@pytest.mark.parametrize("setting", ["-icanon -echo", "raw -echo"])
def test_a_program_that_edits_its_line_by_itself_is_no_prompt_for_a_password(
    begin: Callable[..., WorkerProcess], qtbot: QtBot, setting: str
) -> None:
    process = begin(f"stty {setting}; printf 'name? '; dd bs=1 count=1 2>/dev/null; stty sane")
    wait_for_text(qtbot, process, b"name? ")
    assert not process.hides_input
    process.write_input(b"x")
    assert wait_for_end(qtbot, process) == "succeeded"


def test_a_line_that_readline_edits_is_no_password(begin: Callable[..., WorkerProcess], qtbot: QtBot) -> None:
    process = begin("read -e -p 'name? ' name; echo got $name", shell="bash")
    # It sets its terminal before it asks.
    wait_for_text(qtbot, process, b"name? ")
    assert not process.hides_input
    process.write_line("Ann")
    assert wait_for_end(qtbot, process) == "succeeded"
    assert text_of(process).endswith(b"got Ann\n")


def test_a_program_that_reads_single_keys_gets_what_enter_sends(
    begin: Callable[..., WorkerProcess], qtbot: QtBot
) -> None:
    process = begin("stty raw -echo; echo ready; dd bs=1 count=2 2>/dev/null | od -An -tx1; stty sane")
    wait_for_text(qtbot, process, b"ready")
    process.write_line("a")
    wait_for_end(qtbot, process)
    assert b"61 0d" in text_of(process)


def test_control_d_ends_the_input(begin: Callable[..., WorkerProcess], qtbot: QtBot) -> None:
    process = begin("cat >/dev/null; echo end; cat >/dev/null; echo again")
    process.write_line("one")
    process.end_input()
    wait_for_text(qtbot, process, b"end\n")
    assert process.accepts_input
    process.end_input()
    assert wait_for_end(qtbot, process) == "succeeded"
    assert text_of(process).endswith(b"end\nagain\n")


def test_much_input_reaches_a_program_that_reads_late(begin: Callable[..., WorkerProcess], qtbot: QtBot) -> None:
    process = begin("stty -echo; echo ready; sleep 0.3; wc -l")
    wait_for_text(qtbot, process, b"ready")
    for _ in range(20):
        process.write_input(b"a line of some length\n" * 500)
    process.end_input()
    wait_for_end(qtbot, process)
    assert text_of(process).split()[-1] == b"10000"


def test_a_program_that_ends_without_reading_takes_nothing_along(
    begin: Callable[..., WorkerProcess], qtbot: QtBot
) -> None:
    process = begin("echo ready; sleep 0.2")
    process.write_input(b"never read\n" * 10_000)
    assert wait_for_end(qtbot, process) == "succeeded"


def test_another_size_is_told(begin: Callable[..., WorkerProcess], qtbot: QtBot) -> None:
    process = begin("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.1; done")
    wait_for_text(qtbot, process, b"ready")
    process.resize(93, 17)
    wait_for_end(qtbot, process)
    assert text_of(process) == b"ready\n17 93\n"


def test_without_a_terminal_input_comes_by_a_pipe_and_ends_for_ever(
    begin: Callable[..., WorkerProcess], qtbot: QtBot
) -> None:
    process = begin("read a; echo got $a; cat; echo end", terminal=False)
    process.resize(80, 24)
    process.write_line("it")
    process.write_line("more")
    process.end_input()
    assert not process.accepts_input
    assert not process.hides_input
    wait_for_end(qtbot, process)
    assert text_of(process) == b"got it\nmore\nend\n"


def test_a_command_that_is_not_interactive_takes_nothing(
    agent: Agent, enqueue: Enqueue, workspace: Workspace, qtbot: QtBot
) -> None:
    job_id = enqueue("sleep 0.3; cat", terminal=True)
    qtbot.waitUntil(lambda: (one := agent.pool.find(job_id)) is not None and one.pid is not None, timeout=PATIENCE_MS)
    process = agent.pool.find(job_id)
    assert process is not None
    assert not process.accepts_input
    process.write_line("typed")
    wait_for_end(qtbot, process)
    assert text_of(process) == b""


def test_where_no_terminal_can_be_had_the_run_could_not_start(
    run_to_end: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> tuple[int, int]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "openpty", refuse)
    run = run_to_end("true", terminal=True)
    assert (run.outcome, run.reason) == (
        "could-not-start",
        "no terminal could be had for it: No space left on device",
    )


def test_no_descriptor_is_left_behind(run_to_end: RunCommand) -> None:
    run_to_end("echo", terminal=True)
    before = open_descriptors()
    for _ in range(3):
        run_to_end("echo; echo >&2", terminal=True, interactive=True)
        run_to_end("sleep 600 &", terminal=True)
    assert open_descriptors() <= before
