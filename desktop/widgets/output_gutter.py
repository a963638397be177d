"""The texts before the rows of an output: the numbers of their lines, and when they were written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum

from PySide6.QtCore import QCoreApplication

from core.output.line_numbers import LineNumbers
from core.output.rows import Row
from core.output.timeline import Timeline, span_text

__all__ = ["Gutter", "Stamps"]

_FEWEST_DIGITS = 4
_STAMP_CELLS = 12
_DATE_CELLS = 11  # with the blank behind it
_US = 1_000_000


class Stamps(Enum):
    """Which time stands before a row: none, the clock's, that since the start, or that since the row before."""

    NONE = "none"
    CLOCK = "clock"
    SINCE_START = "start"
    SINCE_LINE = "line"


class Gutter:
    """Changed by whoever shows it. Rows of one line that was cut have its number once.

    Where not all was written today, the clock's times have the date before them in the first row and at each new day.
    """

    def __init__(self, today: Callable[[], date] | None = None) -> None:
        self._today = today or _today
        self.stamps = Stamps.NONE
        self.has_numbers = False
        self.timeline = Timeline()
        self.numbers: LineNumbers | None = None

    def cells(self, size: int) -> int:
        """Return how many cells it takes before an output of this many bytes."""
        if not self.has_numbers and self.stamps is Stamps.NONE:
            return 0
        # The digits of the bytes are enough for the lines, and do not change while one scrolls.
        numbers = max(_FEWEST_DIGITS, len(str(size // 8))) + 1 if self.has_numbers else 0
        return numbers + (self._stamp_cells + 1 if self.stamps is not Stamps.NONE else 0) + 1

    def tool_tip(self, row: Row) -> str:
        """Return when the row was written, with everything that there is no room for; "" where that is not known."""
        at_us, start_us = self.timeline.at_us(row.start), self.timeline.start_us
        if at_us is None or start_us is None or not (self.has_numbers or self.stamps is not Stamps.NONE):
            return ""
        local = _local(at_us)
        text = QCoreApplication.translate("Gutter", "{time} ({zone}), {span} since the start")
        when = f"{local:%Y-%m-%d} {_clock(local)}"
        return text.format(time=when, zone=f"{local:%Z}", span=span_text(at_us - start_us))

    def texts(self, rows: list[Row], size: int, before: Callable[[], int | None]) -> list[str]:
        """Return a text for each row; `before` says where the row above the first one begins. Raises StorageError."""
        if not rows or not self.cells(size):
            return [""] * len(rows)
        digits = max(_FEWEST_DIGITS, len(str(size // 8)))
        numbers = self._numbers(rows) if self.has_numbers else []
        stamps = self._stamps(rows, before) if self.stamps is not Stamps.NONE else []
        columns = [[text.rjust(digits) for text in numbers], [text.rjust(self._stamp_cells) for text in stamps]]
        return [" ".join(parts) for parts in zip(*(column for column in columns if column), strict=True)]

    def _numbers(self, rows: list[Row]) -> list[str]:
        if self.numbers is None:
            return [""] * len(rows)
        found: list[str] = []
        number: int | None = None
        last: Row | None = None
        for row in rows:
            if last is None or number is None or row.start != last.end:
                number = self.numbers.number_at(row.start)
                found.append("" if number is None else str(number))
            elif last.data.endswith(b"\n") and not row.is_gap:
                number += 1
                found.append(str(number))
            else:
                found.append("")
            if row.is_gap:
                number = None
            last = row
        return found

    def _stamps(self, rows: list[Row], before: Callable[[], int | None]) -> list[str]:
        times = [self.timeline.at_us(row.start) for row in rows]
        if self.stamps is Stamps.CLOCK:
            return self._clocks(times)
        if self.stamps is Stamps.SINCE_START:
            start = self.timeline.start_us
            return ["" if at is None or start is None else span_text(at - start) for at in times]
        above = before()
        earlier = [None if above is None else self.timeline.at_us(above), *times]
        return [
            "" if at is None or last is None else span_text(at - last) for last, at in zip(earlier, times, strict=False)
        ]

    @property
    def _stamp_cells(self) -> int:
        return _STAMP_CELLS + (_DATE_CELLS if self.stamps is Stamps.CLOCK and self._has_dates else 0)

    @property
    def _has_dates(self) -> bool:
        today = self._today()
        ends = (self.timeline.start_us, self.timeline.end_us)
        return any(at is not None and _local(at).date() != today for at in ends)

    def _clocks(self, times: list[int | None]) -> list[str]:
        found: list[str] = []
        day = None if self._has_dates else self._today()
        for at in times:
            local = None if at is None else _local(at)
            if local is not None and local.date() != day:
                day = local.date()
                found.append(f"{day:%Y-%m-%d} {_clock(local)}")
            else:
                found.append("" if local is None else _clock(local))
        return found


def _local(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / _US, UTC).astimezone()


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _clock(local: datetime) -> str:
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03}"
