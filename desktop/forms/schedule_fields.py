"""The fields of the form of schedules: the name of something saved, and several names to tick."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QFrame,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.catalog.reading import by_name
from desktop.theme import Theme

__all__ = ["NameChoice", "NamePick"]

_MANY = 7
"""With more names than this there is a filter above them."""
_LIST_HEIGHT = 132
_LEAST_DETAIL = 6
"""Fewer letters than these of what stands beside a name say nothing."""


class NameChoice(QComboBox):
    """One of the names that exist, chosen from the list or typed: any part of it finds it."""

    changed = Signal()

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumContentsLength(6)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._names: list[str] = []
        self.set_placeholder(placeholder)
        completer = QCompleter(self.model(), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(completer)
        self.setCurrentIndex(-1)
        self.currentTextChanged.connect(self.changed)

    @property
    def problem(self) -> str:
        """Return nothing: whether there is such a name is checked elsewhere."""
        return ""

    def value(self) -> str:
        """Return the name; one that was typed in other capitals is taken for what is meant."""
        text = self.currentText().strip()
        same = [name for name in self._names if name.casefold() == text.casefold()]
        return same[0] if len(same) == 1 else text

    def set_value(self, value: str) -> None:
        """Fill the field, also with a name that does not exist any more."""
        if value != self.currentText():
            self.setCurrentIndex(self.findText(value, Qt.MatchFlag.MatchExactly))
            self.setEditText(value)

    def set_choices(self, names: Collection[str]) -> None:
        """Offer these names; the text stays."""
        wanted = sorted(names, key=by_name)
        if wanted == self._names:
            return
        text = self.currentText()
        was_blocked = self.blockSignals(True)
        self._names = wanted
        self.clear()
        self.addItems(wanted)
        self.setCurrentIndex(self.findText(text, Qt.MatchFlag.MatchExactly))
        self.setEditText(text)
        self.blockSignals(was_blocked)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  (Qt names it so)
        """Leave the wheel to what scrolls around the field, until the field is used."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def set_placeholder(self, text: str) -> None:
        """Say what is to be chosen, while nothing is."""
        if (edit := self.lineEdit()) is not None:
            edit.setPlaceholderText(text)


class _Ticks(QTreeWidget):
    """A list of ticks: Space and Enter tick the line that has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setColumnCount(2)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(1)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt names it so)
        """Return a size in which some lines are to be seen."""
        return QSize(200, _LIST_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Share out the other width."""
        super().resizeEvent(event)
        self.share()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt names it so)
        """Share out the width among larger letters."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.share()

    def share(self) -> None:
        """Give the names what they need, and what stands beside them the rest: a name that is cut off is no name."""
        left = self.viewport().width() - self.sizeHintForColumn(0)
        wanted = self.sizeHintForColumn(1)
        fits = left >= min(wanted, _LEAST_DETAIL * self.fontMetrics().averageCharWidth())
        self.setColumnHidden(1, not fits)
        if fits:
            self.header().resizeSection(1, min(wanted, left))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802  (Qt names it so)
        """Show which line the keys act on."""
        super().focusInEvent(event)
        if (item := self.currentItem()) is not None:
            item.setSelected(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802  (Qt names it so)
        """Show the ticks alone: a line in another colour would look as if it were chosen."""
        super().focusOutEvent(event)
        self.clearSelection()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Tick or untick."""
        item = self.currentItem()
        if event.key() in {Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter} and item is not None:
            is_ticked = item.checkState(0) is Qt.CheckState.Checked
            item.setCheckState(0, Qt.CheckState.Unchecked if is_ticked else Qt.CheckState.Checked)
        else:
            super().keyPressEvent(event)


