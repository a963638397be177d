"""One agent at a time, whatever happens to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import AlreadyRunningError, StorageError
from core.lock import AgentLock

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from core.lock import AgentLock
lock = AgentLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_agent_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    first, second = AgentLock(tmp_path / "lock"), AgentLock(tmp_path / "lock")
    first.acquire()
    with pytest.raises(AlreadyRunningError, match=r"already works on the data folder .*--data-dir"):
        second.acquire()
    assert second.is_held_elsewhere()
    assert not first.is_held_elsewhere()
    first.release()
    assert not second.is_held_elsewhere()
    second.acquire()
    second.release()


def test_the_lock_ends_with_the_process_that_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    argv = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        lock = AgentLock(path)
        assert lock.is_held_elsewhere()
        with pytest.raises(AlreadyRunningError):
            lock.acquire()
        holder.kill()
        holder.wait()
    assert not lock.is_held_elsewhere()
    lock.acquire()
    lock.release()


def test_asking_takes_nothing(tmp_path: Path) -> None:
    first, second = AgentLock(tmp_path / "lock"), AgentLock(tmp_path / "lock")
    assert not first.is_held_elsewhere()
    second.acquire()
    second.release()


def test_a_lock_in_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="can't be taken"):
        AgentLock(tmp_path / "file" / "lock").acquire()
