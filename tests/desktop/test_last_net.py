"""What nobody caught is reported once, from slots, from painting and from threads."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from desktop.last_net import LastNet

pytestmark = pytest.mark.expects_log


@pytest.fixture
def reported() -> Iterator[list[str]]:
    texts: list[str] = []
    net = LastNet(lambda error: texts.append(str(error)))
    yield texts
    net.restore()


def fail(text: str) -> None:
    raise RuntimeError(text)


def test_a_fault_in_a_slot_is_reported_once(qtbot: QtBot, reported: list[str]) -> None:
    hook = sys.excepthook
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        fail("in a slot")

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(1)
    qtbot.waitUntil(lambda: count >= 3)
    timer.stop()
    assert sys.excepthook is hook
    assert reported == ["in a slot"]


def test_a_fault_in_a_thread_is_reported(reported: list[str]) -> None:
    thread = threading.Thread(target=fail, args=("in a thread",))
    thread.start()
    thread.join()
    assert reported == ["in a thread"]


def test_the_hooks_are_given_back(reported: list[str]) -> None:
    before = sys.excepthook, threading.excepthook
    LastNet(lambda _error: None).restore()
    assert (sys.excepthook, threading.excepthook) == before
