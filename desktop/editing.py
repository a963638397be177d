"""The writes to the catalog and the settings as the window sees them: each can be undone, and done again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal, Slot
from shiboken6 import isValid

from core.catalog.catalog import Catalog
from core.catalog.removal import DeletionEffects
from core.catalog.specs import Kind, QueueSpec
from core.catalog.storing import RowSpec
from core.errors import NotFoundError, StaleError, TooLateError
from core.secrets.giving import GivenValues
from core.secrets.keys import Keys
from core.settings import Setting, Settings
from desktop.operations import Operation, Operations
from desktop.secret_edits import SecretEdits
from desktop.steps import (
    Copying,
    Creation,
    Deletion,
    PartlyDoneError,
    QueueChange,
    Revision,
    SettingChange,
    Step,
    Switch,
)

__all__ = ["Editing"]

T = TypeVar("T")
V = TypeVar("V", bool, int)

_MOST_STEPS = 100
_NO_EDITS = SecretEdits()
_HOPELESS = (NotFoundError, StaleError, TooLateError)
"""What is gone, was changed by somebody else, or comes too late, can't be undone later either."""


class Editing(QObject):
    """One for the whole window. Every write runs off the GUI thread, and `then` gets its result in the main thread.

    One after the other: an undo means what was done before it, also where that is still under way. `undo_changed`
    carries what the actions say from now on (“Undo deleting “sync””), empty where there is nothing to undo or to redo.
    `reached` carries the name of the page (empty where every page shows it) and the ids of what an undo or a redo
    brought about.
    """

    undo_changed = Signal(str, str)
    reached = Signal(str, object)

    def __init__(
        self,
        catalog: Catalog,
        settings: Settings,
        operations: Operations,
        parent: QObject | None = None,
        *,
        keys: Keys | None = None,
    ) -> None:
        """Without the `keys` no values of secrets can be saved."""
        super().__init__(parent)
        self._catalog = catalog
        self._keys = keys
        self._settings = settings
        self._operations = operations
        self._done: list[Step[Any]] = []
        self._undone: list[Step[Any]] = []
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_busy = False

    @property
    def undo_text(self) -> str:
        """Return what undoing would do, or an empty text."""
        return self.tr("Undo {what}").format(what=self._done[-1].what) if self._done else ""

    @property
    def redo_text(self) -> str:
        """Return what redoing would do, or an empty text."""
        return self.tr("Redo {what}").format(what=self._undone[-1].what) if self._undone else ""

    def create(
        self,
        owner: QObject,
        spec: RowSpec,
        then: Callable[[int], None] | None = None,
        *,
        failed: Callable[[], None] | None = None,
        secrets: SecretEdits = _NO_EDITS,
    ) -> None:
        """Save something new; `then` gets its id. `failed` is called where it was refused, which the bar shows."""
        step = Creation(self._catalog, spec, self._given(secrets))
        self.take(owner, step, self.tr("Saving “{name}”").format(name=spec.name), then, failed)

    def change(
        self,
        owner: QObject,
        row_id: int,
        old_spec: RowSpec,
        new_spec: RowSpec,
        then: Callable[[RowSpec], None] | None = None,
        *,
        failed: Callable[[], None] | None = None,
        secrets: SecretEdits = _NO_EDITS,
    ) -> None:
        """Replace what was seen as `old_spec`; `then` gets it as it is saved now.

        It is refused, in the error bar, where somebody else has changed it meanwhile.
        """
        given = self._given(secrets)
        step = Revision(self._catalog, row_id, old_spec, new_spec, renamed=secrets.renamed, given=given)
        self.take(owner, step, self.tr("Saving “{name}”").format(name=new_spec.name), then, failed)

    def delete(
        self,
        owner: QObject,
        kind: Kind,
        ids: Sequence[int],
        then: Callable[[DeletionEffects], None] | None = None,
        *,
        failed: Callable[[], None] | None = None,
    ) -> None:
        """Delete several things of a kind; `then` gets what else that did."""
        step = Deletion(self._catalog, kind, ids)
        self.take(owner, step, self.tr("Deleting"), then, failed)

    def duplicate(
        self,
        owner: QObject,
        kind: Kind,
        row_id: int,
        then: Callable[[int], None] | None = None,
    ) -> None:
        """Save a copy; `then` gets its id."""
        self.take(owner, Copying(self._catalog, kind, row_id), self.tr("Duplicating"), then)

    def set_enabled(
        self,
        owner: QObject,
        kind: Kind,
        ids: Sequence[int],
        enabled: bool,
        then: Callable[[list[int]], None] | None = None,
    ) -> None:
        """Enable or disable several things; `then` gets the ids of those for which that was new."""
        step = Switch(self._catalog, kind, ids, enabled)
        self.take(owner, step, self.tr("Enabling") if enabled else self.tr("Disabling"), then)

    def set_setting(
        self, owner: QObject, setting: Setting[V], value: V, then: Callable[[None], None] | None = None
    ) -> None:
        """Give a setting another value."""
        step = SettingChange(self._settings, setting, value)
        self.take(owner, step, self.tr("Changing “{name}”").format(name=setting.title), then)

    def set_queue(self, owner: QObject, spec: QueueSpec, then: Callable[[None], None] | None = None) -> None:
        """Give a queue another limit."""
        step = QueueChange(self._catalog, spec)
        self.take(owner, step, self.tr("Changing the queue “{name}”").format(name=spec.name), then)

    def take(
        self,
        owner: QObject,
        step: Step[T],
        title: str,
        then: Callable[[T], None] | None = None,
        failed: Callable[[], None] | None = None,
    ) -> None:
        """Take a step, which `title` names in an error; `then` gets what it returns."""

        def come_home(result: T | Exception) -> None:
            if isinstance(result, Exception):
                self._operations.report(result, title=title)
                if failed is not None and isValid(owner):
                    failed()
                return
            if not step.is_empty:
                self._done.append(step)
                del self._done[:-_MOST_STEPS]
                self._undone.clear()
                self._tell()
            if then is not None and isValid(owner):
                then(result)

        # The step belongs in the list also where its owner is gone by then.
        self._in_turn(lambda: self._send(title, step.do, come_home))

    @Slot()
    def undo(self) -> None:
        """Take back the last step."""
        self._in_turn(self._undo)

    @Slot()
    def redo(self) -> None:
        """Take the step again that was taken back last."""
        self._in_turn(self._redo)

    def _undo(self) -> None:
        if self._done:
            title, step = self.undo_text, self._done.pop()
            self._tell()
            self._move(step, step.undo, title, back=self._done, to=self._undone)

    def _redo(self) -> None:
        if self._undone:
            title, step = self.redo_text, self._undone.pop()
            self._tell()
            self._move(step, step.do, title, back=self._undone, to=self._done)

    def _move(
        self,
        step: Step[Any],
        call: Callable[[], object],
        title: str,
        *,
        back: list[Step[Any]],
        to: list[Step[Any]],
    ) -> None:
        def come_home(result: object) -> None:
            if isinstance(result, Exception):
                self._operations.report(result, title=title)
            if isinstance(result, Exception) and not isinstance(result, PartlyDoneError):
                if not isinstance(result, _HOPELESS):
                    back.append(step)
            else:
                if not step.is_empty:
                    to.append(step)
                self.reached.emit(step.page, step.ids)
            self._tell()

        self._send(title, call, come_home)

    def _in_turn(self, begin: Callable[[], None]) -> None:
        self._waiting.append(begin)
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and not self._is_busy:
            self._waiting.popleft()()

    def _send(self, title: str, call: Callable[[], T], come_home: Callable[[T | Exception], None]) -> None:
        def arrive(result: T | Exception) -> None:
            self._is_busy = False
            try:
                come_home(result)
            finally:
                self._go_on()

        self._is_busy = True
        self._operations.run(self, Operation(title, lambda: _attempt(call)), arrive)

    def _given(self, secrets: SecretEdits) -> GivenValues | None:
        if not secrets.values:
            return None
        assert self._keys is not None, "who lets secrets be written hands their keys in"
        return GivenValues(self._keys, secrets.values)

    def _tell(self) -> None:
        self.undo_changed.emit(self.undo_text, self.redo_text)


def _attempt(call: Callable[[], T]) -> T | Exception:
    # A failure comes home, too: it decides what can still be undone.
    try:
        return call()
    except Exception as error:  # noqa: BLE001  (whatever it is, it is shown)
        return error
