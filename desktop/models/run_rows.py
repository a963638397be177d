"""The rows of a page as texts, made in the thread that read them, and a bounded store of such pages."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from core.durations import describe_duration
from core.history.listing import AnyPage, Page
from core.history.runs import Run
from core.queue.states import JobState
from desktop.models.run_texts import Look, describe_bytes, origin_text, result_text, run_look, short_text

__all__ = ["Column", "PageStore", "RunRow", "make_rows"]

_MOST_PAGES = 48


class Column(IntEnum):
    """The columns of the table of runs."""

    STATE = 0
    COMMAND = 1
    ENVIRONMENT = 2
    ORIGIN = 3
    DUE = 4
    STARTED = 5
    DURATION = 6
    RESULT = 7
    OUTPUT = 8


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run with everything that is painted of it; `running_since` is given while it runs."""

    run: Run
    look: Look
    texts: tuple[str, ...]
    running_since: datetime | None


def make_rows(runs: Iterable[Run]) -> list[RunRow]:
    """Return the rows of these runs."""
    return [_row(run) for run in runs]


def _row(run: Run) -> RunRow:
    look = run_look(run)
    due = short_text(run.due_at or run.scheduled_at)
    started = short_text(run.started_at)
    running = run.state is JobState.EXECUTING
    texts = (
        look.word,
        run.command,
        run.environment or "",
        origin_text(run),
        due,
        # The day is said once where it is the same.
        started.rpartition(" ")[2] if started[:-8] == due[:-8] else started[:-3],
        "" if run.duration is None or running else describe_duration(run.duration),
        result_text(run),
        describe_bytes(run.output_bytes) if run.output_bytes else "",
    )
    return RunRow(run, look, texts, run.started_at if running else None)


@dataclass(slots=True)
class _Stored:
    rows: list[RunRow]
    is_stale: bool = field(default=False)


class PageStore:
    """The pages that were looked at last, up to a number; told by their keys."""

    def __init__(self, most: int = _MOST_PAGES) -> None:
        self._most = most
        self._pages: OrderedDict[int, _Stored] = OrderedDict()

    def put(self, page: AnyPage, rows: list[RunRow]) -> None:
        """Keep a page's rows and let go of what was looked at the longest time ago."""
        self._pages[page.key] = _Stored(rows)
        self._pages.move_to_end(page.key)
        while len(self._pages) > self._most:
            self._pages.popitem(last=False)

    def get(self, page: AnyPage, offset: int) -> RunRow | None:
        """Return the row at this place of the page, or None while it is not there."""
        stored = self._pages.get(page.key)
        if stored is None:
            return None
        place = offset - _first_row(page, stored.rows)
        return stored.rows[place] if 0 <= place < len(stored.rows) else None

    def needs_reading(self, page: AnyPage) -> bool:
        """Return whether the page is missing, incomplete or out of date."""
        stored = self._pages.get(page.key)
        return stored is None or stored.is_stale or len(stored.rows) != page.count

    def rows(self, page: AnyPage) -> list[RunRow]:
        """Return what is there of the page."""
        stored = self._pages.get(page.key)
        return stored.rows if stored is not None else []

    def places(self, page: AnyPage) -> dict[int, int]:
        """Return the ids of the runs that are there of the page, and which of its rows each of them is."""
        rows = self.rows(page)
        return {row.run.id: number for number, row in enumerate(rows, start=_first_row(page, rows))}

    def mark_stale(self) -> None:
        """Take every page for out of date; it is shown until it has been read anew."""
        for stored in self._pages.values():
            stored.is_stale = True

    def clear(self) -> None:
        """Forget everything."""
        self._pages.clear()


def _first_row(page: AnyPage, rows: Sequence[RunRow]) -> int:
    # What joined a page since it was read stands above what was read, where the newest come first.
    return 0 if not isinstance(page, Page) or page.is_oldest_first else page.count - len(rows)
