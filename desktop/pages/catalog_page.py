"""What the pages of commands, environments, crons and schedules share: a list at the left, a form at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from core.catalog.records import Record
from core.catalog.removal import DeletionEffects
from core.catalog.specs import Kind
from core.catalog.storing import RowSpec
from core.catalog.validation import Known
from core.changes import Changes
from desktop import operations
from desktop.forms.form import Form
from desktop.models.catalog_table import CatalogTable, Column
from desktop.pages.catalog_actions import CatalogActions
from desktop.pages.catalog_list import CatalogList, ids_of
from desktop.pages.deleting import Deleting
from desktop.pages.form_panel import FormPanel
from desktop.pages.page import Desk, Page, holds_focus
from desktop.pages.saving import Saving
from desktop.pages.things import Thing, read_catalog_things
from desktop.pages.undo_actions import UndoActions
from desktop.reading import Reading
from desktop.steps import quoted
from desktop.widgets.empty_state import EmptyState
from desktop.widgets.undo_bar import UndoBar
from desktop.widgets.wrapping_row import WrappingRow

__all__ = ["CatalogPage", "Words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a page says: its title, how a new thing is called, and what an empty list says and offers."""

    title: str
    new: str
    """The heading of the form while the thing is not saved: “New command”."""
    empty_title: str
    empty_text: str
    empty_button: str
    """The one click that does the first thing, with its mnemonic: “Make a &command”."""


