"""A database of its own for each test of crontabs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.changes import Publisher
from core.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "clockhand.db", backups=tmp_path / "backups", publisher=Publisher())
    yield opened
    opened.close()
