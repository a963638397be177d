"""Takes an output out of the window: into a file, into an editor, or to the folder in which it lies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from PySide6.QtCore import QDir, QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from core.output.choosing import Rows
from core.output.exporting import export
from core.output.reader import Reader
from core.output.rows import RowFinder
from desktop.copies import Copies
from desktop.file_names import file_name
from desktop.operations import Failure, Operations
from desktop.widgets.output_finder import OutputFinder
from desktop.widgets.output_view import OutputView

__all__ = ["OutputSaving"]


class OutputSaving(QObject):
    """Works on the reader of `show_reader`, in other threads."""

    def __init__(self, pane: QWidget, view: OutputView, finder: OutputFinder, operations: Operations) -> None:
        super().__init__(pane)
        self._pane = pane
        self._view = view
        self._finder = finder
        self._operations = operations
        self._reader: Reader | None = None
        self.title = ""  # what the output is of, for the name of a file
        self._waiting: Path | None = None  # for the file, until all of the lines that are to be in it are found
        finder.finding.progressed.connect(self._on_progressed)
        finder.rows_changed.connect(self._on_rows_changed)
        self._copies = Copies()

    def show_reader(self, reader: Reader | None) -> None:
        """Work on another output."""
        self._reader = reader

    def save(self) -> None:
        """Ask for a file and write the selected lines into it, or all of them.

        Where only some are shown, those are meant unless the kind of the file says that all are.
        """
        if self._reader is None:
            return
        shown, plain, printed = self._kinds()
        kinds = [shown, plain, printed] if self._view.shows_part else [plain, printed]
        if self._view.has_selection:
            title = self.tr("Save the selected lines")
        else:
            title = self.tr("Save the lines shown") if self._view.shows_part else self.tr("Save the output")
        path = f"{QDir.homePath()}/{file_name(self.title, '.txt', otherwise=self.tr('output'))}"
        name, kind = QFileDialog.getSaveFileName(self._pane, title, path, ";;".join(kinds), kinds[0])
        if name:
            self.save_to(Path(name), as_printed=kind == printed, only_shown=kind == shown)

    def _kinds(self) -> tuple[str, str, str]:
        """Return how the kinds of file are called: the lines shown, all as plain text, all as it was printed."""
        shown = self.tr("Only the lines shown (*.txt)")
        if self._view.shows_part:
            return (
                shown,
                self.tr("All lines, without colour codes (*.txt)"),
                self.tr("All lines, as they were printed (*.log)"),
            )
        return shown, self.tr("Text without colour codes (*.txt)"), self.tr("As it was printed (*.log)")

    def save_to(self, path: Path, *, as_printed: bool = False, only_shown: bool = False) -> None:
        """Write the selected lines, or all of them, into a file; with `only_shown` those that are chosen."""
        if self._reader is None:
            return
        if only_shown and self._finder.is_filtering and self._finds_more:
            self._waiting = path
        else:
            self._save(path, as_printed=as_printed, only_shown=only_shown)

    def _save(self, path: Path, *, as_printed: bool, only_shown: bool) -> None:
        reader = self._reader
        if reader is None:
            return
        start, end = self._view.selected_bytes() if self._view.has_selection else (0, None)
        rows: Rows = RowFinder(reader)
        if only_shown:
            rows = self._view.chosen(rows).at_leisure()
        write = partial(export, rows, reader, path, as_printed=as_printed, start=start, end=end)
        pins = ExitStack()
        pins.enter_context(reader.pinned())  # here, because the run may end before the other thread gets to it
        self._operations.ask_slowly(self, partial(_within, pins, write), _nothing, title=self.tr("Saving the output"))

    @property
    def _finds_more(self) -> bool:
        finding = self._finder.finding
        return finding.is_searching and finding.searched < self._view.known_bytes

    @Slot()
    def _on_progressed(self) -> None:
        if self._waiting is not None and not self._finds_more:
            path, self._waiting = self._waiting, None
            self._save(path, as_printed=False, only_shown=True)

    @Slot()
    def _on_rows_changed(self) -> None:
        if self._waiting is not None:
            path, self._waiting = self._waiting, None
            text = self.tr("Other lines were chosen before all of them were found, so “{path}” was not written.")
            self._say(text.format(path=path), self.tr("Saving the output"))

    def open_in_editor(self) -> None:
        """Open the file of the output with the program that the desktop has for it, or a copy where there is none."""
        reader = self._reader
        if reader is None:
            return
        path = reader.plain_path
        if path is not None:
            self._open(path)
            return
        self._operations.ask_slowly(
            self, partial(self._copies.write, reader), self._open, title=self.tr("Opening the output")
        )

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

    def _say(self, sentence: str, title: str = "") -> None:
        self._operations.failed.emit(Failure(title or self.tr("Opening the output"), sentence, sentence))


def _within(pins: ExitStack, write: Callable[[], None]) -> None:
    with pins:
        write()


def _nothing(_answer: object) -> None:
    pass
