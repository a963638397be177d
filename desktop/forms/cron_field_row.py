"""A line of the cron builder: how one field is described, and what is chosen in that description."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from core.timing.kinds import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, SECOND, Kind
from core.timing.phrases import MONTHS, WEEKDAYS, ordinal
from desktop.forms.cron_choices import FieldChoice, Mode, read_choice, write_choice
from desktop.forms.cron_combo import CalmComboBox
from desktop.forms.cron_picker import Picker
from desktop.widgets.elided_label import ElidedLabel

__all__ = ["CronFieldRow"]

# Steps that go on evenly, where the field has such; others are taken from the text.
_STEPS = {
    SECOND: (2, 3, 5, 10, 15, 20, 30),
    MINUTE: (2, 3, 5, 10, 15, 20, 30),
    HOUR: (2, 3, 4, 6, 8, 12),
    DAY_OF_MONTH: (2, 3, 5, 7, 10, 14),
    MONTH: (2, 3, 4, 6),
}
_COLUMNS = {HOUR: 12, DAY_OF_MONTH: 10, MONTH: 6, DAY_OF_WEEK: 7}
_BESIDE_MODE = 48  # pixels of the frame and the arrow
_LAST, _LAST_WORKDAY = "L", "LW"
_TYPICAL = {HOUR: (7,), DAY_OF_MONTH: (1,), MONTH: (1,), DAY_OF_WEEK: (1, 2, 3, 4, 5)}


class CronFieldRow(QObject):
    """The widgets of one line, put into a grid. `changed` follows what a person does, not `show_text`.

    A mode keeps what was chosen in it while another one is tried.
    """

    changed = Signal()

    def __init__(self, kind: Kind, grid: QGridLayout, row: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.kind = kind
        self.label = QLabel(_names()[kind], parent)
        self.name = plain = self.label.text().replace("&", "")
        self.mode = CalmComboBox(parent)
        self.mode.setAccessibleName(self.tr("{field}: how").format(field=self.name))
        self.mode.setMinimumWidth(_mode_width(self.mode))
        self.label.setBuddy(self.mode)
        self.editors = QStackedWidget(parent)
        self.editors.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.pages: dict[Mode, QWidget] = {}
        modes = _modes(kind)
        self.step = CalmComboBox() if Mode.STEP in modes else None
        self.picker = Picker(plain, _choices(kind), _COLUMNS[kind]) if kind in _COLUMNS else None
        self.nth = CalmComboBox() if Mode.NTH in modes else None
        self.weekday = CalmComboBox() if Mode.NTH in modes else None
        self.text = QLineEdit()
        for mode, words in modes.items():
            self.mode.addItem(words, mode)
            self.pages[mode] = self._make_page(mode)
            self.editors.addWidget(self.pages[mode])
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.label, row, 0, top)
        grid.addWidget(self.mode, row, 1, top)
        grid.addWidget(self.editors, row, 2, top)
        self.label.setMinimumHeight(self.mode.sizeHint().height())
        self._choice = read_choice(kind, "*")
        self.show_text("*")
        self.mode.activated.connect(self._on_mode)
        self.text.textEdited.connect(self._on_edited)
        for combo in (self.step, self.nth, self.weekday):
            if combo is not None:
                combo.activated.connect(self._on_edited)
        if self.picker is not None:
            self.picker.changed.connect(self._on_edited)

    @property
    def chosen_mode(self) -> Mode:
        """Return how the field is described."""
        return Mode(self.mode.currentData())

    def show_text(self, text: str) -> None:
        """Show what this text of the field says."""
        choice = read_choice(self.kind, text)
        if choice.mode not in self.pages:
            choice = replace(choice, mode=Mode.TEXT)
        self._choice = choice
        self.text.setText(text)
        if choice.mode is Mode.STEP and self.step is not None:
            _choose(self.step, choice.step)
        elif choice.mode is Mode.VALUES and self.picker is not None:
            self.picker.set_value(self._picks(choice))
        elif choice.mode is Mode.NTH and self.nth is not None and self.weekday is not None:
            _choose(self.nth, choice.nth)
            _choose(self.weekday, choice.weekday)
        self._show_mode(choice.mode)

    def field_text(self) -> str:
        """Return what the field says in an expression."""
        return write_choice(self.kind, self._choice)

    def set_shown(self, is_shown: bool) -> None:
        """Show or hide the line."""
        for widget in (self.label, self.mode, self.editors):
            widget.setVisible(is_shown)

    def _show_mode(self, mode: Mode) -> None:
        self.mode.setCurrentIndex(self.mode.findData(mode))
        # Hidden pages must not keep the line as high as the highest of them.
        for each in self.pages.values():
            each.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.pages[mode].setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.editors.setCurrentWidget(self.pages[mode])
        self.editors.updateGeometry()

    def _picks(self, choice: FieldChoice) -> list[Hashable]:
        more = [word for word, is_there in ((_LAST, choice.last), (_LAST_WORKDAY, choice.last_workday)) if is_there]
        return [*choice.values, *more]

    def _on_mode(self) -> None:
        mode = self.chosen_mode
        if mode is Mode.TEXT:
            self.text.setText(self.field_text())
        elif mode is Mode.VALUES and self.picker is not None and not self.picker.value():
            self.picker.set_value(_TYPICAL[self.kind])
        self._show_mode(mode)
        self._on_edited()

    def _on_edited(self) -> None:
        picks = self.picker.value() if self.picker is not None else []
        self._choice = FieldChoice(
            self.chosen_mode,
            self.text.text(),
            step=_number(self.step, 2),
            values=tuple(sorted(pick for pick in picks if isinstance(pick, int))),
            last=_LAST in picks,
            last_workday=_LAST_WORKDAY in picks,
            nth=_number(self.nth, 1),
            weekday=_number(self.weekday, 1),
        )
        self.changed.emit()

    def _make_page(self, mode: Mode) -> QWidget:
        match mode:
            case Mode.STEP:
                assert self.step is not None
                return self._make_step(self.step)
            case Mode.VALUES:
                assert self.picker is not None
                return self.picker
            case Mode.NTH:
                assert self.nth is not None
                assert self.weekday is not None
                return self._make_nth(self.nth, self.weekday)
            case Mode.TEXT:
                return self._make_text()
            case _:
                return QWidget()

    def _make_step(self, step: CalmComboBox) -> QWidget:
        for number in _STEPS[self.kind]:
            step.addItem(str(number), number)
        step.setAccessibleName(self.tr("{field}: step").format(field=self.name))
        unit = QLabel(_units()[self.kind])
        unit.setObjectName("muted")
        return _line(step, unit)

    def _make_nth(self, nth: CalmComboBox, weekday: CalmComboBox) -> QWidget:
        nth.setAccessibleName(self.tr("Week of the month"))
        weekday.setAccessibleName(self.tr("Weekday"))
        for number in range(1, 6):
            nth.addItem(ordinal(number, in_words=True), number)
        nth.addItem(self.tr("last"), 0)
        for number in (1, 2, 3, 4, 5, 6, 0):
            weekday.addItem(WEEKDAYS[number], number)
        of_month = ElidedLabel()
        of_month.say(self.tr("of the month"))
        of_month.setObjectName("muted")
        return _line(nth, weekday, of_month)

    def _make_text(self) -> QWidget:
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(self.tr("{field}: text").format(field=self.name))
        self.text.setPlaceholderText(_examples()[self.kind])
        self.text.setMaximumWidth(240)
        hint = ElidedLabel()
        hint.say(_hints().get(self.kind, self.tr("as in the expression")))
        hint.setObjectName("muted")
        return _line(self.text, hint)


def _choose(combo: CalmComboBox, number: int) -> None:
    if combo.findData(number) < 0:
        combo.addItem(str(number), number)
    combo.setCurrentIndex(combo.findData(number))


def _number(combo: CalmComboBox | None, default: int) -> int:
    return default if combo is None else int(combo.currentData())


def _line(*widgets: QWidget) -> QWidget:
    line = QWidget()
    layout = QHBoxLayout(line)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for widget in widgets:
        # What is shortened where there is no room for all of it takes the rest.
        layout.addWidget(widget, 3 if isinstance(widget, ElidedLabel) else 0)
    layout.addStretch(0 if isinstance(widgets[-1], ElidedLabel) else 1)
    return line


def _tr(text: str) -> str:
    return QCoreApplication.translate("CronBuilder", text)


def _names() -> dict[Kind, str]:
    return {
        SECOND: _tr("Secon&d"),
        MINUTE: _tr("M&inute"),
        HOUR: _tr("&Hour"),
        DAY_OF_MONTH: _tr("Da&y"),
        MONTH: _tr("&Month"),
        DAY_OF_WEEK: _tr("&Weekday"),
    }


def _modes(kind: Kind) -> dict[Mode, str]:
    every = {
        SECOND: _tr("every second"),
        MINUTE: _tr("every minute"),
        HOUR: _tr("every hour"),
        DAY_OF_MONTH: _tr("every day"),
        MONTH: _tr("every month"),
        DAY_OF_WEEK: _tr("every weekday"),
    }
    modes = {Mode.EVERY: every[kind]}
    if kind is not DAY_OF_WEEK:
        modes[Mode.STEP] = _tr("in steps of")
    if kind in _COLUMNS:
        modes[Mode.VALUES] = _tr("at these") if kind is HOUR else _tr("on these") if kind is not MONTH else _tr("in")
    if kind is DAY_OF_WEEK:
        modes[Mode.NTH] = _tr("once a month")
    modes[Mode.TEXT] = _tr("as written") if kind in _COLUMNS else _tr("at")
    return modes


def _mode_width(combo: CalmComboBox) -> int:
    """Return how wide the longest of all modes is, so that those of all lines are equally wide, and none is cut."""
    texts = [words for kind in _names() for words in _modes(kind).values()]
    return max(combo.fontMetrics().horizontalAdvance(text) for text in texts) + _BESIDE_MODE


def _units() -> dict[Kind, str]:
    return {
        SECOND: _tr("seconds"),
        MINUTE: _tr("minutes"),
        HOUR: _tr("hours"),
        DAY_OF_MONTH: _tr("days, from the first of each month"),
        MONTH: _tr("months, from January"),
    }


def _examples() -> dict[Kind, str]:
    return {SECOND: "0,30", MINUTE: "0,30", HOUR: "9-17", DAY_OF_MONTH: "1,15", MONTH: "1-6", DAY_OF_WEEK: "MON-FRI"}


def _hints() -> dict[Kind, str]:
    return {
        SECOND: _tr("such as 0 or 0,30 or 10-20"),
        MINUTE: _tr("such as 0 or 0,30 or 10-20"),
    }


def _choices(kind: Kind) -> list[tuple[Hashable, str, str]]:
    if kind is HOUR:
        return [(hour, f"{hour:02}", f"{hour:02}:00") for hour in range(24)]
    if kind is MONTH:
        return [(month, MONTHS[month][:3], MONTHS[month]) for month in range(1, 13)]
    if kind is DAY_OF_WEEK:
        return [(day, WEEKDAYS[day][:3], WEEKDAYS[day]) for day in (1, 2, 3, 4, 5, 6, 0)]
    days: list[tuple[Hashable, str, str]] = [(day, str(day), _tr("day {day}").format(day=day)) for day in range(1, 32)]
    return [
        *days,
        (_LAST, _tr("last day"), _tr("the last day of the month")),
        (_LAST_WORKDAY, _tr("last workday"), _tr("the last workday of the month")),
    ]
