"""What the tests of the queue do again and again: put jobs in, claim them, end them, and read their rows."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from core.catalog.specs import QueueSpec
from core.execution.outcome import Outcome, Succeeded
from core.model import Queue
from core.queue.enqueue import enqueue
from core.queue.jobs import ClaimedJob, Enqueued, Finished, NewJob, Started
from core.queue.rows import EVENTS, JOBS
from core.queue.states import EventKind, JobState, Origin, Overlap
from core.workspace import Workspace
from core.writer import Transaction

__all__ = [
    "END_KINDS",
    "claim",
    "finish",
    "insert_finished",
    "job_row",
    "kinds",
    "new_job",
    "open_queue",
    "put",
    "register",
    "set_limit",
    "start",
    "state_of",
    "states",
]

END_KINDS = frozenset(
    {
        EventKind.SKIPPED,
        EventKind.SUCCEEDED,
        EventKind.FAILED,
        EventKind.SIGNALLED,
        EventKind.TIMED_OUT,
        EventKind.CANCELLED,
        EventKind.COULD_NOT_START,
        EventKind.LOST,
    }
)


def new_job(now: datetime, command_id: int = 1, **values: Any) -> NewJob:
    """Return a manual job for now that may run beside others, unless `values` say otherwise."""
    defaults: dict[str, Any] = {
        "command_id": command_id,
        "command_name": f"command {command_id}",
        "scheduled_at": now,
        "origin": Origin.MANUAL,
        "overlap": Overlap.ALLOW,
    }
    return NewJob(**{**defaults, **values})


def open_queue(workspace: Workspace, name: str = "default", *, limit: int | None = 10) -> None:
    """Make the queue's row, without which nothing is claimed from it."""
    workspace.catalog.put_queue(QueueSpec(name=name, limit=limit))


def set_limit(workspace: Workspace, name: str, limit: int) -> None:
    """Set a queue's limit without asking the catalog what is allowed."""
    workspace.database.write(
        lambda tx: tx.connection.execute(update(Queue).where(Queue.name == name).values(limit=limit))
    )


def put(workspace: Workspace, *new_jobs: NewJob, **values: Any) -> int:
    """Put the jobs (or one of `values`) into the queue and return the id of the last."""
    now = workspace.clock.now()
    wanted = new_jobs or (new_job(now, **values),)

    def work(transaction: Transaction) -> list[Enqueued | None]:
        return [enqueue(transaction, new, now) for new in wanted]

    last = workspace.database.write(work)[-1]
    assert last is not None, "there is a job for that due time already"
    return last.job_id


def register(workspace: Workspace) -> int:
    """Enter this process as an agent and return its id."""
    return workspace.queue.register_agent("agent").result()


def claim(workspace: Workspace, agent_id: int = 1) -> list[ClaimedJob]:
    """Take what the free slots allow."""
    return workspace.queue.claim(agent_id).result()


def start(workspace: Workspace, *jobs: ClaimedJob, agent_id: int = 1, pid: int = 4_000_000) -> None:
    """Record a process for each of the claimed jobs."""
    now = workspace.clock.now()
    started = [
        Started(job_id=job.id, attempt=job.attempt, at=now, pid=pid, process_started_at=now, plan={"argv": ["true"]})
        for job in jobs
    ]
    workspace.queue.record(agent_id, started=started).result()


def finish(
    workspace: Workspace, *jobs: ClaimedJob, outcome: Outcome | None = None, agent_id: int = 1
) -> dict[int, JobState]:
    """Record the end of the claimed jobs' attempts, as a success unless told otherwise."""
    ended = [
        Finished(
            job=job, outcome=outcome or Succeeded(), at=workspace.clock.now(), duration=timedelta(milliseconds=250)
        )
        for job in jobs
    ]
    return workspace.queue.record(agent_id, finished=ended).result()


def job_row(workspace: Workspace, job_id: int) -> dict[str, Any]:
    """Return the row of a job."""
    with workspace.database.reading() as connection:
        return dict(connection.execute(select(JOBS).where(JOBS.c.id == job_id)).mappings().one())


def state_of(workspace: Workspace, job_id: int) -> JobState:
    """Return the state of one job."""
    return JobState(job_row(workspace, job_id)["state"])


def states(workspace: Workspace) -> list[str]:
    """Return the states of all jobs, in order of their ids."""
    with workspace.database.reading() as connection:
        return list(connection.execute(select(JOBS.c.state).order_by(JOBS.c.id)).scalars())


def kinds(workspace: Workspace, job_id: int) -> list[str]:
    """Return the kinds of a job's events, in order."""
    with workspace.database.reading() as connection:
        return list(
            connection.execute(select(EVENTS.c.kind).where(EVENTS.c.job_id == job_id).order_by(EVENTS.c.id)).scalars()
        )


def insert_finished(workspace: Workspace, count: int, *, at: datetime, command_id: int = 1) -> list[int]:
    """Insert completed jobs that ended at `at`, one microsecond apart, and return their ids."""
    names = [field.name for field in fields(NewJob)]
    new = new_job(at, command_id=command_id)
    values = {name: getattr(new, name) for name in names if name in JOBS.c}
    rows = [
        {
            **values,
            "state": JobState.COMPLETED,
            "attempt": 1,
            "created_at": at,
            "finished_at": at + timedelta(microseconds=number),
            "stdout_bytes": 0,
            "stderr_bytes": 0,
        }
        for number in range(count)
    ]

    def work(transaction: Transaction) -> list[int]:
        return sorted(transaction.connection.execute(insert(JOBS).returning(JOBS.c.id), rows).scalars())

    return workspace.database.write(work)
