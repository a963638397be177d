"""A running Clockhand: dispatches what is due and works on the queue, with or without a window."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal, Slot

from core.changes import Changes
from core.dispatch.timekeeper import Timekeeper
from core.history.runs import Event, Run
from core.queue.jobs import ClaimedJob
from core.settings import QUIT_GRACE_S
from core.workspace import Workspace
from desktop.bridge import Bridge
from desktop.signals import UnixSignals
from desktop.worker.ledger import Ledger
from desktop.worker.pool import WorkerPool

__all__ = ["Agent", "run_agent"]

logger = logging.getLogger(__name__)

_BY = "Clockhand, which was closed"


class Agent(QObject):
    """Holds the data folder's lock, the thread that dispatches, and the workers, from `start` to `stopped`.

    `refused` carries a sentence when the database does not take what is to be recorded, or the disk what runs print.
    `ending_changed` says that it claims nothing more, and (false) that it works on after all.
    """

    stopped = Signal()
    refused = Signal(str)
    ending_changed = Signal(bool)

    def __init__(self, workspace: Workspace, bridge: Bridge, kind: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._bridge = bridge
        self._kind = kind
        self._lock = workspace.agent_lock()
        self._agent_id = 0
        self._timekeeper: Timekeeper | None = None
        self._pool: WorkerPool | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._on_patience_over)
        self._reason = ""
        self._is_signing_off = False
        # For what may wait while the agent stops: the window is still there.
        self._background = ThreadPoolExecutor(1, thread_name_prefix="clockhand-stop")

    @property
    def agent_id(self) -> int:
        """Return the id of the agent's row; 0 before `start`."""
        return self._agent_id

    @property
    def pool(self) -> WorkerPool:
        """Return the workers of a started agent."""
        assert self._pool is not None, "the agent was not started"
        return self._pool

    @property
    def is_running(self) -> bool:
        """Return whether it was started and has not stopped."""
        return self._timekeeper is not None

    @property
    def is_ending(self) -> bool:
        """Return whether it was asked to stop."""
        return bool(self._reason)

    def start(self) -> None:
        """Take the lock, end what an earlier agent left behind, and begin.

        Raises AlreadyRunningError where another agent works on the folder, and StorageError; nothing is held then.
        """
        self._lock.acquire()
        try:
            queue = self._workspace.queue
            self._agent_id = queue.register_agent(self._kind).result()
            for job_id, state in queue.rescue().result().items():
                logger.info("Job %d was lost with an earlier agent; it is %s now", job_id, state)
            self._pool = make_pool(
                self._workspace, self._bridge, self._agent_id, lambda: queue.claim(self._agent_id), self
            )
            self._pool.ledger.refused.connect(self.refused)
            self._pool.output_refused.connect(self.refused)
            self._pool.trials.output_refused.connect(self.refused)
            self._timekeeper = self._workspace.timekeeper(self._agent_id)
            self._timekeeper.start()
        except BaseException:
            self._lock.release()
            raise
        self._pool.start()

    def stop(self, *, reason: str, grace_s: float | None = None) -> None:
        """Claim nothing more, wait for running jobs up to `grace_s`, then end them; `stopped` follows.

        Without `grace_s` the setting decides. A second call ends what runs at once, and where nothing runs any more
        does not wait for a database that refuses to record the last ends: the next start finds those jobs lost.
        """
        if self._pool is None or not self.is_running:
            self.stopped.emit()
            return
        if self._reason:
            self._pool.kill_all(_BY)
            if self._pool.waits_for_database:
                self._on_idle()
            return
        self._reason = reason
        self._pool.idle.connect(self._on_idle)
        if grace_s is None:
            self._bridge.when_done(
                self._background.submit(self._workspace.settings.get, QUIT_GRACE_S), self._on_grace_read
            )
        else:
            self._have_patience(grace_s)
        self.ending_changed.emit(True)
        self._pool.drain()

    def stay(self) -> bool:
        """Take `stop` back and claim again; return whether it is not too late for that.

        What was ended meanwhile stays ended, and what was enqueued meanwhile begins.
        """
        if self._pool is None or not self._reason or self._is_signing_off or not self.is_running:
            return False
        self._reason = ""
        self._patience.stop()
        self._pool.idle.disconnect(self._on_idle)
        self._pool.go_on()
        self.ending_changed.emit(False)
        return True

    def _on_grace_read(self, future: Future[int]) -> None:
        if future.exception() is not None:
            logger.warning("The setting %s can't be read: %s", QUIT_GRACE_S.name, future.exception())
        self._have_patience(QUIT_GRACE_S.default if future.exception() else future.result())

    def _have_patience(self, seconds: float) -> None:
        if self._reason and not self._is_signing_off:
            self._patience.start(round(seconds * 1000))

    def _on_patience_over(self) -> None:
        if self._pool is not None:
            self._pool.stop_all(_BY)

    @Slot()
    def _on_idle(self) -> None:
        # Not from inside the pool's own signal, which still works with what is taken down here.
        QTimer.singleShot(0, self._take_down)

    @Slot()
    def _take_down(self) -> None:
        timekeeper = self._timekeeper
        if self._pool is None or timekeeper is None or self._is_signing_off:
            return
        if not self._reason or not (self._pool.is_idle or self._pool.waits_for_database):
            return  # it was asked to stay, or to stop anew, since it was idle
        self._is_signing_off = True
        self._patience.stop()
        self._pool.close()

        def sign_off() -> None:
            timekeeper.stop()
            self._workspace.queue.stop_agent(self._agent_id, reason=self._reason).result()

        self._bridge.when_done(self._background.submit(sign_off), self._on_signed_off)

    def _on_signed_off(self, future: Future[None]) -> None:
        if future.exception() is not None:
            # No reason to stay: that this process is gone is found by looking.
            logger.warning("That the agent stopped could not be noted: %s", future.exception())
        self._background.shutdown(wait=True)
        self._timekeeper = None
        self._lock.release()
        self.stopped.emit()


