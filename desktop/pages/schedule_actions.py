"""Pausing, resuming and skipping of the chosen schedules: actions with their keys, a button, and lines in the menu."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton, QTableView, QWidget

from core.catalog.records import ScheduleRecord
from core.clock import Clock
from core.queue.prospects import Outlook
from desktop.models.outlook_texts import skips_ahead
from desktop.models.pause_texts import until_text
from desktop.steps import quoted
from desktop.theme import Theme
from desktop.widgets.pause_menu import PauseChoices

__all__ = ["ScheduleActions"]

_NOTHING = Outlook()


class ScheduleActions(QObject):
    """`pause_wanted` carries the end, or None for “until resumed”; all act on what `suit` was told last.

    Skipping concerns those of the chosen that will run, and running after all those of which a run is skipped:
    `unskip_wanted` carries the due time of each that was offered, by the schedules' ids.
    """

    pause_wanted = Signal(object)
    resume_wanted = Signal()
    skip_wanted = Signal()
    unskip_wanted = Signal(object)

    def __init__(self, theme: Theme, clock: Clock, page: QWidget, view: QTableView) -> None:
        super().__init__(page)
        self._theme = theme
        self._clock = clock
        self._page = page
        self._icons: dict[QAction, str] = {}
        self._names: list[str] = []
        self._offered: dict[int, datetime] = {}  # what would run after all
        self.choices = PauseChoices(clock, self._what, page)
        self.choices.chosen.connect(self.pause_wanted)
        self.open_menu = self._add(self.tr("Pause or skip…"), "pause-for", "Ctrl+P")
        self.resume = self._add(self.tr("&Resume"), "run", "Ctrl+Shift+P")
        self.skip = self._add(self.tr("&Skip the next run"), "skipped", "Ctrl+J")
        self.unskip = self._add(self.tr("Run it &after all"), "undo", "Ctrl+Shift+J")
        self.resume.triggered.connect(self.resume_wanted)
        self.skip.triggered.connect(self.skip_wanted)
        self.unskip.triggered.connect(lambda: self.unskip_wanted.emit(dict(self._offered)))
        self.button = QPushButton(self.tr("&Pause"))
        self.menu = self._make_menu()
        self._dress_button()
        self.open_menu.triggered.connect(self._on_open_menu)
        lines = [*self.choices.all, self.resume, self.skip, self.unskip]
        separator = QAction(view)
        separator.setSeparator(True)
        view.addActions([separator, *lines])
        for action in self.choices.all:
            self._icons[action] = "pause-for"
        page.addActions([self.open_menu, *lines])
        theme.changed.connect(self._on_theme)
        self._on_theme()
        self.suit([])

    def suit(self, chosen: Sequence[ScheduleRecord]) -> None:
        """Enable what makes sense for these schedules, and say which run would be skipped."""
        self._names = [record.spec.name for record in chosen]
        now = self._clock.now()
        outlooks = [record.outlook or _NOTHING for record in chosen]
        coming = [outlook.next_run_at for outlook in outlooks]
        skipped = {record.id: skips_ahead(record, now) for record in chosen}
        self._offered = {schedule_id: ahead[-1] for schedule_id, ahead in skipped.items() if ahead}
        for action in (self.open_menu, *self.choices.all):
            action.setEnabled(bool(chosen))
        self.button.setEnabled(bool(chosen))
        self.resume.setEnabled(any(outlook.pause is not None for outlook in outlooks))
        self.skip.setEnabled(any(coming))
        self.unskip.setEnabled(bool(self._offered))
        self.skip.setText(self._skip_text(coming, now))
        self.unskip.setText(self._unskip_text(now, is_one=len(chosen) == 1))

    def _skip_text(self, coming: Sequence[datetime | None], now: datetime) -> str:
        if len(coming) == 1 and coming[0] is not None:
            return self.tr("&Skip the next run: {time}").format(time=until_text(coming[0], now, exact=True))
        return self.tr("&Skip the next run of each") if len(coming) > 1 else self.tr("&Skip the next run")

    def _unskip_text(self, now: datetime, *, is_one: bool) -> str:
        if is_one and self._offered:
            return self.tr("Run &after all: {time}").format(
                time=until_text(max(self._offered.values()), now, exact=True)
            )
        return self.tr("Run &after all what is skipped")

    def _what(self) -> str:
        return self.tr("Pause {names}").format(names=quoted(self._names)) if self._names else ""

    def _add(self, text: str, icon: str, keys: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        self._icons[action] = icon
        return action

    def _make_menu(self) -> QMenu:
        menu = QMenu(self.button)
        menu.addActions(self.choices.all)
        menu.addAction(self.resume)
        menu.addSeparator()
        menu.addActions([self.skip, self.unskip])
        return menu

    def _dress_button(self) -> None:
        native = self.open_menu.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        tip = self.tr("Let due times of what is chosen pass without a run; can be undone")
        self.button.setToolTip(f"{tip} ({native})")
        self.button.setAccessibleName(self.tr("Pause or skip"))
        self.button.setMenu(self.menu)
        self._theme.put_icon(self.button, "pause-for")

    @Slot()
    def _on_open_menu(self) -> None:
        self.menu.popup(self.button.mapToGlobal(QPoint(0, self.button.height())))

    @Slot()
    def _on_theme(self) -> None:
        for action, icon in self._icons.items():
            action.setIcon(self._theme.icon(icon))
