"""Rows and pages of a list that grows at both ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.history.listing import PAGE_ROWS, Page
from desktop.models.run_index import RunIndex


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
    index.add_older(pages_of(newest, first))
    oldest -= sum(first)
    for on_top, more in growth:
        if on_top:
            newest += sum(more)
            assert index.add_newer(pages_of(newest, more)) == sum(more)
        else:
            assert index.add_older(pages_of(oldest, more)) == sum(more)
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
    index.add_older([Page(10, 1, 10)])
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
    index.add_older([Page(3, 1, 3)])
    with pytest.raises(IndexError):
        index.locate(row)


def test_an_id_that_no_page_holds_is_not_found() -> None:
    index = RunIndex()
    assert index.page_of(5) is None
    index.add_older([Page(20, 15, 6), Page(9, 5, 5)])
    assert index.page_of(12) is None
    assert index.page_of(21) is None
    assert index.page_of(4) is None
