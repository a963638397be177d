"""Tells the queue what became of attempts, in order and together, and again where the database refused."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import StorageError
from core.execution.outcome import Lost
from core.output.store import OutputStore
from core.queue.engine import JobQueue
from core.queue.jobs import Finished, Started
from core.queue.states import JobState
from desktop.bridge import Bridge

__all__ = ["InlineOutput", "Ledger"]

logger = logging.getLogger(__name__)

_TRY_AGAIN_MS = 1000
_START_MAY_WAIT_MS = 5
"""So that a short job's start and end share a commit. A process that is not noted yet is found by its token."""

InlineOutput = tuple[int, int, bytes, bytes]
"""A row for the small outputs' database: job, attempt, bytes, index."""


@dataclass(slots=True)
class _Notes:
    """What is handed over in one transaction."""

    started: list[Started] = field(default_factory=list)
    finished: list[Finished] = field(default_factory=list)
    inline: list[InlineOutput] = field(default_factory=list)

    def one_by_one(self) -> list[_Notes]:
        """Return the same notes, each for itself, in their order."""
        outputs = {(row[0], row[1]): row for row in self.inline}
        starts = [_Notes(started=[item]) for item in self.started]
        keys = [(item.job.id, item.job.attempt) for item in self.finished]
        return starts + [
            _Notes(finished=[item], inline=[outputs[key]] if key in outputs else [])
            for item, key in zip(self.finished, keys, strict=True)
        ]

    def put_before(self, others: _Notes) -> None:
        """Put these in front of what came later."""
        others.started[:0] = self.started
        others.finished[:0] = self.finished
        others.inline[:0] = self.inline


class Ledger(QObject):
    """Gathers notes during one pass of the event loop and hands them over together.

    What the database refuses (disk full, locked) is kept and handed over again every second, so that no end of an
    attempt is ever forgotten while the program lives. `handed_over` says that ends are on their way: a claim that is
    submitted now finds their slots free, and shares their commit. `settled` says that they are on disk, `refused`
    carries the sentence to show.

    What fails for another reason than the database's state is handed over one by one, so that a note which can't be
    recorded does not keep the others from it; an end that fails alone is recorded as lost, without its details.
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
        self._notes = _Notes()
        self._under_way = 0
        self._is_closed = False
        self._is_refused = False
        self._flush = QTimer(self)
        self._flush.setSingleShot(True)
        self._flush.timeout.connect(self._hand_over)

    @property
    def is_empty(self) -> bool:
        """Return whether everything is on disk."""
        return not (self._notes.started or self._notes.finished or self._under_way)

    @property
    def is_refused(self) -> bool:
        """Return whether the database did not take what was handed over last."""
        return self._is_refused

    def note_started(self, started: Started) -> None:
        """Note that a process runs."""
        self._notes.started.append(started)
        self._soon(_START_MAY_WAIT_MS)

    def note_finished(self, finished: Finished, inline: InlineOutput | None) -> None:
        """Note that an attempt has ended; `inline` is its output where that is small."""
        self._notes.finished.append(finished)
        if inline is not None:
            self._notes.inline.append(inline)
        self._soon()

    def close(self) -> None:
        """Hand nothing over any more."""
        self._is_closed = True
        self._flush.stop()

    def _soon(self, wait_ms: int = 0) -> None:
        if self._is_closed or (self._flush.isActive() and (self._is_refused or self._flush.remainingTime() <= wait_ms)):
            return
        self._flush.start(wait_ms)

    def _hand_over(self) -> None:
        notes, self._notes = self._notes, _Notes()
        self._submit(notes)
        if notes.finished:
            self.handed_over.emit()

    def _submit(self, notes: _Notes) -> None:
        future = self._queue.record(
            self._agent_id,
            started=notes.started,
            finished=notes.finished,
            first=lambda: self._outputs.save_many(notes.inline) if notes.inline else None,
        )
        self._under_way += 1

        def done(result: Future[dict[int, JobState]]) -> None:
            self._under_way -= 1
            error = result.exception()
            was_refused, self._is_refused = self._is_refused, isinstance(error, StorageError)
            if error is None:
                self._report(notes.finished, result.result())
            elif isinstance(error, StorageError):
                notes.put_before(self._notes)
                # Said once, and not every second for as long as the disk is full.
                logger.log(
                    logging.DEBUG if was_refused else logging.WARNING, "%s It is tried again every second.", error
                )
                self.refused.emit(str(error))
                self._soon(_TRY_AGAIN_MS)
            else:
                self._isolate(notes, error)

        self._bridge.when_done(future, done)

    def _isolate(self, notes: _Notes, error: BaseException) -> None:
        """Record what can be of notes that failed by an error of our own."""
        if len(notes.started) + len(notes.finished) > 1:
            for single in notes.one_by_one():
                self._submit(single)
            return
        self.refused.emit(str(error))
        for start in notes.started:
            logger.error("Job %d: its start could not be recorded", start.job_id, exc_info=error)
        for item in notes.finished:
            logger.error("Job %d: its end could not be recorded", item.job.id, exc_info=error)
            if item.outcome.kind != "lost":
                lost = Lost(f"it ended, and that could not be recorded: {error!a}")
                self._submit(_Notes(finished=[Finished(job=item.job, outcome=lost, at=item.at)]))
        if self.is_empty:
            self.settled.emit()

    def _report(self, finished: list[Finished], states: dict[int, JobState]) -> None:
        for item in finished:
            if item.job.id not in states:
                logger.warning(
                    "Job %d, attempt %d: somebody else recorded its end first", item.job.id, item.job.attempt
                )
        if finished:
            self.settled.emit()
