"""What the checks find on the machine."""

from __future__ import annotations

import threading

from core.diagnosis.finding import Health
from core.diagnosis.machine import check_keyring, check_shells, check_zone
from core.secrets.keyring_access import KeyringAccess
from tests.support import FakeClock
from tests.support.keyrings import HeldKeyring, held_access


def test_the_time_zone_is_told_with_its_time() -> None:
    found = check_zone(FakeClock(zone="Europe/Berlin"))
    assert (found.health, found.message) == (Health.OK, "Europe/Berlin, where it is 2026-11-24 07:00 now.")


def test_the_default_shell_is_found() -> None:
    assert check_shells({"PATH": ""}).health is Health.OK


def test_a_keyring_is_named() -> None:
    found = check_keyring(held_access(HeldKeyring()))
    assert (found.health, found.message) == (Health.OK, "keyrings HeldKeyring, unlocked.")


def test_a_machine_without_a_keyring_is_worth_a_warning() -> None:
    found = check_keyring(KeyringAccess())  # the tests' own environment names the one that always fails
    assert found.health is Health.WARNING
    assert "There is no keyring" in found.message
    assert "--passphrase" in (found.mend or "")


def test_a_keyring_that_never_answers_is_not_waited_for() -> None:
    end = threading.Event()

    def hang() -> None:
        end.wait()

    try:
        found = check_keyring(KeyringAccess(limit_s=0.01, find=hang))
    finally:
        end.set()
    assert found.health is Health.WARNING
    assert "no answer within 0.01 s" in found.message
