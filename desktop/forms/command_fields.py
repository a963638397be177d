"""The fields that only the form of a command has, and the words of its choices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from PySide6.QtCore import QCoreApplication, QDir, QDynamicPropertyChangeEvent, QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from core.durations import describe_duration
from core.execution.definitions import Shell
from core.queue.backoff import JITTER, backoff
from core.queue.states import Overlap
from desktop.theme import Theme

__all__ = [
    "ExitCodesField",
    "FolderField",
    "QueueField",
    "WithButton",
    "overlap_choices",
    "shell_choices",
    "waits_text",
]

_WAITS_SHOWN = 3
_LONGEST_NUMBER = 12


class ExitCodesField(QLineEdit):
    """Whole numbers with commas between them."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._last: tuple[int, ...] = (0,)
        self.setPlaceholderText(self.tr("such as 0, 1"))
        self.textChanged.connect(self.changed)

    @property
    def problem(self) -> str:
        """Return which part is no number, or an empty text."""
        for part in self._parts():
            if not part.isascii() or not part.isdigit() or len(part) > _LONGEST_NUMBER:
                text = self.tr("“{part}” is not an exit code. Write whole numbers with commas between them: 0, 1.")
                return text.format(part=part)
        return ""

    def value(self) -> tuple[int, ...]:
        """Return the codes; the last ones that were right, while there is a `problem`."""
        if not self.problem:
            self._last = tuple(int(part) for part in self._parts())
        return self._last

    def set_value(self, value: Sequence[int]) -> None:
        """Fill the field."""
        self._last = tuple(value)
        self.setText(", ".join(str(code) for code in value))

    def _parts(self) -> list[str]:
        return self.text().replace(",", " ").split()


