"""The tables: the catalog, the queue with its history, and what the agents observed.

Jobs and events name catalog rows by id and by name, without foreign keys: history outlives what it speaks of. Ids are
never used twice (AUTOINCREMENT), so an id that finds nothing means “deleted since”.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, MetaData, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from core.columns import BigId, Duration, Instant, Json

__all__ = [
    "Agent",
    "Base",
    "Command",
    "Cron",
    "Environment",
    "Event",
    "Job",
    "Observation",
    "Pause",
    "PlanRecord",
    "Queue",
    "Schedule",
    "ScheduleCron",
    "ScheduleEnvironment",
    "Setting",
    "Skip",
    "Variable",
]

_KEEP_IDS = {"sqlite_autoincrement": True}


def _where(condition: str) -> dict[str, Any]:
    """Return the partial-index options; the states are literals, as SQLite's planner needs them to be."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Base(DeclarativeBase):
    """Common ground of all tables: explicit names for constraints, and one type per kind of value."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it as it stands)
        datetime: Instant(),
        timedelta: Duration(),
        str: Text(),
        list[int]: Json(),
        list[str]: Json(),
        dict[str, Any]: Json(),
    }


class Command(Base):
    """A shell text with how to run it."""

    __tablename__ = "commands"
    __table_args__ = (_KEEP_IDS,)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    run: Mapped[str]
    shell: Mapped[str]
    working_directory: Mapped[str | None]
    timeout: Mapped[timedelta | None]
    grace: Mapped[timedelta]
    max_attempts: Mapped[int]
    backoff_base: Mapped[timedelta]
    backoff_cap: Mapped[timedelta]
    overlap: Mapped[str]
    concurrency_group: Mapped[str | None]
    queue: Mapped[str]
    priority: Mapped[int]
    success_exit_codes: Mapped[list[int]]
    interactive: Mapped[bool]
    terminal: Mapped[bool] = mapped_column(server_default=false())
    tags: Mapped[list[str]]
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Environment(Base):
    """A named set of variables, which may extend another one."""

    __tablename__ = "environments"
    __table_args__ = (_KEEP_IDS,)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    extends_id: Mapped[int | None] = mapped_column(ForeignKey("environments.id", ondelete="RESTRICT"), index=True)
    base: Mapped[str]
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    variables: Mapped[list[Variable]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Variable.position"
    )


class Variable(Base):
    """One variable of an environment; a secret's row has no plain value."""

    __tablename__ = "variables"
    __table_args__ = (UniqueConstraint("environment_id", "name"), _KEEP_IDS)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    environment_id: Mapped[int] = mapped_column(ForeignKey("environments.id", ondelete="CASCADE"))
    name: Mapped[str]
    value: Mapped[str | None]
    secret: Mapped[bool]
    position: Mapped[int]


class Cron(Base):
    """A named cron expression with a time zone (an IANA name, or “system”)."""

    __tablename__ = "crons"
    __table_args__ = (_KEEP_IDS,)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    expression: Mapped[str]
    timezone: Mapped[str]
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Schedule(Base):
    """Ties one command to many environments and many crons."""

    __tablename__ = "schedules"
    __table_args__ = (_KEEP_IDS,)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id", ondelete="CASCADE"), index=True)
    catch_up: Mapped[str]
    catch_up_limit: Mapped[int]
    catch_up_max_age: Mapped[timedelta]
    jitter: Mapped[timedelta] = mapped_column(server_default=text("0"))
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    environment_links: Mapped[list[ScheduleEnvironment]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="ScheduleEnvironment.position"
    )
    cron_links: Mapped[list[ScheduleCron]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="ScheduleCron.position"
    )


class ScheduleEnvironment(Base):
    """One environment in which a schedule runs its command."""

    __tablename__ = "schedule_environments"

    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True)
    environment_id: Mapped[int] = mapped_column(
        ForeignKey("environments.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


class ScheduleCron(Base):
    """One cron of a schedule, with what is known of its time.

    `watermark_at` is CRON.md's w: every due time up to it has been dealt with. `next_due_at` is the first one after
    it, or null while the command, the schedule or the cron is disabled, and where no due time will ever come. While
    the schedule is paused the row is `held`: dispatch leaves it alone, and deals with the span when the pause is over.
    """

    __tablename__ = "schedule_crons"
    __table_args__ = (
        UniqueConstraint("schedule_id", "cron_id"),
        Index("ix_schedule_crons_next_due_at", "next_due_at", **_where("next_due_at IS NOT NULL AND held = 0")),
        _KEEP_IDS,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    cron_id: Mapped[int] = mapped_column(ForeignKey("crons.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    watermark_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    held: Mapped[int] = mapped_column(server_default=text("0"))


class Queue(Base):
    """A named queue; `limit` null means the machine's number of cores."""

    __tablename__ = "queues"

    name: Mapped[str] = mapped_column(primary_key=True)
    limit: Mapped[int | None]
    paused_at: Mapped[datetime | None]


class Agent(Base):
    """One running of Clockhand that works on jobs, from its start to its stop."""

    __tablename__ = "agents"
    __table_args__ = (Index("ix_agents_running", "id", **_where("stopped_at IS NULL")), _KEEP_IDS)

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
        Index("ix_jobs_available", "queue", "priority", "scheduled_at", "id", **_where("state = 'available'")),
        Index(
            "ix_jobs_turn",
            "turn_key",
            "priority",
            "scheduled_at",
            "id",
            **_where("state = 'available' AND turn_key IS NOT NULL"),
        ),
        Index("ix_jobs_turn_taken", "turn_key", **_where("state = 'executing' AND turn_key IS NOT NULL")),
        Index("ix_jobs_scheduled", "scheduled_at", **_where("state IN ('scheduled', 'retryable')")),
        Index("ix_jobs_executing", "queue", "agent_id", **_where("state = 'executing'")),
        Index("ix_jobs_finished", "finished_at", **_where("finished_at IS NOT NULL")),
        Index(
            "ix_jobs_live_command",
            "command_id",
            "environment_id",
            **_where("state IN ('available', 'executing', 'retryable')"),
        ),
        Index("uq_jobs_due_key", "due_key", unique=True, **_where("due_key IS NOT NULL")),
        Index(
            "uq_jobs_unique_key",
            "unique_key",
            unique=True,
            **_where("state IN ('available', 'executing', 'retryable') AND unique_key IS NOT NULL"),
        ),
        Index("ix_jobs_command", "command_id", "id"),
        Index("ix_jobs_plan", "plan", **_where("plan IS NOT NULL")),
        _KEEP_IDS,
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
    __table_args__ = (Index("ix_events_job_id", "job_id", "id"), _KEEP_IDS)

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
        Index("ix_pauses_until", "until_at", **_where("ended_at IS NULL AND until_at IS NOT NULL")),
        _KEEP_IDS,
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
    __table_args__ = (UniqueConstraint("schedule_id", "cron_id", "due_at"), _KEEP_IDS)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(BigId)
    cron_id: Mapped[int] = mapped_column(BigId)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    origin: Mapped[str]


class Observation(Base):
    """A fact of the machine's day: an agent started or stopped, a sleep, a clock step, a change of zone."""

    __tablename__ = "observations"
    __table_args__ = (Index("ix_observations_at", "at"), _KEEP_IDS)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    detail: Mapped[dict[str, Any]]


class Setting(Base):
    """One setting that differs from its default."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
