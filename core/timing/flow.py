"""How time flowed between two wakings, steadily or with a step of the wall clock, and what follows (CRON.md, R4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.durations import describe_duration

__all__ = [
    "CORRECTION",
    "TOLERANCE",
    "Flow",
    "Reading",
    "Steady",
    "SteppedBack",
    "SteppedForward",
    "judge",
    "judge_start",
    "rewatermark",
]

CORRECTION = timedelta(hours=3)
# The two clocks are not read in the same instant, and a clock that is being disciplined runs up to 500 ppm off
# (adjtimex(2)): 15 ms in the 30 s between two wakings. A busy machine adds more; a step by hand is larger.
TOLERANCE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at one moment: `wall` is aware, `elapsed_s` are seconds on a clock that is never set."""

    wall: datetime
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Steady:
    """The wall clock moved as far as time did; sleep included, where the elapsed clock counts it."""

    is_correction = False

    def __str__(self) -> str:
        """Return the sentence for the log."""
        return "The clock ran steadily."


@dataclass(frozen=True, slots=True)
class SteppedForward:
    """The wall clock moved further than time did, by `by`.

    Where `may_be_sleep`, the elapsed clock stands still while the machine sleeps and nobody can tell the two apart.
    """

    by: timedelta
    may_be_sleep: bool = False

    @property
    def is_correction(self) -> bool:
        """Whether the clock was corrected, so that what lies between was never really missed (R4: 3 h or more)."""
        return self.by >= CORRECTION and not self.may_be_sleep

    @property
    def cause(self) -> str:
        """How the due times in between were missed, as a part of a sentence (for `due_times`)."""
        if self.may_be_sleep:
            return (
                f"missed while the machine was asleep or because its clock went forward by {describe_duration(self.by)}"
            )
        return f"missed because the clock was set forward by {describe_duration(self.by)}"

    def __str__(self) -> str:
        """Return the sentence for the log."""
        if self.may_be_sleep:
            return f"The machine slept, or its clock was set forward, by {describe_duration(self.by)}."
        return f"The clock was set forward by {describe_duration(self.by)}.{_correction(self.is_correction)}"


@dataclass(frozen=True, slots=True)
class SteppedBack:
    """The wall clock moved less far than time did, by `by` (positive)."""

    by: timedelta

    @property
    def is_correction(self) -> bool:
        """Whether the clock was corrected, so that every schedule begins anew from it (R4: 3 h or more)."""
        return self.by >= CORRECTION

    def __str__(self) -> str:
        """Return the sentence for the log."""
        return f"The clock was set back by {describe_duration(self.by)}.{_correction(self.is_correction)}"


Flow = Steady | SteppedForward | SteppedBack


def judge(before: Reading, after: Reading, *, elapsed_counts_sleep: bool = True) -> Flow:
    """Return how time flowed from one reading to the next.

    The elapsed clock should count sleep. Where it does not (`elapsed_counts_sleep` false), sleep looks like a forward
    step; such a step is never taken for a correction, since that would drop what a night's sleep missed.
    ValueError where a wall time is naive.
    """
    if before.wall.tzinfo is None or after.wall.tzinfo is None:
        raise ValueError("The wall clock's readings must be aware datetimes.")
    shift = (after.wall - before.wall) - timedelta(seconds=after.elapsed_s - before.elapsed_s)
    if abs(shift) < TOLERANCE:
        return Steady()
    if shift > timedelta():
        return SteppedForward(shift, may_be_sleep=not elapsed_counts_sleep)
    return SteppedBack(-shift)


def judge_start(last_watermark: datetime, now: datetime) -> Flow:
    """Return how time flowed while nothing of ours ran, as far as the latest saved watermark can tell.

    Only a clock that was set back behind it shows; a step forward looks like time that passed, and is treated so.
    """
    return SteppedBack(last_watermark - now) if last_watermark - now >= TOLERANCE else Steady()


def rewatermark(flow: Flow, watermark: datetime, now: datetime, *, is_wildcard: bool) -> datetime:
    """Return the watermark from which a schedule looks for due times at this waking, by R4.

    A correction begins anew from `now`: what lies between is neither due nor caught up. After a small step back, a
    fixed-time cron keeps its watermark, so that nothing runs again, and a wildcard cron follows the clock. The
    watermark to save afterwards is the later of the one returned and `now`.
    """
    if flow.is_correction:
        return now
    if isinstance(flow, SteppedBack) and is_wildcard:
        return min(watermark, now)
    return watermark


def _correction(is_correction: bool) -> str:
    return " This counts as a correction: nothing is caught up." if is_correction else ""
