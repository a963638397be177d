"""What a write touched, and who wants to know: values that travel between threads instead of data."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields

__all__ = ["Changes", "Publisher"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Changes:
    """Flags that name what a committed write touched; whoever shows it asks the database.

    `catalog`: commands, environments, crons or schedules. `jobs`: rows of the queue or their events. `claimable`: jobs
    may have become ready to start, or room for them. `cancellations`: someone asked to cancel a running job.
    `due_times`: the next due time or the next staged job may lie earlier than before. `queues`: limits and pauses.
    `agents`: an agent came or went. `settings`: a setting.
    """

    catalog: bool = False
    jobs: bool = False
    claimable: bool = False
    cancellations: bool = False
    due_times: bool = False
    queues: bool = False
    agents: bool = False
    settings: bool = False

    def __or__(self, other: Changes) -> Changes:
        """Return what either touched."""
        return Changes(*(getattr(self, f.name) or getattr(other, f.name) for f in fields(self)))

    def __bool__(self) -> bool:
        """Return whether anything was touched."""
        return any(getattr(self, f.name) for f in fields(self))

    @classmethod
    def everything(cls) -> Changes:
        """Return all flags set: another process wrote, and what it wrote is unknown."""
        return cls(*(True for _ in fields(cls)))


class Publisher:
    """Hands changes to subscribers, in the thread that publishes.

    A subscriber must return at once and must not raise; one that raises is logged and does not stop the others.
    """

    def __init__(self) -> None:
        self._subscribers: list[Callable[[Changes], None]] = []
        self._lock = threading.Lock()

    def subscribe(self, subscriber: Callable[[Changes], None]) -> Callable[[], None]:
        """Call `subscriber` for every change from now on; return a function that ends it."""
        with self._lock:
            self._subscribers = [*self._subscribers, subscriber]

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = [s for s in self._subscribers if s is not subscriber]

        return unsubscribe

    def publish(self, changes: Changes) -> None:
        """Tell every subscriber; nothing happens for empty changes."""
        if not changes:
            return
        for subscriber in self._subscribers:
            try:
                subscriber(changes)
            except Exception:
                logger.exception("A listener failed on %s", changes)
