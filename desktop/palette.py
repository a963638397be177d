"""The command palette's content: every action of the window and its pages, and everything that has a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QIcon

from core.catalog.catalog import Catalog
from core.catalog.records import CommandRecord, EnvironmentRecord
from core.queue.jobs import Enqueued
from desktop import operations
from desktop.frame import Frame, keys_text, plain
from desktop.models.palette_entries import Entry, Remembered
from desktop.pages.page import Desk
from desktop.pages.things import Thing
from desktop.widgets.palette_dialog import PaletteDialog

__all__ = ["Palette"]

_MEMORY = "palette/recent"


@dataclass(frozen=True, slots=True)
class _Found:
    """What was read: the things of each page, and what can be run where."""

    things: dict[str, list[Thing]]
    commands: list[CommandRecord]
    environments: list[EnvironmentRecord]


class Palette(QObject):
    """A new page needs no line here: it says what it offers by `offered_actions`, `first_actions` and `things`.

    What was read last is shown at once, and replaced when it has been read anew.
    """

    def __init__(self, frame: Frame, desk: Desk) -> None:
        super().__init__(frame.window)
        self._frame = frame
        self._desk = desk
        self._remembered = Remembered(str(desk.memory.value(_MEMORY, "")))
        self._found = _Found({}, [], [])

    @Slot()
    def open(self) -> None:
        """Show the palette."""
        dialog = PaletteDialog(self._desk.theme, self._remembered, self._on_used, self._frame.window)
        actions = self._action_entries()
        dialog.show_entries([*actions, *self._thing_entries()])
        # Where there is no window manager, nobody else gives the keyboard back.
        dialog.finished.connect(self._frame.window.activateWindow)
        dialog.open()
        readers = {name: read for name, page in self._frame.pages.items() if (read := page.things()) is not None}

        def show(found: _Found) -> None:
            self._found = found
            dialog.show_entries([*actions, *self._thing_entries()])

        self._desk.operations.ask(dialog, partial(_read, readers, self._desk.workspace.catalog), show)

    def _on_used(self, key: str) -> None:
        self._remembered.add(key)
        self._desk.memory.setValue(_MEMORY, self._remembered.text)

    def _action_entries(self) -> list[Entry]:
        """Return what can be done now: on the page that is open, from everywhere, on other pages; each title once.

        What only another page can do with what is chosen there leads to that page, and does nothing by itself.
        """
        current = self._frame.current()
        titles = {kind.name: plain(kind.title()) for kind in self._frame.kinds}
        entries = [
            self._action_entry(current, titles[current], action)
            for action in self._frame.pages[current].offered_actions()
        ]
        entries += [self._action_entry("window", self.tr("Clockhand"), action) for action in self._frame.actions]
        entries += [
            self._first_entry(name, titles[name], title, action)
            for name, page in self._frame.pages.items()
            for title, action in page.first_actions()
            if name != current or title != plain(action.text())
        ]
        entries += self._page_entries()
        kept: dict[str, Entry] = {}
        for entry in entries:
            if entry is not None:
                kept.setdefault(entry.title, entry)
        elsewhere = [
            self._elsewhere_entry(name, titles[name], action)
            for name, page in self._frame.pages.items()
            for action in page.offered_actions()
            if name != current and action.isVisible() and plain(action.text()) not in kept
        ]
        return [*kept.values(), *{entry.key: entry for entry in elsewhere}.values()]

    def _elsewhere_entry(self, name: str, kind: str, action: QAction) -> Entry:
        title = plain(action.text())
        return Entry(
            key=f"{name}/elsewhere/{title}",
            title=title,
            kind=kind,
            icon=action.icon(),
            hint=self.tr("opens the page"),
            is_aside=True,
            keys=keys_text(action.shortcut()),
            run=partial(self._frame.go_to, name, self._frame.pages[name].focus_first),
        )

    def _action_entry(self, group: str, kind: str, action: QAction) -> Entry | None:
        # The action that opened the palette would only open it again.
        if not action.isEnabled() or not action.isVisible() or action.shortcut() == self._frame.actions[0].shortcut():
            return None
        return Entry(
            key=f"{group}/{action.objectName() or plain(action.text())}",
            title=plain(action.text()),
            kind=kind,
            icon=action.icon(),
            keys=keys_text(action.shortcut()),
            run=action.trigger,
        )

    def _first_entry(self, name: str, kind: str, title: str, action: QAction) -> Entry | None:
        if not action.isEnabled():
            return None
        run = partial(self._frame.go_to, name, action.trigger)
        return Entry(key=f"{name}/first/{title}", title=title, kind=kind, icon=action.icon(), run=run)

    def _page_entries(self) -> list[Entry]:
        return [
            Entry(
                key=f"page/{kind.name}",
                title=self.tr("Open {page}").format(page=plain(kind.title())),
                kind=self.tr("Page"),
                icon=self._desk.theme.icon(kind.icon),
                keys=keys_text(self._frame.page_keys(number)),
                run=partial(self._frame.go_to, kind.name, self._frame.pages[kind.name].focus_first),
            )
            for number, kind in enumerate(self._frame.kinds)
        ]

    def _thing_entries(self) -> list[Entry]:
        icons = {kind.name: self._desk.theme.icon(kind.icon) for kind in self._frame.kinds}
        run_icon = self._desk.theme.icon("run")
        runs = [self._run_entry(command, run_icon) for command in self._found.commands]
        return runs + [
            Entry(
                key=f"{name}/{thing.id}",
                title=thing.title,
                kind=thing.kind,
                icon=icons[name],
                hint=thing.hint,
                run=partial(self._open_thing, name, thing.id),
            )
            for name, things in self._found.things.items()
            for thing in things
        ]

    def _open_thing(self, name: str, thing_id: int) -> None:
        self._frame.go_to(name, partial(self._frame.pages[name].choose, thing_id))

    def _run_entry(self, command: CommandRecord, icon: QIcon) -> Entry:
        name = command.spec.name
        return Entry(
            key=f"run/{command.id}",
            title=self.tr("Run “{name}” in …").format(name=name),
            kind=self.tr("Action"),
            icon=icon,
            run=partial(self._run, command, None),
            heading=self.tr("Run “{name}” in").format(name=name),
            choices=partial(self._places, command),
        )

    def _places(self, command: CommandRecord) -> Sequence[Entry]:
        """Return the environments in which a command can be run."""
        icon = self._desk.theme.icon("environments")
        nowhere = (self.tr("no environment"), None)
        places = [nowhere, *((record.spec.name, record.id) for record in self._found.environments)]
        return [
            Entry(
                key=f"run/{command.id}/{row_id or 0}",
                title=title,
                kind=self.tr("Environment") if row_id is not None else "",
                icon=icon if row_id is not None else QIcon(),
                run=partial(self._run, command, row_id),
            )
            for title, row_id in places
        ]

    def _run(self, command: CommandRecord, environment_id: int | None) -> None:
        operation = operations.run_now(
            self._desk.workspace.queue,
            command_id=command.id,
            command=command.spec.name,
            environment_id=environment_id,
        )
        self._desk.operations.run(self, operation, self._on_enqueued)

    def _on_enqueued(self, enqueued: Enqueued) -> None:
        self._open_thing("runs", enqueued.job_id)


def _read(readers: dict[str, Callable[[], list[Thing]]], catalog: Catalog) -> _Found:
    things = {name: read() for name, read in readers.items()}
    return _Found(things, catalog.commands(), catalog.environments())
