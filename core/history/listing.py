"""Lets a list of any length be shown: where its pages begin, and the rows of one page, always found by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from core.database import Database
from core.history.ordering import RunOrder, count_runs, sorted_ids
from core.history.runs import Run, RunFilter, as_run, conditions, select_runs
from core.queue.rows import JOBS

__all__ = ["PAGE_ROWS", "AnyPage", "Listing", "Page", "SortedPage", "Stretch", "oldest_first"]

PAGE_ROWS = 256
"""How many rows a page has at most."""

FIRST_SPAN = 4096
"""How many ids the first look at a list goes through, so that its newest page is there at once."""

SPAN = 65_536
"""How many ids each further look goes through: some tens of milliseconds for SQLite."""


# Two questions: SQLite finds a minimum or a maximum in its index, but goes through all rows for both in one.
_ENDS = select(
    select(func.min(JOBS.c.id)).scalar_subquery().label("lowest"),
    select(func.max(JOBS.c.id)).scalar_subquery().label("highest"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """`count` rows of a list: all those of its filter between two ids, both included. The newest is the first row.

    With `is_oldest_first` it is the last one.
    """

    newest_id: int
    oldest_id: int
    count: int
    is_oldest_first: bool = False

    @property
    def key(self) -> int:
        """Return what tells it from other pages, also after new runs joined it."""
        return self.oldest_id


@dataclass(frozen=True, slots=True)
class SortedPage:
    """Rows that were sorted by something else than their coming: these ids, in this order."""

    ids: tuple[int, ...]

    @property
    def count(self) -> int:
        """Return how many rows it has."""
        return len(self.ids)

    @property
    def key(self) -> int:
        """Return what tells it from other pages of its list."""
        return self.ids[0]


AnyPage = Page | SortedPage


@dataclass(frozen=True, slots=True)
class Stretch:
    """Pages that follow one another; `next_id` is where to go on, None at the end."""

    pages: tuple[Page, ...]
    next_id: int | None


class Listing:
    """Runs by page. OFFSET would count through all rows before it; a page's own ids lead to it directly."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def older(self, which: RunFilter, below_id: int | None = None) -> Stretch:
        """Return the pages of the runs below the id (of the newest ones without it), as far as one look reaches.

        A stretch may be empty and not be the end: then none of the runs it went through is among `which`.
        """
        with self._database.reading() as connection:
            lowest, highest = connection.execute(_ENDS).one()
            if lowest is None:
                return Stretch((), None)
            top = highest + 1 if below_id is None else below_id
            bottom = max(lowest, top - (FIRST_SPAN if below_id is None else SPAN))
            pages = self._pages(connection, which, (JOBS.c.id < top) & (JOBS.c.id >= bottom))
        return Stretch(pages, bottom if bottom > lowest else None)

    def later(self, which: RunFilter, from_id: int | None = None) -> Stretch:
        """Do as `older` does from the other end: the oldest runs first, or those from the id on."""
        with self._database.reading() as connection:
            lowest, highest = connection.execute(_ENDS).one()
            if lowest is None:
                return Stretch((), None)
            bottom = lowest if from_id is None else from_id
            top = bottom + (FIRST_SPAN if from_id is None else SPAN)
            pages = self._pages(connection, which, (JOBS.c.id >= bottom) & (JOBS.c.id < top))
        return Stretch(oldest_first(pages), top if top <= highest else None)

    def newer(self, which: RunFilter, above_id: int) -> tuple[Page, ...]:
        """Return the pages of the runs above the id, the newest first."""
        with self._database.reading() as connection:
            return self._pages(connection, which, JOBS.c.id > above_id)

    def in_order(self, which: RunFilter, order: RunOrder, now: datetime) -> tuple[SortedPage, ...]:
        """Return the pages of the newest runs in this order; see `sorted_ids` for how many, and how long it takes."""
        ids = sorted_ids(self._database, which, order, now)
        return tuple(SortedPage(ids[start : start + PAGE_ROWS]) for start in range(0, len(ids), PAGE_ROWS))

    def count(self, which: RunFilter, from_id: int = 0) -> int:
        """Return how many runs the filter lets through, of all or from the id on."""
        return count_runs(self._database, which, from_id)

    def rows(self, which: RunFilter, page: AnyPage) -> list[Run]:
        """Return the page's runs as they are now, in its order; fewer than `count` where some are gone.

        What was sorted stays, also where it does not pass the filter any more, until the list is sorted anew.
        """
        if isinstance(page, SortedPage):
            statement = select_runs(RunFilter()).where(JOBS.c.id.in_(page.ids))
        else:
            order = JOBS.c.id.asc() if page.is_oldest_first else JOBS.c.id.desc()
            statement = select_runs(which).where(JOBS.c.id.between(page.oldest_id, page.newest_id)).order_by(order)
        with self._database.reading() as connection:
            runs = [as_run(row) for row in connection.execute(statement).mappings()]
        if isinstance(page, SortedPage):
            known = {run.id: run for run in runs}
            return [known[job_id] for job_id in page.ids if job_id in known]
        return runs

    @staticmethod
    def _pages(connection: Any, which: RunFilter, within: ColumnElement[bool]) -> tuple[Page, ...]:
        number = func.row_number().over(order_by=JOBS.c.id.desc()).label("number")
        numbered = select(JOBS.c.id, number).where(within, *conditions(which)).subquery()
        newest = func.max(numbered.c.id)
        statement = (
            select(newest, func.min(numbered.c.id), func.count())
            .group_by((numbered.c.number - 1) // PAGE_ROWS)
            .order_by(newest.desc())
        )
        return tuple(Page(*row) for row in connection.execute(statement))


def oldest_first(pages: Sequence[Page]) -> tuple[Page, ...]:
    """Return pages that have the newest first as pages that have the oldest first."""
    return tuple(replace(page, is_oldest_first=True) for page in reversed(pages))
