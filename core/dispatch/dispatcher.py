"""Turns what is due into jobs, and tells when to look again."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select, update

from core.catalog.due import occurrences_of
from core.database import Database
from core.dispatch.accounting import account
from core.dispatch.due_rows import DueRow, advance, next_due_at, read_due
from core.errors import ClockhandError
from core.model import Cron, ScheduleCron
from core.queue.agents import observe
from core.queue.enqueue import enqueue_all, record_skipped
from core.queue.jobs import NewJob
from core.queue.pauses import PauseSpan, open_pause, pauses_since
from core.queue.stage import next_staging, stage
from core.queue.states import Origin
from core.timing.cron import parse
from core.timing.due import MISSED, SkippedSpan
from core.timing.flow import Flow, Steady, judge_start, rewatermark
from core.writer import Transaction

__all__ = ["Dispatched", "Dispatcher"]

logger = logging.getLogger(__name__)

CHUNK = 200
"""Due rows per transaction: other writers wait no longer than that takes."""

_CACHED_CRONS = 4096


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
    skipped: list[tuple[NewJob, SkippedSpan]]
    fault: str | None = None


class Dispatcher:
    """Makes jobs for due times. Its cost at a waking grows with what is due, not with the number of schedules.

    Several may work on one database: a due row is advanced by a guarded statement in the transaction that makes its
    jobs, and a due time has at most one job.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._occurrences = lru_cache(maxsize=_CACHED_CRONS)(occurrences_of)

    def wake(self, now: datetime, zone: ZoneInfo, *, flow: Flow | None = None) -> Dispatched:
        """Deal with everything that is due at `now`; `zone` is what “system” means.

        `flow` says how the clock ran since the last waking. Raises StorageError, after which the same call can simply
        be made again: what was done stays done.
        """
        if flow is not None and not isinstance(flow, Steady):
            self._correct(flow, now, zone)
        with self._database.reading() as connection:
            paused = open_pause(connection) is not None
            to_stage = next_staging(connection)
        staged = self._database.write(lambda tx: stage(tx, now)) if to_stage is not None and to_stage <= now else 0
        jobs, skipped = (0, 0) if paused else self._dispatch(now, zone, flow)
        return Dispatched(jobs, skipped, staged, self._next_at(paused=paused))

    def flow_at_start(self, now: datetime) -> Flow:
        """Return how the clock flowed while nothing of ours ran: it may have been set back behind what was dealt with.

        Without that, a watermark in the future would silence its schedules until the clock reaches it again.
        """
        with self._database.reading() as connection:
            last: datetime | None = connection.execute(_LAST_WATERMARK).scalar()
        return Steady() if last is None else judge_start(last, now)

    def _dispatch(self, now: datetime, zone: ZoneInfo, flow: Flow | None) -> tuple[int, int]:
        jobs = skipped = 0
        while True:
            with self._database.reading() as connection:
                rows = read_due(connection, now, most=CHUNK)
                pauses = pauses_since(connection, min(row.watermark_at for row in rows)) if rows else []
            if not rows:
                return jobs, skipped
            if pauses and pauses[-1].ended_at is None:
                return jobs, skipped  # paused in this very moment
            cause = getattr(flow, "cause", MISSED)
            decisions = [self._decide(row, now, zone, pauses, cause) for row in rows]
            made, left_out = self._database.write(partial(_carry_out, decisions=decisions, now=now))
            jobs += made
            skipped += left_out

    def _decide(self, row: DueRow, now: datetime, zone: ZoneInfo, pauses: list[PauseSpan], cause: str) -> _Decision:
        try:
            occurrences = self._occurrences(row.expression, row.timezone, zone)
            answers = account(
                occurrences, watermark=row.watermark_at, now=now, policy=row.policy, pauses=pauses, cause=cause
            )
            next_due = occurrences.next(now)
        except ClockhandError as error:
            return _Decision(row, None, [], [], fault=str(error))
        jobs: list[NewJob] = []
        skipped: list[tuple[NewJob, SkippedSpan]] = []
        for environment in row.environments:
            for due in answers:
                jobs += [row.job(environment, at, Origin.CATCH_UP, now) for at in due.catch_up]
                jobs += [row.job(environment, at, Origin.SCHEDULE, now) for at in due.on_time]
                if due.skipped is not None:
                    last = row.job(environment, due.skipped.last, Origin.SCHEDULE, now)
                    skipped.append((replace(last, due_key=None), due.skipped))
        return _Decision(row, next_due, jobs, skipped)

    def _correct(self, flow: Flow, now: datetime, zone: ZoneInfo) -> None:
        """Move the watermarks as CRON.md's R4 asks after a step of the wall clock."""
        with self._database.reading() as connection:
            links = connection.execute(_LINKS).all()
        moves = []
        for link in links:
            try:
                wildcard = parse(link.expression).is_wildcard
                watermark = rewatermark(flow, link.watermark_at, now, is_wildcard=wildcard)
                if watermark == link.watermark_at:
                    continue
                due = self._occurrences(link.expression, link.timezone, zone).next(watermark)
            except ClockhandError:
                continue  # the dispatch itself deals with an expression that can't be read
            moves.append({"link": link.id, "old": link.watermark_at, "watermark": watermark, "due": due})

        def work(transaction: Transaction) -> None:
            observe(transaction, now, "clock-step", sentence=str(flow))
            if moves:
                transaction.connection.execute(_MOVE, moves)

        self._database.write(work)

    def _next_at(self, *, paused: bool) -> datetime | None:
        with self._database.reading() as connection:
            moments = [next_staging(connection), None if paused else next_due_at(connection)]
        return min((moment for moment in moments if moment is not None), default=None)


_LINKS = (
    select(ScheduleCron.id, ScheduleCron.watermark_at, Cron.expression, Cron.timezone)
    .join(Cron, Cron.id == ScheduleCron.cron_id)
    .where(ScheduleCron.next_due_at.is_not(None))
)
_LAST_WATERMARK = select(func.max(ScheduleCron.watermark_at)).where(ScheduleCron.next_due_at.is_not(None))
_MOVE = (
    update(ScheduleCron)
    .where(ScheduleCron.id == bindparam("link"), ScheduleCron.watermark_at == bindparam("old"))
    .values(watermark_at=bindparam("watermark"), next_due_at=bindparam("due"))
)


def _carry_out(transaction: Transaction, decisions: list[_Decision], now: datetime) -> tuple[int, int]:
    """Make the jobs of the rows that nobody else moved meanwhile; return how many jobs and skipped due times."""
    jobs: list[NewJob] = []
    skipped = 0
    for decision in decisions:
        if not advance(transaction.connection, decision.row, watermark=now, next_due=decision.next_due):
            continue
        jobs += decision.jobs
        for last, span in decision.skipped:
            record_skipped(transaction, last, now, count=span.count, reason=span.reason)
            skipped += span.count
        if decision.fault is not None:
            _set_aside(transaction, decision.row, now, decision.fault)
    return len(enqueue_all(transaction, jobs, now)), skipped


def _set_aside(transaction: Transaction, row: DueRow, now: datetime, fault: str) -> None:
    """Keep a cron that can't be computed from stopping the others: it has no next due time until it is edited."""
    logger.error("The cron “%s” of schedule “%s” is set aside: %s", row.cron_name, row.schedule_name, fault)
    observe(transaction, now, "cron-set-aside", cron=row.cron_name, schedule=row.schedule_name, fault=fault)
