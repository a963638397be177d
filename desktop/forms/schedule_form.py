"""The form of a schedule: one command, many environments and crons, and how the cells of their grid went."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from core.catalog.records import CronRecord, ScheduleRecord
from core.catalog.specs import Kind, ScheduleSpec
from core.catalog.storing import RowSpec
from core.catalog.validation import CATCH_UP_LIMITS
from core.durations import describe_duration
from core.errors import Problem
from core.timing.due import CatchUp
from core.timing.jitter import jitter_offset
from core.workspace import Workspace
from desktop.forms.fields import CheckField, ChoiceField, DurationField, IntField, NameField
from desktop.forms.form import Form
from desktop.forms.schedule_band import ScheduleBand
from desktop.forms.schedule_fields import NameChoice, NamePick
from desktop.operations import Operations
from desktop.pausing import Pauses
from desktop.theme import Theme
from desktop.widgets.grid import ScheduleGrid

__all__ = ["ScheduleForm"]


class ScheduleForm(Form):
    """The grid follows what the form says at once; what it shows and runs is what is saved.

    `make_wanted` asks for the first thing of the page of this name: a schedule without commands or crons is of no use.
    """

    make_wanted = Signal(str)
    kind = Kind.SCHEDULE

    def __init__(
        self,
        workspace: Workspace,
        operations: Operations,
        pauses: Pauses,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._workspace = workspace
        self._operations = operations
        self.name = NameField()
        self.command = NameChoice("")
        self.crons = NamePick(
            theme,
            self.tr("Crons"),
            self.tr("There are no crons yet. A cron says when."),
            self.tr("Make a cr&on"),
        )
        self.make_command_button = QPushButton(self.tr("Ma&ke a command"))
        self.make_command_button.hide()
        self.environments = NamePick(
            theme,
            self.tr("Environments"),
            self.tr("There are no environments yet. Without one, the command runs once per due time."),
        )
        self.grid = ScheduleGrid(workspace, operations, pauses, theme)
        self.band = ScheduleBand(theme, workspace.clock)
        self.catch_up = ChoiceField(self._catch_up_choices())
        self.catch_up.setMinimumContentsLength(6)
        self.catch_up.setSizeAdjustPolicy(ChoiceField.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.limit = IntField(*CATCH_UP_LIMITS)
        self.max_age = DurationField()
        self.jitter = DurationField()
        self.enabled = CheckField(self.tr("&Enabled: run it when it is due"))
        self._build()
        for signal in (self.command.changed, self.environments.changed, self.crons.changed):
            signal.connect(self._on_shape)
        self.make_command_button.clicked.connect(partial(self.make_wanted.emit, Kind.COMMAND.plural))
        self.crons.make_wanted.connect(partial(self.make_wanted.emit, Kind.CRON.plural))
        self.catch_up.changed.connect(self._on_catch_up)
        self.jitter.changed.connect(self._on_jitter)
        self.grid.grid_read.connect(self.band.show_grid)
        self._on_catch_up()
        self._on_jitter()

    def _build(self) -> None:
        name = self.add_line()
        self.add_field("name", self.tr("Na&me"), self.name, into=name)
        command = self.add_field("command", self.tr("&Command"), self.command, into=name)
        command.put_beside_field(self.make_command_button)
        links = self.add_line()
        hint = self.tr("Without any it runs by hand alone.")
        self.add_field("crons", self.tr("&When: crons"), self.crons, hint, into=links)
        hint = self.tr("It runs in each; without any, once with the variables of the session.")
        self.add_field("environments", self.tr("W&here: environments"), self.environments, hint, into=links)
        self.add_field("enabled", "", self.enabled)
        self.body.addWidget(self.band)
        self.body.addWidget(self.grid)
        self.add_section(self.tr("Due times that were missed"))
        missed = self.add_line()
        self._catch_up_row = self.add_field("catch_up", self.tr("Ca&tch up"), self.catch_up, into=missed)
        hint = self.tr("the latest of them")
        self.add_field("catch_up_limit", self.tr("&At most"), self.limit, hint, into=missed)
        hint = self.tr("such as 12h or 7d")
        self.add_field("catch_up_max_age", self.tr("Not ol&der than"), self.max_age, hint, into=missed)
        self.add_section(self.tr("Not all at the same second"))
        spread = self.add_line()
        self._jitter_row = self.add_field("jitter", self.tr("&Jitter"), self.jitter, into=spread)
        for line in (name, links, missed):
            for number in range(line.count()):
                line.setStretch(number, 1)
        missed.setStretch(0, 2)
        self.body.addStretch(1)

    def new_spec(self) -> ScheduleSpec:
        """Return what a new schedule is at first; where there is one command only, it is meant."""
        commands = list(self.known.commands) if self.known is not None else []
        return ScheduleSpec(name="", command=commands[0] if len(commands) == 1 else "")

    def fill(self, spec: RowSpec) -> None:
        """Put a definition into the fields, and show the grid of what is saved."""
        assert isinstance(spec, ScheduleSpec)
        self.name.set_value(spec.name)
        self.command.set_value(spec.command)
        self.environments.set_value(spec.environments)
        self.crons.set_value(spec.crons)
        self.catch_up.set_value(spec.catch_up)
        self.limit.set_value(spec.catch_up_limit)
        self.max_age.set_value(spec.catch_up_max_age)
        self.jitter.set_value(spec.jitter)
        self._on_jitter()
        self.enabled.set_value(spec.enabled)
        self.grid.show_schedule(self.record.id if isinstance(self.record, ScheduleRecord) else None)
        self._on_shape()

    def spec(self) -> ScheduleSpec:
        """Return what the fields say now."""
        return ScheduleSpec(
            name=self.name.value(),
            command=self.command.value(),
            environments=self.environments.value(),
            crons=self.crons.value(),
            catch_up=self.catch_up.value(),
            catch_up_limit=self.limit.number(),
            catch_up_max_age=self.max_age.duration(),
            jitter=self.jitter.duration(),
            enabled=self.enabled.value(),
        )

    def problems(self) -> list[Problem]:
        """Return what is wrong; an empty command is no wrong name, but one that is still to be chosen."""
        found = super().problems()
        if self.command.value():
            return found
        has_commands = self.known is None or bool(self.known.commands)
        text = self.tr("Choose a command.") if has_commands else self.tr("There is no command yet: make one first.")
        choose = Problem("command", text, field="command")
        return [*(problem for problem in found if problem.field != "command"), choose]

    def on_known(self) -> None:
        """Offer the names that exist."""
        if self.known is None:
            return
        self.command.set_choices(self.known.commands)
        has_commands = bool(self.known.commands)
        self.command.set_placeholder(self.tr("which command is to be run") if has_commands else self.tr("none yet"))
        self.make_command_button.setVisible(not has_commands)
        self.environments.set_choices(self.known.environments)
        self.crons.set_choices(self.known.crons)
        self._operations.ask(self, self._workspace.catalog.crons, self._on_crons)

    def _on_crons(self, crons: Sequence[CronRecord]) -> None:
        self.crons.set_details({record.spec.name: record.spec.expression for record in crons})

    @Slot()
    def _on_shape(self) -> None:
        self.grid.set_shape(self.command.value(), self.environments.value(), self.crons.value())

    @Slot()
    def _on_catch_up(self) -> None:
        self._catch_up_row.set_hint(self.catch_up.sentence)
        for field in (self.limit, self.max_age):
            field.setEnabled(self.catch_up.value() == CatchUp.ALL)

    @Slot()
    def _on_jitter(self) -> None:
        """Say how much later this schedule starts, which can't be chosen: it is always the same, and its own."""
        jitter = self.jitter.duration()
        if not jitter:
            self._jitter_row.set_hint(
                self.tr("Starts at the very time. With 5m it starts up to 5 minutes later, always by the same amount.")
            )
            return
        most = describe_duration(jitter)
        if self.record is None:
            text = self.tr("Starts up to {most} later, always by the same amount for this schedule.")
            self._jitter_row.set_hint(text.format(most=most))
            return
        text = self.tr("Starts up to {most} later, always by the same amount for this schedule; here: {here}.")
        here = describe_duration(jitter_offset(self.record.id, jitter))
        self._jitter_row.set_hint(text.format(most=most, here=here))

    def _catch_up_choices(self) -> dict[str, tuple[str, str]]:
        return {
            CatchUp.ONCE.value: (
                self.tr("Run the latest one"),
                self.tr("What was due while Clockhand did not run is made up for by one run, however late it is."),
            ),
            CatchUp.ALL.value: (
                self.tr("Run all of them"),
                self.tr("Each due time that was missed gets its run, within the limit and the age beside it."),
            ),
            CatchUp.SKIP.value: (
                self.tr("Skip them"),
                self.tr("What was missed is not run later; the history says that it was skipped."),
            ),
        }
