"""By how much a schedule starts later than it is due: always by the same, so that it stays predictable."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b

__all__ = ["jitter_offset"]

_SECOND = timedelta(seconds=1)
_HASH_BITS = 64


def jitter_offset(schedule_id: int, jitter: timedelta) -> timedelta:
    """Return the whole seconds, fewer than `jitter`, by which the runs of a schedule start later than they are due.

    The hash is our own (BLAKE2, RFC 7693, of the schedule's id), so that the answer is the same in every process and
    version. A longer jitter moves every schedule by the same proportion.
    """
    digest = blake2b(f"schedule {schedule_id}".encode(), digest_size=_HASH_BITS // 8).digest()
    seconds = -(-jitter // _SECOND)
    return _SECOND * (int.from_bytes(digest, "big") * seconds >> _HASH_BITS)
