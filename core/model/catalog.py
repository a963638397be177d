"""The tables of the catalog: commands, environments with their variables, crons and schedules."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.columns import BigId
from core.model.base import KEEP_IDS, Base, where

__all__ = ["Command", "Cron", "Environment", "Schedule", "ScheduleCron", "ScheduleEnvironment", "Variable"]


class Command(Base):
    """A shell text with how to run it."""

    __tablename__ = "commands"
    __table_args__ = (KEEP_IDS,)

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
    """A named set of variables, which may extend another one.

    `path` holds the folders that come before PATH, and `env_file` a file of variables that is read at each run.
    """

    __tablename__ = "environments"
    __table_args__ = (KEEP_IDS,)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    extends_id: Mapped[int | None] = mapped_column(ForeignKey("environments.id", ondelete="RESTRICT"), index=True)
    base: Mapped[str]
    working_directory: Mapped[str | None]
    path: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    env_file: Mapped[str | None]
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    variables: Mapped[list[Variable]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Variable.position"
    )


class Variable(Base):
    """One variable of an environment; a secret's row has no plain value, and `sealed` is null before it gets one.

    `unset` takes an inherited variable away; such a row has no value.
    """

    __tablename__ = "variables"
    __table_args__ = (UniqueConstraint("environment_id", "name"), KEEP_IDS)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    environment_id: Mapped[int] = mapped_column(ForeignKey("environments.id", ondelete="CASCADE"))
    name: Mapped[str]
    value: Mapped[str | None]
    secret: Mapped[bool]
    unset: Mapped[bool] = mapped_column(server_default=false())
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    position: Mapped[int]


class Cron(Base):
    """A named cron expression with a time zone (an IANA name, or “system”)."""

    __tablename__ = "crons"
    __table_args__ = (KEEP_IDS,)

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
    __table_args__ = (KEEP_IDS,)

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
        Index("ix_schedule_crons_next_due_at", "next_due_at", **where("next_due_at IS NOT NULL AND held = 0")),
        KEEP_IDS,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    cron_id: Mapped[int] = mapped_column(ForeignKey("crons.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    watermark_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    held: Mapped[int] = mapped_column(server_default=text("0"))
