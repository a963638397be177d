"""How runs, events and times read for a person: short, in the machine's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from core.durations import describe_duration

if TYPE_CHECKING:  # the database comes along with it
    from core.history.runs import Event, Run

__all__ = ["ended", "event_words", "local_time", "outcome_words", "run_name", "state_sentence"]


def ended(words: str) -> str:
    """Return the words as a sentence that has an end, which a question has already."""
    return words if words.endswith((".", "?", "!")) else f"{words}."


def local_time(at: datetime | None, zone: tzinfo) -> str:
    """Return `2026-11-24 07:30:00` in the zone, or nothing for None."""
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def run_name(run: Run) -> str:
    """Return `“sync orders” in staging`."""
    return f"“{run.command}”" + (f" in {run.environment}" if run.environment else "")


def outcome_words(run: Run) -> str:
    """Return how it ended, or why it does not run; nothing while there is no saying."""
    if run.state.value == "skipped":
        return _words("skipped", run.exit_code, run.signal, run.reason)
    return "" if run.outcome is None else _words(run.outcome, run.exit_code, run.signal, run.reason)


def state_sentence(run: Run, zone: tzinfo) -> str:
    """Return what is going on with a job, as one sentence."""
    match run.state.value:
        case "scheduled":
            why = f" ({run.reason.rstrip('.')})" if run.reason else ""
            words = f"waits for {local_time(run.scheduled_at, zone)}{why}"
        case "available":
            words = "waits for its turn"
        case "executing":
            words = "runs"
        case "retryable":
            words = f"{outcome_words(run)}; tried again at {local_time(run.scheduled_at, zone)}"
        case _:
            words = f"{outcome_words(run)}{_after(run.duration)}"
    return f"Job {run.id}, {run_name(run)}: {ended(words)}"


def event_words(event: Event) -> str:
    """Return what happened, with all that is known about it."""
    words = _words(event.kind, event.exit_code, event.signal, event.reason)
    if event.pid is not None:
        words += f", process {event.pid} on {event.host}"
    words += _after(event.duration)
    if event.stdout_bytes is not None:
        words += f", {event.stdout_bytes} + {event.stderr_bytes or 0} bytes of output"
    return words


def _words(what: str, exit_code: int | None, signal: int | None, reason: str | None) -> str:
    from core.execution.outcome import Failed, Signalled, Succeeded

    why = (reason or "").rstrip(".")
    match what:
        case "succeeded":
            return str(Succeeded(exit_code or 0))
        case "failed" if exit_code is not None:
            return str(Failed(exit_code))
        case "signalled" if signal is not None:
            return str(Signalled(signal))
        case "timed-out":
            return f"stopped at its {why or 'time limit'}"
        case "cancelled":
            return f"cancelled {why}".rstrip()
        case _:
            said = "waits" if what == "snoozed" else what.replace("-", " ")
            return f"{said}: {why}" if why else said


def _after(duration: timedelta | None) -> str:
    return "" if duration is None else f", after {describe_duration(duration)}"
