"""Pauses of due times: of everything, of one schedule, or of one of its cells (which is muted then).

A pause ends at its `until_at` by itself: who asks after that takes it as over, whether or not somebody has noted it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, or_, select, update

from core.changes import Changes
from core.errors import ConflictError, StaleError, TooLateError
from core.model import Cron, Environment, Pause, Schedule, ScheduleCron
from core.queue.agents import observe
from core.queue.enqueue import explain_spans
from core.queue.scopes import EVERYTHING, PauseScope, ScopeKind, describe_scope
from core.writer import Transaction

__all__ = [
    "PauseChange",
    "PauseSpan",
    "change_pause",
    "end_gone",
    "hold_paused",
    "next_end",
    "open_pause",
    "pause",
    "pause_each",
    "pause_reason",
    "pause_until",
    "paused_schedules",
    "prune_pauses",
    "reopen",
    "resume",
    "resume_each",
    "resume_spans",
    "rewind",
    "settle",
    "span_key",
    "take_back",
    "to_span",
]

ITS_END = "the end that was set for it"
"""Who ended a pause that ended by itself."""

ITS_DELETION = "the deletion of what was paused"
"""Who ended a pause of something that is gone."""


@dataclass(frozen=True, slots=True)
class PauseSpan:
    """A span in which due times are passed over: those later than `started_at` and earlier than `over_at`.

    `ended_at` is when it was ended, by somebody or by its own end; `until_at` is the end that was set for it, if any.
    `origin` says who paused.
    """

    started_at: datetime
    ended_at: datetime | None
    origin: str
    until_at: datetime | None = None
    scope: PauseScope = EVERYTHING
    id: int = 0

    @property
    def over_at(self) -> datetime | None:
        """Return when it is over; None while that is not known."""
        return self.ended_at or self.until_at

    def is_over(self, now: datetime) -> bool:
        """Return whether it is over by `now`."""
        return self.over_at is not None and self.over_at <= now


@dataclass(frozen=True, slots=True)
class PauseChange:
    """What `pause_until` did: the pauses that it began, and those that got another end, as they were before."""

    begun: tuple[PauseSpan, ...] = ()
    before: tuple[PauseSpan, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether all was so already."""
        return not (self.begun or self.before)


def to_span(row: Row[*tuple[Any, ...]]) -> PauseSpan:
    """Return the span of a row of pauses."""
    scope = PauseScope(row.schedule_id, row.cron_id, row.environment_id)
    return PauseSpan(row.started_at, row.ended_at, row.origin, row.until_at, scope, row.id)


_PASSIVES = {
    ScopeKind.EVERYTHING: "schedules were paused",
    ScopeKind.SCHEDULE: "the schedule was paused",
    ScopeKind.CELL: "this environment was muted for this cron",
}


def pause_reason(span: PauseSpan, now: datetime) -> str:
    """Return why the due times of a pause did not run, as a part of a sentence, as far as that is known at `now`."""
    passive = _PASSIVES[span.scope.kind]
    if span.scope.kind is ScopeKind.CELL and span.scope.environment_id is None:
        passive = "this cron was muted"
    reason = f"{passive} by {span.origin} from {span.started_at:%Y-%m-%d %H:%M:%S} UTC"
    if span.over_at is None or not span.is_over(now):
        return reason
    return f"{reason} to {span.over_at:%Y-%m-%d %H:%M:%S} UTC"


def open_pause(connection: Connection, now: datetime, scope: PauseScope = EVERYTHING) -> PauseSpan | None:
    """Return the pause of exactly this scope that goes on at `now`, or None."""
    row = connection.execute(
        select(Pause.__table__).where(_of(scope), Pause.ended_at.is_(None), _lasts(now)).limit(1)
    ).first()
    return None if row is None else to_span(row)


def paused_schedules(connection: Connection, now: datetime) -> list[PauseSpan]:
    """Return the pauses of single schedules that go on at `now`, by the schedules' ids."""
    rows = connection.execute(
        select(Pause.__table__)
        .join(Schedule, Schedule.id == Pause.schedule_id)
        .where(Pause.scope == ScopeKind.SCHEDULE, Pause.ended_at.is_(None), _lasts(now))
        .order_by(Pause.schedule_id)
    )
    return [to_span(row) for row in rows]


