"""The words for pauses, muted cells and skipped runs: until when, since when, and by whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QCoreApplication

from core.queue.pauses import PauseSpan
from core.queue.scopes import ScopeKind
from desktop.models.run_texts import short_text

__all__ = ["WINDOW", "day_text", "pause_sentence", "pause_text", "until_text", "who_text"]

WINDOW = "the user in the window"
"""The origin of what is done in the window, as the database keeps it."""

_WEEK = timedelta(days=6)


def until_text(instant: datetime, now: datetime, *, exact: bool = False) -> str:
    """Return `14:00` for a time of today, then `tomorrow 14:00`, `Fri 14:00` within a week, and `3 Dec 14:00`.

    An `exact` one, of something that is due, tells its seconds where there are any.
    """
    local = instant.astimezone()
    if (local.date() - now.astimezone().date()).days == 1:
        return _tr("tomorrow {time}").format(time=_time_text(local, exact=exact))
    return day_text(instant, now, exact=exact)


def day_text(instant: datetime, now: datetime, *, exact: bool = False) -> str:
    """Return the same in fewer letters, and still true when the day is over: `Wed 14:00` also for tomorrow."""
    local = instant.astimezone()
    days = (local.date() - now.astimezone().date()).days
    if days == 0:
        return _time_text(local, exact=exact)
    if 0 < days <= _WEEK.days:
        return f"{_weekdays()[local.weekday()]} {_time_text(local, exact=exact)}"
    return short_text(instant)[: -len(":00")]


def _time_text(local: datetime, *, exact: bool) -> str:
    """Return the time of day; an exact one with its seconds where there are any: a cron of seconds would seem late."""
    return f"{local:%H:%M:%S}" if exact and local.second else f"{local:%H:%M}"


def pause_text(span: PauseSpan, now: datetime) -> str:
    """Return `paused until 14:00`, or `muted`, as a list says it."""
    is_mute = span.scope.kind is ScopeKind.CELL
    if span.until_at is None:
        return _tr("muted") if is_mute else _tr("paused")
    text = _tr("muted until {time}") if is_mute else _tr("paused until {time}")
    return text.format(time=day_text(span.until_at, now))


def pause_sentence(span: PauseSpan, now: datetime) -> str:
    """Return `Paused until 14:00 by you, since 24 Nov 13:00:00.` and the like."""
    words = {
        ScopeKind.EVERYTHING: (_tr("All schedules are paused"), _tr("All schedules are paused until {time}")),
        ScopeKind.SCHEDULE: (_tr("Paused"), _tr("Paused until {time}")),
        ScopeKind.CELL: (_tr("Muted"), _tr("Muted until {time}")),
    }
    without, with_end = words[span.scope.kind]
    what = without if span.until_at is None else with_end.format(time=until_text(span.until_at, now))
    since = until_text(span.started_at, now)
    return _tr("{what} by {who}, since {time}.").format(what=what, who=who_text(span.origin), time=since)


def who_text(origin: str) -> str:
    """Return who did it, as the person in front of the window reads it."""
    return _tr("you") if origin == WINDOW else origin


def _weekdays() -> list[str]:
    return _tr("Mon Tue Wed Thu Fri Sat Sun").split()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Pauses", text)
