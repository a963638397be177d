"""Named values of two runs side by side, with a sign where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from desktop.theme import Theme

__all__ = ["CompareList", "Line"]


class Line(NamedTuple):
    """A name with a value of each run; `sign` is "" where they do not differ."""

    sign: str
    name: str
    before: str
    after: str


class CompareList(QTreeWidget):
    """One line a name."""

    def __init__(self, theme: Theme, name: str, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines: list[Line] = []
        self._heading = heading
        self.setAccessibleName(name)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.set_titles(self.tr("Before"), self.tr("After"))
        header = self.header()
        header.setStretchLastSection(False)
        for column in (0, 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        for column in (2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        theme.changed.connect(self._renew)

    def set_titles(self, before: str, after: str) -> None:
        """Say over the columns which run is which."""
        self.setHeaderLabels(["", self._heading, before, after])

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these."""
        self._lines = list(lines)
        self._renew()

    def _renew(self) -> None:
        self.clear()
        for line in self._lines:
            item = QTreeWidgetItem(list(line))
            item.setTextAlignment(0, Qt.AlignmentFlag.AlignCenter)
            for column in (2, 3):
                item.setToolTip(column, line[column])
            if line.sign:
                font = item.font(1)
                font.setBold(True)
                for column in (0, 1):
                    item.setFont(column, font)
                item.setForeground(0, QBrush(self._theme.colour("warning")))
            else:
                for column in (1, 2, 3):
                    item.setForeground(column, QBrush(self._theme.colour("muted")))
            self.addTopLevelItem(item)
