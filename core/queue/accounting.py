"""Accounts for every due time since the watermark: on time, caught up, or skipped with the reason. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from core.queue.bars import Bar
from core.timing.due import MISSED, CatchUpPolicy, DueTimes, SkippedSpan, due_times
from core.timing.occurrences import Occurrences

__all__ = ["Account", "account"]

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Account:
    """What becomes of the due times of one stretch of time; `bar` is given where it keeps all of them from running."""

    due: DueTimes
    bar: Bar | None = None


@dataclass(frozen=True, slots=True)
class _Segment:
    """The time in (start, end]; `bar` is given where nothing runs in it."""

    start: datetime
    end: datetime
    bar: Bar | None


def account(
    occurrences: Occurrences,
    *,
    watermark: datetime,
    now: datetime,
    policy: CatchUpPolicy,
    bars: Sequence[Bar] = (),
    cause: str = MISSED,
) -> list[Account]:
    """Return what to do with every due time in (watermark, now], in order of time (CRON.md, R4).

    The due times that one of `bars` covers are skipped, whatever the policy is; where several cover one, the first of
    them counts. The policy is applied once, to all that lie outside of them.
    """
    answers = []
    taken = 0
    # The latest first, because they are the ones that the policies prefer.
    for segment in reversed(_segments(watermark, now, bars)):
        if segment.bar is None:
            due = due_times(
                occurrences,
                watermark=segment.start,
                until=segment.end,
                now=now,
                policy=policy,
                cause=cause,
                taken=taken,
            )
            taken += len(due.catch_up)
        else:
            due = DueTimes(skipped=_barred(occurrences, segment, segment.bar, now))
        if due != DueTimes():
            answers.append(Account(due, segment.bar))
    return answers[::-1]


def _segments(watermark: datetime, now: datetime, bars: Sequence[Bar]) -> list[_Segment]:
    """Return (watermark, now] cut where the bar that counts changes, in order of time."""
    cuts = {watermark, now}
    for one in bars:
        cuts |= {one.start} if one.end is None else {one.start, one.end - _TICK}
    edges = sorted(cut for cut in cuts if watermark <= cut <= now)
    segments: list[_Segment] = []
    for start, end in pairwise(edges):
        bar = next((one for one in bars if one.start <= start and (one.end is None or end < one.end)), None)
        is_same = bool(segments) and segments[-1].bar is bar
        segments.append(_Segment(segments.pop().start if is_same else start, end, bar))
    return segments


def _barred(occurrences: Occurrences, segment: _Segment, bar: Bar, now: datetime) -> SkippedSpan | None:
    count = occurrences.count(segment.start, segment.end)
    if count == 0:
        return None
    first = occurrences.next(segment.start)
    last = occurrences.previous(segment.end + _TICK)
    assert first is not None
    assert last is not None
    return SkippedSpan(count, first, last, bar.reason(now))
