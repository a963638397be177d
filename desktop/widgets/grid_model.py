"""The cells of a schedule's grid: what each shows of its last run and of its next due time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.durations import describe_duration
from core.errors import ClockhandError
from core.history.grid import Cell, Grid, GridCron, GridEnvironment
from core.history.runs import Run
from core.queue.prospects import CellProspect, Hindrance
from core.queue.scopes import PauseScope
from core.timing.cron import parse
from core.timing.describe import describe
from desktop.models.outlook_texts import hindrance_text
from desktop.models.pause_texts import day_text, pause_sentence, pause_text, until_text
from desktop.models.run_texts import Look, local_text, result_text, run_look, short_text

__all__ = ["LOOK_ROLE", "CellLook", "GridModel"]

Index = QModelIndex | QPersistentModelIndex
_DISPLAY = Qt.ItemDataRole.DisplayRole
_TIP = Qt.ItemDataRole.ToolTipRole
_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole
_PAUSES = frozenset({Hindrance.ALL_PAUSED, Hindrance.PAUSED})
LOOK_ROLE = int(Qt.ItemDataRole.UserRole)
"""The role of the CellLook that the delegate paints."""


@dataclass(frozen=True, slots=True)
class CellLook:
    """What a cell shows: how its last run went and when that was, and below it what comes next.

    `sign` is the icon before what comes next, for what is muted, paused or skipped; empty for none.
    """

    last: Look
    at: str
    next: str
    sign: str = ""
    is_muted: bool = False

    @property
    def text(self) -> str:
        """Return all of it in words."""
        return ", ".join(piece for piece in (f"{self.last.word} {self.at}".strip(), self.next) if piece)


class GridModel(QAbstractTableModel):
    """Rows are environments, columns are crons, both by name as a form says them; `grid` is what is saved of them.

    A schedule without environments has one row, one without crons has one column: it can be run by hand.
    """

    def __init__(self, now: Callable[[], datetime], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._environments: tuple[str | None, ...] = (None,)
        self._crons: tuple[str | None, ...] = (None,)
        self._saved_environments: dict[str | None, GridEnvironment] = {}
        self._saved_crons: dict[str | None, GridCron] = {}
        self.grid: Grid | None = None
        self._is_same_command = True

    def set_shape(self, environments: Sequence[str], crons: Sequence[str]) -> None:
        """Show these rows and columns."""
        rows, columns = tuple(environments) or (None,), tuple(crons) or (None,)
        if (rows, columns) != (self._environments, self._crons):
            self.beginResetModel()
            self._environments, self._crons = rows, columns
            self.endResetModel()

    def set_grid(self, grid: Grid | None, *, is_same_command: bool = True) -> None:
        """Take what is saved; where the form names another command than that, nothing of it counts yet."""
        if (grid, is_same_command) == (self.grid, self._is_same_command):
            return
        self.grid, self._is_same_command = grid, is_same_command
        is_shown = grid is not None and is_same_command
        self._saved_environments = {row.name: row for row in grid.environments} if grid and is_shown else {}
        self._saved_crons = {column.name: column for column in grid.crons} if grid and is_shown else {}
        self.renew()

    def renew(self) -> None:
        """Say everything again, as it is said at this time of the day."""
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def cell(self, index: Index) -> Cell | None:
        """Return the saved cell, or None for one that is not saved yet."""
        environment = self._saved_environments.get(self._environments[index.row()])
        cron = self._saved_crons.get(self._crons[index.column()])
        return None if environment is None or cron is None else Cell(environment.id, cron.id)

    def run(self, index: Index) -> Run | None:
        """Return the last run of a cell."""
        cell = self.cell(index)
        return self.grid.last.runs.get(cell) if self.grid is not None and cell is not None else None

    def prospect(self, index: Index) -> CellProspect | None:
        """Return what comes next of a cell that has a cron."""
        cell = self.cell(index)
        return self.grid.prospects.get(cell) if self.grid is not None and cell is not None else None

    def scope(self, index: Index) -> PauseScope | None:
        """Return what muting a cell covers; None for one that is not saved, or has no cron."""
        cell = self.cell(index)
        if self.grid is None or cell is None or cell.cron_id is None:
            return None
        return PauseScope.cell(self.grid.schedule_id, cell.environment_id, cell.cron_id)

    def environment(self, index: Index) -> str | None:
        """Return the name of a cell's environment."""
        return self._environments[index.row()]

    def place(self, index: Index) -> str:
        """Return where a cell is, for a title: “disk space” in “home” by “each morning”."""
        pieces = [_tr("“{name}”").format(name=self.grid.command)] if self.grid is not None else []
        if (environment := self._environments[index.row()]) is not None:
            pieces.append(_tr("in “{name}”").format(name=environment))
        if (cron := self._crons[index.column()]) is not None:
            pieces.append(_tr("by “{name}”").format(name=cron))
        return " ".join(pieces)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's signature)
        """Return how many environments there are, at least one."""
        return 0 if parent.isValid() else len(self._environments)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's signature)
        """Return how many crons there are, at least one."""
        return 0 if parent.isValid() else len(self._crons)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """Return what a cell shows."""
        if role == LOOK_ROLE:
            return self._look(index)
        if role == _DISPLAY:
            return self._look(index).text
        if role == _ACCESSIBLE:
            return f"{self.place(index)}: {self._look(index).text}"
        if role == _TIP:
            return self._tip(index)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:  # noqa: N802  (Qt's)
        """Return the name of an environment or a cron, and as its tip what the cron means."""
        if role not in {_DISPLAY, _TIP, _ACCESSIBLE}:
            return None
        if orientation == Qt.Orientation.Vertical:
            return self._environments[section] or _tr("no environment")
        name = self._crons[section]
        if name is None:
            return _tr("by hand")
        return _cron_tip(name, self._saved_crons.get(name)) if role == _TIP else name

    def _look(self, index: Index) -> CellLook:
        cell = self.cell(index)
        if self.grid is None or cell is None:
            return CellLook(Look(_tr("Not saved yet"), "add", "muted"), "", "")
        last, at = Look(_tr("No run yet"), "waiting", "muted"), ""
        if (run := self.grid.last.runs.get(cell)) is not None:
            last, at = run_look(run), self._time_text(_time_of(run))
        elif not self.grid.is_complete:
            last = Look(_tr("Looking …"), "search", "muted")
        is_muted = (prospect := self.prospect(index)) is not None and prospect.mute is not None
        return CellLook(last, at, self._next_text(self.grid, index), self._sign(index), is_muted)

    def _sign(self, index: Index) -> str:
        prospect = self.prospect(index)
        if prospect is None:
            return ""
        if prospect.mute is not None:
            return "mute"
        if prospect.hindrance in _PAUSES:
            return "pause"
        cron = self._saved_crons[self._crons[index.column()]]
        return "skipped" if prospect.hindrance is None and self._skipped(cron) else ""

    def _skipped(self, cron: GridCron) -> list[datetime]:
        offset = self.grid.jitter_offset if self.grid is not None else timedelta()
        return [at for at in cron.skipped if at + offset > self._now()]

    def _next_text(self, grid: Grid, index: Index) -> str:
        environment = self._saved_environments[self._environments[index.row()]]
        cron = self._saved_crons[self._crons[index.column()]]
        for enabled, text in (
            (grid.enabled, _tr("schedule is disabled")),
            (grid.command_enabled, _tr("command is disabled")),
            (environment.enabled, _tr("environment is disabled")),
            (cron.enabled, _tr("cron is disabled")),
            (cron.id is not None, _tr("only by hand")),
        ):
            if not enabled:
                return text
        prospect = self.prospect(index)
        if prospect is None:
            return ""
        if prospect.hindrance is not None:
            pause = prospect.mute or prospect.pause
            return pause_text(pause, self._now()) if pause is not None else hindrance_text(prospect.hindrance)
        return self._coming_text(cron, prospect)

    def _coming_text(self, cron: GridCron, prospect: CellProspect) -> str:
        if prospect.overdue_since is not None:
            return _tr("due now")
        if prospect.start_at is None:
            return hindrance_text(Hindrance.NEVER)
        if prospect.start_at <= self._now():
            return _tr("due now")
        next_ = day_text(prospect.start_at, self._now(), exact=prospect.start_at == prospect.next_run_at)
        if skipped := self._skipped(cron):
            text = _tr("skips {skipped}, next {time}")
            return text.format(skipped=day_text(skipped[0], self._now(), exact=True), time=next_)
        return _tr("next {time}").format(time=next_)

    def _time_text(self, instant: datetime) -> str:
        """Return the time alone where it is today, and otherwise the day with it."""
        is_today = instant.astimezone().date() == self._now().astimezone().date()
        return local_text(instant)[11:] if is_today else short_text(instant)[: -len(":00")]

    def _tip(self, index: Index) -> str:
        look, run = self._look(index), self.run(index)
        lines = [self.place(index)] if self.cell(index) is not None else []
        if run is not None:
            lines.append(_tr("Run {id}: {text}").format(id=run.id, text=_run_text(run)))
        else:
            lines.append(look.last.word)
        return "\n".join([*lines, look.next, *self._reasons(index)]).strip()

    def _reasons(self, index: Index) -> list[str]:
        """Return by whom and since when a cell is muted or paused, and why it starts later than it is due."""
        prospect, now = self.prospect(index), self._now()
        if self.grid is None or prospect is None:
            return []
        pauses = (prospect.mute, self.grid.pause, self.grid.all_paused)
        lines = [pause_sentence(pause, now) for pause in pauses if pause is not None and not pause.is_over(now)]
        if prospect.start_at is None or prospect.next_run_at is None:
            return lines
        if lines:
            is_exact = prospect.start_at == prospect.next_run_at
            time = until_text(prospect.start_at, now, exact=is_exact)
            lines.append(_tr("Then it runs at {time}.").format(time=time))
        if prospect.start_at > prospect.next_run_at:
            text = _tr("It is due at {due}, and starts {offset} later because of the jitter.")
            offset = describe_duration(prospect.start_at - prospect.next_run_at)
            lines.append(text.format(due=local_text(prospect.next_run_at), offset=offset))
        return lines


def _run_text(run: Run) -> str:
    return " · ".join(
        piece for piece in (run_look(run).word.lower(), result_text(run), local_text(_time_of(run))) if piece
    )


def _time_of(run: Run) -> datetime:
    return run.finished_at or run.started_at or run.scheduled_at


def _cron_tip(name: str, cron: GridCron | None) -> str:
    if cron is None:
        return name
    try:
        sentence = describe(parse(cron.expression))
    except ClockhandError:  # of another version
        sentence = ""
    return "\n".join(piece for piece in (name, f"{cron.expression} ({cron.timezone})", sentence) if piece)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Grid", text)
