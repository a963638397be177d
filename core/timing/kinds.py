"""The six fields of an expression: their names, their bounds and the names of their values."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DAY_OF_MONTH", "DAY_OF_WEEK", "HOUR", "MINUTE", "MONTH", "SECOND", "Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What one field may hold: the values from `low` to `high`, and three-letter names for values from `low` on.

    `spread` is the largest value that `H` picks, so that a spread job never lands on a day that some months lack.
    """

    name: str
    low: int
    high: int
    spread: int
    names: tuple[str, ...] = ()

    @property
    def is_day_of_week(self) -> bool:
        """Whether 7 is another word for 0."""
        return self.name == "day-of-week"


SECOND = Kind("second", 0, 59, 59)
MINUTE = Kind("minute", 0, 59, 59)
HOUR = Kind("hour", 0, 23, 23)
DAY_OF_MONTH = Kind("day-of-month", 1, 31, 28)
MONTH = Kind("month", 1, 12, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"))
DAY_OF_WEEK = Kind("day-of-week", 0, 7, 6, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
