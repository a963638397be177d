"""What every page is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSettings, Signal
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

from core.changes import Changes
from core.workspace import Workspace
from desktop.agent import Agent
from desktop.editing import Editing
from desktop.models.run_choice import RunChoice
from desktop.operations import Operations
from desktop.pages.things import Thing
from desktop.theme import Theme

__all__ = ["Desk", "Page", "PageKind", "holds_focus"]


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts that the window hands to its pages. `memory` remembers sizes and filters between two starts."""

    workspace: Workspace
    agent: Agent
    operations: Operations
    editing: Editing
    theme: Theme
    memory: QSettings


@dataclass(frozen=True, slots=True)
class PageKind:
    """A line of the registry: how the rail shows a page, and what makes it. `name` keys what is remembered.

    `load` imports the modules of the page and returns its class: that and making the page take about equally long.
    """

    name: str
    title: Callable[[], str]
    icon: str
    load: Callable[[], Callable[[Desk, QWidget], Page]]


class Page(QWidget):
    """A page asks the database when something changed, but only while it is seen.

    `open_run` asks for the page of the runs with one of them chosen, `open_runs` for those of a RunChoice, `open_thing`
    for the page of this name with the thing of this id chosen, and `make_wanted` for the first thing that the page of
    this name offers to make.
    """

    open_run = Signal(int)
    open_runs = Signal(object)
    open_thing = Signal(str, int)
    make_wanted = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self._missed = Changes.everything()

    def refresh(self, changes: Changes) -> None:
        """Show what changed: now, or when the page is seen again."""
        if self.isVisible():
            self.reload(changes)
        else:
            self._missed |= changes

    def reload(self, changes: Changes) -> None:
        """Ask the database anew for what the changes touch; never in this thread."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Let the keyboard begin where the page is used most."""

    def reach(self, ids: Sequence[int]) -> None:
        """Choose one of these things, which an undo or a redo brought about."""
        self.choose(ids[0])

    def choose(self, thing_id: int) -> None:
        """Show one of the page's things; a page that shows no single things does nothing."""

    def narrow(self, choice: RunChoice) -> None:
        """Show the runs of the choice alone; only the page of the runs does."""

    def offered_actions(self) -> list[QAction]:
        """Return what can be done on the page, for the palette and the list of shortcuts: the actions of all in it."""
        parts = [part for part in (self, *self.findChildren(QWidget)) if part.window() is self.window()]
        return list(dict.fromkeys(action for part in parts for action in part.actions() if action.text()))

    def first_actions(self) -> Sequence[tuple[str, QAction]]:
        """Return what the palette offers from every other page, too, with the words for it there."""
        return ()

    def things(self) -> Callable[[], list[Thing]] | None:
        """Return what reads all that can be found by its name and shown by `choose`; it is called in another thread."""
        return None

    def leave(self, then: Callable[[], None]) -> None:
        """Call `then` as soon as nothing would be lost by leaving the page; never, where the person wants to stay."""
        then()

    def remember(self) -> None:
        """Put what is to be kept between two starts into `desk.memory`."""

    def fall_asleep(self) -> None:
        """Stop what goes on by itself while nobody looks."""

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt names it so)
        """Catch up with what was missed."""
        super().showEvent(event)
        missed, self._missed = self._missed, Changes()
        if missed:
            self.reload(missed)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  (Qt names it so)
        """Rest."""
        super().hideEvent(event)
        self.fall_asleep()


def holds_focus(widget: QWidget) -> bool:
    """Return whether the keyboard is in the widget or in something in it: hiding it would send the focus elsewhere."""
    current = QApplication.focusWidget()
    return current is not None and (current is widget or widget.isAncestorOf(current))