def next_end(connection: Connection) -> datetime | None:
    """Return when the first of the open pauses ends by itself, or None."""
    found: datetime | None = connection.execute(
        select(func.min(Pause.until_at)).where(Pause.ended_at.is_(None), Pause.until_at.is_not(None))
    ).scalar()
    return found


def pause(
    transaction: Transaction,
    scope: PauseScope = EVERYTHING,
    *,
    until: datetime | None = None,
    now: datetime,
    origin: str,
) -> PauseSpan:
    """Pause what `scope` covers until `until`, or until `resume`; what runs goes on, and what a person asks for runs.

    Due times that fall into the pause are recorded as skipped, once for each cell. `origin` says who paused. Raises
    ConflictError where it is paused already, or where the cell is not a part of the schedule; TooLateError where
    `until` has passed; NotFoundError where the schedule is gone.
    """
    settle(transaction, now)
    what = describe_scope(transaction.connection, scope)
    _refuse_past(until, now)
    already = open_pause(transaction.connection, now, scope)
    if already is not None:
        raise ConflictError(
            f"{what.sentence_start} {what.is_paused} already, since {_utc(already.started_at)} by {already.origin}. "
            "Resume first, or change when that ends."
        )
    return _begin(transaction, scope, until=until, now=now, origin=origin)


def pause_each(
    transaction: Transaction, scopes: Iterable[PauseScope], *, until: datetime | None, now: datetime, origin: str
) -> list[PauseSpan]:
    """Pause several at once, all or none; those that are paused already stay as they are. Return the new pauses.

    Raises what `pause` raises for the others.
    """
    settle(transaction, now)
    wanted = [scope for scope in scopes if open_pause(transaction.connection, now, scope) is None]
    return [pause(transaction, scope, until=until, now=now, origin=origin) for scope in wanted]


def pause_until(
    transaction: Transaction, scopes: Iterable[PauseScope], *, until: datetime | None, now: datetime, origin: str
) -> PauseChange:
    """Pause several at once until `until`; those that are paused already get that end. Return what that changed.

    Raises what `pause` and `change_pause` raise, and does nothing then.
    """
    settle(transaction, now)
    going_on = {scope: open_pause(transaction.connection, now, scope) for scope in scopes}
    before = tuple(span for span in going_on.values() if span is not None and span.until_at != until)
    for span in before:
        change_pause(transaction, span.scope, until=until, now=now, origin=origin)
    new = [scope for scope, span in going_on.items() if span is None]
    return PauseChange(tuple(pause_each(transaction, new, until=until, now=now, origin=origin)), before)


def take_back(transaction: Transaction, change: PauseChange, *, now: datetime, origin: str) -> None:
    """Undo what `pause_until` did: end what it began, and give the others their old end, or end them if it has passed.

    Only those very pauses are meant: what somebody else has paused since then stays. Raises StaleError where none of
    them goes on any more.
    """
    settle(transaction, now)
    over = [span for span in change.before if span.is_over(now)]
    ended = resume_spans(transaction, [*change.begun, *over], now=now, origin=origin)
    kept = [span for span in change.before if span not in over and _goes_on(transaction, span, now)]
    for span in kept:
        change_pause(transaction, span.scope, until=span.until_at, now=now, origin=origin)
    if not (ended or kept):
        raise StaleError("Nothing of that pause goes on any more: it is over, or somebody has resumed it.")


def change_pause(
    transaction: Transaction, scope: PauseScope = EVERYTHING, *, until: datetime | None, now: datetime, origin: str
) -> PauseSpan:
    """Set when the pause of `scope` that goes on is to end, None for not by itself; return the pause as it is now.

    Raises ConflictError where nothing is paused, TooLateError where `until` has passed, and NotFoundError where the
    schedule is gone.
    """
    settle(transaction, now)
    _refuse_past(until, now)
    going_on = _require_open(transaction, scope, now)
    transaction.connection.execute(update(Pause).where(Pause.id == going_on.id).values(until_at=until))
    _observe(transaction, now, "pause-changed", going_on.scope, origin=origin, until=_iso(until))
    transaction.changed(_touched(scope, due_times=True))
    return replace(going_on, until_at=until)


