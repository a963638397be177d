"""The migrations make what the models say, and take an old database along without losing it."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine

from core import migrations
from core.changes import Publisher
from core.database import Database
from core.errors import StorageError
from core.model import Base
from core.workspace import Workspace

NEXT = '''"""Add a note to queues."""
import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("queues") as table:
        table.add_column(sa.Column("note", sa.Text(), nullable=True))
    {more}
'''


def tables_of(path: Path) -> dict[str, str]:
    """Return what SQLite keeps of every table and index, without blanks, quotes and the order of constraints."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT type || ' ' || name, sql FROM sqlite_master"
            " WHERE sql IS NOT NULL AND name NOT IN ('alembic_version', 'sqlite_sequence')"
        ).fetchall()
    return {name: normalised(sql) for name, sql in rows}


def normalised(sql: str) -> str:
    flat = re.sub(r"\s+", " ", sql).replace('"', "").replace("( ", "(").replace(" )", ")")
    head, _, body = flat.partition("(")
    return (
        head.strip()
        + " ( "
        + " , ".join(sorted(piece.strip() for piece in re.split(r", (?![^()]*\))", body.rsplit(")", 1)[0])))
    )


def test_models_equal_migrations(tmp_path: Path, empty_database: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    Base.metadata.create_all(engine)
    engine.dispose()
    models, migrated = tables_of(tmp_path / "models.db"), tables_of(empty_database)
    assert "table jobs" in models
    assert "index ix_jobs_available" in models
    assert migrated == models


def test_head_is_the_last_script() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend to be the next version of the program, which has one more migration; return that script."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    script = folder / "versions" / "0006_add_a_note_to_queues.py"
    script.write_text(NEXT.format(more=""))
    monkeypatch.setattr(migrations, "HEAD", "0006")
    monkeypatch.setattr(migrations, "__file__", str(folder / "__init__.py"))
    return script


def columns(path: Path, table: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def open_and_close(folder: Path) -> None:
    path = folder / "clockhand.db"
    Database(path, backups=folder / "backups", publisher=Publisher()).close()


def add_rows(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "clockhand.db")) as connection, connection:
        connection.execute("INSERT INTO queues VALUES ('net', 3, NULL)")


def test_an_old_database_is_copied_and_then_migrated(data_folder: Path, next_version: Path) -> None:
    add_rows(data_folder)
    open_and_close(data_folder)
    path = data_folder / "clockhand.db"
    assert "note" in columns(path, "queues")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute('SELECT name, "limit", note FROM queues').fetchall() == [("net", 3, None)]
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0006",)]
    (backup,) = (data_folder / "backups").iterdir()
    assert backup.name.startswith("clockhand-0005-")
    assert backup.stat().st_mode & 0o777 == 0o600
    assert columns(backup, "queues") == ["name", "limit", "paused_at"]
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT name FROM queues").fetchall() == [("net",)]


def test_a_migrated_database_is_not_copied_again(data_folder: Path, next_version: Path) -> None:
    open_and_close(data_folder)
    open_and_close(data_folder)
    assert len(list((data_folder / "backups").iterdir())) == 1


def test_a_new_database_needs_no_copy(tmp_path: Path) -> None:
    with Workspace(tmp_path / "data") as workspace:
        assert list(workspace.folder.backups.iterdir()) == []


def test_a_migration_that_fails_leaves_the_database_as_it_was(data_folder: Path, next_version: Path) -> None:
    next_version.write_text(NEXT.format(more='op.execute("INSERT INTO nowhere VALUES (1)")'))
    add_rows(data_folder)
    before = tables_of(data_folder / "clockhand.db")
    with pytest.raises(StorageError, match="no such table: nowhere"):
        open_and_close(data_folder)
    assert tables_of(data_folder / "clockhand.db") == before
    with closing(sqlite3.connect(data_folder / "clockhand.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0005",)]
        assert connection.execute("SELECT name FROM queues").fetchall() == [("net",)]
    next_version.write_text(NEXT.format(more=""))
    open_and_close(data_folder)
    assert "note" in columns(data_folder / "clockhand.db", "queues")


def test_without_room_for_the_copy_nothing_is_migrated(data_folder: Path, next_version: Path) -> None:
    add_rows(data_folder)
    (data_folder / "backups").write_text("a file where the folder should be")
    before = tables_of(data_folder / "clockhand.db")
    with pytest.raises(StorageError, match="could not be written first"):
        open_and_close(data_folder)
    assert tables_of(data_folder / "clockhand.db") == before


def test_the_comparison_of_tables_would_see_a_difference(tmp_path: Path, empty_database: Path) -> None:
    engine: Engine = create_engine(f"sqlite:///{tmp_path / 'changed.db'}")
    Base.metadata.create_all(engine)
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "changed.db")) as connection, connection:
        connection.execute("DROP INDEX ix_jobs_scheduled")
        connection.execute("CREATE INDEX ix_jobs_scheduled ON jobs (scheduled_at) WHERE state = 'scheduled'")
        connection.execute("ALTER TABLE queues ADD COLUMN note TEXT")
    changed, migrated = tables_of(tmp_path / "changed.db"), tables_of(empty_database)
    assert {name for name in changed if changed[name] != migrated[name]} == {"index ix_jobs_scheduled", "table queues"}
