"""One run: its title, its output, what happened to it, and what exactly it ran."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QFontDatabase
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QTabWidget, QToolButton, QVBoxLayout, QWidget

from core.durations import describe_duration
from core.errors import NotFoundError
from core.history.runs import Event, Run
from core.queue.states import JobState
from desktop.models.run_texts import origin_text, result_text, run_look
from desktop.pages.page import Desk
from desktop.pages.plan_text import plan_text
from desktop.reading import Reading
from desktop.widgets.event_list import EventList
from desktop.widgets.output_input import OutputInput
from desktop.widgets.output_pane import OutputPane

__all__ = ["RunDetail"]


@dataclass(frozen=True, slots=True)
class _Answer:
    run: Run
    events: list[Event]
    plan: dict[str, Any] | None


class RunDetail(QFrame):
    """Shows the run of `show_run` and keeps up with it on `renew`. `plan_read` says that its command is known.

    `run_read` carries the run as it is now, whenever that was asked for.
    """

    plan_read = Signal()
    run_read = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._desk = desk
        self._job_id: int | None = None
        self._shown: tuple[int, int, bool, bool] | None = (
            None  # job, attempt, whether a process ran, and more is to come
        )
        self._run: Run | None = None
        self._attempt: int | None = None  # the one that was chosen; None is the latest
        self._place: tuple[int, int] | None = None  # the attempt and the byte of its output that are to be shown
        self.plan: dict[str, Any] | None = None
        self._icon = QLabel()
        desk.theme.put_icon(self._icon, "runs", "muted", size=20)
        self._title = QLabel()
        self._title.setObjectName("sectionTitle")
        self._line = QLabel()
        self._line.setObjectName("muted")
        for label in (self._title, self._line):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setMinimumWidth(1)  # else a long name would make the window wider
        self.output = OutputPane(desk.operations, desk.theme, memory=desk.memory)
        self.input = OutputInput(desk.theme, self.output.view)
        self.output.put_below(self.input)
        self.events = EventList(desk.theme)
        self.command = QPlainTextEdit()
        self.command.setReadOnly(True)
        self.command.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.command.document().setDocumentMargin(12)
        self.command.setAccessibleName(self.tr("The exact command"))
        self.command.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(self.tr("The run"))
        self._lay_out()
        self.output.attempt_chosen.connect(self._on_attempt_chosen)
        self._reading = Reading(self, desk.operations, self._ask, self._on_read, interval_ms=100)

    def _lay_out(self) -> None:
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.output, self.tr("Ou&tput"))
        self.tabs.addTab(self.events, self.tr("What &happened"))
        self.tabs.addTab(self.command, self.tr("Comma&nd"))
        head = self._head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 0)
        head.setSpacing(8)
        head.addWidget(self._icon)
        head.addWidget(self._title)
        head.addWidget(self._line, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.tabs, 1)

    @property
    def title(self) -> str:
        """Return what stands above the output."""
        return f"{self._title.text()} {self._line.text()}".strip()

    def offer(self, action: QAction) -> None:
        """Give what can be done with the run a button beside its title."""
        button = QToolButton()
        button.setObjectName("inPlace")
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._head.addWidget(button)

    def show_place(self, run: Run, attempt: int, offset: int) -> None:
        """Show a run with the line of its output in which the byte at `offset` of that attempt lies."""
        self.show_run(run)
        self._attempt = attempt if attempt != run.attempt else None
        self._place = (attempt, offset)
        self.tabs.setCurrentWidget(self.output)

    def show_run(self, run: Run | None) -> None:
        """Show another run; None shows none."""
        self._place = None
        job_id = run.id if run is not None else None
        if job_id != self._job_id:
            self._job_id = job_id
            self._shown = None
            self._attempt = None
            self.plan = None
            self.input.attach(None)
            self.output.show_nothing("")
            self.events.show_events([])
            self.command.clear()
        if run is not None:
            self._show_head(run)
            self.renew()

    def renew(self) -> None:
        """Ask anew for the run that is shown."""
        if self._job_id is not None:
            self._reading.request()

    def _ask(self) -> Callable[[], _Answer | None]:
        runs, job_id = self._desk.workspace.runs, self._job_id

        def read() -> _Answer | None:
            if job_id is None:
                return None
            try:
                # The events come first: those that the run is ahead of are told by the next change.
                events = runs.events(job_id)
                return _Answer(runs.get(job_id), events, runs.plan(job_id))
            except NotFoundError:
                return None  # pruned meanwhile

        return read

    def _on_read(self, answer: _Answer | None) -> None:
        if answer is None or answer.run.id != self._job_id:
            return
        self._show_head(answer.run)
        self.run_read.emit(answer.run)
        self.events.show_events(answer.events)
        if answer.plan != self.plan or not self.command.toPlainText():
            self.plan = answer.plan
            self.command.setPlainText(plan_text(answer.plan, answer.run))
            self.plan_read.emit()
        self.show_output(answer.run)

    def _show_head(self, run: Run) -> None:
        look = run_look(run)
        self._desk.theme.put_icon(self._icon, look.icon, look.tone, size=20)
        where = self.tr("“{command}” in “{environment}”") if run.environment else self.tr("“{command}”")
        self._title.setText(where.format(command=run.command, environment=run.environment))
        pieces = [look.word.lower(), result_text(run)]
        if run.duration is not None and not run.is_live:
            pieces.append(self.tr("after {time}").format(time=describe_duration(run.duration)))
        pieces.append(self.tr("run {id}").format(id=run.id))
        pieces.append(origin_text(run))
        self._line.setText(" · ".join(piece for piece in pieces if piece))

    def show_output(self, run: Run) -> None:
        """Show what the run printed, at the place that is wanted."""
        self._show_output(run)
        place, self._place = self._place, None
        if place is not None:
            self.output.reveal(place[1])

    def _show_output(self, run: Run) -> None:
        """Show what the run printed; where that is shown already, as it was when it was opened, nothing happens."""
        self._run = run
        agent = self._desk.agent
        process = agent.pool.find(run.id) if agent.is_running else None
        latest = process.job.attempt if process is not None else run.attempt
        attempt = self._attempt or latest
        if attempt != latest:
            process = None
        self.input.attach(process)
        self.output.offer_attempts(latest, attempt)
        title = self.tr("{command}-run {id}") if attempt == latest else self.tr("{command}-run {id}, attempt {attempt}")
        self.output.saving.title = title.format(command=run.command, id=run.id, attempt=attempt)
        # A run may still be executing when its process has ended already: then its end is yet to come.
        is_live = attempt == latest and (process is not None or run.state is JobState.EXECUTING)
        now = (run.id, attempt, process is not None, is_live)
        if now == self._shown:
            return
        same = self._shown is not None and self._shown[:2] == now[:2]
        self._shown = now
        if process is not None:
            spool = process.spool
            self.output.show_reader(spool.live(), is_live=True)
        elif attempt < 1:
            self.output.show_nothing(self.tr("It has not started."))
        else:
            self.output.open(
                self,
                lambda: self._desk.workspace.output(run.id, attempt),
                is_live=is_live,
                keep_place=same,
            )

    @Slot(int)
    def _on_attempt_chosen(self, number: int) -> None:
        if self._run is not None:
            self._attempt = number if number != self._run.attempt else None
            self.show_output(self._run)
