"""The agents' own rows: that one started, that it is alive, and how it stopped."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from core.changes import Changes
from core.model import Agent, Observation
from core.processes import host_name, is_same_process, own_start
from core.writer import Transaction

__all__ = ["AgentRow", "beat", "mark_gone", "observe", "register", "running_agents", "stop"]

AGENTS = cast("Table", Agent.__table__)
OBSERVATIONS = cast("Table", Observation.__table__)

_RUNNING = select(AGENTS).where(AGENTS.c.stopped_at.is_(None)).order_by(AGENTS.c.id)
_BEAT = update(AGENTS).where(AGENTS.c.id == bindparam("agent")).values(heartbeat_at=bindparam("now"))
_STOP = (
    update(AGENTS)
    .where(AGENTS.c.id == bindparam("agent"), AGENTS.c.stopped_at.is_(None))
    .values(stopped_at=bindparam("now"), stop_reason=bindparam("why"))
)

FOREIGN_SILENCE = timedelta(minutes=5)
"""An agent of another machine, whose processes can't be looked at, counts as gone after this long without a beat."""


@dataclass(frozen=True, slots=True)
class AgentRow:
    """A running agent as the database knows it."""

    id: int
    kind: str
    host: str
    pid: int
    process_started_at: datetime
    started_at: datetime
    heartbeat_at: datetime

    def is_gone(self, now: datetime, *, alive: Callable[[int, datetime | None], bool] = is_same_process) -> bool:
        """Return whether the agent's process has ended."""
        if self.host != host_name():
            return now - self.heartbeat_at > FOREIGN_SILENCE
        return not alive(self.pid, self.process_started_at)


def register(transaction: Transaction, kind: str, now: datetime) -> int:
    """Make the row of this process as an agent of `kind` (window, agent, command-line); return its id."""
    values = {
        "kind": kind,
        "host": host_name(),
        "pid": os.getpid(),
        "process_started_at": own_start(),
        "started_at": now,
        "heartbeat_at": now,
    }
    agent_id: int = transaction.connection.execute(insert(AGENTS).returning(AGENTS.c.id), values).scalar_one()
    observe(transaction, now, "agent-started", agent=agent_id, kind=kind)
    transaction.changed(Changes(agents=True))
    return agent_id


def beat(transaction: Transaction, agent_id: int, now: datetime) -> None:
    """Note that the agent is alive."""
    transaction.connection.execute(_BEAT, {"agent": agent_id, "now": now})
    transaction.changed(Changes(agents=True))


def stop(transaction: Transaction, agent_id: int, now: datetime, *, reason: str) -> None:
    """Note that the agent has stopped in good order."""
    if transaction.connection.execute(_STOP, {"agent": agent_id, "now": now, "why": reason}).rowcount:
        observe(transaction, now, "agent-stopped", agent=agent_id, reason=reason)
        transaction.changed(Changes(agents=True))


def mark_gone(transaction: Transaction, agent: AgentRow, now: datetime) -> None:
    """Note that the agent's process ended without a word, after its last heart-beat."""
    reason = "its process ended without a word"
    if transaction.connection.execute(_STOP, {"agent": agent.id, "now": agent.heartbeat_at, "why": reason}).rowcount:
        observe(
            transaction, now, "agent-gone", agent=agent.id, kind=agent.kind, heartbeat_at=agent.heartbeat_at.isoformat()
        )
        transaction.changed(Changes(agents=True))


def running_agents(connection: Connection) -> list[AgentRow]:
    """Return the agents whose rows do not say that they have stopped."""
    return [
        AgentRow(row.id, row.kind, row.host, row.pid, row.process_started_at, row.started_at, row.heartbeat_at)
        for row in connection.execute(_RUNNING)
    ]


def observe(transaction: Transaction, now: datetime, what: str, **detail: Any) -> None:
    """Record a fact of the machine's day."""
    transaction.connection.execute(insert(OBSERVATIONS), {"at": now, "kind": what, "detail": detail})
