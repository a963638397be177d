"""The page of the schedules: which command runs where and when, and how each cell of that grid went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from PySide6.QtWidgets import QWidget

from core.catalog.records import ScheduleRecord
from core.catalog.specs import Kind
from core.changes import Changes
from desktop.forms.schedule_form import ScheduleForm
from desktop.models.catalog_table import Column
from desktop.models.run_texts import short_text
from desktop.pages.catalog_page import CatalogPage, Words
from desktop.pages.due_watch import DueWatch
from desktop.pages.page import Desk

__all__ = ["SchedulesPage"]

_NEVER = datetime.max.replace(tzinfo=UTC)


class SchedulesPage(CatalogPage):
    """A cell's last run, and all of its runs, are opened on the page of the runs."""

    kind = Kind.SCHEDULE
    icon = "schedules"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._due = DueWatch(self, self.table, desk.workspace.clock, lambda record: record.next_due_at)
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
            Column(header=self.tr("Name"), text=lambda record: record.spec.name, width=172),
            Column(header=self.tr("Command"), text=lambda record: record.spec.command, width=136),
            Column(header=self.tr("Next"), text=self._next_text, key=_next_key, width=116),
        )

    def make_form(self, desk: Desk) -> ScheduleForm:
        """Return the form."""
        form = ScheduleForm(desk.workspace, desk.operations, desk.theme)
        form.grid.open_run.connect(self.open_run)
        form.grid.open_runs.connect(self.open_runs)
        return form

    def search_text(self, record: Any) -> str:
        """Let a schedule be found by all the names in it."""
        spec = record.spec
        return " ".join([spec.name, spec.command, *spec.environments, *spec.crons])

    def reload(self, changes: Changes) -> None:
        """Read the list anew, and the grid, whose cells change with each run."""
        changes = self._due.widen(changes)
        super().reload(changes)
        if changes.jobs or changes.catalog or changes.due_times:
            assert isinstance(self.form, ScheduleForm)
            self.form.grid.refresh()

    def _next_text(self, record: ScheduleRecord) -> str:
        if record.next_due_at is not None:
            is_now = record.next_due_at <= self.desk.workspace.clock.now()
            return self.tr("now") if is_now else short_text(record.next_due_at)
        return self.tr("never") if record.spec.enabled else self.tr("disabled")


def _next_key(record: ScheduleRecord) -> datetime:
    return record.next_due_at or _NEVER
