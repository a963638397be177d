"""The words for a run: what a table, a title and a time line say about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QCoreApplication

from core.durations import describe_duration
from core.execution.outcome import describe_signal
from core.history.runs import Event, Run
from core.queue.states import EventKind, JobState, Origin

__all__ = [
    "Look",
    "brief_text",
    "describe_bytes",
    "describe_share",
    "due_text",
    "elapsed_text",
    "event_look",
    "event_text",
    "local_text",
    "origin_text",
    "result_text",
    "run_look",
    "short_text",
]


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: never by colour alone, so a word, an icon of its own shape, and the name of a colour."""

    word: str
    icon: str
    tone: str


def run_look(run: Run) -> Look:
    """Return how the run's state is shown."""
    if run.state is JobState.EXECUTING:
        stopping = run.cancel_requested_at is not None
        return Look(_tr("Stopping"), "executing", "warning") if stopping else Look(_tr("Running"), "executing", "busy")
    if run.state is JobState.DISCARDED:
        return _failure_look(run.outcome)
    return {
        JobState.AVAILABLE: Look(_tr("Waiting"), "waiting", "waiting"),
        JobState.SCHEDULED: Look(_tr("Scheduled"), "scheduled", "waiting"),
        JobState.RETRYABLE: Look(_tr("Retrying"), "retrying", "warning"),
        JobState.COMPLETED: Look(_tr("Succeeded"), "succeeded", "good"),
        JobState.CANCELLED: Look(_tr("Cancelled"), "cancelled", "waiting"),
        JobState.SKIPPED: Look(_tr("Skipped"), "skipped", "waiting"),
    }[run.state]


def _failure_look(outcome: str | None) -> Look:
    match outcome:
        case "timed-out":
            return Look(_tr("Timed out"), "timed-out", "bad")
        case "could-not-start":
            return Look(_tr("Could not start"), "could-not-start", "bad")
        case "lost":
            return Look(_tr("Lost"), "lost", "bad")
        case "signalled":
            return Look(_tr("Killed"), "failed", "bad")
        case _:
            return Look(_tr("Failed"), "failed", "bad")


def result_text(run: Run) -> str:
    """Return what came of the run so far, in a few words."""
    if run.state is JobState.RETRYABLE:
        text = _tr("attempt {next} of {most} at {time}")
        return text.format(next=run.attempt + 1, most=run.max_attempts, time=local_text(run.scheduled_at)[11:])
    if run.state is JobState.EXECUTING:
        return _attempt_text(run) if run.max_attempts > 1 else ""
    if run.state is JobState.SKIPPED and run.skipped_count and run.skipped_count > 1:
        # The reason first: a narrow column cuts the rest off.
        return _tr("{reason} ({count} due times)").format(count=run.skipped_count, reason=run.reason or "")
    pieces = [_end_text(run.outcome, run.exit_code, run.signal, run.reason)]
    if run.attempt > 1 and not run.is_live:
        # What matters more comes first, since a narrow column cuts the rest off.
        pieces.insert(0 if run.state is JobState.COMPLETED else 1, _attempt_text(run))
    return ", ".join(piece for piece in pieces if piece)


def _attempt_text(run: Run) -> str:
    return _tr("attempt {number} of {most}").format(number=run.attempt, most=run.max_attempts)


def _end_text(outcome: str | None, exit_code: int | None, signal: int | None, reason: str | None) -> str:
    if reason:
        return reason
    if signal is not None:
        return describe_signal(signal)
    if exit_code is not None and outcome in {"failed", "succeeded"}:
        return _tr("exit code {code}").format(code=exit_code)
    return ""


def origin_text(run: Run) -> str:
    """Return where the run came from."""
    match run.origin:
        case Origin.MANUAL:
            return _tr("by hand")
        case Origin.COMMAND_LINE:
            return _tr("from the command line")
        case Origin.RETRY:
            return _tr("repeats run {id}").format(id=run.retry_of)
        case Origin.CATCH_UP:
            return _tr("{schedule} (caught up)").format(schedule=run.schedule or "")
        case _:
            return run.schedule or ""


_EVENT_LOOKS = {
    EventKind.QUEUED: ("waiting", "waiting"),
    EventKind.STARTED: ("executing", "busy"),
    EventKind.SNOOZED: ("scheduled", "waiting"),
    EventKind.CANCEL_REQUESTED: ("cancelled", "warning"),
    EventKind.SKIPPED: ("skipped", "waiting"),
    EventKind.SUCCEEDED: ("succeeded", "good"),
    EventKind.FAILED: ("failed", "bad"),
    EventKind.SIGNALLED: ("failed", "bad"),
    EventKind.TIMED_OUT: ("timed-out", "bad"),
    EventKind.CANCELLED: ("cancelled", "waiting"),
    EventKind.COULD_NOT_START: ("could-not-start", "bad"),
    EventKind.LOST: ("lost", "bad"),
}


