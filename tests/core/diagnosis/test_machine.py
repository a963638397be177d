"""What the checks find on the machine."""

from __future__ import annotations

import threading

import pytest

from core.diagnosis.finding import Health
from core.diagnosis.machine import check_keyring, check_shells, check_zone
from tests.support import FakeClock


def test_the_time_zone_is_told_with_its_time() -> None:
    found = check_zone(FakeClock(zone="Europe/Berlin"))
    assert (found.health, found.message) == (Health.OK, "Europe/Berlin, where it is 2026-11-24 07:00 now.")


def test_the_default_shell_is_found() -> None:
    assert check_shells({"PATH": ""}).health is Health.OK


def test_a_keyring_is_named() -> None:
    found = check_keyring(lambda: "SecretService")
    assert (found.health, found.message) == (Health.OK, "SecretService.")


def test_a_machine_without_a_keyring_is_worth_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_keyring().health is Health.WARNING  # the tests' own environment names the one that always fails


def test_a_keyring_that_fails_is_worth_a_warning() -> None:
    def fail() -> str:
        raise RuntimeError("the session bus is gone")

    found = check_keyring(fail)
    assert found.health is Health.WARNING
    assert "the session bus is gone" in found.message


def test_a_keyring_that_never_answers_is_not_waited_for() -> None:
    end = threading.Event()

    def hang() -> str:
        end.wait()
        return "late"

    try:
        found = check_keyring(hang, limit_s=0.01)
    finally:
        end.set()
    assert found.health is Health.WARNING
    assert "no answer within 0.01 s" in found.message
