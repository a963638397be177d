"""The safety nets of all tests: unexpected log records, left threads and left processes fail the test.

Nothing here may need Qt, since the tests of core also run where PySide6 can't be imported.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support import FakeClock
from tests.support.leaks import child_processes, describe_process, left_behind, live_threads

pytest_plugins = ["pytester"]

hypothesis.settings.register_profile(
    "clockhand",
    deadline=None,  # the machines that run this are busy, and no test asserts a duration
    derandomize=os.environ.get("CI") == "true",
    print_blob=True,
    max_examples=50,
)
hypothesis.settings.load_profile("clockhand")

_PLACES = pytest.StashKey[tuple[tempfile.TemporaryDirectory[str], pytest.MonkeyPatch]]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep the user's own data, keyring and session out of reach of every test and its child processes."""
    folder = tempfile.TemporaryDirectory(prefix="clockhand-tests-")
    patch = pytest.MonkeyPatch()
    patch.setenv("CLOCKHAND_DATA_DIR", str(Path(folder.name, "data")))
    patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    patch.setenv("XDG_RUNTIME_DIR", folder.name)  # without one Qt warns, and a warning fails the test
    config.stash[_PLACES] = (folder, patch)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give back what pytest_configure took."""
    if places := config.stash.get(_PLACES, None):
        folder, patch = places
        patch.undo()
        folder.cleanup()


class _Collector(logging.Handler):
    """Keeps the records that reach the root logger."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test in which a warning or worse is logged, unless it is marked `expects_log`."""
    collector = _Collector()
    root = logging.getLogger()
    root.addHandler(collector)
    try:
        yield
    finally:
        root.removeHandler(collector)
    if collector.records and request.node.get_closest_marker("expects_log") is None:
        lines = [f"{r.levelname} {r.name}: {r.getMessage()}" for r in collector.records]
        pytest.fail(
            "Logged, but not expected (mark the test expects_log if it provokes this):\n" + "\n".join(lines),
            pytrace=False,
        )


@pytest.fixture(autouse=True)
def no_leaked_processes(no_unexpected_log: None) -> Iterator[None]:
    """Fail the test that leaves a child process running, and end that process for the sake of the next test."""
    before = child_processes()
    yield
    if leaked := left_behind(before, child_processes):
        descriptions = [describe_process(process) for process in leaked]
        for process in leaked:
            process.kill()
        pytest.fail("Processes are still running after the test:\n" + "\n".join(descriptions), pytrace=False)


@pytest.fixture(autouse=True)
def no_leaked_threads(no_leaked_processes: None) -> Iterator[None]:
    """Fail the test that leaves a thread running."""
    before = live_threads()
    yield
    if leaked := left_behind(before, live_threads):
        pytest.fail("Threads are still running after the test:\n" + "\n".join(map(repr, leaked)), pytrace=False)


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands at 2026-11-24 06:00 UTC until the test moves it."""
    return FakeClock()
