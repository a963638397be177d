"""The bar above an output in which one writes what is to be found, and reads how much was."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from core.search.query import LONGEST_TEXT, Pattern, SearchQuery, SearchTextError
from desktop.finding import Expression
from desktop.theme import Theme

__all__ = ["FindBar"]


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
        self.count = QLabel()
        self.count.setObjectName("muted")
        self.count.setTextFormat(Qt.TextFormat.PlainText)
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
        for widget in (self.match_case, self.is_regex, self.only, self.count):
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
        self.field.left.connect(self.closed)

    @property
    def expression(self) -> Expression | None:
        """Return what is to be found; None where there is nothing or what can't be looked for."""
        text, is_regex, ignore_case = self.field.text(), self.is_regex.isChecked(), not self.match_case.isChecked()
        if not text:
            return None
        try:
            Pattern(SearchQuery(text=text, is_regex=is_regex, ignore_case=ignore_case))
        except SearchTextError:
            return None
        return Expression(text, is_regex=is_regex, ignore_case=ignore_case)

    def open(self, text: str) -> None:
        """Be seen and ready to be written in, with `text` if there is any."""
        self.show()
        if text:
            self.field.setText(text)
        self.field.selectAll()
        self.field.setFocus()

    def tell(self, count: str, problem: str = "") -> None:
        """Say how much was found, or what hinders it."""
        self.count.setText(count)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    @Slot()
    def _on_changed(self) -> None:
        expression = self.expression
        problem = ""
        if expression is None and self.field.text():
            try:
                Pattern(SearchQuery(text=self.field.text(), is_regex=self.is_regex.isChecked()))
            except SearchTextError as error:
                problem = error.message
        self.tell("", problem)
        self.changed.emit(expression)

    @Slot()
    def _on_next(self) -> None:
        self.stepped.emit(1)

    @Slot()
    def _on_previous(self) -> None:
        self.stepped.emit(-1)


class _Field(QLineEdit):
    """`stepped` carries 1 for Enter and -1 for Shift+Enter; `left` comes from Esc."""

    stepped = Signal(int)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Go on, go back, or leave."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
