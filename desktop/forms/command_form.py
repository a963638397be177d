"""The form of a command: its text with a preview and a trial, and how it is to be run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, cast

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout

from core.catalog.records import CommandRecord, EnvironmentRecord, QueueRecord, Record, ScheduleRecord
from core.catalog.specs import DEFAULT_QUEUE, CommandSpec, Kind, QueueSpec
from core.catalog.storing import RowSpec
from core.catalog.validation import ATTEMPTS, PRIORITIES, unknown_variables
from core.durations import format_duration
from core.errors import Problem
from core.execution.definitions import Shell
from core.settings import CLAIM_DEFAULT_LIMIT
from core.workspace import Workspace
from desktop.forms.command_bench import CommandBench
from desktop.forms.command_draft import Draft
from desktop.forms.command_editor import CommandEditor
from desktop.forms.command_fields import (
    ExitCodesField,
    FolderField,
    QueueField,
    overlap_choices,
    shell_choices,
    waits_text,
)
from desktop.forms.command_marks import Names, marks_of
from desktop.forms.command_queue import QueueDialog
from desktop.forms.fields import (
    CheckField,
    ChoiceField,
    DurationField,
    IntField,
    NameField,
    TagsField,
    TextField,
)
from desktop.forms.folder_note import FolderNote
from desktop.forms.form import Form
from desktop.pages.page import Desk
from desktop.reading import Reading
from desktop.widgets.steady_label import SteadyLabel

__all__ = ["CommandForm", "Surroundings"]

_WRAP = "commands/wrap"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the form has to know of other things: where a command may run, and which queues there are."""

    environments: Sequence[EnvironmentRecord] = ()
    schedules: Sequence[ScheduleRecord] = ()
    queues: Sequence[QueueRecord] = ()
    default_limit: int = CLAIM_DEFAULT_LIMIT.default

    @classmethod
    def read(cls, workspace: Workspace) -> Surroundings:
        """Ask the database; not for the window's thread."""
        catalog = workspace.catalog
        return cls(
            catalog.environments(), catalog.schedules(), catalog.queues(), workspace.settings.get(CLAIM_DEFAULT_LIMIT)
        )

    def limit_of(self, queue: str) -> int | None:
        """Return how many jobs a queue runs at once; None is one per processor core."""
        own = next((record.spec.limit for record in self.queues if record.spec.name == queue), None)
        return own or self.default_limit or None


