"""A page of crons made of nothing but the frame, and a desk to put it on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QSettings

from core.catalog.specs import CronSpec, Kind
from core.catalog.storing import RowSpec
from core.clock import Clock
from core.workspace import Workspace
from desktop.agent import Agent
from desktop.bridge import Bridge
from desktop.editing import Editing
from desktop.forms.fields import CheckField, NameField, TextField
from desktop.forms.form import Form
from desktop.models.catalog_table import Column
from desktop.operations import Operations
from desktop.pages.catalog_page import CatalogPage, Words
from desktop.pages.page import Desk
from desktop.theme import Theme

__all__ = ["PlainForm", "PlainPage", "open_desk"]


class PlainForm(Form):
    """Three fields and the time zone, which no field shows."""

    kind = Kind.CRON

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.name = NameField()
        self.expression = TextField()
        self.enabled = CheckField("Ena&bled")
        self._timezone = "system"
        self.add_field("name", "&Name", self.name)
        self.add_field("expression", "E&xpression", self.expression, "Minute, hour, day, month, weekday")
        self.add_field("enabled", "", self.enabled)
        self.body.addStretch()

    def new_spec(self) -> RowSpec:
        return CronSpec(name="", expression="0 * * * *")

    def fill(self, spec: RowSpec) -> None:
        assert isinstance(spec, CronSpec)
        self.name.set_value(spec.name)
        self.expression.set_value(spec.expression)
        self.enabled.set_value(spec.enabled)
        self._timezone = spec.timezone

    def spec(self) -> CronSpec:
        return CronSpec(
            name=self.name.value(),
            expression=self.expression.value() or "",
            timezone=self._timezone,
            enabled=self.enabled.value(),
        )


class PlainPage(CatalogPage):
    """A page as a subclass writes it."""

    kind = Kind.CRON
    icon = "runs"

    def words(self) -> Words:
        return Words(
            title="Plain crons",
            new="New cron",
            empty_title="There are no crons yet",
            empty_text="A cron says when.",
            empty_button="Make a &cron",
        )

    def columns(self) -> Sequence[Column]:
        return [
            Column(header="Name", text=lambda record: record.spec.name, width=180),
            Column(header="Expression", text=lambda record: record.spec.expression),
        ]

    def make_form(self, desk: Desk) -> PlainForm:
        return PlainForm(desk.theme)


@contextmanager
def open_desk(folder: Path, theme: Theme, *, clock: Clock | None = None) -> Iterator[tuple[Desk, Bridge]]:
    """Give what a page needs, on a data folder of its own, without an agent that runs and without a window."""
    with Workspace(folder, clock=clock) as workspace:
        bridge = Bridge(workspace.changes)
        operations = Operations(bridge)
        desk = Desk(
            workspace=workspace,
            agent=Agent(workspace, bridge, "window"),
            operations=operations,
            editing=Editing(workspace.catalog, workspace.settings, operations),
            theme=theme,
            memory=QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat),
        )
        try:
            yield desk, bridge
        finally:
            operations.close()
            bridge.close()
            for thing in (desk.editing, desk.agent, operations, bridge):
                thing.deleteLater()
