"""How an attempt ended, as a value with questions on it."""

from __future__ import annotations

import signal as signals
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from core.durations import describe_duration

__all__ = [
    "Cancelled",
    "CouldNotStart",
    "Failed",
    "Lost",
    "Outcome",
    "Signalled",
    "Succeeded",
    "TimedOut",
    "describe_signal",
    "judge_exit",
]

# What every POSIX shell says by these codes (Shell Command Language, 2.8.2); people rarely know them by heart.
_SHELL_EXIT_CODES = {126: "found, but not executable", 127: "command not found"}


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The process ended by itself with a code that counts as success."""

    exit_code: int = 0
    kind: ClassVar[Literal["succeeded"]] = "succeeded"
    succeeded: ClassVar[bool] = True
    may_be_retried: ClassVar[bool] = False
    signal: ClassVar[int | None] = None
    reason: ClassVar[str | None] = None

    def __str__(self) -> str:
        return "succeeded" if self.exit_code == 0 else f"succeeded with exit code {self.exit_code}"


@dataclass(frozen=True, slots=True)
class Failed:
    """The process ended by itself with a code that does not count as success."""

    exit_code: int
    kind: ClassVar[Literal["failed"]] = "failed"
    succeeded: ClassVar[bool] = False
    may_be_retried: ClassVar[bool] = True
    signal: ClassVar[int | None] = None
    reason: ClassVar[str | None] = None

    def __str__(self) -> str:
        meaning = _SHELL_EXIT_CODES.get(self.exit_code)
        return f"failed with exit code {self.exit_code}" + (f" ({meaning})" if meaning else "")


@dataclass(frozen=True, slots=True)
class Signalled:
    """A signal that Clockhand did not send ended the process."""

    signal: int
    kind: ClassVar[Literal["signalled"]] = "signalled"
    succeeded: ClassVar[bool] = False
    may_be_retried: ClassVar[bool] = True
    exit_code: ClassVar[int | None] = None
    reason: ClassVar[str | None] = None

    def __str__(self) -> str:
        return f"killed by {describe_signal(self.signal)}"


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Clockhand ended the process because `limit` had passed; at most one of code and signal says how it went."""

    limit: timedelta
    exit_code: int | None = None
    signal: int | None = None
    kind: ClassVar[Literal["timed-out"]] = "timed-out"
    succeeded: ClassVar[bool] = False
    may_be_retried: ClassVar[bool] = True

    @property
    def reason(self) -> str:
        """Return which limit was passed."""
        return f"time limit of {describe_duration(self.limit)}"

    def __str__(self) -> str:
        return f"stopped at its {self.reason}"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Someone ended the attempt; `by` says who or what, such as “the user” or “Clockhand, which was closed”."""

    by: str
    kind: ClassVar[Literal["cancelled"]] = "cancelled"
    succeeded: ClassVar[bool] = False
    may_be_retried: ClassVar[bool] = False
    exit_code: ClassVar[int | None] = None
    signal: ClassVar[int | None] = None

    @property
    def reason(self) -> str:
        """Return who cancelled."""
        return f"by {self.by}"

    def __str__(self) -> str:
        return f"cancelled by {self.by}"


@dataclass(frozen=True, slots=True)
class CouldNotStart:
    """No process came to be; `permanent` means that the same definitions would fail the same way again."""

    reason: str
    permanent: bool = False
    kind: ClassVar[Literal["could-not-start"]] = "could-not-start"
    succeeded: ClassVar[bool] = False
    exit_code: ClassVar[int | None] = None
    signal: ClassVar[int | None] = None

    @property
    def may_be_retried(self) -> bool:
        """Return whether a later attempt could do better."""
        return not self.permanent

    def __str__(self) -> str:
        return f"could not start: {self.reason}"


@dataclass(frozen=True, slots=True)
class Lost:
    """Nobody saw the end: the agent or the machine went away while the attempt ran."""

    reason: str
    kind: ClassVar[Literal["lost"]] = "lost"
    succeeded: ClassVar[bool] = False
    may_be_retried: ClassVar[bool] = True
    exit_code: ClassVar[int | None] = None
    signal: ClassVar[int | None] = None

    def __str__(self) -> str:
        return f"lost: {self.reason}"


Outcome = Succeeded | Failed | Signalled | TimedOut | Cancelled | CouldNotStart | Lost


def judge_exit(
    exit_code: int | None, signal: int | None, success_exit_codes: Collection[int] = (0,)
) -> Succeeded | Failed | Signalled:
    """Return what the end of a process that was left alone means; exactly one of code and signal is not None.

    A signal is never a success, whatever the list of codes holds. Raises ValueError when both are None.
    """
    if signal is not None:
        return Signalled(signal)
    if exit_code is None:
        raise ValueError("A process that ended has an exit code or a signal.")
    return Succeeded(exit_code) if exit_code in success_exit_codes else Failed(exit_code)


def describe_signal(number: int) -> str:
    """Return `SIGSEGV (11)`, or `signal 77` for a number that has no name on this system (signal(7))."""
    try:
        return f"{signals.Signals(number).name} ({number})"
    except ValueError:
        return f"signal {number}"
