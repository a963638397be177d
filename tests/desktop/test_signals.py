"""Signals of the operating system, as they come to the event loop."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytestqt.qtbot import QtBot

from desktop.signals import UnixSignals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@contextmanager
def watched() -> Iterator[list[int]]:
    seen: list[int] = []
    signals = UnixSignals(seen.append)
    try:
        yield seen
    finally:
        signals.restore()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_heard_each_time(qtbot: QtBot, number: signal.Signals) -> None:
    with watched() as seen:
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: len(seen) == 1)
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == [number, number]


def test_a_hangup_that_is_ignored_stays_ignored(qtbot: QtBot) -> None:
    # Which is how nohup(1) starts a program.
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with watched() as seen:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            qtbot.waitUntil(lambda: bool(seen))
        assert seen == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_handlers_are_given_back(qapp: object) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with watched():
        assert signal.getsignal(signal.SIGTERM) is not before[1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
