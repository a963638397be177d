"""The one place that reads the machine's clocks, so that everything else takes time as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal

__all__ = ["EPOCH", "Clock", "SystemClock", "from_micros", "to_micros"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZONE_IS_FRESH_S = 5.0
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """What the program may ask about time."""

    def now(self) -> datetime:
        """Return the wall clock's time, aware and in UTC."""
        ...

    def elapsed(self) -> float:
        """Return seconds on a clock that is never set and that also counts while the machine sleeps."""
        ...

    @property
    def counts_sleep(self) -> bool:
        """Whether `elapsed` really goes on while the machine sleeps."""
        ...

    def awake(self) -> float:
        """Return seconds on a clock that is never set and that stands still while the machine sleeps."""
        ...

    def zone(self) -> ZoneInfo:
        """Return the machine's time zone as it is set now."""
        ...


class SystemClock:
    """The machine's own clocks."""

    # CLOCK_BOOTTIME counts suspended time (clock_gettime(2)); macOS's monotonic clock and Windows' do not all agree,
    # so where it is missing a sleep looks like a forward step of the wall clock, which R4 treats the same below 3 h.
    _elapsed_clock = getattr(time, "CLOCK_BOOTTIME", None)

    def __init__(self) -> None:
        self._zone: tuple[float, ZoneInfo] | None = None

    @property
    def counts_sleep(self) -> bool:
        """Whether `elapsed` goes on while the machine sleeps."""
        return self._elapsed_clock is not None

    def now(self) -> datetime:
        """Return the wall clock's time, aware and in UTC."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Return seconds since an arbitrary point, sleep included where the system can tell."""
        if self._elapsed_clock is None:
            return time.monotonic()
        return time.clock_gettime(self._elapsed_clock)

    def awake(self) -> float:
        """Return seconds since an arbitrary point; sleep is left out where the system can tell."""
        return time.monotonic()

    def zone(self) -> ZoneInfo:
        """Return the machine's time zone as it was set a few seconds ago at most; UTC where the machine names none."""
        kept = self._zone
        now_s = time.monotonic()
        if kept is None or now_s - kept[0] > _ZONE_IS_FRESH_S:
            # Looking reads several files, which every prepared job would pay for.
            kept = self._zone = (now_s, _look_for_zone())
        return kept[1]


def _look_for_zone() -> ZoneInfo:
    try:
        return ZoneInfo(tzlocal.reload_localzone().key)
    except (ZoneInfoNotFoundError, AttributeError, ValueError):
        return ZoneInfo("UTC")


def to_micros(instant: datetime) -> int:
    """Return microseconds since the epoch; `instant` must be aware."""
    if instant.tzinfo is None:
        raise ValueError(f"A naive datetime has no place on the time line: {instant!r}")
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC datetime that lies `micros` microseconds after the epoch."""
    return EPOCH + timedelta(microseconds=micros)