def resume(transaction: Transaction, scope: PauseScope = EVERYTHING, *, now: datetime, origin: str) -> PauseSpan:
    """End the pause of `scope`; due times that fell into it are recorded as skipped, not run.

    Returns the span that ended. Raises ConflictError where nothing is paused; NotFoundError where the schedule is gone.
    """
    settle(transaction, now)
    going_on = _require_open(transaction, scope, now)
    return _end(transaction, going_on, at=now, origin=origin)


def resume_each(
    transaction: Transaction, scopes: Iterable[PauseScope], *, now: datetime, origin: str
) -> list[PauseSpan]:
    """End several pauses at once; what is not paused stays as it is. Return the spans that ended."""
    settle(transaction, now)
    going_on = [open_pause(transaction.connection, now, scope) for scope in scopes]
    return [_end(transaction, span, at=now, origin=origin) for span in going_on if span is not None]


def resume_spans(
    transaction: Transaction, spans: Iterable[PauseSpan], *, now: datetime, origin: str
) -> list[PauseSpan]:
    """End exactly these pauses; those that are over stay so, and so do later ones of the same scopes."""
    settle(transaction, now)
    going_on = [span for span in spans if _goes_on(transaction, span, now)]
    return [_end(transaction, span, at=now, origin=origin) for span in going_on]


def settle(transaction: Transaction, now: datetime) -> int:
    """Note the end of every pause whose end has come, at exactly that instant; return how many."""
    rows = transaction.connection.execute(
        select(Pause.__table__)
        .where(Pause.ended_at.is_(None), Pause.until_at.is_not(None), Pause.until_at <= now)
        .order_by(Pause.until_at)
    ).all()
    for row in rows:
        _end(transaction, to_span(row), at=row.until_at, origin=ITS_END)
    return len(rows)


def end_gone(transaction: Transaction, now: datetime) -> int:
    """End the open pauses of schedules, crons and environments that were deleted; return how many."""
    rows = transaction.connection.execute(
        select(Pause.__table__).where(Pause.schedule_id.is_not(None), Pause.ended_at.is_(None), _is_gone())
    ).all()
    for row in rows:
        _end(transaction, to_span(row), at=now, origin=ITS_DELETION)
    return len(rows)


def reopen(transaction: Transaction, pause_ids: Collection[int], ended_at: datetime) -> None:
    """Let those of the pauses that were ended at exactly that instant go on: what they cover has come back."""
    transaction.connection.execute(
        update(Pause).where(Pause.id.in_(pause_ids), Pause.ended_at == ended_at).values(ended_at=None)
    )
    transaction.changed(Changes(queues=True, due_times=True))


def prune_pauses(transaction: Transaction, before: datetime) -> int:
    """Delete the pauses that ended before a time and that no due time is waiting for; return how many."""
    is_awaited = exists().where(
        ScheduleCron.next_due_at < Pause.ended_at,
        or_(Pause.schedule_id.is_(None), Pause.schedule_id == ScheduleCron.schedule_id),
    )
    return transaction.connection.execute(delete(Pause).where(Pause.ended_at < before, ~is_awaited)).rowcount


def span_key(span: PauseSpan, schedule_id: int | None, cron_id: int | None, environment_id: int | None) -> str:
    """Return the due key of the one row that stands for the due times of a cell that fell into a pause."""
    return f"pause:{span.id}:{schedule_id}:{cron_id}:{environment_id or 0}"


def rewind(transaction: Transaction, now: datetime) -> None:
    """Let no pause begin in the future, and none that was ended cover it: after the wall clock was set back.

    What is paused is still paused, and what has been resumed runs when it is due again.
    """
    for which in (Pause.ended_at.is_(None), Pause.ended_at > now):
        transaction.connection.execute(update(Pause).where(which, Pause.started_at > now).values(started_at=now))
    transaction.connection.execute(update(Pause).where(Pause.ended_at > now).values(ended_at=now))


def hold_paused(transaction: Transaction, schedule_id: int) -> None:
    """Let dispatch leave the crons of the schedule alone as long as it is paused: after crons were linked to it."""
    started_at: datetime | None = transaction.connection.execute(
        select(func.max(Pause.started_at)).where(
            Pause.scope == ScopeKind.SCHEDULE, Pause.schedule_id == schedule_id, Pause.ended_at.is_(None)
        )
    ).scalar()
    if started_at is None:
        _release(transaction, schedule_id)
    else:
        _hold(transaction, schedule_id, started_at)


