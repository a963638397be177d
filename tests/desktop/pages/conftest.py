"""The real window on a data folder of its own, driven as a person does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from core.workspace import Workspace
from desktop.application import Session
from tests.support.window import open_session

OpenSession = Callable[..., Session]


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenSession]:
    """Return a function that opens the window; `before` prepares the data folder. All are ended with the test."""
    with ExitStack() as stack:

        def open_it(before: Callable[[Workspace], Any] | None = None) -> Session:
            return stack.enter_context(open_session(qtbot, tmp_path / "data", before=before))

        yield open_it
