"""An agent inside this process for a benchmark, with Qt's event loop around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer, SignalInstance

from core.secrets import SecretSource
from core.workspace import Workspace
from desktop.agent import Agent
from desktop.bridge import Bridge

__all__ = ["agent_in", "loop_until"]

_PATIENCE_MS = 120_000


@contextmanager
def agent_in(folder: Path, *, secrets: SecretSource | None = None) -> Iterator[tuple[Workspace, Agent, Bridge]]:
    """Open a workspace and start an agent in it; both end with the block."""
    application = QCoreApplication.instance() or QCoreApplication([])
    with Workspace(folder, secrets=secrets) as workspace:
        bridge = Bridge(workspace.changes)
        agent = Agent(workspace, bridge, "agent")
        agent.start()
        try:
            yield workspace, agent, bridge
        finally:
            agent.stop(reason="the benchmark is over", grace_s=0)
            loop_until(lambda: not agent.is_running, agent.stopped)
            bridge.close()
            application.processEvents()


def loop_until(condition: Callable[[], bool], looks: SignalInstance) -> None:
    """Run the event loop until `condition` holds, which is asked whenever the signal `looks` comes."""
    if condition():
        return
    loop = QEventLoop()

    def look(*_: object) -> None:
        if condition():
            loop.quit()

    looks.connect(look)
    QTimer.singleShot(_PATIENCE_MS, loop.quit)
    loop.exec()
    looks.disconnect(look)
    assert condition(), "it did not come about"
