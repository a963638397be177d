"""The tables of the queue with its history: queues, agents, jobs, events, plans, pauses and skips."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.columns import BigId
from core.model.base import KEEP_IDS, Base, where

__all__ = ["Agent", "Event", "Job", "Pause", "PlanRecord", "Queue", "Skip"]


class Queue(Base):
    """A named queue; `limit` null means the machine's number of cores."""

    __tablename__ = "queues"

    name: Mapped[str] = mapped_column(primary_key=True)
    limit: Mapped[int | None]
    paused_at: Mapped[datetime | None]


class Agent(Base):
    """One running of Clockhand that works on jobs, from its start to its stop."""

    __tablename__ = "agents"
    __table_args__ = (Index("ix_agents_running", "id", **where("stopped_at IS NULL")), KEEP_IDS)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    host: Mapped[str]
    pid: Mapped[int]
    process_started_at: Mapped[datetime]
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str | None]


class PlanRecord(Base):
    """What exactly was run, once per distinct content, without secret values; the key is the content's digest."""

    __tablename__ = "plans"

    digest: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]


class Job(Base):
    """Run this command in this environment once.

    `due_key` is set where the job comes from a due time, and makes a second job for the same due time impossible.
    `unique_key` is set under the overlap policy `skip`. Jobs of one `turn_key` run one after another.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_available", "queue", "priority", "scheduled_at", "id", **where("state = 'available'")),
        Index(
            "ix_jobs_turn",
            "turn_key",
            "priority",
            "scheduled_at",
            "id",
            **where("state = 'available' AND turn_key IS NOT NULL"),
        ),
        Index("ix_jobs_turn_taken", "turn_key", **where("state = 'executing' AND turn_key IS NOT NULL")),
        Index("ix_jobs_scheduled", "scheduled_at", **where("state IN ('scheduled', 'retryable')")),
        Index("ix_jobs_executing", "queue", "agent_id", **where("state = 'executing'")),
        Index("ix_jobs_finished", "finished_at", **where("finished_at IS NOT NULL")),
        Index(
            "ix_jobs_live_command",
            "command_id",
            "environment_id",
            **where("state IN ('available', 'executing', 'retryable')"),
        ),
        Index("uq_jobs_due_key", "due_key", unique=True, **where("due_key IS NOT NULL")),
        Index(
            "uq_jobs_unique_key",
            "unique_key",
            unique=True,
            **where("state IN ('available', 'executing', 'retryable') AND unique_key IS NOT NULL"),
        ),
        Index("ix_jobs_command", "command_id", "id"),
        Index("ix_jobs_plan", "plan", **where("plan IS NOT NULL")),
        KEEP_IDS,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    queue: Mapped[str]
    priority: Mapped[int]
    scheduled_at: Mapped[datetime]
    origin: Mapped[str] = mapped_column(String(16))
    command_id: Mapped[int] = mapped_column(BigId)
    command_name: Mapped[str]
    environment_id: Mapped[int | None] = mapped_column(BigId)
    environment_name: Mapped[str | None]
    schedule_id: Mapped[int | None] = mapped_column(BigId)
    schedule_name: Mapped[str | None]
    cron_id: Mapped[int | None] = mapped_column(BigId)
    cron_name: Mapped[str | None]
    due_at: Mapped[datetime | None]
    due_key: Mapped[str | None]
    overlap: Mapped[str] = mapped_column(String(16))
    unique_key: Mapped[str | None]
    turn_key: Mapped[str | None]
    retry_of: Mapped[int | None] = mapped_column(BigId)
    attempt: Mapped[int]
    max_attempts: Mapped[int]
    backoff_base: Mapped[timedelta]
    backoff_cap: Mapped[timedelta]
    created_at: Mapped[datetime]
    agent_id: Mapped[int | None] = mapped_column(BigId)
    claimed_at: Mapped[datetime | None]
    pid: Mapped[int | None]
    process_started_at: Mapped[datetime | None]
    plan: Mapped[str | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    duration: Mapped[timedelta | None]
    outcome: Mapped[str | None] = mapped_column(String(16))
    exit_code: Mapped[int | None]
    signal: Mapped[int | None]
    reason: Mapped[str | None]
    cancel_requested_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    stdout_bytes: Mapped[int]
    stderr_bytes: Mapped[int]
    output: Mapped[str | None]
    skipped_count: Mapped[int | None]
    skipped_from: Mapped[datetime | None]


class Event(Base):
    """Something that happened to a job; the columns that do not apply to its kind are null."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_job_id", "job_id", "id"), KEEP_IDS)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job_id: Mapped[int] = mapped_column(BigId)
    attempt: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    agent_id: Mapped[int | None] = mapped_column(BigId)
    host: Mapped[str | None]
    pid: Mapped[int | None]
    duration: Mapped[timedelta | None]
    exit_code: Mapped[int | None]
    signal: Mapped[int | None]
    reason: Mapped[str | None]
    next_attempt_at: Mapped[datetime | None]
    stdout_bytes: Mapped[int | None]
    stderr_bytes: Mapped[int | None]
    output: Mapped[str | None]


class Pause(Base):
    """A span in which due times are not run: those of everything, of one schedule, or of one cell of it.

    It is over at `ended_at`, and before somebody has written that, at `until_at`; null means until it is resumed. A
    cell is an environment by a cron; its `environment_id` is null in a schedule without environments. Rows that have
    ended outlive what they speak of, as history does.
    """

    __tablename__ = "pauses"
    __table_args__ = (
        Index("ix_pauses_span", "schedule_id", "ended_at"),
        Index("ix_pauses_until", "until_at", **where("ended_at IS NULL AND until_at IS NOT NULL")),
        KEEP_IDS,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scope: Mapped[str] = mapped_column(String(16), server_default=text("'everything'"))
    schedule_id: Mapped[int | None] = mapped_column(BigId)
    cron_id: Mapped[int | None] = mapped_column(BigId)
    environment_id: Mapped[int | None] = mapped_column(BigId)
    started_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    origin: Mapped[str]


class Skip(Base):
    """One due time of a cron of a schedule that somebody wants passed over, in every environment."""

    __tablename__ = "skips"
    __table_args__ = (UniqueConstraint("schedule_id", "cron_id", "due_at"), KEEP_IDS)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(BigId)
    cron_id: Mapped[int] = mapped_column(BigId)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    origin: Mapped[str]
