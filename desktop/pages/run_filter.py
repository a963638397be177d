"""Which runs are shown: a text, states, a time, a schedule and an origin, kept between two starts and by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from PySide6.QtCore import QDateTime, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QTextCharFormat
from PySide6.QtWidgets import (
    QCalendarWidget,
    QComboBox,
    QDateTimeEdit,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.clock import Clock
from core.history.runs import RunFilter
from desktop.models.run_choice import RunChoice
from desktop.pages.run_saved import SavedFilters
from desktop.theme import Theme
from desktop.widgets.wrapping_row import WrappingRow

__all__ = ["FilterBar"]

_TYPING_MS = 150
_TEXT_WIDTH = 232
_KEY = "runs/filter"


class FilterBar(QWidget):
    """`changed` follows shortly after the last key; `which` is the filter that the fields say."""

    changed = Signal()

    def __init__(self, theme: Theme, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._is_filling = False
        self.text = QLineEdit()
        self.text.setPlaceholderText(self.tr("Filter by command or environment"))
        self.text.setAccessibleName(self.tr("Filter by command or environment"))
        self.text.setToolTip(self.tr("Filter by command or environment (Ctrl+L)"))
        self.text.setClearButtonEnabled(True)
        self._search = self.text.addAction(theme.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        theme.changed.connect(lambda: self._search.setIcon(theme.icon("search", "muted")))
        self.states = _chooser(self.tr("State"), self._state_words())
        self.span = _chooser(self.tr("Time"), self._span_words())
        self.schedule = _chooser(self.tr("Schedule"), {})
        self.origin = _chooser(self.tr("Origin"), self._origin_words())
        self.schedule.addItem(self.tr("All schedules"), None)
        self.clear_button = QPushButton(self.tr("C&lear"))
        self.clear_button.setToolTip(self.tr("Show all runs"))
        theme.put_icon(self.clear_button, "close")
        self.saved = SavedFilters(theme, lambda: self.choice)
        self.since, self.until, self.between = self._make_between()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._lay_out()
        self._connect()
        self._renew()

    def _lay_out(self) -> None:
        row = WrappingRow()
        row.add(self.text, width=_TEXT_WIDTH)
        for part in (self.states, self.span, self.schedule, self.origin, self.clear_button, self.saved):
            row.add(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self.between)

    def _connect(self) -> None:
        self._typing.timeout.connect(self.changed)
        self.text.textChanged.connect(self._on_typed)
        for chooser in (self.states, self.span, self.schedule, self.origin):
            chooser.currentIndexChanged.connect(self._on_chosen)
        for edit in (self.since, self.until):
            edit.dateTimeChanged.connect(self._on_typed)
        self.since.dateTimeChanged.connect(self.until.setMinimumDateTime)
        self.clear_button.clicked.connect(self.clear)
        self.saved.chosen.connect(self.show_choice)
        to_filter = QShortcut(QKeySequence("Ctrl+L"), self)
        to_filter.setWhatsThis(self.tr("Filter the list"))
        to_filter.activated.connect(self.text.setFocus)

    def _make_between(self) -> tuple[QDateTimeEdit, QDateTimeEdit, QWidget]:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addStretch()
        edits = []
        midnight = self._clock.now().astimezone(self._clock.zone()).replace(hour=0, minute=0, second=0, microsecond=0)
        for word, at in ((self.tr("&From"), midnight - timedelta(days=1)), (self.tr("To"), midnight)):
            edit = QDateTimeEdit(_as_qt(at.replace(tzinfo=None)))
            edit.setDisplayFormat("d MMM yyyy HH:mm")
            edit.setCalendarPopup(True)
            _calm(edit.calendarWidget())
            edit.setAccessibleName(word.replace("&", ""))
            label = QLabel(word)
            label.setBuddy(edit)
            row.addWidget(label)
            row.addWidget(edit)
            edits.append(edit)
        return edits[0], edits[1], widget

    # What the page asks

    @property
    def choice(self) -> RunChoice:
        """Return what the fields say."""
        span = str(self.span.currentData())
        schedule_id = self.schedule.currentData()
        choice = RunChoice(
            text=self.text.text().strip(),
            states=str(self.states.currentData()),
            span=span,
            schedule_id=schedule_id,
            schedule=self.schedule.currentText() if schedule_id is not None else "",
            origin=str(self.origin.currentData()),
        )
        return replace(choice, since=_as_text(self.since), until=_as_text(self.until)) if span == "between" else choice

    @property
    def which(self) -> RunFilter:
        """Return the filter as it is now."""
        return self.choice.as_filter(self._clock.now(), self._clock.zone())

    @property
    def moves_on(self) -> bool:
        """Return whether the filter is another one on another day, though nobody changes it."""
        return str(self.span.currentData()) == "today"

    @property
    def is_everything(self) -> bool:
        """Return whether no run is hidden."""
        return self.choice == RunChoice()

    def show_choice(self, choice: RunChoice) -> None:
        """Fill the fields, and say so at once."""
        self._fill(choice)
        self.changed.emit()

    def clear(self) -> None:
        """Show everything again, at once."""
        self.show_choice(RunChoice())

    def set_schedules(self, schedules: Sequence[tuple[int, str]]) -> None:
        """Offer these schedules; the one that is chosen stays, also where it was deleted."""
        chosen = self.choice
        wanted = [(None, self.tr("All schedules")), *schedules]
        if chosen.schedule_id is not None and chosen.schedule_id not in {each for each, _name in schedules}:
            wanted.append((chosen.schedule_id, chosen.schedule))
        now = [(self.schedule.itemData(row), self.schedule.itemText(row)) for row in range(self.schedule.count())]
        if now == wanted:
            return
        self._is_filling = True
        self.schedule.clear()
        for each, name in wanted:
            self.schedule.addItem(name, each)
        self.schedule.setCurrentIndex(max(0, self.schedule.findData(chosen.schedule_id)))
        self._is_filling = False

    def save(self, memory: QSettings) -> None:
        """Keep what the fields say; the saved filters are kept whenever they change."""
        memory.setValue(_KEY, self.choice.to_text())

    def restore(self, memory: QSettings) -> None:
        """Fill the fields with what was kept, without a word about it."""
        self.saved.restore(memory)
        self._fill(RunChoice.from_text(str(memory.value(_KEY, "{}"))))

    # Inside

    def _fill(self, choice: RunChoice) -> None:
        self._is_filling = True
        self.text.setText(choice.text)
        self.states.setCurrentIndex(self.states.findData(choice.states))
        self.span.setCurrentIndex(self.span.findData(choice.span))
        self.origin.setCurrentIndex(self.origin.findData(choice.origin))
        if choice.schedule_id is not None and self.schedule.findData(choice.schedule_id) < 0:
            self.schedule.addItem(choice.schedule, choice.schedule_id)
        self.schedule.setCurrentIndex(max(0, self.schedule.findData(choice.schedule_id)))
        for edit, text in ((self.since, choice.since), (self.until, choice.until)):
            if text:
                edit.setDateTime(_as_qt(datetime.fromisoformat(text)))
        self._is_filling = False
        self._typing.stop()
        self._renew()

    def _on_typed(self) -> None:
        if not self._is_filling:
            self._typing.start()
            self._renew()

    def _on_chosen(self) -> None:
        if not self._is_filling:
            self._typing.stop()
            self._renew()
            self.changed.emit()

    def _renew(self) -> None:
        self.between.setVisible(self.span.currentData() == "between")
        self.clear_button.setVisible(not self.is_everything)

    def _state_words(self) -> dict[str, str]:
        return {
            "all": self.tr("All states"),
            "running": self.tr("Running"),
            "waiting": self.tr("Waiting"),
            "succeeded": self.tr("Succeeded"),
            "failed": self.tr("Failed"),
            "cancelled": self.tr("Cancelled"),
            "skipped": self.tr("Skipped"),
        }

    def _span_words(self) -> dict[str, str]:
        return {
            "any": self.tr("Any time"),
            "today": self.tr("Today"),
            "24h": self.tr("Last 24 hours"),
            "7d": self.tr("Last 7 days"),
            "between": self.tr("From … to …"),
        }

    def _origin_words(self) -> dict[str, str]:
        return {
            "any": self.tr("Any origin"),
            "schedule": self.tr("By a schedule"),
            "hand": self.tr("By hand"),
            "command-line": self.tr("Command line"),
            "retry": self.tr("Retried"),
        }


def _chooser(name: str, words: Mapping[str, str]) -> QComboBox:
    chooser = QComboBox()
    chooser.setAccessibleName(name)
    chooser.setToolTip(name)
    # Else a long name of a schedule would make the window wider.
    chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    chooser.setMinimumContentsLength(8)
    for key, word in words.items():
        chooser.addItem(word, key)
    return chooser


def _calm(calendar: QCalendarWidget) -> None:
    """Leave out the numbers of the weeks, and Qt's red for their ends, which nobody can read on a dark ground."""
    calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
    for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
        calendar.setWeekdayTextFormat(day, QTextCharFormat())


def _as_qt(at: datetime) -> QDateTime:
    return QDateTime.fromString(at.isoformat(timespec="minutes"), Qt.DateFormat.ISODate)


def _as_text(edit: QDateTimeEdit) -> str:
    return edit.dateTime().toString("yyyy-MM-ddTHH:mm")
