"""The runs of chosen rows, also of rows that nobody has looked at, as they are when something is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from core.errors import ConflictError
from core.history.listing import AnyPage, Listing, SortedPage
from core.history.runs import Run, RunFilter

__all__ = ["MOST_PICKED", "PickedPage", "RunPick"]

MOST_PICKED = 5000
"""How many runs are acted on at once: what follows is one write for each."""


@dataclass(frozen=True, slots=True)
class PickedPage:
    """`count` rows of a page after its first `skip` ones; `ids` is None where not all of them have been read."""

    page: AnyPage
    skip: int
    count: int
    ids: tuple[int, ...] | None


class RunPick:
    """`read` belongs into another thread."""

    def __init__(self, listing: Listing, which: RunFilter, pages: Sequence[PickedPage]) -> None:
        self._listing = listing
        self._which = which
        self._pages = tuple(pages)

    @property
    def count(self) -> int:
        """Return how many rows were chosen."""
        return sum(each.count for each in self._pages)

    def read(self) -> list[Run]:
        """Return the runs, the newest first; those that are gone are left out. Raises ConflictError, StorageError."""
        if self.count > MOST_PICKED:
            text = _tr("{count} runs are chosen, and at most {most} are dealt with at once. Choose fewer.")
            raise ConflictError(text.format(count=f"{self.count:,}", most=f"{MOST_PICKED:,}"))
        found = [run for each in self._pages for run in self._read(each)]
        return sorted(found, key=lambda run: run.id, reverse=True)

    def _read(self, picked: PickedPage) -> list[Run]:
        page = picked.page
        if picked.ids is not None:
            # Without the filter: a run that does not pass it any more was chosen all the same.
            return self._listing.rows(RunFilter(), SortedPage(picked.ids))
        runs = self._listing.rows(self._which, page)
        if picked.count < page.count != len(runs):
            raise ConflictError(_tr("The list has changed meanwhile. Choose the runs again."))
        return runs[picked.skip : picked.skip + picked.count] if picked.count < page.count else runs


def _tr(text: str) -> str:
    return QCoreApplication.translate("Runs", text)
