"""What a cron means, shown while one writes it: the sentence, what may surprise, the next times, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QTabWidget,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.clock import Clock
from desktop.forms.cron_outlook import CronOutlook, distance_text, look_ahead, time_text
from desktop.operations import Operations
from desktop.reading import Reading
from desktop.theme import Theme
from desktop.widgets.steady_label import SteadyLabel

__all__ = ["CronPreview"]

_SOON = 3
_TICK_MS = 1000
_ASK_MS = 80


class CronPreview(QWidget):
    """Asks in another thread whenever `show_cron` says something new, and again when the first time has come."""

    def __init__(self, theme: Theme, operations: Operations, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._clock = clock
        self._asked = ("", "", "")
        self._outlook: CronOutlook | None = None
        self.sentence = SteadyLabel()
        self.sentence.setObjectName("sentence")
        self.sentence.setAccessibleName(self.tr("What the expression means"))
        self.soon = SteadyLabel()
        self.soon.setObjectName("muted")
        self.soon.setAccessibleName(self.tr("When it is due next"))
        self.resolved = QLabel()
        self.resolved.setObjectName("muted")
        self.resolved.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.resolved.setTextFormat(Qt.TextFormat.PlainText)
        self.warnings = self._make_warnings()
        self._cautions = QVBoxLayout()
        self._cautions.setSpacing(4)
        self.caution_labels: list[QLabel] = []
        self.times = _list(self.tr("Next times"), 10)
        self.meanings = _list(self.tr("Field by field"), 6)
        self.meanings.setHeaderLabels([self.tr("Field"), self.tr("Text"), self.tr("Meaning")])
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(self.tr("What comes of the expression"))
        self.tabs.addTab(self.times, self.tr("Next &times"))
        self.tabs.addTab(self.meanings, self.tr("&Field by field"))
        self._ask = Reading(self, operations, self._question, self._on_outlook, interval_ms=_ASK_MS)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._on_tick)

    @property
    def outlook(self) -> CronOutlook | None:
        """Return what is shown; None while the expression is wrong."""
        return self._outlook

    def head(self) -> QHBoxLayout:
        """Return a layout with the sentence and the first times, which belong beside the expression."""
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.sentence)
        words.addWidget(self.soon)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addLayout(words, 1)
        head.addWidget(self.warnings)
        return head

    def remarks(self) -> QVBoxLayout:
        """Return a layout with the warnings. They come and go, so nothing that is clicked on stands below them."""
        remarks = QVBoxLayout()
        remarks.setSpacing(4)
        remarks.addWidget(self.resolved)
        remarks.addLayout(self._cautions)
        return remarks

    def rest(self) -> None:
        """Give back the room that longer words took: another cron is shown now."""
        self.sentence.rest()
        self.soon.rest()

    def show_cron(self, text: str, name: str, zone: str) -> None:
        """Show what this expression means in this zone; `name` seeds every H."""
        if (text, name, zone) != self._asked:
            self._asked = (text, name, zone)
            self._ask.request()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt names it so)
        """Count down while it is seen."""
        super().showEvent(event)
        self._tick.start()
        self._ask.request()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  (Qt names it so)
        """Rest."""
        super().hideEvent(event)
        self._tick.stop()

    def _make_warnings(self) -> QToolButton:
        """Return what says beside the expression that there are warnings, which stand below the fold of a small window.

        It keeps its room while there are none, lest what is clicked on moves.
        """
        button = QToolButton()
        button.setObjectName("link")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(self.tr("Show what may surprise"))
        self._theme.put_icon(button, "warning", "warning")
        policy = button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        button.setSizePolicy(policy)
        button.clicked.connect(self._show_warnings)
        button.hide()
        return button

    @Slot()
    def _show_warnings(self) -> None:
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None and self.caution_labels:
            for label in (self.caution_labels[-1], self.caution_labels[0]):
                area.ensureWidgetVisible(label)

    def _question(self) -> partial[CronOutlook | None]:
        return partial(look_ahead, *self._asked, self._clock)

    def _on_outlook(self, outlook: CronOutlook | None) -> None:
        if outlook == self._outlook and outlook is not None:
            return
        self._outlook = outlook
        if outlook is None:
            self._show_nothing()
            return
        self.sentence.say(outlook.sentence)
        self.resolved.setText(self.tr("H becomes {text} when it is saved.").format(text=outlook.resolved))
        self.resolved.setVisible(bool(outlook.resolved))
        self._show_cautions(outlook.cautions)
        self._show_times(outlook)
        _fill(self.meanings, outlook.meanings)

    def _show_nothing(self) -> None:
        """What was right a moment ago must not stand beside what is wrong now."""
        self.sentence.say("")
        self.soon.say(self.tr("What it means and when it is due appears here as soon as it is right."))
        self.resolved.hide()
        self._show_cautions(())
        _fill(self.times, ())
        _fill(self.meanings, ())

    def _show_cautions(self, sentences: Sequence[str]) -> None:
        if [label.text() for label in self.caution_labels] == list(sentences):
            return
        while (item := self._cautions.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self.caution_labels = [self._add_caution(sentence) for sentence in sentences]
        count = len(sentences)
        self.warnings.setText(self.tr("1 warning") if count == 1 else self.tr("{count} warnings").format(count=count))
        self.warnings.setAccessibleName(self.warnings.text())
        self.warnings.setVisible(bool(count))

    def _add_caution(self, sentence: str) -> QLabel:
        line = QWidget()
        icon = QLabel()
        self._theme.put_icon(icon, "warning", "warning")
        label = QLabel(sentence)
        label.setObjectName("caution")
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(label, 1)
        self._cautions.addWidget(line)
        return label

    def _show_times(self, outlook: CronOutlook) -> None:
        zone, here = str(outlook.zone), str(outlook.local)
        where = self.tr("Here ({zone})") if outlook.is_local else self.tr("In {zone}")
        headers = [where.format(zone=zone), self.tr("Here ({zone})").format(zone=here), self.tr("From now")]
        self.times.setHeaderLabels(headers)
        self.times.setColumnHidden(1, outlook.is_local)
        now, seconds = self._clock.now(), outlook.has_seconds
        there = [time_text(at, outlook.zone, has_seconds=seconds) for at in outlook.times]
        local = [time_text(at, outlook.local, has_seconds=seconds) for at in outlook.times]
        away = [distance_text(at, now) for at in outlook.times]
        soon = [time_text(at, outlook.zone, has_seconds=seconds, has_zone=False) for at in outlook.times[:_SOON]]
        self.soon.say(self.tr("Next: {times}").format(times=" · ".join(soon)) if soon else "")
        rows = list(zip(there, local, away, strict=True))
        if outlook.is_reboot:
            rows = [(self.tr("At the next start of Clockhand"), "", "")]
        elif not rows:
            rows = [(self.tr("Not within the next 50 years"), "", "")]
        _fill(self.times, rows)

    def _on_tick(self) -> None:
        outlook, now = self._outlook, self._clock.now()
        if outlook is None or not outlook.times:
            return
        if outlook.times[0] <= now:
            self._ask.request()
        for number, at in enumerate(outlook.times):
            item = self.times.topLevelItem(number)
            if item is not None:
                item.setText(2, distance_text(at, now))


def _list(name: str, rows: int) -> QTreeWidget:
    tree = QTreeWidget()
    tree.setAccessibleName(name)
    tree.setColumnCount(3)
    tree.setRootIsDecorated(False)
    tree.setUniformRowHeights(True)
    tree.setSelectionMode(QTreeWidget.SelectionMode.SingleSelection)
    tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    tree.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    height = tree.fontMetrics().height() + 12
    tree.setMinimumHeight((rows + 1) * height + 12)
    header = tree.header()
    header.setStretchLastSection(True)
    header.setSectionsMovable(False)
    for column in range(2):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    return tree


def _fill(tree: QTreeWidget, rows: Sequence[tuple[str, ...]]) -> None:
    """Show these rows; those that are there already stay, and with them what is chosen."""
    while tree.topLevelItemCount() > len(rows):
        tree.takeTopLevelItem(tree.topLevelItemCount() - 1)
    while tree.topLevelItemCount() < len(rows):
        tree.addTopLevelItem(QTreeWidgetItem())
    for number, row in enumerate(rows):
        item = tree.topLevelItem(number)
        assert item is not None
        for column, text in enumerate(row):
            item.setText(column, text)
            item.setToolTip(column, text)
