"""The border between threads: what comes to the main thread, in which order, and what can't hold it up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEventLoop, QThread
from pytestqt.qtbot import QtBot

from core.changes import Changes, Publisher
from desktop.bridge import Bridge


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def bridge(publisher: Publisher, qapp: object) -> Iterator[Bridge]:
    opened = Bridge(publisher)
    yield opened
    opened.close()


def in_a_thread(bridge: Bridge, *calls: Callable[[], object]) -> None:
    """Post the calls from another thread and wait until it has done so."""

    def post_all() -> None:
        for call in calls:
            bridge.post(call)  # type: ignore[arg-type]  # what a call returns is not looked at

    thread = threading.Thread(target=post_all)
    thread.start()
    thread.join()


def test_calls_of_threads_run_in_the_main_thread_in_their_order(bridge: Bridge, qtbot: QtBot) -> None:
    seen: list[tuple[int, bool]] = []
    main = QThread.currentThread()
    in_a_thread(bridge, *(lambda n=n: seen.append((n, QThread.currentThread() is main)) for n in range(5)))
    qtbot.waitUntil(lambda: len(seen) == 5)
    assert seen == [(n, True) for n in range(5)]


@pytest.mark.expects_log
def test_a_call_that_fails_does_not_take_others_with_it(bridge: Bridge, publisher: Publisher, qtbot: QtBot) -> None:
    seen: list[object] = []
    bridge.changed.connect(seen.append)
    in_a_thread(bridge, lambda: 1 / 0, lambda: seen.append("next"))
    publisher.publish(Changes(jobs=True))
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == ["next", Changes(jobs=True)]


def test_calls_go_on_while_one_of_them_asks_a_question(bridge: Bridge, qtbot: QtBot) -> None:
    # Which is what a dialog does: it runs an event loop until there is an answer.
    question = QEventLoop()
    seen: list[str] = []

    def ask() -> None:
        seen.append("asked")
        question.exec()
        seen.append("answered")

    in_a_thread(bridge, ask, lambda: seen.append("next"), question.quit)
    qtbot.waitUntil(lambda: "answered" in seen)
    assert seen == ["asked", "next", "answered"]


def test_nothing_comes_after_the_end(bridge: Bridge, publisher: Publisher, qtbot: QtBot) -> None:
    seen: list[object] = []
    bridge.changed.connect(seen.append)
    in_a_thread(bridge, lambda: seen.append("call"))
    publisher.publish(Changes(jobs=True))
    bridge.close()
    in_a_thread(bridge, lambda: seen.append("late call"))
    publisher.publish(Changes(jobs=True))
    qtbot.wait(20)
    assert seen == []
