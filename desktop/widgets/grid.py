"""A schedule as a grid on the screen: reads it again and again, and runs and retries its cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, QItemSelection, QModelIndex, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QPushButton, QTableView, QVBoxLayout, QWidget

from core.history.grid import Cell, Grid, read_grid
from core.history.runs import Run
from core.queue.cells import run_cell
from core.queue.jobs import Enqueued
from core.workspace import Workspace
from desktop import operations
from desktop.models.run_choice import RunChoice
from desktop.operations import Operation, Operations
from desktop.reading import Reading
from desktop.theme import Theme
from desktop.widgets.grid_delegate import ROW_HEIGHT, GridDelegate
from desktop.widgets.grid_model import GridModel

__all__ = ["GridView", "ScheduleGrid"]

_MOST_ROWS = 7
_WIDEST_NAME = 200
_READ_MS = 100
_RENEW_MS = 60_000


class GridView(QTableView):
    """As high as its rows, up to some; its columns share the width, unless they are too many for that."""

    def __init__(self, model: GridModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._is_too_wide = False
        self._delegate = GridDelegate(theme, self)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName(self.tr("Environments by crons"))
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectItems)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        vertical = self.verticalHeader()
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        vertical.setDefaultSectionSize(ROW_HEIGHT)
        vertical.setMaximumWidth(_WIDEST_NAME)
        vertical.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        horizontal = self.horizontalHeader()
        horizontal.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for header in (vertical, horizontal):
            header.setTextElideMode(Qt.TextElideMode.ElideRight)
            header.setHighlightSections(False)
            header.setSectionsClickable(False)
        model.modelReset.connect(self._fit)
        model.dataChanged.connect(self._fit)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt names it so)
        """Share the width anew."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt names it so)
        """Return the size in which some rows are to be seen."""
        rows = min(_MOST_ROWS, self.model().rowCount())
        height = self.horizontalHeader().sizeHint().height() + rows * ROW_HEIGHT + 2 * self.frameWidth()
        return QSize(480, height + (self.horizontalScrollBar().sizeHint().height() if self._is_too_wide else 0))

    @Slot()
    def _fit(self) -> None:
        count = self.model().columnCount()
        wanted = [self.sizeHintForColumn(column) for column in range(count)]
        room = self.viewport().width() - sum(wanted)
        self._is_too_wide = room < 0
        spare = room // count
        for column, width in enumerate(wanted):
            # A lone column as wide as the window would be a bar, and not a cell.
            self.setColumnWidth(column, min(max(width, width + spare), 2 * width))
        self.setFixedHeight(self.sizeHint().height())


