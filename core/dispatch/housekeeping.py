"""What an agent does beside running jobs: its heart-beat, the rescue of orphans, and the pruning of old history."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path

from core.clock import Clock, to_micros
from core.database import Database
from core.output.aging import files_before, fold_tail, pack_output, plain_outputs
from core.output.files import delete_outputs, files_size, is_file, output_size
from core.output.store import OutputStore
from core.queue.engine import JobQueue
from core.queue.retention import CHUNK, KeptOutput, Retention, finished_among, known_among, oldest_outputs
from core.settings import (
    OUTPUT_PACK_DAYS,
    RETENTION_DAYS,
    RETENTION_JOBS_PER_COMMAND,
    RETENTION_OUTPUT_BYTES,
    Settings,
)

__all__ = ["Housekeeper", "Pulse"]

logger = logging.getLogger(__name__)

_BEAT_INTERVAL_S = 10.0
_REST_S = 0.002
_ORPHANS_AGE = timedelta(days=1)


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

    def __init__(
        self,
        *,
        database: Database,
        queue: JobQueue,
        outputs: OutputStore,
        output_folder: Path,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._queue = queue
        self._outputs = outputs
        self._output_folder = output_folder
        self._settings = settings
        self._clock = clock
        self._is_halted = threading.Event()

    def halt(self) -> None:
        """Let what goes on end after its present step, because the agent stops; may be called from any thread."""
        self._is_halted.set()

    def keep_house(self) -> None:
        """Do everything that is to be done about once an hour. Raises StorageError."""
        self.prune()
        self.prune_bars()
        self.pack_outputs()
        self.sweep_outputs()
        self.trim_outputs()

    def prune(self) -> int:
        """Delete old jobs with their events and outputs; return how many jobs. Raises StorageError."""
        limits = self._limits()
        count = 0
        more = True
        while more and not self._is_halted.is_set():
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

    def prune_bars(self) -> int:
        """Delete pauses as old as deleted jobs, and skips that are used up; return how many. Raises StorageError."""
        return self._queue.prune_bars(self._limits()).result()

    def _limits(self) -> Retention:
        days = self._settings.get(RETENTION_DAYS)
        return Retention(
            age=timedelta(days=days) if days else None,
            jobs_per_command=self._settings.get(RETENTION_JOBS_PER_COMMAND),
        )

    def trim_outputs(self) -> int:
        """Delete the oldest outputs while all together are larger than the setting allows; return of how many jobs.

        The jobs themselves stay. What still runs is never touched. Raises StorageError.
        """
        limit_bytes = self._settings.get(RETENTION_OUTPUT_BYTES)
        if not limit_bytes:
            return 0
        excess = files_size(self._output_folder) + self._outputs.size() - limit_bytes
        count = 0
        while excess > 0 and not self._is_halted.is_set():
            with self._database.reading() as connection:
                oldest = oldest_outputs(connection)
            if not oldest:
                break
            victims = []
            for kept in oldest:
                if excess > 0:
                    victims.append(kept)
                    excess -= self._size_of(kept)
            job_ids = [kept.job_id for kept in victims]
            # Noted first: a row that promises an output which is gone would be a riddle after a crash.
            self._queue.forget_outputs(job_ids).result()
            self._outputs.delete(job_ids)
            delete_outputs(self._output_folder, [location for kept in victims for location in kept.locations])
            count += len(victims)
        if count:
            logger.info("Deleted the outputs of %d jobs to stay below %d bytes", count, limit_bytes)
        return count

    def _size_of(self, kept: KeptOutput) -> int:
        """Return what deleting these outputs makes free; what is packed takes less than was printed."""
        files = [location for location in kept.locations if is_file(location)]
        if len(files) < len(kept.locations):
            return kept.size_bytes  # small ones are in the database
        return sum(output_size(self._output_folder, location) for location in files)

    def pack_outputs(self) -> int:
        """Pack the output files of jobs that finished long enough ago; return how many. Raises StorageError.

        Tails that a crash or a full disk left beside their heads are put to them first, however young they are.
        """
        days = self._settings.get(OUTPUT_PACK_DAYS)
        now = self._clock.now()
        count = 0
        found = plain_outputs(self._output_folder)
        is_full = False
        while not is_full and (some := list(islice(found, CHUNK))):
            if not self._may_go_on():
                break
            ids = sorted({each.job_id for each in some})
            with self._database.reading() as connection:
                finished = finished_among(connection, ids, before=now)
                old = finished_among(connection, ids, before=now - timedelta(days=days)) if days else set()
            for each in some:
                try:
                    if each.has_tail and each.job_id in finished:
                        fold_tail(each.path, to_micros(now))
                    if each.is_worth_packing and each.job_id in old:
                        count += pack_output(each.path, may_go_on=self._may_go_on)
                except OSError as error:
                    logger.warning("The old output %s can't be compressed, which is tried again: %s", each.path, error)
                    is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
                    if is_full:
                        break  # the others would find no room either
        if count:
            logger.info("Compressed the outputs of %d attempts", count)
        return count

    def sweep_outputs(self) -> int:
        """Delete outputs that belong to no job, as crashes and restored databases leave them; return how many files.

        They would count against the limit of all outputs for ever. Those of the last day are left alone: somebody may
        be at work on the data folder. Raises StorageError.
        """
        count = 0
        found = files_before(self._output_folder, self._clock.now() - _ORPHANS_AGE)
        while (some := list(islice(found, CHUNK))) and self._may_go_on():
            known = self._known([job_id for job_id, _ in some])
            count += sum(self._delete_orphan(path) for job_id, path in some if job_id not in known)
        last = -1
        while (job_ids := self._outputs.job_ids(after=last, most=CHUNK)) and self._may_go_on():
            known = self._known(job_ids)
            count += self._outputs.delete(job_id for job_id in job_ids if job_id not in known)
            last = job_ids[-1]
        if count:
            logger.info("Deleted %d outputs that belonged to no job", count)
        return count

    def _known(self, job_ids: Sequence[int]) -> set[int]:
        with self._database.reading() as connection:
            return known_among(connection, job_ids)

    def _delete_orphan(self, path: Path) -> bool:
        try:
            path.unlink()
        except OSError as error:
            logger.warning("The output %s belongs to no job and can't be deleted: %s", path, error.strerror or error)
            return False
        return True

    def _may_go_on(self) -> bool:
        # A short rest each time, so that gigabytes to be packed take neither the processor nor the disk from others.
        return not self._is_halted.wait(_REST_S)
