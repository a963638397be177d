"""A clock that moves only when a test says so."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["FakeClock"]


class FakeClock:
    """Fulfils core.clock.Clock: two clocks that a test moves together (`advance`) or apart (`step`).

    It may be read and moved from any thread.
    """

    def __init__(self, now: datetime = datetime(2026, 11, 24, 6, 0, tzinfo=UTC), *, zone: str = "UTC") -> None:
        self._lock = threading.Lock()
        self._now = self._checked(now)
        self._elapsed = 1000.0
        self._awake = 500.0
        self._zone = ZoneInfo(zone)

    @staticmethod
    def _checked(instant: datetime) -> datetime:
        if instant.utcoffset() is None:
            raise ValueError(f"A naive datetime has no place on the time line: {instant!r}")
        return instant.astimezone(UTC)

    def now(self) -> datetime:
        """Return the wall clock's time, aware and in UTC."""
        with self._lock:
            return self._now

    def elapsed(self) -> float:
        """Return seconds on the clock that `step` doesn't touch."""
        with self._lock:
            return self._elapsed

    @property
    def counts_sleep(self) -> bool:
        """Whether `elapsed` goes on in `sleep`."""
        return True

    def awake(self) -> float:
        """Return seconds on the clock that stands still in `sleep`."""
        with self._lock:
            return self._awake

    def sleep(self, by: timedelta) -> datetime:
        """Let time pass as while the machine sleeps; return the new wall clock time."""
        with self._lock:
            self._now += by
            self._elapsed += by.total_seconds()
            return self._now

    def zone(self) -> ZoneInfo:
        """Return the machine's time zone."""
        with self._lock:
            return self._zone

    def advance(self, by: timedelta) -> datetime:
        """Let time pass on both clocks, as it does; return the new wall clock time."""
        if by < timedelta():
            raise ValueError("Time passes forwards only; use step() to set the wall clock back.")
        with self._lock:
            self._now += by
            self._elapsed += by.total_seconds()
            self._awake += by.total_seconds()
            return self._now

    def step(self, by: timedelta) -> datetime:
        """Set the wall clock alone, forwards or back, as its owner or NTP does; return its new time."""
        with self._lock:
            self._now += by
            return self._now

    def set(self, now: datetime) -> None:
        """Set the wall clock alone to `now`."""
        checked = self._checked(now)
        with self._lock:
            self._now = checked

    def move_to(self, zone: str) -> None:
        """Change the machine's time zone, as a traveller does."""
        with self._lock:
            self._zone = ZoneInfo(zone)
