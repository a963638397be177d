"""Rows and pages of a list that grows at both ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.history.listing import PAGE_ROWS, Page, SortedPage, oldest_first
from desktop.models.run_index import OldestIndex, RunIndex, SortedIndex


def pages_of(newest: int, counts: list[int]) -> list[Page]:
    """Return pages without gaps between their ids, the newest first."""
    pages = []
    for count in counts:
        pages.append(Page(newest, newest - count + 1, count))
        newest -= count
    return pages


counts = st.lists(st.integers(1, PAGE_ROWS), max_size=6)


@given(counts, st.lists(st.tuples(st.booleans(), counts), max_size=6))
def test_every_row_lies_where_the_pages_say(first: list[int], growth: list[tuple[bool, list[int]]]) -> None:
    index = RunIndex()
    newest = oldest = 1_000_000
    index.extend(pages_of(newest, first))
    oldest -= sum(first)
    for on_top, more in growth:
        if on_top:
            newest += sum(more)
            assert index.add_newer(pages_of(newest, more)) == sum(more)
        else:
            assert index.extend(pages_of(oldest, more)) == sum(more)
            oldest -= sum(more)
    assert index.total == newest - oldest
    # Without gaps the row of an id is its distance from the newest.
    for row in range(0, index.total, 7):
        page, start = index.locate(row)
        job_id = newest - row
        assert page.oldest_id <= job_id <= page.newest_id
        assert page.newest_id == newest - start
        assert index.page_of(job_id) == (page, start)


def test_new_runs_join_the_topmost_page_until_it_is_full() -> None:
    index = RunIndex()
    index.extend([Page(10, 1, 10)])
    for job_id in range(11, 11 + PAGE_ROWS + 1):
        index.add_newer([Page(job_id, job_id, 1)])
    assert index.pages() == [
        Page(11 + PAGE_ROWS, 11 + PAGE_ROWS, 1),
        Page(10 + PAGE_ROWS, 11, PAGE_ROWS),
        Page(10, 1, 10),
    ]
    assert index.newest_id == 11 + PAGE_ROWS


@pytest.mark.parametrize("row", [-1, 3, 100])
def test_a_row_outside_is_refused(row: int) -> None:
    index = RunIndex()
    index.extend([Page(3, 1, 3)])
    with pytest.raises(IndexError):
        index.locate(row)


def test_an_id_that_no_page_holds_is_not_found() -> None:
    index = RunIndex()
    assert index.page_of(5) is None
    index.extend([Page(20, 15, 6), Page(9, 5, 5)])
    assert index.page_of(12) is None
    assert index.page_of(21) is None
    assert index.page_of(4) is None


@given(counts, st.lists(st.tuples(st.booleans(), counts), max_size=6))
def test_with_the_oldest_first_a_row_is_the_distance_from_the_oldest(
    first: list[int], growth: list[tuple[bool, list[int]]]
) -> None:
    index = OldestIndex()
    newest = 0
    for is_news, more in [(False, first), *growth]:
        newest += sum(more)
        pages = pages_of(newest, more)
        assert index.newer_row == newest - sum(more)
        assert (index.add_newer(pages) if is_news else index.extend(oldest_first(pages))) == sum(more)
    assert (index.total, index.newest_id) == (newest, newest)
    for row in range(0, newest, 7):
        page, start = index.locate(row)
        assert (page.oldest_id, page.is_oldest_first) == (start + 1, True)
        assert page.oldest_id <= row + 1 <= page.newest_id
        assert index.page_of(row + 1) == (page, start)
    assert index.page_of(newest + 1) is None
    assert index.page_of(0) is None


@given(st.permutations(range(1, 30)))
def test_a_sorted_index_knows_where_each_id_stands(ids: list[int]) -> None:
    index = SortedIndex([SortedPage(tuple(ids[start : start + 8])) for start in range(0, len(ids), 8)])
    assert (index.total, index.oldest_id) == (29, 1)
    for row, job_id in enumerate(ids):
        page, start = index.locate(row)
        assert page.ids[row - start] == job_id
        assert index.page_of(job_id) == (page, start)
    assert index.page_of(30) is None
    for outside in (-1, 29):
        with pytest.raises(IndexError):
            index.locate(outside)


def test_a_sorted_index_may_be_empty() -> None:
    index = SortedIndex()
    assert (index.total, index.oldest_id, index.pages()) == (0, 0, [])
