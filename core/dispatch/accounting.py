"""Accounts for every due time since the watermark: on time, caught up, or skipped with the reason. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.queue.pauses import PauseSpan
from core.timing.due import MISSED, CatchUpPolicy, DueTimes, SkippedSpan, due_times
from core.timing.occurrences import Occurrences

__all__ = ["account"]

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Segment:
    """The time in (start, end]; `pause` is given where schedules were paused in it."""

    start: datetime
    end: datetime
    pause: PauseSpan | None


def account(
    occurrences: Occurrences,
    *,
    watermark: datetime,
    now: datetime,
    policy: CatchUpPolicy,
    pauses: Sequence[PauseSpan] = (),
    cause: str = MISSED,
) -> list[DueTimes]:
    """Return what to do with every due time in (watermark, now], in order of time (CRON.md, R4).

    The due times that lie in one of `pauses` (ended ones, oldest first) are skipped, whatever the policy is; the
    policy is applied once, to all that lie outside of them.
    """
    answers = []
    taken = 0
    # The latest first, because they are the ones that the policies prefer.
    for segment in reversed(list(_segments(watermark, now, pauses))):
        if segment.pause is None:
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
            due = DueTimes(skipped=_paused(occurrences, segment, segment.pause))
        if due != DueTimes():
            answers.append(due)
    return answers[::-1]


def _segments(watermark: datetime, now: datetime, pauses: Sequence[PauseSpan]) -> Iterator[_Segment]:
    start = watermark
    for pause in pauses:
        begin = max(start, pause.started_at)
        end = min(now, pause.ended_at or now)
        if end <= begin:
            continue
        if begin > start:
            yield _Segment(start, begin, None)
        yield _Segment(begin, end, pause)
        start = end
    if now > start:
        yield _Segment(start, now, None)


def _paused(occurrences: Occurrences, segment: _Segment, pause: PauseSpan) -> SkippedSpan | None:
    count = occurrences.count(segment.start, segment.end)
    if count == 0:
        return None
    first = occurrences.next(segment.start)
    last = occurrences.previous(segment.end + _TICK)
    assert first is not None
    assert last is not None
    reason = f"schedules were paused by {pause.origin} from {pause.started_at:%Y-%m-%d %H:%M:%S} UTC"
    if pause.ended_at is not None:
        reason += f" to {pause.ended_at:%Y-%m-%d %H:%M:%S} UTC"
    return SkippedSpan(count, first, last, reason)