class CommandForm(Form):
    """`renew` is to be called when the catalog has changed: environments and queues are shown here, too."""

    kind: ClassVar[Kind] = Kind.COMMAND

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme)
        self._desk = desk
        self._around = Surroundings()
        self._shown: tuple[int, str] | None = None
        self._is_to_choose = False
        self._draft: Draft | None = None
        self._make_text(desk)
        self._make_process()
        self._make_failures()
        self._make_order()
        self._make_rest()
        self.body.addStretch(1)
        self._reading: Reading[Surroundings] = Reading(
            self, desk.operations, lambda: partial(Surroundings.read, desk.workspace), self._on_surroundings
        )

    # What the frame asks

    def new_spec(self) -> CommandSpec:
        """Return an empty command of the platform's shell."""
        return CommandSpec(name="", run="")

    def fill(self, spec: RowSpec) -> None:
        """Put a command into the fields."""
        spec = cast("CommandSpec", spec)
        self.name.set_value(spec.name)
        self.shell.set_value(spec.shell)
        self.run.set_value(spec.run)
        self.folder.set_value(spec.working_directory)
        self.timeout.set_value(spec.timeout)
        self.grace.set_value(spec.grace)
        self.attempts.set_value(spec.max_attempts)
        self.backoff_base.set_value(spec.backoff_base)
        self.backoff_cap.set_value(spec.backoff_cap)
        self.exit_codes.set_value(spec.success_exit_codes)
        self.overlap.set_value(spec.overlap)
        self.group.set_value(spec.concurrency_group)
        self.queue.set_value(spec.queue)
        self.priority.set_value(spec.priority)
        self.tags.set_value(spec.tags)
        self.enabled.set_value(spec.enabled)
        self.interactive.set_value(spec.interactive)
        self.terminal.set_value(spec.terminal)

    def spec(self) -> CommandSpec:
        """Return the command that the fields say."""
        return CommandSpec(
            name=self.name.value(),
            run=self.run.value(),
            shell=self.shell.value(),
            working_directory=self.folder.value(),
            timeout=self.timeout.value(),
            grace=self.grace.duration(),
            max_attempts=self.attempts.number(),
            backoff_base=self.backoff_base.duration(),
            backoff_cap=self.backoff_cap.duration(),
            overlap=self.overlap.value(),
            concurrency_group=self.group.value(),
            queue=self.queue.value(),
            priority=self.priority.number(),
            success_exit_codes=self.exit_codes.value(),
            interactive=self.interactive.value(),
            terminal=self.terminal.value(),
            tags=self.tags.value(),
            enabled=self.enabled.value(),
        )

    def show_record(self, record: Record | None, spec: RowSpec | None = None) -> None:
        """Show another command; what was tried of the one before is let go."""
        shown = (record.id, record.spec.name) if record is not None else (0, "")
        is_same = self._shown is not None and (shown[0] == self._shown[0] or self.spec().name == shown[1] != "")
        self._shown = shown
        if not is_same:
            self.bench.reset()
            self._is_to_choose = True
        super().show_record(record, spec)

    def problems(self) -> list[Problem]:
        """Return what is wrong, in the words of the window."""
        found = super().problems()
        spec = self.spec()
        if spec.backoff_cap >= spec.backoff_base:
            return found
        base = format_duration(spec.backoff_base)
        text = self.tr("It is shorter than the first wait ({base}). Write at least as much.").format(base=base)
        return [replace(each, message=text) if each.field == "backoff_cap" else each for each in found]

    def check(self) -> None:
        """Show also what follows from the fields: marks, hints, and what would run."""
        super().check()
        self._choose_environment()
        spec = self.spec()
        self._renew_hints(spec)
        self._renew_text(spec)

    def renew(self) -> None:
        """Read environments, schedules and queues anew."""
        self._reading.request()
        self.folder_note.look()

    # Building

    def _make_text(self, desk: Desk) -> None:
        self.name = NameField()
        self.shell = ChoiceField(shell_choices())
        first = self.add_line()
        self.add_field("name", self.tr("Nam&e"), self.name, into=first)
        self.add_field("shell", self.tr("Shell"), self.shell, into=first)
        first.setStretch(0, 3)
        first.setStretch(1, 1)
        self.run = CommandEditor(desk.theme)
        text = self.add_field("run", self.tr("Te&xt"), self.run)
        self.wrap = QCheckBox(self.tr("&Wrap lines"))
        self.wrap.setChecked(desk.memory.value(_WRAP, "true") in ("true", True))
        self.run.set_wrapping(self.wrap.isChecked())
        self.wrap.toggled.connect(self._on_wrap)
        text.put_beside_label(self.wrap)
        self.bench = CommandBench(desk)
        self.body.addWidget(self.bench)
        self.bench.environment_changed.connect(self._on_environment)
        self.bench.trial_wanted.connect(self._on_try)
        self.bench.preview.place_wanted.connect(self.run.go_to)

    def _make_process(self) -> None:
        self.add_section(self.tr("The process"))
        self.folder = FolderField(self.theme)
        hint = self.tr("A full path; ~ is the home folder, ./ the environment's.")
        row = self.add_field("working_directory", self.tr("Working &directory"), self.folder, hint)
        self.folder_note = FolderNote(self.folder, row, hint, self._desk.operations, self)
        line = self.add_line()
        self.timeout = DurationField(is_optional=True)
        self.add_field("timeout", self.tr("Time li&mit"), self.timeout, self.tr("for each attempt"), into=line)
        self.grace = DurationField()
        hint = self.tr("after it was asked to end")
        self.add_field("grace", self.tr("&Grace period"), self.grace, hint, into=line)
        self.exit_codes = ExitCodesField()
        hint = self.tr("that count as success")
        self.add_field("success_exit_codes", self.tr("Exit codes"), self.exit_codes, hint, into=line)
        _share(line)
        self.interactive = CheckField(self.tr("Let it be answered while it runs"))
        hint = self.tr("Else its standard input is at its end at once, so that nothing waits for an answer for ever.")
        self.add_field("interactive", "", self.interactive, hint)
        self.terminal = CheckField(self.tr("Give it a terminal"))
        hint = self.tr("For programs that print colours or progress only to one, or print late without one.")
        self.add_field("terminal", "", self.terminal, hint)

    def _make_failures(self) -> None:
        self.add_section(self.tr("When it fails"))
        line = self.add_line()
        self.attempts = IntField(*ATTEMPTS)
        self.add_field("max_attempts", self.tr("&Attempts"), self.attempts, self.tr("at most"), into=line)
        self.backoff_base = DurationField()
        hint = self.tr("before the second")
        self.add_field("backoff_base", self.tr("First wait"), self.backoff_base, hint, into=line)
        self.backoff_cap = DurationField()
        hint = self.tr("before a later one")
        self.add_field("backoff_cap", self.tr("Longest wait"), self.backoff_cap, hint, into=line)
        _share(line)
        self.waits = SteadyLabel()
        self.waits.setObjectName("hint")
        self.body.addWidget(self.waits)

    def _make_order(self) -> None:
        self.add_section(self.tr("Beside other runs"))
        line = self.add_line()
        self.overlap = ChoiceField(overlap_choices())
        self.add_field("overlap", self.tr("If it still runs"), self.overlap, into=line)
        self.group = TextField(is_optional=True, placeholder=self.tr("none"))
        hint = self.tr("Commands of one group run one after another.")
        self.add_field("concurrency_group", self.tr("Gro&up"), self.group, hint, into=line)
        _share(line)
        line = self.add_line()
        self.queue = QueueField()
        self.add_field("queue", self.tr("&Queue"), self.queue, into=line)
        self.queue.limit_wanted.connect(self._on_limit_wanted)
        self.priority = IntField(*PRIORITIES)
        hint = self.tr("Lower numbers run first.")
        self.add_field("priority", self.tr("Priorit&y"), self.priority, hint, into=line)
        _share(line)

    def _make_rest(self) -> None:
        self.add_section(self.tr("In the list"))
        self.tags = TagsField()
        self.add_field("tags", self.tr("Tags"), self.tags, self.tr("Words that the filter finds it by."))
        self.enabled = CheckField(self.tr("Enabled"))
        hint = self.tr("Schedules do not run a disabled command.")
        self.add_field("enabled", "", self.enabled, hint)

    # Following

    def _renew_hints(self, spec: CommandSpec) -> None:
        rows = self.rows
        self.shell.setToolTip(self.shell.sentence)
        rows["overlap"].set_hint(self.overlap.sentence)
        self.waits.say(waits_text(spec.max_attempts, spec.backoff_base, spec.backoff_cap))
        limit = self._around.limit_of(spec.queue)
        text = self.tr("As many at once as there are cores.")
        if limit is not None:
            text = self.tr("{limit} runs at once.").format(limit=limit) if limit > 1 else self.tr("One run at a time.")
        rows["queue"].set_hint(text)
        warnings = unknown_variables(spec, self.known) if self.known is not None else []
        legend = self.tr("{{ NAME }} puts in a variable of the environment, quoted for the shell.")
        rows["run"].set_hint("\n".join(warning.message for warning in warnings) or legend)

    def _renew_text(self, spec: CommandSpec) -> None:
        if spec.shell not in set(Shell):
            return
        names = Names.of(self._around.environments, self.bench.environment_id)
        self.run.show_marks(marks_of(spec.run.replace("\r\n", "\n"), Shell(spec.shell), names))
        draft = self._new_draft(spec) if spec.run.strip() else None
        if not _is_same(draft, self._draft):
            self._draft = draft
            self.bench.show_draft(draft)

    def _new_draft(self, spec: CommandSpec) -> Draft:
        record = self.record if isinstance(self.record, CommandRecord) else None
        return Draft.of(spec, record, self.bench.environment_id, self._desk.workspace.clock.now())

    def _choose_environment(self) -> None:
        """Look at a command where its schedules run it; one without a schedule stays where the last one was."""
        if not self._is_to_choose or not self._around.schedules or self.record is None:
            return
        self._is_to_choose = False
        for schedule in self._around.schedules:
            if schedule.command_id == self.record.id and schedule.environment_ids:
                self.bench.choose(schedule.environment_ids[0])
                return

    def _on_surroundings(self, around: Surroundings) -> None:
        self._around = around
        self.bench.offer(around.environments)
        self.queue.offer(sorted({DEFAULT_QUEUE, *(record.spec.name for record in around.queues)}))
        self._draft = None  # a variable may have another value by now
        self.check()

    @Slot()
    def _on_environment(self) -> None:
        self._is_to_choose = False
        self.check()

    @Slot()
    def _on_limit_wanted(self) -> None:
        name = self.queue.value()
        queue = next((record.spec for record in self._around.queues if record.spec.name == name), QueueSpec(name=name))
        dialog = QueueDialog(self.theme, queue, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._desk.editing.set_queue(self, dialog.spec()))
        dialog.open()

    @Slot(bool)
    def _on_wrap(self, wraps: bool) -> None:
        self.run.set_wrapping(wraps)
        self._desk.memory.setValue(_WRAP, wraps)

    @Slot()
    def _on_try(self) -> None:
        self.check()
        spec = self.spec()
        if spec.run.strip() and spec.shell in set(Shell):
            self.bench.try_out(self._new_draft(spec))


def _share(line: QHBoxLayout) -> None:
    """Give the fields of a line the same width, whatever is said below them."""
    for number in range(line.count()):
        line.setStretch(number, 1)


def _is_same(one: Draft | None, other: Draft | None) -> bool:
    """Return whether two drafts would run the same: when they were made does not matter."""
    if one is None or other is None:
        return one is other
    return one == replace(other, facts=replace(other.facts, scheduled_at=one.facts.scheduled_at))
