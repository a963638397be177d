"""Turns what is due into jobs, and tells when to look again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from core.database import Database
from core.dispatch import correction
from core.errors import ClockhandError
from core.queue.agents import observe
from core.queue.bars import LinkBars, read_bars
from core.queue.due_rows import DueRow, advance, next_due_at, read_at_start, read_due
from core.queue.enqueue import enqueue_all, record_skipped
from core.queue.jobs import NewJob
from core.queue.left_out import LeftOut, answer_cells, left_out_of, record_left_out
from core.queue.pauses import hold_paused, next_end, open_pause, rewind, settle
from core.queue.skips import drop_used
from core.queue.stage import next_staging, stage
from core.queue.states import Origin
from core.timing.due import MISSED, SkippedSpan
from core.timing.flow import Flow, Steady
from core.timing.occurrences import occurrences_of
from core.writer import Transaction

__all__ = ["Dispatched", "Dispatcher"]

logger = logging.getLogger(__name__)

CHUNK = 200
"""Due rows per transaction: other writers wait no longer than that takes."""


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What one waking did: jobs made, due times skipped, jobs made available; and when the next thing is due."""

    jobs: int
    skipped: int
    staged: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is to become of one due row: computed outside the write transaction."""

    row: DueRow
    next_due: datetime | None
    jobs: list[NewJob]
    left_out: list[LeftOut]
    is_paused: bool = False
    fault: str | None = None


class Dispatcher:
    """Makes jobs for due times. Its cost at a waking grows with what is due, not with the number of schedules.

    Several may work on one database: a due row is advanced by a guarded statement in the transaction that makes its
    jobs, and a due time has at most one job.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def wake(self, now: datetime, zone: ZoneInfo, *, flow: Flow | None = None) -> Dispatched:
        """Deal with everything that is due at `now`; `zone` is what “system” means.

        `flow` says how the clock ran since the last waking. Raises StorageError, after which the same call can simply
        be made again: what was done stays done.
        """
        if flow is not None and not isinstance(flow, Steady):
            self._correct(flow, now, zone)
        with self._database.reading() as connection:
            end = next_end(connection)
        if end is not None and end <= now:
            self._database.write(lambda tx: settle(tx, now))
        with self._database.reading() as connection:
            to_stage = next_staging(connection)
        staged = self._database.write(lambda tx: stage(tx, now)) if to_stage is not None and to_stage <= now else 0
        jobs, skipped, is_paused = self._dispatch(now, zone, flow)
        return Dispatched(jobs, skipped, staged, self._next_at(is_paused=is_paused))

    def start(self, started_at: datetime) -> int:
        """Make the jobs of the `@reboot` crons for an agent that started then; return how many were made.

        Calling it again for the same start makes nothing twice. Raises StorageError.
        """
        with self._database.reading() as connection:
            rows = read_at_start(connection)
            bars = read_bars(connection, {row.id: row.next_due_at for row in rows})
        if not rows:
            return 0
        jobs: list[NewJob] = []
        skipped: list[tuple[NewJob, str]] = []
        for row in rows:
            for one in row.environments:
                job = row.job(one, started_at, Origin.SCHEDULE, started_at)
                bar = next((bar for bar in bars.get(row.id, LinkBars()).of(one[0]) if bar.goes_on(started_at)), None)
                if bar is None:
                    jobs.append(job)
                else:
                    skipped.append((job, f"{bar.reason(started_at)}, when the agent started"))

        def work(transaction: Transaction) -> int:
            for job, reason in skipped:
                span = SkippedSpan(1, started_at, started_at, reason)
                record_skipped(transaction, job, started_at, span=span)
            return len(enqueue_all(transaction, jobs, started_at))

        return self._database.write(work)

    def flow_at_start(self, now: datetime) -> Flow:
        """Return how the clock flowed while nothing of ours ran: it may have been set back behind what was dealt with.

        Without that, a watermark in the future would silence its schedules until the clock reaches it again.
        """
        with self._database.reading() as connection:
            return correction.flow_at_start(connection, now)

    def _dispatch(self, now: datetime, zone: ZoneInfo, flow: Flow | None) -> tuple[int, int, bool]:
        """Return how many jobs were made, how many due times were skipped, and whether everything is paused."""
        jobs = skipped = 0
        while True:
            with self._database.reading() as connection:
                paused = open_pause(connection, now)
                # What was due before everything was paused still runs; all else waits for the end of the pause.
                until = now if paused is None else min(now, paused.started_at)
                rows = read_due(connection, until, most=CHUNK)
                bars = read_bars(connection, {row.id: row.next_due_at for row in rows})
            cause = getattr(flow, "cause", MISSED)
            decisions = [self._decide(row, now, zone, bars.get(row.id, LinkBars()), cause) for row in rows]
            if not rows:
                return jobs, skipped, paused is not None
            made, left_out, overtaken = self._database.write(partial(_carry_out, decisions=decisions, now=now))
            jobs, skipped = jobs + made, skipped + left_out
            if len(rows) < CHUNK and not overtaken:
                return jobs, skipped, paused is not None

    def _decide(self, row: DueRow, now: datetime, zone: ZoneInfo, bars: LinkBars, cause: str) -> _Decision:
        try:
            occurrences = occurrences_of(row.expression, row.timezone, zone)
            answers = answer_cells(row, occurrences, bars, now, cause=cause)
            next_due = occurrences.next(now)
        except ClockhandError as error:
            return _Decision(row, None, [], [], fault=str(error))
        jobs: list[NewJob] = []
        for environment, accounts in answers:
            for answer in accounts:
                jobs += [row.job(environment, at, Origin.CATCH_UP, now) for at in answer.due.catch_up]
                jobs += [row.job(environment, at, Origin.SCHEDULE, now) for at in answer.due.on_time]
        is_paused = any(bar.goes_on(now) for bar in bars.common)
        return _Decision(row, next_due, jobs, left_out_of(row, answers, now), is_paused)

    def follow_zone(self, now: datetime, zone: ZoneInfo) -> None:
        """Note in which zone the machine is; where it was another one last time, move what follows it.

        For the first waking: a change that is seen while running is `core.catalog.due.refresh_system_zone`'s. Raises
        StorageError.
        """
        with self._database.reading() as connection:
            before = correction.last_zone(connection)
            if before == zone.key:
                return
            moves = correction.after_zone_change(
                connection, lambda expression, timezone: occurrences_of(expression, timezone, zone)
            )

        def work(transaction: Transaction) -> None:
            observe(transaction, now, correction.ZONE_CHANGED, before=before, after=zone.key)
            correction.carry_out(transaction, moves)

        self._database.write(work)

    def _correct(self, flow: Flow, now: datetime, zone: ZoneInfo) -> None:
        """Move the watermarks as CRON.md's R4 asks after a step of the wall clock."""
        with self._database.reading() as connection:
            moves = correction.after_step(
                connection, flow, now, lambda expression, timezone: occurrences_of(expression, timezone, zone)
            )

        def work(transaction: Transaction) -> None:
            observe(transaction, now, "clock-step", sentence=str(flow))
            rewind(transaction, now)
            drop_used(transaction)
            correction.carry_out(transaction, moves)

        self._database.write(work)

    def _next_at(self, *, is_paused: bool) -> datetime | None:
        with self._database.reading() as connection:
            moments = [next_staging(connection), next_end(connection), None if is_paused else next_due_at(connection)]
        return min((moment for moment in moments if moment is not None), default=None)


