"""The words for a job's state, origin and events, and the overlap policies."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["CLAIM_BLOCKING", "FINISHED", "LIVE", "EventKind", "JobState", "Origin", "Overlap"]


class JobState(StrEnum):
    """Where a job is in its life: Oban's states and one of ours, `skipped`."""

    SCHEDULED = "scheduled"
    """Waits for its time."""
    AVAILABLE = "available"
    """Waits for a free slot in its queue."""
    EXECUTING = "executing"
    """Claimed by an agent; its process runs or is about to."""
    RETRYABLE = "retryable"
    """Failed, and waits for the time of its next attempt."""
    COMPLETED = "completed"
    """Succeeded."""
    DISCARDED = "discarded"
    """Failed, and has no attempt left."""
    CANCELLED = "cancelled"
    """Ended because somebody asked for it."""
    SKIPPED = "skipped"
    """Deliberately not run; the reason stands in the row."""


LIVE = frozenset({JobState.SCHEDULED, JobState.AVAILABLE, JobState.EXECUTING, JobState.RETRYABLE})
FINISHED = frozenset(JobState) - LIVE
CLAIM_BLOCKING = frozenset({JobState.AVAILABLE, JobState.EXECUTING, JobState.RETRYABLE})
"""States in which a job counts as “already waiting or executing” for the overlap policies."""


class Origin(StrEnum):
    """What made a job."""

    SCHEDULE = "schedule"
    CATCH_UP = "catch-up"
    MANUAL = "manual"
    RETRY = "retry"
    COMMAND_LINE = "command-line"


class Overlap(StrEnum):
    """What happens when the same command in the same environment is already waiting or executing."""

    ALLOW = "allow"
    """Run them side by side."""
    SKIP = "skip"
    """Do not run the new one; record it with the reason."""
    QUEUE = "queue"
    """Run one after the other."""
    REPLACE = "replace"
    """Cancel the old one, then run the new one."""


class EventKind(StrEnum):
    """What can happen to a job. The ends of an attempt are the kinds of outcome."""

    QUEUED = "queued"
    STARTED = "started"
    SNOOZED = "snoozed"
    CANCEL_REQUESTED = "cancel-requested"
    SKIPPED = "skipped"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SIGNALLED = "signalled"
    TIMED_OUT = "timed-out"
    CANCELLED = "cancelled"
    COULD_NOT_START = "could-not-start"
    LOST = "lost"