class WithButton(QWidget):
    """Something to write in that has the focus, and a button beside it."""

    def __init__(self, box: QWidget, button: QPushButton, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = box
        self.setFocusProxy(box)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(box, 1)
        layout.addWidget(button)

    @property
    def problem(self) -> str:
        """Return what is wrong with the text as such: nothing, until it is checked."""
        return ""

    def event(self, event: QEvent) -> bool:
        """Let the box look as wrong as the field is."""
        if event.type() == QEvent.Type.DynamicPropertyChange and isinstance(event, QDynamicPropertyChangeEvent):
            name = bytes(event.propertyName().data()).decode()
            if name == "hasProblem":
                self._box.setProperty(name, self.property(name))
                self._box.style().polish(self._box)
        return super().event(event)

    def setAccessibleName(self, name: str) -> None:  # noqa: N802  (Qt names it so)
        """Name the box, which has the focus."""
        super().setAccessibleName(name)
        self._box.setAccessibleName(name)

    def setAccessibleDescription(self, description: str) -> None:  # noqa: N802  (Qt names it so)
        """Describe the box, which has the focus."""
        super().setAccessibleDescription(description)
        self._box.setAccessibleDescription(description)


class FolderField(WithButton):
    """A path to type, and a button that opens a chooser of folders. Empty is None."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self.line = QLineEdit()
        self.button = QPushButton()
        super().__init__(self.line, self.button, parent)
        self.line.setPlaceholderText(self.tr("the environment's, or the home folder"))
        self.line.setClearButtonEnabled(True)
        self.line.textChanged.connect(self.changed)
        self.button.setText(self.tr("C&hoose…"))
        self.button.setAccessibleName(self.tr("Choose the working directory"))
        theme.put_icon(self.button, "folder")
        self.button.clicked.connect(self.open_chooser)

    def value(self) -> str | None:
        """Return the path."""
        return self.line.text().strip() or None

    def set_value(self, value: str | None) -> None:
        """Fill the field."""
        self.line.setText(value or "")

    @Slot()
    def open_chooser(self) -> None:
        """Ask for a folder."""
        dialog = QFileDialog(self, self.tr("Choose the working directory"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wanted = (self.value() or "~").replace("~", QDir.homePath(), 1)
        dialog.setDirectory(wanted)
        dialog.fileSelected.connect(self.take)
        dialog.open()

    @Slot(str)
    def take(self, path: str) -> None:
        """Take over what was chosen, below ~ where it is."""
        home = QDir.homePath()
        inside = path == home or path.startswith(f"{home}/")
        self.line.setText(f"~{path[len(home) :]}" if inside else QDir.toNativeSeparators(path))
        self.line.setFocus()


class QueueField(WithButton):
    """The queues that there are, and any other name: a queue exists as soon as a command names it.

    `limit_wanted` asks to show how much the queue runs at once, and to change it.
    """

    changed = Signal()
    limit_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.box = QComboBox()
        self.limit = QPushButton()
        super().__init__(self.box, self.limit, parent)
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box.editTextChanged.connect(self._on_text)
        self.limit.setText(self.tr("Limit…"))
        self.limit.setToolTip(self.tr("Say how many jobs of this queue run at once"))
        self.limit.setAccessibleName(self.tr("Limit of the queue"))
        self.limit.clicked.connect(self.limit_wanted)

    def value(self) -> str:
        """Return the name."""
        return self.box.currentText().strip()

    def set_value(self, value: str) -> None:
        """Fill the field."""
        self.box.setEditText(value)

    def offer(self, names: Sequence[str]) -> None:
        """Offer other names; what is written stays."""
        if self.offered != list(names):
            text = self.box.currentText()
            self.box.blockSignals(True)
            self.box.clear()
            self.box.addItems(list(names))
            self.box.setEditText(text)
            self.box.blockSignals(False)

    @property
    def offered(self) -> list[str]:
        """Return the names to choose among."""
        return [self.box.itemText(number) for number in range(self.box.count())]

    @Slot()
    def _on_text(self) -> None:
        self.limit.setEnabled(bool(self.value()))
        self.changed.emit()


class _Middle(Random):
    """Draws the middle of every range: a wait without its jitter."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def waits_text(attempts: int, base: timedelta, cap: timedelta) -> str:
    """Say how long is waited before each further attempt."""
    if attempts < 2:
        return _tr("A run that fails is not tried again.")
    middle = _Middle()
    count = min(attempts - 1, _WAITS_SHOWN)
    waits = [backoff(number + 1, base=base, cap=cap, random=middle) for number in range(count)]
    listed = ", ".join(describe_duration(wait) for wait in waits)
    if attempts - 1 > count:
        last = backoff(attempts - 1, base=base, cap=cap, random=middle)
        listed = _tr("{waits}, … up to {last}").format(waits=listed, last=describe_duration(last))
    return _tr("It waits {waits} before it tries again, each up to {share} % shorter or longer.").format(
        waits=listed, share=round(JITTER * 100)
    )


def shell_choices() -> dict[str, tuple[str, str]]:
    """Return what may read the text, with a sentence each."""
    return {
        Shell.SH.value: ("sh", _tr("The shell that every Unix system has.")),
        Shell.BASH.value: ("bash", _tr("The shell of most Linux terminals: arrays, [[ … ]], pipefail.")),
        Shell.ZSH.value: ("zsh", _tr("The shell of the terminals of macOS.")),
        Shell.PWSH.value: ("pwsh", _tr("PowerShell 7, which runs on every system.")),
        Shell.CMD.value: ("cmd", _tr("The command prompt of Windows.")),
        Shell.NONE.value: (_tr("no shell"), _tr("The text is a program and its arguments: no pipes, no variables.")),
    }


def overlap_choices() -> dict[str, tuple[str, str]]:
    """Return what happens when a run is due while another one waits or runs, with a sentence each."""
    return {
        Overlap.QUEUE.value: (_tr("Wait for its turn"), _tr("It waits until the old run has ended.")),
        Overlap.SKIP.value: (_tr("Skip the new run"), _tr("The new run is left out, and the history says why.")),
        Overlap.REPLACE.value: (_tr("Replace the old run"), _tr("The run before it is cancelled for the new one.")),
        Overlap.ALLOW.value: (_tr("Run side by side"), _tr("Runs of this command do not look at each other.")),
    }


def _tr(text: str) -> str:
    return QCoreApplication.translate("CommandFields", text)
