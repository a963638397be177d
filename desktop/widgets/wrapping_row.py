"""A row that goes on in the next line where it does not fit: its first part takes the room that the others leave."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget, QWidgetItem

__all__ = ["WrappingRow"]


@dataclass(frozen=True, slots=True)
class _Placed:
    item: QLayoutItem
    rect: QRect


class WrappingRow(QLayout):
    """In one line the parts after the first stand at the right; a line that had to be begun starts at the left."""

    def __init__(self, *, spacing: int = 8) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._wanted: dict[int, int] = {}
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def add(self, widget: QWidget, *, width: int = 0) -> None:
        """Add a part; it is given its own hint's width, or this one at least, before a new line is begun."""
        self.addChildWidget(widget)
        self._wanted[len(self._items)] = width
        self.addItem(QWidgetItem(widget))

    # What Qt asks of a layout

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802  (Qt names it so)
        """Append an item."""
        self._items.append(item)

    def count(self) -> int:
        """Return how many parts there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802  (Qt names it so)
        """Return a part."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802  (Qt names it so)
        """Remove a part."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802  (Qt names it so)
        """Take no more height than is needed."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:  # noqa: N802  (Qt names it so)
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802  (Qt names it so)
        """Return the height of all lines."""
        placed = self._place(QRect(0, 0, width, 0))
        return max((each.rect.bottom() + 1 for each in placed), default=0)

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt names it so)
        """Want one line."""
        shown = self._shown()
        width = sum(self._width_of(number) for number, _item in shown) + self.spacing() * max(0, len(shown) - 1)
        return QSize(width, max((item.sizeHint().height() for _number, item in shown), default=0))

    def minimumSize(self) -> QSize:  # noqa: N802  (Qt names it so)
        """Be content with the widest part."""
        shown = self._shown()
        return QSize(
            max((item.minimumSize().width() for _number, item in shown), default=0),
            max((item.sizeHint().height() for _number, item in shown), default=0),
        )

    def setGeometry(self, rect: QRect) -> None:  # noqa: N802  (Qt names it so)
        """Put every part into its place."""
        super().setGeometry(rect)
        for each in self._place(rect):
            each.item.setGeometry(each.rect)

    # Inside

    def _shown(self) -> list[tuple[int, QLayoutItem]]:
        return [(number, item) for number, item in enumerate(self._items) if not item.isEmpty()]

    def _width_of(self, number: int) -> int:
        item = self._items[number]
        return max(item.sizeHint().width(), item.minimumSize().width(), self._wanted.get(number, 0))

    def _lines(self, width: int) -> list[list[int]]:
        lines: list[list[int]] = []
        left = 0
        for number, _item in self._shown():
            needed = self._width_of(number)
            if lines and needed + self.spacing() <= left:
                lines[-1].append(number)
                left -= needed + self.spacing()
            else:
                lines.append([number])
                left = width - needed
        rest = [number for line in lines for number in line][1:]
        # Better the first part alone than a single one that is left over.
        if len(lines) > 1 and len(lines[0]) > 1 and self._sum(rest) <= width:
            return [lines[0][:1], rest]
        return lines

    def _sum(self, numbers: list[int]) -> int:
        return sum(map(self._width_of, numbers)) + self.spacing() * (len(numbers) - 1)

    def _place(self, rect: QRect) -> list[_Placed]:
        placed: list[_Placed] = []
        top = rect.top()
        for number, line in enumerate(self._lines(rect.width())):
            height = max(self._items[each].sizeHint().height() for each in line)
            spare = max(0, rect.width() - self._sum(line)) if number == 0 else 0
            left = rect.left()
            for place, each in enumerate(line):
                width = min(self._width_of(each) + (spare if place == 0 else 0), rect.width())
                placed.append(_Placed(self._items[each], QRect(left, top, width, height)))
                left += width + self.spacing()
            top += height + self.spacing()
        return placed