def _begin(
    transaction: Transaction, scope: PauseScope, *, until: datetime | None, now: datetime, origin: str
) -> PauseSpan:
    values = {
        "scope": scope.kind,
        "schedule_id": scope.schedule_id,
        "cron_id": scope.cron_id,
        "environment_id": scope.environment_id,
        "started_at": now,
        "until_at": until,
        "ended_at": None,
        "origin": origin,
    }
    pause_id: int = transaction.connection.execute(insert(Pause).returning(Pause.id), values).scalar_one()
    if scope.kind is ScopeKind.SCHEDULE:
        _hold(transaction, scope.schedule_id, now)
    _observe(transaction, now, "paused", scope, origin=origin, **({} if until is None else {"until": _iso(until)}))
    transaction.changed(_touched(scope, due_times=until is not None))
    return PauseSpan(now, None, origin, until, scope, pause_id)


def _end(transaction: Transaction, span: PauseSpan, *, at: datetime, origin: str) -> PauseSpan:
    transaction.connection.execute(update(Pause).where(Pause.id == span.id).values(ended_at=at))
    ended = replace(span, ended_at=at)
    if span.scope.kind is ScopeKind.SCHEDULE:
        _release(transaction, span.scope.schedule_id)
    explain_spans(transaction, (f"pause:{span.id}:", f"pause:{span.id};"), pause_reason(ended, at))
    _observe(transaction, at, "resumed", span.scope, origin=origin)
    transaction.changed(_touched(span.scope, due_times=True))
    return ended


def _hold(transaction: Transaction, schedule_id: int | None, started_at: datetime) -> None:
    """Hold the crons of the schedule, but for those with due times from before the pause: dispatch runs these first."""
    transaction.connection.execute(
        update(ScheduleCron)
        .where(
            ScheduleCron.schedule_id == schedule_id,
            or_(ScheduleCron.next_due_at.is_(None), ScheduleCron.next_due_at > started_at),
        )
        .values(held=1)
    )


def _release(transaction: Transaction, schedule_id: int | None) -> None:
    transaction.connection.execute(update(ScheduleCron).where(ScheduleCron.schedule_id == schedule_id).values(held=0))


def _goes_on(transaction: Transaction, span: PauseSpan, now: datetime) -> bool:
    found = open_pause(transaction.connection, now, span.scope)
    return found is not None and found.id == span.id


def _require_open(transaction: Transaction, scope: PauseScope, now: datetime) -> PauseSpan:
    found = open_pause(transaction.connection, now, scope)
    if found is None:
        what = describe_scope(transaction.connection, scope)
        raise ConflictError(f"{what.sentence_start} {what.is_not_paused}. There is nothing to resume.")
    return found


def _refuse_past(until: datetime | None, now: datetime) -> None:
    if until is not None and until <= now:
        raise TooLateError(f"The pause would be over already: {_utc(until)} has passed. Choose a later time.")


def _observe(transaction: Transaction, at: datetime, what: str, scope: PauseScope, **detail: Any) -> None:
    ids = {"schedule": scope.schedule_id, "cron": scope.cron_id, "environment": scope.environment_id}
    known = {key: value for key, value in ids.items() if value is not None}
    observe(transaction, at, what, **known, **detail)


def _touched(scope: PauseScope, *, due_times: bool) -> Changes:
    # Lists of the catalog show what comes next of a schedule.
    return Changes(queues=True, due_times=due_times, catalog=scope.kind is not ScopeKind.EVERYTHING)


def _of(scope: PauseScope) -> ColumnElement[bool]:
    # “schedule_id” first and with IS, so that the index of spans serves all scopes.
    return (
        Pause.schedule_id.is_not_distinct_from(scope.schedule_id)
        & (Pause.scope == scope.kind)
        & Pause.cron_id.is_not_distinct_from(scope.cron_id)
        & Pause.environment_id.is_not_distinct_from(scope.environment_id)
    )


def _is_gone() -> ColumnElement[bool]:
    return or_(
        ~exists().where(Schedule.id == Pause.schedule_id),
        Pause.cron_id.is_not(None) & ~exists().where(Cron.id == Pause.cron_id),
        Pause.environment_id.is_not(None) & ~exists().where(Environment.id == Pause.environment_id),
    )


def _lasts(now: datetime) -> ColumnElement[bool]:
    return or_(Pause.until_at.is_(None), Pause.until_at > now)


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
