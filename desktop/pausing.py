"""Pausing, muting and skipping as the window does it: off its thread, and every one of them can be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QObject

from core.queue.scopes import EVERYTHING, PauseScope
from core.workspace import Workspace
from desktop.editing import Editing
from desktop.pause_steps import Pausing, Resuming, Skipping, Unskipping
from desktop.steps import quoted

__all__ = ["Pauses"]


class Pauses:
    """`names` are those of schedules by their ids. `then` gets the result in the main thread."""

    def __init__(self, workspace: Workspace, editing: Editing) -> None:
        self._parts = (workspace.queue, workspace.clock)
        self._editing = editing

    def pause(
        self,
        owner: QObject,
        names: Mapping[int, str],
        until: datetime | None,
        then: Callable[[int], None] | None = None,
    ) -> None:
        """Pause schedules until `until`, or until they are resumed; `then` gets for how many that was new."""
        what = _tr("pausing {names}").format(names=quoted(list(names.values())))
        step = Pausing(*self._parts, [PauseScope.schedule(each) for each in names], until, what)
        self._editing.take(owner, step, _tr("Pausing"), then)

    def resume(self, owner: QObject, names: Mapping[int, str], then: Callable[[int], None] | None = None) -> None:
        """End the pauses of schedules; `then` gets how many had one."""
        what = _tr("resuming {names}").format(names=quoted(list(names.values())))
        step = Resuming(*self._parts, [PauseScope.schedule(each) for each in names], what)
        self._editing.take(owner, step, _tr("Resuming"), then)

    def pause_all(self, owner: QObject, until: datetime | None) -> None:
        """Pause every schedule."""
        step = Pausing(*self._parts, [EVERYTHING], until, _tr("pausing all schedules"))
        self._editing.take(owner, step, _tr("Pausing all schedules"))

    def resume_all(self, owner: QObject) -> None:
        """End the pause of every schedule."""
        step = Resuming(*self._parts, [EVERYTHING], _tr("resuming all schedules"))
        self._editing.take(owner, step, _tr("Resuming all schedules"))

    def mute(self, owner: QObject, cells: Sequence[PauseScope], what: str) -> None:
        """Let the due times of cells pass without a run until they are unmuted; `what` names them."""
        step = Pausing(*self._parts, cells, None, _tr("muting {what}").format(what=what))
        self._editing.take(owner, step, _tr("Muting {what}").format(what=what))

    def unmute(self, owner: QObject, cells: Sequence[PauseScope], what: str) -> None:
        """Let cells run again when they are due."""
        step = Resuming(*self._parts, cells, _tr("unmuting {what}").format(what=what))
        self._editing.take(owner, step, _tr("Unmuting {what}").format(what=what))

    def skip_next(
        self, owner: QObject, names: Mapping[int, str], then: Callable[[dict[int, datetime]], None] | None = None
    ) -> None:
        """Skip the next run of schedules; `then` gets which due times."""
        self._editing.take(owner, Skipping(*self._parts, names), _tr("Skipping the next run"), then)

    def unskip(self, owner: QObject, names: Mapping[int, str], due: Mapping[int, datetime]) -> None:
        """Let these due times, which were to be skipped, run after all."""
        self._editing.take(owner, Unskipping(*self._parts, names, due), _tr("Taking back what was to be skipped"))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Pausing", text)