def event_look(event: Event) -> Look:
    """Return how an event is shown."""
    words = {
        EventKind.QUEUED: _tr("Queued"),
        EventKind.STARTED: _tr("Started"),
        EventKind.SNOOZED: _tr("Put back"),
        EventKind.CANCEL_REQUESTED: _tr("Asked to stop"),
        EventKind.SKIPPED: _tr("Skipped"),
        EventKind.SUCCEEDED: _tr("Succeeded"),
        EventKind.FAILED: _tr("Failed"),
        EventKind.SIGNALLED: _tr("Killed"),
        EventKind.TIMED_OUT: _tr("Timed out"),
        EventKind.CANCELLED: _tr("Cancelled"),
        EventKind.COULD_NOT_START: _tr("Could not start"),
        EventKind.LOST: _tr("Lost"),
    }
    try:
        kind = EventKind(event.kind)
    except ValueError:  # of a later version
        return Look(event.kind, "waiting", "waiting")
    icon, tone = _EVENT_LOOKS[kind]
    return Look(words[kind], icon, tone)


def event_text(event: Event) -> str:
    """Return what is to be said of an event beside its kind and time."""
    pieces = []
    if event.attempt:
        pieces.append(_tr("attempt {number}").format(number=event.attempt))
    if event.duration is not None:
        pieces.append(_tr("after {duration}").format(duration=describe_duration(event.duration)))
    outcome = "failed" if event.exit_code is not None else None
    pieces.append(_end_text(outcome, event.exit_code, event.signal, event.reason))
    if event.kind == EventKind.STARTED and event.pid is not None:
        pieces.append(_tr("process {pid} on {host}").format(pid=event.pid, host=event.host or "?"))
    if event.stdout_bytes is not None:
        text = _tr("output {stdout}, errors {stderr}")
        pieces.append(
            text.format(stdout=describe_bytes(event.stdout_bytes), stderr=describe_bytes(event.stderr_bytes or 0))
        )
    if event.next_attempt_at is not None:
        pieces.append(_tr("next attempt at {time}").format(time=local_text(event.next_attempt_at)[11:]))
    return " · ".join(piece for piece in pieces if piece)


def local_text(instant: datetime | None) -> str:
    """Return `2026-11-24 06:30:00` in the machine's zone, or an empty text for None."""
    return "" if instant is None else instant.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def short_text(instant: datetime | None) -> str:
    """Return `24 Nov 06:30:00` in the machine's zone, with the year where it is not this one; "" for None."""
    if instant is None:
        return ""
    local = instant.astimezone()
    year = "" if local.year == datetime.now(UTC).astimezone().year else f" {local.year}"
    return f"{local.day} {_months()[local.month - 1]}{year} {local:%H:%M:%S}"


def brief_text(instant: datetime, now: datetime) -> str:
    """Return `06:30:00` for an instant of today, and `24 Nov 06:30` for another one."""
    text = short_text(instant)
    return text.rpartition(" ")[2] if local_text(instant)[:10] == local_text(now)[:10] else text[:-3]


def due_text(run: Run, now: datetime) -> str:
    """Return when a skipped run was due: of a span, its first and its last time."""
    last = run.due_at or run.scheduled_at
    if run.skipped_from is None or run.skipped_from >= last:
        return brief_text(last, now)
    # Without seconds: there is not much room, and they say little of a span.
    first_text, last_text = _minutes(run.skipped_from, now), _minutes(last, now)
    if local_text(run.skipped_from)[:10] == local_text(last)[:10]:
        last_text = last_text.rpartition(" ")[2]  # the day is said once
    return _tr("{first} to {last}").format(first=first_text, last=last_text)


def _minutes(instant: datetime, now: datetime) -> str:
    is_today = local_text(instant)[:10] == local_text(now)[:10]
    return brief_text(instant, now)[:-3] if is_today else brief_text(instant, now)


def elapsed_text(elapsed: timedelta) -> str:
    """Return how long something has gone on, in whole seconds, for a text that is renewed each second."""
    seconds = max(0, int(elapsed.total_seconds()))
    return _tr("{seconds} s").format(seconds=seconds) if seconds < 60 else describe_duration(timedelta(seconds=seconds))


def describe_bytes(count: int) -> str:
    """Return `0 B`, `812 B`, `1.8 kB`, `52 MB` (powers of 1000)."""
    if count < 1000:
        return f"{count} B"
    size = float(count)
    unit = ""
    for unit in ("kB", "MB", "GB", "TB"):  # noqa: B007  (used after the loop)
        size /= 1000
        if size < 999.5:
            break
    return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"


def describe_share(part: int, whole: int) -> str:
    """Return `105 of 117 MB`, `812 kB of 1.8 MB`."""
    of_part, of_whole = describe_bytes(part), describe_bytes(whole)
    number, _, unit = of_part.rpartition(" ")
    return _tr("{part} of {whole}").format(part=number if of_whole.endswith(f" {unit}") else of_part, whole=of_whole)


def _months() -> list[str]:
    return _tr("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Runs", text)
