"""The page of the commands: the list, the form, and running one of them now."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from core.catalog.records import CommandRecord, EnvironmentRecord
from core.catalog.specs import Kind
from core.changes import Changes
from core.queue.jobs import Enqueued
from desktop.forms.command_form import CommandForm
from desktop.models.catalog_table import Column
from desktop.models.next_column import next_column
from desktop.models.outlook_texts import next_moment
from desktop.pages.catalog_page import CatalogPage, Words
from desktop.pages.due_watch import DueWatch
from desktop.pages.page import Desk
from desktop.pages.run_dialog import RunDialog

__all__ = ["CommandsPage"]


class CommandsPage(CatalogPage):
    """Commands that were saved run through the queue; the form tries what is written in it."""

    kind: ClassVar[Kind] = Kind.COMMAND
    icon: ClassVar[str] = "commands"
    has_tags: ClassVar[bool] = True

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._due = DueWatch(self, self.table, desk.workspace.clock, next_moment)

    def words(self) -> Words:
        """Return what the page says."""
        return Words(
            title=self.tr("Commands"),
            new=self.tr("New command"),
            empty_title=self.tr("What shall Clockhand run for you?"),
            empty_text=self.tr(
                "A command is a line for the shell, or a whole script, with what is to happen when it takes too long "
                "or fails. Write one and try it at once; a schedule can run it later."
            ),
            empty_button=self.tr("Make a &command"),
        )

    def columns(self) -> Sequence[Column]:
        """Return the columns of the list."""
        return (
            Column(header=self.tr("Name"), text=lambda record: str(record.spec.name), width=190),
            next_column(self.desk.workspace.clock, 124),
            Column(header=self.tr("Tags"), text=lambda record: ", ".join(record.spec.tags), width=110),
        )

    def make_form(self, desk: Desk) -> CommandForm:
        """Return the form."""
        return CommandForm(desk)

    def search_text(self, record: CommandRecord) -> str:
        """Let the filter find a command also by its text and its schedules."""
        return " ".join([super().search_text(record), record.spec.run, *record.schedules])

    def extra_actions(self) -> Sequence[QAction]:
        """Return running a saved command."""
        tip = self.tr("Run the chosen command through its queue, at once or in a while")
        self.run_now = self.actions_.add(self.tr("&Run now…"), "run", "Ctrl+R", tip, lambda chosen: len(chosen) == 1)
        self.run_now.triggered.connect(self._on_run)
        return (self.run_now,)

    def reload(self, changes: Changes) -> None:
        """Read also what the form shows of other things."""
        super().reload(self._due.widen(changes))
        if (changes.catalog or changes.queues or changes.settings) and isinstance(self.form, CommandForm):
            self.form.renew()

    @Slot()
    def _on_run(self) -> None:
        chosen = self.list.chosen
        if len(chosen) == 1:
            self.leave(partial(self._ask_where, chosen[0].id))

    def _ask_where(self, command_id: int) -> None:
        catalog = self.desk.workspace.catalog
        self.desk.operations.ask(
            self, lambda: (catalog.commands(), catalog.environments()), partial(self._on_catalog, command_id)
        )

    def _on_catalog(self, command_id: int, found: tuple[list[CommandRecord], list[EnvironmentRecord]]) -> None:
        environment_id = self.form.bench.environment_id if isinstance(self.form, CommandForm) else None
        dialog = RunDialog(*found, command_id=command_id, environment_id=environment_id, parent=self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._run_wish(dialog))
        dialog.open()

    def _run_wish(self, dialog: RunDialog) -> None:
        self.desk.operations.run(self, dialog.wish().operation(self.desk.workspace), self._on_enqueued)

    def _on_enqueued(self, enqueued: Enqueued) -> None:
        self.open_run.emit(enqueued.job_id)
