"""A window stays within its screen, together with its frame."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMargins, QRect, QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.fitting import USUAL_FRAME, fitted, let_shrink

FRAME = QMargins(2, 30, 2, 4)
SCREEN = QRect(0, 24, 1280, 776)
SMALLEST = QSize(896, 560)


def test_what_fits_stays_where_it_is() -> None:
    wanted = QRect(100, 100, 1000, 600)
    assert fitted(wanted, SCREEN, FRAME, SMALLEST) == wanted


def test_a_window_moves_rather_than_it_becomes_smaller() -> None:
    assert fitted(QRect(700, 500, 1000, 600), SCREEN, FRAME, SMALLEST) == QRect(278, 196, 1000, 600)
    assert fitted(QRect(-50, 0, 1000, 600), SCREEN, FRAME, SMALLEST) == QRect(2, 54, 1000, 600)


def test_a_window_that_is_too_large_fills_the_screen_with_its_frame() -> None:
    found = fitted(QRect(0, 0, 1920, 1000), SCREEN, FRAME, SMALLEST)
    assert found.marginsAdded(FRAME) == SCREEN


@pytest.mark.parametrize("screen", [QRect(0, 0, 640, 480), QRect(1920, 0, 800, 480)])
def test_a_screen_that_is_too_small_shows_the_title_bar(screen: QRect) -> None:
    found = fitted(QRect(300, 300, 1280, 820), screen, FRAME, SMALLEST)
    assert found.size() == SMALLEST
    assert found.marginsAdded(FRAME).topLeft() == screen.topLeft()


def test_a_window_may_be_as_small_as_its_screen_needs_it_to_be(qtbot: QtBot) -> None:
    # At 200 % a Full HD screen is smaller than what the window likes to be at least: its buttons lay beyond the edge.
    window = QWidget()
    qtbot.addWidget(window)
    room = window.screen().availableGeometry().marginsRemoved(USUAL_FRAME).size()
    let_shrink(window, QSize(room.width() + 100, room.height() - 100))
    assert window.minimumSize() == QSize(room.width(), room.height() - 100)
