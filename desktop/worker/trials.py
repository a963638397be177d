"""Runs what somebody tries out: processes like those of jobs, of which nothing is queued, recorded or kept."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from core.clock import Clock, to_micros
from core.execution.outcome import Cancelled
from core.execution.plan import Plan
from core.output.spool import TICK_MS, Spool
from core.queue.jobs import ClaimedJob
from desktop.temporary import prefix_for, sweep
from desktop.worker.process import InBackground, WorkerProcess
from desktop.worker.pump import Pump

__all__ = ["TRIAL_ID", "Trials"]

TRIAL_ID = 0
"""What a trial is told its job's number is: no job has it."""


class Trials(QObject):
    """Trials share the workers' pump, and end with them.

    `ended` carries the WorkerProcess whose `outcome` is set; its spool can be read until `forget`. `idle` says that
    nothing of any trial runs any more, `output_refused` carries the sentence to show, once for each trial.
    """

    ended = Signal(object)
    idle = Signal()
    output_refused = Signal(str)

    def __init__(
        self,
        *,
        pump: Pump,
        clock: Clock,
        in_background: InBackground,
        limit_bytes: Callable[[], int],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._pump = pump
        self._clock = clock
        self._in_background = in_background
        self._limit_bytes = limit_bytes
        self._running: set[WorkerProcess] = set()
        self._trees: set[WorkerProcess] = set()
        self._places: dict[WorkerProcess, tempfile.TemporaryDirectory[str]] = {}
        self._forgotten: set[WorkerProcess] = set()
        self._complained: set[WorkerProcess] = set()
        self._ended_by: str | None = None
        self._has_swept = False
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._on_tick)

    @property
    def is_idle(self) -> bool:
        """Return whether nothing of any trial runs."""
        return not (self._running or self._trees)

    def run(self, plan: Plan) -> WorkerProcess:
        """Start a process; `ended` follows, also where it can't be started."""
        if not self._has_swept:
            self._has_swept = True
            self._in_background(sweep, _nothing)
        refusal = ""
        folder = None
        try:
            folder = tempfile.TemporaryDirectory(prefix=prefix_for("trial"), ignore_cleanup_errors=True)
        except OSError as error:
            refusal = f"no folder could be made for its output: {error.strerror or error}"
        now = self._clock.now()
        spool = Spool(
            Path(folder.name if folder is not None else os.devnull),
            TRIAL_ID,
            1,
            limit_bytes=self._limit_bytes(),
            started_at_us=to_micros(now),
            masked=plan.masked_forms,
        )
        process = WorkerProcess(
            _job(now),
            plan,
            spool,
            self._clock,
            owner=self,
            in_background=self._in_background,
            parent=self,
            refusal=refusal,
        )
        if folder is not None:
            self._places[process] = folder
        self._running.add(process)
        self._tick.start()
        process.start()
        if self._ended_by is not None:
            process.stop(Cancelled(self._ended_by))
        return process

    def forget(self, process: WorkerProcess) -> None:
        """Delete the output of a trial, as soon as it has ended."""
        if process in self._running:
            self._forgotten.add(process)
        elif (place := self._places.pop(process, None)) is not None:
            self._in_background(place.cleanup, _nothing)

    def end(self, by: str) -> None:
        """End every trial within its grace period, and every one that comes later."""
        self._ended_by = by
        for process in list(self._running):
            process.stop(Cancelled(by))

    def go_on(self) -> None:
        """Let those that come from now on run."""
        self._ended_by = None

    def kill_all(self, by: str) -> None:
        """End every trial at once."""
        for process in [*self._running, *self._trees]:
            process.kill(Cancelled(by))

    def close(self) -> None:
        """Delete the output of every trial; only when nothing runs."""
        self._tick.stop()
        for place in self._places.values():
            place.cleanup()
        self._places.clear()

    def on_started(self, process: WorkerProcess) -> None:
        """Hear that it runs, which needs nothing."""

    def on_readable(self, process: WorkerProcess) -> None:
        """Read it in the next pass."""
        self._pump.mark(process)

    def on_ended(self, process: WorkerProcess) -> None:
        """Close its output, then tell."""
        self._trees.add(process)
        if process.spool.is_large:
            self._in_background(process.spool.close, lambda _record: self._on_closed(process))
        else:
            process.spool.close()
            self._on_closed(process)

    def on_released(self, process: WorkerProcess) -> None:
        """Let go of it."""
        self._trees.discard(process)
        self._tell_if_idle()

    def _on_closed(self, process: WorkerProcess) -> None:
        self._running.discard(process)
        if not self._running:
            self._tick.stop()
        self._complain_of_disk(process)
        self._complained.discard(process)
        self.ended.emit(process)
        if process in self._forgotten:
            self._forgotten.discard(process)
            self.forget(process)
        self._tell_if_idle()

    def _on_tick(self) -> None:
        now_us = to_micros(self._clock.now())
        for process in self._running:
            process.spool.tick(now_us)
            self._complain_of_disk(process)

    def _complain_of_disk(self, process: WorkerProcess) -> None:
        fault = process.spool.fault
        if fault is not None and process not in self._complained:
            self._complained.add(process)
            self.output_refused.emit(
                f"The output of what is tried can't be written: {fault}. It goes on when that is mended; what is"
                " missing by then is marked in the output. Make room on the disk of the temporary files if it is full."
            )

    def _tell_if_idle(self) -> None:
        if self.is_idle:
            self.idle.emit()


def _job(now: datetime) -> ClaimedJob:
    """Return what a process wants to know of its job: for a trial, that there is none."""
    return ClaimedJob(
        id=TRIAL_ID,
        attempt=1,
        priority=0,
        max_attempts=1,
        command_id=0,
        command_name="",
        environment_id=None,
        environment_name=None,
        schedule_name=None,
        cron_name=None,
        origin="manual",
        due_at=None,
        scheduled_at=now,
        claimed_at=now,
        backoff_base=timedelta(),
        backoff_cap=timedelta(),
    )


def _nothing(_result: object) -> None:
    """Take a result that says nothing."""
