"""When a failed job is tried again: exponential, capped, with jitter (Oban's backoff)."""

from __future__ import annotations

from datetime import timedelta
from random import Random

__all__ = ["JITTER", "backoff"]

JITTER = 0.1
"""The wait is lengthened or shortened by up to this share, so that jobs that failed together part again."""

_LARGEST_EXPONENT = 30


def backoff(attempt: int, *, base: timedelta, cap: timedelta, random: Random) -> timedelta:
    """Return how long to wait after attempt number `attempt` (from 1) failed.

    The wait doubles with each attempt, from `base` up to `cap`; the jitter is applied last and never passes `cap`.
    """
    doublings = 1 << min(attempt - 1, _LARGEST_EXPONENT)
    # Compared by division, because a timedelta of three years that is doubled thirty times does not exist.
    doubled = cap if base >= cap / doublings else base * doublings
    return min(doubled * random.uniform(1 - JITTER, 1 + JITTER), cap)
