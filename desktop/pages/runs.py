"""The runs as they come: a list of any length, the chosen run below it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QItemSelection, QModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.catalog.records import ScheduleRecord
from core.changes import Changes
from core.history.glance import Glance, read_glance
from core.history.listing import Listing
from core.history.ordering import NEWEST_FIRST
from core.history.runs import Run
from desktop import operations
from desktop.models.run_choice import RunChoice
from desktop.models.run_table import RunTable
from desktop.pages.page import Desk, Page, holds_focus
from desktop.pages.run_comparing import RunComparing
from desktop.pages.run_detail import RunDetail
from desktop.pages.run_dialog import RunFocus
from desktop.pages.run_errands import RunErrands
from desktop.pages.run_filter import FilterBar
from desktop.pages.runs_actions import RunActions
from desktop.pages.runs_empty import RunsEmpty
from desktop.pages.runs_searching import RunsSearching
from desktop.pages.runs_sorting import RunSorting
from desktop.pages.things import Thing, read_recent_runs
from desktop.pages.undo_actions import UndoActions
from desktop.reading import Reading
from desktop.widgets.empty_state import EmptyState
from desktop.widgets.run_view import RunView
from desktop.widgets.undo_bar import UndoBar
from desktop.widgets.wrapping_row import WrappingRow

__all__ = ["RunsPage"]

_MOST_LOOKED_AT = 200


class RunsPage(Page):
    """The newest run is chosen at first and stays chosen until the person chooses another one."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        workspace = desk.workspace
        listing = Listing(workspace.database)
        self.table = RunTable(
            listing=listing,
            operations=desk.operations,
            theme=desk.theme,
            clock=workspace.clock,
            parent=self,
        )
        self._wanted: int | None = None  # the run that is to be chosen as soon as it is there
        self._hidden: int | None = None  # the run for which the filter gave way
        self._chosen: Run | None = None
        self._may_move = False  # another filter was chosen: where it hides the chosen run, the first one is chosen
        self._put_back: Sequence[Run] = ()
        self.filter = FilterBar(desk.theme, workspace.clock)
        self.actions_ = RunActions(desk.theme, self)
        self.errands = RunErrands(desk, self)
        self.comparing = RunComparing(desk, self.actions_.compare, self)
        self.note = QLabel()  # how many are chosen, and what was done with them
        self.note.setObjectName("muted")
        self.note.setMinimumWidth(1)
        self.view = RunView(self.table, desk.theme)
        self.sorting = RunSorting(self.table, self.view, listing, desk.operations, self)
        self.undo_bar = UndoBar(desk.theme)
        self.undo_actions = UndoActions(desk.editing, desk.theme, self, self.undo_bar)
        self.detail = RunDetail(desk)
        self.detail.offer(self.actions_.compare)
        self.empty = RunsEmpty(desk.theme)
        self.no_match = EmptyState(desk.theme, "search")
        self.no_match.say(self.tr("No run matches the filter"), self.tr("Runs that match appear here as they come."))
        self.clear_button = self.no_match.add_button(self.tr("C&lear the filter"), "close")
        self._lay_out()
        self.searching = RunsSearching(desk, self.tops, [self.filter, self.actions_.search_button], self)
        self._connect()
        self._glance = Reading(
            self,
            desk.operations,
            lambda: partial(read_glance, workspace.database, workspace.clock, upcoming=1),
            self._on_glance,
        )
        self._passing = Reading(self, desk.operations, self._ask_whether_it_passes, self._on_passing)
        self._schedules = Reading(self, desk.operations, lambda: workspace.catalog.schedules, self._on_schedules)
        self.filter.restore(desk.memory)
        self.table.show(self.filter.which, self.sorting.order)

    def focus_first(self) -> None:
        """Let the keyboard begin in the list, or in the button that does the first thing."""
        (self.empty.first_button if self.lists.currentWidget() is self.empty else self.view).setFocus()

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Runs"))
        title.setObjectName("pageTitle")
        said = QWidget()
        line = QHBoxLayout(said)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        line.addWidget(title)
        line.addWidget(self.note, 1)
        top = WrappingRow()
        for part in (said, *self.actions_.buttons):
            top.add(part)
        self.lists = QStackedWidget()
        for widget in (self.view, self.no_match, self.empty):
            self.lists.addWidget(widget)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.sorting.line)
        column.addWidget(self.lists, 1)
        column.addWidget(self.undo_bar)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(8)
        self.tops = QStackedWidget()
        self.tops.addWidget(upper)
        self.splitter.addWidget(self.tops)
        self.splitter.addWidget(self.detail)
        self.splitter.setSizes([420, 340])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(top)
        layout.addWidget(self.filter)
        layout.addWidget(self.splitter, 1)
        memory = self.desk.memory
        if (sizes := memory.value("runs/splitter")) is not None:
            self.splitter.restoreState(sizes)
        self.view.columns.restore(memory, "runs")
        self.sorting.restore(memory)

    def _connect(self) -> None:
        self.filter.changed.connect(self._on_filter)
        self.filter.saved.changed.connect(lambda: self.filter.saved.save(self.desk.memory))
        self.clear_button.clicked.connect(self.filter.clear)
        self.empty.command_button.clicked.connect(partial(self.make_wanted.emit, "commands"))
        self.empty.sample_button.clicked.connect(self._on_add_sample)
        self.empty.run_button.clicked.connect(self.actions_.run.trigger)
        actions = self.actions_
        actions.run.triggered.connect(lambda: self.errands.ask_what_to_run(self._chosen, RunFocus.COMMAND))
        actions.run_in.triggered.connect(lambda: self.errands.ask_what_to_run(self._chosen, RunFocus.DELAY))
        actions.run_as.triggered.connect(lambda: self.errands.ask_what_to_run(self._chosen, RunFocus.ENVIRONMENT))
        actions.retry.triggered.connect(self._on_retry)
        actions.cancel.triggered.connect(self._on_cancel)
        actions.copy.triggered.connect(lambda: self._with_chosen(self.errands.copy_text))
        actions.copy_script.triggered.connect(lambda: self._with_chosen(self.errands.copy_script))
        actions.refresh.triggered.connect(self._on_refresh)
        actions.offer_in(self.view, self.sorting.menu)
        actions.search.triggered.connect(self.searching.open)
        self.searching.closed.connect(self._on_search_closed)
        self.searching.found.connect(self._on_found)
        self.searching.gone.connect(self._on_found_gone)
        self.searching.opened.connect(self.detail.output.view.setFocus)
        self.view.activated.connect(self._on_activated)
        self.errands.made.connect(self.choose)
        self.errands.told.connect(self.note.setText)
        self.errands.done.connect(self._on_done)
        self.undo_bar.undo_wanted.connect(lambda: self.errands.put_back(self._put_back))
        self.detail.plan_read.connect(self._renew_actions)
        self.detail.run_read.connect(self._on_run_read)
        self.table.modelReset.connect(self._on_reset)
        self.table.rows_read.connect(self._on_rows_read)
        self.table.settled.connect(self._on_rows_read)
        self.view.selectionModel().currentRowChanged.connect(self._on_current)
        self.view.selectionModel().selectionChanged.connect(self._on_selection)
        self.view.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self._renew_actions()

    # What the window asks

    def reload(self, changes: Changes) -> None:
        """Renew the rows in view and the chosen run."""
        self.table.set_ticking(True)
        if self.filter.moves_on and self.filter.which.since != self.table.which.since:
            self.table.show(self.filter.which)  # another day has begun
        elif changes.jobs:
            self.table.refresh(*self.view.rows_in_view)
        if changes.jobs:
            self.detail.renew()
        if changes.jobs or changes.catalog or changes.due_times:
            self._glance.request()
        if changes.catalog:
            self._schedules.request()

    def choose(self, thing_id: int) -> None:
        """Choose a run by its id, as soon as its row is there; the filter gives way if it hides it, and only then."""
        self.searching.close()
        self._wanted = thing_id
        self._choose_wanted()
        if self._wanted is not None:
            self.table.refresh(*self.view.rows_in_view)
            self._passing.request()

    def _ask_whether_it_passes(self) -> Callable[[], tuple[int | None, bool]]:
        wanted, which, runs = self._wanted, self.filter.which, self.desk.workspace.runs
        return lambda: (wanted, wanted is None or runs.is_among(wanted, which))

    def _on_passing(self, answer: tuple[int | None, bool]) -> None:
        wanted, passes = answer
        is_shown = self._chosen is not None and wanted == self._chosen.id
        if wanted is None or wanted != self._wanted or is_shown or self.filter.is_everything:
            return
        if passes:
            self._passing.request()  # until it is there: what waits may begin and end before the list is read
        else:
            self._hidden = wanted
            self.filter.clear()

    def narrow(self, choice: RunChoice) -> None:
        """Put the choice into the filter."""
        self.searching.close()
        self.filter.show_choice(choice)

    def first_actions(self) -> Sequence[tuple[str, QAction]]:
        """Offer to run something, and the saved filters, everywhere."""
        saved = [(self.tr("Runs: {name}").format(name=name), action) for name, action in self.filter.saved.offers]
        return [
            (self.tr("Run a command…"), self.actions_.run),
            (self.tr("Search all output…"), self.actions_.search),
            *saved,
            *self.sorting.offers(),
        ]

    def things(self) -> Callable[[], list[Thing]]:
        """Return what reads the newest runs."""
        return partial(read_recent_runs, self.desk.workspace.runs)

    def remember(self) -> None:
        """Keep the sizes, the columns and the filter; the window closes, so no process and no file stays open."""
        self.searching.panel.close_process()
        self.comparing.close()
        self.detail.show_run(None)
        memory = self.desk.memory
        memory.setValue("runs/splitter", self.splitter.saveState())
        self.view.columns.save(memory, "runs")
        self.sorting.save(memory)
        self.filter.save(memory)

    def fall_asleep(self) -> None:
        """Count no durations."""
        self.table.set_ticking(False)
        self._missed |= Changes(jobs=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt names it so)
        """Let Esc lead back to the list: from the filter, which it empties first, and from the run that is read."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.filter.text.hasFocus() and self.filter.text.text():
            self.filter.text.clear()
        else:
            self.view.setFocus()

    # The list

    @Slot(QModelIndex)
    def _on_activated(self, _index: QModelIndex) -> None:
        """Let Enter and a double click lead to what the run printed."""
        page = self.detail.tabs.currentWidget()
        (page.focusProxy() or page.findChild(QAbstractScrollArea) or page).setFocus()

    @Slot()
    def _on_refresh(self) -> None:
        self.table.show(self.filter.which)
        self.detail.renew()
        self._glance.request()

    def _on_scrolled(self) -> None:
        self.table.set_view(*self.view.rows_in_view)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Tell the table which rows are in view."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._on_scrolled)

    @Slot()
    def _on_filter(self) -> None:
        self._may_move = True
        self.table.show(self.filter.which)

    @Slot()
    def _on_reset(self) -> None:
        if self._chosen is not None and self._wanted is None:
            self._wanted = self._chosen.id
        self._choose_wanted()

    @Slot()
    def _on_rows_read(self) -> None:
        self._on_scrolled()
        self._choose_wanted()
        current = self.view.currentIndex()
        if current.isValid():
            run = self.table.run_at(current.row())
            if run is not None and run != self._chosen:
                self._show(run)
        elif self.table.rowCount() and self._wanted is None and (self._chosen is None or self._may_move):
            self._may_move = False
            self.view.go_to(0)
        self._show_list_or_reason()

    def _choose_wanted(self) -> None:
        """Choose what is to be chosen. What is shown and has left the list by itself is shown all the same."""
        if self._wanted is None:
            return
        is_shown = self._chosen is not None and self._wanted == self._chosen.id
        wanted = self._wanted
        row = self.table.row_of(wanted)
        if row is not None:
            go = self.view.stay_on if is_shown and not self._may_move else self.view.go_to
            self._wanted = None
            self._may_move = False
            go(row)
            if self._hidden == wanted:
                self._hidden = None
                self.note.setText(self.tr("The filter was cleared: it hid run {id}").format(id=wanted))
        elif self.table.is_too_old(wanted) and not is_shown:
            self.sorting.sort(NEWEST_FIRST)  # only the newest runs can be sorted, and it is none of them
        elif not self.table.fetch([self._wanted]) and self.table.is_settled and is_shown:
            self._wanted = None  # the filter hides it, or it was pruned
            self.detail.renew()  # from now on that alone tells how it is

    @Slot(QModelIndex, QModelIndex)
    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        run = self.table.run_at(current.row()) if current.isValid() else None
        if run is not None:
            self._show(run)

    def _show(self, run: Run) -> None:
        if self.searching.is_open:
            return  # the list goes on behind the search, which shows its own
        self._chosen = run
        self.detail.show_run(run)
        self._renew_actions()

    @Slot(object)
    def _on_run_read(self, run: Run) -> None:
        # The list tells what it shows; what has left it and is shown all the same goes on, too.
        if not self.view.currentIndex().isValid() and self._chosen is not None and run.id == self._chosen.id:
            self._chosen = run
            self._renew_actions()

    @Slot()
    def _show_list_or_reason(self) -> None:
        if self.table.rowCount():
            had_focus = self.lists.currentWidget() is not self.view and holds_focus(self.lists)
            self.lists.setCurrentWidget(self.view)
            if had_focus:
                self.view.setFocus()
            self.detail.show()
        elif self.table.is_settled:
            has_filter = not self.filter.is_everything
            self.lists.setCurrentWidget(self.no_match if has_filter else self.empty)
            self.detail.setVisible(has_filter and self._chosen is not None)
            self._glance.request()

    def _on_glance(self, glance: Glance) -> None:
        self.empty.show_glance(glance)
        self.actions_.set_can_run(glance.has_commands)

    def _on_schedules(self, schedules: list[ScheduleRecord]) -> None:
        self.filter.set_schedules([(record.id, record.spec.name) for record in schedules])

    # The search through all output

    @Slot()
    def _on_search_closed(self) -> None:
        self.view.setFocus()
        self._on_reset()

    @Slot(object, int, object)
    def _on_found(self, run: Run, attempt: int, place: int) -> None:
        self._chosen = run
        self.detail.show()
        self.detail.show_place(run, attempt, place)
        self._renew_actions()

    @Slot(int)
    def _on_found_gone(self, job_id: int) -> None:
        self.note.setText(self.tr("Run {id} is not kept any more").format(id=job_id))

    # What can be done

    def _renew_actions(self) -> None:
        chosen = self.view.chosen(_MOST_LOOKED_AT)
        if self.searching.is_open or self.view.chosen_count <= 1:
            chosen = [self._chosen] if self._chosen is not None else []
        self.actions_.suit(self._chosen, chosen, has_plan=self.detail.plan is not None)
        self.comparing.suit(self._chosen, chosen)

    @Slot(QItemSelection, QItemSelection)
    def _on_selection(self, _chosen: QItemSelection, _dropped: QItemSelection) -> None:
        count = self.view.chosen_count
        self.note.setText(self.tr("{count} runs chosen").format(count=f"{count:,}") if count > 1 else "")
        self._renew_actions()

    @Slot()
    def _on_retry(self) -> None:
        pick = self.table.pick([] if self.searching.is_open else self.view.spans)
        if pick.count > 1:
            self.errands.retry_many(pick)
        else:
            self._with_chosen(self.errands.retry)

    @Slot()
    def _on_cancel(self) -> None:
        pick = self.table.pick([] if self.searching.is_open else self.view.spans)
        if pick.count > 1:
            self.errands.cancel_many(pick)
        else:
            self._with_chosen(self.errands.cancel)

    @Slot(str, object)
    def _on_done(self, sentence: str, waited: Sequence[Run]) -> None:
        self._put_back = waited
        self.undo_bar.tell(sentence, can_undo=bool(waited))

    def _with_chosen(self, do: Callable[[Run], None]) -> None:
        if self._chosen is not None:
            do(self._chosen)

    @Slot()
    def _on_add_sample(self) -> None:
        self.desk.operations.run(self, operations.add_sample(self.desk.workspace))
