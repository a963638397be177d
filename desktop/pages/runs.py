"""The runs as they come: a list of any length, the chosen run below it, and what can be done with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.catalog.records import CommandRecord, EnvironmentRecord
from core.changes import Changes
from core.history.glance import Glance, read_glance
from core.history.listing import Listing
from core.history.runs import Run, RunFilter
from core.queue.jobs import Enqueued
from desktop import operations
from desktop.models.run_rows import Column
from desktop.models.run_table import RunTable
from desktop.pages.page import Desk, Page
from desktop.pages.run_detail import RunDetail
from desktop.pages.run_dialog import RunDialog
from desktop.pages.run_filter import FilterBar
from desktop.pages.runs_actions import RunActions
from desktop.reading import Reading
from desktop.widgets.empty_state import EmptyState

__all__ = ["RunsPage"]

_ROW_HEIGHT = 30
_WIDTHS = {
    Column.STATE: 120,
    Column.COMMAND: 184,
    Column.ENVIRONMENT: 128,
    Column.ORIGIN: 136,
    Column.DUE: 128,
    Column.STARTED: 80,
    Column.DURATION: 80,
    Column.RESULT: 136,
    Column.OUTPUT: 72,
}


class RunsPage(Page):
    """The newest run is chosen at first and stays chosen until the person chooses another one."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        workspace = desk.workspace
        self.table = RunTable(
            listing=Listing(workspace.database),
            operations=desk.operations,
            theme=desk.theme,
            clock=workspace.clock,
            parent=self,
        )
        self._wanted: int | None = None  # the run that is to be chosen as soon as it is there
        self._chosen: Run | None = None
        self.filter = FilterBar(desk.theme)
        self.actions_ = RunActions(desk.theme, self)
        self.view = self._make_view()
        self.detail = RunDetail(desk)
        self.empty = EmptyState(desk.theme, "runs")
        self.sample_button = self.empty.add_button(self.tr("&Add the sample"), "add")
        self.empty_run_button = self.empty.add_button(self.tr("R&un now…"), "run")
        self.no_match = EmptyState(desk.theme, "search")
        self.no_match.say(self.tr("No run matches the filter"), self.tr("Runs that match appear here as they come."))
        self.clear_button = self.no_match.add_button(self.tr("C&lear the filter"), "close")
        self._lay_out()
        self._connect()
        self._glance = Reading(
            self, desk.operations, lambda: partial(read_glance, workspace.database, upcoming=1), self._on_glance
        )
        self.filter.restore(desk.memory)
        self.table.show(self.filter.which)

    def _make_view(self) -> QTableView:
        view = QTableView()
        view.setModel(self.table)
        view.setAccessibleName(self.tr("Runs"))
        view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        vertical = view.verticalHeader()
        vertical.hide()
        vertical.setDefaultSectionSize(_ROW_HEIGHT)
        vertical.setMinimumSectionSize(_ROW_HEIGHT)
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        for column, width in _WIDTHS.items():
            view.setColumnWidth(column, width)
        header.setSectionResizeMode(Column.RESULT, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(64)
        return view

    def focus_first(self) -> None:
        """Let the keyboard begin in the list."""
        self.view.setFocus()

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Runs"))
        title.setObjectName("pageTitle")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(title)
        top.addSpacing(16)
        top.addWidget(self.filter, 1)
        top.addSpacing(8)
        for button in self.actions_.buttons:
            top.addWidget(button)
        self.lists = QStackedWidget()
        for widget in (self.view, self.no_match, self.empty):
            self.lists.addWidget(widget)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(8)
        self.splitter.addWidget(self.lists)
        self.splitter.addWidget(self.detail)
        self.splitter.setSizes([420, 340])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(top)
        layout.addWidget(self.splitter, 1)
        memory = self.desk.memory
        if (sizes := memory.value("runs/splitter")) is not None:
            self.splitter.restoreState(sizes)
        if (columns := memory.value("runs/columns")) is not None:
            self.view.horizontalHeader().restoreState(columns)

    def _connect(self) -> None:
        self.filter.changed.connect(self._on_filter)
        self.clear_button.clicked.connect(self.filter.clear)
        self.sample_button.clicked.connect(self._on_add_sample)
        self.empty_run_button.clicked.connect(self.actions_.run.trigger)
        self.actions_.run.triggered.connect(self._on_run)
        self.actions_.retry.triggered.connect(self._on_retry)
        self.actions_.cancel.triggered.connect(self._on_cancel)
        self.actions_.copy.triggered.connect(self._on_copy)
        self.actions_.offer_in(self.view)
        self.detail.plan_read.connect(self._renew_actions)
        self.table.modelReset.connect(self._on_reset)
        self.table.rows_read.connect(self._on_rows_read)
        self.table.settled.connect(self._show_list_or_reason)
        self.view.selectionModel().currentRowChanged.connect(self._on_current)
        self.view.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self._renew_actions()

    # What the window asks

    def reload(self, changes: Changes) -> None:
        """Renew the rows in view and the chosen run."""
        self.table.set_ticking(True)
        if changes.jobs:
            self.table.refresh(*self._rows_in_view())
            self.detail.renew()
        if changes.jobs or changes.catalog or changes.due_times:
            self._glance.request()

    def choose(self, thing_id: int) -> None:
        """Choose a run by its id, as soon as its row is there; the filter gives way if it hides it."""
        self._wanted = thing_id
        self._choose_wanted()
        if self._wanted is not None:
            if self.filter.which != RunFilter():
                self.filter.clear()
            self.table.refresh(*self._rows_in_view())

    def remember(self) -> None:
        """Keep the sizes, the columns and the filter."""
        memory = self.desk.memory
        memory.setValue("runs/splitter", self.splitter.saveState())
        memory.setValue("runs/columns", self.view.horizontalHeader().saveState())
        self.filter.save(memory)

    def fall_asleep(self) -> None:
        """Count no durations."""
        self.table.set_ticking(False)
        self._missed |= Changes(jobs=True)

    # The list

    def _rows_in_view(self) -> tuple[int, int]:
        viewport = self.view.viewport()
        first = max(0, self.view.rowAt(1))
        last = self.view.rowAt(viewport.height() - 1)
        return first, last if last >= 0 else max(0, self.table.rowCount() - 1)

    def _on_scrolled(self) -> None:
        self.table.set_view(*self._rows_in_view())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Tell the table which rows are in view."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._on_scrolled)

    @Slot()
    def _on_filter(self) -> None:
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
        if not current.isValid() and self.table.rowCount() and self._wanted is None:
            self._select(0)
        elif current.isValid() and (run := self.table.run_at(current.row())) is not None and run != self._chosen:
            self._show(run)
        self._show_list_or_reason()

    def _choose_wanted(self) -> None:
        if self._wanted is None:
            return
        row = self.table.row_of(self._wanted)
        if row is not None:
            self._wanted = None
            self._select(row)
        elif self.table.is_settled and self._chosen is not None and self._wanted == self._chosen.id:
            self._wanted = None  # the filter hides it, or it was pruned
        else:
            self.table.fetch(self._wanted)

    def _select(self, row: int) -> None:
        index = self.table.index(row, 0)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.view.selectionModel().setCurrentIndex(index, flags)
        self.view.scrollTo(index)

    @Slot(QModelIndex, QModelIndex)
    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        run = self.table.run_at(current.row()) if current.isValid() else None
        if run is not None:
            self._show(run)

    def _show(self, run: Run) -> None:
        self._chosen = run
        self.detail.show_run(run)
        self._renew_actions()

    @Slot()
    def _show_list_or_reason(self) -> None:
        if self.table.rowCount():
            self.lists.setCurrentWidget(self.view)
            self.detail.show()
        elif self.table.is_settled:
            has_filter = self.filter.which != RunFilter()
            self.lists.setCurrentWidget(self.no_match if has_filter else self.empty)
            self.detail.setVisible(has_filter and self._chosen is not None)
            self._glance.request()

    def _on_glance(self, glance: Glance) -> None:
        self.sample_button.setVisible(not glance.has_commands)
        self.empty_run_button.setVisible(glance.has_commands)
        self.actions_.run.setEnabled(glance.has_commands)
        if not glance.has_commands:
            text = self.tr(
                "Clockhand has no commands yet. Describe yours in a file and hand it over in a terminal:\n\n"
                "clockhand apply FILE\n\nor begin with the sample: five commands that do no harm."
            )
        elif glance.upcoming:
            text = self.tr("Runs appear here as they come: “{name}” is the next one that is due.").format(
                name=glance.upcoming[0].schedule
            )
        else:
            text = self.tr("No schedule is due. Run a command now, or enable a schedule.")
        self.empty.say(self.tr("Nothing has run yet"), text)

    # What can be done

    @Slot()
    def _renew_actions(self) -> None:
        self.actions_.suit(self._chosen, has_plan=self.detail.plan is not None)

    @Slot()
    def _on_run(self) -> None:
        catalog = self.desk.workspace.catalog
        self.desk.operations.ask(self, lambda: (catalog.commands(), catalog.environments()), self._on_catalog)

    def _on_catalog(self, found: tuple[list[CommandRecord], list[EnvironmentRecord]]) -> None:
        chosen = self._chosen
        dialog = RunDialog(
            *found,
            command_id=chosen.command_id if chosen is not None else None,
            environment_id=chosen.environment_id if chosen is not None else None,
            parent=self,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._run_wish(dialog))
        dialog.open()

    def _run_wish(self, dialog: RunDialog) -> None:
        wish = dialog.wish()
        workspace = self.desk.workspace
        operation = operations.run_now(
            workspace.queue,
            command_id=wish.command.id,
            command=wish.command.spec.name,
            environment_id=wish.environment_id,
            at=workspace.clock.now() + wish.delay if wish.delay is not None else None,
        )
        self.desk.operations.run(self, operation, self._on_enqueued)

    @Slot()
    def _on_retry(self) -> None:
        if (run := self._chosen) is not None:
            operation = operations.retry(self.desk.workspace.queue, job_id=run.id, command=run.command)
            self.desk.operations.run(self, operation, self._on_enqueued)

    def _on_enqueued(self, enqueued: Enqueued) -> None:
        self.choose(enqueued.job_id)

    @Slot()
    def _on_cancel(self) -> None:
        if (run := self._chosen) is not None:
            operation = operations.cancel(self.desk.workspace.queue, job_id=run.id, command=run.command)
            self.desk.operations.run(self, operation)

    @Slot()
    def _on_copy(self) -> None:
        if self.detail.plan is not None:
            QGuiApplication.clipboard().setText(self.detail.plan["text"])

    @Slot()
    def _on_add_sample(self) -> None:
        self.desk.operations.run(self, operations.add_sample(self.desk.workspace))
