"""The widths of a table's columns: shared out by themselves until the person draws one, and kept between two starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QSettings, Qt, Slot
from PySide6.QtWidgets import QHeaderView, QTableView

__all__ = ["FittedColumns"]

_TIGHTEST = 0.85
"""A column is hidden rather than all of them made narrower than this part of what they want."""
_USUAL_LETTER = 7


class FittedColumns(QObject):
    """Never wider than the view, while nobody asked for it: `least` names the columns that go first, the first first.

    `widths` are pixels at the usual size of the font; `wide` is the column that takes what is left, where it is not
    shared out among all. As soon as the person draws a width, all columns are shown and keep theirs.
    """

    def __init__(
        self, view: QTableView, widths: Mapping[int, int], *, least: Sequence[int], wide: int | None = None
    ) -> None:
        super().__init__(view)
        self._view = view
        self._widths = dict(widths)
        self._least = tuple(least)
        self._wide = wide
        self._is_fitting = False
        self.is_own = False  # whether the person drew them
        header = view.horizontalHeader()
        header.setStretchLastSection(wide is None)
        if wide is not None:
            header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
        header.sectionResized.connect(self._on_resized)
        view.viewport().installEventFilter(self)
        self.fit()

    def restore(self, memory: QSettings, name: str) -> None:
        """Take the widths and the order as they were, and what sorts the rows."""
        self._is_fitting = True
        if (columns := memory.value(f"{name}/columns")) is not None:
            self._view.horizontalHeader().restoreState(columns)
        if self._wide is None:
            # What takes the rest comes back as wide as the view was before it had its size, and would not shrink.
            header = self._view.horizontalHeader()
            header.setStretchLastSection(False)
            self._view.setColumnWidth(self._taker(), header.minimumSectionSize())
            header.setStretchLastSection(True)
        self._is_fitting = False
        self.is_own = str(memory.value(f"{name}/own_widths", "false")) == "true"
        self.fit()

    def save(self, memory: QSettings, name: str) -> None:
        """Keep the widths and the order."""
        memory.setValue(f"{name}/columns", self._view.horizontalHeader().saveState())
        memory.setValue(f"{name}/own_widths", "true" if self.is_own else "false")

    def fit(self) -> None:
        """Share out the width of the view, unless the person did."""
        room = self._room()
        if self.is_own or self._is_fitting or room <= 0:
            return
        self._is_fitting = True
        try:
            self._share(room)
        finally:
            self._is_fitting = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt names it so)
        """Follow the width of the view."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.FontChange):
            self.fit()
        return super().eventFilter(watched, event)

    def _room(self) -> int:
        """Return the width beside a vertical scroll bar, also while there is none: columns must not jump with it."""
        if self._view.viewport().width() <= 0:
            return 0
        room = self._view.contentsRect().width()
        if self._view.verticalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff:
            room -= self._view.verticalScrollBar().sizeHint().width()
        rows = self._view.verticalHeader()
        return room if rows.isHidden() else room - rows.sizeHint().width()

    def _share(self, room: int) -> None:
        letter = max(1.0, self._view.fontMetrics().averageCharWidth() / _USUAL_LETTER)
        wanted = {column: width * letter for column, width in self._widths.items()}
        hidden = _too_many(wanted, self._least, room if self._wide in wanted else room / _TIGHTEST)
        shown = {column: width for column, width in wanted.items() if column not in hidden}
        part = room / sum(shown.values())
        if self._wide in shown:
            part = min(1.0, part)
        for column in wanted:
            self._view.setColumnHidden(column, column in hidden)
        for column, width in shown.items():
            self._view.setColumnWidth(column, int(width * part))

    def _taker(self) -> int:
        """Return the column that takes what is left: the last one that is shown, where none was named."""
        header = self._view.horizontalHeader()
        if self._wide is not None:
            return self._wide
        shown = [column for column in self._widths if not header.isSectionHidden(column)]
        return max(shown, key=header.visualIndex, default=-1)

    @Slot(int, int, int)
    def _on_resized(self, column: int, old: int, new: int) -> None:
        # A column that is hidden or shown, or that takes what is left, was not drawn by anybody.
        if self._is_fitting or self.is_own or not old or not new or column == self._taker():
            return
        self.is_own = True
        self._is_fitting = True
        for each in self._widths:
            if self._view.isColumnHidden(each):
                self._view.setColumnHidden(each, False)
        self._is_fitting = False


def _too_many(wanted: Mapping[int, float], least: Iterable[int], room: float) -> list[int]:
    gone: list[int] = []
    total = sum(wanted.values())
    for column in least:
        if total <= room or len(gone) + 1 == len(wanted):
            break
        gone.append(column)
        total -= wanted[column]
    return gone