class CatalogPage(Page):
    """A subclass sets `kind` and `icon`, and implements `words`, `columns` and `make_form`.

    It may extend `search_text`, `new_spec` and `extra_actions`. Nothing here waits: reads and writes come home.
    """

    kind: ClassVar[Kind]
    icon: ClassVar[str]
    has_tags: ClassVar[bool] = False

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._words = self.words()
        self._wanted: int | None = None  # what is to be chosen as soon as it is there
        self._saves_wanted = False  # Save was asked for while what was saved before was not home yet
        self._is_read = False
        self.form = self.make_form(desk)
        self.table = CatalogTable(self.columns(), self.search_text, desk.theme, self)
        self.list = CatalogList(self.table, desk.theme, self._words.title, has_tags=self.has_tags)
        self._stack = QStackedWidget(self)
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self._stack)
        self.panel = FormPanel(self.form, desk.theme, self._splitter)
        self._saving = Saving(desk, self.panel, self.table, self, new=self._words.new)
        self.undo_bar = UndoBar(desk.theme)
        self.actions_ = CatalogActions(desk.theme, self, self.list.view)
        self.undo_actions = UndoActions(desk.editing, desk.theme, self)
        self.extra = list(self.extra_actions())
        self.empty = EmptyState(desk.theme, self.icon)
        self.empty.say(self._words.empty_title, self._words.empty_text)
        self.first_button = self.empty.add_button(self._words.empty_button, "add")
        self.sample_button = self.empty.add_button(self.tr("&Add the sample"), "add")
        self._deleting = Deleting(desk, self.kind, self)
        self._deleting.deleted.connect(self._on_deleted)
        self._lay_out()
        self._connect()
        self._reading: Reading[tuple[list[Record], Known]] = Reading(
            self, desk.operations, lambda: partial(desk.workspace.catalog.records, self.kind), self._on_read
        )

    # What a subclass says

    def words(self) -> Words:
        """Return what the page says."""
        raise NotImplementedError

    def columns(self) -> Sequence[Column]:
        """Return the columns of the list; the first one is the name and carries the tick."""
        raise NotImplementedError

    def make_form(self, desk: Desk) -> Form:
        """Return the form."""
        raise NotImplementedError

    def new_spec(self) -> RowSpec:
        """Return what a new thing is at first."""
        return self.form.new_spec()

    def search_text(self, record: Any) -> str:
        """Return what the filter looks at."""
        return " ".join([record.spec.name, *getattr(record.spec, "tags", ())])

    def extra_actions(self) -> Sequence[QAction]:
        """Return more actions, made with `self.actions_.add`."""
        return ()

    # What the window asks

    def reload(self, changes: Changes) -> None:
        """Read the list anew."""
        if changes.catalog or changes.due_times:
            self._reading.request()

    def focus_first(self) -> None:
        """Let the keyboard begin in the list, or in the button that does the first thing."""
        (self.first_button if self._stack.currentWidget() is self.empty else self.list.view).setFocus()

    def choose(self, thing_id: int) -> None:
        """Choose something by its id, as soon as it is there."""
        if self.form.record is None or self.form.record.id != thing_id:
            self.leave(partial(self._want, thing_id))

    def reach(self, ids: Sequence[int]) -> None:
        """Choose one of these; where one of them is shown, what is chosen stays chosen."""
        if self.form.record is None or self.form.record.id not in ids:
            self.choose(ids[0])

    def first_actions(self) -> Sequence[tuple[str, QAction]]:
        """Offer a new thing everywhere."""
        return [(self._words.new, self.actions_.new)]

    def things(self) -> Callable[[], list[Thing]]:
        """Return what reads the names."""
        return partial(read_catalog_things, self.desk.workspace.catalog, self.kind)

    def leave(self, then: Callable[[], None]) -> None:
        """Ask what becomes of unsaved changes before they would be lost."""
        self._saving.leave(then)

    def remember(self) -> None:
        """Keep the sizes, the columns and what is chosen."""
        memory, name = self.desk.memory, self.kind.plural
        memory.setValue(f"{name}/splitter", self._splitter.saveState())
        memory.setValue(f"{name}/chosen", self.list.current_id or 0)
        self.list.save(memory, name)

    # Building

    def _lay_out(self) -> None:
        # From the outside in: what is filled is dressed anew each time that it gets another parent.
        title = QLabel(self._words.title)
        title.setObjectName("pageTitle")
        top = WrappingRow()
        for part in (title, *self.actions_.buttons, *self.undo_actions.buttons):
            top.add(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(top)
        layout.addWidget(self._stack, 1)
        self._stack.addWidget(self._splitter)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(8)
        left = QWidget()
        self._splitter.insertWidget(0, left)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.list, 1)
        column.addWidget(self.undo_bar)
        self._splitter.setSizes([440, 640])
        self._splitter.setStretchFactor(0, 2)
        self._splitter.setStretchFactor(1, 3)
        self._stack.addWidget(self.empty)
        memory, name = self.desk.memory, self.kind.plural
        if (sizes := memory.value(f"{name}/splitter")) is not None:
            self._splitter.restoreState(sizes)
        self._wanted = int(str(memory.value(f"{name}/chosen", 0))) or None
        self.list.restore(memory, name)

    def _connect(self) -> None:
        self.list.current_changed.connect(self._on_current)
        self.list.chosen_changed.connect(self._on_chosen)
        self.list.entered.connect(self.form.focus_first)
        self.table.enabled_wanted.connect(self._on_enabled_wanted)
        self.actions_.new.triggered.connect(self._on_new)
        self.actions_.duplicate.triggered.connect(self._on_duplicate)
        self.actions_.switch.triggered.connect(self._on_switch)
        self.actions_.delete.triggered.connect(self._on_delete)
        self.first_button.clicked.connect(self._on_new)
        self.sample_button.clicked.connect(self._on_sample)
        self.undo_bar.undo_wanted.connect(self.desk.editing.undo)
        self.desk.editing.undo_changed.connect(self.undo_bar.hide)
        self.panel.save.triggered.connect(self._on_save)
        self.panel.revert.triggered.connect(self._on_revert)
        self.form.save_wanted.connect(self._on_save)
        self._saving.saved.connect(self._on_saved)
        self._saving.refused.connect(self._on_refused)
        self.form.discard_wanted.connect(self._on_revert)
        self._on_chosen()

    # Reading

    def _on_read(self, found: tuple[list[Record], Known]) -> None:
        records, known = found
        self._is_read = True
        self.table.set_records(records)
        shown = self.form.record
        others = [record.spec.name for record in records if shown is None or record.id != shown.id]
        self.form.set_known(known, others)
        if self._wanted is not None and self.table.record(self._wanted) is not None:
            self._show_wanted(self._wanted)
        elif shown is not None:
            self._renew_shown(shown)
        elif not self.panel.is_open and records:
            self._show_first()
        self._show_list_or_reason()
        self._on_chosen()

    def _show_wanted(self, wanted: int) -> None:
        self._wanted = None
        record = self.table.record(wanted)
        if not self.form.is_dirty:
            self._show(wanted)
        elif record is not None and self.form.record is None:
            # It was saved while the typing went on.
            self.form.merge(record)
            self.list.go_to(wanted)
        self._save_again()

    def _renew_shown(self, shown: Record) -> None:
        record = self.table.record(shown.id)
        if record is None and self.form.is_dirty:
            self.form.record = None
            self.panel.tell(self.tr("It was deleted elsewhere. Save it to make it anew."))
        elif record is None:
            self._show_first()
        elif not self.form.is_dirty:
            self._show(record.id)
        elif record.spec != shown.spec and not self._saving.is_under_way:
            both = self.form.merge(record)
            if both:
                self.panel.tell(
                    self.tr("Changed elsewhere meanwhile: {fields}. Saving replaces that, Revert shows it.").format(
                        fields=", ".join(self.form.label_of(name) for name in both)
                    )
                )

    def _show_list_or_reason(self) -> None:
        is_empty = not self.table.records and not self.panel.is_open
        wanted = self.empty if is_empty and self._is_read else self._splitter
        had_focus = holds_focus(self._stack)
        self._stack.setCurrentWidget(wanted)
        if had_focus and not holds_focus(wanted):
            self.focus_first()

    def _show_first(self) -> None:
        """Show what stands where the last one stood, or the last row, or nothing."""
        record = self.table.record_at(min(self.list.last_row, self.table.rowCount() - 1))
        if record is not None:
            self._show(record.id)
        else:
            self.panel.close_form()
            self.list.go_to(None)

    def _show(self, row_id: int) -> None:
        record = self.table.record(row_id)
        if record is None:
            return
        self._wanted = None
        if self.list.current_id != row_id or self.list.view.currentIndex().row() != self.table.row_of(row_id):
            self.list.go_to(row_id)
        if self.panel.is_open and self.form.is_of(record):
            # What comes next of it changes by itself: that must not disturb who marks text in the form.
            self.form.record = record
        else:
            taken = [other.spec.name for other in self.table.records if other.id != row_id]
            self.form.set_known(self.form.known or Known(), taken)
            self.panel.show_record(record, record.spec.name)

    def _want(self, row_id: int) -> None:
        if self.table.record(row_id) is not None:
            if self.table.row_of(row_id) is None:
                self.list.clear_filter()
            self._show(row_id)
        else:
            self._wanted = row_id
            self._reading.request()

    # Leaving

    @Slot(int)
    def _on_current(self, row_id: int) -> None:
        shown = self.form.record
        if not self.form.is_dirty:
            self._show(row_id)
        elif shown is None or shown.id != row_id:
            # The view is still in the middle of its own choosing.
            QTimer.singleShot(0, self, partial(self._hold, row_id))

    def _hold(self, row_id: int) -> None:
        """Stay where the unsaved changes are, until it is clear what becomes of them."""
        self.list.go_to(self.form.record.id if self.form.record is not None else None)
        self.leave(partial(self._want, row_id))

    # Saving

    @Slot()
    def _on_save(self) -> None:
        is_made = self.form.record is None and self._wanted is not None
        if self._saving.is_under_way or is_made:  # what was made and is not in the list yet would be made once more
            self._saves_wanted = True
        else:
            self._saving.save()

    @Slot(int)
    def _on_saved(self, row_id: int) -> None:
        if row_id:
            self._wanted = row_id
        else:
            self._save_again()
        self._reading.request()

    def _save_again(self) -> None:
        if self._saves_wanted:
            self._saves_wanted = False
            self._saving.save()

    @Slot()
    def _on_refused(self) -> None:
        self._saves_wanted = False
        self._reading.request()

    @Slot()
    def _on_revert(self) -> None:
        is_new = self.form.record is None
        self._saving.discard()
        if is_new:
            self._show_first()
        self._show_list_or_reason()
        if is_new:
            self.focus_first()  # what had the focus is gone, or shows something else

    # What can be done

    @Slot()
    def _on_chosen(self) -> None:
        self.actions_.suit(self.list.chosen)

    @Slot()
    def _on_new(self) -> None:
        self.leave(self._start_new)

    def _start_new(self) -> None:
        self._wanted = None
        self._saves_wanted = False
        self.list.go_to(None)
        taken = [record.spec.name for record in self.table.records]
        self.form.set_known(self.form.known or Known(), taken)
        self.panel.show_new(self.new_spec(), self._words.new)
        self._show_list_or_reason()
        self.form.focus_first()

    @Slot()
    def _on_duplicate(self) -> None:
        chosen = self.list.chosen
        if len(chosen) == 1:
            self.leave(lambda: self.desk.editing.duplicate(self, self.kind, chosen[0].id, self._want))

    @Slot(int, bool)
    def _on_enabled_wanted(self, row_id: int, enabled: bool) -> None:
        self.desk.editing.set_enabled(self, self.kind, [row_id], enabled)

    @Slot()
    def _on_switch(self) -> None:
        chosen = self.list.chosen
        if chosen:
            self.desk.editing.set_enabled(self, self.kind, ids_of(chosen), self.actions_.enables(chosen))

    @Slot()
    def _on_delete(self) -> None:
        if chosen := ids_of(self.list.chosen):
            self.leave(partial(self._deleting.begin, chosen))

    @Slot(object, object)
    def _on_deleted(self, ids: Sequence[int], effects: DeletionEffects) -> None:
        # At once, or a second Del would mean what is gone already.
        self.table.set_records([record for record in self.table.records if record.id not in ids])
        if self.form.record is not None and self.form.record.id in ids:
            self._show_first()
        self._show_list_or_reason()
        text = self.tr("Deleted {names}.").format(names=quoted(effects.names))
        if effects.deleted_schedules:
            text = self.tr("Deleted {names}, and what can't be without: schedules ({count}).").format(
                names=quoted(effects.names), count=len(effects.deleted_schedules)
            )
        self.undo_bar.tell(text)

    @Slot()
    def _on_sample(self) -> None:
        self.desk.operations.run(self, operations.add_sample(self.desk.workspace))
