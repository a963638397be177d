"""Opening the database: what is refused is left as it was, and every refusal says what to do."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from core.changes import Publisher
from core.database import Database
from core.errors import StorageBusyError, StorageError
from core.migrations import HEAD
from core.model import Command
from core.workspace import Workspace

ROOT = Path(__file__).parents[2]


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    database = Database(path, backups=path.parent / "backups", publisher=Publisher())
    try:
        yield database
    finally:
        database.close()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refusal(path: Path) -> str:
    """Open the database and return why that is refused; nothing may have changed, and nothing be left beside it."""
    before, beside = digest(path), sorted(path.parent.iterdir())
    with pytest.raises(StorageError) as caught, opened(path):
        pass
    assert not isinstance(caught.value, StorageBusyError)
    assert digest(path) == before
    assert sorted(path.parent.iterdir()) == beside
    return str(caught.value)


@pytest.fixture
def path(data_folder: Path) -> Path:
    return data_folder / "clockhand.db"


def test_a_new_database_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "clockhand.db"
    with opened(path):
        for file in tmp_path.glob("clockhand.db*"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert [file.name for file in tmp_path.iterdir()] == ["clockhand.db"]


def test_opening_an_up_to_date_database_changes_nothing(path: Path) -> None:
    before = digest(path)
    with opened(path):
        pass
    assert digest(path) == before


def test_a_database_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    text = refusal(path)
    assert f"newer version of Clockhand (revision 9999; this one knows up to {HEAD})" in text
    assert "Nothing was changed" in text


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"Dear diary, today I renamed a file. " * 100)
    assert "is not a database. It was left as it is" in refusal(path)


def test_a_damaged_database_is_refused_and_left_alone(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:4096] = os.urandom(3996)
    path.write_bytes(content)
    assert "is damaged" in refusal(path)


def test_a_truncated_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])
    assert "is damaged" in refusal(path)


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "photos.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE photos (id INTEGER PRIMARY KEY)")
        connection.commit()
    assert "holds tables that are not Clockhand's" in refusal(path)


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageError, match="can't be made"):
        Workspace(tmp_path / "file" / "data")


def test_a_database_in_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"can't be opened: No such file or directory\. Mend"):
        Database(tmp_path / "no" / "clockhand.db", backups=tmp_path, publisher=Publisher())


@pytest.mark.skipif(sys.platform != "linux", reason="needs an unprivileged user to switch to")
@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_this_user_may_not_write_is_told(data_folder: Path, kind: str) -> None:
    """A child process gives up root's right to ignore permissions."""
    path = data_folder / "clockhand.db"
    path.chmod(0o444 if kind == "file" else 0o644)
    data_folder.chmod(0o755 if kind == "file" else 0o555)
    before = digest(path)
    code = """
import os, sys
from pathlib import Path
from core.errors import StorageError
from core.workspace import Workspace
if os.geteuid() == 0:
    os.chdir("/")
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    with Workspace(Path(sys.argv[1])):
        print("opened")
except StorageError as error:
    print(error)
"""
    for parent in (data_folder, *data_folder.parents):
        if parent.stat().st_uid == os.getuid() and parent != Path("/") and parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    data_folder.parent.chmod(0o755)
    answer = subprocess.run(
        [sys.executable, "-c", code, str(data_folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    data_folder.chmod(0o700)
    assert "can't be" in answer.stdout, answer
    assert str(data_folder) in answer.stdout
    assert digest(path) == before


def test_a_locked_database_is_something_that_passes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.database.BUSY_TIMEOUT_MS", 20)
    with opened(path) as database, closing(sqlite3.connect(path, isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusyError, match=r"is locked by another program\. Clockhand goes on when that"):
            database.write(lambda _: None)
        blocker.execute("ROLLBACK")
        database.write(lambda _: None)


def test_two_processes_may_make_the_same_database(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from core.workspace import Workspace
with Workspace(Path(sys.argv[1])) as workspace:
    workspace.queue.register_agent("agent").result()
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "data")], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    errors = [process.communicate()[1].decode() for process in processes]
    assert errors == [""] * 3
    with Workspace(tmp_path / "data") as workspace, workspace.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM agents").scalar() == 3


def test_a_sound_database_passes_its_own_check(path: Path) -> None:
    with opened(path) as database:
        assert database.check_integrity() == []


def test_the_check_finds_rows_that_refer_to_nothing(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO schedule_environments VALUES (1, 2, 0)")
    with opened(path) as database:
        assert set(database.check_integrity()) == {
            "a row of schedule_environments refers to nothing in environments",
            "a row of schedule_environments refers to nothing in schedules",
        }


def test_damage_that_is_met_later_is_told_in_a_sentence(path: Path) -> None:
    content = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'commands'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    content[(root - 1) * size : root * size] = b"\xff" * size
    path.write_bytes(content)
    with opened(path) as database:
        with pytest.raises(StorageError, match="is damaged"), database.reading() as connection:
            connection.execute(select(Command.run)).all()
        assert database.check_integrity() != []


def test_a_copy_made_while_it_is_open_can_be_opened(path: Path, tmp_path: Path) -> None:
    with opened(path) as database:
        database.write(lambda tx: tx.connection.exec_driver_sql("INSERT INTO queues VALUES ('a', 1, NULL)").close())
        copy = tmp_path / "copy"
        copy.mkdir()
        for file in path.parent.glob("clockhand.db*"):
            shutil.copyfile(file, copy / file.name)
    with opened(copy / "clockhand.db") as copied, copied.reading() as reading:
        assert reading.exec_driver_sql("SELECT name FROM queues").scalars().all() == ["a"]
