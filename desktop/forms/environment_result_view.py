"""Shows what a command gets in an environment, where each variable comes from, and what a login shell has otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from core.exchange.dotenv import write_dotenv
from core.exchange.shell_script import write_script
from core.execution.effective import EffectiveVariable
from core.execution.environment import JOB_VARIABLES
from core.execution.references import escape
from core.inspection import Captured, Contrast, Difference, Result, capture, compare, to_copy
from desktop.forms.environment_lines import Line, LineTable, LineView
from desktop.forms.variable_table import DOTS
from desktop.theme import Theme

__all__ = ["ContrastPane", "ResultPane"]

_LEAST_HEIGHT = 200
_BASES = ("session", "login shell", "clean")


class _Pane(QWidget):
    """A sentence, a filter, a table and what is said while the login shell is asked; `again_wanted` asks once more."""

    again_wanted = Signal()

    def __init__(self, theme: Theme, table: LineTable, name: str, widths: tuple[int, ...]) -> None:
        super().__init__()
        self._theme = theme
        self.table = table
        self.view = LineView(table, name, self.copy_chosen, widths)
        self.view.setMinimumHeight(_LEAST_HEIGHT)
        self.sentence = QLabel()
        self.sentence.setObjectName("muted")
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter"))
        self.filter.setAccessibleName(self.tr("Filter {what}").format(what=name))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(table.set_filter)
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setAccessibleName(self.tr("Asking the login shell"))
        self.warning = QLabel()
        theme.put_icon(self.warning, "warning", "bad")
        self.again_button = self._button(self.tr("As&k again"), "retry")
        self.again_button.setToolTip(self.tr("Ask the login shell once more"))
        self.again_button.clicked.connect(self.again_wanted)
        self.copy_button = self._button(self.tr("&Copy"), "copy")
        self.copy_button.setToolTip(self.tr("Copy the chosen lines, or all, as .env text (Ctrl+C)"))
        self.copy_button.clicked.connect(self.copy_chosen)
        self.line = QHBoxLayout()
        self.line.setSpacing(8)
        self.line.addWidget(self.filter, 1)
        self._lay_out()

    def show_asking(self) -> None:
        """Say that the login shell is being asked."""
        self.sentence.setText(self.tr("Asking the login shell which variables it sets up…"))
        self.warning.hide()
        self.progress.show()
        self.again_button.setEnabled(False)

    def show_blocked(self, problem: str) -> None:
        """Say why nothing can be found out yet."""
        self.sentence.setText(self.tr("This is shown as soon as nothing is wrong. {problem}").format(problem=problem))
        self.table.set_lines([])
        self.warning.hide()
        self.progress.hide()

    def show_result(self, result: Result) -> None:
        """Show what was found."""
        self.progress.hide()
        self.warning.setVisible(bool(result.failure))
        self.again_button.setEnabled(True)
        self.again_button.setVisible(bool(result.failure) or result.login is not None)

    @Slot()
    def copy_chosen(self) -> None:
        """Put the chosen variables into the clipboard, or all that are shown."""
        lines = self.view.chosen or self.table.lines
        QGuiApplication.clipboard().setText(write_dotenv(self.to_copy(lines)))

    def to_copy(self, lines: Iterable[Line]) -> dict[str, str]:
        """Return what the lines give to copy."""
        raise NotImplementedError

    def _button(self, text: str, icon: str) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(text.replace("&", ""))
        self._theme.put_icon(button, icon)
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.warning, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.sentence, 1)
        self.below = QHBoxLayout()
        self.below.setSpacing(8)
        self.below.addStretch()
        self.below.addWidget(self.again_button)
        self.below.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 12, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.progress)
        layout.addLayout(self.line)
        layout.addWidget(self.view, 1)
        layout.addLayout(self.below)
        for widget in (self.progress, self.warning, self.again_button):
            widget.hide()


class ResultPane(_Pane):
    """Every variable that a command gets, with where it comes from and whose value it replaces.

    `terminal_wanted` carries the names of the secrets that a process there has.
    """

    terminal_wanted = Signal(object)

    def __init__(self, theme: Theme) -> None:
        headers = (self.tr("Name"), self.tr("Value"), self.tr("From"), self.tr("Instead of"))
        super().__init__(theme, LineTable(headers, theme), self.tr("What a command gets"), (168, 0, 120, 104))
        self._result: Result | None = None
        self.only_set = QCheckBox(self.tr("&Hide what the base brings"))
        self.only_set.setAccessibleName(self.tr("Hide what the base brings"))
        self.only_set.toggled.connect(self._renew)
        self.line.addWidget(self.only_set)
        self.terminal_button = self._button(self.tr("Open a &terminal here"), "commands")
        self.terminal_button.setToolTip(self.tr("A shell with exactly these variables, in the environment's folder"))
        self.terminal_button.clicked.connect(self._on_terminal)
        self.script_button = self._button(self.tr("Copy as sc&ript"), "copy")
        self.script_button.setToolTip(self.tr("Copy what this environment sets as a shell script, without secrets"))
        self.script_button.clicked.connect(self._copy_script)
        self.below.insertWidget(0, self.terminal_button)
        self.below.insertWidget(2, self.script_button)

    def say(self, text: str) -> None:
        """Say something in place of the sentence, until there is a new result."""
        self.sentence.setText(text)

    def show_result(self, result: Result) -> None:
        """Show what was found."""
        super().show_result(result)
        self._result = result
        self._renew()

    def to_copy(self, lines: Iterable[Line]) -> dict[str, str]:
        """Return the values; no secrets, and nothing that differs from job to job."""
        return to_copy(line.thing for line in lines)

    @Slot()
    def _on_terminal(self) -> None:
        variables = self._result.variables if self._result is not None else ()
        self.terminal_wanted.emit(tuple(each.name for each in variables if each.secret))

    @Slot()
    def _copy_script(self) -> None:
        result = self._result
        if result is not None:
            script = write_script(result.spec.name, result.above_base, result.working_directory)
            QGuiApplication.clipboard().setText(script)
            self.say(self.tr("The script is in the clipboard. A secret is a placeholder in it."))

    @Slot()
    def _renew(self) -> None:
        result = self._result
        if result is None:
            return
        wanted = [each for each in result.variables if not self.only_set.isChecked() or each.origin not in _BASES]
        self.table.set_lines([self._line(each, result.spec.name) for each in wanted])
        missing = [each.name for each in result.variables if each.secret and each.value is None]
        wrong = result.failure or next((each.problem for each in result.variables if each.problem), "")
        self.sentence.setText(wrong or self._sentence(result, missing))
        self.warning.setVisible(bool(wrong or missing))
        self.copy_button.setEnabled(bool(to_copy(wanted)))
        self.script_button.setEnabled(not wrong)
        self.terminal_button.setEnabled(not wrong)

    def _sentence(self, result: Result, missing: list[str]) -> str:
        if missing:
            text = self.tr("No command can start here as long as these secrets have no value: {names}.")
            return text.format(names=", ".join(missing))
        from_base = sum(each.origin in _BASES for each in result.variables)
        text = self.tr(
            "{count} variables, {base} of them from the base. Later layers win: base, what it extends, itself."
        )
        return text.format(count=len(result.variables), base=from_base)

    def _line(self, variable: EffectiveVariable, own_name: str) -> Line:
        is_job = variable.name in JOB_VARIABLES and variable.origin not in _BASES
        remark = self._remark(variable, is_job=is_job)
        instead = ", ".join(self._origin(origin, own_name) for origin in variable.overrides)
        origin = self._origin(variable.origin, own_name)
        # What looks like a secret in a file has its value at hand, and is no more for the screen than others.
        shown = DOTS if variable.secret else variable.value or ""
        words = (variable.name, remark or shown, origin, instead)
        is_strong = variable.origin not in _BASES and not is_job
        return Line(words, variable, is_strong=is_strong, remark=1 if remark else -1)

    def _remark(self, variable: EffectiveVariable, *, is_job: bool) -> str:
        """Return what stands in the place of a value, or nothing where there is one to show."""
        if is_job:
            return self.tr("differs from job to job")
        if variable.unset:
            return self.tr("taken away")
        if variable.problem:
            return variable.problem
        return self.tr("has no value yet") if variable.value is None else ""

    def _origin(self, origin: str, own_name: str) -> str:
        words = {
            f"environment “{own_name}”": self.tr("here"),
            "session": self.tr("session"),
            "login shell": self.tr("login shell"),
            "clean": self.tr("clean base"),
        }
        if origin.startswith("file "):
            return self.tr("file {name}").format(name=Path(origin.removeprefix("file ").strip("“”")).name)
        return words.get(origin, origin.removeprefix("environment "))


class ContrastPane(_Pane):
    """What differs from the login shell; `take_wanted` carries variables of it that this environment is to set.

    `capture_wanted` carries all that it is to have of the login shell, as `Captured`.
    """

    take_wanted = Signal(object)
    capture_wanted = Signal(object)

    def __init__(self, theme: Theme) -> None:
        headers = (self.tr("Name"), self.tr("What"), self.tr("Here"), self.tr("In the login shell"))
        super().__init__(theme, LineTable(headers, theme), self.tr("Differences"), (168, 124, 0, 0))
        self.take_button = self._button(self.tr("Take into this environ&ment"), "add")
        self.take_button.setToolTip(self.tr("Set the chosen variables here to what the login shell has"))
        self.take_button.clicked.connect(self._on_take)
        self.capture_button = self._button(self.tr("Capt&ure from my shell"), "environments")
        self.capture_button.setToolTip(
            self.tr("Take all that a command has otherwise, but what is of one session alone or looks like a secret")
        )
        self.capture_button.clicked.connect(self._on_capture)
        self._captured = Captured({})
        # Below, the four of them would be wider than a small window.
        self.line.addWidget(self.capture_button)
        self.below.insertWidget(0, self.take_button)
        self.view.selectionModel().selectionChanged.connect(self._on_chosen)
        self.table.modelReset.connect(self._on_chosen)
        self._on_chosen()

    def show_result(self, result: Result) -> None:
        """Show what differs."""
        super().show_result(result)
        found = compare(result) if result.login is not None else []
        self.table.set_lines([self._line(contrast) for contrast in found])
        self.copy_button.setEnabled(bool(self.to_copy(self.table.lines)))
        self._captured = capture(result.login or {}, result.variables)
        self.capture_button.setEnabled(bool(self._captured.variables))
        self.sentence.setText(result.failure or self._sentence(found))

    def to_copy(self, lines: Iterable[Line]) -> dict[str, str]:
        """Return what the login shell has."""
        return {line.thing.name: line.thing.there for line in lines if line.thing.there is not None}

    @Slot()
    def _on_take(self) -> None:
        self.take_wanted.emit({name: escape(value) for name, value in self.to_copy(self.view.chosen).items()})

    @Slot()
    def _on_capture(self) -> None:
        self.capture_wanted.emit(self._captured)

    @Slot()
    def _on_chosen(self) -> None:
        self.take_button.setEnabled(bool(self.to_copy(self.view.chosen)))

    def _sentence(self, found: list[Contrast]) -> str:
        if not found:
            return self.tr("A command gets the very variables that a login shell has.")
        counts = Counter(contrast.difference for contrast in found)
        text = self.tr(
            "A terminal begins with what the login shell sets up. Here {missing} of its variables are missing,"
            " {other} have another value, and {added} are there beside them."
        )
        return text.format(**{difference.value: counts[difference] for difference in Difference})

    def _line(self, contrast: Contrast) -> Line:
        look = {
            Difference.MISSING: (self.tr("missing here"), "close", "warning"),
            Difference.OTHER: (self.tr("other value"), "retry", "busy"),
            Difference.ADDED: (self.tr("only here"), "add", "muted"),
        }
        word, icon, tone = look[contrast.difference]
        here = contrast.here
        is_empty_secret = here is not None and here.value is None
        shown = ""
        if here is not None:
            shown = self.tr("has no value yet") if is_empty_secret else DOTS if here.secret else here.value or ""
        words = (contrast.name, word, shown, contrast.there or "")
        return Line(words, contrast, remark=2 if is_empty_secret else -1, icon=icon, tone=tone)
