"""Keeps a window, with the frame that the system puts around it, within its screen."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QRect, QSize, Qt
from PySide6.QtWidgets import QWidget

__all__ = ["USUAL_FRAME", "fit", "fitted", "let_shrink"]

USUAL_FRAME = QMargins(4, 40, 4, 8)
"""Pixels, no thinner than the usual title bars and borders. How thick the frame is becomes known only once the window
is on the screen, and a window that shrinks under the eyes is worse than one that is a little lower."""


def fitted(wanted: QRect, available: QRect, frame: QMargins, smallest: QSize) -> QRect:
    """Return where a window (without its frame) lies within the part of a screen that is `available`.

    It moves rather than it becomes smaller, and is never smaller than `smallest`: its title bar stays in view then.
    """
    room = available.marginsRemoved(frame)
    size = wanted.size().boundedTo(room.size()).expandedTo(smallest)
    left = max(room.left(), min(wanted.left(), room.right() + 1 - size.width()))
    top = max(room.top(), min(wanted.top(), room.bottom() + 1 - size.height()))
    return QRect(left, top, size.width(), size.height())


def let_shrink(window: QWidget, smallest: QSize) -> None:
    """Let a window be no smaller than this, but on a small screen as small as fits there with its frame.

    A Full HD screen at 200 % has 960 by 540 pixels of the size that counts, one of 1280 by 800 at 150 % 853 by 533.
    """
    window.setMinimumSize(smallest.boundedTo(window.screen().availableGeometry().marginsRemoved(USUAL_FRAME).size()))


def fit(window: QWidget) -> None:
    """Make a window that is not shown yet fit its screen; one that fills the screen is left as it is."""
    if window.isMaximized() or window.isFullScreen():
        return
    wanted = window.geometry()
    found = fitted(wanted, window.screen().availableGeometry(), USUAL_FRAME, window.minimumSize())
    # A window that was never placed is placed by the system, which knows better where: only its size is ours.
    if found.size() != wanted.size():
        window.resize(found.size())
    if window.testAttribute(Qt.WidgetAttribute.WA_Moved) and found.topLeft() != wanted.topLeft():
        window.setGeometry(found)
