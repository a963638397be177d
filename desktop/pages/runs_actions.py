"""What can be done with runs: actions with their keys, enabled only where they make sense."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from core.history.runs import Run
from desktop.theme import Theme

__all__ = ["RunActions"]


class RunActions(QObject):
    """`run` and `run_in` need no chosen run; retry and cancel take all that are chosen, the others the current one."""

    def __init__(self, theme: Theme, page: QWidget) -> None:
        super().__init__(page)
        self._page = page
        self._theme = theme
        self._view: QWidget | None = None
        tr = self.tr
        self.run = self._add(tr("&Run now…"), "run", "Ctrl+R", tr("Run a command at once or in a while"))
        self.run_in = self._add(tr("Run &in…"), "scheduled", "Ctrl+Shift+N", tr("Run a command in a while"))
        self.run_as = self._add(
            tr("Run a&gain as…"), "retry", "Ctrl+Alt+R", tr("Run the command of this run again, where you choose")
        )
        self.retry = self._add(tr("R&etry"), "retry", "Ctrl+Shift+R", tr("Run the chosen ones again"))
        self.cancel = self._add(tr("&Cancel"), "cancel", "Ctrl+.", tr("End the chosen runs"))
        self.copy = self._add(tr("Copy comman&d"), "copy", "Ctrl+Shift+C", tr("Copy the text that this run ran"))
        self.copy_script = self._add(
            tr("Copy as &shell script"), "copy", "Ctrl+Alt+C", tr("Copy a script that does the same as this run")
        )
        self.refresh = self._add(tr("Re&fresh"), "retry", "F5", tr("Read the list anew"))
        self.search = self._add(
            tr("&Search output…"), "search", "Ctrl+Shift+F", tr("Find a line in what all runs have printed")
        )
        self.compare = self._add(
            tr("Com&pare with the last good run"),
            "compare",
            "Ctrl+Alt+D",
            tr("Show what differs from the last good run"),
        )
        self.more = QPushButton(tr("&More"))
        self.more.setAccessibleName(tr("More that can be done"))
        menu = QMenu(self.more)
        menu.addActions([self.run_in, self.run_as])
        menu.addSeparator()
        menu.addAction(self.compare)
        menu.addSeparator()
        menu.addActions([self.copy, self.copy_script])
        menu.addSeparator()
        menu.addAction(self.refresh)
        menu.setToolTipsVisible(True)
        self._menu = menu
        self.more.setMenu(menu)
        self.search_button = self._make_button(self.search)
        buttons = map(self._make_button, (self.run, self.retry, self.cancel))
        self.buttons = [self.search_button, *buttons, self.more]
        self.more.setMinimumHeight(self.search_button.sizeHint().height())

    def offer_in(self, view: QWidget, sorting: QMenu) -> None:
        """Offer the actions in the menu of the right mouse button, too, and in both menus how to sort."""
        self._menu.insertMenu(self.refresh, sorting)
        view.addActions([self.run, self.run_in, self.run_as, self._separator(view)])
        view.addActions([self.retry, self.cancel, self._separator(view), self.compare])
        view.addActions([self._separator(view), self.copy, self.copy_script])
        view.addActions([self._separator(view), sorting.menuAction()])
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._view = view

    def suit(self, current: Run | None, chosen: Sequence[Run | None], *, has_plan: bool) -> None:
        """Enable what makes sense for these runs; None is one that has not been read."""
        self.retry.setEnabled(any(run is None or not run.is_live for run in chosen))
        self.cancel.setEnabled(any(run is None or (run.is_live and run.cancel_requested_at is None) for run in chosen))
        self.run_as.setEnabled(current is not None)
        for action in (self.copy, self.copy_script):
            action.setEnabled(current is not None and has_plan)

    def set_can_run(self, can_run: bool) -> None:
        """Enable what needs a command of any kind."""
        self.run.setEnabled(can_run)
        self.run_in.setEnabled(can_run)

    def _add(self, text: str, icon: str, keys: str, tip: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.setToolTip(tip)
        self._page.addAction(action)
        self._theme.changed.connect(lambda: action.setIcon(self._theme.icon(icon)))
        action.setIcon(self._theme.icon(icon))
        action.setProperty("iconName", icon)
        return action

    def _make_button(self, action: QAction) -> QPushButton:
        native = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        button = QPushButton(action.text())
        button.setAccessibleName(action.text().replace("&", ""))
        button.setToolTip(f"{action.toolTip()} ({native})")
        self._theme.put_icon(button, str(action.property("iconName")))
        button.clicked.connect(action.trigger)
        action.enabledChanged.connect(partial(self._enable, button))
        return button

    def _enable(self, button: QPushButton, is_enabled: bool) -> None:
        if not is_enabled and button.hasFocus() and self._view is not None:
            self._view.setFocus()  # else the keyboard would go on to whatever button comes next
        button.setEnabled(is_enabled)

    @staticmethod
    def _separator(view: QWidget) -> QAction:
        line = QAction(view)
        line.setSeparator(True)
        return line