def _carry_out(transaction: Transaction, decisions: list[_Decision], now: datetime) -> tuple[int, int, int]:
    """Make the jobs of the rows that nobody else moved meanwhile; return how many jobs, skipped due times, and others.

    The others are rows that somebody else moved or edited first; they may still be due.
    """
    jobs: list[NewJob] = []
    skipped = overtaken = 0
    for decision in decisions:
        if not advance(transaction.connection, decision.row, watermark=now, next_due=decision.next_due):
            overtaken += 1
            continue
        if decision.is_paused:
            hold_paused(transaction, decision.row.schedule_id)
        jobs += decision.jobs
        if any(one.bar is not None and one.bar.pause is None for one in decision.left_out):
            drop_used(transaction, decision.row.schedule_id, decision.row.cron_id)
        for one in decision.left_out:
            record_left_out(transaction, one, now)
            skipped += one.span.count
        if decision.fault is not None:
            _set_aside(transaction, decision.row, now, decision.fault)
    return len(enqueue_all(transaction, jobs, now)), skipped, overtaken


def _set_aside(transaction: Transaction, row: DueRow, now: datetime, fault: str) -> None:
    """Keep a cron that can't be computed from stopping the others: it has no next due time until it is edited."""
    logger.error("The cron “%s” of schedule “%s” is set aside: %s", row.cron_name, row.schedule_name, fault)
    observe(transaction, now, "cron-set-aside", cron=row.cron_name, schedule=row.schedule_name, fault=fault)
