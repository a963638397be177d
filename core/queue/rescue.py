"""Finds jobs whose agent is gone, and ends those whose process is gone too: by fact, never by age."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy import Connection, or_, select

from core.execution.outcome import Lost
from core.model import Agent
from core.processes import carries_token, find_attempt, is_same_process
from core.queue.agents import mark_gone, running_agents
from core.queue.claim import CLAIMED_COLUMNS, claimed_job
from core.queue.finish import mark_finished
from core.queue.jobs import ClaimedJob, Finished, OutputFacts
from core.queue.rows import JOBS, is_state
from core.queue.states import JobState
from core.writer import Transaction

__all__ = ["Orphan", "attempt_token", "end_orphans", "find_orphans"]

# Without ORDER BY: to come by order of the ids SQLite would walk through all of history.
_ORPHANS = (
    select(*CLAIMED_COLUMNS, JOBS.c.agent_id, JOBS.c.pid, JOBS.c.process_started_at)
    .outerjoin(Agent, Agent.id == JOBS.c.agent_id)
    .where(is_state(JobState.EXECUTING), or_(Agent.id.is_(None), Agent.stopped_at.is_not(None)))
)


@dataclass(frozen=True, slots=True)
class Orphan:
    """An executing job whose agent is gone; `living_pid` is its process where that still runs."""

    job: ClaimedJob
    agent_id: int | None
    living_pid: int | None


def attempt_token(data_folder: str, job_id: int, attempt: int) -> str:
    """Return the text by which the process of an attempt is recognised among all processes of the user."""
    return f"{data_folder}:{job_id}:{attempt}"


def find_orphans(
    connection: Connection,
    data_folder: str,
    *,
    alive: Callable[[int, datetime | None], bool] = is_same_process,
    carries: Callable[[int, str], bool] = carries_token,
    find: Callable[[str], int | None] = find_attempt,
) -> list[Orphan]:
    """Return the executing jobs whose agents have stopped or are gone, with their processes where these live on."""
    orphans = []
    for row in sorted(connection.execute(_ORPHANS).all(), key=lambda row: row.id):
        token = attempt_token(data_folder, row.id, row.attempt)
        if row.pid is None:
            living = find(token)
        else:
            living = row.pid if alive(row.pid, row.process_started_at) or carries(row.pid, token) else None
        orphans.append(Orphan(claimed_job(row), row.agent_id, living))
    return orphans


def end_orphans(
    transaction: Transaction,
    data_folder: str,
    *,
    now: datetime,
    random: Random,
    left_output: Callable[[int, int], OutputFacts],
) -> dict[int, JobState]:
    """Note which agents are gone and end the orphans whose process is gone; return the new state of each.

    A job whose process still lives stays `executing`, so that it is never started a second time. `left_output` tells
    what a job's attempt left on disk.
    """
    for agent in running_agents(transaction.connection):
        if agent.is_gone(now):
            mark_gone(transaction, agent, now)
    gone = [orphan for orphan in find_orphans(transaction.connection, data_folder) if orphan.living_pid is None]
    lost = Lost("Clockhand ended while it ran, and its process has ended since; how is not known")
    finished = [
        Finished(job=orphan.job, outcome=lost, at=now, output=left_output(orphan.job.id, orphan.job.attempt))
        for orphan in gone
    ]
    return mark_finished(transaction, finished, agent_id=None, random=random) if finished else {}
