"""What is due at a waking: what is on time, what was missed and is caught up, what is skipped and why (CRON.md, R4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.durations import format_duration
from core.timing.occurrences import Occurrences

__all__ = ["GRACE", "MISSED", "CatchUp", "CatchUpPolicy", "DueTimes", "SkippedSpan", "due_times"]

GRACE = timedelta(seconds=60)
MISSED = "missed while Clockhand was not running or the machine was asleep"

_TICK = timedelta(microseconds=1)


class CatchUp(StrEnum):
    """What happens to due times that were missed."""

    SKIP = "skip"
    ONCE = "once"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class CatchUpPolicy:
    """A schedule's choice; `limit` and `max_age` matter to `all` only.

    `once` runs the latest missed due time whatever its age: a yearly cron must not be lost to a holiday.
    """

    policy: CatchUp = CatchUp.ONCE
    limit: int = 10
    max_age: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SkippedSpan:
    """Due times that are not run: how many, the first and the last (aware UTC), and why (a part of a sentence)."""

    count: int
    first: datetime
    last: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class DueTimes:
    """The due times of one waking, each list oldest first (aware UTC)."""

    on_time: tuple[datetime, ...] = ()
    catch_up: tuple[datetime, ...] = ()
    skipped: SkippedSpan | None = None


def due_times(
    occurrences: Occurrences,
    *,
    watermark: datetime,
    now: datetime,
    policy: CatchUpPolicy,
    grace: timedelta = GRACE,
    cause: str = MISSED,
    until: datetime | None = None,
    taken: int = 0,
) -> DueTimes:
    """Return what to do with every due time in (watermark, now]; the watermark is then `now`.

    A due time that lies at most `grace` before `now` is on time, an earlier one was missed, and `cause` says how.
    With `until` only those up to it are dealt with, as late as they are at `now`, and `taken` says how many later
    ones are caught up already. Costs as much as the due times it returns, not as those it skips. ValueError where a
    time is naive.
    """
    if now.tzinfo is None or watermark.tzinfo is None:
        raise ValueError("The watermark and the present time must be aware datetimes.")
    until = now if until is None else min(until, now)
    if until <= watermark:
        return DueTimes()
    missed_until = min(until, now - grace - _TICK)
    boundary = max(watermark, missed_until)
    on_time = tuple(_all(occurrences, boundary, until)) if boundary < until else ()
    if missed_until <= watermark:
        return DueTimes(on_time)
    catch_up = tuple(_caught_up(occurrences, watermark, missed_until, now=now, policy=policy, taken=taken))
    skipped = _skipped(
        occurrences,
        watermark=watermark,
        until=missed_until,
        now=now,
        policy=policy,
        catch_up=catch_up,
        cause=cause,
    )
    return DueTimes(on_time, catch_up, skipped)


def _all(occurrences: Occurrences, after: datetime, until: datetime) -> list[datetime]:
    return occurrences.latest(after, until, occurrences.count(after, until))


def _caught_up(
    occurrences: Occurrences,
    watermark: datetime,
    until: datetime,
    *,
    now: datetime,
    policy: CatchUpPolicy,
    taken: int,
) -> list[datetime]:
    limit = {CatchUp.SKIP: 0, CatchUp.ONCE: 1, CatchUp.ALL: policy.limit}[policy.policy] - taken
    if limit <= 0:
        return []
    if policy.policy is CatchUp.ONCE:
        return occurrences.latest(watermark, until, limit)
    # A due time of exactly the maximum age is still young enough.
    oldest = max(watermark, now - policy.max_age - _TICK)
    return occurrences.latest(oldest, until, limit) if oldest < until else []


def _skipped(
    occurrences: Occurrences,
    *,
    watermark: datetime,
    until: datetime,
    now: datetime,
    policy: CatchUpPolicy,
    catch_up: tuple[datetime, ...],
    cause: str,
) -> SkippedSpan | None:
    """Return the span of what was missed and is not caught up; it always lies before what is."""
    count = occurrences.count(watermark, until) - len(catch_up)
    if count == 0:
        return None
    first = occurrences.next(watermark)
    last = occurrences.previous(catch_up[0] if catch_up else until + _TICK)
    assert first is not None
    assert last is not None
    return SkippedSpan(count, first, last, f"{cause}; {_rule(policy, now - first, now - last)}")


def _rule(policy: CatchUpPolicy, oldest: timedelta, youngest: timedelta) -> str:
    """Return the part of the reason that names the policy; the ages are those of what is skipped."""
    if policy.policy is CatchUp.SKIP:
        return "the policy is skip"
    if policy.policy is CatchUp.ONCE:
        return "the policy is once, which runs the latest missed time only"
    rules = []
    if oldest > policy.max_age:
        rules.append(f"none older than {format_duration(policy.max_age)}")
    if youngest <= policy.max_age:
        rules.append(f"the latest {policy.limit} only")
    return f"the policy is all, {' and '.join(rules)}"
