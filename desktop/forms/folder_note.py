"""Says below the field of a folder that it is not there: quietly, since a disk or a network folder may come later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from core.execution.plan import why_no_folder
from desktop.forms.command_fields import FolderField
from desktop.forms.field_row import FieldRow
from desktop.operations import Operations
from desktop.reading import Reading

__all__ = ["FolderNote"]

_TYPING_MS = 300


class FolderNote(QObject):
    """Looks in another thread, shortly after the last key: a network folder may take its time to answer."""

    def __init__(self, field: FolderField, row: FieldRow, hint: str, operations: Operations, parent: QObject) -> None:
        super().__init__(parent)
        self._field = field
        self._row = row
        self._hint = hint
        self._reading = Reading(self, operations, self._ask, self._on_found, is_slow=True)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self.look)
        field.changed.connect(self._on_changed)

    @Slot()
    def look(self) -> None:
        """Look again: the folder may have come or gone. One below the environment's is another in each of them."""
        wanted = self._field.value()
        if wanted is not None and not wanted.startswith("./"):
            self._reading.request()

    @Slot()
    def _on_changed(self) -> None:
        self._row.set_hint(self._hint)
        self._typing.start()

    def _ask(self) -> Callable[[], tuple[str | None, str]]:
        wanted = self._field.value()
        return lambda: (wanted, why_no_folder(wanted, Path.home()))

    def _on_found(self, found: tuple[str | None, str]) -> None:
        wanted, reason = found
        if wanted != self._field.value():
            return  # another one is being typed, and will be looked for
        note = self.tr("At the moment no run would start. {reason}").format(reason=reason)
        self._row.set_hint(note if reason else self._hint)
