"""Tries a command as it is written, without saving it, and shows what it prints while it runs."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.durations import describe_duration
from core.execution.outcome import Cancelled, CouldNotStart, Outcome, Succeeded, TimedOut
from core.execution.plan import Plan
from desktop.forms.command_draft import Draft, Refusal
from desktop.models.run_texts import elapsed_text
from desktop.pages.page import Desk
from desktop.widgets.output_input import OutputInput
from desktop.widgets.output_pane import OutputPane
from desktop.worker.process import WorkerProcess

__all__ = ["CommandTrial"]

_TICK_MS = 1000


class CommandTrial(QWidget):
    """One trial at a time. `state_changed` follows when it begins and when it has ended."""

    state_changed = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._draft: Draft | None = None
        self._is_planning = False
        self._process: WorkerProcess | None = None
        self._icon = QLabel()
        self._line = QLabel()
        self._line.setWordWrap(True)
        self._line.setTextFormat(Qt.TextFormat.PlainText)
        self.output = OutputPane(desk.operations, desk.theme)
        self.output.view.setAccessibleName(self.tr("Output of the trial"))
        self.input = OutputInput(desk.theme, self.output.view)
        self.output.put_below(self.input)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._tell)
        self._lay_out()
        desk.agent.pool.trials.ended.connect(self._on_ended)
        self.forget()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 8, 0)
        head.setSpacing(8)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._line, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.output, 1)

    @property
    def is_running(self) -> bool:
        """Return whether a trial has begun and has not ended."""
        return self._is_planning or (self._process is not None and self._process.outcome is None)

    @property
    def sentence(self) -> str:
        """Return what stands above the output."""
        return self._line.text()

    def try_out(self, draft: Draft) -> None:
        """Run a draft now."""
        if self.is_running:
            return
        self.forget()
        self._draft = draft
        self._is_planning = True
        self._say("waiting", "muted", self.tr("Starting “{name}” …").format(name=draft.command.name))
        self.state_changed.emit()
        launcher = self._desk.workspace.launcher
        self._desk.operations.ask_slowly(
            self, partial(draft.plan, launcher, to_be_started=True), self._on_planned, title=self.tr("Trying a command")
        )

    def stop(self) -> None:
        """End the trial, within its grace period."""
        if self._is_planning:
            self._is_planning = False
            self._say("cancelled", "muted", self.tr("Stopped before it began."))
            self.state_changed.emit()
        elif self._process is not None:
            self._process.stop(Cancelled(self.tr("the user")))
            self._tell()

    def forget(self) -> None:
        """Show no trial; one that still runs stays."""
        if self.is_running:
            return
        self.output.show_nothing("")
        self.input.attach(None)
        process, self._process = self._process, None
        if process is not None and self._desk.agent.is_running:
            self._desk.agent.pool.trials.forget(process)
        self._say("run", "muted", self.tr("Try it to see here what it prints. Nothing is saved or kept."))

    def _on_planned(self, plan: Plan | Refusal) -> None:
        if not self._is_planning:
            return  # stopped meanwhile
        self._is_planning = False
        if isinstance(plan, Refusal):
            self._say("could-not-start", "bad", self.tr("Could not start: {why}").format(why=plan.sentence))
            self.state_changed.emit()
        elif self._desk.agent.is_running:
            process = self._desk.agent.pool.trials.run(plan)
            self._process = process
            name = self._draft.command.name if self._draft is not None else ""
            self.output.saving.title = self.tr("{command}-trial").format(command=name)
            self.output.show_reader(process.spool.live(), is_live=True)
            self.input.attach(process)
            self._tick.start()
            self._tell()
            self.state_changed.emit()

    @Slot(object)
    def _on_ended(self, process: WorkerProcess) -> None:
        if process is not self._process or process.outcome is None:
            return
        self._tick.stop()
        self.input.attach(None)
        self.output.show_reader(process.spool.live(), is_live=False, keep_place=True)
        self._tell()
        self.state_changed.emit()

    @Slot()
    def _tell(self) -> None:
        process = self._process
        if process is None or self._draft is None:
            return
        name = self._draft.command.name or self.tr("new command")
        if process.outcome is None:
            started = process.started_at
            elapsed = elapsed_text(self._desk.workspace.clock.now() - started) if started is not None else ""
            text = self.tr("Ending “{name}” … {time}") if process.is_stopping else self.tr("Trying “{name}” … {time}")
            self._say("executing", "busy", text.format(name=name, time=elapsed))
            return
        icon, tone = _look(process.outcome)
        text = self.tr("“{name}” {outcome}").format(name=name, outcome=process.outcome)
        if process.duration is not None:
            text = self.tr("{text}, after {time}").format(text=text, time=describe_duration(process.duration))
        self._say(icon, tone, text)

    def _say(self, icon: str, tone: str, text: str) -> None:
        self._desk.theme.put_icon(self._icon, icon, tone)
        self._line.setText(text)


def _look(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case Succeeded():
            return "succeeded", "good"
        case TimedOut():
            return "timed-out", "bad"
        case Cancelled():
            return "cancelled", "muted"
        case CouldNotStart():
            return "could-not-start", "bad"
        case _:
            return "failed", "bad"
