"""Tells the queue what became of attempts, in order and together, and again where the database refused."""

from __future__ import annotations

import logging
from concurrent.futures import Future

from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import StorageError
from core.output.store import OutputStore
from core.queue.engine import JobQueue
from core.queue.jobs import Finished, Started
from core.queue.states import JobState
from desktop.bridge import Bridge

__all__ = ["InlineOutput", "Ledger"]

logger = logging.getLogger(__name__)

_TRY_AGAIN_MS = 1000

InlineOutput = tuple[int, int, bytes, bytes]
"""A row for the small outputs' database: job, attempt, bytes, index."""


class Ledger(QObject):
    """Gathers notes during one pass of the event loop and hands them over together.

    What the database refuses (disk full, locked) is kept and handed over again every second, so that no end of an
    attempt is ever forgotten while the program lives. `handed_over` says that ends are on their way: a claim that is
    submitted now finds their slots free, and shares their commit. `settled` says that they are on disk, `refused`
    carries the sentence to show.
    """

    handed_over = Signal()
    settled = Signal()
    refused = Signal(str)

    def __init__(
        self, *, queue: JobQueue, outputs: OutputStore, bridge: Bridge, agent_id: int, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._outputs = outputs
        self._bridge = bridge
        self._agent_id = agent_id
        self._started: list[Started] = []
        self._finished: list[Finished] = []
        self._inline: list[InlineOutput] = []
        self._under_way = 0
        self._is_closed = False
        self._flush = QTimer(self)
        self._flush.setSingleShot(True)
        self._flush.timeout.connect(self._hand_over)

    @property
    def is_empty(self) -> bool:
        """Return whether everything is on disk."""
        return not (self._started or self._finished or self._under_way)

    def note_started(self, started: Started) -> None:
        """Note that a process runs."""
        self._started.append(started)
        self._soon()

    def note_finished(self, finished: Finished, inline: InlineOutput | None) -> None:
        """Note that an attempt has ended; `inline` is its output where that is small."""
        self._finished.append(finished)
        if inline is not None:
            self._inline.append(inline)
        self._soon()

    def close(self) -> None:
        """Hand nothing over any more."""
        self._is_closed = True
        self._flush.stop()

    def _soon(self, wait_ms: int = 0) -> None:
        if not self._flush.isActive() and not self._is_closed:
            self._flush.start(wait_ms)

    def _hand_over(self) -> None:
        started, self._started = self._started, []
        finished, self._finished = self._finished, []
        inline, self._inline = self._inline, []
        future = self._queue.record(
            self._agent_id,
            started=started,
            finished=finished,
            first=lambda: self._outputs.save_many(inline) if inline else None,
        )
        self._under_way += 1

        def done(result: Future[dict[int, JobState]]) -> None:
            self._under_way -= 1
            error = result.exception()
            if error is None:
                self._report(finished, result.result())
                return
            self._started[:0] = started
            self._finished[:0] = finished
            self._inline[:0] = inline
            self._complain(error)

        self._bridge.when_done(future, done)
        if finished:
            self.handed_over.emit()

    def _complain(self, error: BaseException) -> None:
        if isinstance(error, StorageError):
            logger.warning("%s It is tried again every second.", error)
        else:
            logger.error("The queue could not be told, which is tried again every second", exc_info=error)
        self.refused.emit(str(error))
        self._soon(_TRY_AGAIN_MS)

    def _report(self, finished: list[Finished], states: dict[int, JobState]) -> None:
        for item in finished:
            if item.job.id not in states:
                logger.warning(
                    "Job %d, attempt %d: somebody else recorded its end first", item.job.id, item.job.attempt
                )
        if finished:
            self.settled.emit()
