"""The form in which windows, files and the command line hand a definition over: values without ids, with defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from core.execution.definitions import default_shell
from core.timing.occurrences import SYSTEM_ZONE

__all__ = [
    "DEFAULT_QUEUE",
    "SYSTEM_ZONE",
    "CommandSpec",
    "CronSpec",
    "EnvironmentSpec",
    "Kind",
    "QueueSpec",
    "ScheduleSpec",
    "Spec",
]

DEFAULT_QUEUE = "default"
"""The queue that always exists."""


class Kind(StrEnum):
    """What the catalog holds."""

    COMMAND = "command"
    ENVIRONMENT = "environment"
    CRON = "cron"
    SCHEDULE = "schedule"
    QUEUE = "queue"

    @property
    def plural(self) -> str:
        """Return the word for many, which is also the name of the table in a bundle file."""
        return f"{self.value}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """A shell text with how to run it; `core.catalog.validation` says what each value may be."""

    name: str
    run: str
    shell: str = field(default_factory=lambda: default_shell().value)
    working_directory: str | None = None
    """Absolute, below `~`, or with `./` below the environment's; None is the environment's, or else the home folder."""
    timeout: timedelta | None = None
    """The longest time that one attempt may take; None is without a limit."""
    grace: timedelta = timedelta(seconds=10)
    """The time between asking the process to end and killing it."""
    max_attempts: int = 1
    backoff_base: timedelta = timedelta(seconds=30)
    """The pause before the second attempt; it doubles from there."""
    backoff_cap: timedelta = timedelta(hours=1)
    overlap: str = "queue"
    concurrency_group: str | None = None
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    """Lower numbers run first."""
    success_exit_codes: tuple[int, ...] = (0,)
    interactive: bool = False
    terminal: bool = False
    """Whether it runs in a pseudo-terminal, for programs that print otherwise without one; not on Windows."""
    tags: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSpec:
    """A named set of variables; the values of its secrets are kept elsewhere."""

    name: str
    extends: str | None = None
    base: str = "session"
    enabled: bool = True
    variables: Mapping[str, str] = field(default_factory=dict)
    """`${NAME}` in a value is a reference, `$${NAME}` the text itself (see `core.execution.references`)."""
    secrets: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    """The names of inherited variables that are taken away."""
    working_directory: str | None = None
    """Where commands run that name no folder; absolute or below `~`. None is what it extends says, else home."""
    path: tuple[str, ...] = ()
    """Folders that are put before PATH, the first one first; they may hold references."""
    env_file: str | None = None
    """A file of variables that is read at each run; absolute or below `~`. The environment's own variables win."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CronSpec:
    """A named cron expression with a time zone: an IANA name, or “system”."""

    name: str
    expression: str
    timezone: str = SYSTEM_ZONE
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSpec:
    """Ties one command to environments and crons by their names.

    Without environments the command runs once per due time, with the session's variables alone.
    """

    name: str
    command: str
    environments: tuple[str, ...] = ()
    crons: tuple[str, ...] = ()
    catch_up: str = "once"
    catch_up_limit: int = 10
    catch_up_max_age: timedelta = timedelta(days=7)
    jitter: timedelta = timedelta()
    """Runs start later than they are due by less than this, a schedule always by the same."""
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSpec:
    """A queue with the number of jobs it may run at once; None is the machine's number of cores.

    A queue that no row describes exists as soon as a command names it.
    """

    name: str
    limit: int | None = None


Spec: TypeAlias = CommandSpec | EnvironmentSpec | CronSpec | ScheduleSpec | QueueSpec
