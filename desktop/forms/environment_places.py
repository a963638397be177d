"""The fields of an environment beside its variables: its folder, PATH, the file it reads, and what it takes away."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QDir, Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from core.catalog.specs import EnvironmentSpec
from desktop.forms.command_fields import FolderField, WithButton
from desktop.forms.form import Form
from desktop.theme import Theme

__all__ = ["EnvironmentPlaces", "FileField", "FoldersField", "NamesField"]

_LINES_SHOWN = 3
_BORDERS = 2 * 4


class FileField(FolderField):
    """A path to type, and a button that opens a chooser of files. Empty is None."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.line.setPlaceholderText(self.tr("none"))
        self.button.setText(self.tr("&Choose…"))
        self.button.setAccessibleName(self.tr("Choose the .env file"))

    def open_chooser(self) -> None:
        """Ask for a file; the ones that matter begin with a dot."""
        dialog = QFileDialog(self, self.tr("Choose the .env file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setFilter(dialog.filter() | QDir.Filter.Hidden)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.selectFile((self.value() or "~/").replace("~", QDir.homePath(), 1))
        dialog.fileSelected.connect(self.take)
        dialog.open()


class FoldersField(WithButton):
    """Folders, one on each line, and a button that adds one by a chooser."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self.lines = QPlainTextEdit()
        self.button = QPushButton()
        super().__init__(self.lines, self.button, parent)
        self.lines.setPlaceholderText("~/bin\n${VIRTUAL_ENV}/bin")
        self.lines.setTabChangesFocus(True)
        self.lines.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.lines.setObjectName("linesField")
        margins = round(2 * self.lines.document().documentMargin()) + _BORDERS
        self.lines.setFixedHeight(self.lines.fontMetrics().lineSpacing() * _LINES_SHOWN + margins)
        self.lines.textChanged.connect(self.changed)
        self.button.setText(self.tr("A&dd…"))
        self.button.setAccessibleName(self.tr("Add a folder to PATH"))
        theme.put_icon(self.button, "folder")
        self.button.clicked.connect(self._add)
        layout = self.layout()
        if layout is not None:
            layout.setAlignment(self.button, Qt.AlignmentFlag.AlignTop)

    def value(self) -> tuple[str, ...]:
        """Return the folders, without blank lines."""
        return tuple(line.strip() for line in self.lines.toPlainText().splitlines() if line.strip())

    def set_value(self, value: Sequence[str]) -> None:
        """Fill the field."""
        if tuple(value) != self.value():
            self.lines.setPlainText("\n".join(value))

    @Slot()
    def _add(self) -> None:
        dialog = QFileDialog(self, self.tr("Add a folder to PATH"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.add)
        dialog.open()

    @Slot(str)
    def add(self, path: str) -> None:
        """Put a folder behind the others."""
        self.lines.setPlainText("\n".join([*self.value(), QDir.toNativeSeparators(path)]))
        self.lines.setFocus()


class NamesField(QLineEdit):
    """Names of variables, with blanks or commas between them."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("LC_ALL, PYTHONPATH")
        self.setClearButtonEnabled(True)
        self.textChanged.connect(self.changed)

    @property
    def problem(self) -> str:
        """Return what is wrong with the text as such: nothing, until it is checked."""
        return ""

    def value(self) -> tuple[str, ...]:
        """Return the names."""
        return tuple(re.findall(r"[^\s,]+", self.text()))

    def set_value(self, value: Sequence[str]) -> None:
        """Fill the field."""
        if tuple(value) != self.value():
            self.setText(", ".join(value))


class EnvironmentPlaces(QWidget):
    """A tab with these fields; `lay_out` adds them to their form."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder = FolderField(theme)
        self.folder.line.setPlaceholderText(self.tr("what it extends says, or the home folder"))
        self.path = FoldersField(theme)
        self.file = FileField(theme)
        self.unset = NamesField()

    def lay_out(self, form: Form) -> None:
        """Put the fields upon this tab as rows of the form."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 12, 0, 0)
        layout.setSpacing(8)
        form.add_field(
            "working_directory",
            self.tr("Working director&y"),
            self.folder,
            self.tr("Of commands that name none; one that begins with ./ is below it."),
            into=layout,
        )
        form.add_field(
            "path",
            self.tr("Folders before PA&TH"),
            self.path,
            self.tr("One on each line. Those of what it extends come behind these."),
            into=layout,
        )
        form.add_field(
            "env_file",
            self.tr("Variables &read from a file"),
            self.file,
            self.tr("Read at each run; without it nothing starts. What looks like a secret in it is masked."),
            into=layout,
        )
        form.add_field(
            "unset",
            self.tr("&Unset"),
            self.unset,
            self.tr("Taken away from what the base, the file and what it extends bring."),
            into=layout,
        )
        layout.addStretch()

    def fill(self, spec: EnvironmentSpec) -> None:
        """Put a definition into the fields."""
        self.folder.set_value(spec.working_directory)
        self.path.set_value(spec.path)
        self.file.set_value(spec.env_file)
        self.unset.set_value(spec.unset)
