"""A database of its own for each test of the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.catalog.catalog import Catalog
from core.changes import Changes, Publisher
from core.database import Database
from tests.support import FakeClock


@pytest.fixture
def published() -> list[Changes]:
    """Return what was announced, oldest first."""
    return []


@pytest.fixture
def database(tmp_path: Path, published: list[Changes]) -> Iterator[Database]:
    publisher = Publisher()
    publisher.subscribe(published.append)
    opened = Database(tmp_path / "clockhand.db", backups=tmp_path / "backups", publisher=publisher)
    yield opened
    opened.close()


@pytest.fixture
def catalog(database: Database, clock: FakeClock) -> Catalog:
    return Catalog(database, clock)
