"""Deleting from a catalog page: look what else would go, ask where anything would, and do it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.catalog.removal import DeletionEffects
from core.catalog.specs import Kind
from core.errors import ClockhandError
from desktop.pages.page import Desk
from desktop.pages.questions import ask_about_deletion

__all__ = ["Deleting"]


class Deleting(QWidget):
    """`deleted` carries the ids that are gone and what else that did. What is on its way is not begun a second time."""

    deleted = Signal(object, object)

    def __init__(self, desk: Desk, kind: Kind, page: QWidget) -> None:
        super().__init__(page)
        self.hide()
        self._desk = desk
        self._kind = kind
        self._page = page
        self._going: set[int] = set()

    def begin(self, row_ids: Iterable[int]) -> None:
        """Delete these, after a question where that touches anything else."""
        ids = [row_id for row_id in row_ids if row_id not in self._going]
        if not ids:
            return
        self._going.update(ids)
        catalog, kind = self._desk.workspace.catalog, self._kind

        def look() -> DeletionEffects | ClockhandError:
            try:
                return catalog.deletion_effects(kind, ids)
            except ClockhandError as error:
                return error

        self._desk.operations.ask(self, look, partial(self._on_effects, ids))

    def _on_effects(self, ids: list[int], effects: DeletionEffects | ClockhandError) -> None:
        if isinstance(effects, ClockhandError):
            self._let_go(ids)
            self._desk.operations.report(effects, title=self.tr("Deleting"))
        elif effects.sentences():
            ask_about_deletion(self._page, effects, partial(self._delete, ids), partial(self._let_go, ids))
        else:
            self._delete(ids)

    def _delete(self, ids: list[int]) -> None:
        done = partial(self._on_deleted, ids)
        self._desk.editing.delete(self, self._kind, ids, done, failed=partial(self._let_go, ids))

    def _on_deleted(self, ids: list[int], effects: DeletionEffects) -> None:
        self._let_go(ids)
        self.deleted.emit(ids, effects)

    def _let_go(self, ids: list[int]) -> None:
        self._going.difference_update(ids)
