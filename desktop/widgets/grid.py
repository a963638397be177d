"""A schedule as a grid on the screen: reads it again and again, and runs, retries and mutes its cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, QItemSelection, QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.history.grid import Cell, Grid, read_grid
from core.history.runs import Run
from core.queue.cells import run_cell
from core.queue.jobs import Enqueued
from core.workspace import Workspace
from desktop import operations
from desktop.models.run_choice import RunChoice
from desktop.operations import Operation, Operations
from desktop.pausing import Pauses
from desktop.reading import Reading
from desktop.theme import Theme
from desktop.widgets.grid_model import GridModel
from desktop.widgets.grid_view import GridView

__all__ = ["ScheduleGrid"]

_READ_MS = 100
_RENEW_MS = 60_000


class ScheduleGrid(QWidget):
    """Shows the schedule of `show_schedule`; `set_shape` says which rows and columns its form names.

    Everything acts on the chosen cells: run now (Ctrl+R), retry (Ctrl+Shift+R), mute (M), open the last run (Enter),
    and the history (Ctrl+H). `grid_read` carries the Grid that is shown (None: not saved, or gone), also once a minute
    without a change, since what is said of it depends on the time.
    """

    grid_read = Signal(object)

    open_run = Signal(int)
    open_runs = Signal(object)
    """A RunChoice: the runs of the schedule in the environment of the cell."""

    def __init__(
        self,
        workspace: Workspace,
        operations_: Operations,
        pauses: Pauses,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._pauses = pauses
        self._operations = operations_
        self._theme = theme
        self._schedule_id: int | None = None
        self._command = ""
        self._grid: Grid | None = None
        self.model = GridModel(workspace.clock.now, self)
        self.view = GridView(self.model, theme)
        self._icons: dict[QAction, str] = {}
        self._button_of: dict[QAction, QPushButton] = {}
        self._head = QHBoxLayout()
        self._head.addWidget(_heading(_tr("Last and next runs")), 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self.run = self._add(_tr("&Run now"), "run", "Ctrl+R", _tr("Run the chosen cells once, at once"))
        self.retry = self._add(_tr("Retr&y"), "retry", "Ctrl+Shift+R", _tr("Run again what the chosen cells ran last"))
        self.mute = self._add(_tr("Mute"), "mute", "M", _tr("Let the due times of the chosen cells pass without a run"))
        self.open = self._add(
            _tr("Open r&un"), "search", "", _tr("Show the last run of the cell (Enter)"), into=self._head
        )
        self.history = self._add(_tr("H&istory"), "runs", "Ctrl+H", _tr("Show all runs of the cell"), into=self._head)
        self._buttons.addStretch()
        self._reading = Reading(self, operations_, self._question, self._on_read, interval_ms=_READ_MS)
        self._clock = QTimer(self)
        self._clock.setInterval(_RENEW_MS)
        self._clock.timeout.connect(self._on_minute)
        self._lay_out()
        self._connect()

    def show_schedule(self, schedule_id: int | None) -> None:
        """Show a saved schedule, or None for a new one, which has no runs."""
        if schedule_id != self._schedule_id:
            self._schedule_id = schedule_id
            self._grid = None
            self._tell_model()
        if schedule_id is None:
            self._reading.stop()  # what was wanted of the schedule before
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
        self.mute.triggered.connect(self._on_mute)
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
        self.grid_read.emit(grid)

    @Slot()
    def _on_minute(self) -> None:
        self.model.renew()
        self.grid_read.emit(self._grid)

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
        self._button_of[action] = button
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
        self.mute.setEnabled(bool(self._mutable()))
        self._name_mute()
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

    def _mutable(self) -> list[QModelIndex]:
        return [index for index in self._chosen() if self.model.scope(index) is not None]

    def _is_muted(self, index: QModelIndex) -> bool:
        prospect = self.model.prospect(index)
        return prospect is not None and prospect.mute is not None

    def _name_mute(self) -> None:
        """Let the action say what it would do: unmute where all that is chosen is muted."""
        chosen = self._mutable()
        unmutes = bool(chosen) and all(map(self._is_muted, chosen))
        text, icon = (_tr("Unmute"), "bell") if unmutes else (_tr("Mute"), "mute")
        if text == self.mute.text():
            return
        self.mute.setText(text)
        self.mute.setIcon(self._theme.icon(icon))
        self._icons[self.mute] = icon
        button = self._button_of[self.mute]
        button.setText(text)
        button.setAccessibleName(text)
        self._theme.put_icon(button, icon)

    @Slot()
    def _on_mute(self) -> None:
        chosen = self._mutable()
        scopes = [scope for index in chosen if (scope := self.model.scope(index)) is not None]
        what = self.model.place(chosen[0]) if len(chosen) == 1 else _tr("{count} cells").format(count=len(chosen))
        if all(map(self._is_muted, chosen)):
            self._pauses.unmute(self, scopes, what)
        else:
            self._pauses.mute(self, scopes, what)

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
