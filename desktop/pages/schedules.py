"""The page of the schedules: which command runs where and when, how each cell of that grid went, and what pauses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from core.catalog.records import ScheduleRecord
from core.catalog.specs import Kind
from core.changes import Changes
from core.queue.prospects import Outlook
from desktop.forms.schedule_form import ScheduleForm
from desktop.models.catalog_table import Column
from desktop.models.next_column import next_column
from desktop.models.outlook_texts import next_moment
from desktop.models.pause_texts import until_text
from desktop.pages.catalog_page import CatalogPage, Words
from desktop.pages.due_watch import DueWatch
from desktop.pages.page import Desk
from desktop.pages.schedule_actions import ScheduleActions
from desktop.pausing import Pauses
from desktop.steps import quoted

__all__ = ["SchedulesPage"]


class SchedulesPage(CatalogPage):
    """A cell's last run, and all of its runs, are opened on the page of the runs."""

    kind = Kind.SCHEDULE
    icon = "schedules"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self._pauses = Pauses(desk.workspace, desk.editing)
        super().__init__(desk, parent)
        self._due = DueWatch(self, self.table, desk.workspace.clock, next_moment)
        hint = self.tr("Filter by any of the names")
        self.list.filter.setPlaceholderText(hint)
        self.list.filter.setAccessibleName(hint)
        self.list.filter.setToolTip(self.tr("{hint} (Ctrl+L)").format(hint=hint))

    def words(self) -> Words:
        """Return what the page says."""
        return Words(
            title=self.tr("Schedules"),
            new=self.tr("New schedule"),
            empty_title=self.tr("Nothing is scheduled yet"),
            empty_text=self.tr(
                "A schedule says which command runs, in which environments, and by which crons.\n"
                "Begin with your own, or with the sample: five commands that do no harm."
            ),
            empty_button=self.tr("Make a &schedule"),
        )

    def columns(self) -> Sequence[Column]:
        """Return the columns of the list."""
        return (
            Column(header=self.tr("Name"), text=lambda record: record.spec.name, width=146),
            next_column(self.desk.workspace.clock, 194),
            Column(header=self.tr("Command"), text=lambda record: record.spec.command, width=94),
        )

    def make_form(self, desk: Desk) -> ScheduleForm:
        """Return the form."""
        form = ScheduleForm(desk.workspace, desk.operations, self._pauses, desk.theme)
        form.grid.open_run.connect(self.open_run)
        form.make_wanted.connect(self.make_wanted)
        form.grid.open_runs.connect(self.open_runs)
        form.band.resume_wanted.connect(self._on_resume_shown)
        form.band.resume_all_wanted.connect(self._on_resume_all)
        form.band.unskip_wanted.connect(self._on_unskip_shown)
        return form

    def extra_actions(self) -> Sequence[QAction]:
        """Return what pauses and skips."""
        self.pausing = ScheduleActions(self.desk.theme, self.desk.workspace.clock, self, self.list.view)
        self.pausing.pause_wanted.connect(self._on_pause)
        self.pausing.resume_wanted.connect(self._on_resume)
        self.pausing.skip_wanted.connect(self._on_skip)
        self.pausing.unskip_wanted.connect(self._on_unskip)
        self.actions_.buttons.append(self.pausing.button)
        return (self.pausing.open_menu,)

    def search_text(self, record: Any) -> str:
        """Let a schedule be found by all the names in it."""
        spec = record.spec
        return " ".join([spec.name, spec.command, *spec.environments, *spec.crons])

    def reload(self, changes: Changes) -> None:
        """Read the list anew, and the grid, whose cells change with each run."""
        changes = self._due.widen(changes)
        super().reload(changes)
        if changes.jobs or changes.catalog or changes.due_times or changes.queues:
            assert isinstance(self.form, ScheduleForm)
            self.form.grid.refresh()

    # Pausing and skipping

    @Slot()
    def _on_chosen(self) -> None:
        super()._on_chosen()
        self.pausing.suit(self._chosen())

    def _chosen(self) -> list[ScheduleRecord]:
        return [record for record in self.list.chosen if isinstance(record, ScheduleRecord)]

    def _names(self, which: Callable[[Outlook], bool] = lambda _outlook: True) -> dict[int, str]:
        return {record.id: record.spec.name for record in self._chosen() if which(record.outlook or Outlook())}

    def _shown(self) -> dict[int, str]:
        record = self.form.record
        return {} if record is None else {record.id: record.spec.name}

    @Slot(object)
    def _on_pause(self, until: datetime | None) -> None:
        if names := self._names():
            self._pauses.pause(self, names, until, partial(self._on_paused, names, until))

    @Slot()
    def _on_resume(self) -> None:
        self._resume(self._names())

    @Slot()
    def _on_resume_shown(self) -> None:
        self._resume(self._shown())

    def _resume(self, names: Mapping[int, str]) -> None:
        if names:
            self._pauses.resume(self, names, partial(self._on_resumed, names))

    @Slot()
    def _on_resume_all(self) -> None:
        self._pauses.resume_all(self)

    @Slot()
    def _on_skip(self) -> None:
        if names := self._names(lambda outlook: outlook.next_run_at is not None):
            self._pauses.skip_next(self, names, partial(self._on_skipped, names))

    @Slot(object)
    def _on_unskip(self, due: Mapping[int, datetime]) -> None:
        self._unskip({schedule_id: name for schedule_id, name in self._names().items() if schedule_id in due}, due)

    @Slot(object)
    def _on_unskip_shown(self, due_at: datetime) -> None:
        names = self._shown()
        self._unskip(names, dict.fromkeys(names, due_at))

    def _unskip(self, names: Mapping[int, str], due: Mapping[int, datetime]) -> None:
        if names:
            self._pauses.unskip(self, names, due)

    # What is said afterwards

    def _on_paused(self, names: Mapping[int, str], until: datetime | None, count: int) -> None:
        what = quoted(list(names.values()))
        if not count:
            self.panel.tell(self.tr("That is how {names} was paused already.").format(names=what))
        elif until is None:
            self.undo_bar.tell(self.tr("Paused {names} until resumed.").format(names=what))
        else:
            time = until_text(until, self.desk.workspace.clock.now())
            self.undo_bar.tell(self.tr("Paused {names} until {time}.").format(names=what, time=time))

    def _on_resumed(self, names: Mapping[int, str], count: int) -> None:
        if not count:
            # Nothing was done, so there is nothing to undo.
            self.panel.tell(self.tr("All schedules are paused: resume them all at the bottom of the window."))
            return
        self.undo_bar.tell(self.tr("Resumed {names}.").format(names=quoted(list(names.values()))))

    def _on_skipped(self, names: Mapping[int, str], due: Mapping[int, datetime]) -> None:
        if len(due) == 1:
            at = until_text(next(iter(due.values())), self.desk.workspace.clock.now(), exact=True)
            text = self.tr("The run of {name} at {time} will be skipped.")
            self.undo_bar.tell(text.format(name=quoted(list(names.values())), time=at))
        else:
            self.undo_bar.tell(self.tr("The next runs of {count} schedules will be skipped.").format(count=len(due)))
