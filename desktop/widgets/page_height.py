"""Lets a page of tabs be as high as its words need at its width, which a stack of pages does not ask for."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

__all__ = ["PageHeight"]


class PageHeight(QObject):
    """Without it the last line of a page is cut as soon as a sentence on it takes two lines."""

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        self._page = page
        page.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt names it so)
        """Renew the least height with the width and with what is on the page."""
        if watched is self._page and event.type() in {QEvent.Type.Resize, QEvent.Type.LayoutRequest}:
            layout = self._page.layout()
            if layout is not None and layout.hasHeightForWidth():
                needed = layout.minimumHeightForWidth(self._page.width())
                if needed != self._page.minimumHeight():
                    self._page.setMinimumHeight(needed)
        return super().eventFilter(watched, event)
