"""The values that go into the queue and come out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.execution.outcome import Outcome
from core.queue.states import JobState, Origin, Overlap

__all__ = ["ClaimedJob", "Enqueued", "Finished", "NewJob", "OutputFacts", "Started"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be put into the queue. Times are aware and in UTC."""

    command_id: int
    command_name: str
    scheduled_at: datetime
    origin: Origin
    queue: str = "default"
    priority: int = 0
    environment_id: int | None = None
    environment_name: str | None = None
    schedule_id: int | None = None
    schedule_name: str | None = None
    cron_id: int | None = None
    cron_name: str | None = None
    due_at: datetime | None = None
    due_key: str | None = None
    """Given where the job comes from a due time: a second job with the same key is never made."""
    retry_of: int | None = None
    max_attempts: int = 1
    backoff_base: timedelta = timedelta(seconds=30)
    backoff_cap: timedelta = timedelta(hours=1)
    overlap: Overlap = Overlap.QUEUE
    concurrency_group: str | None = None

    @property
    def pair_key(self) -> str:
        """Return what “the same command in the same environment” is compared by."""
        return f"{self.command_id}:{self.environment_id or 0}"

    @property
    def turn_key(self) -> str | None:
        """Return the key whose jobs run one after another, or None where they may run side by side."""
        if self.concurrency_group is not None:
            return f"group:{self.concurrency_group}"
        return None if self.overlap is Overlap.ALLOW else self.pair_key


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What became of a job that was put into the queue; `reason` is given where it was skipped."""

    job_id: int
    state: JobState
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedJob:
    """A job that this agent has taken and is to run now; `attempt` counts from 1."""

    id: int
    attempt: int
    priority: int
    max_attempts: int
    command_id: int
    command_name: str
    environment_id: int | None
    environment_name: str | None
    schedule_name: str | None
    cron_name: str | None
    origin: str
    due_at: datetime | None
    scheduled_at: datetime
    claimed_at: datetime
    backoff_base: timedelta
    backoff_cap: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The process of a claimed job is running."""

    job_id: int
    attempt: int
    at: datetime
    pid: int
    process_started_at: datetime | None
    plan: dict[str, Any]
    """What exactly runs, without secret values (`Plan.record()`)."""


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """How much an attempt printed, and where it lies: “inline”, a path below the output folder, or None for nothing.

    `fault` says why some of it could not be written, where that happened, and `dropped_bytes` how much is not kept.
    """

    stdout_bytes: int = 0
    stderr_bytes: int = 0
    location: str | None = None
    dropped_bytes: int = 0
    fault: str | None = None

    @property
    def complaint(self) -> str | None:
        """Return what is to be said of a fault, as a part of a sentence."""
        if self.fault is None:
            return None
        if not self.dropped_bytes:
            return f"its output may not be complete: {self.fault}"
        return f"{self.dropped_bytes} bytes of its output were not kept: {self.fault}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """An attempt has ended. `duration` runs from the start of the process; it is None where none was started."""

    job: ClaimedJob
    outcome: Outcome
    at: datetime
    duration: timedelta | None = None
    output: OutputFacts = OutputFacts()