class ScheduleGrid(QWidget):
    """Shows the schedule of `show_schedule`; `set_shape` says which rows and columns its form names.

    Everything acts on the chosen cells: run now (Ctrl+R), retry (Ctrl+Shift+R), open the last run (Enter), and the
    history (Ctrl+H).
    """

    open_run = Signal(int)
    open_runs = Signal(object)
    """A RunChoice: the runs of the schedule in the environment of the cell."""

    def __init__(
        self, workspace: Workspace, operations_: Operations, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._operations = operations_
        self._theme = theme
        self._schedule_id: int | None = None
        self._command = ""
        self._grid: Grid | None = None
        self.model = GridModel(workspace.clock.now, self)
        self.view = GridView(self.model, theme)
        self._icons: dict[QAction, str] = {}
        self._head = QHBoxLayout()
        self._head.addWidget(_heading(_tr("Last runs and next due times")), 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self.run = self._add(_tr("&Run now"), "run", "Ctrl+R", _tr("Run the chosen cells once, at once"))
        self.retry = self._add(_tr("Retr&y"), "retry", "Ctrl+Shift+R", _tr("Run again what the chosen cells ran last"))
        self.open = self._add(_tr("Open r&un"), "search", "", _tr("Show the last run of the cell (Enter)"))
        self.history = self._add(_tr("H&istory"), "runs", "Ctrl+H", _tr("Show all runs of the cell"), into=self._head)
        self._buttons.addStretch()
        self._reading = Reading(self, operations_, self._question, self._on_read, interval_ms=_READ_MS)
        self._clock = QTimer(self)
        self._clock.setInterval(_RENEW_MS)
        self._clock.timeout.connect(self.model.renew)
        self._lay_out()
        self._connect()

    def show_schedule(self, schedule_id: int | None) -> None:
        """Show a saved schedule, or None for a new one, which has no runs."""
        if schedule_id != self._schedule_id:
            self._schedule_id = schedule_id
            self._grid = None
            self._tell_model()
        self.refresh()

    def set_shape(self, command: str, environments: Sequence[str], crons: Sequence[str]) -> None:
        """Show these rows and columns; what is not saved of them can't be run."""
        self._command = command
        self.model.set_shape(environments, crons)
        self._tell_model()

    def refresh(self) -> None:
        """Read what is saved anew, if it is seen."""
        if self._schedule_id is not None and self.isVisible():
            self._reading.request()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt names it so)
        """Catch up with what was missed."""
        super().showEvent(event)
        self._clock.start()
        self.model.renew()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  (Qt names it so)
        """Rest."""
        super().hideEvent(event)
        self._clock.stop()
        self._reading.stop()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(self._head)
        layout.addWidget(self.view)
        layout.addLayout(self._buttons)

    def _connect(self) -> None:
        self.run.triggered.connect(self._on_run)
        self.retry.triggered.connect(self._on_retry)
        self.open.triggered.connect(self._on_open)
        self.history.triggered.connect(self._on_history)
        self.view.activated.connect(self._on_activated)
        self.view.selectionModel().selectionChanged.connect(self._on_selection)
        self.model.modelReset.connect(self._choose_first)
        self.model.dataChanged.connect(self._suit)
        self._theme.changed.connect(self._on_theme)
        self._choose_first()

    # Reading

    def _question(self) -> partial[tuple[int, Grid | None]]:
        assert self._schedule_id is not None, "only a saved schedule is read"
        return partial(_read, self._workspace, self._schedule_id, self._grid)

    def _on_read(self, answer: tuple[int, Grid | None]) -> None:
        schedule_id, grid = answer
        if schedule_id != self._schedule_id:
            self.refresh()
            return
        self._grid = grid
        self._tell_model()
        if grid is not None and not grid.is_complete:
            self.refresh()

    def _tell_model(self) -> None:
        grid = self._grid
        self.model.set_grid(grid, is_same_command=grid is None or grid.command == self._command)

    # What can be done

    def _add(self, text: str, icon: str, keys: str, tip: str, *, into: QHBoxLayout | None = None) -> QAction:
        action = QAction(text, self)
        if keys:
            action.setShortcut(QKeySequence(keys))
            # Not of the whole page: the list beside the form has chosen rows of its own.
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        native = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setIcon(self._theme.icon(icon))
        self._icons[action] = icon
        for widget in (self, self.view):
            widget.addAction(action)
        button = QPushButton(text)
        button.setAccessibleName(text.replace("&", ""))
        button.setToolTip(f"{tip} ({native})" if native else tip)
        self._theme.put_icon(button, icon)
        button.clicked.connect(action.trigger)
        action.enabledChanged.connect(button.setEnabled)
        (self._buttons if into is None else into).addWidget(button)
        return action

    def _chosen(self) -> list[QModelIndex]:
        return sorted(self.view.selectedIndexes(), key=lambda index: (index.row(), index.column()))

    def _ended(self) -> list[Run]:
        runs = [self.model.run(index) for index in self._chosen()]
        return [run for run in runs if run is not None and not run.is_live]

    def _current_run(self) -> Run | None:
        index = self.view.currentIndex()
        return self.model.run(index) if index.isValid() else None

    def _current_choice(self) -> RunChoice | None:
        index = self.view.currentIndex()
        if self._grid is None or not index.isValid() or self.model.cell(index) is None:
            return None
        environment = self.model.environment(index) or ""
        return RunChoice(schedule_id=self._grid.schedule_id, schedule=self._grid.schedule, text=environment)

    @Slot()
    def _choose_first(self) -> None:
        if not self.view.currentIndex().isValid():
            self.view.setCurrentIndex(self.model.index(0, 0))
        self._suit()

    @Slot(QItemSelection, QItemSelection)
    def _on_selection(self, _chosen: QItemSelection, _dropped: QItemSelection) -> None:
        self._suit()

    @Slot()
    def _suit(self) -> None:
        self.run.setEnabled(any(self.model.cell(index) is not None for index in self._chosen()))
        self.retry.setEnabled(bool(self._ended()))
        self.open.setEnabled(self._current_run() is not None)
        self.history.setEnabled(self._current_choice() is not None)

    @Slot()
    def _on_run(self) -> None:
        for index in self._chosen():
            cell = self.model.cell(index)
            if cell is not None and self._schedule_id is not None:
                title = _tr("Running {what}").format(what=self.model.place(index))
                self._operations.run(self, Operation(title, partial(_run, self._workspace, self._schedule_id, cell)))

    @Slot()
    def _on_retry(self) -> None:
        for run in self._ended():
            self._operations.run(self, operations.retry(self._workspace.queue, job_id=run.id, command=run.command))

    @Slot()
    def _on_open(self) -> None:
        if (run := self._current_run()) is not None:
            self.open_run.emit(run.id)

    @Slot()
    def _on_history(self) -> None:
        if (choice := self._current_choice()) is not None:
            self.open_runs.emit(choice)

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        if (run := self.model.run(index)) is not None:
            self.open_run.emit(run.id)

    @Slot()
    def _on_theme(self) -> None:
        for action, icon in self._icons.items():
            action.setIcon(self._theme.icon(icon))
        self.view.viewport().update()


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("sectionTitle")
    return label


def _read(workspace: Workspace, schedule_id: int, seen: Grid | None) -> tuple[int, Grid | None]:
    return schedule_id, read_grid(workspace.database, workspace.clock, schedule_id, seen)


def _run(workspace: Workspace, schedule_id: int, cell: Cell) -> Enqueued:
    return run_cell(workspace.database, workspace.clock, schedule_id, cell.environment_id, cell.cron_id)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Grid", text)
