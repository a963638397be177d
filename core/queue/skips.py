"""Skips of single due times: the next run of a schedule does not happen, and everything after it does."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select

from core.changes import Changes
from core.errors import ConflictError, NotFoundError
from core.model import Skip
from core.queue.agents import observe
from core.queue.prospects import LinkProspect, read_link_prospects
from core.queue.scopes import PauseScope, describe_scope
from core.writer import Transaction

__all__ = ["skip_next", "unskip"]


def skip_next(
    transaction: Transaction,
    schedule_id: int,
    cron_id: int | None = None,
    *,
    now: datetime,
    zone: ZoneInfo,
    origin: str,
) -> datetime:
    """Let the next run of a schedule, or of one of its crons, not happen; return the due time that is skipped.

    What would run next is found as dispatch finds it: outside of pauses, and after what is skipped already. It is
    skipped in every environment, and by every cron that is due at that instant. `zone` is what “system” means. Raises
    NotFoundError where the schedule is gone; ConflictError where nothing of it is going to run.
    """
    links = _links(transaction, schedule_id, cron_id, now, zone)
    coming = [link for link in links if link.next_run_at is not None]
    due_at = min((link.next_run_at for link in coming if link.next_run_at is not None), default=None)
    if due_at is None:
        raise ConflictError(
            f"Nothing of {_name(links)} is going to run by itself, so there is nothing to skip. "
            "Enable it, resume it, or give it a cron first."
        )
    values = {"schedule_id": schedule_id, "due_at": due_at, "created_at": now, "origin": origin}
    crons = [link.cron_id for link in coming if link.next_run_at == due_at]
    transaction.connection.execute(insert(Skip), [{**values, "cron_id": each} for each in crons])
    _tell(transaction, now, "skip-wanted", schedule=schedule_id, crons=crons, due_at=due_at.isoformat(), origin=origin)
    return due_at


def unskip(
    transaction: Transaction,
    schedule_id: int,
    cron_id: int | None = None,
    *,
    due_at: datetime | None = None,
    now: datetime,
    origin: str,
) -> datetime:
    """Let a due time run after all that was to be skipped; return which. Without `due_at` that is the latest of them.

    Raises ConflictError where no skip lies ahead.
    """
    which = [Skip.schedule_id == schedule_id, Skip.due_at > now]
    if cron_id is not None:
        which.append(Skip.cron_id == cron_id)
    if due_at is not None:
        which.append(Skip.due_at == due_at)
    rows = transaction.connection.execute(select(Skip.id, Skip.cron_id, Skip.due_at).where(*which)).all()
    if not rows:
        raise ConflictError("No run that lies ahead is to be skipped. It has passed, or it was taken back already.")
    latest: datetime = max(row.due_at for row in rows)
    chosen = [row for row in rows if row.due_at == latest]
    transaction.connection.execute(delete(Skip).where(Skip.id.in_([row.id for row in chosen])))
    crons = [row.cron_id for row in chosen]
    _tell(
        transaction, now, "skip-taken-back", schedule=schedule_id, crons=crons, due_at=latest.isoformat(), origin=origin
    )
    return latest


def _links(
    transaction: Transaction, schedule_id: int, cron_id: int | None, now: datetime, zone: ZoneInfo
) -> list[LinkProspect]:
    links = read_link_prospects(transaction.connection, now, zone, [schedule_id])
    if not links:
        words = describe_scope(transaction.connection, PauseScope.schedule(schedule_id))
        raise ConflictError(f"{words.sentence_start} has no cron, so nothing of it runs by itself. Give it one first.")
    if cron_id is None:
        return links
    chosen = [link for link in links if link.cron_id == cron_id]
    if not chosen:
        raise NotFoundError("cron", f"#{cron_id}")
    return chosen


def _name(links: list[LinkProspect]) -> str:
    return f"the schedule “{links[0].schedule}”"


def _tell(transaction: Transaction, now: datetime, what: str, **detail: Any) -> None:
    observe(transaction, now, what, **detail)
    transaction.changed(Changes(queues=True, catalog=True))
