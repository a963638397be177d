"""The main window: the rail, the pages, the error bar, the status line, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QSize, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from core.changes import Changes
from core.history.glance import Glance, read_glance
from desktop.bridge import Bridge
from desktop.fitting import fit, let_shrink
from desktop.frame import Frame
from desktop.key_watch import KeyWatch
from desktop.models.run_choice import RunChoice
from desktop.operations import Failure
from desktop.page_stack import PageStack
from desktop.pages.page import Desk, Page, PageKind
from desktop.palette import Palette
from desktop.pausing import Pauses
from desktop.quitting import QuitChoice, ask_how_to_quit
from desktop.reading import Reading
from desktop.shortcuts import Shortcuts
from desktop.widgets.ending_bar import EndingBar
from desktop.widgets.error_bar import ErrorBar
from desktop.widgets.key_bar import KeyBar
from desktop.widgets.rail import Rail
from desktop.widgets.status_line import StatusLine
from desktop.window_actions import WindowActions

__all__ = ["MainWindow"]

_FIRST_SIZE = QSize(1280, 820)
_SMALLEST = QSize(896, 560)
_NARROW = 1080
"""Below this width the rail gives its room to the page."""
_LOOK_MS = 10_000


class MainWindow(QMainWindow):
    """Built from the registry of pages. `quit_wanted` carries the seconds that running jobs get (None: the setting's).

    The window does not close by itself: whoever holds the agent ends it, says so with `show_ending`, and calls `leave`
    when it has stopped. `stay_wanted` asks to work on instead, which `show_staying` confirms.
    """

    quit_wanted = Signal(object)
    stay_wanted = Signal()

    def __init__(self, desk: Desk, bridge: Bridge, pages: Sequence[PageKind]) -> None:
        super().__init__()
        self._desk = desk
        self._may_close = False
        self._is_ending = False
        self.setWindowTitle("Clockhand")
        let_shrink(self, _SMALLEST)
        self._make_bars(bridge)
        self.status_line = StatusLine(desk.theme, desk.workspace.clock)
        self.rail = Rail(desk.theme)
        self.stack = PageStack(pages, self._make_page)
        self.pages = self.stack.pages
        for kind in pages:
            self.rail.add(kind.title(), kind.icon)
        self._pauses = Pauses(desk.workspace, desk.editing)
        self.actions_ = WindowActions(desk.editing, desk.workspace.clock, desk.theme, self)
        self.status_line.offer(self.actions_.choices.all)
        frame = Frame(
            window=self,
            kinds=pages,
            pages=self.pages,
            actions=self.actions_.all,
            current=lambda: self.current_name,
            go_to=self.go_to,
            page_keys=self.rail.keys,
        )
        self.finder = Palette(frame, desk)
        self.shortcuts = Shortcuts(frame)
        self._lay_out()
        bridge.changed.connect(self._on_changes)
        desk.editing.reached.connect(self._on_reached)
        desk.agent.refused.connect(self._on_refused)
        desk.agent.ending_changed.connect(self.status_line.set_ending)
        self.status_line.resume_wanted.connect(self._on_resume_all)
        self.rail.chosen.connect(self.open_page)
        self._connect_actions()
        database = desk.workspace.database
        self._glance = Reading(
            self,
            desk.operations,
            lambda: partial(read_glance, database, desk.workspace.clock, upcoming=1),
            self._on_glance,
            interval_ms=250,
        )
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._glance.request)
        self._look.start()
        self._glance.request()
        self._restore(pages)
        self.stack.make_the_rest()

    @property
    def current_name(self) -> str:
        """Return the name of the page that is open."""
        return list(self.pages)[self.stack.currentIndex()]

    def page(self, name: str) -> Page:
        """Return the page of that name in the registry."""
        return self.pages[name]

    @Slot(int)
    def open_page(self, number: int) -> None:
        """Show a page by its number, as soon as the page that is open can be left."""
        here = self.stack.currentIndex()
        if number == here or here < 0:
            self._show_page(number)
        else:
            self.rail.mark(here)
            self.stack.current.leave(partial(self._show_page, number))

    def go_to(self, name: str, then: Callable[[], None]) -> None:
        """Show a page by its name and call `then`, as soon as the page that is open can be left."""

        def arrive() -> None:
            self._show_page(list(self.pages).index(name))
            then()

        if name == self.current_name:
            then()
        else:
            self.pages[self.current_name].leave(arrive)

    def _show_page(self, number: int) -> None:
        page = self.stack.open(number)
        self.rail.mark(number)
        page.focus_first()

    def show_ending(self) -> None:
        """Say that Clockhand ends, and why it has not ended yet."""
        self._is_ending = True
        self.ending_bar.show_running(self._running_count)

    def show_staying(self) -> None:
        """Say no more that Clockhand ends."""
        self._is_ending = False
        self.ending_bar.hide()
        self._glance.request()

    def leave(self) -> None:
        """Close for good."""
        self._may_close = True
        self._look.stop()
        self._key_watch.stop()
        self.status_line.stop()
        self.stack.stop()
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  (Qt names it so)
        """Ask what becomes of running jobs; close only after `leave`."""
        if self._may_close:
            self._remember()
            event.accept()
            return
        event.ignore()
        if not self._is_ending:
            self.stack.current.leave(self._ask_to_quit)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Let the rail give way in a narrow window."""
        super().resizeEvent(event)
        self.rail.set_narrow(self.width() < _NARROW)

    @property
    def _running_count(self) -> int:
        return len(self._desk.agent.pool.running) if self._desk.agent.is_running else 0

    def _ask_to_quit(self) -> None:
        running = self._running_count
        choice = ask_how_to_quit(self, running) if running else QuitChoice.STOP
        if choice is not QuitChoice.STAY:
            self.quit_wanted.emit(choice.grace_s)

    def _connect_actions(self) -> None:
        actions = self.actions_
        actions.find.triggered.connect(self.finder.open)
        actions.shortcuts.triggered.connect(self.shortcuts.open)
        actions.pause_wanted.connect(self._on_pause_all)
        actions.resume_wanted.connect(self._on_resume_all)
        actions.quit.triggered.connect(self.close)

    def _make_bars(self, bridge: Bridge) -> None:
        operations = self._desk.operations
        self.error_bar = ErrorBar(self._desk.theme)
        operations.failed.connect(self.error_bar.tell)
        operations.succeeded.connect(self.error_bar.forget)
        self.ending_bar = EndingBar()
        self.ending_bar.stop_wanted.connect(lambda: self.quit_wanted.emit(0.0))
        self.ending_bar.stay_wanted.connect(self.stay_wanted)
        self.key_bar = KeyBar(self._desk.theme)
        self._key_watch = KeyWatch(self._desk.workspace.secrets.keys, operations, bridge, self.key_bar, self)

    def _make_page(self, kind: PageKind) -> Page:
        page = kind.load()(self._desk, self.stack)
        page.open_run.connect(self._on_open_run)
        page.open_runs.connect(self._on_open_runs)
        page.open_thing.connect(self._on_open_thing)
        page.make_wanted.connect(self._on_make_wanted)
        return page

    def _lay_out(self) -> None:
        bars = QVBoxLayout()
        bars.setContentsMargins(16, 12, 16, 0)
        bars.setSpacing(0)
        for bar in (self.ending_bar, self.key_bar, self.error_bar):
            bars.addWidget(bar)
        content = QVBoxLayout()
        content.setContentsMargins(0, 0, 0, 0)
        content.setSpacing(0)
        content.addLayout(bars)
        content.addWidget(self.stack, 1)
        content.addWidget(self.status_line)
        middle = QWidget()
        layout = QHBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addLayout(content, 1)
        self.setCentralWidget(middle)

    def _restore(self, pages: Sequence[PageKind]) -> None:
        memory = self._desk.memory
        self.resize(_FIRST_SIZE)
        if (geometry := memory.value("window/geometry")) is not None:
            self.restoreGeometry(geometry)
        fit(self)
        names = [kind.name for kind in pages]
        name = str(memory.value("window/page", "runs"))
        # Not by `open_page`, which asks the page that was open before: none was.
        self._show_page(names.index(name) if name in names else 0)

    def _remember(self) -> None:
        memory = self._desk.memory
        memory.setValue("window/geometry", self.saveGeometry())
        memory.setValue("window/page", list(self.pages)[self.stack.currentIndex()])
        for page in self.pages.made:
            page.remember()
        memory.sync()

    @Slot(object)
    def _on_changes(self, changes: Changes) -> None:
        if self._may_close:
            return
        self._glance.request()
        for page in self.pages.made:
            page.refresh(changes)

    def _on_glance(self, glance: Glance) -> None:
        if self._may_close:
            return
        self.status_line.show_glance(glance, self._desk.agent.agent_id)
        self.actions_.show_paused(glance.paused is not None)
        if self._is_ending:
            self.ending_bar.show_running(self._running_count)

    @Slot(str)
    def _on_refused(self, sentence: str) -> None:
        self.error_bar.tell(Failure(self.tr("What happened can't be recorded at the moment"), sentence, sentence))

    @Slot(object)
    def _on_pause_all(self, until: datetime | None) -> None:
        self._pauses.pause_all(self, until)

    @Slot()
    def _on_resume_all(self) -> None:
        self._pauses.resume_all(self)

    @Slot(str, object)
    def _on_reached(self, name: str, ids: Sequence[int]) -> None:
        """Show what an undo or a redo brought about; the keyboard stays where it is, if that can be."""
        if name not in self.pages:
            return
        if name != self.current_name:
            self.open_page(list(self.pages).index(name))
        if ids:
            self.pages[name].reach(ids)

    @Slot(str, int)
    def _on_open_thing(self, name: str, thing_id: int) -> None:
        self.go_to(name, lambda: self.pages[name].choose(thing_id))

    @Slot(int)
    def _on_open_run(self, job_id: int) -> None:
        page = self.pages["runs"]
        self.open_page(list(self.pages).index("runs"))
        page.choose(job_id)

    @Slot(str)
    def _on_make_wanted(self, name: str) -> None:
        _title, action = self.pages[name].first_actions()[0]
        self.go_to(name, action.trigger)

    @Slot(object)
    def _on_open_runs(self, choice: RunChoice) -> None:
        self.open_page(list(self.pages).index("runs"))
        self.pages["runs"].narrow(choice)
