"""A running Clockhand: dispatches what is due and works on the queue, with or without a window."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from concurrent.futures import Future

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


class Agent(QObject):
    """Holds the data folder's lock, the thread that dispatches, and the workers, from `start` to `stopped`.

    `refused` carries a sentence when the database does not take what is to be recorded.
    """

    stopped = Signal()
    refused = Signal(str)

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
            self._timekeeper = self._workspace.timekeeper(self._agent_id)
            self._timekeeper.start()
        except BaseException:
            self._lock.release()
            raise
        self._pool.start()

    def stop(self, *, reason: str, grace_s: float | None = None) -> None:
        """Claim nothing more, wait for running jobs up to `grace_s`, then end them; `stopped` follows.

        Without `grace_s` the setting decides. A second call ends what runs at once.
        """
        if self._pool is None or not self.is_running:
            self.stopped.emit()
            return
        if self._reason:
            self._pool.kill_all()
            return
        self._reason = reason
        seconds = self._workspace.settings.get(QUIT_GRACE_S) if grace_s is None else grace_s
        self._pool.idle.connect(self._on_idle)
        self._patience.start(round(seconds * 1000))
        self._pool.drain()

    def _on_patience_over(self) -> None:
        if self._pool is not None:
            self._pool.stop_all("Clockhand, which was closed")

    @Slot()
    def _on_idle(self) -> None:
        # Not from inside the pool's own signal, which still works with what is taken down here.
        QTimer.singleShot(0, self._take_down)

    @Slot()
    def _take_down(self) -> None:
        if self._pool is None or self._timekeeper is None:
            return
        timekeeper, self._timekeeper = self._timekeeper, None
        self._patience.stop()
        self._pool.close()
        timekeeper.stop()
        try:
            self._workspace.queue.stop_agent(self._agent_id, reason=self._reason).result()
        finally:
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
