"""A theme for widgets that stand alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from desktop.theme import Theme
from tests.support.window import open_theme


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    with open_theme(qapp) as opened:
        yield opened
