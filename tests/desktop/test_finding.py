"""The search in one output: what its thread tells the main thread, and that nothing of it hangs or is left."""

from __future__ import annotations

import subprocess
import sys
import threading
from array import array
from collections.abc import Iterator

import psutil
import pytest
from pytestqt.qtbot import QtBot

from core.errors import StorageError
from desktop import finding, own_process
from desktop.finding import Expression, Finding
from tests.support.window import PATIENCE_MS

SILENT = "import time; time.sleep(600)"


class Growing:
    """An output in memory that grows."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data

    def size(self) -> int:
        return len(self.data)

    def gap(self) -> tuple[int, int] | None:
        return None

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


@pytest.fixture
def search(qtbot: QtBot) -> Iterator[Finding]:
    made = Finding()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture(autouse=True)
def nobody_left() -> Iterator[None]:
    yield
    assert psutil.Process().children() == []


def wait_for_total(qtbot: QtBot, search: Finding, wanted: int) -> None:
    qtbot.waitUntil(lambda: list(search.totals)[-1:] == [wanted], timeout=PATIENCE_MS)


def test_at_every_moment_each_total_has_its_start(
    qtbot: QtBot, search: Finding, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[tuple[int, int]] = []

    class Watched(array):  # type: ignore[type-arg]  # its items are numbers, as before
        def append(self, value: int) -> None:
            super().append(value)
            lengths.append((len(search.starts), len(search.totals)))

        def pop(self, number: int = -1) -> int:
            value = int(super().pop(number))
            lengths.append((len(search.starts), len(search.totals)))
            return value

    monkeypatch.setattr(finding, "array", Watched)
    source = Growing()
    search.start(source, Expression("hit"))
    for number in range(1, 6):
        # The last line is not ended, and so it is searched again.
        source.data += b"t hit\n\nhit hi"
        wait_for_total(qtbot, search, 3 * number - 1)
    assert len(lengths) > 20
    assert all(starts >= totals for starts, totals in lengths)


def test_a_process_that_never_answers_is_told_and_ended(
    qtbot: QtBot, search: Finding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_process, "program", lambda: [sys.executable, "-c", SILENT])
    monkeypatch.setattr(finding, "_START_S", 0.2)
    with qtbot.waitSignal(search.failed, timeout=PATIENCE_MS) as told:
        search.start(Growing(b"hit\n"), Expression("hit"))
    (error,) = told.args or [None]
    assert isinstance(error, StorageError)
    assert "could not be started: its process does not answer" in str(error)
    assert not search.is_searching


def test_a_search_that_is_closed_while_its_process_starts_does_not_wait_for_it(
    search: Finding, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_starting, is_killed = threading.Event(), threading.Event()
    kill = finding._Scan.kill

    def spawn() -> subprocess.Popen[bytes]:
        is_starting.set()
        is_killed.wait(PATIENCE_MS / 1000)
        return subprocess.Popen([sys.executable, "-c", SILENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def kill_and_tell(scan: finding._Scan) -> None:
        kill(scan)
        is_killed.set()

    monkeypatch.setattr(finding, "_spawn", spawn)
    monkeypatch.setattr(finding._Scan, "kill", kill_and_tell)
    search.start(Growing(b"hit\n"), Expression("hit"))
    assert is_starting.wait(PATIENCE_MS / 1000)
    search.close()
    assert is_killed.is_set()


def test_a_process_that_waited_and_was_ended_by_others_is_replaced(qtbot: QtBot, search: Finding) -> None:
    search.prepare()
    (waiting,) = search._idle
    waiting.kill()
    waiting.wait()
    search.start(Growing(b"hit\n"), Expression("hit"))
    qtbot.waitUntil(lambda: list(search.totals) == [1], timeout=PATIENCE_MS)


def test_searches_that_begin_together_share_no_process(qtbot: QtBot, search: Finding) -> None:
    search.prepare()
    for number in range(5):
        search.start(Growing(b"hit\n" * (number + 1)), Expression("hit"))
    qtbot.waitUntil(lambda: list(search.totals) == [1, 2, 3, 4, 5], timeout=PATIENCE_MS)
