"""What models stand on: a data folder, a thread that reads, a theme."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from core.workspace import Workspace
from desktop.operations import Operations
from desktop.theme import Theme
from tests.support import FakeClock
from tests.support.window import idle_operations, open_theme


@pytest.fixture
def workspace(tmp_path: Path, clock: FakeClock) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data", clock=clock) as opened:
        yield opened


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    with open_theme(qapp) as opened:
        yield opened


@pytest.fixture
def operations(qapp: QApplication, workspace: Workspace) -> Iterator[Operations]:
    with idle_operations(workspace) as (_bridge, made):
        yield made
