"""The small outputs' database."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from core.errors import StorageBusyError, StorageError
from core.output.store import OutputStore


def test_what_was_saved_is_loaded_and_saving_again_is_harmless(tmp_path: Path) -> None:
    store = OutputStore(tmp_path / "outputs.db")
    rows = [(1, 1, b"a", b"i"), (1, 2, b"b", b"j"), (2, 1, b"", b"")]
    store.save_many(rows)
    store.save_many(rows)
    assert [store.load(job_id, attempt) for job_id, attempt, _, _ in rows] == [(b"a", b"i"), (b"b", b"j"), (b"", b"")]
    assert store.load(3, 1) is None
    store.close()


def test_deleting_takes_all_attempts_of_many_jobs(tmp_path: Path) -> None:
    store = OutputStore(tmp_path / "outputs.db")
    store.save_many((job_id, attempt, b"x", b"") for job_id in range(1200) for attempt in (1, 2))
    assert store.delete(range(1, 1200)) == 2398
    assert store.delete([]) == 0
    assert store.load(0, 2) == (b"x", b"")
    assert store.load(1, 1) is None
    store.close()


def test_rows_are_all_saved_or_none(tmp_path: Path) -> None:
    store = OutputStore(tmp_path / "outputs.db")
    broken: list[tuple[int, int, bytes, bytes]] = [(1, 1, b"a", b""), (2, 1, None, b"")]  # type: ignore[list-item]  # on purpose
    with pytest.raises(StorageError, match="NOT NULL"):
        store.save_many(broken)
    assert store.load(1, 1) is None
    store.close()


def test_each_thread_has_a_connection_of_its_own(tmp_path: Path) -> None:
    store = OutputStore(tmp_path / "outputs.db")
    faults: list[BaseException] = []

    def work(job_id: int) -> None:
        try:
            for attempt in range(1, 20):
                store.save_many([(job_id, attempt, b"x" * attempt, b"")])
                assert store.load(job_id, attempt) == (b"x" * attempt, b"")
        except BaseException as error:  # noqa: BLE001  (the test's thread tells it)
            faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    store.close()


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = OutputStore(tmp_path / "outputs.db")
    store.save_many([(1, 1, b"x", b"")])
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    store.close()


def test_power_cuts_can_not_break_it_and_others_may_read_while_it_writes(tmp_path: Path) -> None:
    store = OutputStore(tmp_path / "outputs.db")
    store.save_many([(1, 1, b"x", b"")])
    other = sqlite3.connect(tmp_path / "outputs.db")
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
    store.close()


def test_a_broken_file_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outputs.db"
    path.write_bytes(b"this is no database, it is a text" * 100)
    store = OutputStore(path)
    with pytest.raises(StorageError, match=r"outputs\.db can't be used") as raised:
        store.load(1, 1)
    assert not isinstance(raised.value, StorageBusyError)
    store.close()
    assert path.read_bytes().startswith(b"this is no database")


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = OutputStore(tmp_path / "outputs.db")
    store.close()
    with pytest.raises(StorageError, match="closed"):
        store.load(1, 1)
