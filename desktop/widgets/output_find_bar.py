"""The bar above an output in which one writes what is to be found, and reads how much was."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from core.search.query import LONGEST_TEXT, Pattern, SearchQuery, SearchTextError
from desktop.finding import Expression
from desktop.theme import Theme
from desktop.widgets.elided_label import ElidedLabel

__all__ = ["FindBar"]

_LEAST_FIELD_PX = 132
_LEAST_TEXT_PX = 56
_BESIDE_COUNT_PX = 8
_ROUNDED_PX = 2  # the width of a text is no whole number


class FindBar(QWidget):
    """`changed` carries an Expression, or None for what can't be looked for; `stepped` carries 1 or -1."""

    changed = Signal(object)
    stepped = Signal(int)
    only_changed = Signal(bool)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = _Field()
        self.field.setMaxLength(LONGEST_TEXT)
        self.field.setPlaceholderText(self.tr("Find in this output"))
        self.field.setAccessibleName(self.tr("Text to find in this output"))
        self.field.addAction(theme.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.match_case = self._toggle("Aa", self.tr("Match case"), self.tr("Tell capital and small letters apart"))
        tip = self.tr("Regular expression, such as  HTTP 5\\d\\d|timeout")
        self.is_regex = self._toggle(".*", self.tr("Regular expression"), tip)
        self.only = self._toggle(
            self.tr("Only these lines"),
            self.tr("Only lines with a match"),
            self.tr("Show only the lines in which it is found (Ctrl+Shift+L)"),
        )
        self.count = self.field.count
        self.previous = self._button(theme, "arrow-up", self.tr("Previous match"), self.tr("Previous match (Shift+F3)"))
        self.next = self._button(theme, "arrow-down", self.tr("Next match"), self.tr("Next match (F3)"))
        self.close_button = self._button(theme, "close", self.tr("Close find"), self.tr("Close (Esc)"))
        self.problem = QLabel()
        self.problem.setObjectName("fieldProblem")
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.hide()
        self._lay_out()
        self._connect()
        self.hide()

    def _toggle(self, text: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.setCheckable(True)
        return button

    def _button(self, theme: Theme, icon: str, name: str, tip: str) -> QPushButton:
        button = QPushButton()
        button.setAccessibleName(name)
        button.setToolTip(tip)
        theme.put_icon(button, icon)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.field, 1)
        for widget in (self.match_case, self.is_regex, self.only):
            row.addWidget(widget)
        for button in (self.previous, self.next, self.close_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 0, 8, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.problem)

    def _connect(self) -> None:
        self.field.textChanged.connect(self._on_changed)
        self.match_case.toggled.connect(self._on_changed)
        self.is_regex.toggled.connect(self._on_changed)
        self.only.toggled.connect(self.only_changed)
        self.field.stepped.connect(self.stepped)
        self.next.clicked.connect(self._on_next)
        self.previous.clicked.connect(self._on_previous)
        self.close_button.clicked.connect(self.closed)

    @property
    def expression(self) -> Expression | None:
        """Return what is to be found; None where there is nothing or what can't be looked for."""
        if not self.field.text() or self.fault:
            return None
        return Expression(
            self.field.text(), is_regex=self.is_regex.isChecked(), ignore_case=not self.match_case.isChecked()
        )

    @property
    def fault(self) -> str:
        """Return why what stands in the field can't be looked for; "" where it can, or where there is nothing."""
        text, is_regex, ignore_case = self.field.text(), self.is_regex.isChecked(), not self.match_case.isChecked()
        if not text:
            return ""
        try:
            Pattern(SearchQuery(text=text, is_regex=is_regex, ignore_case=ignore_case))
        except SearchTextError as error:
            return error.message
        return ""

    def open(self, text: str) -> None:
        """Be seen and ready to be written in, with `text` if there is any."""
        self.show()
        if text:
            self.field.setText(text)
        self.field.selectAll()
        self.field.setFocus()

    def tell(self, count: str, problem: str = "") -> None:
        """Say how much was found, or what hinders it."""
        self.field.say(count)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.field.setAccessibleDescription(problem or count)
        if bool(self.field.property("hasProblem")) != bool(problem):
            self.field.setProperty("hasProblem", bool(problem))
            self.field.style().polish(self.field)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Leave with Esc, whatever in the bar has the keyboard."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_changed(self) -> None:
        self.tell("", self.fault)
        self.changed.emit(self.expression)

    @Slot()
    def _on_next(self) -> None:
        self.stepped.emit(1)

    @Slot()
    def _on_previous(self) -> None:
        self.stepped.emit(-1)


class _Field(QLineEdit):
    """`stepped` carries 1 for Enter and -1 for Shift+Enter.

    How much was found stands in its right end: there it moves nothing while it changes. Where there is no room for all
    of it, it is shortened.
    """

    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(_LEAST_FIELD_PX)
        self.count = ElidedLabel(self)
        self.count.setObjectName("muted")
        self.count.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def say(self, text: str) -> None:
        """Say this in the right end."""
        self.count.say(text)
        self._place_count()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Keep it in the right end."""
        super().resizeEvent(event)
        self._place_count()

    def _place_count(self) -> None:
        room = self.width() - _LEAST_TEXT_PX - _BESIDE_COUNT_PX
        wanted = self.count.fontMetrics().horizontalAdvance(self.count.whole) + _ROUNDED_PX
        width = max(0, min(wanted, room)) if self.count.whole else 0
        self.count.setGeometry(self.width() - width - _BESIDE_COUNT_PX, 0, width, self.height())
        self.setTextMargins(0, 0, width + _BESIDE_COUNT_PX if width else 0, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Go on, or go back."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)
