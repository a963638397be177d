"""Which days of a month match an expression's two day fields (CRON.md, R2)."""

from __future__ import annotations

from calendar import isleap

from core.timing.fields import Field

__all__ = ["MonthTable", "length_of_month"]

_LENGTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SHORTEST = 28


def length_of_month(year: int, month: int) -> int:
    """Return the number of days of a month."""
    return 29 if month == 2 and isleap(year) else _LENGTHS[month]


class MonthTable:
    """The matching days of every possible month, as bit masks (bit 1 is the first day).

    A month is known by its length (28 to 31) and the weekday it begins with (0 is Sunday), so 28 masks answer for all
    time, and “can this day ever come” is a look at the table instead of a search through the years.
    """

    __slots__ = ("_masks",)

    def __init__(self, days: Field, weekdays: Field) -> None:
        # crontab(5): if both fields are restricted (neither starts with *), a day matches when either does.
        either = not (days.starts_with_star or weekdays.starts_with_star)
        masks = []
        for length in range(_SHORTEST, 32):
            for first_weekday in range(7):
                by_date = _days_of_month(days, length, first_weekday)
                by_weekday = _days_of_week(weekdays, length, first_weekday)
                masks.append(by_date | by_weekday if either else by_date & by_weekday)
        self._masks = tuple(masks)

    def mask(self, length: int, first_weekday: int) -> int:
        """Return the matching days of a month of `length` days that begins on `first_weekday`."""
        return self._masks[(length - _SHORTEST) * 7 + first_weekday]

    def ever_matches(self, months: tuple[int, ...]) -> bool:
        """Return whether any of the months has a matching day in any year.

        Every month begins on every weekday in some year, also February in leap years.
        """
        lengths = {_LENGTHS[month] for month in months} | ({29} if 2 in months else set())
        return any(self.mask(length, weekday) for length in lengths for weekday in range(7))


def _days_of_month(field: Field, length: int, first_weekday: int) -> int:
    mask = 0
    for day in field.values:
        if day <= length:
            mask |= 1 << day
    if field.last:
        mask |= 1 << length
    if field.last_workday:
        weekday = (first_weekday + length - 1) % 7
        days_after_friday = {6: 1, 0: 2}.get(weekday, 0)
        mask |= 1 << (length - days_after_friday)
    return mask


def _days_of_week(field: Field, length: int, first_weekday: int) -> int:
    mask = 0
    for weekday in field.values:
        for day in range(1 + (weekday - first_weekday) % 7, length + 1, 7):
            mask |= 1 << day
    for weekday in field.last_weekdays:
        first = 1 + (weekday - first_weekday) % 7
        mask |= 1 << (first + (length - first) // 7 * 7)
    for weekday, nth in field.nth:
        day = 1 + (weekday - first_weekday) % 7 + 7 * (nth - 1)
        if day <= length:
            mask |= 1 << day
    return mask
