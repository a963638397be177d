"""The real window on a data folder of its own, driven as a person does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from core.catalog.specs import CronSpec
from core.clock import Clock
from core.workspace import Workspace
from desktop.application import Session
from desktop.pages.page import PageKind
from desktop.pages.registry import PAGES
from tests.support.catalog import PlainPage
from tests.support.hands import settle
from tests.support.window import open_session

OpenSession = Callable[..., Session]
OpenPage = Callable[..., PlainPage]


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenSession]:
    """Return a function that opens the window; `before` prepares the data folder. All are ended with the test."""
    with ExitStack() as stack:

        def open_it(before: Callable[[Workspace], Any] | None = None, clock: Clock | None = None) -> Session:
            return stack.enter_context(open_session(qtbot, tmp_path / "data", before=before, clock=clock))

        yield open_it


@pytest.fixture
def open_page(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenPage]:
    """Return a function that opens the window on the plain page, with crons of these names."""
    kinds = [kind for kind in PAGES if kind.name in {"overview", "runs", "settings"}]
    monkeypatch.setattr(
        "desktop.application.PAGES", (*kinds, PageKind("crons", lambda: "Plain crons", "runs", lambda: PlainPage))
    )
    with ExitStack() as stack:

        def open_it(*names: str, before: Callable[[Workspace], Any] | None = None) -> PlainPage:
            def prepare(workspace: Workspace) -> None:
                for number, name in enumerate(names):
                    workspace.catalog.create(CronSpec(name=name, expression=f"{number} * * * *"))
                if before is not None:
                    before(workspace)

            session = stack.enter_context(open_session(qtbot, tmp_path / "data", before=prepare))
            session.window.open_page(list(session.window.pages).index("crons"))
            page = session.window.page("crons")
            assert isinstance(page, PlainPage)
            page.setProperty("session", session)
            settle(qtbot, page, len(names))
            return page

        yield open_it
