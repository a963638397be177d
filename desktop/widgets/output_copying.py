"""Puts selected output on the clipboard: at once where it is short, else in another thread, else not at all."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from core.errors import StorageError
from core.output.choosing import Rows
from core.output.rows import RowFinder, Source
from desktop.widgets import output_selection
from desktop.widgets.output_selection import Selection, selected_text
from desktop.widgets.output_text import RowTexts

__all__ = ["Copying", "LongCopy"]

_AT_ONCE_BYTES = 128 * 1024

LongCopy = Callable[[], tuple[str, bool]]


class Copying(QObject):
    """`long_wanted` carries a LongCopy, to be called in another thread and to be given to `take`.

    `too_large` carries how many bytes are selected; no clipboard holds everything. `failed` carries a StorageError.
    """

    long_wanted = Signal(object)
    too_large = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._selected = 0

    def copy(self, rows: Rows, source: Source, selection: Selection) -> None:
        """Copy the selected text."""
        first, last = selection.first.row, selection.last.row
        self._selected = last - first
        if isinstance(rows, RowFinder) and (gap := rows.gap()) is not None:
            self._selected -= max(0, min(last, gap[1]) - max(first, gap[0]))
        if self._selected > output_selection.LONGEST_COPY_BYTES and isinstance(rows, RowFinder):
            self.too_large.emit(self._selected)
        elif self._selected > _AT_ONCE_BYTES:
            self.long_wanted.emit(lambda: self.text(rows, source, selection))
        else:
            try:
                self.take(self.text(rows, source, selection))
            except StorageError as error:
                self.failed.emit(error)

    def take(self, copied: tuple[str, bool]) -> None:
        """Put the text on the clipboard, if it is whole."""
        text, is_whole = copied
        if not is_whole:
            self.too_large.emit(self._selected)
        elif text:
            QGuiApplication.clipboard().setText(text)

    @staticmethod
    def text(rows: Rows, source: Source, selection: Selection) -> tuple[str, bool]:
        """Return the selected text and whether it is whole. Raises StorageError."""
        return selected_text(rows.at_leisure(), RowTexts(source), selection)
