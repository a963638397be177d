"""Takes an output out of the window: into a file, into an editor, or to the folder in which it lies."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QDir, QObject, QTemporaryDir, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from core.output.exporting import export
from core.output.reader import Reader
from core.output.rows import RowFinder
from desktop.operations import Failure, Operations
from desktop.widgets.output_view import OutputView

__all__ = ["OutputSaving"]


class OutputSaving(QObject):
    """Works on the reader of `show_reader`, in other threads. Copies for an editor are gone with the pane."""

    def __init__(self, pane: QWidget, view: OutputView, operations: Operations) -> None:
        super().__init__(pane)
        self._pane = pane
        self._view = view
        self._operations = operations
        self._reader: Reader | None = None
        self._copies: QTemporaryDir | None = None
        self._count = 0

    def show_reader(self, reader: Reader | None) -> None:
        """Work on another output."""
        self._reader = reader

    def save(self) -> None:
        """Ask for a file and write the selected lines into it, or all of them."""
        reader = self._reader
        if reader is None:
            return
        plain, printed = self.tr("Text without colour codes (*.txt)"), self.tr("As it was printed (*.log)")
        title = self.tr("Save the selected lines") if self._view.has_selection else self.tr("Save the output")
        name, kind = QFileDialog.getSaveFileName(
            self._pane, title, QDir.homePath() + "/output.txt", f"{plain};;{printed}", plain
        )
        if name:
            self.save_to(Path(name), as_printed=kind == printed)

    def save_to(self, path: Path, *, as_printed: bool) -> None:
        """Write the selected lines, or all of them, into a file."""
        reader = self._reader
        if reader is None:
            return
        start, end = self._view.selected_bytes() if self._view.has_selection else (0, None)
        write = partial(export, RowFinder(reader), reader, path, as_printed=as_printed, start=start, end=end)
        self._operations.ask_slowly(self, write, _nothing, title=self.tr("Saving the output"))

    def open_in_editor(self) -> None:
        """Open the file of the output with the program that the desktop has for it, or a copy where there is none."""
        reader = self._reader
        if reader is None:
            return
        path = reader.plain_path
        if path is not None:
            self._open(path)
            return
        if self._copies is None:
            self._copies = QTemporaryDir()
        self._count += 1
        copy = Path(self._copies.filePath(f"output-{self._count}.txt"))

        def write() -> Path:
            export(RowFinder(reader), reader, copy, as_printed=True)
            return copy

        self._operations.ask_slowly(self, write, self._open, title=self.tr("Opening the output"))

    def show_folder(self) -> None:
        """Show the folder in which the output's file lies."""
        path = None if self._reader is None else self._reader.plain_path
        if path is not None:
            self._open(path.parent)
        else:
            self._say(self.tr("This output has no file of its own: it is short, or packed. Save it to have one."))

    def _open(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._say(self.tr("Nothing on this machine opens “{path}”.").format(path=path))

    def _say(self, sentence: str) -> None:
        self._operations.failed.emit(Failure(self.tr("Opening the output"), sentence, sentence))


def _nothing(_answer: object) -> None:
    pass
