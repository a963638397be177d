"""The page of the environments: named sets of variables that commands run in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from PySide6.QtCore import Slot

from core.catalog.records import EnvironmentRecord
from core.catalog.specs import Kind
from core.changes import Changes
from core.inspection import own_session
from desktop.forms.environment_form import EnvironmentForm
from desktop.models.catalog_table import Column
from desktop.pages.catalog_page import CatalogPage, Words
from desktop.pages.page import Desk
from desktop.pages.questions import ask_about_secrets
from desktop.terminal_opening import open_terminal

__all__ = ["EnvironmentsPage"]


class EnvironmentsPage(CatalogPage):
    """The list says of each environment what it builds on, how many variables it sets, and who uses it."""

    kind: ClassVar[Kind] = Kind.ENVIRONMENT
    icon: ClassVar[str] = "environments"
    form: EnvironmentForm

    def words(self) -> Words:
        """Return what the page says."""
        return Words(
            title=self.tr("Environments"),
            new=self.tr("New environment"),
            empty_title=self.tr("There are no environments yet"),
            empty_text=self.tr(
                "An environment is a named set of variables, such as “staging” and “production”. A schedule runs its"
                " command once in each of its environments; a command also runs without any."
            ),
            empty_button=self.tr("Make an &environment"),
        )

    def columns(self) -> Sequence[Column]:
        """Return the columns of the list."""
        return (
            Column(header=self.tr("Name"), text=lambda record: record.spec.name, width=140),
            Column(header=self.tr("Extends"), text=lambda record: record.spec.extends or "", width=96),
            Column(header=self.tr("Variables"), text=lambda record: str(_size(record)), key=_size, width=80),
            Column(header=self.tr("Schedules"), text=lambda record: ", ".join(record.schedules), width=96),
        )

    def make_form(self, desk: Desk) -> EnvironmentForm:
        """Return the form."""
        form = EnvironmentForm(desk.theme, desk.workspace.catalog, desk.operations, store=desk.workspace.secrets)
        form.terminal_wanted.connect(self._on_terminal)
        return form

    @Slot(str, object)
    def _on_terminal(self, name: str, secrets: Sequence[str]) -> None:
        """Open a terminal, after a question where there are secrets."""
        folder = self.desk.workspace.folder.root

        def go(with_secrets: bool) -> None:
            self.desk.operations.ask_slowly(
                self,
                partial(open_terminal, name, folder, own_session(), with_secrets=with_secrets),
                lambda _: None,
                title=self.tr("Opening a terminal in “{name}”").format(name=name),
            )

        if secrets:
            ask_about_secrets(self, name, secrets, go)
        else:
            go(False)

    def search_text(self, record: EnvironmentRecord) -> str:
        """Let the filter look at the names of variables, too; never at values."""
        spec = record.spec
        return " ".join([spec.name, spec.extends or "", *spec.variables, *spec.secrets, *record.schedules])

    def reload(self, changes: Changes) -> None:
        """Read the list anew, and what a command gets: it also depends on the environments that this one extends."""
        super().reload(changes)
        if changes.catalog:
            self.form.renew_secrets()
            self.form.renew_result()


def _size(record: EnvironmentRecord) -> int:
    return len(record.spec.variables) + len(record.spec.secrets)
