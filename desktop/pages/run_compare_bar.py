"""What can be done while two runs are compared: what is ignored, what is shown, and from one difference to another."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QWidget

from core.comparison.ignoring import BY_DEFAULT, Ignorable
from desktop.theme import Theme
from desktop.widgets.wrapping_row import WrappingRow

__all__ = ["CompareBar"]

_IGNORED = "compare/ignored"
_FOLDED = "compare/folded"


class CompareBar(QWidget):
    """`step_wanted` carries 1 for the next difference, -1 for the one before. What is chosen is remembered."""

    ignored_changed = Signal()
    folded_changed = Signal(bool)
    step_wanted = Signal(int)
    copy_wanted = Signal()

    def __init__(self, theme: Theme, memory: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._memory = memory
        self._is_busy = False
        texts = {
            Ignorable.TIMES: (self.tr("T&imes"), self.tr("Take dates, times of day and durations for equal")),
            Ignorable.IDS: (self.tr("Id&s"), self.tr("Take UUIDs, digests, temporary names and process ids for equal")),
            Ignorable.NUMBERS: (self.tr("N&umbers"), self.tr("Take all numbers for equal")),
        }
        kept = str(memory.value(_IGNORED, ",".join(sorted(BY_DEFAULT)))).split(",")
        self.boxes: dict[Ignorable, QCheckBox] = {}
        for kind, (text, tip) in texts.items():
            box = self.boxes[kind] = QCheckBox(text)
            box.setAccessibleName(self.tr("Ignore {what}").format(what=text.replace("&", "").lower()))
            box.setToolTip(tip)
            box.setChecked(kind in kept)
            box.toggled.connect(self._on_ignored)
        self.folded = QCheckBox(self.tr("&Differences only"))
        self.folded.setToolTip(self.tr("Fold away the lines that are alike, but for some around each difference"))
        self.folded.setChecked(str(memory.value(_FOLDED, "false")) == "true")
        self.folded.toggled.connect(self._on_folded)
        self.place = QLabel()
        self.place.setObjectName("muted")
        # Nothing beside it moves when the number grows.
        self.place.setMinimumWidth(self.place.fontMetrics().horizontalAdvance(self._place_text(10_000, 10_000)))
        self.previous = self._make_step(theme, self.tr("&Previous"), "Shift+F7", "previous", -1)
        self.next = self._make_step(theme, self.tr("&Next"), "F7", "next", 1)
        self.copy = QPushButton(self.tr("&Copy as diff"))
        self.copy.setToolTip(self.tr("Copy what differs in the text that is shown, as diff -u prints it"))
        theme.put_icon(self.copy, "copy")
        self.copy.clicked.connect(self.copy_wanted)
        self._lay_out()

    def _make_step(self, theme: Theme, text: str, keys: str, icon: str, step: int) -> QPushButton:
        button = QPushButton(text)
        theme.put_icon(button, icon)
        button.setAccessibleName(self.tr("{which} difference").format(which=text.replace("&", "")))
        # A shortcut of the button's own would press it for a while before anything happens.
        QShortcut(QKeySequence(keys), self).activated.connect(button.click)
        native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(f"{button.accessibleName()} ({native})")
        button.setAutoDefault(False)
        button.clicked.connect(partial(self.step_wanted.emit, step))
        return button

    def _lay_out(self) -> None:
        shown = QWidget()
        left = QHBoxLayout(shown)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(12)
        left.addWidget(QLabel(self.tr("Ignore:")))
        for box in self.boxes.values():
            left.addWidget(box)
        left.addSpacing(12)
        left.addWidget(self.folded)
        left.addStretch()
        row = WrappingRow()
        self._shown = shown
        for part in (shown, self.place, self.previous, self.next, self.copy):
            row.add(part)
        self.copy.setAutoDefault(False)
        self.setLayout(row)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Keep the count beside the buttons that belong to it, or at the left where these have a line of their own."""
        super().resizeEvent(event)
        has_own_line = self.place.y() > self._shown.geometry().bottom()
        side = Qt.AlignmentFlag.AlignLeft if has_own_line else Qt.AlignmentFlag.AlignRight
        self.place.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)

    @property
    def ignored(self) -> frozenset[Ignorable]:
        """Return what is to be taken for equal."""
        return frozenset(kind for kind, box in self.boxes.items() if box.isChecked())

    @property
    def is_folded(self) -> bool:
        """Return whether only what is near a difference is to be shown."""
        return self.folded.isChecked()

    def set_busy(self, *, busy: bool) -> None:
        """Say that the differences are not known yet; when they are, one of the methods below says which."""
        self._is_busy = busy
        if busy:
            self.copy.setEnabled(False)
            self.place.setText(self.tr("Comparing…"))

    def show_place(self, current: int | None, count: int) -> None:
        """Show which difference is the current one (from 0), of how many that one can go through."""
        self.previous.setEnabled(count > 0 and (current is None or current > 0))
        self.next.setEnabled(count > 0 and (current is None or current < count - 1))
        if self._is_busy:
            return
        self.copy.setEnabled(count > 0)
        self.place.setText(self._count_text(count) if current is None else self._place_text(current + 1, count))

    def show_count(self, count: int) -> None:
        """Show how many differences there are, all of them at a glance."""
        self.show_place(None, 0)
        if not self._is_busy:
            self.place.setText(self._count_text(count))

    def show_nothing(self) -> None:
        """Show that nothing is known of differences."""
        self.show_count(0)
        if not self._is_busy:
            self.place.clear()

    def _count_text(self, count: int) -> str:
        if count == 1:
            return self.tr("1 difference")
        return self.tr("{count} differences").format(count=f"{count:,}") if count else self.tr("No difference")

    def _place_text(self, number: int, count: int) -> str:
        return self.tr("Difference {number} of {count}").format(number=f"{number:,}", count=f"{count:,}")

    def _on_ignored(self) -> None:
        self._memory.setValue(_IGNORED, ",".join(sorted(self.ignored)))
        self.ignored_changed.emit()

    def _on_folded(self) -> None:
        self._memory.setValue(_FOLDED, "true" if self.is_folded else "false")
        self.folded_changed.emit(self.is_folded)
