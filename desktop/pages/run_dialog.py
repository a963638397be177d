"""Asks what to run, where, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.catalog.records import CommandRecord, EnvironmentRecord
from core.durations import parse_duration
from core.queue.jobs import Enqueued
from core.workspace import Workspace
from desktop.operations import Operation, run_now

__all__ = ["RunDialog", "RunFocus", "Wish"]

_SMALLEST = QSize(440, 248)
_DELAYS = ("5m", "10m", "30m", "1h", "8h")


class RunFocus(Enum):
    """What the person came to choose: the dialog is named after it, and begins there."""

    COMMAND = auto()
    ENVIRONMENT = auto()
    DELAY = auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person wants to be run; `delay` is None for “now”."""

    command: CommandRecord
    environment_id: int | None
    delay: timedelta | None

    def operation(self, workspace: Workspace) -> Operation[Enqueued]:
        """Return what carries it out."""
        return run_now(
            workspace.queue,
            command_id=self.command.id,
            command=self.command.spec.name,
            environment_id=self.environment_id,
            at=None if self.delay is None else workspace.clock.now() + self.delay,
        )


class RunDialog(QDialog):
    """Non-modal code reads `wish` after `accepted`. Every field is checked while typing."""

    def __init__(
        self,
        commands: Sequence[CommandRecord],
        environments: Sequence[EnvironmentRecord],
        *,
        command_id: int | None = None,
        environment_id: int | None = None,
        focus: RunFocus = RunFocus.COMMAND,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(
            {
                RunFocus.COMMAND: self.tr("Run now"),
                RunFocus.ENVIRONMENT: self.tr("Run again as"),
                RunFocus.DELAY: self.tr("Run in a while"),
            }[focus]
        )
        self._commands = list(commands)
        self._environments: list[EnvironmentRecord | None] = [None, *environments]
        self.command = _chooser([record.spec.name for record in self._commands])
        names = [record.spec.name if record else self.tr("no environment") for record in self._environments]
        self.environment = _chooser(names)
        self.delay = QLineEdit()
        self.delay.setPlaceholderText(self.tr("now, or in: 10m, 1h30m"))
        self.delay.setClearButtonEnabled(True)
        self.delay.setAccessibleName(self.tr("When"))
        self._problem = QLabel()
        self._problem.setObjectName("alarm")
        self._problem.setWordWrap(True)
        self._problem.setMinimumHeight(self._problem.fontMetrics().height() * 2)
        self._problem.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.delay_buttons: list[QPushButton] = []
        form = self._make_form()
        self.buttons, self.run_button = self._make_buttons()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self._problem)
        layout.addWidget(self.buttons)
        # One size from the beginning: a window that grows and shrinks while one types is a nuisance.
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        self.setMinimumSize(self.sizeHint().expandedTo(_SMALLEST))
        self._choose(command_id, environment_id)
        for chooser in (self.command, self.environment):
            chooser.currentTextChanged.connect(self._check)
        self.delay.textChanged.connect(self._check)
        if focus is RunFocus.DELAY:
            self.delay.setText(_DELAYS[1])
            self.delay.selectAll()
        {RunFocus.ENVIRONMENT: self.environment, RunFocus.DELAY: self.delay}.get(focus, self.command).setFocus()
        self._check()

    @property
    def problem(self) -> str:
        """Return what is wrong with the fields, or an empty text."""
        return self._problem.text()

    def wish(self) -> Wish:
        """Return what was asked for; only while nothing is wrong."""
        environment = self._environments[self.environment.currentIndex()]
        text = self.delay.text().strip()
        return Wish(
            command=self._commands[self.command.currentIndex()],
            environment_id=environment.id if environment is not None else None,
            delay=parse_duration(text) if text and text != self.tr("now") else None,
        )

    def _make_form(self) -> QFormLayout:
        form = QFormLayout()
        form.setSpacing(8)
        form.addRow(self.tr("&Command"), self.command)
        form.addRow(self.tr("&Environment"), self.environment)
        form.addRow(self.tr("&When"), self.delay)
        form.addRow("", self._make_delays())
        for field in (self.command, self.environment, self.delay):
            # Beside a field with a frame, a label would otherwise stand too high.
            form.labelForField(field).setMinimumHeight(field.sizeHint().height())
        return form

    def _make_buttons(self) -> tuple[QDialogButtonBox, QPushButton]:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        run_button = buttons.addButton(self.tr("&Run"), QDialogButtonBox.ButtonRole.AcceptRole)
        run_button.setDefault(True)
        for button in buttons.buttons():
            button.setIcon(QIcon())  # the style's own icons are of another hand
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons, run_button

    def _make_delays(self) -> QWidget:
        widget = QWidget()
        row = QHBoxLayout(widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for delay in ("", *_DELAYS):
            button = QPushButton(self.tr("in {delay}").format(delay=delay) if delay else self.tr("now"))
            button.setAutoDefault(False)
            button.clicked.connect(partial(self.delay.setText, delay))
            row.addWidget(button)
            self.delay_buttons.append(button)
        row.addStretch()
        return widget

    def _choose(self, command_id: int | None, environment_id: int | None) -> None:
        for number, command in enumerate(self._commands):
            if command.id == command_id:
                self.command.setCurrentIndex(number)
        for number, environment in enumerate(self._environments):
            if (environment.id if environment else None) == environment_id:
                self.environment.setCurrentIndex(number)

    def _check(self) -> None:
        problem = ""
        if _typed_index(self.command) < 0:
            problem = self.tr("There is no command of this name. Choose one from the list.")
        elif _typed_index(self.environment) < 0:
            problem = self.tr("There is no environment of this name. Choose one from the list.")
        else:
            try:
                self.wish()
            except ValueError as error:
                problem = str(error)
        self._problem.setText(problem)
        self.run_button.setEnabled(not problem)


def _chooser(names: Sequence[str]) -> QComboBox:
    """Return a list in which one can also type any part of a name."""
    chooser = QComboBox()
    chooser.setEditable(True)
    chooser.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    chooser.addItems(list(names))
    completer = QCompleter(chooser.model(), chooser)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
    chooser.setCompleter(completer)
    return chooser


def _typed_index(chooser: QComboBox) -> int:
    """Return the number of the name that stands in the field, also where it was typed and not chosen; -1 for none."""
    index = chooser.findText(chooser.currentText(), Qt.MatchFlag.MatchFixedString)
    if index >= 0 and index != chooser.currentIndex():
        chooser.setCurrentIndex(index)
    return index
