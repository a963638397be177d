"""The queue as the rest of the program sees it: one verb a method, each carried out by the writer's thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from random import Random
from typing import Literal

from core.clock import Clock
from core.database import Database
from core.processes import host_name
from core.queue import (
    agents,
    cancel,
    claim,
    finish,
    manual,
    pauses,
    queue_pauses,
    rescue,
    retention,
    skips,
    stage,
    waking,
)
from core.queue.jobs import ClaimedJob, Enqueued, Finished, OutputFacts, Started
from core.queue.scopes import EVERYTHING, PauseScope
from core.queue.states import JobState, Origin
from core.writer import Transaction

__all__ = ["JobQueue"]


class JobQueue:
    """The verbs. Each returns a future that resolves when its effect is on disk.

    A verb reads the clock when it is called. Errors arrive through the future: NotFoundError and ConflictError for
    what can't be done, StorageError for a database that refuses.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        data_folder: str,
        default_limit: int = 0,
        left_output: Callable[[int, int], OutputFacts] = lambda _job_id, _attempt: OutputFacts(),
        random: Random | None = None,
    ) -> None:
        """Serve the queue of `database`.

        `data_folder` marks the processes of its jobs. `default_limit` is how many jobs run at once in a queue that
        names no limit, 0 for one per core. `left_output` tells what an attempt that was lost left on disk.
        """
        self._database = database
        self._clock = clock
        self._data_folder = data_folder
        self._random = random or Random()
        self._left_output = left_output
        self._known_plans: set[str] = set()  # touched by the writer's thread alone
        self._host = host_name()
        self._default_limit = default_limit
        self._cores = os.cpu_count() or 1

    @property
    def default_limit(self) -> int:
        """Return how many jobs run at once in a queue that names no limit."""
        return self._default_limit or self._cores

    def set_default_limit(self, limit: int) -> None:
        """Let queues that name no limit run `limit` jobs at once, 0 for one per core."""
        self._default_limit = limit

    def attempt_token(self, job_id: int, attempt: int) -> str:
        """Return what marks the process of an attempt; see `rescue.attempt_token`."""
        return rescue.attempt_token(self._data_folder, job_id, attempt)

    def register_agent(self, kind: str) -> Future[int]:
        """Enter this process as an agent; the result is its id."""
        now = self._clock.now()
        return self._database.submit(lambda transaction: agents.register(transaction, kind, now))

    def beat(self, agent_id: int) -> Future[None]:
        """Note that the agent is alive."""
        now = self._clock.now()
        return self._database.submit(lambda transaction: agents.beat(transaction, agent_id, now))

    def stop_agent(self, agent_id: int, *, reason: str) -> Future[None]:
        """Note that the agent stopped in good order."""
        now = self._clock.now()
        return self._database.submit(lambda transaction: agents.stop(transaction, agent_id, now, reason=reason))

    def run(
        self, command_id: int, environment_id: int | None, *, origin: Origin, at: datetime | None = None
    ) -> Future[Enqueued]:
        """Put a job into the queue for now, or for `at`."""
        now = self._clock.now()
        return self._database.submit(
            lambda transaction: manual.run_command(
                transaction, command_id, environment_id, at=at or now, now=now, origin=origin
            )
        )

    def retry(self, job_id: int, *, at: datetime | None = None) -> Future[Enqueued]:
        """Put a job into the queue that repeats an ended one, for now or for `at`."""
        now = self._clock.now()
        return self._database.submit(lambda transaction: manual.retry(transaction, job_id, now=now, at=at))

    def cancel(self, job_id: int, *, by: str) -> Future[Literal["cancelled", "requested"]]:
        """Cancel a waiting job, or ask for the end of a running one."""
        now = self._clock.now()
        return self._database.submit(lambda transaction: cancel.cancel(transaction, job_id, by=by, now=now))

    def requested_cancellations(self, agent_id: int) -> Future[dict[tuple[int, int], str]]:
        """Tell which of the agent's attempts are to be ended, and by whom."""
        return self._database.submit(lambda transaction: cancel.requested_cancellations(transaction, agent_id))

    def claim(self, agent_id: int) -> Future[list[ClaimedJob]]:
        """Take the jobs that the free slots allow."""
        now = self._clock.now()
        return self._database.submit(partial(claim.claim, agent_id=agent_id, now=now, default_limit=self.default_limit))

    def claim_job(self, job_id: int, agent_id: int) -> Future[list[ClaimedJob]]:
        """Take this one job if its time and its turn have come, after making available what is due."""
        now = self._clock.now()

        def work(transaction: Transaction) -> list[ClaimedJob]:
            stage.stage(transaction, now)
            return claim.claim_job(transaction, job_id, agent_id=agent_id, now=now)

        return self._database.submit(work)

    def record(
        self,
        agent_id: int,
        *,
        started: Sequence[Started] = (),
        finished: Sequence[Finished] = (),
        first: Callable[[], None] | None = None,
    ) -> Future[dict[int, JobState]]:
        """Record starts and ends of attempts in one transaction; the result is the new state of each that ended.

        A job that is missing from the result was decided by somebody else. `first` is done before, in the same turn
        of the writer's thread: what it raises keeps anything from being recorded.
        """
        plans: set[str] = set()

        def work(transaction: Transaction) -> dict[int, JobState]:
            if first is not None:
                first()
            if started:
                plans.update(
                    finish.mark_started(
                        transaction, started, agent_id=agent_id, host=self._host, known_plans=self._known_plans
                    )
                )
            if not finished:
                return {}
            return finish.mark_finished(transaction, finished, agent_id=agent_id, random=self._random)

        future = self._database.submit(work)
        # Called in the writer's thread and only after the commit: what is rolled back never counts as known.
        future.add_done_callback(lambda done: None if done.exception() else self._known_plans.update(plans))
        return future

    def snooze(self, job: ClaimedJob, *, until: datetime, reason: str) -> Future[bool]:
        """Put a claimed job back until `until` without counting the attempt."""
        now = self._clock.now()
        return self._database.submit(
            lambda transaction: finish.snooze(
                transaction, job_id=job.id, attempt=job.attempt, until=until, reason=reason, now=now
            )
        )

    def wake(self, reasons: Collection[str]) -> Future[int]:
        """Let jobs that were put back for one of these reasons be tried at once; the result is how many."""
        now = self._clock.now()
        return self._database.submit(partial(waking.wake, reasons=reasons, now=now))

    def stage(self) -> Future[int]:
        """Make available what was scheduled for a time that has come."""
        now = self._clock.now()
        return self._database.submit(lambda transaction: stage.stage(transaction, now))

    def rescue(self) -> Future[dict[int, JobState]]:
        """End the orphans of agents that are gone; the result is their new states."""
        now = self._clock.now()
        return self._database.submit(
            partial(
                rescue.end_orphans,
                data_folder=self._data_folder,
                now=now,
                random=self._random,
                left_output=self._left_output,
            )
        )

    def pause(
        self, scope: PauseScope = EVERYTHING, *, until: datetime | None = None, origin: str
    ) -> Future[pauses.PauseSpan]:
        """Pause everything, a schedule or a cell, until `until` or until it is resumed; see `pauses.pause`."""
        now = self._clock.now()
        return self._database.submit(partial(pauses.pause, scope=scope, until=until, now=now, origin=origin))

    def pause_each(
        self, scopes: Sequence[PauseScope], *, until: datetime | None = None, origin: str
    ) -> Future[list[pauses.PauseSpan]]:
        """Pause several together, leaving out those that are paused; the result is what began."""
        now = self._clock.now()
        return self._database.submit(partial(pauses.pause_each, scopes=scopes, until=until, now=now, origin=origin))

    def pause_until(
        self, scopes: Sequence[PauseScope], *, until: datetime | None, origin: str
    ) -> Future[pauses.PauseChange]:
        """Pause several together, and give that end to those that are paused already; the result is what changed."""
        now = self._clock.now()
        return self._database.submit(partial(pauses.pause_until, scopes=scopes, until=until, now=now, origin=origin))

    def take_back_pause(self, change: pauses.PauseChange, *, origin: str) -> Future[None]:
        """Undo what `pause_until` changed, and nothing that others paused since."""
        now = self._clock.now()
        return self._database.submit(partial(pauses.take_back, change=change, now=now, origin=origin))

    def change_pause(
        self, scope: PauseScope = EVERYTHING, *, until: datetime | None, origin: str
    ) -> Future[pauses.PauseSpan]:
        """Set when a pause that goes on is to end, None for not by itself."""
        now = self._clock.now()
        return self._database.submit(partial(pauses.change_pause, scope=scope, until=until, now=now, origin=origin))

    def resume(self, scope: PauseScope = EVERYTHING, *, origin: str) -> Future[pauses.PauseSpan]:
        """End the pause of everything, of a schedule or of a cell."""
        now = self._clock.now()
        return self._database.submit(partial(pauses.resume, scope=scope, now=now, origin=origin))

    def resume_each(self, scopes: Sequence[PauseScope], *, origin: str) -> Future[list[pauses.PauseSpan]]:
        """End several pauses together, leaving out what is not paused; the result is what ended."""
        now = self._clock.now()
        return self._database.submit(partial(pauses.resume_each, scopes=scopes, now=now, origin=origin))

    def resume_spans(self, spans: Sequence[pauses.PauseSpan], *, origin: str) -> Future[list[pauses.PauseSpan]]:
        """End exactly these pauses, as far as they go on; the result is what ended."""
        now = self._clock.now()
        return self._database.submit(partial(pauses.resume_spans, spans=spans, now=now, origin=origin))

    def skip_next(self, schedule_id: int, cron_id: int | None = None, *, origin: str) -> Future[datetime]:
        """Let the next run of a schedule (or of one of its crons) not happen; the result is the due time."""
        now, zone = self._clock.now(), self._clock.zone()
        return self._database.submit(
            lambda transaction: (
                skips.skip_next(transaction, schedule_id, cron_id, now=now, zone=zone, origin=origin).due_at
            )
        )

    def skip_next_each(self, schedule_ids: Sequence[int], *, origin: str) -> Future[list[skips.SkippedRun]]:
        """Skip the next run of several schedules, of all or of none; the result is what is skipped."""
        now, zone = self._clock.now(), self._clock.zone()
        return self._database.submit(
            partial(skips.skip_next_each, schedule_ids=schedule_ids, now=now, zone=zone, origin=origin)
        )

    def skip_run(self, run: skips.SkippedRun, *, origin: str) -> Future[skips.SkippedRun]:
        """Let exactly this run not happen; the result is what of it was not skipped before."""
        now, zone = self._clock.now(), self._clock.zone()
        return self._database.submit(partial(skips.skip_run, run=run, now=now, zone=zone, origin=origin))

    def unskip(
        self, schedule_id: int, cron_id: int | None = None, *, due_at: datetime | None = None, origin: str
    ) -> Future[datetime]:
        """Let a due time run after all that was to be skipped, without `due_at` the latest; the result is which."""
        now, zone = self._clock.now(), self._clock.zone()
        return self._database.submit(
            lambda transaction: (
                skips.unskip(transaction, schedule_id, cron_id, due_at=due_at, now=now, zone=zone, origin=origin).due_at
            )
        )

    def unskip_each(self, due: Mapping[int, datetime], *, origin: str) -> Future[list[skips.SkippedRun]]:
        """Let one skipped due time of each of these schedules run after all, or none; the result is which."""
        now, zone = self._clock.now(), self._clock.zone()
        return self._database.submit(partial(skips.unskip_each, due=due, now=now, zone=zone, origin=origin))

    def unskip_run(self, run: skips.SkippedRun, *, origin: str) -> Future[None]:
        """Let exactly this run happen after all."""
        now = self._clock.now()
        return self._database.submit(partial(skips.unskip_run, run=run, now=now, origin=origin))

    def pause_queue(self, name: str, *, origin: str) -> Future[None]:
        """Stop taking jobs out of a queue."""
        now = self._clock.now()
        return self._database.submit(partial(queue_pauses.pause_queue, name=name, now=now, origin=origin))

    def resume_queue(self, name: str, *, origin: str) -> Future[None]:
        """Take jobs out of a queue again."""
        now = self._clock.now()
        return self._database.submit(partial(queue_pauses.resume_queue, name=name, now=now, origin=origin))

    def prune(self, limits: retention.Retention) -> Future[retention.Pruned]:
        """Delete one chunk of old history."""
        now = self._clock.now()
        return self._database.submit(partial(retention.prune, retention=limits, now=now))

    def prune_bars(self, limits: retention.Retention) -> Future[int]:
        """Delete the pauses that were over before the history begins, and the skips that can't come true any more."""
        now = self._clock.now()

        def work(transaction: Transaction) -> int:
            pauses.end_gone(transaction, now)
            count = skips.drop_used(transaction) + skips.drop_gone(transaction, now)
            return count if limits.age is None else count + pauses.prune_pauses(transaction, now - limits.age)

        return self._database.submit(work)

    def forget_outputs(self, job_ids: Sequence[int]) -> Future[None]:
        """Note that the outputs of these jobs were deleted to save space."""
        now = self._clock.now()
        return self._database.submit(lambda transaction: retention.forget_outputs(transaction, job_ids, now=now))

    def prune_plans(self) -> Future[int]:
        """Delete the plans that nothing refers to."""

        def work(transaction: Transaction) -> int:
            self._known_plans.clear()
            return retention.prune_plans(transaction)

        return self._database.submit(work)