class NamePick(QFrame):
    """Any of the names that exist, with a quiet word beside each. They keep the order in which they were saved.

    Where there are none, `nothing` says so, and a button with the text `make`, if there is one, asks for the first.
    """

    changed = Signal()
    make_wanted = Signal()

    def __init__(self, theme: Theme, name: str, nothing: str, make: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(name)
        self._theme = theme
        self._saved: tuple[str, ...] = ()
        self._names: list[str] = []
        self._details: dict[str, str] = {}
        self.filter = QLineEdit()
        self.filter.setObjectName("pickFilter")
        self.filter.setPlaceholderText(self.tr("Filter"))
        self.filter.setAccessibleName(self.tr("Filter: {name}").format(name=name))
        self.filter.setClearButtonEnabled(True)
        self.list = _Ticks()
        self.list.setAccessibleName(name)
        self._nothing = QLabel(nothing)
        self._nothing.setObjectName("muted")
        self._nothing.setWordWrap(True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setMargin(12)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        self.make_button = QPushButton(make)
        theme.put_icon(self.make_button, "add")
        self.make_button.clicked.connect(self.make_wanted)
        for widget in (self.filter, self.list, self._nothing):
            layout.addWidget(widget)
        layout.addWidget(self.make_button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(12 if make else 0)
        self.setFixedHeight(_LIST_HEIGHT + 2)
        self.list.itemChanged.connect(self._on_ticked)
        self.filter.textChanged.connect(self._on_filter)
        theme.changed.connect(self._colour)
        self._renew(())

    @property
    def problem(self) -> str:
        """Return nothing: whether there are such names is checked elsewhere."""
        return ""

    def value(self) -> tuple[str, ...]:
        """Return the names that are ticked: first those that were saved, in their order, then the others."""
        ticked = [item.text(0) for item in self._items() if item.checkState(0) is Qt.CheckState.Checked]
        kept = [name for name in self._saved if name in ticked]
        return (*kept, *(name for name in ticked if name not in kept))

    def set_value(self, value: Sequence[str]) -> None:
        """Tick these and no others; what does not exist any more is listed, too."""
        if tuple(value) == self._saved == self.value():
            return
        is_other = self.value() != tuple(value)
        self._saved = tuple(value)
        self._renew(value)
        if is_other:
            self.changed.emit()

    def set_choices(self, names: Collection[str]) -> None:
        """Offer these names; the ticks stay."""
        wanted = sorted(names, key=by_name)
        if wanted != self._names:
            self._names = wanted
            self._renew(self.value())

    def set_details(self, details: Mapping[str, str]) -> None:
        """Say something beside the names."""
        self._details = dict(details)
        self.list.blockSignals(True)
        for item in self._items():
            item.setText(1, self._details.get(item.text(0), ""))
            item.setToolTip(1, item.text(1))
        self.list.blockSignals(False)
        self.list.share()

    def _items(self) -> list[QTreeWidgetItem]:
        count = self.list.topLevelItemCount()
        return [item for number in range(count) if (item := self.list.topLevelItem(number)) is not None]

    def _renew(self, ticked: Sequence[str]) -> None:
        current = self.list.currentItem()
        chosen = current.text(0) if current is not None else ""
        scrolled = self.list.verticalScrollBar().value()
        self.list.blockSignals(True)
        self.list.clear()
        # What is saved stands at the top, where it is seen without a search.
        for name in dict.fromkeys([*self._saved, *self._names, *ticked]):
            item = QTreeWidgetItem([name, self._details.get(name, "")])
            item.setToolTip(0, name)
            item.setToolTip(1, item.text(1))
            item.setCheckState(0, Qt.CheckState.Checked if name in ticked else Qt.CheckState.Unchecked)
            self.list.addTopLevelItem(item)
            if name == chosen:
                self.list.setCurrentItem(item)
        if self.list.currentItem() is None and (first := self.list.topLevelItem(0)) is not None:
            self.list.setCurrentItem(first)
        if not self.list.hasFocus():
            self.list.clearSelection()
        self.list.blockSignals(False)
        self.list.verticalScrollBar().setValue(scrolled)
        count = self.list.topLevelItemCount()
        self.filter.setVisible(count > _MANY)
        self.list.setVisible(count > 0)
        self._nothing.setVisible(count == 0)
        can_make = count == 0 and bool(self.make_button.text())
        self.make_button.setVisible(can_make)
        self.setFocusProxy(self.make_button if can_make else self.list)
        self._colour()
        self._on_filter()
        self.list.share()

    @Slot()
    def _colour(self) -> None:
        self.list.blockSignals(True)
        for item in self._items():
            item.setForeground(1, self._theme.colour("muted"))
        self.list.blockSignals(False)

    @Slot()
    def _on_ticked(self) -> None:
        self.changed.emit()

    @Slot()
    def _on_filter(self) -> None:
        words = self.filter.text().casefold().split() if self.filter.isVisibleTo(self) else []
        for item in self._items():
            item.setHidden(not all(word in item.text(0).casefold() for word in words))
