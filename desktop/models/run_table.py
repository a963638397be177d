"""The table of runs: as long as the history, holding only the pages that are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal

from core.clock import Clock
from core.history.listing import AnyPage, Listing, Page, SortedPage, Stretch
from core.history.ordering import NEWEST_FIRST, RunOrder
from core.history.runs import Run, RunFilter
from desktop.models.run_first import Built, FirstLook, Tail, tail_of
from desktop.models.run_index import AnyIndex, OldestIndex, RunIndex, SortedIndex
from desktop.models.run_pick import MOST_PICKED, PickedPage, RunPick
from desktop.models.run_rows import Column, PageStore, RunRow, make_rows
from desktop.models.run_sorting import spoken_header
from desktop.models.run_texts import Look, elapsed_text
from desktop.operations import Operations
from desktop.reading import Reading
from desktop.theme import Theme

__all__ = ["RunTable"]

_REFRESH_MS = 150
_REBUILD_MS = 1000
_TICK_MS = 1000
_LONGEST_REST_MS = 30_000
_MOST_WANTED = 4
_MOST_SEEN = 100
_TAIL_ROWS = 2048
_NUMBERS = frozenset({Column.DURATION, Column.OUTPUT})
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ICON = int(Qt.ItemDataRole.DecorationRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_TIP = int(Qt.ItemDataRole.ToolTipRole)
_COLOUR = int(Qt.ItemDataRole.ForegroundRole)
_SPOKEN = int(Qt.ItemDataRole.AccessibleTextRole)

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class _News:
    """What a refresh read: pages that came on top, and the rows of the pages that are in view."""

    generation: int
    newer: tuple[Page, ...]
    read: list[tuple[AnyPage, list[RunRow]]]


class RunTable(QAbstractTableModel):
    """Runs, the newest or the oldest first, with as many rows as there are; every read happens in another thread.

    It looks at the first runs first and goes through the others in slices, so that `rowCount` grows until `settled`
    says that it is complete. The rows of a page are read when they are painted; until then they are blank. Sorted by
    anything but their coming, it has the newest of the runs alone, and is sorted anew when something happens to runs.
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
        self._order = NEWEST_FIRST
        self._generation = 0
        self._index: AnyIndex = RunIndex()
        self._store = PageStore()
        self._wanted: list[AnyPage] = []
        self._is_reading = False
        self._is_settled = False
        self._view = (0, 0)
        self._refresh = Reading(self, operations, self._ask_news, self._on_news, interval_ms=_REFRESH_MS)
        self._rebuild = Reading(self, operations, self._ask_first, self._on_first, interval_ms=_REBUILD_MS)
        self._resort = Reading(self, operations, self._ask_first, self._on_first, interval_ms=_REBUILD_MS, is_slow=True)
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
        if role == _SPOKEN:
            return spoken_header(_headers()[section], Column(section), self._order)
        if role == _ALIGNMENT and section in _NUMBERS:
            return _RIGHT
        return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) if role == _ALIGNMENT else None

    # What the page asks

    @property
    def which(self) -> RunFilter:
        """Return the filter."""
        return self._which

    @property
    def order(self) -> RunOrder:
        """Return what sorts the rows."""
        return self._order

    @property
    def is_settled(self) -> bool:
        """Return whether the whole list has been gone through."""
        return self._is_settled

    def show(self, which: RunFilter, order: RunOrder | None = None) -> None:
        """Show the runs that pass the filter, in an order of its own, or else in the order in which they are."""
        self._which = which
        if order is not None and order != self._order:
            self._order = order
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(Column) - 1)
        self._begin_anew()

    def is_too_old(self, job_id: int) -> bool:
        """Return whether a sorted list can't have the run, since it is none of the newest ones."""
        return self._is_settled and isinstance(self._index, SortedIndex) and job_id < self._index.oldest_id

    def set_view(self, first: int, last: int) -> None:
        """Tell which rows are in view, from the first to the last."""
        self._view = (first, last)

    def refresh(self, first: int, last: int) -> None:
        """Look for new runs, and read those between the two rows (which are in view) anew."""
        self._view = (first, last)
        self._store.mark_stale()
        if not self._order.is_by_coming:
            self._resort.request()
            self._refresh.request()
        # What a run's state decides may have left the list or come into it anywhere.
        elif self._which.states:
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
        for page, start in self._pages_with(wanted):
            places = self._store.places(page)
            found.update((job_id, start + places[job_id]) for job_id in wanted & places.keys())
        return found

    def fetch(self, job_ids: Iterable[int]) -> bool:
        """Have pages read on which these runs may lie; return whether there is one to be read. `rows_read` follows."""
        unread = [page for page, _start in self._pages_with(job_ids) if self._store.needs_reading(page)]
        for page in unread[:_MOST_WANTED]:
            self._want(page)
        return bool(unread)

    def _pages_with(self, job_ids: Iterable[int]) -> Iterable[tuple[AnyPage, int]]:
        found: Iterable[tuple[AnyPage, int]] = self._index.places(job_ids).values()
        return dict.fromkeys(found)

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
                if isinstance(page, SortedPage):
                    ids = list(page.ids[skip : skip + count])
                else:
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

    def _begin_anew(self) -> None:
        self._generation += 1
        self._is_settled = False
        self._rebuild.stop()
        self._resort.stop()
        # To sort what a filter lets through may take a second: no other question is to wait for it.
        ask = self._operations.ask if self._order.is_by_coming else self._operations.ask_slowly
        ask(self, self._ask_first(), self._on_first)

    def _ask_first(self) -> Callable[[], Built]:
        first, last = self._view
        rows = range(first, min(last, first + _MOST_SEEN) + 1)
        return FirstLook(
            listing=self._listing,
            which=self._which,
            order=self._order,
            now=self._clock.now(),
            generation=self._generation,
            seen=[run.id for row in rows if (run := self.run_at(row)) is not None],
            tail=self._tail(),
        ).read

    def _tail(self) -> Tail | None:
        index = self._index
        return tail_of(index.pages(), _TAIL_ROWS) if isinstance(index, OldestIndex) and self._is_settled else None

    def _on_first(self, built: Built) -> None:
        is_old = built.generation != self._generation
        if not self._order.is_by_coming:
            # What takes long (a filter that lets few of many through) is asked rarely.
            self._resort.rest(min(_LONGEST_REST_MS, max(_REBUILD_MS, round(built.took_s * 10_000))))
            if is_old:
                self._resort.request()
        if is_old:
            return
        if self._is_settled and self._is_same_list(built):
            self._take(built.read)
            self.rows_read.emit()
            return
        # Also what is under way for the list as it was is of no use any more.
        self._generation += 1
        self.beginResetModel()
        self._index = built.index
        self._store.clear()
        self._wanted.clear()
        for page, rows in built.read:
            self._store.put(page, rows)
        self.endResetModel()
        self.rows_read.emit()
        self._go_on(built.next_id)

    def _is_same_list(self, built: Built) -> bool:
        pages, mine = built.index.pages(), self._index.pages()
        is_same = mine[: len(pages)] == pages and (built.next_id is not None or len(mine) == len(pages))
        return is_same and built.is_same_tail

    def _go_on(self, next_id: int | None) -> None:
        if next_id is None:
            self._is_settled = True
            self.settled.emit()
            return
        which, generation = self._which, self._generation
        look = self._listing.older if self._order.descending else self._listing.later

        def on_stretch(stretch: Stretch) -> None:
            if generation == self._generation and not isinstance(self._index, SortedIndex):
                self._insert(self._index.total, stretch.pages, self._index.extend)
                self._go_on(stretch.next_id)

        self._operations.ask(self, lambda: look(which, next_id), on_stretch)

    def _ask_news(self) -> Callable[[], _News]:
        listing, which, generation = self._listing, self._which, self._generation
        # A list that is not complete at its new end comes to the new runs by itself.
        is_open = isinstance(self._index, RunIndex) or (isinstance(self._index, OldestIndex) and self._is_settled)
        newest_id = None if isinstance(self._index, SortedIndex) or not is_open else self._index.newest_id
        in_view = self._pages_in_view()

        def read_news() -> _News:
            newer = listing.newer(which, newest_id) if newest_id is not None else ()
            wanted = [*newer[:1], *in_view]
            read = [(page, make_rows(listing.rows(which, page))) for page in wanted]
            return _News(generation, newer, read)

        return read_news

    def _pages_in_view(self) -> list[AnyPage]:
        first, last = self._view
        pages: list[AnyPage] = []
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
        if not isinstance(self._index, SortedIndex):
            self._insert(self._index.newer_row, news.newer, self._index.add_newer)
        self._take(news.read)
        self.rows_read.emit()

    def _insert(self, row: int, pages: Sequence[Page], put: Callable[[Sequence[Page]], int]) -> None:
        count = sum(page.count for page in pages)
        if count:
            self.beginInsertRows(QModelIndex(), row, row + count - 1)
            put(pages)
            self.endInsertRows()

    def _take(self, read: Sequence[tuple[AnyPage, list[RunRow]]]) -> None:
        """Keep rows that were read, and have what they changed painted."""
        for page, rows in read:
            place = self._index.page_of(page.key)
            if place is None:
                continue
            now, start = place
            if len(rows) < page.count:
                # Some of its runs were pruned: every row below has moved.
                self._begin_anew()
                return
            if now != page:
                # New runs joined the page, or it joined its neighbour: its rows stand in order of their ids.
                merged = {row.run.id: row for row in [*self._store.rows(now), *rows]}
                newest_first = isinstance(now, Page) and not now.is_oldest_first
                self._store.put(now, [merged[job_id] for job_id in sorted(merged, reverse=newest_first)])
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

    def _want(self, page: AnyPage) -> None:
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
