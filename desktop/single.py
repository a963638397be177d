"""Runs one job to its end in this process, where no agent does it."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from concurrent.futures import Future

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Slot

from core.changes import Changes
from core.history.runs import Run
from core.output.index import Stream
from core.output.reader import LiveReader
from core.queue.jobs import ClaimedJob
from core.workspace import Workspace
from desktop.agent import make_pool
from desktop.bridge import Bridge
from desktop.signals import UnixSignals
from desktop.standard_input import StandardInput
from desktop.worker.pool import WorkerPool
from desktop.worker.process import WorkerProcess

__all__ = ["run_one"]

logger = logging.getLogger(__name__)

_LOOK_MS = 100
_OUTPUT_MS = 30

OnOutput = Callable[[Stream, bytes], None]
OnWaiting = Callable[[Run], None]


class _Single(QObject):
    """Claims the one job whenever its time and its turn have come, until it has finished."""

    def __init__(
        self,
        workspace: Workspace,
        job_id: int,
        bridge: Bridge,
        on_output: OnOutput | None,
        standard_input: StandardInput | None,
        *,
        on_waiting: OnWaiting | None,
    ) -> None:
        super().__init__()
        self._on_waiting = on_waiting
        self._standard_input = standard_input
        self._workspace = workspace
        self._job_id = job_id
        self._on_output = on_output
        self._reader: LiveReader | None = None
        self._read_from = 0
        self.agent_id = workspace.queue.register_agent("command-line").result()
        self.pool: WorkerPool = make_pool(workspace, bridge, self.agent_id, self._claim, self)
        self.pool.began.connect(self._on_began)
        self.pool.ended.connect(self._on_ended)
        self.pool.idle.connect(self._on_idle)
        self._look = _timer(self, _LOOK_MS, self._on_look)
        self._output = _timer(self, _OUTPUT_MS, self._pass_output_on)
        bridge.changed.connect(self._on_changes)

    def start(self) -> None:
        """Begin to look for the job's turn."""
        self._look.start()
        self._on_look()

    def _claim(self) -> Future[list[ClaimedJob]]:
        return self._workspace.queue.claim_job(self._job_id, self.agent_id)

    def _on_look(self) -> None:
        # Also without a change that says so: it may have ended before anybody listened.
        if self._has_ended():
            self._end()
            return
        if self._on_waiting is not None and not self.pool.running:
            self._on_waiting(self._workspace.runs.get(self._job_id))
        # Nobody else makes jobs available while no agent runs: a second attempt has to wait for its time here.
        if not self.pool.running:
            self.pool.start()

    @Slot(object)
    def _on_changes(self, changes: Changes) -> None:
        if changes.jobs and self._has_ended():
            self._end()

    def _has_ended(self) -> bool:
        return not self._workspace.runs.get(self._job_id).is_live

    def _end(self) -> None:
        self._look.stop()
        self.pool.drain()

    @Slot(object)
    def _on_began(self, process: WorkerProcess) -> None:
        if self._standard_input is not None:
            self._standard_input.attach(process)
        self._reader = process.spool.live()
        self._read_from = 0
        self._output.start()

    @Slot(object)
    def _on_ended(self, _process: WorkerProcess) -> None:
        if self._standard_input is not None:
            self._standard_input.detach()
        self._output.stop()
        self._pass_output_on()
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def _pass_output_on(self) -> None:
        if self._reader is None or self._on_output is None:
            return
        for read_to, _at_us, stream, data in self._reader.news(self._read_from):
            self._read_from = read_to
            self._on_output(stream, data)

    @Slot()
    def _on_idle(self) -> None:
        QTimer.singleShot(0, QCoreApplication.quit)


def run_one(
    workspace: Workspace,
    job_id: int,
    *,
    on_output: OnOutput | None = None,
    on_waiting: OnWaiting | None = None,
    input_descriptor: int | None = None,
) -> Run:
    """Run the job with all its attempts and return it when it has finished.

    `on_output` gets the output as it comes, and `on_waiting` the job, again and again, while it does not run; a command
    that may be answered reads `input_descriptor`. SIGINT and SIGTERM cancel the job; a second one ends it at once, and
    where the end is waiting for a database that refuses it, leaves without. Raises NotFoundError, StorageError.
    """
    workspace.runs.get(job_id)
    _application = QCoreApplication.instance() or QCoreApplication([])
    bridge = Bridge(workspace.changes)
    standard_input = StandardInput(input_descriptor) if input_descriptor is not None else None
    single = _Single(workspace, job_id, bridge, on_output, standard_input, on_waiting=on_waiting)
    asked = False

    def on_signal(number: int) -> None:
        nonlocal asked
        by = f"the user at the terminal ({signal.Signals(number).name})"
        if asked:
            single.pool.kill_all(by)
            if single.pool.waits_for_database:
                QCoreApplication.quit()
        else:
            asked = True
            workspace.queue.cancel(job_id, by=by)

    signals = UnixSignals(on_signal)
    try:
        single.start()
        QCoreApplication.exec()
        single.pool.close()
        workspace.queue.stop_agent(single.agent_id, reason="its job has finished").result()
    finally:
        if standard_input is not None:
            standard_input.detach()
        signals.restore()
        bridge.close()
    return workspace.runs.get(job_id)


def _timer(parent: QObject, interval_ms: int, on_timeout: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setInterval(interval_ms)
    timer.timeout.connect(on_timeout)
    return timer
