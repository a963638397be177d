"""Operations: done in another thread, with every result and error at home in the main one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from core.errors import ConflictError
from core.queue.states import JobState
from core.workspace import Workspace
from desktop import operations as verbs
from desktop.operations import Failure, Operation, Operations
from desktop.reading import Reading
from tests.support.window import PATIENCE_MS, add_command, idle_operations


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def operations(qapp: QApplication, workspace: Workspace) -> Iterator[Operations]:
    with idle_operations(workspace) as (_bridge, made):
        yield made


def do(qtbot: QtBot, operations: Operations, operation: Operation[Any]) -> Any:
    results: list[Any] = []
    operations.run(operations, operation, results.append)
    qtbot.waitUntil(lambda: bool(results), timeout=PATIENCE_MS)
    return results[0]


def test_it_works_in_another_thread_and_answers_in_the_main_one(qtbot: QtBot, operations: Operations) -> None:
    threads: list[str] = []

    def call() -> None:
        threads.append(threading.current_thread().name)

    operations.run(operations, Operation("Working", call), lambda _: threads.append(threading.current_thread().name))
    qtbot.waitUntil(lambda: len(threads) == 2, timeout=PATIENCE_MS)
    assert threads[0].startswith("clockhand-act")
    assert threads[1] == threading.main_thread().name


def test_a_question_does_not_wait_for_an_operation(qtbot: QtBot, operations: Operations) -> None:
    gate = threading.Event()
    answers: list[int] = []
    operations.run(operations, Operation("Waiting", lambda: gate.wait(10)))
    operations.ask(operations, lambda: 42, answers.append)
    qtbot.waitUntil(lambda: answers == [42], timeout=PATIENCE_MS)
    gate.set()


def test_an_expected_error_is_told_by_its_own_sentence(qtbot: QtBot, operations: Operations) -> None:
    def call() -> None:
        raise ConflictError("It is paused already.")

    with qtbot.waitSignal(operations.failed, timeout=PATIENCE_MS) as told:
        operations.run(operations, Operation("Pausing", call))
    assert told.args == [Failure("Pausing", "It is paused already.", "Pausing\nIt is paused already.")]


@pytest.mark.expects_log
def test_a_fault_is_named_as_one_and_keeps_its_traceback_for_the_report(qtbot: QtBot, operations: Operations) -> None:
    with qtbot.waitSignal(operations.failed, timeout=PATIENCE_MS) as told:
        operations.run(operations, Operation("Dividing", lambda: 1 // 0))
    assert told.args is not None
    [failure] = told.args
    assert failure.sentence.startswith("This is a fault of Clockhand: ZeroDivisionError")
    assert "Traceback" in failure.details
    assert "Traceback" not in failure.sentence


def test_what_belongs_to_somebody_who_left_is_dropped(qtbot: QtBot, operations: Operations) -> None:
    gate = threading.Event()
    arrived: list[str] = []
    owner = QObject()
    operations.ask(owner, lambda: gate.wait(10), lambda _: arrived.append("dropped"))
    operations.ask(operations, lambda: None, lambda _: arrived.append("kept"))
    owner.deleteLater()
    qtbot.waitUntil(lambda: not isValid(owner), timeout=PATIENCE_MS)
    gate.set()
    qtbot.waitUntil(lambda: arrived == ["kept"], timeout=PATIENCE_MS)


def test_the_verbs_do_what_they_say(qtbot: QtBot, operations: Operations, workspace: Workspace) -> None:
    command_id = add_command(workspace, "greet", "echo hello")
    queue = workspace.queue
    do(qtbot, operations, verbs.run_now(queue, command_id=command_id, command="greet", environment_id=None))
    assert workspace.runs.get(1).state is JobState.AVAILABLE
    do(qtbot, operations, verbs.cancel(queue, job_id=1, command="greet"))
    assert workspace.runs.get(1).state is JobState.CANCELLED
    assert workspace.runs.get(1).reason == "by the user"
    do(qtbot, operations, verbs.retry(queue, job_id=1, command="greet"))
    assert workspace.runs.get(2).retry_of == 1
    with qtbot.waitSignal(operations.failed, timeout=PATIENCE_MS) as told:
        operations.run(operations, verbs.cancel(queue, job_id=1, command="greet"))
    assert told.args is not None
    assert told.args[0].title == "Cancelling “greet”"


def test_the_sample_can_be_added_twice(qtbot: QtBot, operations: Operations, workspace: Workspace) -> None:
    do(qtbot, operations, verbs.add_sample(workspace))
    names = [record.spec.name for record in workspace.catalog.commands()]
    do(qtbot, operations, verbs.add_sample(workspace))
    assert [record.spec.name for record in workspace.catalog.commands()] == names
    assert "disk space" in names


def test_many_requests_become_few_questions_and_the_last_is_answered(qtbot: QtBot, operations: Operations) -> None:
    state = 0
    asked: list[int] = []

    def question() -> Callable[[], int]:
        asked.append(1)
        return lambda: state

    answers: list[int] = []
    reading = Reading(operations, operations, question, answers.append, interval_ms=10)
    for state in range(1, 51):  # noqa: B007  (the question reads it)
        reading.request()
    qtbot.waitUntil(lambda: answers[-1:] == [50], timeout=PATIENCE_MS)
    assert len(asked) <= 3


def test_an_error_does_not_end_the_asking(qtbot: QtBot, operations: Operations) -> None:
    answers: list[str] = []
    errors = [ConflictError("not now")]

    def question() -> str:
        if errors:
            raise errors.pop()
        return "answer"

    reading = Reading(operations, operations, lambda: question, answers.append, interval_ms=10)
    with qtbot.waitSignal(operations.failed, timeout=PATIENCE_MS):
        reading.request()
    reading.request()
    qtbot.waitUntil(lambda: answers == ["answer"], timeout=PATIENCE_MS)


def test_what_is_asked_after_the_end_is_dropped(operations: Operations) -> None:
    # A page that closes still asked for what its form shows, and the error came out of Qt's event loop.
    operations.close()
    operations.ask(operations, lambda: 1, lambda _answer: None)
