"""A data folder of its own for each test of the core, made by copying one that was made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.catalog.catalog import Catalog
from core.changes import Changes
from core.database import Database
from core.queue.engine import JobQueue
from core.workspace import Workspace
from tests.support import FakeClock


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a database with all tables and no rows; it is copied, never opened."""
    folder = tmp_path_factory.mktemp("empty") / "data"
    with Workspace(folder):
        pass
    return folder / "clockhand.db"


@pytest.fixture
def data_folder(tmp_path: Path, empty_database: Path) -> Path:
    """Return a data folder that holds an empty database, which nothing has opened."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    shutil.copyfile(empty_database, folder / "clockhand.db")
    (folder / "clockhand.db").chmod(0o600)
    return folder


@pytest.fixture
def workspace(data_folder: Path, clock: FakeClock) -> Iterator[Workspace]:
    """Return an open workspace whose clock is the test's."""
    with Workspace(data_folder, clock=clock) as opened:
        yield opened


@pytest.fixture
def published(workspace: Workspace) -> list[Changes]:
    """Return what is announced from now on, oldest first."""
    announced: list[Changes] = []
    workspace.changes.subscribe(announced.append)
    return announced


@pytest.fixture
def database(workspace: Workspace) -> Database:
    return workspace.database


@pytest.fixture
def catalog(workspace: Workspace) -> Catalog:
    return workspace.catalog


@pytest.fixture
def queue(workspace: Workspace) -> JobQueue:
    return workspace.queue
