"""The pages of the window, each made when it is first needed, or while nothing else is to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.pages.page import Page, PageKind

__all__ = ["PageStack", "Pages"]

_MAKE_FIRST_MS = 400
"""After the start: what the open page has asked for is to be shown before its thread is busy with another page."""

_MAKE_NEXT_MS = 60
"""Between two steps, so that what the person does in the first seconds is not kept waiting by all of them."""


class Pages(Mapping[str, Page]):
    """The pages by their names, in the order of the rail; looking one up makes it."""

    def __init__(self, kinds: Sequence[PageKind], make: Callable[[int, PageKind], Page]) -> None:
        self._kinds = {kind.name: (number, kind) for number, kind in enumerate(kinds)}
        self._make = make
        self._made: dict[str, Page] = {}
        self._loaded: set[str] = set()

    def __getitem__(self, name: str) -> Page:
        if name not in self._made:
            self._made[name] = self._make(*self._kinds[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    @property
    def made(self) -> list[Page]:
        """Return the pages that exist by now."""
        return list(self._made.values())

    def make_one(self) -> bool:
        """Do one step for the next page that is missing, import it or make it; return whether there was one."""
        for name, (_number, kind) in self._kinds.items():
            if name in self._made:
                continue
            if name in self._loaded:
                self[name]
            else:
                kind.load()
                self._loaded.add(name)
            return True
        return False


class PageStack(QStackedWidget):
    """Shows one page at a time. Making all of them takes longer than all else that a start does."""

    def __init__(self, kinds: Sequence[PageKind], make: Callable[[PageKind], Page]) -> None:
        super().__init__()
        self._make = make
        self.pages = Pages(kinds, self._make_at)
        self._names = [kind.name for kind in kinds]
        for _ in kinds:
            self.addWidget(QWidget())
        self._later = QTimer(self)
        self._later.timeout.connect(self._make_next)

    @property
    def current(self) -> Page:
        """Return the page that is open."""
        return self.pages[self._names[self.currentIndex()]]

    def open(self, number: int) -> Page:
        """Show the page of that number."""
        page = self.pages[self._names[number]]
        self.setCurrentIndex(number)
        return page

    def make_the_rest(self) -> None:
        """Make the other pages one by one, while the person looks at the first."""
        self._later.start(_MAKE_FIRST_MS)

    @property
    def is_making(self) -> bool:
        """Return whether pages are still made by and by."""
        return self._later.isActive()

    def stop(self) -> None:
        """Make no more pages by itself."""
        self._later.stop()

    def _make_next(self) -> None:
        self._later.setInterval(_MAKE_NEXT_MS)
        if not self.pages.make_one():
            self._later.stop()

    def _make_at(self, number: int, kind: PageKind) -> Page:
        page = self._make(kind)
        place = self.widget(number)
        assert place is not None, "each page has its place from the beginning"
        here = self.currentIndex()
        self.insertWidget(number, page)
        self.removeWidget(place)
        self.setCurrentIndex(here)
        place.deleteLater()
        return page
