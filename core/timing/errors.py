"""What is wrong with a cron expression or a time zone, in words for the person who wrote it."""

from __future__ import annotations

from core.errors import ClockhandError, InvalidError

__all__ = ["CronError", "ZoneError"]


class CronError(ClockhandError):
    """A cron expression was refused.

    `message` is a full sentence that says what to write instead. `field` is “second”, “minute”, “hour”,
    “day-of-month”, “month” or “day-of-week”, or None where the fault is not in one field. `position` is the offset
    in the user's text, counted from 0, or None where no place can be named.
    """

    def __init__(self, message: str, *, field: str | None = None, position: int | None = None) -> None:
        self.message = message
        self.field = field
        self.position = position
        super().__init__(message)


class ZoneError(InvalidError):
    """A time zone was refused; `problems` holds the one fault, with the field “timezone”."""

    @property
    def message(self) -> str:
        """The sentence without the name of the field."""
        return self.problems[0].message
