"""Sorts the list of runs: by a click on a heading, by a menu or by name, and says so in a quiet line above the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, QSettings, Qt, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from core.history.listing import Listing
from core.history.ordering import MOST_SORTED, NEWEST_FIRST, RunOrder
from core.history.runs import RunFilter
from desktop.models.run_rows import Column
from desktop.models.run_sorting import KEYS, next_order, order_from_text, order_text, order_words, sort_offers
from desktop.models.run_table import RunTable
from desktop.operations import Operations
from desktop.reading import Reading
from desktop.widgets.run_view import RunView

__all__ = ["RunSorting"]

_COUNT_MS = 5000
_KEPT = "runs/order"


class RunSorting(QObject):
    """`line` is seen while the list is not as it usually is: the newest first. The order is kept between two starts."""

    def __init__(
        self, table: RunTable, view: RunView, listing: Listing, operations: Operations, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._table = table
        self._view = view
        self._listing = listing
        self._order = NEWEST_FIRST
        self._heading = Column.STARTED  # the one of the two by coming that was clicked
        self._total: tuple[RunFilter, int] | None = None
        self._count = Reading(
            self, operations, self._ask_for_count, self._on_count, interval_ms=_COUNT_MS, is_slow=True
        )
        self._text = QLabel()
        self._text.setObjectName("muted")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setMinimumWidth(1)
        self.back_button = QToolButton()
        self.back_button.setObjectName("link")
        self.back_button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.back_button.setText(self.tr("Newest first"))
        self.back_button.setToolTip(self.tr("Show all runs again, the newest first"))
        self.back_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.back_button.clicked.connect(self._on_back)
        self.line = QWidget()
        row = QHBoxLayout(self.line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._text)
        row.addWidget(self.back_button)
        row.addStretch(1)
        self.menu = QMenu(self.tr("S&ort by"), parent)
        self._group = QActionGroup(self)
        self._make_menu()
        view.horizontalHeader().sectionClicked.connect(self._on_heading)
        table.modelReset.connect(self._on_reset)
        table.settled.connect(self._on_reset)
        self._say()

    @property
    def order(self) -> RunOrder:
        """Return the order that is wanted."""
        return self._order

    @property
    def text(self) -> str:
        """Return what the line says."""
        return self._text.text()

    def sort(self, order: RunOrder) -> None:
        """Have the list in this order from now on, seen from its top."""
        if order == self._order:
            return
        self._order = order
        self._view.start_at_top()
        self._table.show(self._table.which, order)
        self._say()

    def offers(self) -> Sequence[tuple[str, QAction]]:
        """Return what the palette offers, with its names."""
        text = self.tr("Sort runs: {name}")
        actions = [*self._group.actions(), self.reverse]
        return [(text.format(name=action.text().replace("&", "")), action) for action in actions]

    def restore(self, memory: QSettings) -> None:
        """Take the order as it was; who calls it shows the list then."""
        self._order = order_from_text(str(memory.value(_KEPT, "")))
        self._say()

    def save(self, memory: QSettings) -> None:
        """Keep the order."""
        memory.setValue(_KEPT, order_text(self._order))

    def _make_menu(self) -> None:
        for number, (name, order) in enumerate(sort_offers()):
            if number == 2:
                self.menu.addSeparator()
            action = QAction(name, self._group)
            action.setCheckable(True)
            action.setData(number)
            action.triggered.connect(partial(self._on_offer, order))
            self.menu.addAction(action)
        self.menu.addSeparator()
        self.reverse = QAction(self.tr("The other &way round"), self)
        self.reverse.triggered.connect(self._on_reverse)
        self.menu.addAction(self.reverse)

    def _on_offer(self, order: RunOrder) -> None:
        self.sort(order)
        self._say()  # a click on what is ticked takes the tick away

    @Slot()
    def _on_reverse(self) -> None:
        self.sort(RunOrder(self._order.by, not self._order.descending))

    @Slot()
    def _on_back(self) -> None:
        self.sort(NEWEST_FIRST)
        self._view.setFocus()

    @Slot(int)
    def _on_heading(self, section: int) -> None:
        column = Column(section)
        if KEYS[column] is KEYS[Column.STARTED]:
            self._heading = column
        self.sort(next_order(column, self._order))
        self._say()  # Qt has turned the arrow by itself

    def _say(self) -> None:
        """Put the arrow, the tick and the line right."""
        order = self._order
        column = next(each for each, by in KEYS.items() if by is order.by)
        direction = Qt.SortOrder.DescendingOrder if order.descending else Qt.SortOrder.AscendingOrder
        header = self._view.horizontalHeader()
        header.setSortIndicatorShown(True)
        header.setSortIndicator(self._heading if order.is_by_coming else column, direction)
        for action, (_name, offered) in zip(self._group.actions(), sort_offers(), strict=True):
            is_same = offered == order if order.is_by_coming else offered.by is order.by
            action.setChecked(is_same)
        self._text.setText(self._words())
        self._text.setToolTip(self._text.text())
        self.line.setVisible(order != NEWEST_FIRST)

    def _words(self) -> str:
        words = order_words(self._order)
        if self._order.is_by_coming:
            return self.tr("Sorted by when they came, {order}").format(order=words)
        if self._table.order != self._order or self._table.rowCount() < MOST_SORTED:
            return self.tr("Sorted by {order}").format(order=words)
        most = f"{MOST_SORTED:,}"
        if self._total is None or self._total[0] != self._table.which:
            return self.tr("Sorted by {order}: the newest {most} runs").format(order=words, most=most)
        text = self.tr("Sorted by {order}: the newest {most} of {total} runs")
        return text.format(order=words, most=most, total=f"{max(MOST_SORTED, self._total[1]):,}")

    @Slot()
    def _on_reset(self) -> None:
        if self._order.is_by_coming:
            return
        self._say()
        if self._table.rowCount() >= MOST_SORTED:
            self._count.request()

    def _ask_for_count(self) -> Callable[[], tuple[RunFilter, int]]:
        which, listing = self._table.which, self._listing
        return lambda: (which, listing.count(which))

    def _on_count(self, counted: tuple[RunFilter, int]) -> None:
        self._total = counted
        self._say()
