"""What a command, an environment and a job are to the part that runs them: plain values, read once per run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

__all__ = [
    "Base",
    "CommandDefinition",
    "EnvironmentDefinition",
    "FileVariables",
    "JobFacts",
    "Layer",
    "Shell",
    "VariableDefinition",
    "default_shell",
    "has_terminals",
]


class Shell(StrEnum):
    """What reads a command's text; the values are the words of the bundle and the database."""

    SH = "sh"
    BASH = "bash"
    ZSH = "zsh"
    PWSH = "pwsh"
    CMD = "cmd"
    NONE = "none"

    @property
    def is_posix(self) -> bool:
        """Whether the shell quotes by the rules of POSIX (Shell Command Language, 2.2)."""
        return self in {Shell.SH, Shell.BASH, Shell.ZSH}


class Base(StrEnum):
    """Where a process's environment starts from, before the environment's own variables."""

    SESSION = "session"
    LOGIN = "login"
    CLEAN = "clean"


def default_shell(platform: str = sys.platform) -> Shell:
    """Return the shell of commands that name none: cmd on Windows, sh everywhere else."""
    return Shell.CMD if platform == "win32" else Shell.SH


def has_terminals(platform: str = sys.platform) -> bool:
    """Return whether a process can be given a pseudo-terminal."""
    return platform != "win32"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableDefinition:
    """One variable of an environment; `value` is None when it is secret, because secrets are kept elsewhere."""

    name: str
    value: str | None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class FileVariables:
    """What a file of variables sets, by name, its references replaced.

    `put_in` tells of a value that refers to others which ones: their names with the values that were put in, and what
    had been put into those. A name may stand there with several values.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    put_in: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one environment of a chain says itself, in the order in which it counts.

    `env_file` is a file of variables that is read at each run, `unset` takes away what is inherited and what the file
    sets, `variables` come next, and `path` holds folders that are put before PATH.
    """

    environment_name: str
    variables: tuple[VariableDefinition, ...] = ()
    unset: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    working_directory: str | None = None
    env_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentDefinition:
    """An environment with what it extends: `layers` run from the farthest ancestor down to itself, later ones win."""

    id: int
    name: str
    base: Base = Base.SESSION
    layers: tuple[Layer, ...] = ()

    @property
    def working_directory(self) -> str | None:
        """Return where commands that name no other folder run: what the nearest layer says, if one does."""
        return next((layer.working_directory for layer in reversed(self.layers) if layer.working_directory), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDefinition:
    """A shell text (a template) with how to run it.

    `timeout` limits one attempt (None: no limit); `grace` lies between SIGTERM and SIGKILL; `interactive` leaves
    standard input open instead of the null device; `terminal` gives the process a pseudo-terminal (pty(7)) that
    controls its session, with its output and, where it is interactive, its input on it.
    """

    id: int
    name: str
    run: str
    shell: Shell = field(default_factory=default_shell)
    working_directory: str | None = None
    timeout: timedelta | None = None
    grace: timedelta = timedelta(seconds=10)
    success_exit_codes: tuple[int, ...] = (0,)
    interactive: bool = False
    terminal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """What a run may know of its own job; `attempt` counts from 1, the times are aware UTC.

    `due_at` is None for a job that no schedule made; `origin` is a word of the contract: schedule, catch-up, manual,
    retry, command-line.
    """

    id: int
    attempt: int
    due_at: datetime | None
    scheduled_at: datetime
    schedule_name: str | None = None
    cron_name: str | None = None
    origin: str = "manual"
