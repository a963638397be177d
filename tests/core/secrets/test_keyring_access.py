"""Calls to a keyring: they end in time, do not pile up, and say what is wrong."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from keyring.errors import InitError, KeyringLocked, NoKeyringError

from core.secrets.errors import KeyTrouble, KeyUnavailableError
from core.secrets.keyring_access import KeyringAccess
from tests.support import FakeClock, wait_until
from tests.support.keyrings import HeldKeyring, held_access


def trouble_of(access: KeyringAccess) -> KeyTrouble:
    with pytest.raises(KeyUnavailableError) as caught:
        access.read("entry")
    return caught.value.trouble


def hanging_threads() -> int:
    return sum(thread.name == "clockhand-keyring" for thread in threading.enumerate())


def test_entries_are_written_read_and_deleted() -> None:
    keyring = HeldKeyring()
    access = held_access(keyring)
    assert access.read("entry") is None
    access.write("entry", "value")
    assert (access.read("entry"), keyring.entries) == ("value", {("clockhand", "entry"): "value"})
    access.delete("entry")
    access.delete("entry")  # it is gone already, which is what was wanted
    assert access.read("entry") is None


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (KeyringLocked("it stayed locked"), KeyTrouble.LOCKED),
        (InitError("no bus"), KeyTrouble.ABSENT),
        (NoKeyringError("none"), KeyTrouble.ABSENT),
        (RuntimeError("the plain value"), KeyTrouble.REFUSED),
    ],
)
def test_errors_are_told_apart(error: Exception, trouble: KeyTrouble) -> None:
    keyring = HeldKeyring()
    keyring.error = error
    assert trouble_of(held_access(keyring)) is trouble


def test_what_a_refusing_keyring_says_is_not_repeated() -> None:
    keyring = HeldKeyring()
    keyring.error = RuntimeError("could not keep 'the plain value'")
    with pytest.raises(KeyUnavailableError) as caught:
        held_access(keyring).write("entry", "the plain value")
    assert "RuntimeError" in str(caught.value)
    assert "the plain value" not in str(caught.value)


def test_no_keyring_is_said_so() -> None:
    assert trouble_of(held_access(None)) is KeyTrouble.ABSENT


def test_the_keyring_of_these_tests_keeps_nothing_and_counts_as_none() -> None:
    assert trouble_of(KeyringAccess()) is KeyTrouble.ABSENT
    assert KeyringAccess().backend_name() is None


def test_while_a_call_hangs_the_next_ones_do_not_hang_beside_it() -> None:
    keyring = HeldKeyring()
    keyring.may_answer.clear()
    access = held_access(keyring, limit_s=0.05)
    late = threading.Event()
    access.when_late(late.set)
    try:
        assert [trouble_of(access) for _ in range(20)] == [KeyTrouble.MUTE] * 20
        assert (hanging_threads(), keyring.reads) == (1, 1)
    finally:
        keyring.may_answer.set()
    assert late.wait(10), "the late answer is told"
    wait_until(lambda: hanging_threads() == 0)
    assert access.read("entry") is None, "and calls go through again"


def test_a_keyring_that_lost_a_question_is_asked_again_and_ever_more_rarely(clock: FakeClock) -> None:
    keyring = HeldKeyring()
    keyring.may_answer.clear()
    access = KeyringAccess(limit_s=0.02, find=lambda: keyring, elapsed=clock.elapsed)
    asked = []
    try:
        for _ in range(30):
            assert trouble_of(access) is KeyTrouble.MUTE
            wait_until(lambda: keyring.reads == hanging_threads())
            asked.append(keyring.reads)
            clock.advance(timedelta(seconds=10))
    finally:
        keyring.may_answer.set()
    # After 30 seconds, 60 more and 120 more.
    assert [asked.index(count) * 10 for count in (1, 2, 3, 4)] == [0, 30, 90, 210]
    assert asked[-1] == 4
    wait_until(lambda: hanging_threads() == 0)
