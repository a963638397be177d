"""What an agent does beside running jobs: its heart-beat, the rescue of orphans, and the pruning of old history."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

from core.clock import Clock
from core.output.files import delete_outputs
from core.output.store import OutputStore
from core.queue.engine import JobQueue
from core.queue.retention import Retention
from core.settings import RETENTION_DAYS, RETENTION_JOBS_PER_COMMAND, Settings

__all__ = ["Housekeeper", "Pulse"]

logger = logging.getLogger(__name__)

_BEAT_INTERVAL_S = 10.0


class Pulse:
    """Beats for an agent and looks for orphans, at most every ten seconds however often it is called."""

    def __init__(self, queue: JobQueue, clock: Clock, agent_id: int) -> None:
        self._queue = queue
        self._clock = clock
        self._agent_id = agent_id
        self._last_s: float | None = None

    def __call__(self) -> None:
        """Beat if it is time. Raises StorageError."""
        now_s = self._clock.elapsed()
        if self._last_s is not None and now_s - self._last_s < _BEAT_INTERVAL_S:
            return
        self._queue.beat(self._agent_id).result()
        for job_id, state in self._queue.rescue().result().items():
            logger.info("Job %d was lost with its agent; it is %s now", job_id, state)
        self._last_s = now_s


class Housekeeper:
    """Deletes what the settings do not want to be kept, a little at a time."""

    def __init__(self, *, queue: JobQueue, outputs: OutputStore, output_folder: Path, settings: Settings) -> None:
        self._queue = queue
        self._outputs = outputs
        self._output_folder = output_folder
        self._settings = settings

    def prune(self) -> int:
        """Delete old jobs with their events and outputs; return how many jobs. Raises StorageError."""
        limits = Retention(
            age=timedelta(days=self._settings.get(RETENTION_DAYS)),
            jobs_per_command=self._settings.get(RETENTION_JOBS_PER_COMMAND),
        )
        count = 0
        more = True
        while more:
            pruned = self._queue.prune(limits).result()
            # After the commit: an output without its job is only litter, a job without its output would be a loss.
            self._outputs.delete(pruned.job_ids)
            delete_outputs(self._output_folder, pruned.outputs)
            count += len(pruned.job_ids)
            more = pruned.more
        if count:
            self._queue.prune_plans().result()
            logger.info("Deleted %d old jobs", count)
        return count
