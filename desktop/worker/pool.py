"""Claims jobs and runs them: from the queue to processes, and from their ends back to the queue."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QProcess, QTimer, Signal, Slot

from core.changes import Changes
from core.clock import Clock, to_micros
from core.execution.outcome import Cancelled, CouldNotStart
from core.execution.plan import Plan
from core.launching import Launcher, NotYet
from core.output.files import INLINE, NO_OUTPUT
from core.output.spool import TICK_MS, OutputRecord, Spool
from core.queue.engine import JobQueue
from core.queue.jobs import ClaimedJob, Finished, OutputFacts, Started
from core.settings import OUTPUT_LIMIT_BYTES, Settings
from desktop.bridge import Bridge
from desktop.worker.ledger import Ledger
from desktop.worker.process import WorkerProcess
from desktop.worker.pump import Pump
from desktop.worker.trials import Trials

__all__ = ["WorkerPool"]

logger = logging.getLogger(__name__)

_TRY_AGAIN_MS = 1000

T = TypeVar("T")


class WorkerPool(QObject):
    """Keeps as many jobs running as the queues allow, until it is drained.

    `claim` is asked for jobs whenever some may be available or a slot became free. What waits is done by background
    threads: one for plans (definitions, folders, the login shell), one for the plans that need secrets, since a keyring
    may take seconds that are nothing to the other jobs, one for large files and settings, and one for process trees,
    since a kill must not stand behind a login shell that takes its time. Each job starts when its own plan is ready.
    `began` and `ended` carry
    the WorkerProcess whose output lies complete in its spool at the end; `idle` says, while draining, that nothing
    runs and all is recorded; `output_refused` carries the sentence to show, once for each run. `trials` run what has
    no job, beside the queue and its limits.
    """

    began = Signal(object)
    ended = Signal(object)
    idle = Signal()
    output_refused = Signal(str)

    def __init__(
        self,
        *,
        claim: Callable[[], Future[list[ClaimedJob]]],
        queue: JobQueue,
        launcher: Launcher,
        ledger: Ledger,
        settings: Settings,
        output_folder: Path,
        clock: Clock,
        bridge: Bridge,
        agent_id: int,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._claim = claim
        self._queue = queue
        self._launcher = launcher
        self._ledger = ledger
        self._settings = settings
        self._output_folder = output_folder
        self._clock = clock
        self._bridge = bridge
        self._agent_id = agent_id
        self._planning = ThreadPoolExecutor(1, thread_name_prefix="clockhand-prepare")
        self._unlocking = ThreadPoolExecutor(1, thread_name_prefix="clockhand-unlock")
        self._filing = ThreadPoolExecutor(1, thread_name_prefix="clockhand-files")
        self._killing = ThreadPoolExecutor(1, thread_name_prefix="clockhand-trees")
        self._pump = Pump(self)
        self._processes: dict[tuple[int, int], WorkerProcess] = {}
        self._ending: set[tuple[int, int]] = set()
        self._complained: set[tuple[int, int]] = set()
        self._trees: set[WorkerProcess] = set()
        self._preparing: set[tuple[int, int]] = set()
        self._cancelled_early: dict[tuple[int, int], str] = {}
        self._output_limit_bytes = settings.get(OUTPUT_LIMIT_BYTES)
        self._claiming = False
        self._claim_again = False
        self._claims_fail = False
        self._is_draining = False
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._on_tick)
        self.trials = Trials(
            pump=self._pump,
            clock=clock,
            in_background=self._among_trees,
            limit_bytes=lambda: self._output_limit_bytes,
            parent=self,
        )
        self.trials.idle.connect(self._report_if_idle)
        bridge.changed.connect(self._on_changes)
        ledger.handed_over.connect(self._claim_soon)
        ledger.settled.connect(self._report_if_idle)

    @property
    def running(self) -> list[WorkerProcess]:
        """Return the processes that run now."""
        return list(self._processes.values())

    @property
    def output_limit_bytes(self) -> int:
        """Return how much of an attempt's output is kept."""
        return self._output_limit_bytes

    @property
    def ledger(self) -> Ledger:
        """Return what records the starts and ends."""
        return self._ledger

    @property
    def is_idle(self) -> bool:
        """Return whether nothing runs and everything is recorded."""
        is_starting = self._claiming or self._preparing
        is_busy = is_starting or self._processes or self._ending or self._trees or not self.trials.is_idle
        return not is_busy and self._ledger.is_empty

    @property
    def waits_for_database(self) -> bool:
        """Return whether nothing runs any more, and the database refuses to record it."""
        is_busy = self._processes or self._ending or self._trees or not self.trials.is_idle
        return not is_busy and self._ledger.is_refused

    def find(self, job_id: int) -> WorkerProcess | None:
        """Return the running process of a job, or None."""
        return next((process for (job, _), process in self._processes.items() if job == job_id), None)

    def start(self) -> None:
        """Begin to claim."""
        self._claim_soon()

    def drain(self) -> None:
        """Claim nothing more and end the trials; `idle` follows when what runs has ended."""
        self._is_draining = True
        self.trials.end("Clockhand, which was closed")
        self._report_if_idle()

    def go_on(self) -> None:
        """Claim again after `drain`; what was ended meanwhile stays ended."""
        self._is_draining = False
        self.trials.go_on()
        self._claim_soon()

    def stop_all(self, by: str) -> None:
        """End every running process as cancelled by `by`, each within its grace period."""
        for process in self.running:
            process.stop(Cancelled(by))

    def kill_all(self, by: str) -> None:
        """End everything that runs at once, as cancelled by `by` unless it was asked to end before."""
        for process in [*self.running, *self._trees]:
            process.kill(Cancelled(by))
        self.trials.kill_all(by)

    def close(self) -> None:
        """End the background threads; only when nothing runs. What is not recorded by now is not recorded any more."""
        assert not self._processes, "a QProcess must not be destroyed while it runs"
        self._tick.stop()
        self._bridge.changed.disconnect(self._on_changes)
        self._ledger.close()
        self.trials.close()
        for threads in (self._planning, self._unlocking, self._filing, self._killing):
            threads.shutdown(wait=True)
        # Deferred deletions that outlive the pool would find its children deleted by it, and crash.
        for process in self.findChildren(QProcess):
            QCoreApplication.sendPostedEvents(process, QEvent.Type.DeferredDelete)

    @Slot(object)
    def _on_changes(self, changes: Changes) -> None:
        if changes.claimable or changes.queues:
            self._claim_soon()
        if changes.settings:
            self._in(self._filing, lambda: self._settings.get(OUTPUT_LIMIT_BYTES), self._on_limit_read)
        if changes.cancellations:
            self._ask_for_cancellations()

    @Slot()
    def _claim_soon(self) -> None:
        if self._is_draining:
            return
        if self._claiming:
            self._claim_again = True
            return
        self._claiming = True
        self._bridge.when_done(self._claim(), self._on_claimed)

    def _on_claimed(self, future: Future[list[ClaimedJob]]) -> None:
        error = future.exception()
        was_failing, self._claims_fail = self._claims_fail, error is not None
        if error is not None:
            level = logging.DEBUG if was_failing else logging.WARNING
            logger.log(level, "Jobs can't be claimed, which is tried again every second: %s", error)
            QTimer.singleShot(_TRY_AGAIN_MS, self._after_failed_claim)
            return
        for job in future.result():
            self._preparing.add((job.id, job.attempt))
            self._in(self._planning, partial(self._prepare_plain, job), partial(self._on_looked_at, job))
        self._claim_ended()

    def _prepare_plain(self, job: ClaimedJob) -> Plan | CouldNotStart | NotYet | None:
        """Return what `prepare` does, or None where that would ask for secrets."""
        return None if self._launcher.asks_for_secrets(job) else self._launcher.prepare(job)

    def _on_looked_at(self, job: ClaimedJob, plan: Plan | CouldNotStart | NotYet | None) -> None:
        if plan is None:
            self._in(self._unlocking, partial(self._launcher.prepare, job), partial(self._on_prepared, job))
        else:
            self._on_prepared(job, plan)

    @Slot()
    def _after_failed_claim(self) -> None:
        self._claiming = False
        self._claim_soon()
        self._report_if_idle()

    def _on_prepared(self, job: ClaimedJob, plan: Plan | CouldNotStart | NotYet) -> None:
        key = (job.id, job.attempt)
        self._preparing.discard(key)
        by = self._cancelled_early.pop(key, None)
        if by is not None:
            self._ledger.note_finished(Finished(job=job, outcome=Cancelled(by), at=self._clock.now()), None)
        elif self._is_draining:
            self._put_back(job, NotYet("Clockhand was closed before it began", timedelta()))
        elif isinstance(plan, NotYet):
            self._put_back(job, plan)
        elif isinstance(plan, CouldNotStart):
            self._ledger.note_finished(Finished(job=job, outcome=plan, at=self._clock.now()), None)
        else:
            self._run(job, plan)
        self._report_if_idle()

    def _put_back(self, job: ClaimedJob, why: NotYet) -> None:
        until = self._clock.now() + why.after
        self._bridge.when_done(self._queue.snooze(job, until=until, reason=why.reason), self._on_snoozed)

    def _on_snoozed(self, future: Future[bool]) -> None:
        if future.exception() is not None:
            # Left executing without a process: the next start finds it by that.
            logger.warning("A claimed job could not be put back: %s", future.exception())
        self._report_if_idle()

    def _claim_ended(self) -> None:
        self._claiming = False
        # What was remembered of jobs that were not claimed here after all.
        for key in self._cancelled_early.keys() - self._preparing:
            del self._cancelled_early[key]
        if self._claim_again:
            self._claim_again = False
            self._claim_soon()
        self._report_if_idle()

    def _run(self, job: ClaimedJob, plan: Plan) -> None:
        spool = Spool(
            self._output_folder,
            job.id,
            job.attempt,
            limit_bytes=self._output_limit_bytes,
            started_at_us=to_micros(self._clock.now()),
            masked=plan.masked_forms,
        )
        process = WorkerProcess(job, plan, spool, self._clock, owner=self, in_background=self._among_trees, parent=self)
        self._processes[job.id, job.attempt] = process
        if not self._tick.isActive():
            self._tick.start()
        # Before the start, which may fail at once: nothing begins after it has ended.
        self.began.emit(process)
        process.start()

    def on_started(self, process: WorkerProcess) -> None:
        """Note the start."""
        assert process.started_at is not None
        assert process.pid is not None
        self._ledger.note_started(
            Started(
                job_id=process.job.id,
                attempt=process.job.attempt,
                at=process.started_at,
                pid=process.pid,
                process_started_at=process.process_started_at,
                plan=process.plan.record(),
            )
        )

    def on_readable(self, process: WorkerProcess) -> None:
        """Read it in the next pass."""
        self._pump.mark(process)

    def on_ended(self, process: WorkerProcess) -> None:
        """Close its output and record the end."""
        key = (process.job.id, process.job.attempt)
        del self._processes[key]
        self._complained.discard(key)
        if not self._processes:
            self._tick.stop()
        self._trees.add(process)
        self._ending.add(key)
        if process.spool.is_large:
            self._in(self._filing, process.spool.close, lambda output: self._record(process, output))
        else:
            self._record(process, process.spool.close())

    def on_released(self, process: WorkerProcess) -> None:
        """Let go of it."""
        self._trees.discard(process)
        self._report_if_idle()

    def _record(self, process: WorkerProcess, output: OutputRecord) -> None:
        assert process.outcome is not None
        assert process.ended_at is not None
        job = process.job
        self._ending.discard((job.id, job.attempt))
        self.ended.emit(process)
        location = None if output.location == NO_OUTPUT else output.location
        inline = None
        if output.location == INLINE:
            inline = (job.id, job.attempt, output.inline or b"", output.index)
        if output.fault is not None:
            logger.warning("Job %d: %d bytes of output were not kept: %s", job.id, output.dropped_bytes, output.fault)
        self._ledger.note_finished(
            Finished(
                job=job,
                outcome=process.outcome,
                at=process.ended_at,
                duration=process.duration,
                output=OutputFacts(
                    output.stdout_bytes, output.stderr_bytes, location, output.dropped_bytes, output.fault
                ),
            ),
            inline,
        )

    @Slot()
    def _ask_for_cancellations(self) -> None:
        # A job that was claimed and is being prepared can be cancelled, too.
        if self._processes or self._claiming or self._preparing:
            self._bridge.when_done(self._queue.requested_cancellations(self._agent_id), self._on_cancellations)

    def _on_cancellations(self, future: Future[dict[tuple[int, int], str]]) -> None:
        error = future.exception()
        if error is not None:
            logger.warning("Who is to be cancelled can't be read, which is tried again: %s", error)
            QTimer.singleShot(_TRY_AGAIN_MS, self._ask_for_cancellations)
            return
        for key, by in future.result().items():
            if key in self._processes:
                self._processes[key].stop(Cancelled(by))
            elif self._claiming or key in self._preparing:
                self._cancelled_early[key] = by

    def _on_limit_read(self, limit_bytes: int) -> None:
        self._output_limit_bytes = limit_bytes

    def _on_tick(self) -> None:
        now_us = to_micros(self._clock.now())
        for key, process in self._processes.items():
            process.spool.tick(now_us)
            if process.spool.fault is not None and key not in self._complained:
                self._complained.add(key)
                self.output_refused.emit(
                    f"The output of job {process.job.id} can't be written: {process.spool.fault}. It goes on when that"
                    " is mended; what is missing by then is marked in the output. Make room on the disk if it is full."
                )

    @Slot()
    def _report_if_idle(self) -> None:
        if self._is_draining and self.is_idle:
            self.idle.emit()

    def _among_trees(self, work: Callable[[], T], then: Callable[[T], None], /) -> None:
        self._in(self._killing, work, then)

    def _in(self, threads: ThreadPoolExecutor, work: Callable[[], T], then: Callable[[T], None], /) -> None:
        self._bridge.when_done(threads.submit(work), lambda done: then(done.result()))
