"""Brings a database to this version's tables, with a copy of it made first."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from core.errors import StorageError

__all__ = ["HEAD", "migrate", "revision_of"]

HEAD = "0005"
"""The revision that this version of the program works with; a test compares it with the migration scripts."""


def revision_of(connection: Connection) -> str | None:
    """Return the database's revision, or None for an empty one."""
    tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    if "alembic_version" not in tables:
        if tables:
            raise StorageError("The database holds tables that are not Clockhand's. It was left as it is.")
        return None
    revision: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return revision


def migrate(connection: Connection, path: Path, backups: Path) -> None:
    """Bring the database of `connection`, whose file is `path`, to HEAD in one transaction.

    Where there is something to lose, a copy is written into `backups` first. Raises StorageError for a database of a
    newer version of Clockhand; nothing is changed then.
    """
    with connection.begin():
        found = revision_of(connection)
    if found == HEAD:
        return
    # Alembic takes longer to import than the rest of a start takes to run; most starts do not need it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StorageError(
            f"The database {path} was made by a newer version of Clockhand (revision {found}; this one knows up to "
            f"{HEAD}). Nothing was changed. Install that version or a newer one, or choose another data folder."
        )
    if found is not None:
        _back_up(path, backups, found)
    with connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _back_up(path: Path, backups: Path, revision: str) -> None:
    """Copy the database with SQLite's backup API, which takes what is still in the write-ahead log along."""
    target = backups / f"clockhand-{revision}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.db"
    try:
        backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(
            f"The database {path} needs an update, and its copy {target} could not be written first: {error}. "
            f"Nothing was changed. Make room on the disk and start again."
        ) from error
