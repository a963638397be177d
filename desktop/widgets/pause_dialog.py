"""Asks until which date and time something is to be paused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QDateTime, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QIcon, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDateTimeEdit, QDialog, QDialogButtonBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from core.clock import Clock
from core.durations import describe_duration

__all__ = ["PauseDialog"]

_FIRST = timedelta(hours=2)
_NARROWEST = 360


class _Moment(QDateTimeEdit):
    """A date and a time that are not mended in silence when Enter is pressed amid them."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Let Enter confirm only what is whole: Qt would put the last whole one in its place, and confirm that."""
        is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if is_enter and not self.hasAcceptableInput():
            event.accept()
        else:
            super().keyPressEvent(event)


class PauseDialog(QDialog):
    """`wanted` carries the chosen instant in UTC; it is later than now. The field is in the machine's time zone."""

    wanted = Signal(object)

    def __init__(self, clock: Clock, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Pause until"))
        self._clock = clock
        self._zone = clock.zone()
        heading = QLabel(what)
        heading.setObjectName("sectionTitle")
        heading.setTextFormat(Qt.TextFormat.PlainText)
        heading.setWordWrap(True)
        self.field = _Moment()
        self.field.setCalendarPopup(True)
        self.field.setDisplayFormat("ddd d MMM yyyy  HH:mm")
        self.field.setAccessibleName(self.tr("Pause until"))
        self.field.setDateTime(_shown(self._first()))
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.pause_button = self.buttons.addButton(self.tr("&Pause"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.pause_button.setDefault(True)
        for button in self.buttons.buttons():
            button.setIcon(QIcon())  # the style's own icons are of another hand
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.reject)
        self.field.dateTimeChanged.connect(self._check)
        self.field.lineEdit().textChanged.connect(self._check)  # while it is not whole, it is no other time yet
        self._lay_out(heading)
        self._check()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt names it so)
        """Begin where most is decided: the field by itself begins with the weekday, which follows from the rest."""
        super().showEvent(event)
        self.field.setFocus()
        # Getting the focus chooses a section, too, and comes after this.
        QTimer.singleShot(0, self, lambda: self.field.setSelectedSection(QDateTimeEdit.Section.HourSection))

    @property
    def until(self) -> datetime:
        """Return the instant that the field says."""
        shown = self.field.dateTime()
        day, at = shown.date(), shown.time()
        local = datetime(day.year(), day.month(), day.day(), at.hour(), at.minute(), tzinfo=self._zone)
        return local.astimezone(UTC)

    @property
    def problem(self) -> str:
        """Return what is wrong with it, or an empty text."""
        return self.note.text() if self.note.objectName() == "fieldProblem" else ""

    def _first(self) -> datetime:
        """Return the next full hour after some time, as the person reads it on the wall."""
        local = (self._clock.now() + _FIRST).astimezone(self._zone)
        return local.replace(minute=0, second=0, microsecond=0)

    def _lay_out(self, heading: QLabel) -> None:
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow(self.tr("&Until"), self.field)
        form.labelForField(self.field).setMinimumHeight(self.field.sizeHint().height())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(heading)
        layout.addLayout(form)
        layout.addWidget(self.note)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(_NARROWEST)

    @Slot()
    def _check(self) -> None:
        left = self.until - self._clock.now()
        is_whole = self.field.hasAcceptableInput()
        is_wrong = not is_whole or left <= timedelta()
        name = "fieldProblem" if is_wrong else "hint"
        if not is_whole:
            text = self.tr("This is not a whole date and time yet. Write day, month, year, hour and minute.")
        elif is_wrong:
            text = self.tr("This has passed. Choose a later time.")
        else:
            whole = timedelta(minutes=-(-left // timedelta(minutes=1)))
            text = self.tr("For {time}. What is due before that is skipped; what you run by hand still runs.")
            text = text.format(time=describe_duration(whole))
        self.note.setText(text)
        self.field.setAccessibleDescription(text)
        if self.note.objectName() != name:
            self.note.setObjectName(name)
            self.note.style().polish(self.note)
        self.pause_button.setEnabled(not is_wrong)

    @Slot()
    def _on_accepted(self) -> None:
        self._check()  # time went on while the dialog was open
        if not self.problem:
            self.accept()
            self.wanted.emit(self.until)


def _shown(local: datetime) -> QDateTime:
    return QDateTime(local.year, local.month, local.day, local.hour, local.minute, 0)
