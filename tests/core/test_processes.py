"""What is known of real processes: alive, the same, found by their token."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core.processes import (
    ATTEMPT_VARIABLE,
    carries_token,
    find_attempt,
    host_name,
    is_same_process,
    own_start,
    process_started_at,
)
from tests.support import wait_until

TOKEN = f"/a/folder:{os.getpid()}:1"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"], env={**os.environ, ATTEMPT_VARIABLE: TOKEN})
    yield process
    process.kill()
    process.wait()


def test_a_process_knows_when_it_started(sleeper: subprocess.Popen[bytes]) -> None:
    started = process_started_at(sleeper.pid)
    assert started is not None
    assert started.tzinfo is UTC
    assert abs(datetime.now(UTC) - started) < timedelta(minutes=5)
    assert is_same_process(sleeper.pid, started)
    assert is_same_process(sleeper.pid, None)


def test_a_process_that_started_at_another_time_is_another_one(sleeper: subprocess.Popen[bytes]) -> None:
    started = process_started_at(sleeper.pid)
    assert started is not None
    assert not is_same_process(sleeper.pid, started - timedelta(minutes=1))


def test_a_process_that_only_waits_to_be_reaped_has_ended() -> None:
    process = subprocess.Popen(["true"], env={**os.environ, ATTEMPT_VARIABLE: TOKEN})
    wait_until(lambda: process_started_at(process.pid) is None)
    assert not is_same_process(process.pid, None)
    assert not carries_token(process.pid, TOKEN)
    process.wait()
    assert process_started_at(process.pid) is None


def test_this_process_is_itself() -> None:
    assert is_same_process(os.getpid(), own_start())
    assert not is_same_process(os.getpid(), own_start() + timedelta(hours=1))
    assert host_name()


def test_an_attempt_is_found_by_its_token(sleeper: subprocess.Popen[bytes]) -> None:
    # The child has the parent's environment until it has become the program.
    wait_until(lambda: carries_token(sleeper.pid, TOKEN))
    assert find_attempt(TOKEN) == sleeper.pid
    assert find_attempt(TOKEN + "0") is None
    assert not carries_token(sleeper.pid, TOKEN[:-1])
    sleeper.kill()
    sleeper.wait()
    assert find_attempt(TOKEN) is None
