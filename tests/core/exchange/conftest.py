"""A database of its own for each test of what goes in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.catalog.catalog import Catalog
from core.changes import Publisher
from core.database import Database
from tests.support import FakeClock


@pytest.fixture
def new_database(tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Return a function that opens one more empty database."""
    opened: list[Database] = []

    def open_one() -> Database:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        opened.append(Database(folder / "clockhand.db", backups=folder / "backups", publisher=Publisher()))
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Database:
    return new_database()


@pytest.fixture
def catalog(database: Database, clock: FakeClock) -> Catalog:
    return Catalog(database, clock)
