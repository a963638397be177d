"""The border between the threads of core and the Qt event loop: changes become a signal, calls come home."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from core.changes import Changes, Publisher

__all__ = ["Bridge"]

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Bridge(QObject):
    """Lives in the main thread. Nothing else crosses the line.

    `changed` carries what was written since it was emitted last. `post` runs a function in the main thread, from
    whatever thread it is called. A signal that a thread emits would run a connected plain function in that thread;
    therefore only slots of this object are connected to what threads emit.
    """

    changed = Signal(object)
    _arrived = Signal()

    def __init__(self, publisher: Publisher, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._changes = Changes()
        self._calls: deque[Callable[[], None]] = deque()
        self._is_due = False
        self._is_closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = publisher.subscribe(self._on_change)

    def post(self, call: Callable[[], None]) -> None:
        """Run `call` in the main thread soon, in the order of posting; nothing happens after `close`."""
        with self._lock:
            if not self._is_closed:
                self._calls.append(call)
                self._ring()

    def when_done(self, future: Future[T], then: Callable[[Future[T]], None]) -> None:
        """Call `then` with the future in the main thread once it is done."""
        future.add_done_callback(lambda done: self.post(lambda: then(done)))

    def close(self) -> None:
        """Let nothing through any more."""
        self._unsubscribe()
        with self._lock:
            self._is_closed = True
            self._calls.clear()
            self._changes = Changes()

    def _on_change(self, changes: Changes) -> None:
        with self._lock:
            self._changes |= changes
            self._ring()

    def _ring(self) -> None:
        """Emit once for all that gathers until the main thread comes round; the lock is held."""
        if not self._is_due and not self._is_closed:
            self._is_due = True
            self._arrived.emit()

    @Slot()
    def _deliver(self) -> None:
        with self._lock:
            self._is_due = False
            changes, self._changes = self._changes, Changes()
            count = len(self._calls)
        for _ in range(count):
            with self._lock:
                if not self._calls:
                    break  # a question's event loop inside of a call has done the others, or the bridge was closed
                call = self._calls.popleft()
                if self._calls:
                    self._ring()
            try:
                call()
            except Exception:
                # The next calls belong to somebody else: without them an agent would claim nothing any more.
                logger.exception("A call that came to the main thread failed")
        if changes:
            self.changed.emit(changes)
