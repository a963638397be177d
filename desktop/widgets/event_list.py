"""The life of a run: its events in order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from core.history.runs import Event
from desktop.models.run_texts import event_look, event_text, local_text
from desktop.theme import Theme

__all__ = ["EventList"]


class EventList(QTreeWidget):
    """One line an event: when, what, and what is to be said of it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._events: list[Event] = []
        self.setAccessibleName(self.tr("What happened"))
        self.setHeaderLabels([self.tr("When"), self.tr("What"), self.tr("Details")])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        theme.changed.connect(self._renew)

    def show_events(self, events: Sequence[Event]) -> None:
        """Show these; nothing moves where they are the same as before."""
        if list(events) != self._events:
            self._events = list(events)
            self._renew()

    def _renew(self) -> None:
        self.clear()
        for event in self._events:
            look = event_look(event)
            item = QTreeWidgetItem([local_text(event.at), look.word, event_text(event)])
            item.setIcon(1, self._theme.icon(look.icon, look.tone))
            item.setForeground(1, QBrush(self._theme.colour(look.tone)))
            item.setToolTip(2, item.text(2))
            self.addTopLevelItem(item)
