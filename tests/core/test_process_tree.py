"""Trees of processes: everybody in them is reached, once, and nobody outside of them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from core.process_tree import ProcessTree
from core.processes import process_started_at
from tests.support import python_command, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sessions and signals of POSIX")

StartTree = Callable[[str], tuple[subprocess.Popen[bytes], ProcessTree]]

COUNT_SIGTERMS = """
    import signal, sys
    signal.signal(signal.SIGTERM, lambda *_: open(sys.argv[1], "a").write("x"))
    print("ready")
    while True:
        signal.pause()
"""


@pytest.fixture
def start_tree() -> Iterator[StartTree]:
    """Return a function that starts a shell text in a session of its own; whatever is left is killed at the end."""
    started: list[tuple[subprocess.Popen[bytes], ProcessTree]] = []

    def start(text: str, *arguments: str) -> tuple[subprocess.Popen[bytes], ProcessTree]:
        process = subprocess.Popen(["/bin/sh", "-c", text, *arguments], start_new_session=True)
        tree = ProcessTree(process.pid, process_started_at(process.pid))
        started.append((process, tree))
        return process, tree

    yield start
    for process, tree in started:
        tree.kill()
        process.wait()


def read_pids(path: Path, count: int) -> list[int]:
    """Return the numbers in the file once there are `count` of them."""

    def words() -> list[str]:
        found = path.read_text().split() if path.exists() else []
        return found if len(found) == count else []

    return [int(word) for word in wait_until(words)]


def is_as_long(path: Path, length: int) -> bool:
    return path.exists() and path.stat().st_size >= length


def is_gone(pid: int) -> bool:
    return process_started_at(pid) is None


def test_each_member_gets_the_request_to_end_once(tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    argv = python_command(COUNT_SIGTERMS)
    with subprocess.Popen([*argv, str(counts)], start_new_session=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        tree = ProcessTree(process.pid, process_started_at(process.pid))
        try:
            assert process.stdout.readline() == b"ready\n"
            for number in range(1, 11):
                tree.terminate()
                wait_until(partial(is_as_long, counts, number))
                assert len(counts.read_text()) == number
        finally:
            tree.kill()


def test_children_in_groups_and_sessions_of_their_own_are_reached(start_tree: StartTree, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    _process, tree = start_tree(
        f"sleep 301 & echo $! >> {pids}; (sleep 302 & echo $! >> {pids}); "
        f"setsid sh -c 'echo $$ >> {pids}; exec sleep 303' & wait"
    )
    children = read_pids(pids, 3)
    tree.terminate()
    wait_until(lambda: all(map(is_gone, children)), message="every child has ended")
    wait_until(lambda: not tree.is_alive(), message="the tree is gone")


def test_what_was_seen_is_killed_also_when_its_line_of_parents_is_broken(start_tree: StartTree, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    process, tree = start_tree(f"setsid sh -c 'trap \"\" TERM; echo $$ > {pids}; while :; do sleep 0.05; done' & wait")
    (child,) = read_pids(pids, 1)
    tree.terminate()
    process.wait()
    assert tree.is_alive()
    assert not is_gone(child)
    tree.kill()
    wait_until(lambda: is_gone(child))


def test_a_later_process_with_the_number_of_the_leader_is_left_alone(start_tree: StartTree) -> None:
    process, tree = start_tree("exec sleep 300")
    started_at = process_started_at(process.pid)
    assert started_at is not None
    stranger = ProcessTree(process.pid, started_at.replace(year=started_at.year - 1))
    assert stranger.kill() == 0
    assert process.poll() is None
    assert tree.kill() == 1
    assert process.wait() == -signal.SIGKILL
