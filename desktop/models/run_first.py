"""The first look at a list, as another thread does it: where its pages lie, and the rows of those that are seen."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.history.listing import AnyPage, Listing, Page
from core.history.ordering import RunOrder
from core.history.runs import RunFilter
from desktop.models.run_index import AnyIndex, OldestIndex, RunIndex, SortedIndex
from desktop.models.run_rows import RunRow, make_rows

__all__ = ["Built", "FirstLook", "Tail", "tail_of"]

_FIRST_PAGES = 2
_MOST_SEEN_PAGES = 4


@dataclass(frozen=True, slots=True)
class Built:
    """What a first look read; `next_id` is where to go on, None at the end. `took_s` is seconds."""

    generation: int
    index: AnyIndex
    next_id: int | None
    read: list[tuple[AnyPage, list[RunRow]]]
    is_same_tail: bool
    took_s: float


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest rows of a list that has them at its end: how many were known from an id on."""

    from_id: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """What is to be read: a list, and the pages with the runs that are `seen`, so that those do not go blank."""

    listing: Listing
    which: RunFilter
    order: RunOrder
    now: datetime
    generation: int
    seen: Sequence[int] = ()
    tail: Tail | None = None

    def read(self) -> Built:
        """Read it. Raises StorageError."""
        began = time.perf_counter()
        index, next_id = self._find()
        read: list[tuple[AnyPage, list[RunRow]]] = [
            (page, make_rows(self.listing.rows(self.which, page))) for page in self._wanted(index)
        ]
        tail = self.tail
        is_same = tail is None or self.listing.count(self.which, tail.from_id) == tail.count
        return Built(self.generation, index, next_id, read, is_same, time.perf_counter() - began)

    def _find(self) -> tuple[AnyIndex, int | None]:
        if not self.order.is_by_coming:
            return SortedIndex(self.listing.in_order(self.which, self.order, self.now)), None
        look = self.listing.older if self.order.descending else self.listing.later
        stretch = look(self.which)
        while not stretch.pages and stretch.next_id is not None:
            stretch = look(self.which, stretch.next_id)
        index = RunIndex() if self.order.descending else OldestIndex()
        index.extend(stretch.pages)
        return index, stretch.next_id

    def _wanted(self, index: AnyIndex) -> Iterable[AnyPage]:
        first: list[AnyPage] = [*index.pages()[:_FIRST_PAGES]]
        places: Iterable[tuple[AnyPage, int]] = index.places(self.seen).values()
        seen = Counter(page for page, _start in places)
        return dict.fromkeys([*first, *(page for page, _count in seen.most_common(_MOST_SEEN_PAGES))])


def tail_of(pages: Sequence[Page], rows: int) -> Tail | None:
    """Return the last pages, of so many rows at least; None where there is nothing."""
    count, from_id = 0, 0
    for page in reversed(pages):
        count, from_id = count + page.count, page.oldest_id
        if count >= rows:
            break
    return Tail(from_id, count) if from_id else None
