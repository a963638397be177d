"""The waits between attempts."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from core.queue.backoff import JITTER, backoff

BASE = timedelta(seconds=30)
CAP = timedelta(hours=1)


def test_the_wait_doubles_within_the_jitter() -> None:
    random = Random(1)
    for attempt, plain in enumerate((30, 60, 120, 240, 480, 960, 1920), start=1):
        wait = backoff(attempt, base=BASE, cap=CAP, random=random).total_seconds()
        assert plain * (1 - JITTER) <= wait <= plain * (1 + JITTER)


def test_jobs_that_failed_together_part_again() -> None:
    random = Random(1)
    assert len({backoff(1, base=BASE, cap=CAP, random=random) for _ in range(20)}) > 15


@given(
    attempt=st.integers(1, 10_000),
    base=st.timedeltas(timedelta(), timedelta(days=3650)),
    cap=st.timedeltas(timedelta(), timedelta(days=3650)),
    seed=st.integers(0, 100),
)
def test_no_wait_passes_the_cap_and_none_is_negative(attempt: int, base: timedelta, cap: timedelta, seed: int) -> None:
    assert timedelta() <= backoff(attempt, base=base, cap=cap, random=Random(seed)) <= cap
