"""A run as JSON, as other programs read it: a contract, see DESIGN §12."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.history.runs import Event, Run

__all__ = ["as_utc_text", "event_as_json", "run_as_json"]


def as_utc_text(instant: datetime | None) -> str | None:
    """Return `2026-11-24T06:30:00Z`, with milliseconds where there are any (RFC 3339)."""
    if instant is None:
        return None
    utc = instant.astimezone(UTC)
    precision = "milliseconds" if utc.microsecond else "seconds"
    return utc.isoformat(timespec=precision).replace("+00:00", "Z")


def run_as_json(run: Run) -> dict[str, Any]:
    """Return the job as the contract has it; a missing value is None, never an empty string."""
    return {
        "id": run.id,
        "command": run.command,
        "environment": run.environment,
        "schedule": run.schedule,
        "cron": run.cron,
        "origin": run.origin,
        "state": run.state.value,
        "attempt": run.attempt,
        "max_attempts": run.max_attempts,
        "due_at": as_utc_text(run.due_at),
        "scheduled_at": as_utc_text(run.scheduled_at),
        "started_at": as_utc_text(run.started_at),
        "finished_at": as_utc_text(run.finished_at),
        "duration_ms": _milliseconds(run.duration),
        "outcome": run.outcome,
        "exit_code": run.exit_code,
        "signal": run.signal,
        "reason": run.reason,
        "retry_of": run.retry_of,
        "output_bytes": run.output_bytes,
    }


def event_as_json(event: Event) -> dict[str, Any]:
    """Return an event with the same conventions as `run_as_json`."""
    return {
        "kind": event.kind,
        "at": as_utc_text(event.at),
        "attempt": event.attempt,
        "host": event.host,
        "pid": event.pid,
        "duration_ms": _milliseconds(event.duration),
        "exit_code": event.exit_code,
        "signal": event.signal,
        "reason": event.reason,
        "next_attempt_at": as_utc_text(event.next_attempt_at),
        "stdout_bytes": event.stdout_bytes,
        "stderr_bytes": event.stderr_bytes,
        "output": event.output,
    }


def _milliseconds(duration: timedelta | None) -> int | None:
    return None if duration is None else round(duration / timedelta(milliseconds=1))
