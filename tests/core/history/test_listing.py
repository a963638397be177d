"""Lists of runs: every run on exactly one page, whatever is asked for."""

from __future__ import annotations

from itertools import pairwise

import pytest
from sqlalchemy import delete

from core.history import listing
from core.history.listing import PAGE_ROWS, Listing, Page, SortedPage, Stretch
from core.history.runs import RunFilter
from core.queue.rows import JOBS
from core.queue.states import JobState
from core.workspace import Workspace
from tests.support.jobs import write_history

ALL = RunFilter()


@pytest.fixture
def runs(workspace: Workspace) -> Listing:
    return Listing(workspace.database)


def all_pages(runs: Listing, which: RunFilter = ALL) -> list[Page]:
    stretch = runs.older(which)
    pages = [*stretch.pages]
    while stretch.next_id is not None:
        stretch = runs.older(which, stretch.next_id)
        pages += stretch.pages
    return pages


def ids(runs: Listing, which: RunFilter = ALL) -> list[int]:
    return [run.id for page in all_pages(runs, which) for run in runs.rows(which, page)]


def test_an_empty_history_has_no_pages(runs: Listing) -> None:
    assert all_pages(runs) == []
    assert runs.newer(ALL, 0) == ()


def test_pages_hold_every_run_once_and_the_newest_first(
    workspace: Workspace, runs: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FIRST_SPAN", 300)
    monkeypatch.setattr(listing, "SPAN", 700)
    write_history(workspace, 2000)
    assert ids(runs) == list(range(2000, 0, -1))
    assert all(page.count <= PAGE_ROWS for page in all_pages(runs))
    assert all(above.oldest_id > below.newest_id for above, below in pairwise(all_pages(runs)))


def test_the_first_look_goes_through_the_newest_alone(workspace: Workspace, runs: Listing) -> None:
    write_history(workspace, listing.FIRST_SPAN + 10)
    stretch = runs.older(ALL)
    assert stretch.next_id == 11
    assert sum(page.count for page in stretch.pages) == listing.FIRST_SPAN


def test_gaps_in_the_ids_leave_no_gaps_in_the_list(workspace: Workspace, runs: Listing) -> None:
    write_history(workspace, 1000)
    workspace.database.write(lambda tx: tx.connection.execute(delete(JOBS).where(JOBS.c.id % 3 == 0)))
    assert ids(runs) == [number for number in range(1000, 0, -1) if number % 3]
    assert [page.count for page in all_pages(runs)] == [256, 256, 155]


def test_newer_runs_come_as_pages_of_their_own(workspace: Workspace, runs: Listing) -> None:
    write_history(workspace, 600)
    pages = runs.newer(ALL, 100)
    assert [page.count for page in pages] == [256, 244]
    assert (pages[0].newest_id, pages[-1].oldest_id) == (600, 101)


def test_a_filter_by_state_and_by_text_finds_what_fits_both(workspace: Workspace, runs: Listing) -> None:
    write_history(
        workspace,
        30,
        lambda number: {
            "state": JobState.DISCARDED if number % 2 else JobState.COMPLETED,
            "environment_name": "Staging" if number % 3 == 0 else None,
        },
    )
    which = RunFilter(states=[JobState.DISCARDED], text="stag")
    assert ids(runs, which) == [28, 22, 16, 10, 4]


@pytest.mark.parametrize(("text", "found"), [("100%", [2]), ("_", [1]), ("\\", [3]), ("SHEEP", [3, 2, 1]), ("cow", [])])
def test_a_text_is_looked_for_as_it_stands(workspace: Workspace, runs: Listing, text: str, found: list[int]) -> None:
    names = ["sheep_1", "sheep 100%", "sheep\\"]
    write_history(workspace, 3, lambda number: {"command_name": names[number]})
    assert ids(runs, RunFilter(text=text)) == found


def test_a_page_whose_runs_were_pruned_has_fewer_rows(workspace: Workspace, runs: Listing) -> None:
    write_history(workspace, 10)
    [page] = all_pages(runs)
    workspace.database.write(lambda tx: tx.connection.execute(delete(JOBS).where(JOBS.c.id <= 4)))
    assert [run.id for run in runs.rows(ALL, page)] == [10, 9, 8, 7, 6, 5]


def test_from_the_other_end_every_run_comes_once_and_the_oldest_first(
    workspace: Workspace, runs: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FIRST_SPAN", 300)
    monkeypatch.setattr(listing, "SPAN", 700)
    write_history(workspace, 2000)
    workspace.database.write(lambda tx: tx.connection.execute(delete(JOBS).where(JOBS.c.id % 3 == 0)))
    stretch = runs.later(ALL)
    found = [*stretch.pages]
    assert sum(page.count for page in found) == 200
    while stretch.next_id is not None:
        stretch = runs.later(ALL, stretch.next_id)
        found += stretch.pages
    assert [run.id for page in found for run in runs.rows(ALL, page)] == [n for n in range(1, 2001) if n % 3]
    assert sum(page.count for page in found) == 1334


def test_an_empty_history_has_no_other_end(runs: Listing) -> None:
    assert runs.later(ALL) == Stretch((), None)


def test_a_sorted_page_keeps_its_order_and_leaves_out_what_is_gone(workspace: Workspace, runs: Listing) -> None:
    write_history(workspace, 10)
    workspace.database.write(lambda tx: tx.connection.execute(delete(JOBS).where(JOBS.c.id == 7)))
    page = SortedPage((3, 7, 9, 1))
    assert [run.id for run in runs.rows(RunFilter(text="nothing"), page)] == [3, 9, 1]
    assert (page.count, page.key) == (4, 3)
