"""Which row of a long list lies on which page, while the list grows at both ends."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from core.history.listing import PAGE_ROWS, Page, SortedPage, oldest_first

__all__ = ["AnyIndex", "OldestIndex", "RunIndex", "SortedIndex"]


class RunIndex:
    """Pages from the newest to the oldest. New runs come on top, older ones below as the list is gone through.

    A page is told by its `oldest_id`, which stays when new runs join the topmost one.
    """

    def __init__(self) -> None:
        self._new: list[Page] = []  # what came after the first look, the oldest first: it grows at its end
        self._new_starts: list[int] = []  # the first row of each, and their total
        self._old: list[Page] = []  # the newest first
        self._old_starts: list[int] = [0]

    @property
    def total(self) -> int:
        """Return the number of rows."""
        return self._new_count + self._old_starts[-1]

    @property
    def newest_id(self) -> int:
        """Return the id of the topmost row, 0 where there is none."""
        newest = self._new[-1] if self._new else self._old[0] if self._old else None
        return newest.newest_id if newest else 0

    @property
    def _new_count(self) -> int:
        return self._new_starts[-1] if self._new_starts else 0

    @property
    def newer_row(self) -> int:
        """Return the row at which new runs come."""
        return 0

    def pages(self) -> list[Page]:
        """Return all pages, the newest first."""
        return [*reversed(self._new), *self._old]

    def extend(self, pages: Sequence[Page]) -> int:
        """Put pages below the rest; return how many rows came."""
        before = self._old_starts[-1]
        for page in pages:
            self._old.append(page)
            self._old_starts.append(self._old_starts[-1] + page.count)
        return self._old_starts[-1] - before

    def add_newer(self, pages: Sequence[Page]) -> int:
        """Put pages (the newest first) above the rest; return how many rows came."""
        for page in reversed(pages):
            top = self._new[-1] if self._new else None
            if top is not None and top.count + page.count <= PAGE_ROWS:
                self._new[-1] = Page(page.newest_id, top.oldest_id, top.count + page.count)
            else:
                self._new.append(page)
        self._new_starts = list(accumulate((page.count for page in reversed(self._new)), initial=0))
        return sum(page.count for page in pages)

    def locate(self, row: int) -> tuple[Page, int]:
        """Return the page on which a row lies, and the page's first row. Raises IndexError."""
        if not 0 <= row < self.total:
            raise IndexError(row)
        if row < self._new_count:
            number = bisect_right(self._new_starts, row) - 1
            return self._new[-1 - number], self._new_starts[number]
        row -= self._new_count
        number = bisect_right(self._old_starts, row) - 1
        return self._old[number], self._new_count + self._old_starts[number]

    def page_of(self, job_id: int) -> tuple[Page, int] | None:
        """Return the page whose ids enclose this one, and its first row; None where there is none."""
        return self.places([job_id]).get(job_id)

    def places(self, job_ids: Iterable[int]) -> dict[int, tuple[Page, int]]:
        """Return for each of the ids the page that encloses it, and that page's first row, where there is one."""
        pages = self.pages()
        newest = [-page.newest_id for page in pages]
        starts = list(accumulate((page.count for page in pages), initial=0))
        numbers = {job_id: bisect_right(newest, -job_id) - 1 for job_id in job_ids}
        return {
            job_id: (pages[number], starts[number])
            for job_id, number in numbers.items()
            if number >= 0 and pages[number].oldest_id <= job_id
        }


class OldestIndex:
    """Pages from the oldest to the newest: all that comes joins the end, also new runs."""

    def __init__(self) -> None:
        self._pages: list[Page] = []
        self._starts: list[int] = [0]

    @property
    def total(self) -> int:
        """Return the number of rows."""
        return self._starts[-1]

    @property
    def newest_id(self) -> int:
        """Return the id of the last row, 0 where there is none."""
        return self._pages[-1].newest_id if self._pages else 0

    @property
    def newer_row(self) -> int:
        """Return the row at which new runs come."""
        return self.total

    def pages(self) -> list[Page]:
        """Return all pages, the oldest first."""
        return self._pages

    def extend(self, pages: Sequence[Page]) -> int:
        """Put pages (the oldest first) below the rest; return how many rows came."""
        for page in pages:
            self._pages.append(page)
            self._starts.append(self._starts[-1] + page.count)
        return sum(page.count for page in pages)

    def add_newer(self, pages: Sequence[Page]) -> int:
        """Put pages that have the newest first below the rest, or into the last page; return how many rows came."""
        for page in oldest_first(pages):
            last = self._pages[-1] if self._pages else None
            if last is not None and last.count + page.count <= PAGE_ROWS:
                count = last.count + page.count
                self._pages[-1] = Page(page.newest_id, last.oldest_id, count, is_oldest_first=True)
                self._starts[-1] += page.count
            else:
                self.extend([page])
        return sum(page.count for page in pages)

    def locate(self, row: int) -> tuple[Page, int]:
        """Return the page on which a row lies, and the page's first row. Raises IndexError."""
        if not 0 <= row < self.total:
            raise IndexError(row)
        number = bisect_right(self._starts, row) - 1
        return self._pages[number], self._starts[number]

    def page_of(self, job_id: int) -> tuple[Page, int] | None:
        """Return the page whose ids enclose this one, and its first row; None where there is none."""
        return self.places([job_id]).get(job_id)

    def places(self, job_ids: Iterable[int]) -> dict[int, tuple[Page, int]]:
        """Return for each of the ids the page that encloses it, and that page's first row, where there is one."""
        oldest = [page.oldest_id for page in self._pages]
        numbers = {job_id: bisect_right(oldest, job_id) - 1 for job_id in job_ids}
        return {
            job_id: (self._pages[number], self._starts[number])
            for job_id, number in numbers.items()
            if number >= 0 and self._pages[number].newest_id >= job_id
        }


class SortedIndex:
    """Pages of ids in an order of their own. Nothing joins it: a list that is sorted anew is another one."""

    def __init__(self, pages: Sequence[SortedPage] = ()) -> None:
        self._pages = list(pages)
        self._starts = list(accumulate((page.count for page in pages), initial=0))
        self._numbers = {job_id: number for number, page in enumerate(pages) for job_id in page.ids}

    @property
    def total(self) -> int:
        """Return the number of rows."""
        return self._starts[-1]

    @property
    def oldest_id(self) -> int:
        """Return the lowest of the ids, 0 where there is none."""
        return min(self._numbers, default=0)

    def pages(self) -> list[SortedPage]:
        """Return all pages in their order."""
        return self._pages

    def locate(self, row: int) -> tuple[SortedPage, int]:
        """Return the page on which a row lies, and the page's first row. Raises IndexError."""
        if not 0 <= row < self.total:
            raise IndexError(row)
        number = bisect_right(self._starts, row) - 1
        return self._pages[number], self._starts[number]

    def page_of(self, job_id: int) -> tuple[SortedPage, int] | None:
        """Return the page on which an id stands, and its first row; None where there is none."""
        return self.places([job_id]).get(job_id)

    def places(self, job_ids: Iterable[int]) -> dict[int, tuple[SortedPage, int]]:
        """Return for each of the ids its page, and that page's first row, where there is one."""
        numbers = {job_id: self._numbers[job_id] for job_id in job_ids if job_id in self._numbers}
        return {job_id: (self._pages[number], self._starts[number]) for job_id, number in numbers.items()}


AnyIndex = RunIndex | OldestIndex | SortedIndex
