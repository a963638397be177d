"""The wall-clock times that an expression names, in no zone: the next, the previous, and how many there are.

Wall-clock times are whole seconds since 0001-01-01 00:00 on the wall clock. Every answer comes from the explicit sets
by bisection and month masks, so that 40 empty years cost a look at 480 months, and counting the seconds of a decade
costs the same as counting its days.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date

from core.timing.cron import Expression
from core.timing.days import MonthTable, length_of_month
from core.timing.zones import DAY_S, FIRST_YEAR, LAST_YEAR

__all__ = ["WallTimes"]


class WallTimes:
    """The set of wall-clock times of one expression; immutable. Not for `@reboot`, which names none."""

    __slots__ = ("_hours", "_minutes", "_months", "_per_day", "_seconds", "_table")

    def __init__(self, expression: Expression) -> None:
        self._seconds = expression.second.values if expression.second else (0,)
        self._minutes = expression.minute.values
        self._hours = expression.hour.values
        self._months = expression.month.values
        self._table = MonthTable(expression.day_of_month, expression.day_of_week)
        self._per_day = len(self._hours) * len(self._minutes) * len(self._seconds)

    def first_from(self, wall: int, limit: int) -> int | None:
        """Return the first time at or after `wall` and before `limit`, or None."""
        day, second = divmod(wall, DAY_S)
        matching = self._day_from(day, limit // DAY_S)
        if matching == day:
            time = self._time_from(second)
            if time is not None:
                return _below(day * DAY_S + time, limit)
            matching = self._day_from(day + 1, limit // DAY_S)
        if matching is None:
            return None
        return _below(matching * DAY_S + self._first_time(), limit)

    def last_before(self, wall: int, limit: int) -> int | None:
        """Return the last time before `wall` and at or after `limit`, or None."""
        day, second = divmod(wall, DAY_S)
        matching = self._day_until(day, limit // DAY_S)
        if matching == day:
            time = self._time_before(second)
            if time is not None:
                return _from(day * DAY_S + time, limit)
            matching = self._day_until(day - 1, limit // DAY_S)
        if matching is None:
            return None
        return _from(matching * DAY_S + self._last_time(), limit)

    def contains(self, wall: int) -> bool:
        """Return whether `wall` is one of the times."""
        return self.first_from(wall, wall + 1) is not None

    def count(self, start: int, end: int) -> int:
        """Return how many times lie in [start, end)."""
        if end <= start:
            return 0
        first_day, first_second = divmod(start, DAY_S)
        last_day, last_second = divmod(end, DAY_S)
        total = self._days(first_day, last_day) * self._per_day
        if self._days(first_day, first_day + 1):
            total -= self._times_before(first_second)
        if self._days(last_day, last_day + 1):
            total += self._times_before(last_second)
        return total

    def _time_from(self, second: int) -> int | None:
        """Return the first time of day at or after a second of the day."""
        minute, second = divmod(second, 60)
        hour, minute = divmod(minute, 60)
        at = bisect_left(self._hours, hour)
        if at < len(self._hours) and self._hours[at] == hour:
            found = self._in_hour_from(minute, second)
            if found is not None:
                return hour * 3600 + found
            at += 1
        if at == len(self._hours):
            return None
        return self._hours[at] * 3600 + self._minutes[0] * 60 + self._seconds[0]

    def _in_hour_from(self, minute: int, second: int) -> int | None:
        at = bisect_left(self._minutes, minute)
        if at < len(self._minutes) and self._minutes[at] == minute:
            found = bisect_left(self._seconds, second)
            if found < len(self._seconds):
                return minute * 60 + self._seconds[found]
            at += 1
        return self._minutes[at] * 60 + self._seconds[0] if at < len(self._minutes) else None

    def _time_before(self, second: int) -> int | None:
        """Return the last time of day before a second of the day."""
        minute, second = divmod(second, 60)
        hour, minute = divmod(minute, 60)
        at = bisect_left(self._hours, hour)
        if at < len(self._hours) and self._hours[at] == hour:
            found = self._in_hour_before(minute, second)
            if found is not None:
                return hour * 3600 + found
        if at == 0:
            return None
        return self._hours[at - 1] * 3600 + self._minutes[-1] * 60 + self._seconds[-1]

    def _in_hour_before(self, minute: int, second: int) -> int | None:
        at = bisect_left(self._minutes, minute)
        if at < len(self._minutes) and self._minutes[at] == minute:
            found = bisect_left(self._seconds, second)
            if found:
                return minute * 60 + self._seconds[found - 1]
        return self._minutes[at - 1] * 60 + self._seconds[-1] if at else None

    def _first_time(self) -> int:
        return self._hours[0] * 3600 + self._minutes[0] * 60 + self._seconds[0]

    def _last_time(self) -> int:
        return self._hours[-1] * 3600 + self._minutes[-1] * 60 + self._seconds[-1]

    def _times_before(self, second: int) -> int:
        """Return how many times of day lie before a second of the day."""
        minute, second = divmod(second, 60)
        hour, minute = divmod(minute, 60)
        at = bisect_left(self._hours, hour)
        total = at * len(self._minutes) * len(self._seconds)
        if at < len(self._hours) and self._hours[at] == hour:
            at = bisect_left(self._minutes, minute)
            total += at * len(self._seconds)
            if at < len(self._minutes) and self._minutes[at] == minute:
                total += bisect_left(self._seconds, second)
        return total

    def _day_from(self, day: int, limit: int) -> int | None:
        """Return the first matching day from `day` to `limit` (days since 0001-01-01), both included."""
        for first, mask in self._months_from(day):
            if first > limit:
                return None
            ahead = mask >> max(day - first + 1, 0) << max(day - first + 1, 0)
            if ahead:
                found = first + (ahead & -ahead).bit_length() - 2
                return found if found <= limit else None
        return None

    def _day_until(self, day: int, limit: int) -> int | None:
        """Return the last matching day from `limit` to `day` (days since 0001-01-01), both included."""
        for first, mask in self._months_until(day):
            behind = mask & ((1 << (min(day - first, 31) + 2)) - 1)
            if behind:
                found = first + behind.bit_length() - 2
                return found if found >= limit else None
            if first < limit:
                return None
        return None

    def _days(self, start: int, end: int) -> int:
        """Return how many matching days lie in [start, end)."""
        total = 0
        for first, mask in self._months_from(start):
            if first >= end:
                break
            behind = max(start - first, 0) + 1
            inside = mask >> behind << behind
            if end - first <= 31:
                inside &= (1 << (end - first + 1)) - 1
            total += inside.bit_count()
        return total

    def _months_from(self, day: int) -> Iterator[tuple[int, int]]:
        """Yield the first day and the mask of each month in the expression, from the month that holds `day` on."""
        start = date.fromordinal(max(day + 1, 1))
        for year in range(max(start.year, FIRST_YEAR - 1), LAST_YEAR + 2):
            for month in self._months:
                if year > start.year or month >= start.month:
                    yield self._month(year, month)

    def _months_until(self, day: int) -> Iterator[tuple[int, int]]:
        """Yield the same backwards, from the month that holds `day`."""
        start = date.fromordinal(max(day + 1, 1))
        for year in range(start.year, FIRST_YEAR - 2, -1):
            for month in reversed(self._months):
                if year < start.year or month <= start.month:
                    yield self._month(year, month)

    def _month(self, year: int, month: int) -> tuple[int, int]:
        # Ordinal 1 is Monday, 0001-01-01, so an ordinal modulo 7 is the weekday with Sunday as 0.
        ordinal = date(year, month, 1).toordinal()
        return ordinal - 1, self._table.mask(length_of_month(year, month), ordinal % 7)


def _below(wall: int, limit: int) -> int | None:
    return wall if wall < limit else None


def _from(wall: int, limit: int) -> int | None:
    return wall if wall >= limit else None