def make_pool(
    workspace: Workspace,
    bridge: Bridge,
    agent_id: int,
    claim: Callable[[], Future[list[ClaimedJob]]],
    parent: QObject | None = None,
) -> WorkerPool:
    """Return workers for the agent, with the ledger that records for them."""
    ledger = Ledger(queue=workspace.queue, outputs=workspace.outputs, bridge=bridge, agent_id=agent_id)
    pool = WorkerPool(
        claim=claim,
        queue=workspace.queue,
        launcher=workspace.launcher,
        ledger=ledger,
        settings=workspace.settings,
        output_folder=workspace.folder.output,
        clock=workspace.clock,
        bridge=bridge,
        agent_id=agent_id,
        parent=parent,
    )
    ledger.setParent(pool)
    return pool


class EventFeed(QObject):
    """Tells every event of every job from now on, in order, with the run as it was when the event was read."""

    def __init__(
        self, workspace: Workspace, bridge: Bridge, tell: Callable[[Run, Event], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runs = workspace.runs
        self._tell = tell
        self._last = self._runs.last_event_id()
        bridge.changed.connect(self._on_changes)

    @Slot(object)
    def _on_changes(self, changes: Changes) -> None:
        if changes.jobs:
            self.catch_up()

    def catch_up(self) -> None:
        """Tell what came since the last time."""
        while events := self._runs.events_after(self._last):
            runs = self._runs.some(sorted({event.job_id for event in events}))
            for event in events:
                self._last = event.id
                if event.job_id in runs:
                    self._tell(runs[event.job_id], event)


def run_agent(
    workspace: Workspace, *, on_event: Callable[[Run, Event], None] | None = None, kind: str = "agent"
) -> int:
    """Be an agent in this process until SIGINT or SIGTERM; a second one ends running jobs at once.

    `on_event` is called for every event of every job. Returns the exit code. Raises AlreadyRunningError, StorageError.
    """
    application = QCoreApplication.instance() or QCoreApplication([])
    bridge = Bridge(workspace.changes)
    feed = EventFeed(workspace, bridge, on_event) if on_event is not None else None
    agent = Agent(workspace, bridge, kind)
    signals = UnixSignals(lambda number: agent.stop(reason=f"asked to by {signal.Signals(number).name}"))
    try:
        agent.start()
        agent.stopped.connect(application.quit)
        application.exec()
        if feed is not None:
            feed.catch_up()
    finally:
        signals.restore()
        bridge.close()
    return 0
