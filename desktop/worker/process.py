"""One attempt's process: starts it, passes its output on in slices, limits its time, and says how it ended."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from PySide6.QtCore import QObject, QProcess, QTimer

from core.clock import Clock, to_micros
from core.execution.outcome import Cancelled, CouldNotStart, Outcome, TimedOut, judge_exit
from core.execution.plan import Plan
from core.output.index import Stream
from core.output.spool import Spool
from core.process_tree import ProcessTree
from core.processes import process_started_at
from core.queue.jobs import ClaimedJob
from desktop.worker.capture import Capture, capture
from desktop.worker.terminal import Terminal

__all__ = ["SLICE_BYTES", "InBackground", "Owner", "WorkerProcess"]

T = TypeVar("T")

SLICE_BYTES = 64 * 1024
"""How much of one stream is read in one pass of the event loop, so that many floods share it fairly."""

_LONGEST_TIMER_MS = 2**31 - 1


_UNIX_FLAGS = (
    QProcess.UnixProcessFlag.CreateNewSession
    | QProcess.UnixProcessFlag.ResetSignalHandlers
    | QProcess.UnixProcessFlag.CloseFileDescriptors
)


class InBackground(Protocol):
    """Runs `work` in another thread, then `then` with its result in the main thread."""

    def __call__(self, work: Callable[[], T], then: Callable[[T], None], /) -> None:
        """Return at once."""
        ...


class Owner(Protocol):
    """Whom a WorkerProcess tells what happens to it, by plain calls: signals of its own made short jobs dearer."""

    def on_started(self, process: WorkerProcess) -> None:
        """Hear that the process runs."""
        ...

    def on_readable(self, process: WorkerProcess) -> None:
        """Hear that `read_slice` is to be called until it returns False."""
        ...

    def on_ended(self, process: WorkerProcess) -> None:
        """Hear that the attempt has ended: `outcome` is set, and the spool holds all that was printed."""
        ...

    def on_released(self, process: WorkerProcess) -> None:
        """Hear that nothing of it is left; for a process that was stopped, that its whole tree is gone."""
        ...


class WorkerProcess:
    """Runs one plan. It must be kept until its owner hears `on_released`.

    `in_background` runs a function in another thread and hands its result to a second one in this thread: looking for
    the members of a process tree takes too long for the event loop. With a `refusal` it can't start, for that reason.
    """

    def __init__(
        self,
        job: ClaimedJob,
        plan: Plan,
        spool: Spool,
        clock: Clock,
        *,
        owner: Owner,
        in_background: InBackground,
        parent: QObject,
        refusal: str = "",
    ) -> None:
        self.job = job
        self.plan = plan
        self.spool = spool
        self.pid: int | None = None
        self.started_at: datetime | None = None
        self.process_started_at: datetime | None = None
        self.ended_at: datetime | None = None
        self._asked_at: datetime | None = None
        self.outcome: Outcome | None = None
        self.tree: ProcessTree | None = None
        self._clock = clock
        self._owner = owner
        self._in_background = in_background
        self._stopped_by: Cancelled | TimedOut | None = None
        self._is_to_be_killed = False
        self._has_finished = False
        self._is_released = False
        self._process = self._make_process(parent)
        self._terminal: Terminal | None = None
        self._refusal = refusal
        self._is_input_ended = not plan.interactive
        self._capture = self._make_capture()
        # Most processes need neither; a timer for each would be a good part of what a short job costs.
        self._limit: QTimer | None = None
        self._grace: QTimer | None = None
        self._deadline_ms_left = 0

    @property
    def is_stopping(self) -> bool:
        """Return whether the process was asked to end."""
        return self._stopped_by is not None

    @property
    def accepts_input(self) -> bool:
        """Return whether the process runs and may be answered."""
        return self.tree is not None and not self._has_finished and not self._is_input_ended

    @property
    def hides_input(self) -> bool:
        """Return whether the process asks for what nobody is to see, as far as can be told: by its terminal alone."""
        return self._terminal is not None and self._terminal.hides_input

    @property
    def unsent_bytes(self) -> int:
        """Return how much of what was written the process has not taken yet."""
        if self._has_finished:
            return 0
        return self._terminal.unsent_bytes if self._terminal is not None else self._process.bytesToWrite()

    @property
    def duration(self) -> timedelta | None:
        """Return how long the process ran, once it has ended."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(self.ended_at - self.started_at, timedelta())

    def start(self) -> None:
        """Start the process; `on_started` or `on_ended` follows."""
        if self._refusal:
            _timer(self._process, self._on_refused).start(0)
            return
        self._asked_at = self._clock.now()
        self._process.start()
        self._capture.started()

    def stop(self, why: Cancelled | TimedOut) -> None:
        """End the whole tree: SIGTERM, and SIGKILL after the plan's grace period. Only the first reason counts."""
        if self._stopped_by is not None or self._has_finished:
            return
        self._stopped_by = why
        if self.tree is None:
            return  # between start() and started: _on_started goes on
        self._in_background(self.tree.terminate, _nothing)
        self._grace = _timer(self._process, self._on_grace_over)
        self._grace.start(_milliseconds(self.plan.grace))

    def kill(self, why: Cancelled) -> None:
        """End the whole tree at once; `why` counts unless the process was asked to end before, or has ended."""
        if self._stopped_by is None:
            if self._has_finished:
                return
            self._stopped_by = why
        self._is_to_be_killed = True
        if self.tree is not None:
            self._kill()

    def read_slice(self) -> bool:
        """Move up to SLICE_BYTES of each stream into the spool; return whether there is more.

        The attempt ends when its process has ended and what it printed until then has been read. A descendant that
        keeps the pipe open does not keep it.
        """
        at_us = to_micros(self._clock.now())
        more = self._read(Stream.STDOUT, at_us)
        more = self._read(Stream.STDERR, at_us) or more
        if not more and self._has_finished and self.outcome is None:
            self._end(self._judge())
        return more

    def write_input(self, data: bytes) -> None:
        """Send bytes to the standard input of an interactive command; of what a terminal gets, it may show them."""
        if not self.accepts_input:
            return
        if self._terminal is not None:
            self._terminal.write(data)
        else:
            self._process.write(data)

    def write_line(self, text: str) -> None:
        """Send a line as somebody who types it and presses Enter."""
        enter = self._terminal.enter if self._terminal is not None else b"\n"
        self.write_input(text.encode("utf-8", "surrogateescape") + enter)

    def end_input(self, text: str = "") -> None:
        """Let the process read the end of its input: for ever, or in a terminal as by Ctrl+D.

        After a `text` it is given that instead, without the end of a line.
        """
        if not self.accepts_input:
            return
        if text:
            self.write_input(text.encode("utf-8", "surrogateescape"))
        if self._terminal is not None:
            self._terminal.end_input()
        elif not text:
            self._is_input_ended = True
            self._process.closeWriteChannel()

    def resize(self, columns: int, rows: int) -> None:
        """Tell the process how large its terminal is now, if it has one."""
        if self._terminal is not None:
            self._terminal.resize(columns, rows)

    def _make_capture(self) -> Capture:
        if self.plan.terminal:
            try:
                self._terminal = Terminal(self._process, self._on_readable, with_input=self.plan.interactive)
            except OSError as error:
                self._refusal = f"no terminal could be had for it: {error.strerror or error}"
            else:
                return self._terminal
        return capture(self._process, self._on_readable, on_data=self._on_data, most=SLICE_BYTES)

    def _make_process(self, parent: QObject) -> QProcess:
        process = QProcess(parent)
        process.setProgram(self.plan.argv[0])
        process.setArguments(list(self.plan.argv[1:]))
        process.setWorkingDirectory(str(self.plan.working_directory))
        process.setEnvironment([f"{name}={value}" for name, value in self.plan.environment.items()])
        if not self.plan.interactive:
            process.setStandardInputFile(QProcess.nullDevice())
        if sys.platform != "win32":
            process.setUnixProcessParameters(_UNIX_FLAGS)
        process.started.connect(self._on_started)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        return process

    def _on_started(self) -> None:
        # A short process may be over by the time that its start is told of.
        self.started_at = self._asked_at or self._clock.now()
        self.pid = self._process.processId()
        self.process_started_at = process_started_at(self.pid) or self.started_at
        self.tree = ProcessTree(self.pid, self.process_started_at)
        if self.plan.timeout is not None:
            self._limit = _timer(self._process, self._on_time_limit)
            self._deadline_ms_left = _milliseconds(self.plan.timeout)
            self._wait_for_deadline()
        self._owner.on_started(self)
        if self._is_to_be_killed:
            self._kill()
        elif self._stopped_by is not None:
            why, self._stopped_by = self._stopped_by, None
            self.stop(why)

    def _on_data(self, stream: Stream, data: bytes) -> None:
        self.spool.write(stream, data, to_micros(self._clock.now()))

    def _on_readable(self) -> None:
        self._owner.on_readable(self)

    def _on_finished(self) -> None:
        self._has_finished = True
        self.ended_at = self._clock.now()
        _stop(self._limit)
        self._capture.finish()
        self._owner.on_readable(self)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        # FailedToStart never emits finished(); every other error is followed by it or does not end the process.
        if error == QProcess.ProcessError.FailedToStart:
            _stop(self._limit)
            reason = f"{self.plan.argv[0]}: {self._process.errorString()}"
            self._end(self._stopped_by or CouldNotStart(reason))

    def _on_refused(self) -> None:
        self._end(self._stopped_by or CouldNotStart(self._refusal))

    def _on_time_limit(self) -> None:
        if self._deadline_ms_left > 0:
            self._wait_for_deadline()
        elif self.plan.timeout is not None:
            self.stop(TimedOut(self.plan.timeout))

    def _wait_for_deadline(self) -> None:
        # A QTimer holds 24 days at most.
        step = min(self._deadline_ms_left, _LONGEST_TIMER_MS)
        self._deadline_ms_left -= step
        assert self._limit is not None
        self._limit.start(step)

    def _on_grace_over(self) -> None:
        self._kill()

    def _kill(self) -> None:
        assert self.tree is not None
        _stop(self._grace)
        self._in_background(self.tree.kill, self._on_killed)

    def _on_killed(self, _count: int) -> None:
        if self.outcome is not None:
            self._release()

    def _on_looked(self, is_alive: bool) -> None:
        if self._is_released:
            return  # killed between the look and its answer
        if not is_alive:
            self._release()
        elif self._grace is None or not self._grace.isActive():
            self._kill()
        # Else what is left of the tree has the rest of the grace period to end by itself.

    def _release(self) -> None:
        if not self._is_released:
            self._is_released = True
            _stop(self._grace)
            self._process.deleteLater()
            self._owner.on_released(self)

    def _read(self, stream: Stream, at_us: int) -> bool:
        data = self._capture.read(stream, SLICE_BYTES)
        if data:
            self.spool.write(stream, data, at_us)
        return len(data) == SLICE_BYTES or (self._has_finished and bool(data))

    def _judge(self) -> Outcome:
        crashed = self._process.exitStatus() == QProcess.ExitStatus.CrashExit
        code = self._process.exitCode()
        # After a crash exitCode() is the number of the signal.
        exit_code, signal = (None, code) if crashed else (code, None)
        if isinstance(self._stopped_by, TimedOut):
            return TimedOut(self._stopped_by.limit, exit_code=exit_code, signal=signal)
        return self._stopped_by or judge_exit(exit_code, signal, self.plan.success_exit_codes)

    def _end(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.ended_at = self.ended_at or self._clock.now()
        self._capture.close()
        self._owner.on_ended(self)
        if self.tree is None or self._stopped_by is None:
            self._release()
        else:
            self._in_background(self.tree.is_alive, self._on_looked)


def _nothing(_result: object) -> None:
    """Take a result that says nothing."""


def _stop(timer: QTimer | None) -> None:
    if timer is not None:
        timer.stop()


def _timer(parent: QObject, on_timeout: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.timeout.connect(on_timeout)
    return timer


def _milliseconds(duration: timedelta) -> int:
    return max(1, round(duration / timedelta(milliseconds=1)))
