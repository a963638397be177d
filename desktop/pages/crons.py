"""The page of the crons: when something is due, in words and in times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtWidgets import QWidget

from core.catalog.records import CronRecord
from core.catalog.specs import SYSTEM_ZONE, Kind
from core.changes import Changes
from core.timing.cron import CronError, parse
from core.timing.describe import describe
from desktop.forms.cron_form import CronForm
from desktop.models.catalog_table import Column
from desktop.models.next_column import next_column
from desktop.models.outlook_texts import next_moment
from desktop.pages.catalog_page import CatalogPage, Words
from desktop.pages.due_watch import DueWatch
from desktop.pages.page import Desk

__all__ = ["CronsPage"]


class CronsPage(CatalogPage):
    """The list says of each cron what it means, which schedules it makes due, and when next."""

    kind: ClassVar[Kind] = Kind.CRON
    icon: ClassVar[str] = "crons"

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._due = DueWatch(self, self.table, desk.workspace.clock, next_moment)

    def words(self) -> Words:
        """Return what the page says."""
        return Words(
            title=self.tr("Crons"),
            new=self.tr("New cron"),
            empty_title=self.tr("No crons yet"),
            empty_text=self.tr(
                "A cron says when something is due: every night at three, each Monday, the last workday of the month. "
                "Schedules tie it to a command."
            ),
            empty_button=self.tr("Make a &cron"),
        )

    def columns(self) -> Sequence[Column]:
        """Return the columns of the list."""
        return (
            Column(header=self.tr("Name"), text=lambda record: record.spec.name, width=150),
            Column(header=self.tr("When"), text=_meaning, width=156),
            next_column(self.desk.workspace.clock, 120),
            Column(header=self.tr("Schedules"), text=lambda record: ", ".join(record.schedules), width=120),
        )

    def make_form(self, desk: Desk) -> CronForm:
        """Return the form."""
        return CronForm(desk.theme, desk.operations, desk.workspace.clock)

    def reload(self, changes: Changes) -> None:
        """Read the list anew also where a due time has passed."""
        super().reload(self._due.widen(changes))

    def search_text(self, record: CronRecord) -> str:
        """Let the filter look at the expression, its meaning and its zone, too."""
        spec = record.spec
        return " ".join([spec.name, spec.expression, spec.timezone, _meaning(record), *record.schedules])


def _meaning(record: CronRecord) -> str:
    spec = record.spec
    try:
        sentence = describe(parse(spec.expression)).removesuffix(".")
    except CronError:  # a later version may have been stricter or laxer
        sentence = spec.expression
    return sentence if spec.timezone == SYSTEM_ZONE else f"{sentence} ({spec.timezone})"
