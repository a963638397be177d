"""What a cron expression means and when it is due, gathered for a form: asked in another thread, shown in this one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from PySide6.QtCore import QCoreApplication

from core.catalog.specs import SYSTEM_ZONE
from core.clock import Clock
from core.durations import describe_duration
from core.timing.cron import CronError, parse
from core.timing.describe import describe, explain_fields, warnings
from core.timing.occurrences import Occurrences
from core.timing.phrases import WEEKDAYS
from core.timing.zones import ZoneError, load_zone

__all__ = ["CronOutlook", "distance_text", "in_window_words", "look_ahead", "time_text"]

_COUNT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CronOutlook:
    """The answer for one expression in one zone; `resolved` is empty unless there was an H. `times` are UTC."""

    sentence: str
    resolved: str
    meanings: tuple[tuple[str, str, str], ...]
    cautions: tuple[str, ...]
    times: tuple[datetime, ...]
    zone: tzinfo
    local: tzinfo
    has_seconds: bool
    is_reboot: bool

    @property
    def is_local(self) -> bool:
        """Return whether the cron follows the zone of the machine."""
        return str(self.zone) == str(self.local)


def look_ahead(text: str, name: str, zone: str, clock: Clock) -> CronOutlook | None:
    """Return what is to be said; None while the expression or the zone is wrong. `name` seeds every H."""
    try:
        expression = parse(text, identity=name)
        where = clock.zone() if zone == SYSTEM_ZONE else load_zone(zone)
    except (CronError, ZoneError):
        return None
    now = clock.now()
    return CronOutlook(
        sentence=describe(expression),
        resolved=expression.resolved.strip(" \t") if expression.resolved != expression.text else "",
        meanings=tuple((in_window_words(name), text, words) for name, text, words in explain_fields(expression)),
        cautions=tuple(warnings(expression, where, now)),
        times=tuple(Occurrences(expression, where).upcoming(now, _COUNT)),
        zone=where,
        local=clock.zone(),
        has_seconds=expression.has_seconds,
        is_reboot=expression.is_reboot,
    )


def time_text(at: datetime, zone: tzinfo, *, has_seconds: bool, has_zone: bool = True) -> str:
    """Return `Tue 2026-11-24 07:30 CET`, or without the zone."""
    try:
        there = at.astimezone(zone)
    except OverflowError:  # at the very end of the calendar
        there = at.astimezone(UTC)
    clock = f"{there:%H:%M:%S}" if has_seconds else f"{there:%H:%M}"
    return f"{WEEKDAYS[there.isoweekday() % 7][:3]} {there:%Y-%m-%d} {clock}" + (f" {there:%Z}" if has_zone else "")


def distance_text(at: datetime, now: datetime) -> str:
    """Return `in 3 h 20 min`, in whole seconds; `now` where it has come."""
    seconds = round((at - now).total_seconds())
    if seconds <= 0:
        return _tr("now")
    length = f"{seconds} s" if seconds < 60 else describe_duration(timedelta(seconds=seconds))
    return _tr("in {length}").format(length=length)


def in_window_words(text: str) -> str:
    """Return a sentence on an expression with the fields called as the builder calls them."""
    return text.replace("day-of-month", _tr("day")).replace("day-of-week", _tr("weekday"))


def _tr(text: str) -> str:
    return QCoreApplication.translate("CronOutlook", text)
