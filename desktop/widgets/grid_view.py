"""The table of a grid: as high as its rows, and as wide as the page allows."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from desktop.theme import Theme
from desktop.widgets.grid_delegate import ROW_HEIGHT, GridDelegate
from desktop.widgets.grid_model import GridModel

__all__ = ["GridView"]

_MOST_ROWS = 7
_WIDEST_NAME = 200
_GIVES_WAY = 20  # one part in so many of what the columns want


class GridView(QTableView):
    """As high as its rows, up to some; its columns share the width, unless they are too many for that."""

    def __init__(self, model: GridModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._is_too_wide = False
        self._delegate = GridDelegate(theme, self)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(self.tr("Environments by crons"))
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectItems)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        vertical = self.verticalHeader()
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        vertical.setDefaultSectionSize(ROW_HEIGHT)
        vertical.setMaximumWidth(_WIDEST_NAME)
        vertical.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        horizontal = self.horizontalHeader()
        horizontal.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for header in (vertical, horizontal):
            header.setTextElideMode(Qt.TextElideMode.ElideRight)
            header.setHighlightSections(False)
            header.setSectionsClickable(False)
        model.modelReset.connect(self._fit)
        model.dataChanged.connect(self._fit)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Share the width anew."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt names it so)
        """Return the size in which some rows are to be seen."""
        rows = min(_MOST_ROWS, self.model().rowCount())
        height = self.horizontalHeader().sizeHint().height() + rows * ROW_HEIGHT + 2 * self.frameWidth()
        return QSize(480, height + (self.horizontalScrollBar().sizeHint().height() if self._is_too_wide else 0))

    @Slot()
    def _fit(self) -> None:
        count = self.model().columnCount()
        wanted = [self.sizeHintForColumn(column) for column in range(count)]
        room = self.viewport().width() - sum(wanted)
        # A little less than they want costs the columns some of the space between them, and spares a scroll bar.
        self._is_too_wide = room < -(sum(wanted) // _GIVES_WAY)
        spare = room // count
        for column, width in enumerate(wanted):
            # A lone column as wide as the window would be a bar, and not a cell.
            self.setColumnWidth(column, width if self._is_too_wide else min(width + spare, 2 * width))
        self.setFixedHeight(self.sizeHint().height())
