"""The due times that are deliberately not run: what each environment is to leave out, and the rows that tell of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement

from core.errors import ClockhandError
from core.queue.accounting import Account, account
from core.queue.bars import Bar, LinkBars, read_bars
from core.queue.due_rows import DueRow, advance, read_waiting
from core.queue.enqueue import record_skipped, record_span
from core.queue.jobs import NewJob
from core.queue.pauses import span_key
from core.queue.states import Origin
from core.timing.due import MISSED, SkippedSpan
from core.timing.occurrences import Occurrences, occurrences_of
from core.writer import Transaction

__all__ = ["Answers", "LeftOut", "answer_cells", "left_out_of", "record_barred", "record_left_out"]

Answers = list[tuple[tuple[int | None, str | None], list[Account]]]
"""For each environment, as (id, name), what becomes of the due times of one cron there."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Due times of one cell that do not run, `job` being that of the last; `bar` is what kept them from it, if any."""

    job: NewJob
    span: SkippedSpan
    bar: Bar | None


def answer_cells(
    row: DueRow, occurrences: Occurrences, bars: LinkBars, now: datetime, *, cause: str = MISSED
) -> Answers:
    """Return what becomes of the due times of (watermark, now] in each of the row's environments.

    What is not muted is computed once for all of them.
    """

    def answer(every: tuple[Bar, ...]) -> list[Account]:
        return account(occurrences, watermark=row.watermark_at, now=now, policy=row.policy, bars=every, cause=cause)

    common = answer(bars.common)
    return [(each, answer(bars.of(each[0])) if each[0] in bars.mutes else common) for each in row.environments]


def left_out_of(row: DueRow, answers: Answers, now: datetime) -> list[LeftOut]:
    """Return those of the due times that do not run."""
    return [
        LeftOut(row.job(environment, answer.due.skipped.last, Origin.SCHEDULE, now), answer.due.skipped, answer.bar)
        for environment, accounts in answers
        for answer in accounts
        if answer.due.skipped is not None
    ]


def record_left_out(transaction: Transaction, left_out: LeftOut, now: datetime) -> None:
    """Leave the row of due times that do not run; those of one pause have one row that grows."""
    job, span, bar = left_out.job, left_out.span, left_out.bar
    if bar is None:
        record_skipped(transaction, replace(job, due_key=None), now, span=span)
    elif bar.pause is None:
        record_skipped(transaction, job, now, span=span)
    else:
        key = span_key(bar.pause, job.schedule_id, job.cron_id, job.environment_id)
        record_span(transaction, replace(job, due_key=key), now, span=span)


def record_barred(
    transaction: Transaction, which: ColumnElement[Any], *, now: datetime, zone: ZoneInfo, drops_rest: bool
) -> None:
    """Record what pauses and skips have swallowed up to now, because an edit of these crons of schedules follows.

    Dispatch deals with a pause when it is over, and would count its due times by what was saved last. `which` may name
    columns of schedule_crons, schedules, commands and crons, and `zone` is what “system” means before the edit. With
    `drops_rest` the other due times up to now will be passed over by the edit; without it crons that have such are
    left alone, for dispatch to run them.
    """
    rows = read_waiting(transaction.connection, now, which)
    bars = read_bars(transaction.connection, {row.id: row.next_due_at for row in rows})
    for row in rows:
        if row.id not in bars:
            continue
        try:
            occurrences = occurrences_of(row.expression, row.timezone, zone)
            answers = answer_cells(row, occurrences, bars[row.id], now)
            next_due = occurrences.next(now)
        except ClockhandError:
            continue  # of another version; dispatch sets it aside and says so
        is_all_barred = all(answer.bar is not None for _, accounts in answers for answer in accounts)
        if is_all_barred or drops_rest:
            advance(transaction.connection, row, watermark=now, next_due=next_due)
            for one in left_out_of(row, answers, now):
                if one.bar is not None:
                    record_left_out(transaction, one, now)
