"""The table of runs: as long as the history, holding only the pages that are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal

from core.clock import Clock
from core.history.listing import Listing, Page, Stretch
from core.history.runs import Run, RunFilter
from desktop.models.run_index import RunIndex
from desktop.models.run_pick import MOST_PICKED, PickedPage, RunPick
from desktop.models.run_rows import Column, PageStore, RunRow, make_rows
from desktop.models.run_texts import Look, elapsed_text
from desktop.operations import Operations
from desktop.reading import Reading
from desktop.theme import Theme

__all__ = ["RunTable"]

_REFRESH_MS = 150
_REBUILD_MS = 1000
_TICK_MS = 1000
_MOST_WANTED = 4
_FIRST_PAGES = 2
_NUMBERS = frozenset({Column.DURATION, Column.OUTPUT})
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ICON = int(Qt.ItemDataRole.DecorationRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_TIP = int(Qt.ItemDataRole.ToolTipRole)
_COLOUR = int(Qt.ItemDataRole.ForegroundRole)

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class _News:
    """What a refresh read: pages that came on top, and the rows of the pages that are in view."""

    generation: int
    newer: tuple[Page, ...]
    read: list[tuple[Page, list[RunRow]]]


@dataclass(frozen=True, slots=True)
class _Built:
    """What the first look at a list read."""

    generation: int
    stretch: Stretch
    read: list[tuple[Page, list[RunRow]]]


class RunTable(QAbstractTableModel):
    """Runs, the newest first, with as many rows as there are; every read happens in another thread.

    It looks at the newest runs first and goes through the older ones in slices, so that `rowCount` grows until
    `settled` says that it is complete. The rows of a page are read when they are painted; until then they are blank.
    """

    settled = Signal()
    rows_read = Signal()

    def __init__(
        self, *, listing: Listing, operations: Operations, theme: Theme, clock: Clock, parent: Any = None
    ) -> None:
        super().__init__(parent)
        self._listing = listing
        self._operations = operations
        self._theme = theme
        self._clock = clock
        self._which = RunFilter()
        self._generation = 0
        self._index = RunIndex()
        self._store = PageStore()
        self._wanted: list[Page] = []
        self._is_reading = False
        self._is_settled = False
        self._view = (0, 0)
        self._refresh = Reading(self, operations, self._ask_news, self._on_news, interval_ms=_REFRESH_MS)
        self._rebuild = Reading(self, operations, self._ask_first, self._on_first, interval_ms=_REBUILD_MS)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._on_tick)
        theme.changed.connect(self._on_theme_changed)

    # What the view asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (as Qt has it)
        """Return how many runs are known by now."""
        return 0 if parent.isValid() else self._index.total

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802  (as Qt has it)
        """Return the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """Return what is painted. A repaint calls this thousands of times, so the text comes first."""
        if role == _DISPLAY:
            return self.text_at(index.row(), index.column())
        if role == _ALIGNMENT:
            return _RIGHT if index.column() in _NUMBERS else None
        return self._adornment(index, role) if role in {_ICON, _COLOUR, _TIP} else None

    def text_at(self, number: int, column: int) -> str | None:
        """Return a cell's text, or None while its row is not read; then it is read."""
        row = self._row(number)
        if row is None:
            return None
        if row.running_since is not None and column == Column.DURATION:
            return elapsed_text(self._clock.now() - row.running_since)
        return row.texts[column]

    def look_at(self, number: int) -> Look | None:
        """Return how a row's state is shown, or None while it is not read."""
        row = self._row(number)
        return None if row is None else row.look

    def _adornment(self, index: Index, role: int) -> Any:
        row = self._row(index.row())
        if row is None:
            return None
        if role == _TIP:
            return row.texts[index.column()] or None
        if index.column() != Column.STATE:
            return None
        look = row.look
        return self._theme.icon(look.icon, look.tone) if role == _ICON else self._theme.colour(look.tone)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:  # noqa: N802  (Qt names it so)
        """Return the columns' names."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == _DISPLAY:
            return _headers()[section]
        if role == _ALIGNMENT and section in _NUMBERS:
            return _RIGHT
        return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) if role == _ALIGNMENT else None

    # What the page asks

    @property
    def which(self) -> RunFilter:
        """Return the filter."""
        return self._which

    @property
    def is_settled(self) -> bool:
        """Return whether the whole list has been gone through."""
        return self._is_settled

    def show(self, which: RunFilter) -> None:
        """Show the runs that pass the filter."""
        self._which = which
        self._generation += 1
        self._is_settled = False
        self._rebuild.stop()
        self._operations.ask(self, self._ask_first(), self._on_first)

    def set_view(self, first: int, last: int) -> None:
        """Tell which rows are in view, from the first to the last."""
        self._view = (first, last)

    def refresh(self, first: int, last: int) -> None:
        """Look for new runs, and read those between the two rows (which are in view) anew."""
        self._view = (first, last)
        self._store.mark_stale()
        # What a run's state decides may have left the list or come into it anywhere.
        if self._which.states:
            self._rebuild.request()
            self._changed(first, min(last + 1, self._index.total))
        else:
            self._refresh.request()

    def run_at(self, row: int) -> Run | None:
        """Return a row's run, or None while it is not read; asking does not make it be read."""
        if not 0 <= row < self._index.total:
            return None
        page, start = self._index.locate(row)
        found = self._store.get(page, row - start)
        return None if found is None else found.run

    def row_of(self, job_id: int) -> int | None:
        """Return the row of a run on a page that is read, or None."""
        return self.rows_of([job_id]).get(job_id)

    def rows_of(self, job_ids: Iterable[int]) -> dict[int, int]:
        """Return the rows of those of the runs that lie on pages that are read."""
        found: dict[int, int] = {}
        wanted = set(job_ids)
        for page, start in dict.fromkeys(self._index.places(wanted).values()):
            rows = self._store.rows(page)
            first = start + page.count - len(rows)
            found.update((row.run.id, first + number) for number, row in enumerate(rows) if row.run.id in wanted)
        return found

    def fetch(self, job_ids: Iterable[int]) -> bool:
        """Have pages read on which these runs may lie; return whether there is one to be read. `rows_read` follows."""
        places = dict.fromkeys(self._index.places(job_ids).values())
        unread = [page for page, _start in places if self._store.needs_reading(page)]
        for page in unread[:_MOST_WANTED]:
            self._want(page)
        return bool(unread)

    def pick(self, spans: Sequence[tuple[int, int]]) -> RunPick:
        """Return a way to read the runs of these rows (first and last, both included); for another thread."""
        found = []
        count = sum(last - first + 1 for first, last in spans)
        if count > MOST_PICKED:
            # Reading it will refuse; going through all of them here would take long.
            return RunPick(self._listing, self._which, [PickedPage(self._index.locate(0)[0], 0, count, None)])
        for first, last in spans:
            row = first
            while row <= min(last, self._index.total - 1):
                page, start = self._index.locate(row)
                skip, count = row - start, min(last, start + page.count - 1) - row + 1
                runs = [self.run_at(each) for each in range(row, row + count)]
                ids = [run.id for run in runs if run is not None]
                found.append(PickedPage(page, skip, count, tuple(ids) if len(ids) == count else None))
                row += count
        return RunPick(self._listing, self._which, found)

    def set_ticking(self, ticking: bool) -> None:
        """Renew the durations of running rows each second, or don't while nobody looks."""
        if ticking:
            self._tick.start()
        else:
            self._tick.stop()

    # Reading: the _ask_… say what another thread is to do, the _on_… take what it found

    def _ask_first(self) -> Callable[[], _Built]:
        listing, which, generation = self._listing, self._which, self._generation
        seen = [run.id for row in self._view if (run := self.run_at(row)) is not None]

        def is_wanted(number: int, page: Page) -> bool:
            return number < _FIRST_PAGES or any(page.oldest_id <= job_id <= page.newest_id for job_id in seen)

        def read_first() -> _Built:
            stretch = listing.older(which)
            while not stretch.pages and stretch.next_id is not None:
                stretch = listing.older(which, stretch.next_id)
            # What is in view now, too, so that it does not go blank while the list is renewed.
            wanted = [page for number, page in enumerate(stretch.pages) if is_wanted(number, page)]
            read = [(page, make_rows(listing.rows(which, page))) for page in wanted]
            return _Built(generation, stretch, read)

        return read_first

    def _on_first(self, built: _Built) -> None:
        if built.generation != self._generation:
            return
        index = RunIndex()
        index.add_older(built.stretch.pages)
        if self._is_settled and self._is_same_list(index, built.stretch.next_id):
            self._take(built.read)
            self.rows_read.emit()
            return
        # Also what is under way for the list as it was is of no use any more.
        self._generation += 1
        self.beginResetModel()
        self._index = index
        self._store.clear()
        self._wanted.clear()
        for page, rows in built.read:
            self._store.put(page, rows)
        self.endResetModel()
        self.rows_read.emit()
        self._go_on(built.stretch.next_id)

    def _is_same_list(self, index: RunIndex, below_id: int | None) -> bool:
        pages = index.pages()
        mine = self._index.pages()
        return mine[: len(pages)] == pages and (below_id is not None or len(mine) == len(pages))

    def _go_on(self, below_id: int | None) -> None:
        if below_id is None:
            self._is_settled = True
            self.settled.emit()
            return
        which, generation = self._which, self._generation

        def on_stretch(stretch: Stretch) -> None:
            if generation == self._generation:
                self._insert(self._index.total, stretch.pages, on_top=False)
                self._go_on(stretch.next_id)

        self._operations.ask(self, lambda: self._listing.older(which, below_id), on_stretch)

    def _ask_news(self) -> Callable[[], _News]:
        listing, which, generation = self._listing, self._which, self._generation
        newest_id, in_view = self._index.newest_id, self._pages_in_view()

        def read_news() -> _News:
            newer = listing.newer(which, newest_id)
            read = [(page, make_rows(listing.rows(which, page))) for page in [*newer[:1], *in_view]]
            return _News(generation, newer, read)

        return read_news

    def _pages_in_view(self) -> list[Page]:
        first, last = self._view
        pages = []
        for row in (first, last):
            try:
                page, _start = self._index.locate(row)
            except IndexError:
                continue
            if page not in pages:
                pages.append(page)
        return pages

    def _on_news(self, news: _News) -> None:
        if news.generation != self._generation:
            return
        self._insert(0, news.newer, on_top=True)
        self._take(news.read)
        self.rows_read.emit()

    def _insert(self, row: int, pages: Sequence[Page], *, on_top: bool) -> None:
        count = sum(page.count for page in pages)
        if count:
            self.beginInsertRows(QModelIndex(), row, row + count - 1)
            (self._index.add_newer if on_top else self._index.add_older)(pages)
            self.endInsertRows()

    def _take(self, read: Sequence[tuple[Page, list[RunRow]]]) -> None:
        """Keep rows that were read, and have what they changed painted."""
        for page, rows in read:
            place = self._index.page_of(page.newest_id)
            if place is None:
                continue
            now, start = place
            if len(rows) < page.count:
                # Some of its runs were pruned: every row below has moved.
                self._generation += 1
                self._operations.ask(self, self._ask_first(), self._on_first)
                return
            if now != page:
                # New runs joined the page, or it joined the one below: its rows stand in order of their ids.
                merged = {row.run.id: row for row in [*self._store.rows(now), *rows]}
                self._store.put(now, [merged[job_id] for job_id in sorted(merged, reverse=True)])
            else:
                self._store.put(now, rows)
            self._changed(start, start + now.count)

    def _changed(self, start: int, end: int) -> None:
        if end > start:
            self.dataChanged.emit(self.index(start, 0), self.index(end - 1, len(Column) - 1))

    def _row(self, row: int) -> RunRow | None:
        page, start = self._index.locate(row)
        if self._store.needs_reading(page):
            self._want(page)
        return self._store.get(page, row - start)

    def _want(self, page: Page) -> None:
        if page in self._wanted:
            return
        # What was wanted while scrolling past is wanted no more.
        self._wanted = [*self._wanted[-_MOST_WANTED + 1 :], page]
        self._read_wanted()

    def _read_wanted(self) -> None:
        if self._is_reading or not self._wanted:
            return
        self._is_reading = True
        page, which, generation = self._wanted[-1], self._which, self._generation

        def on_rows(rows: list[RunRow] | Exception) -> None:
            self._is_reading = False
            if page in self._wanted:
                self._wanted.remove(page)
            if isinstance(rows, Exception):
                self._operations.report(rows)
                return
            if generation == self._generation:
                self._take([(page, rows)])
                self.rows_read.emit()
            self._read_wanted()

        def read() -> list[RunRow] | Exception:
            try:
                return make_rows(self._listing.rows(which, page))
            except Exception as error:  # noqa: BLE001  (whatever it is, it is shown)
                return error

        self._operations.ask(self, read, on_rows)

    def _on_tick(self) -> None:
        first, last = self._view
        for row in range(first, min(last, self._index.total - 1) + 1):
            page, start = self._index.locate(row)
            found = self._store.get(page, row - start)
            if found is not None and found.running_since is not None:
                cell = self.index(row, Column.DURATION)
                self.dataChanged.emit(cell, cell, [_DISPLAY])

    def _on_theme_changed(self) -> None:
        if self._index.total:
            self._changed(0, self._index.total)


def _headers() -> tuple[str, ...]:
    def tr(text: str) -> str:
        return QCoreApplication.translate("Runs", text)

    return (
        tr("State"),
        tr("Command"),
        tr("Environment"),
        tr("From"),
        tr("Due"),
        tr("Started"),
        tr("Duration"),
        tr("Result"),
        tr("Output"),
    )
