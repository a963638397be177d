"""What the tests share keeps its own promises."""

from __future__ import annotations

import itertools
import subprocess
from datetime import datetime, timedelta

import pytest

from core.clock import Clock
from tests.support import FakeClock, python_command, wait_until


def test_the_fake_clock_stands_still_until_it_is_moved() -> None:
    clock: Clock = FakeClock()
    assert (clock.now(), clock.elapsed()) == (clock.now(), clock.elapsed())


def test_time_passes_on_both_clocks_and_a_step_moves_the_wall_clock_alone(clock: FakeClock) -> None:
    now, elapsed = clock.now(), clock.elapsed()
    clock.advance(timedelta(minutes=1))
    clock.step(timedelta(hours=-2))
    assert clock.now() - now == timedelta(hours=-2, minutes=1)
    assert clock.elapsed() - elapsed == 60


def test_a_machine_that_sleeps_is_not_awake(clock: FakeClock) -> None:
    now, elapsed, awake = clock.now(), clock.elapsed(), clock.awake()
    clock.sleep(timedelta(hours=8))
    assert clock.now() - now == timedelta(hours=8)
    assert (clock.elapsed() - elapsed, clock.awake() - awake) == (8 * 3600, 0)


def test_a_clock_takes_no_naive_time_and_does_not_run_backwards(clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="naive"):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001 - what must be refused
    with pytest.raises(ValueError, match="forwards"):
        clock.advance(timedelta(seconds=-1))


def test_waiting_returns_the_first_true_answer() -> None:
    answers = itertools.chain([0, "", None], ["yes"], itertools.repeat("too late"))
    assert wait_until(lambda: next(answers)) == "yes"


def test_waiting_in_vain_fails_with_the_message() -> None:
    with pytest.raises(pytest.fail.Exception, match="the moon did not rise; the last answer was 0"):
        wait_until(lambda: 0, timeout_s=0, message="the moon did not rise")


def test_a_python_command_runs_its_code_without_the_users_settings() -> None:
    command = python_command("""
        import sys
        print(sys.flags.isolated, sys.argv[1])
    """)
    assert subprocess.run([*command, "x"], capture_output=True, text=True, check=True).stdout == "1 x\n"
