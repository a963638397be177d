"""Every due time around pauses is accounted for once, and the policy is applied once to what lies outside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from core.queue.accounting import account
from core.queue.bars import Bar, bar_of
from core.queue.pauses import PauseSpan
from core.timing.cron import parse
from core.timing.due import CatchUp, CatchUpPolicy
from core.timing.occurrences import Occurrences

HOURLY = Occurrences(parse("0 * * * *"), ZoneInfo("UTC"))
START = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def pause(start: datetime, end: datetime) -> Bar:
    return bar_of(PauseSpan(start, end, "somebody"))


def test_once_runs_the_latest_missed_time_only_although_a_pause_lies_between() -> None:
    answers = account(
        HOURLY,
        watermark=START,
        now=START + 480 * HOUR,
        policy=CatchUpPolicy(CatchUp.ONCE),
        bars=[pause(START + 24 * HOUR, START + 456 * HOUR)],
    )
    assert [time for answer in answers for time in answer.due.catch_up] == [datetime(2026, 1, 21, 0, 0, tzinfo=UTC)]


def test_age_is_counted_from_now_and_not_from_the_pause() -> None:
    answers = account(
        HOURLY,
        watermark=START,
        now=START + 480 * HOUR,
        policy=CatchUpPolicy(CatchUp.ALL, limit=1000, max_age=timedelta(days=7)),
        bars=[pause(START + 24 * HOUR, START + 456 * HOUR)],
    )
    caught_up = [time for answer in answers for time in answer.due.catch_up]
    assert min(caught_up) > START + 456 * HOUR
    assert len(caught_up) == 24


def test_a_due_time_just_before_a_long_pause_is_late_when_the_pause_is_over() -> None:
    answers = account(
        HOURLY,
        watermark=START,
        now=START + 48 * HOUR,
        policy=CatchUpPolicy(CatchUp.SKIP),
        bars=[pause(START + HOUR / 2, START + 47 * HOUR)],
    )
    assert not any(answer.due.on_time or answer.due.catch_up for answer in answers)


@given(
    cuts=st.lists(st.integers(1, 20_000), min_size=1, max_size=7, unique=True),
    policy=st.sampled_from(CatchUp),
    limit=st.integers(1, 30),
)
def test_every_due_time_is_accounted_for_exactly_once(cuts: list[int], policy: CatchUp, limit: int) -> None:
    moments = [START + timedelta(minutes=cut) for cut in sorted(cuts)]
    now = moments.pop()
    pauses = [pause(*pair) for pair in zip(moments[::2], moments[1::2], strict=False)]
    answers = account(HOURLY, watermark=START, now=now, policy=CatchUpPolicy(policy, limit), bars=pauses)
    run = [time for answer in answers for time in (*answer.due.catch_up, *answer.due.on_time)]
    skipped = sum(answer.due.skipped.count for answer in answers if answer.due.skipped)
    assert run == sorted(set(run))
    assert len(run) + skipped == HOURLY.count(START, now)
    assert not any(span.covers(time) for span in pauses for time in run)
    most = {CatchUp.SKIP: 0, CatchUp.ONCE: 1, CatchUp.ALL: limit}[policy]
    assert sum(len(answer.due.catch_up) for answer in answers) <= most
