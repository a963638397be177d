"""What becomes of what is typed on a catalog page: it is saved, thrown away, or asked about before it would be lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from core.catalog.records import Record
from core.catalog.storing import RowSpec
from desktop.forms.form import Form
from desktop.models.catalog_table import CatalogTable
from desktop.pages.form_panel import FormPanel
from desktop.pages.page import Desk
from desktop.pages.questions import Unsaved, ask_about_unsaved
from desktop.secret_edits import SecretEdits

__all__ = ["Saving"]


class Saving(QObject):
    """`saved` carries the id of a new thing, and 0 where a known one was changed.

    `refused` follows what the error bar tells. Nothing is saved twice, and nothing waits here.
    """

    saved = Signal(int)
    refused = Signal()

    def __init__(self, desk: Desk, panel: FormPanel, table: CatalogTable, page: QWidget, *, new: str) -> None:
        """`new` is how a thing without a name is called."""
        super().__init__(page)
        self._editing = desk.editing
        self._panel = panel
        self._form: Form = panel.form
        self._table = table
        self._page = page
        self._new = new
        self._is_under_way = False
        self._later: Callable[[], None] | None = None  # what waits for the saving that is under way
        self._question: QMessageBox | None = None
        self._saved: tuple[Record, RowSpec] | None = None  # what was shown, and as what it was saved last

    @property
    def is_under_way(self) -> bool:
        """Return whether something is being saved."""
        return self._is_under_way

    @Slot()
    def save(self) -> None:
        """Save what the fields say, or show what is wrong with it."""
        self._save(None)

    def leave(self, then: Callable[[], None]) -> None:
        """Call `then` as soon as nothing would be lost: at once, after saving, or after the answer to a question."""
        if self._is_under_way:
            self._later = then
        elif not self._form.is_dirty:
            then()
        elif self._question is None:
            self._form.reveal()
            name = self._form.spec().name.strip() or self._new
            self._question = ask_about_unsaved(
                self._page, name, self._form.first_problem(), partial(self._on_unsaved, then)
            )

    def discard(self) -> None:
        """Show what is saved, or nothing where that would be a new thing."""
        record = self._form.record
        if record is None:
            self._panel.close_form()
        else:
            self._panel.show_record(self._table.record(record.id) or record, record.spec.name)

    def _on_unsaved(self, then: Callable[[], None], answer: Unsaved) -> None:
        self._question = None
        if answer is Unsaved.SAVE:
            self._save(then)
        elif answer is Unsaved.DISCARD:
            self.discard()
            then()

    def _save(self, then: Callable[[], None] | None) -> None:
        form = self._form
        if self._is_under_way or not (form.is_dirty or form.record is None):
            return
        form.reveal()
        if not form.is_valid:
            form.focus_first()
            return
        self._set_under_way(True)
        spec, secrets, record = form.spec(), form.secret_edits(), form.record
        settled = partial(self._on_saved, spec, secrets, then)
        if record is None:
            self._editing.create(self, spec, settled, failed=self._on_refused, secrets=secrets)
        else:
            done = partial(self._on_changed, record, settled)
            before = self._before(record)
            self._editing.change(self, record.id, before, spec, done, failed=self._on_refused, secrets=secrets)

    def _before(self, record: Record) -> RowSpec:
        """Return what is saved of it: the list, which is read anew after a saving, may not have told the form yet."""
        shown, saved = self._saved or (None, record.spec)
        return saved if shown is record else record.spec

    def _on_changed(self, record: Record, settled: Callable[[int], None], saved: RowSpec) -> None:
        self._saved = record, saved
        settled(0)

    def _on_saved(self, spec: RowSpec, secrets: SecretEdits, then: Callable[[], None] | None, row_id: int) -> None:
        self._set_under_way(False)
        self._form.settle(spec, secrets)
        self._panel.notice.hide()  # what it said was about saving
        self.saved.emit(row_id)
        wanted, self._later = then or self._later, None
        if wanted is not None:
            self.leave(wanted)  # what was typed while it was saved is asked about

    def _on_refused(self) -> None:
        self._set_under_way(False)
        self._later = None
        self.refused.emit()

    def _set_under_way(self, is_under_way: bool) -> None:
        self._is_under_way = is_under_way
        self._panel.set_saving(is_under_way)
