"""The lock by which one agent at a time works on a data folder."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.errors import AlreadyRunningError
from core.lock import AgentLock


def test_a_second_agent_is_turned_away_until_the_first_lets_go(tmp_path: Path) -> None:
    first, second = AgentLock(tmp_path / "lock"), AgentLock(tmp_path / "lock")
    first.acquire()
    assert second.is_held_elsewhere()
    assert not first.is_held_elsewhere()
    with pytest.raises(AlreadyRunningError, match="already works on the data folder"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_asking_who_holds_it_does_not_turn_an_agent_away(tmp_path: Path) -> None:
    over = threading.Event()

    def ask() -> None:
        asking = AgentLock(tmp_path / "lock")
        while not over.is_set():
            asking.is_held_elsewhere()

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        for _ in range(20):
            agent = AgentLock(tmp_path / "lock")
            agent.acquire()
            agent.release()
    finally:
        over.set()
        thread.join()


def test_the_lock_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    lock = AgentLock(tmp_path / "lock")
    lock.acquire()
    assert (tmp_path / "lock").stat().st_mode & 0o077 == 0
    lock.release()
