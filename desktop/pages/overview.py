"""What happens now and next, what went wrong or was left out lately, and how the scheduler is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from core.catalog.specs import Kind
from core.changes import Changes
from core.durations import describe_duration
from core.history.glance import Glance, Upcoming, read_glance, read_lately
from core.history.repeats import read_repeats
from core.history.runs import Run
from core.history.scheduled import read_scheduled
from core.history.statistics import Kindred, expected_durations, kindred_of
from core.queue.states import JobState
from desktop import operations
from desktop.models.run_texts import brief_text, due_text, elapsed_text, origin_text, result_text, run_look
from desktop.pages.page import Desk, Page, holds_focus
from desktop.pages.undo_actions import UndoActions
from desktop.pausing import Pauses
from desktop.reading import Reading
from desktop.widgets.empty_state import EmptyState
from desktop.widgets.glance_list import GlanceList, Line
from desktop.widgets.scheduler_card import SchedulerCard

__all__ = ["OverviewPage"]

_MOST_RUNNING = 40
_MOST_UPCOMING = 12
_READ_MS = 500
_LOOK_MS = 10_000
_ALMOST_A_SECOND = timedelta(microseconds=999_999)


@dataclass(frozen=True, slots=True)
class _Picture:
    glance: Glance
    expected: Mapping[Kindred, timedelta]
    failed: list[Run]
    repeats: Mapping[int, Run]
    skipped: list[Run]
    scheduled: list[Run]


class OverviewPage(Page):
    """Four short lists; a double click or Enter opens a run on the page of the runs, and of a due time the schedule."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._clock = desk.workspace.clock
        self._runs: dict[int, Run] = {}
        self._since: dict[int, tuple[datetime, timedelta | None]] = {}  # when a run began, and how long it may take
        self._at: dict[int, datetime] = {}
        self._upcoming: dict[int, Upcoming] = {}
        theme = desk.theme
        self.scheduler = SchedulerCard(theme, self._clock)
        self.running = GlanceList(theme, self.tr("Running now"), self.tr("Nothing runs at the moment."))
        self.running.offer(self.tr("Cancel"), "cancel", "Ctrl+.")
        self.upcoming = GlanceList(theme, self.tr("Next"), self.tr("Nothing is due."))
        self.failed = GlanceList(theme, self.tr("Failed lately"), self.tr("Nothing failed lately."))
        self.failed.offer(self.tr("Retry"), "retry", "Ctrl+Shift+R")
        self.skipped = GlanceList(theme, self.tr("Skipped lately"), self.tr("Nothing was skipped lately."))
        self._empty = EmptyState(theme, "overview")
        self._empty.say(
            self.tr("Welcome to Clockhand"),
            self.tr(
                "It runs your commands on time and shows what happened.\n\nFirst make a command: a line for the shell"
                " that you can try at once. Or look around with the sample: five commands that do no harm."
            ),
        )
        self.command_button = self._empty.add_button(self.tr("Ma&ke a command"), "add")
        self.sample_button = self._empty.add_button(self.tr("&Add the sample"), "add")
        self._lists = QWidget()
        self._lay_out()
        self._connect()
        self._reading = Reading(self, desk.operations, lambda: self._read, self._on_read, interval_ms=_READ_MS)
        refresh = QAction(self.tr("Refresh"), self)
        refresh.setShortcut(QKeySequence("F5"))
        refresh.triggered.connect(self._reading.request)
        self.addAction(refresh)
        self.undo_actions = UndoActions(desk.editing, desk.theme, self)
        self._tick = _timer(self, 1000, self._renew_times)
        self._look = _timer(self, _LOOK_MS, self._reading.request)  # no change tells that the scheduler is silent

    def reload(self, changes: Changes) -> None:
        """Read the picture anew."""
        self._tick.start()
        self._look.start()
        if changes.jobs or changes.catalog or changes.due_times or changes.queues or changes.agents:
            self._reading.request()

    def fall_asleep(self) -> None:
        """Count nothing down."""
        self._tick.stop()
        self._look.stop()
        self._missed |= Changes(jobs=True)

    def focus_first(self) -> None:
        """Let the keyboard begin in what runs, or in the button that does the first thing."""
        (self.command_button if self._empty.isVisible() else self.running).setFocus()

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Overview"))
        title.setObjectName("pageTitle")
        grid = QGridLayout(self._lists)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(16)
        cards = ((self.running, "executing"), (self.upcoming, "scheduled"), (self.failed, "failed"))
        for number, (each, icon) in enumerate((*cards, (self.skipped, "skipped"))):
            grid.addWidget(each.card(icon), number // 2, number % 2)
        for number in (0, 1):
            grid.setColumnStretch(number, 1)
            grid.setRowStretch(number, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(title)
        layout.addWidget(self.scheduler)
        layout.addWidget(self._lists, 1)
        layout.addWidget(self._empty, 1)
        self._empty.hide()

    def _connect(self) -> None:
        self.command_button.clicked.connect(partial(self.make_wanted.emit, "commands"))
        self.sample_button.clicked.connect(self._on_add_sample)
        self.scheduler.resume_wanted.connect(self._on_resume)
        self.scheduler.set_ending(self.desk.agent.is_ending)
        self.desk.agent.ending_changed.connect(self.scheduler.set_ending)
        self.running.wanted.connect(self._on_cancel)
        self.failed.wanted.connect(self._on_retry)
        for each in (self.running, self.failed, self.skipped):
            each.opened.connect(self.open_run)
        self.upcoming.opened.connect(self._on_upcoming_opened)

    def _read(self) -> _Picture:
        database = self.desk.workspace.database
        glance = read_glance(database, self.desk.workspace.clock, upcoming=_MOST_UPCOMING)
        failed = read_lately(database, JobState.DISCARDED, JobState.RETRYABLE)
        return _Picture(
            glance,
            expected_durations(database, glance.running[:_MOST_RUNNING]),
            failed,
            read_repeats(database, [run.id for run in failed]),
            read_lately(database, JobState.SKIPPED),
            read_scheduled(database, limit=_MOST_UPCOMING),
        )

    def _on_read(self, picture: _Picture) -> None:
        glance = picture.glance
        is_new = not glance.has_commands and not glance.has_runs
        had_focus = holds_focus(self._empty)
        self._empty.setVisible(is_new)
        self._lists.setVisible(not is_new)
        if had_focus and not is_new:
            self.focus_first()
        self.scheduler.show_glance(glance, self.desk.agent.agent_id)
        running = glance.running[:_MOST_RUNNING]
        self._runs = {run.id: run for run in (*running, *picture.failed, *picture.skipped)}
        self._since = {
            run.id: (
                run.started_at or run.claimed_at or run.scheduled_at,
                _worth(picture.expected.get(kindred_of(run))),
            )
            for run in running
        }
        self.running.show_lines([_running_line(run, bar=self._since[run.id][1] is not None) for run in running])
        now = self._clock.now()
        self._show_upcoming(picture, now)
        self.failed.show_lines([self._failed_line(run, picture.repeats.get(run.id), now) for run in picture.failed])
        self.skipped.show_lines([_line(run, result_text(run), due_text(run, now)) for run in picture.skipped])
        self._renew_times()

    def _show_upcoming(self, picture: _Picture, now: datetime) -> None:
        """Show what becomes due among what waits for its time already; the keys of what is no run yet are negative."""
        self._upcoming = {-1 - number: each for number, each in enumerate(picture.glance.upcoming)}
        lines = {key: self._upcoming_line(key, each) for key, each in self._upcoming.items()}
        self._at = {key: each.at + each.jitter_offset for key, each in self._upcoming.items()}
        for run in picture.scheduled:
            look = run_look(run)
            detail, tip = brief_text(run.scheduled_at, now), f"{_name_of(run)}: {look.word}, {origin_text(run)}"
            lines[run.id] = Line(run.id, _name_of(run), detail, "", look.icon, look.tone, tip)
            self._at[run.id] = run.scheduled_at
        first = sorted(lines, key=lambda key: self._at[key])[:_MOST_UPCOMING]
        self.upcoming.show_lines([lines[key] for key in first])

    @Slot(int)
    def _on_upcoming_opened(self, key: int) -> None:
        """Open a run that waits for its time, or the schedule of what is no run yet."""
        if (coming := self._upcoming.get(key)) is not None:
            self.open_thing.emit(Kind.SCHEDULE.plural, coming.schedule_id)
        else:
            self.open_run.emit(key)

    def _upcoming_line(self, key: int, each: Upcoming) -> Line:
        tip = self.tr("“{command}” by “{cron}”").format(command=each.command, cron=each.cron)
        if each.jitter_offset:
            later = describe_duration(each.jitter_offset)
            tip = self.tr("{what}, {time} after its due time").format(what=tip, time=later)
        begins = brief_text(each.at + each.jitter_offset, self._clock.now())
        return Line(key, each.schedule, begins, "", "scheduled", "waiting", tip)

    def _failed_line(self, run: Run, repeat: Run | None, now: datetime) -> Line:
        detail = result_text(run)
        if repeat is not None:
            told = self.tr("{what}, repeated: {state}") if detail else self.tr("repeated: {state}")
            detail = told.format(what=detail, state=run_look(repeat).word.lower())
        at = brief_text(run.finished_at or run.claimed_at or run.created_at, now)
        return _line(run, detail, at, has_button=not run.is_live)

    def _renew_times(self) -> None:
        now = self._clock.now()
        self.scheduler.renew()
        for job_id, (since, expected) in self._since.items():
            self._renew_running(job_id, now - since, expected)
        for key, at in self._at.items():
            # A second that has begun counts as a whole one: “in 0 s” is no time.
            text = self.tr("in {time}") if at > now else self.tr("now")
            self.upcoming.set_time(key, text.format(time=elapsed_text(at - now + _ALMOST_A_SECOND)))

    def _renew_running(self, job_id: int, elapsed: timedelta, expected: timedelta | None) -> None:
        if expected is None:
            self.running.set_time(job_id, elapsed_text(elapsed))
            return
        is_over = elapsed > expected + timedelta(seconds=1)
        text = self.tr("{time}, usually {usual}") if is_over else self.tr("{time} of about {usual}")
        self.running.set_time(job_id, text.format(time=elapsed_text(elapsed), usual=elapsed_text(expected)))
        self.running.set_progress(job_id, elapsed / expected)

    @Slot(int)
    def _on_cancel(self, job_id: int) -> None:
        operation = operations.cancel(self.desk.workspace.queue, job_id=job_id, command=self._runs[job_id].command)
        self.desk.operations.run(self, operation)

    @Slot(int)
    def _on_retry(self, job_id: int) -> None:
        operation = operations.retry(self.desk.workspace.queue, job_id=job_id, command=self._runs[job_id].command)
        self.desk.operations.run(self, operation)

    @Slot()
    def _on_resume(self) -> None:
        Pauses(self.desk.workspace, self.desk.editing).resume_all(self)

    @Slot()
    def _on_add_sample(self) -> None:
        self.desk.operations.run(self, operations.add_sample(self.desk.workspace))


def _worth(expected: timedelta | None) -> timedelta | None:
    """Return how long a run may take where that can be watched; what takes less than a second is over too soon."""
    return expected if expected is not None and expected >= timedelta(seconds=1) else None


def _name_of(run: Run) -> str:
    return f"{run.command} · {run.environment}" if run.environment else run.command


def _running_line(run: Run, *, bar: bool) -> Line:
    look = run_look(run)
    return Line(run.id, _name_of(run), "", "", look.icon, look.tone, f"{_name_of(run)}: {look.word}", has_bar=bar)


def _line(run: Run, detail: str, at: str, *, has_button: bool = True) -> Line:
    look = run_look(run)
    said = ", ".join(dict.fromkeys(piece for piece in (look.word, detail) if piece))
    tip = f"{_name_of(run)}: {said}"
    return Line(run.id, _name_of(run), detail or look.word, at, look.icon, look.tone, tip, has_button=has_button)


def _timer(owner: QWidget, interval_ms: int, do: Callable[[], object]) -> QTimer:
    timer = QTimer(owner)
    timer.setInterval(interval_ms)
    timer.timeout.connect(do)
    return timer
